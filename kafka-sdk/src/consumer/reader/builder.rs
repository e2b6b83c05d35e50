//! Settings of a reader, and what it is to read.

use super::idle::Idle;
use crate::cluster::{self, Cluster};
use crate::consumer::Reader;
use crate::consumer::feed::item::ReadItem;
use crate::consumer::properties::TABLE;
use crate::consumer::settings::Settings;
use crate::consumer::start::{Ends, LookUps, Wanted};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Isolation, Message, Offset, Reset, Switch, TopicPartition};
use crate::settings::{Layers, Source, within};
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::time::Duration;

/// Settings for a [`Reader`]; awaiting it builds one.
///
/// ```no_run
/// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
/// use kafka_sdk::Offset;
/// let all = kafka.reader().topic("orders", Offset::Earliest).stop_at_end().await?;
/// let some = kafka.reader().assign([(("orders", 0), Offset::At(7)), (("orders", 1), Offset::Latest)]).await?;
/// # Ok(()) }
/// ```
#[must_use = "a builder does nothing until it is awaited"]
pub struct ReaderBuilder<M: ReadItem = Message> {
    cluster: Cluster,
    settings: Layers<Settings>,
    wanted: Wanted,
    ends: Ends,
    stop_after_idle: Option<Duration>,
    decoder: M::Decoder,
}

impl<M: ReadItem> Clone for ReaderBuilder<M> {
    fn clone(&self) -> Self {
        let Self { cluster, settings, wanted, ends, stop_after_idle, decoder } = self;
        Self {
            cluster: cluster.clone(),
            settings: settings.clone(),
            wanted: wanted.clone(),
            ends: *ends,
            stop_after_idle: *stop_after_idle,
            decoder: decoder.clone(),
        }
    }
}

impl ReaderBuilder {
    pub(crate) fn new(cluster: Cluster, source: Source) -> Self {
        let mut settings = Layers::new(&TABLE, source);
        let of_client = cluster.clone();
        settings.by_code(move |s: &mut Settings| {
            let cluster::Settings { retry, rack, metadata_max_age, .. } = of_client.settings();
            (s.retry, s.rack, s.replica_max_age) = (*retry, rack.clone(), *metadata_max_age);
        });
        Self {
            cluster,
            settings,
            wanted: Wanted::default(),
            ends: Ends::Never,
            stop_after_idle: None,
            decoder: (),
        }
    }
}

impl<M: ReadItem> ReaderBuilder<M> {
    /// The same, to hand out something else.
    pub(crate) fn handing_out<N: ReadItem>(self, decoder: N::Decoder) -> ReaderBuilder<N> {
        let Self { cluster, settings, wanted, ends, stop_after_idle, .. } = self;
        ReaderBuilder { cluster, settings, wanted, ends, stop_after_idle, decoder }
    }

    pub(crate) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    pub(crate) fn source(&self) -> &Source {
        self.settings.source()
    }

    pub(crate) fn decoder_mut(&mut self) -> &mut M::Decoder {
        &mut self.decoder
    }

    /// Adds all partitions that the topic has when the reader is built.
    pub fn topic(mut self, name: impl Into<String>, from: impl Into<Offset>) -> Self {
        self.wanted.topics.push((name.into(), from.into()));
        self
    }

    /// Adds partitions, each with a place to begin, which can be an offset; also the
    /// [`positions`](crate::consumer::Control::positions) of another reader.
    pub fn assign<T: Into<TopicPartition>, O: Into<Offset>>(
        mut self,
        partitions: impl IntoIterator<Item = (T, O)>,
    ) -> Self {
        let partitions = partitions.into_iter();
        self.wanted.partitions.extend(partitions.map(|(partition, from)| (partition.into(), from.into())));
        self
    }

    /// Ends after the records that are there when the reader is built. The end is looked up once: markers and compacted
    /// tails count as reached. A partition that begins at its end, or behind it, gives nothing, and no error.
    pub fn stop_at_end(mut self) -> Self {
        self.ends = Ends::AsOfNow;
        self
    }

    /// Ends when no record has come for that long. The time runs while [`next`](Reader::next) waits, and begins anew with
    /// each record; also where partitions are paused, or cannot be reached. With [`stop_at_end`](Self::stop_at_end),
    /// whichever is first.
    ///
    /// From 1 ms to 24 hours. Default: it never ends.
    pub fn stop_after_idle(mut self, time: Duration) -> Self {
        self.stop_after_idle = Some(time);
        self
    }

