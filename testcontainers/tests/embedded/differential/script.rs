//! Random requests, the same for each seed.

use std::collections::HashMap;

use fastrand::Rng;

/// Names that may be topics; the last two cannot.
pub(super) const TOPICS: [&str; 5] = ["orders", "pay.ments", "pay_ments", "no good", "né"];

/// A request, without what differs between clusters: ids of producers, topics and sessions.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Op {
    Create {
        topic: &'static str,
        partitions: i32,
        factor: i16,
        config: Option<(&'static str, &'static str)>,
        dry: bool,
        version: i16,
    },
    Delete {
        topic: &'static str,
        version: i16,
    },
    AddPartitions {
        topic: &'static str,
        count: i32,
        dry: bool,
    },
    Metadata {
        topics: Option<Vec<&'static str>>,
        create: bool,
        version: i16,
    },
    Produce {
        topic: &'static str,
        partition: i32,
        acks: i16,
        stamp: Option<(usize, i16, i32)>,
        count: usize,
        kind: Kind,
        version: i16,
    },
    Fetch {
        partitions: Vec<(&'static str, i32, i64)>,
        epoch: i32,
        max_bytes: i32,
        partition_bytes: i32,
        committed: bool,
        version: i16,
    },
    Session {
        step: SessionStep,
        partitions: Vec<(&'static str, i32, i64)>,
        forgotten: Vec<(&'static str, i32)>,
        version: i16,
    },
    ListOffsets {
        topic: &'static str,
        partition: i32,
        timestamp: i64,
        epoch: i32,
        version: i16,
    },
    EpochEnd {
        topic: &'static str,
        partition: i32,
        epoch: i32,
        current: i32,
    },
    DeleteRecords {
        topic: &'static str,
        partition: i32,
        offset: i64,
    },
    Describe {
        topic: &'static str,
        key: Option<&'static str>,
        version: i16,
    },
    Alter {
        topic: &'static str,
        config: (&'static str, &'static str),
        dry: bool,
    },
    Change {
        topic: &'static str,
        config: (&'static str, &'static str),
        operation: i8,
    },
    Versions {
        version: i16,
    },
    Cluster,
}

/// What a batch is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Good,
    Corrupt,
    Twice,
    Empty,
    Large,
    Miscounted,
}

/// What a request does to a fetch session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionStep {
    Open,
    GoOn,
    WrongEpoch,
    Unknown,
    Close,
}

/// A sequence of requests.
pub(super) struct Script {
    random: Rng,
    old: bool,
    /// What a producer writes next to a partition, as far as all went well.
    sequences: HashMap<(usize, &'static str, i32), (i16, i32)>,
    begun: usize,
}

const CONFIGS: [(&str, &str); 8] = [
    ("flush.ms", "60000"),
    ("max.message.bytes", "150"),
    ("cleanup.policy", "compact"),
    ("cleanup.policy", "delete"),
    ("message.timestamp.type", "CreateTime"),
    ("retention.ms", "soon"),
    ("no.such.thing", "1"),
    ("min.insync.replicas", "1"),
];

impl Script {
    pub(super) fn new(seed: u64, old: bool) -> Self {
        Self { random: Rng::with_seed(seed), old, sequences: HashMap::new(), begun: 0 }
    }

    /// Topics first: without any there is little to ask.
    pub(super) fn next(&mut self) -> Op {
        self.begun += 1;
        if self.begun <= 2 {
            let topic = TOPICS[self.begun - 1];
            return Op::Create { topic, partitions: 2, factor: 1, config: None, dry: false, version: 3 };
        }
        match self.random.u32(..100) {
            0..3 => self.create(),
            3..4 => Op::Delete { topic: self.topic(), version: self.version(1, 3, 5) },
            4..6 => Op::AddPartitions {
                topic: self.topic(),
                count: self.random.i32(-1..5),
                dry: self.random.bool(),
            },
            6..11 => self.metadata(),
            11..45 => self.produce(),
            45..58 => self.fetch(),
            58..70 => self.session(),
            70..80 => self.list_offsets(),
            80..84 => self.epoch_end(),
            84..87 => self.delete_records(),
            87..91 => self.describe(),
            91..94 => Op::Alter { topic: self.topic(), config: self.config(), dry: self.random.bool() },
            94..96 if !self.old => {
                Op::Change { topic: self.topic(), config: self.config(), operation: self.random.i8(0..5) }
            }
            96..97 if !self.old => Op::Cluster,
            97..98 => Op::Versions { version: self.version(0, 2, 5) },
            _ => self.produce(),
        }
    }

    /// A batch that was written moves its producer on.
    pub(super) fn learn(&mut self, op: &Op, answer: &str) {
        if let Op::Produce { topic, partition, stamp: Some((producer, epoch, sequence)), count, .. } = op
            && answer.contains("error_code: NONE")
        {
            self.sequences.insert((*producer, topic, *partition), (*epoch, sequence + *count as i32));
        }
        if let Op::Delete { topic, .. } = op
            && answer.contains("error_code: NONE")
        {
            self.sequences.retain(|(_, name, _), _| name != topic);
        }
    }

    fn topic(&mut self) -> &'static str {
        // Mostly those that are there.
        let names = if self.random.u8(..10) < 9 { &TOPICS[..2] } else { &TOPICS[..] };
        names[self.random.usize(..names.len())]
    }

    fn partition(&mut self) -> i32 {
        if self.random.u8(..12) == 0 { self.random.i32(-1..6) } else { self.random.i32(0..2) }
    }

    fn config(&mut self) -> (&'static str, &'static str) {
        CONFIGS[self.random.usize(..CONFIGS.len())]
    }

