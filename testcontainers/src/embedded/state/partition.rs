//! A partition: its log, who leads it, and what it remembers of producers.
//!
//! There is one log, which all replicas share: replication is not played, only who is in sync and who leads.

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::records::BatchHeader;

use super::log::Log;
use super::producers::Producers;

/// No node leads.
pub(crate) const NOBODY: i32 = -1;

/// A partition of a topic.
#[derive(Debug)]
pub(crate) struct Partition {
    pub(crate) leader: i32,
    pub(crate) epoch: i32,
    pub(crate) replicas: Vec<i32>,
    pub(crate) in_sync: Vec<i32>,
    pub(crate) log: Log,
    pub(crate) producers: Producers,
}

impl Partition {
    /// A new one, led by the first of its replicas that is up.
    pub(crate) fn new(replicas: Vec<i32>, is_up: impl Fn(i32) -> bool) -> Self {
        let up: Vec<i32> = replicas.iter().copied().filter(|&id| is_up(id)).collect();
        let leader = up.first().copied().unwrap_or(NOBODY);
        let mut log = Log::default();
        log.epochs.assign(0, 0);
        let in_sync = if up.is_empty() { replicas.clone() } else { up };
        Self { leader, epoch: 0, replicas, in_sync, log, producers: Producers::default() }
    }

    /// Appends a batch that has been checked. The bytes are those that lie in the log now.
    pub(crate) fn append(&mut self, header: &BatchHeader, batch: &[u8]) -> (i64, Bytes) {
        let offset = self.log.end();
        self.producers.note(header, offset);
        (offset, self.log.append(header, batch, self.epoch))
    }

    /// Takes the records back that were in its log before; a new epoch begins after them.
    pub(crate) fn restore(&mut self, start: i64, epoch: i32, batches: Vec<(BatchHeader, Bytes)>) {
        self.log = Log::starting_at(start);
        for (header, bytes) in batches {
            self.producers.note(&header, header.base_offset);
            self.log.restore(&header, bytes);
        }
        self.epoch = epoch.max(self.log.epochs.latest().unwrap_or_default());
        self.lead(self.leader);
    }

    /// A replica is gone. The last one in sync stays so, as nobody else has all records.
    pub(crate) fn lose(&mut self, id: i32) {
        if self.in_sync.len() > 1 {
            self.in_sync.retain(|&other| other != id);
        }
        if self.leader == id {
            let heir = self.in_sync.iter().copied().find(|&other| other != id);
            self.lead(heir.unwrap_or(NOBODY));
        }
    }

    /// A replica is back, and catches up at once.
    pub(crate) fn regain(&mut self, id: i32) {
        if !self.replicas.contains(&id) {
            return;
        }
        if self.leader == NOBODY {
            if self.in_sync.contains(&id) {
                self.lead(id);
            }
        } else if !self.in_sync.contains(&id) {
            self.in_sync.push(id);
        }
    }

    /// Gives the leadership to the next replica in sync. False if there is none.
    pub(crate) fn move_leader(&mut self) -> bool {
        let at = self.in_sync.iter().position(|&id| id == self.leader).map_or(0, |at| at + 1);
        let next =
            self.in_sync.iter().cycle().skip(at).take(self.in_sync.len()).find(|&&id| id != self.leader);
        let Some(&next) = next else { return false };
        self.lead(next);
        true
    }

    fn lead(&mut self, id: i32) {
        self.leader = id;
        self.epoch += 1;
        if id != NOBODY {
            self.log.epochs.assign(self.epoch, self.log.end());
        }
    }

    /// What a request that names an epoch is told; one that names none sends -1.
    pub(crate) fn check_epoch(&self, named: i32) -> Result<(), ErrorCode> {
        match named {
            ..0 => Ok(()),
            older if older < self.epoch => Err(ErrorCode::FENCED_LEADER_EPOCH),
            newer if newer > self.epoch => Err(ErrorCode::UNKNOWN_LEADER_EPOCH),
            _ => Ok(()),
        }
    }

    /// Whether the node leads; a request to another one goes to the wrong place.
    pub(crate) fn check_leader(&self, node: i32) -> Result<(), ErrorCode> {
        if self.leader == node { Ok(()) } else { Err(ErrorCode::NOT_LEADER_OR_FOLLOWER) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition() -> Partition {
        Partition::new(vec![2, 3, 1], |_| true)
    }

    #[test]
    fn a_leader_that_is_lost_is_followed_by_a_replica_in_sync() {
        let mut partition = partition();
        partition.lose(2);
        assert_eq!((partition.leader, partition.epoch, partition.in_sync.as_slice()), (3, 1, &[3, 1][..]));
        partition.regain(2);
        assert_eq!((partition.leader, partition.epoch, partition.in_sync.as_slice()), (3, 1, &[3, 1, 2][..]));
    }

    #[test]
    fn the_last_in_sync_is_the_only_one_to_lead_again() {
        let mut partition = partition();
        [2, 3, 1].into_iter().for_each(|id| partition.lose(id));
        assert_eq!((partition.leader, partition.in_sync.as_slice()), (NOBODY, &[1][..]));
        partition.regain(3);
        assert_eq!(partition.leader, NOBODY);
        partition.regain(1);
        assert_eq!((partition.leader, partition.epoch), (1, 4));
    }

    #[test]
    fn a_leadership_moves_on_and_around() {
        let mut partition = partition();
        let leaders: Vec<i32> = (0..3).map(|_| (partition.move_leader(), partition.leader).1).collect();
        assert_eq!((leaders, partition.epoch), (vec![3, 1, 2], 3));
        assert!(!Partition::new(vec![1], |_| true).move_leader());
    }
}
