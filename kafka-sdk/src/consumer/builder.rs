use super::Reader;
use super::offsets::{EARLIEST, LATEST, Start, resolve};
use super::settings::Settings;
use crate::cluster::{Cluster, Interest, LookUp};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Offset, TopicPartition};
use futures_util::future::{BoxFuture, try_join_all};
use kafka_sdk_protocol::ErrorCode;
use std::collections::{BTreeMap, BTreeSet};
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
#[derive(Clone)]
#[must_use = "a builder does nothing until it is awaited"]
pub struct ReaderBuilder {
    cluster: Cluster,
    settings: Settings,
    topics: Vec<(String, Offset)>,
    partitions: Vec<(TopicPartition, Offset)>,
    stop_at_end: bool,
}

impl ReaderBuilder {
    pub(crate) fn new(cluster: Cluster) -> Self {
        Self {
            cluster,
            settings: Settings::default(),
            topics: Vec::new(),
            partitions: Vec::new(),
            stop_at_end: false,
        }
    }

    /// Adds all partitions that the topic has when the reader is built.
    pub fn topic(mut self, name: impl Into<String>, from: impl Into<Offset>) -> Self {
        self.topics.push((name.into(), from.into()));
        self
    }

    /// Adds partitions, each with a place to begin, which can be an offset; also the
    /// [`positions`](Reader::positions) of another reader.
    pub fn assign<T: Into<TopicPartition>, O: Into<Offset>>(
        mut self,
        partitions: impl IntoIterator<Item = (T, O)>,
    ) -> Self {
        let partitions = partitions.into_iter();
        self.partitions.extend(partitions.map(|(partition, from)| (partition.into(), from.into())));
        self
    }

    /// Ends after the records that are there when the reader is built. The end is looked up once: markers and compacted
    /// tails count as reached. A partition that begins at its end, or behind it, gives nothing, and no error.
    pub fn stop_at_end(mut self) -> Self {
        self.stop_at_end = true;
        self
    }

    /// How long a broker may wait for records when it has none.
    ///
    /// From 0 to 10 minutes. Default: 500 ms. Java: `fetch.max.wait.ms`.
    pub fn fetch_max_wait(mut self, wait: Duration) -> Self {
        self.settings.fetch_max_wait = wait;
        self
    }

    /// How many bytes a broker waits for before it answers.
    ///
    /// From 0 to 104,857,600. Default: 1. Java: `fetch.min.bytes`.
    pub fn fetch_min_bytes(mut self, bytes: usize) -> Self {
        self.settings.fetch_min_bytes = bytes;
        self
    }

    /// How many bytes one answer of a broker has, about: the first batch comes whole, however large it is.
    ///
    /// From 1 to 104,857,600. Default: 52,428,800. Java: `fetch.max.bytes`.
    pub fn fetch_max_bytes(mut self, bytes: usize) -> Self {
        self.settings.fetch_max_bytes = bytes;
        self
    }

    /// How many bytes of one partition an answer has, about.
    ///
    /// From 1 to 104,857,600. Default: 1,048,576. Java: `max.partition.fetch.bytes`.
    pub fn partition_max_bytes(mut self, bytes: usize) -> Self {
        self.settings.partition_max_bytes = bytes;
        self
    }

    /// How many bytes are fetched ahead, over all partitions, which get equal shares.
    ///
    /// At least [`partition_max_bytes`](Self::partition_max_bytes). Default: 33,554,432. Java fetches one answer ahead
    /// of each broker.
    pub fn fetch_buffer(mut self, bytes: usize) -> Self {
        self.settings.fetch_buffer = bytes;
        self
    }

    /// Looks up topics and offsets, and begins to fetch.
    ///
    /// # Errors
    /// Kind [`Settings`](ErrorKind::Settings): nothing to read, a partition twice or one that does not exist, a negative
    /// offset, a setting out of range. Kind [`Broker`](ErrorKind::Broker): a topic that does not exist. Kind
    /// [`Authorize`](ErrorKind::Authorize): the Read permission is missing. [`Connect`](ErrorKind::Connect) or
    /// [`Timeout`](ErrorKind::Timeout): no answer within [`api_timeout`](crate::KafkaBuilder::api_timeout).
    ///
    /// # Cancel safety
    /// Dropping the future builds nothing.
    pub async fn build(self) -> Result<Reader> {
        self.settings.check()?;
        let looked_up = self.look_up().await?;
        let wanted = self.wanted(&looked_up)?;
        if wanted.is_empty() {
            let text = "nothing to read: name a topic with topic(..) or partitions with assign(..)";
            return Err(Error::new(ErrorKind::Settings, text));
        }
        let starts = self.starts(wanted).await?;
        let interests = looked_up.into_values().map(|(_, interest)| interest).collect();
        Ok(Reader::start(self.cluster, &self.settings, starts, interests))
    }

