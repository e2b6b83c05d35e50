//! Fetch sessions (KIP-227): what a client need not say again.

use std::collections::{BTreeMap, HashMap};

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::wire::Uuid;

/// A request of this epoch opens a session.
pub(crate) const OPENING: i32 = 0;
/// A request of this epoch belongs to none, and closes the one it names.
pub(crate) const FINAL: i32 = -1;
/// What stands for no session.
pub(crate) const NO_SESSION: i32 = 0;
/// A session that rests for so long makes room for a new one.
const RESTS_FOR_MS: i64 = 120_000;

/// The sessions of a node.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    open: HashMap<i32, Session>,
}

#[derive(Debug)]
struct Session {
    epoch: i32,
    by_id: bool,
    used_at: i64,
    line: Line,
}

/// The partitions of a session, in the order in which they are served.
#[derive(Debug, Default)]
struct Line {
    places: HashMap<Key, u64>,
    waiting: BTreeMap<u64, Wanted>,
    last: u64,
}

/// A partition that a client fetches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) key: Key,
    pub(crate) offset: i64,
    pub(crate) max_bytes: i32,
    pub(crate) leader_epoch: i32,
    pub(crate) last_fetched_epoch: i32,
    /// High watermark and start of the log, as the client has last been told.
    pub(crate) told: Option<(i64, i64)>,
}

/// A partition as the request names it: by the name of its topic or by its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) topic: String,
    pub(crate) id: Uuid,
    pub(crate) partition: i32,
}

/// What a request asks of the sessions.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) id: i32,
    pub(crate) epoch: i32,
    /// The version names topics by their ids.
    pub(crate) by_id: bool,
    pub(crate) wanted: Vec<Wanted>,
    pub(crate) forgotten: Vec<Key>,
}

/// What a request comes to: its partitions, and the session that it goes on with.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) session: i32,
    /// Only what is new is answered.
    pub(crate) incremental: bool,
    pub(crate) wanted: Vec<Wanted>,
}

impl Sessions {
    /// Takes a request. `slots`: how many sessions there may be.
    pub(crate) fn turn(&mut self, ask: Ask, slots: usize, now: i64) -> Result<Turn, ErrorCode> {
        if ask.epoch == OPENING || ask.epoch == FINAL {
            self.open.remove(&ask.id);
            let session = if ask.epoch == OPENING { self.create(&ask, slots, now) } else { NO_SESSION };
            return Ok(Turn { session, incremental: false, wanted: ask.wanted });
        }
        let session = self.open.get_mut(&ask.id).ok_or(ErrorCode::FETCH_SESSION_ID_NOT_FOUND)?;
        session.go_on(&ask, now)?;
        if session.line.waiting.is_empty() {
            self.open.remove(&ask.id);
            return Ok(Turn { session: NO_SESSION, incremental: false, wanted: ask.wanted });
        }
        Ok(Turn {
            session: ask.id,
            incremental: true,
            wanted: session.line.waiting.values().cloned().collect(),
        })
    }

    fn create(&mut self, ask: &Ask, slots: usize, now: i64) -> i32 {
        if self.open.len() >= slots {
            self.open.retain(|_, session| now - session.used_at < RESTS_FOR_MS);
        }
        if self.open.len() >= slots {
            return NO_SESSION;
        }
        let mut id = fastrand::i32(1..);
        while self.open.contains_key(&id) {
            id = fastrand::i32(1..);
        }
        let mut line = Line::default();
        ask.wanted.iter().for_each(|wanted| line.put(wanted));
        self.open.insert(id, Session { epoch: 1, by_id: ask.by_id, used_at: now, line });
        id
    }

    /// The client has been told of a partition, which may move to the end of the line.
    pub(crate) fn told(&mut self, session: i32, key: &Key, told: Option<(i64, i64)>, moves: bool) {
        if let Some(session) = self.open.get_mut(&session) {
            session.line.told(key, told, moves);
        }
    }

    /// The partitions of a session.
    pub(crate) fn keys(&self, session: i32) -> impl Iterator<Item = &Key> {
        self.open.get(&session).into_iter().flat_map(|session| session.line.places.keys())
    }
}

impl Session {
    fn go_on(&mut self, ask: &Ask, now: i64) -> Result<(), ErrorCode> {
        if self.epoch != ask.epoch {
            return Err(ErrorCode::INVALID_FETCH_SESSION_EPOCH);
        }
        if self.by_id != ask.by_id {
            return Err(ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR);
        }
        // Epochs go on at 1 after the largest: 0 opens a session.
        self.epoch = self.epoch.checked_add(1).unwrap_or(1);
        self.used_at = now;
        ask.wanted.iter().for_each(|wanted| self.line.put(wanted));
        for key in &ask.forgotten {
            self.line.forget(key);
        }
        Ok(())
    }
}

