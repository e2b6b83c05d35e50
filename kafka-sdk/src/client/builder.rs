//! A client in the making.

use super::Kafka;
use crate::cluster::{self, Cluster, Settings};
use crate::error::{Error, ErrorKind, Result};
use crate::net::Address;
use crate::properties;
use crate::settings::{Layers, Source, Warning};
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout_at;

/// Settings for a [`Kafka`]; awaiting it connects.
///
/// ```no_run
/// # async fn example() -> kafka_sdk::Result<()> {
/// use std::time::Duration;
/// let kafka = kafka_sdk::Kafka::builder("kafka-1:9092,kafka-2:9092")
///     .client_id("billing")
///     .connect_timeout(Duration::from_secs(3))
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is awaited"]
pub struct KafkaBuilder {
    pub(super) settings: Layers<Settings>,
    /// What was found to be wrong so far.
    problem: Option<Error>,
}

impl KafkaBuilder {
    pub(super) fn at(bootstrap: &str) -> Self {
        let mut builder = Self::new(Ok(properties::none()));
        match Address::parse_list(bootstrap) {
            Ok(addresses) => builder.settings.by_code(move |s| s.bootstrap.clone_from(&addresses)),
            Err(error) => builder.problem = Some(error),
        }
        builder
    }

    pub(super) fn new(source: Result<Source>) -> Self {
        let (source, problem) = match source {
            Ok(source) => (source, None),
            Err(error) => (properties::none(), Some(error)),
        };
        Self { settings: Layers::new(&cluster::TABLE, source), problem }
    }

