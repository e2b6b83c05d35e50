//! The cluster, as the application has it.

mod builder;
mod network;
#[cfg(test)]
mod tests;

use crate::admin::Admin;
use crate::cluster::Cluster;
use crate::consumer::{ConsumerBuilder, ReaderBuilder};
use crate::error::Result;
use crate::model::{Offset, Offsets, TopicPartition};
use crate::observe::Metrics;
use crate::producer::ProducerBuilder;
use crate::properties;
use crate::settings::Source;
pub use builder::KafkaBuilder;
use std::path::Path;

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
        KafkaBuilder::at(bootstrap)
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

    /// Settings for a consumer of this group. Without a group there is [`Self::reader`].
    pub fn consumer(&self, group: impl Into<String>) -> ConsumerBuilder {
        ConsumerBuilder::new(self.cluster.clone(), self.source.clone(), &group.into())
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

    /// Looks after topics and groups.
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