impl Line {
    fn put(&mut self, wanted: &Wanted) {
        match self.places.get(&wanted.key).and_then(|place| self.waiting.get_mut(place)) {
            Some(known) => *known = Wanted { told: known.told, ..wanted.clone() },
            None => self.add(wanted.clone()),
        }
    }

    fn add(&mut self, wanted: Wanted) {
        self.last += 1;
        self.places.insert(wanted.key.clone(), self.last);
        self.waiting.insert(self.last, wanted);
    }

    fn forget(&mut self, key: &Key) -> Option<Wanted> {
        self.places.remove(key).and_then(|place| self.waiting.remove(&place))
    }

    fn told(&mut self, key: &Key, told: Option<(i64, i64)>, moves: bool) {
        if moves {
            let moved = self.forget(key).map(|wanted| Wanted { told, ..wanted });
            moved.into_iter().for_each(|wanted| self.add(wanted));
        } else if let Some(known) = self.places.get(key).and_then(|place| self.waiting.get_mut(place)) {
            known.told = told;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(partition: i32) -> Wanted {
        let key = Key { topic: "a".into(), id: Uuid::ZERO, partition };
        Wanted { key, offset: 0, max_bytes: 1, leader_epoch: -1, last_fetched_epoch: -1, told: None }
    }

    fn ask(id: i32, epoch: i32, partitions: &[i32], forgotten: &[i32]) -> Ask {
        let wanted = |numbers: &[i32]| numbers.iter().map(|&partition| wanted(partition)).collect::<Vec<_>>();
        let forgotten = wanted(forgotten).into_iter().map(|wanted| wanted.key).collect();
        Ask { id, epoch, by_id: false, wanted: wanted(partitions), forgotten }
    }

    fn numbers(turn: &Turn) -> Vec<i32> {
        turn.wanted.iter().map(|wanted| wanted.key.partition).collect()
    }

    #[test]
    fn a_partition_that_is_left_out_goes_on_and_one_that_is_forgotten_does_not() {
        let mut sessions = Sessions::default();
        let id = sessions.turn(ask(0, OPENING, &[0, 1], &[]), 10, 0).unwrap().session;
        let second = sessions.turn(ask(id, 1, &[2], &[]), 10, 0).unwrap();
        assert_eq!((numbers(&second), second.incremental), (vec![0, 1, 2], true));
        assert_eq!(numbers(&sessions.turn(ask(id, 2, &[], &[1]), 10, 0).unwrap()), [0, 2]);
    }

    #[test]
    fn a_wrong_epoch_and_an_unknown_session_are_refused() {
        let mut sessions = Sessions::default();
        let id = sessions.turn(ask(0, OPENING, &[0], &[]), 10, 0).unwrap().session;
        let refused = |asked: Result<Turn, ErrorCode>| asked.unwrap_err();
        assert_eq!(
            refused(sessions.turn(ask(id, 2, &[], &[]), 10, 0)),
            ErrorCode::INVALID_FETCH_SESSION_EPOCH
        );
        sessions.turn(ask(id, FINAL, &[], &[]), 10, 0).unwrap();
        assert_eq!(
            refused(sessions.turn(ask(id, 1, &[], &[]), 10, 0)),
            ErrorCode::FETCH_SESSION_ID_NOT_FOUND
        );
    }

    #[test]
    fn what_had_records_goes_to_the_end_of_the_line() {
        let mut sessions = Sessions::default();
        let id = sessions.turn(ask(0, OPENING, &[0, 1, 2], &[]), 10, 0).unwrap().session;
        sessions.told(id, &wanted(0).key, Some((1, 0)), true);
        assert_eq!(numbers(&sessions.turn(ask(id, 1, &[], &[]), 10, 0).unwrap()), [1, 2, 0]);
    }

    #[test]
    fn where_there_is_no_room_there_is_no_session_until_one_has_rested() {
        let mut sessions = Sessions::default();
        let mut open = |now| sessions.turn(ask(0, OPENING, &[0], &[]), 1, now).unwrap().session;
        assert_ne!(open(0), NO_SESSION);
        assert_eq!(open(1), NO_SESSION);
        assert_ne!(open(RESTS_FOR_MS), NO_SESSION);
    }
}
