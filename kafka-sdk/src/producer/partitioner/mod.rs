//! Which partition a record goes to.

mod hash;
mod sticky;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
pub(super) use sticky::Sticky;
use sticky::choose;

/// How records are spread over the partitions of a topic. A record that [names its
/// partition](crate::Record::partition) goes there, whatever is chosen here.
///
/// Where it says *spread evenly*, records go to one partition until it got about [a
/// batch](super::ProducerBuilder::batch_size), and then to another that is led by a broker (KIP-480, KIP-794).
/// [`Spreading`] says which one.
///
/// A client that is to find a key where another one wrote it takes the same hash: Java's clients and this one take
/// murmur2, librdkafka and what is built on it CRC-32, sarama FNV-1a.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Partitioning {
    /// murmur2 of the key, also of an empty one; records without a key are spread evenly. Java: the default.
    /// librdkafka: `murmur2_random`.
    #[default]
    Murmur2Random,
    /// murmur2 of the key; records without a key go where an empty key does. librdkafka: `murmur2`.
    Murmur2,
    /// CRC-32 of the key; records without a key, or with an empty one, are spread evenly. librdkafka: `consistent_random`,
    /// its default.
    ConsistentRandom,
    /// CRC-32 of the key; records without a key go where an empty key does. librdkafka: `consistent`.
    Consistent,
    /// FNV-1a of the key, also of an empty one; records without a key are spread evenly. librdkafka: `fnv1a_random`.
    Fnv1aRandom,
    /// FNV-1a of the key; records without a key go where an empty key does. librdkafka: `fnv1a`.
    Fnv1a,
    /// Keys are not looked at: all records are spread evenly. Java: `partitioner.ignore.keys=true`.
    Sticky,
    /// Keys are not looked at: each record goes to the next partition that is led by a broker. Batches are smaller that
    /// way. Java: `RoundRobinPartitioner`.
    RoundRobin,
    /// A record with a key goes to any partition that is led by a broker, another time to another; records without a key
    /// are spread evenly. librdkafka: `random`.
    Random,
    /// One's own; [`ProducerBuilder::partitioner`](super::ProducerBuilder::partitioner) takes it as it is.
    Own(Arc<dyn Partitioner>),
}

/// How records that are spread evenly choose their next partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spreading {
    /// Of two partitions by chance the one with less in its queue, so that slow brokers get less (KIP-794; Java weighs all
    /// partitions of the topic).
    #[default]
    Adaptive,
    /// Any one by chance: all get the same, and the slowest broker sets the pace.
    Uniform,
}

/// Places records by a rule of one's own.
///
/// A function will do:
/// ```no_run
/// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
/// use kafka_sdk::Partitions;
/// let by_first_byte = |_topic: &str, key: Option<&[u8]>, partitions: Partitions<'_>| {
///     let first = key?.first()?;
///     Some(i32::from(*first) % partitions.count())
/// };
/// let producer = kafka.producer().partitioner(by_first_byte).await?;
/// # Ok(()) }
/// ```
///
/// # Panics
/// A panic in it is one in the call that enqueues the record; the producer goes on.
pub trait Partitioner: Send + Sync + 'static {
    /// The partition for a record with this key; none, and it is spread evenly as one without a key is by default.
    ///
    /// It is asked once for each record that does not name its partition, without any lock held, by whoever enqueues the
    /// record: it should be quick. An answer that is no partition of the topic is an error of kind
    /// [`Settings`](crate::ErrorKind::Settings) for this record.
    fn partition(&self, topic: &str, key: Option<&[u8]>, partitions: Partitions<'_>) -> Option<i32>;
}

impl<F> Partitioner for F
where
    F: Fn(&str, Option<&[u8]>, Partitions<'_>) -> Option<i32> + Send + Sync + 'static,
{
    fn partition(&self, topic: &str, key: Option<&[u8]>, partitions: Partitions<'_>) -> Option<i32> {
        self(topic, key, partitions)
    }
}

impl<P: Partitioner> From<P> for Partitioning {
    fn from(own: P) -> Self {
        Self::Own(Arc::new(own))
    }
}

impl fmt::Debug for Partitioning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Murmur2Random => "Murmur2Random",
            Self::Murmur2 => "Murmur2",
            Self::ConsistentRandom => "ConsistentRandom",
            Self::Consistent => "Consistent",
            Self::Fnv1aRandom => "Fnv1aRandom",
            Self::Fnv1a => "Fnv1a",
            Self::Sticky => "Sticky",
            Self::RoundRobin => "RoundRobin",
            Self::Random => "Random",
            Self::Own(_) => "Own",
        })
    }
}

/// The partitions of a topic, numbered from 0, as far as this client knows; at least one.
#[derive(Clone, Copy, Debug)]
pub struct Partitions<'a> {
    leaders: &'a [Option<i32>],
    led: &'a [u32],
}

