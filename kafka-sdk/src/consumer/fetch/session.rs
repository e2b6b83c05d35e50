//! What a broker remembers of earlier fetches, so that they need not say it again (KIP-227). Pure: one for each broker.
//!
//! The first fetch names all partitions and begins a session; the next ones name only those with another place to read
//! from, and those to forget: leaving one out does not stop it. Their answers, in turn, leave out what has no news.

use super::asked::Asked;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::FetchResponse;
use kafka_sdk_protocol::wire::Uuid;
use std::collections::HashMap;
use std::sync::Arc;

/// From this version on there are sessions.
const SESSIONS: i16 = 7;
/// From this version on topics go by their ids.
const TOPIC_IDS: i16 = 13;
/// A fetch of this epoch begins a session, and ends the one that it names.
const BEGIN: i32 = 0;
/// A fetch of this epoch belongs to none, and ends the one that it names.
pub(super) const NONE: i32 = -1;

/// How the partitions of a fetch are said to the broker.
#[derive(Clone, Debug)]
pub(in super::super) struct Question {
    pub(super) version: i16,
    pub(super) session_id: i32,
    pub(super) session_epoch: i32,
    pub(super) named: Vec<Asked>,
    pub(super) forgotten: Vec<Forgotten>,
}

/// A partition that is not to be fetched any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Forgotten {
    pub(super) topic: Arc<str>,
    pub(super) topic_id: Uuid,
    pub(super) partition: i32,
}

#[derive(Debug)]
pub(super) struct Session {
    /// 0 where there is none.
    id: i32,
    /// Of the next fetch.
    epoch: i32,
    uses_topic_ids: bool,
    /// Counts the fetches.
    turn: u64,
    told: HashMap<(Arc<str>, i32), Told>,
}

/// What the broker knows of a partition.
#[derive(Clone, Copy, Debug)]
struct Told {
    /// For whom.
    slot: usize,
    /// In which it was asked for last.
    turn: u64,
    topic_id: Uuid,
    leader_epoch: i32,
    offset: i64,
    epoch: i32,
    max_bytes: usize,
}

impl Question {
    /// Whether the answer leaves out what has no news.
    pub(super) fn is_incremental(&self) -> bool {
        self.session_epoch > BEGIN
    }
}

/// When the broker is to be asked again for what it was asked for last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// As ever.
    InTurn,
    /// It no longer has the session, and would have answered a fetch without one.
    AtOnce,
}

impl Session {
    pub(super) fn none() -> Self {
        Self { id: 0, epoch: BEGIN, uses_topic_ids: false, turn: 0, told: HashMap::new() }
    }

    /// The next fetch of all these partitions, and of no others, by a connection that speaks this version.
    pub(super) fn ask(&mut self, asked: &[Asked], version: i16) -> Question {
        let version = match asked.iter().any(|asked| asked.topic_id.is_zero()) {
            true => version.min(TOPIC_IDS - 1),
            false => version,
        };
        if version < SESSIONS {
            let (named, forgotten) = (asked.to_vec(), Vec::new());
            return Question { version, session_id: 0, session_epoch: NONE, named, forgotten };
        }
        let uses_topic_ids = version >= TOPIC_IDS;
        if self.uses_topic_ids != uses_topic_ids {
            self.lost();
            self.uses_topic_ids = uses_topic_ids;
        }
        if self.epoch == BEGIN {
            self.told.clear();
        }
        let said = self.tell(asked).or_else(|| {
            self.lost();
            self.told.clear();
            self.tell(asked)
        });
        let (named, forgotten) = said.unwrap_or_default();
        Question { version, session_id: self.id, session_epoch: self.epoch, named, forgotten }
    }

    /// What is new, and what is no longer asked for. None where a partition was given up and is back before the broker has
    /// forgotten it: it would tell only what is new, and where the partition ends has been told to nobody who reads it now.
    fn tell(&mut self, asked: &[Asked]) -> Option<(Vec<Asked>, Vec<Forgotten>)> {
        let (mut named, mut forgotten) = (Vec::new(), Vec::new());
        self.turn += 1;
        for asked in asked {
            let (key, told) = ((asked.topic.clone(), asked.partition), Told::of(asked, self.turn));
            match self.told.get_mut(&key) {
                Some(known) if known.slot != told.slot => return None,
                Some(known) if known.same_as(&told) => known.turn = self.turn,
                known => {
                    // A topic that was created anew is another one, by its id.
                    if let Some(other) = known.filter(|known| known.topic_id != told.topic_id) {
                        forgotten.push(Forgotten::new(&key, other));
                    }
                    named.push(asked.clone());
                    self.told.insert(key, told);
                }
            }
        }
        if self.told.len() > asked.len() {
            let gone = self.told.extract_if(|_, told| told.turn != self.turn);
            forgotten.extend(gone.map(|(key, told)| Forgotten::new(&key, &told)));
        }
        Some((named, forgotten))
    }