    /// The partitions to read, each once.
    fn wanted(&self, looked_up: &LookedUp) -> Result<BTreeMap<TopicPartition, Offset>> {
        let count = |topic: &str| looked_up.get(topic).map_or(0, |(count, _)| *count);
        let mut wanted = BTreeMap::new();
        let mut add = |partition: TopicPartition, from| match wanted.insert(partition.clone(), from) {
            None => Ok(()),
            Some(_) => Err(Error::new(ErrorKind::Settings, format!("partition {partition} is named twice"))),
        };
        let all =
            self.topics.iter().map(|(_, from)| from).chain(self.partitions.iter().map(|(_, from)| from));
        if let Some(Offset::At(negative)) = all.into_iter().find(|from| matches!(from, Offset::At(..0))) {
            return Err(Error::new(ErrorKind::Settings, format!("there is no offset {negative}")));
        }
        for (name, from) in &self.topics {
            for number in 0..count(name) {
                add(TopicPartition::new(name.as_str(), number), *from)?;
            }
        }
        for (partition, from) in &self.partitions {
            let count = count(partition.topic());
            if !(0..count).contains(&partition.partition()) {
                return Err(no_such_partition(partition, count));
            }
            add(partition.clone(), *from)?;
        }
        Ok(wanted)
    }

    /// How many partitions each topic has now.
    async fn look_up(&self) -> Result<LookedUp> {
        let within = self.cluster.settings().api_timeout;
        let whole = self.topics.iter().map(|(name, _)| name.as_str());
        let names: BTreeSet<&str> = whole.chain(self.partitions.iter().map(|(p, _)| p.topic())).collect();
        let look_ups = names.into_iter().map(|name| async move {
            let (topic, interest) = self.cluster.topic(name, LookUp::ToRead, within).await?;
            let count = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
            Ok((name.to_owned(), (count, interest)))
        });
        try_join_all(look_ups).await.map(BTreeMap::from_iter)
    }

    /// Where to begin and to end, in offsets.
    async fn starts(&self, wanted: BTreeMap<TopicPartition, Offset>) -> Result<Vec<Start>> {
        let mut questions = Vec::new();
        for (partition, from) in &wanted {
            match from {
                Offset::Earliest => questions.push((partition.clone(), EARLIEST)),
                Offset::Latest => questions.push((partition.clone(), LATEST)),
                Offset::At(_) => {}
            }
            if self.stop_at_end {
                questions.push((partition.clone(), LATEST));
            }
        }
        questions.sort_unstable();
        questions.dedup();
        let answers = resolve(&self.cluster, questions).await?;
        let answer = |partition: &TopicPartition, which| {
            answers.get(&(partition.clone(), which)).copied().ok_or_else(|| unresolved(partition))
        };
        let start = |(partition, from): (TopicPartition, Offset)| {
            let offset = match from {
                Offset::Earliest => answer(&partition, EARLIEST)?,
                Offset::Latest => answer(&partition, LATEST)?,
                Offset::At(offset) => offset,
            };
            let end = if self.stop_at_end { Some(answer(&partition, LATEST)?) } else { None };
            Ok(Start { partition, offset, end })
        };
        wanted.into_iter().map(start).collect()
    }
}

/// The number of partitions of each topic, and the interest in it.
type LookedUp = BTreeMap<String, (i32, Interest)>;

fn no_such_partition(partition: &TopicPartition, count: i32) -> Error {
    let text = format!("topic \"{}\" has {count} partitions: there is no {partition}", partition.topic());
    Error::new(ErrorKind::Settings, text)
        .with_topic(partition.shared_topic().clone())
        .with_partition(partition.partition())
}

fn unresolved(partition: &TopicPartition) -> Error {
    let text = format!("the broker told no offset of {partition}");
    Error::broker(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, text)
        .with_topic(partition.shared_topic().clone())
        .with_partition(partition.partition())
}

impl IntoFuture for ReaderBuilder {
    type Output = Result<Reader>;
    type IntoFuture = BoxFuture<'static, Result<Reader>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.build())
    }
}

impl std::fmt::Debug for ReaderBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReaderBuilder")
            .field("topics", &self.topics)
            .field("partitions", &self.partitions)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