    /// The name under which brokers log and throttle this client.
    ///
    /// Default: `kafka-sdk`. Java: `client.id`.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        let client_id: Arc<str> = client_id.into().into();
        self.settings.by_code(move |s| s.client_id = client_id.clone());
        self
    }

    /// The rack, or zone, that this client is in: readers read from a replica in the same one, where brokers let them
    /// (`replica.selector.class` is Kafka's `RackAwareReplicaSelector`, since Kafka 2.4), and go back to the leader when
    /// it is in trouble (KIP-392).
    ///
    /// Default: none; all is read from leaders. Java: `client.rack`.
    pub fn rack(mut self, rack: impl Into<String>) -> Self {
        let rack: Arc<str> = rack.into().into();
        self.settings.by_code(move |s| s.rack = rack.clone());
        self
    }

    /// How long a broker may take to answer one request, from the last progress on: bytes of it that are taken, the answer
    /// to the one before, bytes of its own. After that the connection is given up, and what was waiting on it is sent
    /// again where that is safe. A fetch may take this much longer than the broker was asked to wait.
    ///
    /// From 1 ms to 10 minutes. Default: 30 s. Java: `request.timeout.ms`.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.settings.by_code(move |s| s.request_timeout = timeout);
        self
    }

    /// How long a call of an admin or a reader takes at most, with all its retries.
    ///
    /// From 1 ms to 10 minutes. Default: 60 s. Java: `default.api.timeout.ms`.
    pub fn api_timeout(mut self, timeout: Duration) -> Self {
        self.settings.by_code(move |s| s.api_timeout = timeout);
        self
    }

    /// After how long what is known of the cluster is asked for again, also without a reason.
    ///
    /// From 1 ms to 24 hours. Default: 300 s. Java: `metadata.max.age.ms`.
    pub fn metadata_max_age(mut self, age: Duration) -> Self {
        self.settings.by_code(move |s| s.metadata_max_age = age);
        self
    }

    /// Sets what has this name in Java or librdkafka, of the client itself; `docs/settings.md` lists all. What a typed
    /// method says counts more, whichever comes first.
    ///
    /// A name that is none of a setting, and a value that is not accepted, are errors when the client is built.
    ///
    /// ```no_run
    /// # async fn example() -> kafka_sdk::Result<()> {
    /// let kafka = kafka_sdk::Kafka::builder("localhost:9092").set("request.timeout.ms", "10000").await?;
    /// # Ok(()) }
    /// ```
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.by_name(name, value);
        self
    }

    /// Warns of names that are none of a setting, here and in what comes from this client, instead of refusing them.
    pub fn allow_unknown(mut self) -> Self {
        self.settings.allow_unknown();
        self
    }

    /// The client's settings by their names, with the values that count: what to log when a program starts. There are no
    /// secrets in it.
    ///
    /// # Errors
    /// Those of [`Self::build`] with kind [`Settings`](ErrorKind::Settings).
    pub fn effective_config(&self) -> Result<BTreeMap<&'static str, String>> {
        self.problem.clone().map_or(Ok(()), Err)?;
        self.settings.effective()
    }

    /// The names that were set and set nothing here, each with why: of the source those of all roles, and what
    /// [`set`](Self::set) was given. Each is a warning when the client is built, which only a program that shows what
    /// `tracing` is told gets to see; this is for all others.
    ///
    /// ```
    /// # fn main() -> kafka_sdk::Result<()> {
    /// let pairs = [("bootstrap.servers", "kafka-1:9092"), ("max.poll.records", "100")];
    /// for (name, why) in kafka_sdk::Kafka::from_properties(pairs).ignored_settings()? {
    ///     eprintln!("{name} is ignored: {why}");
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`Self::build`] with kind [`Settings`](ErrorKind::Settings).
    pub fn ignored_settings(&self) -> Result<BTreeMap<String, &'static str>> {
        self.problem.clone().map_or(Ok(()), Err)?;
        let mut ignored = self.settings.ignored()?;
        let warnings = self.settings.source().warnings()?;
        ignored.extend(warnings.into_iter().filter_map(Warning::into_ignored));
        Ok(ignored)
    }

    /// Connects to any of the brokers.
    ///
    /// # Errors
    /// Kind [`Settings`](ErrorKind::Settings): a setting that is unknown, not accepted or out of range, an address that
    /// is none, a file that cannot be read. Kind [`Connect`](ErrorKind::Connect): no broker could be reached within the
    /// connect timeout; the error names the address whose attempt ended last, and says why.
    ///
    /// # Cancel safety
    /// Dropping the future closes what was opened; an attempt to connect that is under way ends by itself, within the
    /// connect timeout.
    pub async fn build(self) -> Result<Kafka> {
        let settings = self.settings()?;
        let within = settings.connect_timeout.first;
        let source = self.settings.source().clone();
        let cluster = Cluster::new(settings);
        let mut attempts = cluster.attempts(within);
        let mut last = None;
        loop {
            match timeout_at(attempts.deadline() + GRACE, cluster.refreshed()).await {
                Ok(Ok(_)) => return Ok(Kafka { cluster, source }),
                Ok(Err(error)) => {
                    last = Some(error.clone());
                    attempts.pause(error).await?;
                }
                Err(_) => return Err(last.unwrap_or_else(|| nobody(&cluster, within))),
            }
        }
    }

    /// What was given, judged.
    pub(super) fn settings(&self) -> Result<Settings> {
        self.problem.clone().map_or(Ok(()), Err)?;
        self.settings.source().check()?;
        let mut settings = self.settings.build()?;
        if settings.bootstrap.is_empty() {
            return Err(Address::missing());
        }
        let timeout = &mut settings.connect_timeout;
        timeout.most = timeout.most.max(timeout.first);
        Ok(settings)
    }
}

/// What an attempt that has begun may take longer, so that its own error is the one to be seen.
const GRACE: Duration = Duration::from_millis(500);

fn nobody(cluster: &Cluster, within: Duration) -> Error {
    let addresses: Vec<String> = cluster.settings().bootstrap.iter().map(ToString::to_string).collect();
    let text = format!("no broker answered at {} within {within:?}", addresses.join(", "));
    Error::new(ErrorKind::Connect, text)
}

impl IntoFuture for KafkaBuilder {
    type Output = Result<Kafka>;
    type IntoFuture = BoxFuture<'static, Result<Kafka>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.build())
    }
}
