//! Settings of a producer.

use super::properties::TABLE;
use super::report::OnBatch;
use super::settings::Settings;
use super::{BatchReport, Partitioning, Producer, Spreading};
use crate::cluster::Cluster;
use crate::error::Result;
use crate::model::{Acks, Compression, Switch};
use crate::settings::{Layers, Source};
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::time::Duration;

/// Settings for a [`Producer`]; awaiting it builds one.
///
/// ```no_run
/// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
/// use std::time::Duration;
/// let producer = kafka.producer().linger(Duration::from_millis(20)).batch_size(64 * 1024).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until it is awaited"]
pub struct ProducerBuilder {
    cluster: Cluster,
    settings: Layers<Settings>,
}

impl ProducerBuilder {
    pub(crate) fn new(cluster: Cluster, source: Source) -> Self {
        let mut settings = Layers::new(&TABLE, source);
        let retry = cluster.settings().retry;
        settings.by_code(move |s: &mut Settings| s.retry = retry);
        Self { cluster, settings }
    }

    /// How long a record may wait for others to travel with, at most; a batch that is full does not wait.
    ///
    /// With 0, a record of up to 16 KiB that finds nothing else on its way is written to the socket by the call that
    /// enqueues it, unless there is an [`on_batch`](Self::on_batch): that saves waking another thread. It does not wait for
    /// the socket.
    ///
    /// From 0 to one day. Default: 5 ms. Java: `linger.ms`.
    pub fn linger(mut self, linger: Duration) -> Self {
        self.settings.by_code(move |s| s.linger = linger);
        self
    }

    /// From how many bytes on a batch is sent without lingering. While a batch cannot be sent, because five of its
    /// partition are in flight, or its broker is busy or away, it grows beyond that, up to 1,000,000.
    ///
    /// From 1 to 104,857,600. Default: 16,384. Java: `batch.size`.
    pub fn batch_size(mut self, bytes: usize) -> Self {
        self.settings.by_code(move |s| s.batch_size = bytes);
        self
    }

    /// How much memory the records take that are not acknowledged yet. When it is used up, `enqueue` waits and
    /// `try_enqueue` says so. Records for one broker take no more than half of it, where the topics that are written to are
    /// led by several: so one that is away does not stop the others.
    ///
    /// At least [`max_request_size`](Self::max_request_size), rounded up to 16, 64 or 256 KiB or 1 MiB: the sizes of the
    /// buffers that records are put into. Default: 33,554,432. Java: `buffer.memory`.
    pub fn buffer_memory(mut self, bytes: usize) -> Self {
        self.settings.by_code(move |s| s.buffer_memory = bytes);
        self
    }

    /// The largest request, and with it the largest record. Brokers have limits of their own (`message.max.bytes`, and
    /// `max.message.bytes` of a topic).
    ///
    /// From 1,024 to 104,857,600. Default: 1,048,576. Java: `max.request.size`.
    pub fn max_request_size(mut self, bytes: usize) -> Self {
        self.settings.by_code(move |s| s.max_request_size = bytes);
        self
    }

    /// How long `send` and `enqueue` wait for room, and for a topic to be looked up.
    ///
    /// From 0 to one day. Default: 60 s. Java: `max.block.ms`.
    pub fn max_block(mut self, max_block: Duration) -> Self {
        self.settings.by_code(move |s| s.max_block = max_block);
        self
    }

    /// How long the metadata of a topic is kept up to date after the last record to it. After that the brokers are not asked
    /// about it, until there is another record.
    ///
    /// From 5 s to one day. Default: 300 s. Java: `metadata.max.idle.ms`.
    pub fn metadata_max_idle(mut self, idle: Duration) -> Self {
        self.settings.by_code(move |s| s.metadata_max_idle = idle);
        self
    }

    /// How long after the first record of its batch was enqueued a record is acknowledged or reported as failed, whatever
    /// happens.
    ///
    /// At least `linger` and the request timeout together. Default: 120 s. Java: `delivery.timeout.ms`.
    pub fn delivery_timeout(mut self, timeout: Duration) -> Self {
        self.settings.by_code(move |s| s.delivery_timeout = timeout);
        self
    }

    /// Whose word it takes that a record is written. With less than [`Acks::All`], records that were acknowledged may be
    /// lost, and idempotence is off.
    ///
    /// Default: [`Acks::All`]. Java: `acks`.
    pub fn acks(mut self, acks: Acks) -> Self {
        self.settings.by_code(move |s| s.acks = acks);
        self
    }

    /// Whether brokers recognise what is sent again (KIP-98), so that retries neither double nor reorder records. Without
    /// it a record that is sent again may be there twice, and the order holds only with one request in flight.
    ///
    /// It needs [`Acks::All`], at least one retry, and no more than five requests in flight: asked for together with
    /// something else it is refused; something else alone turns it off, which is an event in the log.
    ///
    /// Default: [`Switch::On`]. Java: `enable.idempotence`.
    pub fn idempotence(mut self, idempotence: Switch) -> Self {
        self.settings.by_code(move |s| s.idempotent = Some(idempotence));
        self
    }