    /// Which records of transactions are read (KIP-98). With [`Isolation::ReadCommitted`] a partition ends at its last
    /// stable offset, before the first transaction that is open: [`Offset::Latest`] and
    /// [`stop_at_end`](Self::stop_at_end) go by that.
    ///
    /// Default: [`Isolation::ReadUncommitted`]. Java: `isolation.level`.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.settings.by_code(move |s| s.isolation = isolation);
        self
    }

    /// Whether the checksums of batches are compared when they are read, so that what was damaged on its way, or on a
    /// broker's disk, is not handed out. Without that, damage is noticed only where what is there is no longer a batch.
    ///
    /// Default: [`Switch::On`]. Java: `check.crcs`.
    pub fn crc_checks(mut self, checks: Switch) -> Self {
        self.settings.by_code(move |s| s.crc_checks = checks);
        self
    }

    /// Where reading goes on when a partition no longer has the position. Passing troubles never lead there, only a
    /// leader's word: its log begins later or ends before (retention, deleted records), it was cut (KIP-320), or the topic
    /// was created anew.
    ///
    /// - A log that was cut by an unclean leader election is read on from where it parts from what was read, if that is
    ///   known; `Reset` says where otherwise. Kafka 2.1 and 2.2 with ACLs do not tell. That the log was cut before the first
    ///   record was read is noticed where the broker told a leader epoch with the offset to begin with, which 2.1 does not.
    /// - A topic that was created anew is read from its beginning, as all in it is new. With
    ///   [`stop_at_end`](Self::stop_at_end) that is an error: what was to be read is gone.
    ///
    /// Each of these is a warning in the log, and [`positions`](crate::consumer::Control::positions) follow. With [`Reset::Fail`] they are errors, and
    /// the end of the reader.
    ///
    /// Default: [`Reset::Fail`]; nothing is skipped or read twice without notice. Java: `auto.offset.reset`, which is
    /// `latest` there.
    pub fn offset_reset(mut self, reset: Reset) -> Self {
        self.settings.by_code(move |s| s.offset_reset = reset);
        self
    }

    /// How long a broker may wait for records when it has none.
    ///
    /// From 0 to 10 minutes. Default: 500 ms. Java: `fetch.max.wait.ms`.
    pub fn fetch_max_wait(mut self, wait: Duration) -> Self {
        self.settings.by_code(move |s| s.fetch_max_wait = wait);
        self
    }

    /// How many bytes a broker waits for before it answers.
    ///
    /// From 0 to 104,857,600. Default: 1. Java: `fetch.min.bytes`.
    pub fn fetch_min_bytes(mut self, bytes: usize) -> Self {
        self.settings.by_code(move |s| s.fetch_min_bytes = bytes);
        self
    }

    /// How many bytes one answer of a broker has, about: the first batch comes whole, however large it is.
    ///
    /// From 1 to 104,857,600. Default: 52,428,800. Java: `fetch.max.bytes`.
    pub fn fetch_max_bytes(mut self, bytes: usize) -> Self {
        self.settings.by_code(move |s| s.fetch_max_bytes = bytes);
        self
    }

    /// How many bytes of one partition an answer has, about. While answers come back full, it grows up to eight times, as
    /// far as two such answers fit into the partition's share of [`fetch_buffer`](Self::fetch_buffer).
    ///
    /// From 1 to 104,857,600. Default: 1,048,576. Java: `max.partition.fetch.bytes`.
    pub fn partition_max_bytes(mut self, bytes: usize) -> Self {
        self.settings.by_code(move |s| s.partition_max_bytes = bytes);
        self
    }

    /// How many bytes are fetched ahead, over all partitions, which get equal shares. An answer has no more than an equal
    /// share for each broker, but always one whole batch where there is one.
    ///
    /// At least [`partition_max_bytes`](Self::partition_max_bytes). Default: 33,554,432. Java fetches one answer ahead
    /// of each broker. librdkafka: `queued.max.messages.kbytes`.
    pub fn fetch_buffer(mut self, bytes: usize) -> Self {
        self.settings.by_code(move |s| s.fetch_buffer = bytes);
        self
    }

    /// Sets what has this name in Java or librdkafka; `docs/settings.md` lists all. What a typed method says counts more,
    /// whichever comes first; what is said here counts more than what the client came from.
    ///
    /// A name that is none of a reader's settings, and a value that is not accepted, are errors when the reader is
    /// built.
    ///
    /// ```no_run
    /// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
    /// let reader = kafka.reader().topic("orders", kafka_sdk::Offset::Latest).set("fetch.min.bytes", "1000").await?;
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

    /// The reader's settings by their names, with the values that count.
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

    /// Replaces where reading goes on after a batch that could not be read, to plant a defect.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub fn again_from(mut self, again_from: fn(i64) -> i64) -> Self {
        self.settings.by_code(move |s| s.again_from = again_from);
        self
    }

    /// Looks up topics and offsets, and begins to fetch.
    ///
    /// # Errors
    /// Kind [`Settings`](ErrorKind::Settings): nothing to read, a partition twice or one that does not exist, a negative
    /// offset or time, a setting out of range. Kind [`Broker`](ErrorKind::Broker): a topic that does not exist. Kind
    /// [`Authorize`](ErrorKind::Authorize): the Read permission is missing. [`Connect`](ErrorKind::Connect) or
    /// [`Timeout`](ErrorKind::Timeout): no answer within [`api_timeout`](crate::KafkaBuilder::api_timeout).
    ///
    /// # Cancel safety
    /// Dropping the future builds nothing.
    pub async fn build(self) -> Result<Reader<M>> {
        let settings = self.settings.build()?;
        settings.check()?;
        if let Some(time) = self.stop_after_idle {
            within("stop_after_idle", time, Duration::from_millis(1)..=Duration::from_secs(24 * 60 * 60))?;
        }
        let look_ups = LookUps { cluster: self.cluster, isolation: settings.isolation };
        let starts = look_ups.starts(&self.wanted, self.ends).await?;
        if starts.is_empty() {
            let text = "nothing to read: name a topic with topic(..) or partitions with assign(..)";
            return Err(Error::new(ErrorKind::Settings, text));
        }
        let idle = self.stop_after_idle.map(Idle::new);
        Reader::start(look_ups, &settings, starts, self.ends, idle, self.decoder)
    }
}

impl<M: ReadItem> IntoFuture for ReaderBuilder<M> {
    type Output = Result<Reader<M>>;
    type IntoFuture = BoxFuture<'static, Result<Reader<M>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.build())
    }
}

impl<M: ReadItem> std::fmt::Debug for ReaderBuilder<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReaderBuilder")
            .field("wanted", &self.wanted)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
