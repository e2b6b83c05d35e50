//! Random requests of members, the same for each seed.

use fastrand::Rng;

/// Places of members: two for each group.
pub(super) const SLOTS: usize = 6;

/// The group of a place.
pub(super) fn group(slot: usize) -> usize {
    slot / 2
}

/// A request, without ids and generations, which differ, or may.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Op {
    Find {
        groups: Vec<usize>,
        version: i16,
    },
    Join {
        slot: usize,
        id: Named,
        instance: Option<&'static str>,
        list: usize,
        session: i32,
        version: i16,
    },
    Sync {
        slot: usize,
        id: Named,
        generation: i32,
        instance: Option<&'static str>,
        protocol: Protocol,
        version: i16,
    },
    Heartbeat {
        slot: usize,
        id: Named,
        generation: i32,
        instance: Option<&'static str>,
        version: i16,
    },
    Leave {
        slots: Vec<(usize, Named, Option<&'static str>)>,
        version: i16,
    },
    Commit {
        slot: usize,
        id: Named,
        generation: Generation,
        offset: i64,
        place: Place,
        version: i16,
    },
    Fetch {
        groups: Vec<usize>,
        all: bool,
        version: i16,
    },
    DeleteOffset {
        group: usize,
        place: Place,
    },
    Describe {
        groups: Vec<usize>,
        operations: bool,
        version: i16,
    },
    List {
        states: Vec<&'static str>,
        types: Vec<&'static str>,
        version: i16,
    },
    Delete {
        group: usize,
        version: i16,
    },
}

/// Whose id a request has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Own,
    Nobody,
    Wrong,
}

/// Which generation a commit names: one beside the own, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generation {
    Own(i32),
    None,
}

/// Which protocol a member takes the group to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Own,
    Other,
    Unnamed,
}

