//! Random requests of members of both protocols, the same for each seed.

use fastrand::Rng;

use crate::differential::consumers::script::{Epoch, Op as OfConsumers, Owned, Topics};

/// The groups, but for one of which only numbers would be compared.
const GROUPS: [usize; 3] = [0, 1, 3];

/// A request: of the member of the classic protocol in a group, or one that the other one sends as well.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Op {
    Join { group: usize, wants: &'static [&'static str], list: usize, version: i16 },
    Sync { group: usize, off_by: i32, protocol: Option<&'static str> },
    Heartbeat { group: usize, off_by: i32 },
    Leave { group: usize, names: Names },
    Commit { group: usize, off_by: i32, version: i16 },
    Consumers(OfConsumers),
}

/// How one that leaves is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Both,
    Instance,
    Nonsense,
}

/// What members of the classic protocol can be distributed by.
pub(super) const LISTS: [&[&str]; 3] =
    [&["range", "cooperative-sticky"], &["cooperative-sticky"], &["range"]];

pub(super) struct Script {
    random: Rng,
    begun: bool,
}

impl Script {
    pub(super) fn new(seed: u64) -> Self {
        Self { random: Rng::with_seed(seed), begun: false }
    }

    pub(super) fn next(&mut self) -> Op {
        if !std::mem::replace(&mut self.begun, true) {
            return Op::Consumers(OfConsumers::Find);
        }
        let group = GROUPS[self.random.usize(..GROUPS.len())];
        match self.random.u32(..100) {
            0..20 => self.join(group),
            20..32 => Op::Sync {
                group,
                off_by: self.off_by(),
                protocol: (self.random.u8(..15) == 0).then_some("other"),
            },
            32..44 => Op::Heartbeat { group, off_by: self.off_by() },
            44..49 => Op::Leave {
                group,
                names: [Names::Both, Names::Both, Names::Instance, Names::Nonsense][self.random.usize(..4)],
            },
            49..54 => Op::Commit { group, off_by: self.off_by(), version: self.random.i16(8..=9) },
            54..64 => Op::Consumers(self.consumer_joins(group)),
            64..78 => Op::Consumers(self.consumer_beats(group)),
            78..84 => Op::Consumers(self.consumer_leaves(group)),
            84..90 => Op::Consumers(OfConsumers::Describe { groups: vec![group], version: 1 }),
            90..95 => Op::Consumers(OfConsumers::DescribeClassic { group, version: 6 }),
            _ => Op::Consumers(OfConsumers::List { types: Vec::new() }),
        }
    }

    fn off_by(&mut self) -> i32 {
        if self.random.u8(..10) == 0 { 1 } else { 0 }
    }

    fn wants(&mut self) -> &'static [&'static str] {
        [&["kept"][..], &["kept", "other"], &["kept", "other"]][self.random.usize(..3)]
    }

    fn join(&mut self, group: usize) -> Op {
        Op::Join {
            group,
            wants: self.wants(),
            list: self.random.usize(..LISTS.len()),
            version: self.random.i16(5..=9),
        }
    }

    fn consumer_joins(&mut self, group: usize) -> OfConsumers {
        let topics = Some(Topics::Names(self.wants()));
        beat(group, Epoch::Join, topics, Owned::Nothing)
    }

    fn consumer_beats(&mut self, group: usize) -> OfConsumers {
        let owned = [Owned::Told, Owned::Told, Owned::Told, Owned::Before, Owned::Unsaid];
        let owned = owned[self.random.usize(..owned.len())];
        let topics = (self.random.u8(..8) == 0).then(|| Topics::Names(self.wants()));
        beat(group, Epoch::Own(0), topics, owned)
    }

    fn consumer_leaves(&mut self, group: usize) -> OfConsumers {
        let epoch = if self.random.u8(..3) == 0 { Epoch::LeaveForAWhile } else { Epoch::Leave };
        beat(group, epoch, None, Owned::Unsaid)
    }
}

/// A heartbeat of the member of the consumer protocol in a group, which is static.
fn beat(group: usize, epoch: Epoch, topics: Option<Topics>, owned: Owned) -> OfConsumers {
    let assignor = (epoch == Epoch::Join).then_some("range");
    OfConsumers::Beat { slot: 2 * group + 1, epoch, topics, assignor, owned, is_static: true, version: 1 }
}