    /// How often a batch is sent again at most. Better left alone:
    /// [`delivery_timeout`](Self::delivery_timeout) ends the retries.
    ///
    /// From 0 to 2,147,483,647. Default: 2,147,483,647. Java: `retries`.
    pub fn retries(mut self, retries: u32) -> Self {
        self.settings.by_code(move |s| s.retries = retries);
        self
    }

    /// How many requests to one broker may be on their way, without an answer. Without idempotence, records of a partition
    /// stay in order only with 1. Of one partition no more than five batches are on their way with idempotence.
    ///
    /// From 1 to 1,000,000. Default: 5. Java: `max.in.flight.requests.per.connection`.
    pub fn max_in_flight(mut self, requests: usize) -> Self {
        self.settings.by_code(move |s| s.max_in_flight = requests);
        self
    }

    /// How batches are compressed; one that does not get smaller is sent as it is. `batch_size` and `max_request_size` count
    /// bytes before compression: with a codec a larger batch size makes for better compression. gzip and zstd work on
    /// up to four threads of Tokio's for blocking work, and no more than half of the cores.
    ///
    /// ```no_run
    /// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
    /// use kafka_sdk::Compression;
    /// let producer = kafka.producer().compression(Compression::Zstd).zstd_level(5).batch_size(128 * 1024).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// Default: [`Compression::None`]. Java: `compression.type`; librdkafka also `compression.codec`.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.settings.by_code(move |s| s.compression = compression);
        self
    }

    /// How hard gzip tries, where that is the codec (KIP-390).
    ///
    /// From 1 to 9, or -1 for its own choice, which is 6. Default: -1. Java: `compression.gzip.level`.
    pub fn gzip_level(mut self, level: i32) -> Self {
        self.settings.by_code(move |s| s.gzip_level = level);
        self
    }

    /// For lz4, where that is the codec (KIP-390): taken, and without effect, as there is one way of compressing here, the
    /// fast one.
    ///
    /// From 1 to 17. Default: 9. Java: `compression.lz4.level`.
    pub fn lz4_level(mut self, level: i32) -> Self {
        self.settings.by_code(move |s| s.lz4_level = level);
        self
    }

    /// How hard zstd tries, where that is the codec (KIP-390): negative levels are faster still than 1.
    ///
    /// From -131,072 to 22. Default: 3. Java: `compression.zstd.level`.
    pub fn zstd_level(mut self, level: i32) -> Self {
        self.settings.by_code(move |s| s.zstd_level = level);
        self
    }

    /// Is called for each batch, when it is acknowledged or has failed: one place for what becomes of records whose
    /// [`Delivery`](crate::Delivery) nobody keeps. The records are there as well, to be kept or sent elsewhere.
    ///
    /// It is called before those who wait for the batch are told, without any lock held, by the task that sends: while
    /// it runs nothing else is sent, so it should hand over what takes long. A panic in it ends there, as an event in
    /// the log. It may use the producer, as far as that does not wait.
    ///
    /// ```no_run
    /// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
    /// use kafka_sdk::Record;
    /// use std::sync::{Arc, Mutex};
    ///
    /// let kept: Arc<Mutex<Vec<Record<'static>>>> = Arc::default();
    /// let keeping = kept.clone();
    /// let builder = kafka.producer().on_batch(move |batch| {
    ///     if let Err(error) = batch.result() {
    ///         eprintln!("lost {} records of {}: {error}", batch.len(), batch.topic());
    ///         // To be sent again: with key, value, headers and time, to whatever partition the key leads to.
    ///         let records = batch.records().map(|record| Record::from(record).into_owned());
    ///         keeping.lock().unwrap_or_else(|e| e.into_inner()).extend(records);
    ///     }
    /// });
    /// let producer = builder.await?;
    /// # Ok(()) }
    /// ```
    ///
    /// Default: none.
    pub fn on_batch(mut self, function: impl Fn(&BatchReport<'_>) + Send + Sync + 'static) -> Self {
        let on_batch = OnBatch::new(function);
        self.settings.by_code(move |s| s.on_batch = Some(on_batch.clone()));
        self
    }

    /// Which partition a record goes to that does not name one: one of [`Partitioning`], or a
    /// [`Partitioner`](super::Partitioner) of one's own.
    ///
    /// ```no_run
    /// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
    /// use kafka_sdk::Partitioning;
    /// // Keys go where librdkafka puts them by default.
    /// let producer = kafka.producer().partitioner(Partitioning::ConsistentRandom).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// Default: [`Partitioning::Murmur2Random`]. Java: `partitioner.class`, `partitioner.ignore.keys`; librdkafka:
    /// `partitioner`.
    pub fn partitioner(mut self, partitioner: impl Into<Partitioning>) -> Self {
        let partitioning = partitioner.into();
        self.settings.by_code(move |s| s.partitioning = partitioning.clone());
        self
    }

    /// How records that are spread evenly choose their next partition.
    ///
    /// Default: [`Spreading::Adaptive`]. Java: `partitioner.adaptive.partitioning.enable`.
    pub fn spreading(mut self, spreading: Spreading) -> Self {
        self.settings.by_code(move |s| s.spreading = spreading);
        self
    }

    /// How long a broker may take nothing, although there is something for it, before records that are spread evenly go to
    /// other brokers only (KIP-794). Zero: however long. With [`Spreading::Uniform`] it has no effect.
    ///
    /// From 0 to one day. Default: 0. Java: `partitioner.availability.timeout.ms`.
    pub fn availability_timeout(mut self, timeout: Duration) -> Self {
        self.settings.by_code(move |s| s.availability_timeout = timeout);
        self
    }

    /// Sets what has this name in Java or librdkafka; `docs/settings.md` lists all. What a typed method says counts more,
    /// whichever comes first; what is said here counts more than what the client came from.
    ///
    /// A name that is none of a producer's settings, and a value that is not accepted, are errors when the producer is
    /// built.
    ///
    /// ```no_run
    /// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
    /// let producer = kafka.producer().set("linger.ms", "20").await?;
    /// # Ok(()) }
    /// ```
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.by_name(name, value);
        self
    }

    /// Warns of names that are none of a setting, instead of refusing them.
    pub fn allow_unknown(mut self) -> Self {
        self.settings.allow_unknown();
        self
    }

    /// The producer's settings by their names, with the values that count.
    ///
    /// # Errors
    /// Those of [`Self::build`] with kind [`Settings`](crate::ErrorKind::Settings) that are about one setting.
    pub fn effective_config(&self) -> Result<BTreeMap<&'static str, String>> {
        self.settings.effective()
    }

    /// What [`set`](Self::set) was given here and sets nothing, each with why: see
    /// [`KafkaBuilder::ignored_settings`](crate::KafkaBuilder::ignored_settings).
    ///
    /// # Errors
    /// Those of [`Self::build`] that are about one setting.
    pub fn ignored_settings(&self) -> Result<BTreeMap<String, &'static str>> {
        self.settings.ignored()
    }

    /// Replaces the table that says what an answer means for a batch, to plant a defect.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub fn verdict(mut self, verdict: fn(&super::Situation, &super::Answer) -> super::Verdict) -> Self {
        self.settings.by_code(move |s| s.planted_verdict = Some(verdict));
        self
    }

    /// Replaces the bytes of batches on their way to the wire, to plant a defect.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub fn wire(mut self, wire: fn(&bytes::Bytes) -> bytes::Bytes) -> Self {
        self.settings.by_code(move |s| s.wire = wire);
        self
    }

    /// Builds it. Nothing is asked of the cluster before the first record.
    ///
    /// # Errors
    /// Kind [`Settings`](crate::ErrorKind::Settings): a setting that is out of range, or contradicts another.
    ///
    /// # Cancel safety
    /// Dropping the future builds nothing.
    #[allow(clippy::unused_async, reason = "a producer with transactions asks the cluster here")]
    pub async fn build(self) -> Result<Producer> {
        let settings = self.settings.build()?;
        settings.check(self.cluster.settings().request_timeout)?;
        Ok(Producer::start(self.cluster, settings))
    }
}

