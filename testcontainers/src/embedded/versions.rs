//! Which Kafka the cluster poses as: the versions of the APIs that each release has, as real brokers list them.

use std::ops::RangeInclusive;

use kafka_sdk_protocol::api::ApiKey;

use crate::Error;

/// Major and minor number of a release.
pub(crate) type Number = (u8, u8);

/// A release to pose as.
#[derive(Debug, Clone)]
pub(crate) struct Release {
    pub(crate) text: String,
    pub(crate) number: Number,
    /// Which column of the table below is its.
    column: usize,
}

const RELEASES: [Number; 9] = [(2, 1), (2, 8), (3, 3), (3, 7), (3, 9), (4, 0), (4, 2), (4, 3), (4, 4)];
const NEWEST: &str = "4.4.0";
const NONE: i16 = -1;

/// The highest version of each API in each release. The lowest is what the protocol crate can read, which is that of
/// Kafka 4. The test `versions_are_those_of_real_brokers` tells what to change for a new release.
#[rustfmt::skip]
const HIGHEST: &[(ApiKey, [i16; 9])] = &[
    //                                  2.1   2.8   3.3   3.7   3.9   4.0   4.2   4.3   4.4
    (ApiKey::PRODUCE,                   [7,    9,    9,    10,   11,   12,   13,   13,   13]),
    (ApiKey::FETCH,                     [10,   12,   13,   16,   17,   17,   18,   18,   18]),
    (ApiKey::LIST_OFFSETS,              [4,    6,    7,    8,    9,    10,   11,   11,   11]),
    (ApiKey::METADATA,                  [7,    11,   12,   12,   12,   13,   13,   13,   13]),
    (ApiKey::OFFSET_COMMIT,             [6,    8,    8,    9,    9,    9,    10,   10,   10]),
    (ApiKey::OFFSET_FETCH,              [5,    7,    8,    9,    9,    9,    10,   10,   10]),
    (ApiKey::FIND_COORDINATOR,          [2,    3,    4,    4,    6,    6,    6,    6,    6]),
    (ApiKey::JOIN_GROUP,                [3,    7,    9,    9,    9,    9,    9,    9,    9]),
    (ApiKey::HEARTBEAT,                 [2,    4,    4,    4,    4,    4,    4,    4,    4]),
    (ApiKey::LEAVE_GROUP,               [2,    4,    5,    5,    5,    5,    5,    5,    5]),
    (ApiKey::SYNC_GROUP,                [2,    5,    5,    5,    5,    5,    5,    5,    5]),
    (ApiKey::DESCRIBE_GROUPS,           [2,    5,    5,    5,    5,    6,    6,    6,    6]),
    (ApiKey::LIST_GROUPS,               [2,    4,    4,    4,    5,    5,    5,    5,    5]),
    (ApiKey::API_VERSIONS,              [2,    3,    3,    3,    4,    4,    4,    4,    5]),
    (ApiKey::CREATE_TOPICS,             [3,    7,    7,    7,    7,    7,    7,    7,    7]),
    (ApiKey::DELETE_TOPICS,             [3,    6,    6,    6,    6,    6,    6,    6,    6]),
    (ApiKey::DELETE_RECORDS,            [1,    2,    2,    2,    2,    2,    2,    2,    2]),
    (ApiKey::INIT_PRODUCER_ID,          [1,    4,    4,    4,    5,    5,    5,    5,    5]),
    (ApiKey::OFFSET_FOR_LEADER_EPOCH,   [2,    4,    4,    4,    4,    4,    4,    4,    4]),
    (ApiKey::DESCRIBE_CONFIGS,          [2,    4,    4,    4,    4,    4,    4,    4,    4]),
    (ApiKey::ALTER_CONFIGS,             [1,    2,    2,    2,    2,    2,    2,    2,    2]),
    (ApiKey::CREATE_PARTITIONS,         [1,    3,    3,    3,    3,    3,    3,    3,    3]),
    (ApiKey::DELETE_GROUPS,             [1,    2,    2,    2,    2,    2,    2,    2,    3]),
    (ApiKey::OFFSET_DELETE,             [NONE, 0,    0,    0,    0,    0,    0,    0,    0]),
    (ApiKey::INCREMENTAL_ALTER_CONFIGS, [NONE, 1,    1,    1,    1,    1,    1,    1,    1]),
    (ApiKey::DESCRIBE_CLUSTER,          [NONE, 0,    0,    1,    1,    2,    2,    2,    2]),
    (ApiKey::CONSUMER_GROUP_HEARTBEAT,  [NONE, NONE, NONE, 0,    0,    1,    1,    1,    1]),
    (ApiKey::CONSUMER_GROUP_DESCRIBE,   [NONE, NONE, NONE, 0,    0,    1,    1,    1,    1]),
];

impl Release {
    /// The newest.
    pub(crate) fn newest() -> Self {
        Self { text: NEWEST.into(), number: RELEASES[RELEASES.len() - 1], column: RELEASES.len() - 1 }
    }

    /// The release of that version; one between two that are known has the APIs of the older.
    pub(crate) fn find(version: &str) -> Result<Self, Error> {
        let number = parse(version);
        let column = number.and_then(|number| RELEASES.iter().rposition(|&known| known <= number));
        match (number, column) {
            (Some(number), Some(column)) => Ok(Self { text: version.into(), number, column }),
            _ => Err(Error::UnknownVersion { version: version.into(), known: "2.1 and newer".into() }),
        }
    }

    /// The highest version of an API, none if the release does not have it.
    pub(crate) fn highest(&self, key: ApiKey) -> Option<i16> {
        let &(_, highest) = HIGHEST.iter().find(|&&(known, _)| known == key)?;
        Some(highest[self.column]).filter(|&version| version != NONE)
    }

    /// All APIs that it has.
    pub(crate) fn apis(&self) -> impl Iterator<Item = (ApiKey, i16)> {
        HIGHEST.iter().filter_map(|&(key, _)| Some((key, self.highest(key)?)))
    }

    /// Of those that both know, the versions of an API that can be called.
    pub(crate) fn callable(
        &self,
        key: ApiKey,
        readable: &RangeInclusive<i16>,
    ) -> Option<RangeInclusive<i16>> {
        Some(*readable.start()..=self.highest(key)?.min(*readable.end()))
    }

    /// Whether it has groups of the consumer protocol (KIP-848), which earlier ones had on request only.
    pub(crate) fn has_consumer_groups(&self) -> bool {
        self.number >= (4, 0)
    }

    /// Whether the controller is in ZooKeeper's hands: only that one node changes topics then.
    pub(crate) fn has_zookeeper(&self) -> bool {
        self.number < (3, 3)
    }
}

fn parse(version: &str) -> Option<Number> {
    let mut numbers = version.split('.').map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_in_between_has_the_apis_of_the_older_one() {
        assert_eq!(Release::find("3.5.1").unwrap().highest(ApiKey::FETCH), Some(13));
        assert_eq!(Release::find("2.1").unwrap().highest(ApiKey::DESCRIBE_CLUSTER), None);
        assert_eq!(Release::find("5.0").unwrap().highest(ApiKey::FETCH), Some(18));
        assert!(Release::find("1.1").is_err());
        assert!(Release::find("new").is_err());
    }
}