    pub(super) fn answered(&mut self, question: &Question, response: &FetchResponse) -> Again {
        if question.session_epoch == NONE {
            return Again::InTurn;
        }
        match response.error_code {
            ErrorCode::NONE if response.session_id == 0 => *self = Self::none(),
            ErrorCode::NONE => {
                self.id = response.session_id;
                self.epoch = self.epoch.checked_add(1).unwrap_or(BEGIN + 1);
            }
            ErrorCode::FETCH_SESSION_ID_NOT_FOUND => *self = Self::none(),
            _ => self.lost(),
        }
        match response.error_code {
            ErrorCode::FETCH_SESSION_ID_NOT_FOUND
            | ErrorCode::INVALID_FETCH_SESSION_EPOCH
            | ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR
                if question.is_incremental() =>
            {
                Again::AtOnce
            }
            _ => Again::InTurn,
        }
    }

    /// The session to end, if there is one; there is none after that.
    pub(super) fn end(&mut self) -> Option<i32> {
        let ended = std::mem::replace(self, Self::none());
        Some(ended.id).filter(|id| *id != 0)
    }

    /// The next fetch names everything, and ends the session that there may still be.
    pub(super) fn lost(&mut self) {
        self.epoch = BEGIN;
    }
}

impl Forgotten {
    fn new((topic, partition): &(Arc<str>, i32), told: &Told) -> Self {
        Self { topic: topic.clone(), topic_id: told.topic_id, partition: *partition }
    }
}

impl Told {
    fn of(asked: &Asked, turn: u64) -> Self {
        let Asked { slot, topic_id, leader_epoch, offset, epoch, max_bytes, .. } = *asked;
        Self { slot, turn, topic_id, leader_epoch, offset, epoch, max_bytes }
    }