impl IntoFuture for ProducerBuilder {
    type Output = Result<Producer>;
    type IntoFuture = BoxFuture<'static, Result<Producer>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.build())
    }
}

impl std::fmt::Debug for ProducerBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ProducerBuilder").field(&self.settings).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::settings::Names;

    #[tokio::test]
    async fn each_method_refuses_what_is_out_of_range_by_the_name_of_its_setting() {
        let builder = || {
            let cluster = Cluster::new(crate::cluster::Settings::default());
            ProducerBuilder::new(cluster, Source::new(&[], []))
        };
        let (zero, forever) = (Duration::ZERO, Duration::MAX);
        let wrong = [
            ("linger.ms", builder().linger(forever)),
            ("batch.size", builder().batch_size(0)),
            ("max.request.size", builder().max_request_size(usize::MAX)),
            ("buffer.memory", builder().buffer_memory(usize::MAX)),
            ("max.block.ms", builder().max_block(forever)),
            ("delivery.timeout.ms", builder().delivery_timeout(forever)),
            ("retries", builder().retries(u32::MAX)),
            ("max.in.flight.requests.per.connection", builder().max_in_flight(0)),
            ("compression.gzip.level", builder().gzip_level(10)),
            ("compression.lz4.level", builder().lz4_level(0)),
            ("compression.zstd.level", builder().zstd_level(i32::MAX)),
            ("metadata.max.idle.ms", builder().metadata_max_idle(zero)),
            ("partitioner.availability.timeout.ms", builder().availability_timeout(forever)),
        ];
        let mut names: Vec<&str> = wrong.iter().map(|(name, _)| *name).collect();
        for (name, builder) in wrong {
            let error = builder.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Settings);
            assert!(error.to_string().starts_with(&format!("{name} is ")), "{error}");
        }
        let has_range =
            |line: &crate::settings::Line| line.accepts.contains(" from ") && line.method.is_some();
        let mut all: Vec<&str> =
            TABLE.lines().iter().filter(|line| has_range(line)).map(|l| l.name).collect();
        names.sort_unstable();
        all.sort_unstable();
        assert_eq!(names, all, "each setting that has a range");
    }
}
