//! Words with few values, shared by settings and roles.

use crate::error::{Error, ErrorKind};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Milliseconds since 1970, as Kafka keeps time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "json", serde(transparent))]
pub struct Timestamp(i64);

impl Timestamp {
    /// Of milliseconds since 1970.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970; -1 where Kafka knows none.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let millis = |d: Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
        Self(match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => millis(after),
            Err(before) => -millis(before.duration()),
        })
    }
}

impl From<Timestamp> for SystemTime {
    fn from(timestamp: Timestamp) -> Self {
        let distance = Duration::from_millis(timestamp.0.unsigned_abs());
        let time = if timestamp.0 < 0 {
            Self::UNIX_EPOCH.checked_sub(distance)
        } else {
            Self::UNIX_EPOCH.checked_add(distance)
        };
        time.unwrap_or(Self::UNIX_EPOCH)
    }
}

/// Which addresses of a broker's name are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AddressFamily {
    /// All of them.
    #[default]
    Any,
    /// Those of IPv4.
    V4,
    /// Those of IPv6.
    V6,
}

/// What to do when none of the brokers that are known answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MetadataRecovery {
    /// Begin again with the addresses that the client was given: all brokers may have been replaced (KIP-899).
    #[default]
    Rebootstrap,
    /// Go on asking the brokers that are known.
    None,
}

/// A partition of a topic.
///
/// ```
/// use kafka_sdk::TopicPartition;
/// let partition: TopicPartition = ("orders", 3).into();
/// assert_eq!(partition.to_string(), "orders-3");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    topic: Arc<str>,
    partition: i32,
}

impl TopicPartition {
    /// Of a topic's name and a partition's number.
    pub fn new(topic: impl Into<Arc<str>>, partition: i32) -> Self {
        Self { topic: topic.into(), partition }
    }

    /// The topic's name.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The partition's number, from 0.
    #[must_use]
    pub fn partition(&self) -> i32 {
        self.partition
    }

    pub(crate) fn shared_topic(&self) -> &Arc<str> {
        &self.topic
    }
}

impl<T: Into<Arc<str>>> From<(T, i32)> for TopicPartition {
    fn from((topic, partition): (T, i32)) -> Self {
        Self::new(topic, partition)
    }
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

impl fmt::Debug for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A place to start reading from; of an `i64` it is that offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Offset {
    /// The oldest record that is still there.
    Earliest,
    /// Behind the newest record.
    Latest,
    /// The record with this offset; where compaction has removed it, the next one. The offset lies between the first one
    /// that the partition still has and its end: elsewhere the reader's
    /// [`offset_reset`](crate::consumer::ReaderBuilder::offset_reset) decides.
    At(i64),
    /// So many offsets before the end of each partition, and not before its oldest record. Compacted records and the markers of
    /// transactions have offsets too: where there are some, fewer records come.
    Last(u64),
    /// The first record of this time or a later one; where there is none, the end. The time is the record's own or, in a
    /// topic with `LogAppendTime`, the broker's; it is not before 1970. Records from before Kafka 0.10 have no time.
    After(Timestamp),
}

impl From<i64> for Offset {
    fn from(offset: i64) -> Self {
        Self::At(offset)
    }
}

/// Whose word a producer takes that a record is written. Kafka's name for it: `acks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Acks {
    /// Nobody's: a record counts as written when it has been handed to the operating system to be sent. No broker says
    /// anything, so the offset is not known, and records are lost without notice: those that a broker refuses, and those
    /// that are on their way when a connection breaks.
    None,
    /// The leader's: records are lost, after their acknowledgement, with a leader that its followers had not copied them
    /// from.
    Leader,
    /// That of all replicas that are in sync, and no fewer than `min.insync.replicas` of the topic.
    All,
}

/// Which records of transactions are read (KIP-98).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Isolation {
    /// All that are written, also those of transactions that are open or were aborted.
    ReadUncommitted,
    /// Only those of transactions that were committed, and those that were written without one. Reading waits at the
    /// first record of a transaction that is open, also for records behind it: the order stays.
    ReadCommitted,
}

impl Isolation {
    /// The number that it has in requests.
    pub(crate) fn number(self) -> i8 {
        match self {
            Self::ReadUncommitted => 0,
            Self::ReadCommitted => 1,
        }
    }
}

/// Whether something is done that a setting is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// Where reading goes on when a partition no longer has the position: retention or `DeleteRecords` has passed it, its log
/// was cut by an unclean leader election, or its topic was created anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reset {
    /// Nowhere: that is an error.
    Fail,
    /// At the oldest record that is still there.
    Earliest,
    /// Behind the newest record. Records in between are not read.
    Latest,
    /// At the first record that is no older than this, by its own time; where there is none, behind the newest record
    /// (KIP-1106).
    Within(Duration),
}

/// Where a record was placed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Placed {
    /// The partition.
    pub partition: i32,
    /// The offset. -1 where it is not known: with [`Acks::None`], where no broker says anything, and where the broker only
    /// said that it had the record already (a retry after a lost answer, too long ago for it to remember the offset).
    pub offset: i64,
    /// The record's own timestamp or, in a topic with `LogAppendTime`, the broker's.
    pub timestamp: Timestamp,
}

/// A topic name that Kafka would take: 1 to 249 of letters, digits, `.`, `_` and `-`, and not `.` or `..`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TopicName(Arc<str>);

impl TopicName {
    pub(crate) fn shared(&self) -> &Arc<str> {
        &self.0
    }
}

impl TryFrom<&str> for TopicName {
    type Error = Error;

    fn try_from(name: &str) -> Result<Self, Error> {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        if (1..=249).contains(&name.len()) && name.bytes().all(legal) && name != "." && name != ".." {
            return Ok(Self(name.into()));
        }
        let shown: String = name.chars().take(60).collect();
        let text = format!(
            "topic name {shown:?} is not legal: it takes 1 to 249 letters, digits, '.', '_' and '-' \
             (and neither \".\" nor \"..\")"
        );
        Err(Error::new(ErrorKind::Settings, text).with_topic(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topic_names_are_those_that_kafka_takes() {
        for legal in ["a", "A.b_c-9", &"x".repeat(249), "..."] {
            assert!(TopicName::try_from(legal).is_ok(), "{legal}");
        }
        for illegal in ["", ".", "..", "a b", "ü", "a/b", &"x".repeat(250)] {
            let error = TopicName::try_from(illegal).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Settings, "{illegal}");
        }
    }

    #[test]
    fn timestamps_go_both_ways_also_before_1970() {
        for millis in [0, 1, -1, 1_700_000_000_123, -5_000] {
            let time = SystemTime::from(Timestamp::from_millis(millis));
            assert_eq!(Timestamp::from(time).as_millis(), millis);
        }
        let _ = SystemTime::from(Timestamp::from_millis(i64::MIN));
    }
}