impl<'a> Partitions<'a> {
    /// Of the leader of each partition, and the numbers of those that have one.
    pub(super) fn new(leaders: &'a [Option<i32>], led: &'a [u32]) -> Self {
        Self { leaders, led }
    }

    /// How many there are.
    #[must_use]
    pub fn count(self) -> i32 {
        i32::try_from(self.leaders.len()).unwrap_or(i32::MAX)
    }

    /// The id of the broker that leads a partition; none if there is none at the moment, or no such partition.
    #[must_use]
    pub fn leader(self, partition: i32) -> Option<i32> {
        *self.leaders.get(usize::try_from(partition).ok()?)?
    }

    /// The partitions that are led by a broker.
    pub fn led(self) -> impl ExactSizeIterator<Item = i32> + 'a {
        self.led.iter().map(|&number| number.cast_signed())
    }
}

/// Where a record goes.
pub(super) enum Place<'p> {
    At(i32),
    /// Where records are spread evenly.
    Anywhere,
    /// It depends on more than the key and the number of partitions.
    ByLeaders(ByLeaders<'p>),
}

/// A rule that looks at who leads the partitions.
pub(super) enum ByLeaders<'p> {
    InTurn,
    Any,
    Own(&'p dyn Partitioner),
}

impl Partitioning {
    /// The place of a record with this key among `count` partitions.
    #[inline]
    pub(super) fn by_key(&self, key: Option<&[u8]>, count: usize) -> Place<'_> {
        let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
        let at = |hash: fn(&[u8], u32) -> u32, key: Option<&[u8]>| match key {
            Some(key) => Place::At(hash(key, count).cast_signed()),
            None => Place::Anywhere,
        };
        match self {
            Self::Murmur2Random => at(hash::murmur2_partition, key),
            Self::Murmur2 => at(hash::murmur2_partition, Some(key.unwrap_or_default())),
            Self::ConsistentRandom => at(hash::crc32_partition, key.filter(|key| !key.is_empty())),
            Self::Consistent => at(hash::crc32_partition, Some(key.unwrap_or_default())),
            Self::Fnv1aRandom => at(hash::fnv1a_partition, key),
            Self::Fnv1a => at(hash::fnv1a_partition, Some(key.unwrap_or_default())),
            Self::Sticky => Place::Anywhere,
            Self::RoundRobin => Place::ByLeaders(ByLeaders::InTurn),
            Self::Random if key.is_some() => Place::ByLeaders(ByLeaders::Any),
            Self::Random => Place::Anywhere,
            Self::Own(own) => Place::ByLeaders(ByLeaders::Own(&**own)),
        }
    }
}

impl ByLeaders<'_> {
    /// The partition of a record with this key; none where records are spread evenly. `turn` counts the records of the
    /// topic that were placed in turn.
    pub(super) fn place(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        partitions: Partitions<'_>,
        turn: &AtomicU32,
    ) -> Option<i32> {
        match self {
            Self::InTurn => Some(in_turn(partitions, turn)),
            Self::Any => Some(any(partitions, partitions.led).cast_signed()),
            Self::Own(own) => own.partition(topic, key, partitions),
        }
    }
}

/// The next partition that is led by a broker; the next one of all, if none is.
fn in_turn(partitions: Partitions<'_>, turn: &AtomicU32) -> i32 {
    let turn = turn.fetch_add(1, Ordering::Relaxed);
    let of = |count: usize| turn.checked_rem(u32::try_from(count).unwrap_or(u32::MAX)).unwrap_or_default();
    let led = partitions.led.get(of(partitions.led.len()) as usize);
    led.copied().unwrap_or_else(|| of(partitions.leaders.len())).cast_signed()
}

/// One of `candidates` at random; any of all partitions, if there is none.
fn any(partitions: Partitions<'_>, candidates: &[u32]) -> u32 {
    let any = choose(candidates, None::<fn(u32) -> usize>);
    any.unwrap_or_else(|| fastrand::u32(..partitions.count().unsigned_abs().max(1)))
}

/// The partition that records are spread to next: none of the `stalled` brokers', if there are others; of two the one with
/// the smaller load, where `load` is given.
pub(super) fn next_sticky(
    partitions: Partitions<'_>,
    stalled: &[i32],
    load: Option<impl Fn(u32) -> usize>,
) -> u32 {
    let goes_on = |number: &u32| {
        let leader = partitions.leader(number.cast_signed());
        leader.is_some_and(|leader| !stalled.contains(&leader))
    };
    let others: Vec<u32> = match stalled {
        [] => Vec::new(),
        _ => partitions.led.iter().copied().filter(goes_on).collect(),
    };
    let candidates = if others.is_empty() { partitions.led } else { &others };
    choose(candidates, load).unwrap_or_else(|| any(partitions, candidates))
}

#[cfg(test)]
mod tests;