/// Topic, partition, and how much is said beside the offset.
pub(super) type Place = (&'static str, i32, usize);

/// What members can be distributed by, in the order of their wish; the last list is of another type.
pub(super) const LISTS: [&[&str]; 5] =
    [&["range", "roundrobin"], &["roundrobin", "range"], &["range"], &["sticky"], &[]];

pub(super) struct Script {
    random: Rng,
    old: bool,
    begun: usize,
}

impl Script {
    pub(super) fn new(seed: u64, old: bool) -> Self {
        Self { random: Rng::with_seed(seed), old, begun: 0 }
    }

    pub(super) fn next(&mut self) -> Op {
        self.begun += 1;
        if self.begun == 1 {
            return Op::Find { groups: vec![0, 1, 2], version: self.version(0, 2, 6) };
        }
        match self.random.u32(..100) {
            0..2 => Op::Find { groups: self.groups(), version: self.version(0, 2, 6) },
            2..28 => self.join(),
            28..48 => self.sync(),
            48..58 => self.heartbeat(),
            58..64 => self.leave(),
            64..76 => self.commit(),
            76..83 => {
                Op::Fetch { groups: self.groups(), all: self.random.bool(), version: self.version(1, 5, 10) }
            }
            83..86 if !self.old => Op::DeleteOffset { group: self.random.usize(..3), place: self.place() },
            86..92 => Op::Describe {
                groups: self.groups(),
                operations: self.random.bool(),
                version: self.version(0, 2, 6),
            },
            92..97 => self.list(),
            97..99 => Op::Delete { group: self.random.usize(..4), version: self.version(0, 1, 2) },
            _ => self.join(),
        }
    }

    fn version(&mut self, lowest: i16, old: i16, new: i16) -> i16 {
        self.random.i16(lowest..=if self.old { old } else { new })
    }

    /// Some groups; 3 is one that nobody is in, 4 has no name.
    fn groups(&mut self) -> Vec<usize> {
        let mut groups: Vec<usize> = (0..5).filter(|_| self.random.bool()).collect();
        groups.truncate(4);
        groups
    }

    fn named(&mut self) -> Named {
        match self.random.u8(..12) {
            0 => Named::Nobody,
            1 => Named::Wrong,
            _ => Named::Own,
        }
    }

    /// The group in the middle has static members, mostly.
    fn instance(&mut self, slot: usize, version: i16, since: i16) -> Option<&'static str> {
        let is_static = group(slot) == 1 && self.random.u8(..8) > 0;
        (is_static && version >= since).then(|| if slot.is_multiple_of(2) { "one" } else { "two" })
    }

    fn join(&mut self) -> Op {
        let slot = self.random.usize(..SLOTS);
        let id = match self.random.u8(..12) {
            0 => Named::Wrong,
            1 | 2 => Named::Nobody,
            _ => Named::Own,
        };
        // A static member is always one: as a dynamic one it would be a third in its group.
        let is_static = group(slot) == 1 && !self.old;
        let version = self.version(if is_static { 5 } else { 0 }, 3, 9);
        let instance = is_static.then(|| if slot.is_multiple_of(2) { "one" } else { "two" });
        let list = match self.random.u8(..20) {
            0 => 3,
            1 => 4,
            2..6 => 2,
            6..10 => 1,
            _ => 0,
        };
        let session = if self.random.u8(..30) == 0 { 10 } else { 60_000 };
        Op::Join { slot, id, instance, list, session, version }
    }

    fn sync(&mut self) -> Op {
        let slot = self.random.usize(..SLOTS);
        let version = self.version(0, 2, 5);
        let protocol = match self.random.u8(..12) {
            0 => Protocol::Other,
            1 => Protocol::Unnamed,
            _ => Protocol::Own,
        };
        let (id, generation) = (self.named(), self.off_by());
        Op::Sync { slot, id, generation, instance: self.instance(slot, version, 3), protocol, version }
    }

    fn off_by(&mut self) -> i32 {
        if self.random.u8(..10) == 0 { self.random.i32(-1..2) } else { 0 }
    }

    fn heartbeat(&mut self) -> Op {
        let slot = self.random.usize(..SLOTS);
        let version = self.version(0, 2, 4);
        let (id, generation) = (self.named(), self.off_by());
        Op::Heartbeat { slot, id, generation, instance: self.instance(slot, version, 3), version }
    }

    fn leave(&mut self) -> Op {
        let version = self.version(0, 2, 5);
        let first = self.random.usize(..SLOTS);
        let mut slots = vec![first];
        if version >= 3 && self.random.bool() {
            slots.push(first ^ 1);
        }
        let slots = slots.into_iter().map(|slot| (slot, self.named(), self.instance(slot, version, 3)));
        Op::Leave { slots: slots.collect::<Vec<_>>(), version }
    }

    fn place(&mut self) -> Place {
        let topic = ["kept", "kept", "other", "no.such"][self.random.usize(..4)];
        let metadata = [0, 0, 5, 4096, 4097][self.random.usize(..5)];
        (topic, self.random.i32(0..3), metadata)
    }

    fn commit(&mut self) -> Op {
        let generation = match self.random.u8(..3) {
            0 => Generation::None,
            _ => Generation::Own(self.off_by()),
        };
        let id = if generation == Generation::None && self.random.u8(..4) > 0 {
            Named::Nobody
        } else {
            self.named()
        };
        Op::Commit {
            slot: self.random.usize(..SLOTS),
            id,
            generation,
            offset: self.random.i64(0..100),
            place: self.place(),
            version: self.version(2, 6, 10),
        }
    }

    fn list(&mut self) -> Op {
        let version = self.version(0, 2, 5);
        let states = ["stable", "Empty", "PreparingRebalance", "Nonsense"];
        let types = ["classic", "Consumer", "nonsense"];
        let mut some = |all: &[&'static str], since: i16| {
            let filters = version >= since && self.random.bool();
            all.iter().copied().filter(|_| filters && self.random.bool()).collect::<Vec<_>>()
        };
        let (states, types) = (some(&states, 4), some(&types, 5));
        Op::List { states, types, version }
    }
}
