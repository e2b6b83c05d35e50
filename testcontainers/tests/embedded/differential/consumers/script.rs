//! Random requests of members, the same for each seed.

use fastrand::Rng;

/// Places of members: two for each group, of which the third wants to be assigned uniformly, and the fourth is for patterns.
pub(in crate::differential) const SLOTS: usize = 8;
/// The group that wants to be assigned uniformly, and its places.
pub(in crate::differential) const UNIFORM: (usize, [usize; 2]) = (2, [4, 5]);

/// The group of a place.
pub(in crate::differential) fn group(slot: usize) -> usize {
    slot / 2
}

/// A request, without ids and epochs.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::differential) enum Op {
    Find,
    Beat {
        slot: usize,
        epoch: Epoch,
        topics: Option<Topics>,
        assignor: Option<&'static str>,
        owned: Owned,
        is_static: bool,
        version: i16,
    },
    Commit {
        slot: usize,
        epoch: Epoch,
        topic: &'static str,
        partition: i32,
        version: i16,
    },
    Fetch {
        slot: usize,
        epoch: Option<Epoch>,
        version: i16,
    },
    DeleteOffset {
        group: usize,
        topic: &'static str,
    },
    Describe {
        groups: Vec<usize>,
        version: i16,
    },
    DescribeClassic {
        group: usize,
        version: i16,
    },
    List {
        types: Vec<&'static str>,
    },
    Delete {
        group: usize,
    },
}

/// Which epoch a member names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::differential) enum Epoch {
    Join,
    Own(i32),
    Leave,
    LeaveForAWhile,
    Nonsense,
}

/// What a member wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::differential) enum Topics {
    Names(&'static [&'static str]),
    Pattern(&'static str),
}

/// What a member says it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::differential) enum Owned {
    /// It says nothing.
    Unsaid,
    Nothing,
    /// What it was told last.
    Told,
    /// What it was told before that: it has not given up anything yet.
    Before,
}

pub(in crate::differential) struct Script {
    random: Rng,
    begun: usize,
}

impl Script {
    pub(in crate::differential) fn new(seed: u64) -> Self {
        Self { random: Rng::with_seed(seed), begun: 0 }
    }

    pub(in crate::differential) fn next(&mut self) -> Op {
        self.begun += 1;
        if self.begun == 1 {
            return Op::Find;
        }
        match self.random.u32(..100) {
            0..14 => self.join(),
            14..52 => self.beat(),
            52..59 => self.leave(),
            59..71 => self.commit(),
            71..80 => self.fetch(),
            80..82 => Op::DeleteOffset { group: self.random.usize(..3), topic: self.topic() },
            82..91 => Op::Describe { groups: self.groups(), version: self.random.i16(0..=1) },
            91..94 => Op::DescribeClassic { group: self.random.usize(..4), version: self.random.i16(5..=6) },
            94..98 => Op::List { types: if self.random.bool() { vec!["consumer"] } else { Vec::new() } },
            _ => Op::Delete { group: self.random.usize(..4) },
        }
    }

    /// Members that are to be assigned uniformly come, go, and change their minds.
    pub(in crate::differential) fn next_uniform(&mut self) -> Op {
        let slot = UNIFORM.1[self.random.usize(..2)];
        let joins = self.random.u8(..3) > 0;
        Op::Beat {
            slot,
            epoch: if joins { Epoch::Join } else { Epoch::Leave },
            topics: joins.then(|| self.wanted()),
            assignor: joins.then_some("uniform"),
            owned: if joins { Owned::Nothing } else { Owned::Unsaid },
            is_static: false,
            version: 1,
        }
    }

    fn slot(&mut self) -> usize {
        self.random.usize(..4)
    }

    fn topic(&mut self) -> &'static str {
        ["kept", "other"][self.random.usize(..2)]
    }

    fn groups(&mut self) -> Vec<usize> {
        (0..4).filter(|_| self.random.bool()).collect()
    }

    /// The group in the middle has static members, mostly.
    fn is_static(&mut self, slot: usize) -> bool {
        group(slot) == 1 && self.random.u8(..12) > 0
    }

    fn assignor(&mut self) -> &'static str {
        if self.random.u8(..20) == 0 { "nonsense" } else { "range" }
    }

    fn wanted(&mut self) -> Topics {
        let all: [&[&str]; 4] = [&["kept"], &["kept", "other"], &["kept", "other"], &["no.such", "kept"]];
        Topics::Names(all[self.random.usize(..4)])
    }

    fn join(&mut self) -> Op {
        let slot = self.slot();
        Op::Beat {
            slot,
            epoch: Epoch::Join,
            topics: (self.random.u8(..20) > 0).then(|| self.wanted()),
            assignor: Some(self.assignor()),
            owned: if self.random.u8(..20) == 0 { Owned::Unsaid } else { Owned::Nothing },
            is_static: self.is_static(slot),
            version: 1,
        }
    }

    fn beat(&mut self) -> Op {
        let slot = self.slot();
        let owned = match self.random.u8(..10) {
            0 => Owned::Nothing,
            1 | 2 => Owned::Unsaid,
            3 | 4 => Owned::Before,
            _ => Owned::Told,
        };
        Op::Beat {
            slot,
            epoch: self.own(),
            topics: (self.random.u8(..8) == 0).then(|| self.wanted()),
            assignor: None,
            owned,
            is_static: self.is_static(slot),
            version: self.random.i16(0..=1),
        }
    }

    fn own(&mut self) -> Epoch {
        match self.random.u8(..12) {
            0 => Epoch::Own(-1),
            1 => Epoch::Own(1),
            2 => Epoch::Nonsense,
            _ => Epoch::Own(0),
        }
    }

    fn leave(&mut self) -> Op {
        let slot = self.slot();
        let is_static = self.is_static(slot);
        let for_a_while = self.random.u8(..3) > 0;
        Op::Beat {
            slot,
            epoch: if is_static && for_a_while { Epoch::LeaveForAWhile } else { Epoch::Leave },
            topics: None,
            assignor: None,
            owned: Owned::Unsaid,
            is_static,
            version: 1,
        }
    }

    fn commit(&mut self) -> Op {
        let epoch = if self.random.u8(..6) == 0 { Epoch::Leave } else { self.own() };
        let version = self.random.i16(8..=10);
        Op::Commit {
            slot: self.slot(),
            epoch,
            topic: self.topic(),
            partition: self.random.i32(0..4),
            version,
        }
    }

    fn fetch(&mut self) -> Op {
        let epoch = self.random.bool().then(|| self.own());
        Op::Fetch { slot: self.slot(), epoch, version: self.random.i16(9..=10) }
    }
}

impl Op {
    /// A heartbeat of a member that does what it is told.
    pub(in crate::differential) fn follow(slot: usize) -> Self {
        let (epoch, owned) = (Epoch::Own(0), Owned::Told);
        Self::Beat { slot, epoch, topics: None, assignor: None, owned, is_static: false, version: 1 }
    }
}
