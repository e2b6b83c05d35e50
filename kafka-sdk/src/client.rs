mod network;

use crate::admin::Admin;
use crate::cluster::{Cluster, Settings};
use crate::consumer::ReaderBuilder;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Offset, Offsets, TopicPartition};
use crate::net::Address;
use crate::observe::Metrics;
use crate::producer::ProducerBuilder;
use futures_util::future::BoxFuture;
use std::future::IntoFuture;
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
        KafkaBuilder { bootstrap: bootstrap.to_owned(), settings: Settings::default() }
    }

    /// Settings for a producer.
    pub fn producer(&self) -> ProducerBuilder {
        ProducerBuilder::new(self.cluster.clone())
    }

    /// Settings for a reader: it reads given partitions, without a group.
    pub fn reader(&self) -> ReaderBuilder {
        ReaderBuilder::new(self.cluster.clone())
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
    bootstrap: String,
    settings: Settings,
}

impl KafkaBuilder {
    /// The name under which brokers log and throttle this client.
    ///
    /// Default: `kafka-sdk`. Java: `client.id`.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.settings.client_id = client_id.into().into();
        self
    }

    /// How long a broker may take to answer one request. After that the connection is given up, and what was waiting on
    /// it is sent again where that is safe. A fetch may take this much longer than the broker was asked to wait.
    ///
    /// From 1 ms to 10 minutes. Default: 30 s. Java: `request.timeout.ms`.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.settings.request_timeout = timeout;
        self
    }

    /// How long a call of an admin or a reader takes at most, with all its retries.
    ///
    /// From 1 ms to 10 minutes. Default: 60 s. Java: `default.api.timeout.ms`.
    pub fn api_timeout(mut self, timeout: Duration) -> Self {
        self.settings.api_timeout = timeout;
        self
    }

    /// After how long what is known of the cluster is asked for again, also without a reason.
    ///
    /// From 1 ms to 24 hours. Default: 300 s. Java: `metadata.max.age.ms`.
    pub fn metadata_max_age(mut self, age: Duration) -> Self {
        self.settings.metadata_max_age = age;
        self
    }

    /// Connects to any of the brokers.
    ///
    /// # Errors
    /// Kind [`Settings`](ErrorKind::Settings): a setting that is out of range, or an address that is none. Kind
    /// [`Connect`](ErrorKind::Connect): no broker could be reached within the connect timeout; the error names the
    /// address whose attempt ended last, and says why.
    ///
    /// # Cancel safety
    /// Dropping the future closes what was opened; an attempt to connect that is under way ends by itself, within the
    /// connect timeout.
    pub async fn build(self) -> Result<Kafka> {
        let within = self.settings.connect_timeout.first;
        let cluster = Cluster::new(self.check()?);
        let mut attempts = cluster.attempts(within);
        let mut last = None;
        loop {
            match timeout_at(attempts.deadline() + GRACE, cluster.refreshed()).await {
                Ok(Ok(_)) => return Ok(Kafka { cluster }),
                Ok(Err(error)) => {
                    last = Some(error.clone());
                    attempts.pause(error).await?;
                }
                Err(_) => return Err(last.unwrap_or_else(|| nobody(&cluster, within))),
            }
        }
    }

    fn check(mut self) -> Result<Settings> {
        let (least, ten_minutes) = (Duration::from_millis(1), Duration::from_secs(600));
        let checks = [
            ("request.timeout.ms", self.settings.request_timeout, ten_minutes),
            ("default.api.timeout.ms", self.settings.api_timeout, ten_minutes),
            ("metadata.max.age.ms", self.settings.metadata_max_age, Duration::from_secs(24 * 60 * 60)),
        ];
        for (name, value, most) in checks {
            crate::settings::within(name, value, least..=most)?;
        }
        self.check_network()?;
        let timeout = &mut self.settings.connect_timeout;
        timeout.most = timeout.most.max(timeout.first);
        self.settings.bootstrap = Address::parse_list(&self.bootstrap)?;
        Ok(self.settings)
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
