mod network;
#[cfg(test)]
mod tests;

use crate::admin::Admin;
use crate::cluster::{self, Cluster, Settings};
use crate::consumer::ReaderBuilder;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Offset, Offsets, TopicPartition};
use crate::net::Address;
use crate::observe::Metrics;
use crate::producer::ProducerBuilder;
use crate::properties;
use crate::settings::{Layers, Source};
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout_at;

/// A Kafka cluster: where producers, readers and admins come from. A cheap clone; all that come from it share what is
/// known of the cluster, and connections where sharing one would not make one wait for another. Connections are closed
/// when the last that uses them goes.
///
/// Its tasks run on the Tokio runtime on which it was built, and end with that runtime: what is left of it elsewhere
/// then answers with errors.
///
/// ```no_run
/// # async fn example() -> kafka_sdk::Result<()> {
/// let kafka = kafka_sdk::Kafka::connect("localhost:9092").await?;
/// let producer = kafka.producer().await?;
/// producer.send("orders", "hello").await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Kafka {
    cluster: Cluster,
    /// What was set by name, for all that comes from it.
    source: Source,
}

impl Kafka {
    /// Connects with default settings; `bootstrap` is one address or a comma-separated list of them.
    ///
    /// A port at which nothing listens, and a name that nobody knows, are tried again for the connect timeout (10 s): the
    /// broker may be starting.
    ///
    /// # Errors
    /// As [`KafkaBuilder::build`].
    pub async fn connect(bootstrap: &str) -> Result<Self> {
        Self::builder(bootstrap).await
    }

    /// Settings to connect with; `bootstrap` is one address or a comma-separated list of them: `host:port`, `host` (port
    /// 9092), `[ipv6]:port`.
    pub fn builder(bootstrap: &str) -> KafkaBuilder {
        let mut builder = KafkaBuilder::new(Ok(properties::none()));
        match Address::parse_list(bootstrap) {
            Ok(addresses) => builder.settings.by_code(move |s| s.bootstrap.clone_from(&addresses)),
            Err(error) => builder.problem = Some(error),
        }
        builder
    }

    /// Settings from pairs of name and value, as Java's and librdkafka's clients have them; producers and readers take
    /// theirs out of the same pairs. What a typed method or `.set` says counts more.
    ///
    /// Names that are no settings, and values that are not accepted, are errors when the client is built.
    /// `docs/settings.md` lists all names.
    ///
    /// ```no_run
    /// # async fn example() -> kafka_sdk::Result<()> {
    /// use kafka_sdk::Kafka;
    /// let pairs = [("bootstrap.servers", "localhost:9092"), ("linger.ms", "20"), ("fetch.min.bytes", "1000")];
    /// let kafka = Kafka::from_properties(pairs).client_id("billing").await?;
    /// let producer = kafka.producer().await?; // lingers for 20 ms
    /// # Ok(()) }
    /// ```
    pub fn from_properties<N: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> KafkaBuilder {
        KafkaBuilder::new(Ok(properties::from_pairs(pairs)))
    }

    /// Settings from a file as Java's clients read it, in UTF-8; otherwise as [`Self::from_properties`]. The file is read
    /// here; that it cannot be is an error when the client is built.
    ///
    /// ```no_run
    /// # async fn example() -> kafka_sdk::Result<()> {
    /// let kafka = kafka_sdk::Kafka::from_file("client.properties").await?;
    /// # Ok(()) }
    /// ```
    pub fn from_file(path: impl AsRef<Path>) -> KafkaBuilder {
        KafkaBuilder::new(properties::from_file(path.as_ref()))
    }

    /// Settings from environment variables: `KAFKA_BOOTSTRAP_SERVERS` for `bootstrap.servers`, and so on; otherwise as
    /// [`Self::from_properties`].
    ///
    /// Variables whose names are like none of a setting's, as `KAFKA_HEAP_OPTS`, are left alone.
    ///
    /// ```no_run
    /// # async fn example() -> kafka_sdk::Result<()> {
    /// let kafka = kafka_sdk::Kafka::from_env().await?;
    /// # Ok(()) }
    /// ```
    pub fn from_env() -> KafkaBuilder {
        Self::from_env_with("KAFKA_")
    }

    /// As [`Self::from_env`], with another prefix.
    ///
    /// ```no_run
    /// # async fn example() -> kafka_sdk::Result<()> {
    /// // MYAPP_BOOTSTRAP_SERVERS, MYAPP_LINGER_MS, ..
    /// let kafka = kafka_sdk::Kafka::from_env_with("MYAPP_").await?;
    /// # Ok(()) }
    /// ```
    pub fn from_env_with(prefix: &str) -> KafkaBuilder {
        KafkaBuilder::new(properties::from_env(prefix))
    }

    /// Settings for a producer.
    pub fn producer(&self) -> ProducerBuilder {
        ProducerBuilder::new(self.cluster.clone(), self.source.clone())
    }

    /// Settings for a reader: it reads given partitions, without a group.
    pub fn reader(&self) -> ReaderBuilder {
        ReaderBuilder::new(self.cluster.clone(), self.source.clone())
    }

    /// What places in partitions are as offsets, at the moment: where partitions begin, where they end (the high
    /// watermark), which record is the first of a time. Nothing is read.
    ///
    /// Java: `beginningOffsets`, `endOffsets`, `offsetsForTimes`.
    ///
    /// ```no_run
    /// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
    /// use kafka_sdk::Offset;
    /// let partitions = (0..3).map(|number| ("orders", number));
    /// let ends = kafka.offsets(partitions.map(|partition| (partition, Offset::Latest))).await?;
    /// for (partition, end) in ends.iter() {
    ///     println!("{partition} ends at {end}");
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`ReaderBuilder::build`].
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn offsets<T: Into<TopicPartition>>(
        &self,
        places: impl IntoIterator<Item = (T, Offset)>,
    ) -> Result<Offsets> {
        let places = places.into_iter().map(|(partition, place)| (partition.into(), place));
        crate::consumer::offsets_of(&self.cluster, places.collect()).await
    }

    /// Creates, deletes, lists and describes topics.
    #[must_use]
    pub fn admin(&self) -> Admin {
        Admin::new(self.cluster.clone())
    }

    /// What the client and all that came from it have done so far, and what they are at. It costs little, and nothing
    /// runs for it when nobody asks.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.cluster.metrics()
    }

    /// Calls of any API.
    #[cfg(feature = "raw")]
    #[must_use]
    pub fn raw(&self) -> crate::raw::Raw {
        crate::raw::Raw::new(self.cluster.clone())
    }
}

impl std::fmt::Debug for Kafka {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kafka").field("bootstrap", &self.cluster.settings().bootstrap).finish_non_exhaustive()
    }
}

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
    settings: Layers<Settings>,
    /// What was found to be wrong so far.
    problem: Option<Error>,
}

impl KafkaBuilder {
    fn new(source: Result<Source>) -> Self {
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

    /// How long a broker may take to answer one request. After that the connection is given up, and what was waiting on
    /// it is sent again where that is safe. A fetch may take this much longer than the broker was asked to wait.
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
    fn settings(&self) -> Result<Settings> {
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