    fn same_as(&self, other: &Self) -> bool {
        let wire = |it: &Self| (it.topic_id, it.leader_epoch, it.offset, it.epoch, it.max_bytes);
        wire(self) == wire(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(partition: i32, offset: i64) -> Asked {
        let topic_id = Uuid([1; 16]);
        Asked {
            slot: 0,
            round: 0,
            topic: "t".into(),
            topic_id,
            partition,
            leader_epoch: 0,
            offset,
            epoch: -1,
            max_bytes: 1,
        }
    }

    fn answer(session_id: i32, error_code: ErrorCode) -> FetchResponse {
        FetchResponse { session_id, error_code, ..Default::default() }
    }

    fn named(question: &Question) -> Vec<(i32, i64)> {
        question.named.iter().map(|asked| (asked.partition, asked.offset)).collect()
    }

    fn forgotten(question: &Question) -> Vec<i32> {
        question.forgotten.iter().map(|gone| gone.partition).collect()
    }

    fn session(question: &Question) -> (i32, i32) {
        (question.session_id, question.session_epoch)
    }

    /// A session with id 7 of these partitions, each at offset 0.
    fn begun(partitions: std::ops::Range<i32>) -> Session {
        let mut session = Session::none();
        let all: Vec<Asked> = partitions.map(|n| asked(n, 0)).collect();
        let question = session.ask(&all, 17);
        assert_eq!(session.answered(&question, &answer(7, ErrorCode::NONE)), Again::InTurn);
        session
    }

    #[test]
    fn after_the_first_fetch_only_what_changes_is_named() {
        let mut it = Session::none();
        let first = it.ask(&[asked(0, 0), asked(1, 0)], 17);
        assert_eq!((session(&first), named(&first)), ((0, 0), vec![(0, 0), (1, 0)]));
        assert!(!first.is_incremental());
        it.answered(&first, &answer(7, ErrorCode::NONE));
        let second = it.ask(&[asked(0, 0), asked(1, 5)], 17);
        assert_eq!((session(&second), named(&second), forgotten(&second)), ((7, 1), vec![(1, 5)], vec![]));
        assert!(second.is_incremental());
        it.answered(&second, &answer(7, ErrorCode::NONE));
        let third = it.ask(&[asked(1, 5), asked(2, 0)], 17);
        assert_eq!((session(&third), named(&third), forgotten(&third)), ((7, 2), vec![(2, 0)], vec![0]));
        it.answered(&third, &answer(7, ErrorCode::NONE));
        let back = it.ask(&[asked(0, 0), asked(1, 5), asked(2, 0)], 17);
        assert_eq!((named(&back), forgotten(&back)), (vec![(0, 0)], vec![]), "put back with its position");
    }

    #[test]
    fn a_partition_that_was_given_up_and_is_back_begins_the_session_anew() {
        let mut it = begun(0..2);
        let back = |it: &mut Session| it.ask(&[asked(0, 0), Asked { slot: 9, ..asked(1, 0) }], 17);
        let anew = back(&mut it);
        assert_eq!(
            (session(&anew), named(&anew)),
            ((7, 0), vec![(0, 0), (1, 0)]),
            "where it ends is told again"
        );
        it.answered(&anew, &answer(8, ErrorCode::NONE));
        let after = back(&mut it);
        assert_eq!((session(&after), named(&after)), ((8, 1), vec![]));
    }

    #[test]
    fn a_session_that_the_broker_has_lost_is_begun_anew_and_everything_named() {
        for (code, id) in [
            (ErrorCode::FETCH_SESSION_ID_NOT_FOUND, 0),
            (ErrorCode::INVALID_FETCH_SESSION_EPOCH, 7),
            (ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR, 7),
        ] {
            let mut it = begun(0..2);
            let question = it.ask(&[asked(0, 1), asked(1, 0)], 17);
            assert_eq!(it.answered(&question, &answer(0, code)), Again::AtOnce);
            let again = it.ask(&[asked(0, 1), asked(1, 0)], 17);
            assert_eq!((session(&again), named(&again)), ((id, 0), vec![(0, 1), (1, 0)]), "{code}");
            let answered = it.answered(&again, &answer(0, code));
            assert_eq!(answered, Again::InTurn, "not at once: that would be a hot loop");
        }
    }

    #[test]
    fn a_lost_connection_may_have_lost_a_fetch() {
        let mut it = begun(0..2);
        let _unanswered = it.ask(&[asked(0, 5), asked(1, 0)], 17);
        it.lost();
        let again = it.ask(&[asked(0, 5), asked(1, 0)], 17);
        assert_eq!((session(&again), named(&again)), ((7, 0), vec![(0, 5), (1, 0)]));
    }

    #[test]
    fn where_the_broker_gives_no_session_every_fetch_names_everything() {
        let mut it = Session::none();
        for _ in 0..2 {
            let question = it.ask(&[asked(0, 0)], 17);
            assert_eq!((session(&question), named(&question)), ((0, 0), vec![(0, 0)]));
            it.answered(&question, &answer(0, ErrorCode::NONE));
        }
        let mut closed = begun(0..1);
        let question = closed.ask(&[asked(0, 0)], 17);
        closed.answered(&question, &answer(0, ErrorCode::NONE));
        assert_eq!(session(&closed.ask(&[asked(0, 0)], 17)), (0, 0), "the broker closed it");
    }

    #[test]
    fn brokers_without_sessions_are_asked_without() {
        let mut it = Session::none();
        for _ in 0..2 {
            let question = it.ask(&[asked(0, 0)], 6);
            assert_eq!((session(&question), named(&question)), ((0, -1), vec![(0, 0)]));
            it.answered(&question, &answer(0, ErrorCode::NONE));
        }
    }

    #[test]
    fn a_topic_with_another_id_is_forgotten_and_named() {
        let mut it = begun(0..1);
        let anew = Asked { topic_id: Uuid([2; 16]), ..asked(0, 0) };
        let question = it.ask(&[anew], 17);
        assert_eq!((question.version, named(&question)), (17, vec![(0, 0)]));
        assert_eq!(question.forgotten[0].topic_id, Uuid([1; 16]));
        let mut without = begun(0..1);
        let question = without.ask(&[Asked { topic_id: Uuid::ZERO, ..asked(0, 0) }], 17);
        assert_eq!((question.version, session(&question)), (12, (7, 0)), "a session has names or ids");
    }
}