    fn version(&mut self, lowest: i16, old: i16, new: i16) -> i16 {
        self.random.i16(lowest..=if self.old { old } else { new })
    }

    fn create(&mut self) -> Op {
        Op::Create {
            topic: TOPICS[self.random.usize(..TOPICS.len())],
            partitions: [-1, 0, 1, 2, 3][self.random.usize(..5)],
            factor: [-1, 0, 1, 1, 1, 2][self.random.usize(..6)],
            config: self.random.bool().then(|| self.config()),
            dry: self.random.u8(..4) == 0,
            version: self.version(if self.old { 2 } else { 4 }, 3, 7),
        }
    }

    fn metadata(&mut self) -> Op {
        let some = (0..self.random.usize(0..3)).map(|_| TOPICS[self.random.usize(..TOPICS.len())]).collect();
        let topics = if self.random.bool() { None } else { Some(some) };
        Op::Metadata { topics, create: self.random.u8(..4) == 0, version: self.version(4, 7, 13) }
    }

    fn produce(&mut self) -> Op {
        let (topic, partition) = (self.topic(), self.partition());
        let kinds = [Kind::Corrupt, Kind::Twice, Kind::Empty, Kind::Large, Kind::Miscounted];
        let kind = if self.random.u8(..10) == 0 { kinds[self.random.usize(..5)] } else { Kind::Good };
        Op::Produce {
            topic,
            partition,
            acks: [-1, -1, -1, 1, 2][self.random.usize(..5)],
            stamp: (self.random.u8(..4) > 0).then(|| self.stamp(topic, partition)),
            count: self.random.usize(1..4),
            kind,
            version: self.version(3, 7, 13),
        }
    }

    fn stamp(&mut self, topic: &'static str, partition: i32) -> (usize, i16, i32) {
        let producer = self.random.usize(..2);
        let (epoch, next) = self.sequences.get(&(producer, topic, partition)).copied().unwrap_or((0, 0));
        match self.random.u8(..10) {
            0 => (producer, epoch, (next - self.random.i32(1..8)).max(0)),
            1 => (producer, epoch, next + self.random.i32(1..4)),
            2 => (producer, epoch + 1, 0),
            3 => (producer, epoch + 1, next),
            4 => (producer, (epoch - 1).max(0), next),
            _ => (producer, epoch, next),
        }
    }

    fn wanted(&mut self) -> Vec<(&'static str, i32, i64)> {
        (0..self.random.usize(1..4))
            .map(|_| (self.topic(), self.partition(), self.random.i64(-1..12)))
            .collect()
    }

    fn fetch(&mut self) -> Op {
        let mut partitions = self.wanted();
        // Two fetches of one partition in a request are no request of a client's.
        partitions.sort_unstable();
        partitions.dedup_by_key(|(topic, partition, _)| (*topic, *partition));
        Op::Fetch {
            partitions,
            epoch: [-1, -1, -1, 0, 1][self.random.usize(..5)],
            max_bytes: [1, 150, 400, 1 << 20][self.random.usize(..4)],
            partition_bytes: [1, 100, 300, 1 << 20][self.random.usize(..4)],
            committed: self.random.bool(),
            version: self.version(4, 10, 18),
        }
    }

    fn session(&mut self) -> Op {
        let step = match self.random.u8(..16) {
            0..3 => SessionStep::Open,
            3 => SessionStep::WrongEpoch,
            4 => SessionStep::Unknown,
            5 => SessionStep::Close,
            _ => SessionStep::GoOn,
        };
        let mut partitions = if self.random.bool() { self.wanted() } else { Vec::new() };
        partitions.sort_unstable();
        partitions.dedup_by_key(|(topic, partition, _)| (*topic, *partition));
        let forgotten = (self.random.u8(..4) == 0).then(|| (self.topic(), self.partition()));
        let is_named = |&(topic, partition): &(&str, i32)| {
            partitions.iter().any(|(name, index, _)| (*name, *index) == (topic, partition))
        };
        let forgotten = forgotten.into_iter().filter(|named| !is_named(named)).collect();
        Op::Session { step, partitions, forgotten, version: if self.old { 10 } else { 12 } }
    }

    fn list_offsets(&mut self) -> Op {
        let version = self.version(1, 4, 11);
        Op::ListOffsets {
            topic: self.topic(),
            partition: self.partition(),
            timestamp: [-3, -2, -1, -1, 0, 1000, 1001, 1002, 5000][self.random.usize(..9)],
            epoch: if version < 4 { -1 } else { self.random.i32(-1..2) },
            version,
        }
    }

    fn epoch_end(&mut self) -> Op {
        let (epoch, current) = (self.random.i32(0..3), self.random.i32(-1..2));
        Op::EpochEnd { topic: self.topic(), partition: self.partition(), epoch, current }
    }

    fn delete_records(&mut self) -> Op {
        Op::DeleteRecords { topic: self.topic(), partition: self.partition(), offset: self.random.i64(-2..8) }
    }

    fn describe(&mut self) -> Op {
        let keys = [None, Some("retention.ms"), Some("max.message.bytes"), Some("no.such.thing")];
        let version = if self.old { 2 } else { self.version(1, 2, 4) };
        Op::Describe { topic: self.topic(), key: keys[self.random.usize(..4)], version }
    }
}

impl Op {
    /// Whether it may be asked twice.
    pub(super) fn is_harmless(&self) -> bool {
        matches!(
            self,
            Self::Metadata { .. }
                | Self::Fetch { .. }
                | Self::ListOffsets { .. }
                | Self::EpochEnd { .. }
                | Self::Describe { .. }
                | Self::Versions { .. }
                | Self::Cluster
        )
    }
}
