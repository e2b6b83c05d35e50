//! The batches of a window, and how far each has come.

use super::verdict::{Answer, Situation, Verdict};
use super::window::{Payload, Rules};
use crate::error::Written;
use std::collections::VecDeque;

/// Unresolved batches in order.
#[derive(Debug)]
pub(super) struct Entries<B> {
    list: VecDeque<Entry<B>>,
    next_id: u64,
}

#[derive(Debug)]
pub(super) struct Entry<B> {
    pub(super) id: u64,
    pub(super) place: Place,
    pub(super) state: State,
    /// Attempts that may have reached a broker.
    attempts: u32,
    pub(super) maybe_written: bool,
    /// Nobody waits for it any more.
    pub(super) overdue: bool,
    pub(super) batch: B,
}

/// Where a batch is among those of its epoch: the first place for all that have no sequence numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) base_sequence: i32,
    /// Batches of this epoch before it.
    pub(super) before: u64,
}

impl Place {
    pub(super) const FIRST: Self = Self { base_sequence: 0, before: 0 };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    InFlight,
    /// To be sent again.
    Waiting,
    /// To be sent again under the next epoch.
    Parked,
}

impl<B: Payload> Entries<B> {
    pub(super) fn new() -> Self {
        Self { list: VecDeque::new(), next_id: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn position(&self, id: u64) -> Option<usize> {
        self.list.iter().position(|entry| entry.id == id)
    }

    pub(super) fn get(&self, at: usize) -> Option<&Entry<B>> {
        self.list.get(at)
    }

    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut Entry<B>> {
        self.list.get_mut(at)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry<B>> {
        self.list.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Entry<B>> {
        self.list.iter_mut()
    }

    pub(super) fn batch(&self, id: u64) -> Option<&B> {
        self.list.iter().find(|entry| entry.id == id).map(|entry| &entry.batch)
    }

    pub(super) fn oldest(&self) -> Option<&B> {
        self.list.iter().find(|entry| !entry.overdue).map(|entry| &entry.batch)
    }

    pub(super) fn any(&self, state: State) -> bool {
        self.list.iter().any(|entry| entry.state == state)
    }

    /// Takes a batch in behind the others, as in flight.
    pub(super) fn push(&mut self, place: Place, batch: B) -> u64 {
        self.insert(self.list.len(), place, State::InFlight, batch)
    }

    /// Takes a batch in before the one at `at`; gives its id.
    pub(super) fn insert(&mut self, at: usize, place: Place, state: State, batch: B) -> u64 {
        self.next_id += 1;
        let id = self.next_id;
        let entry = Entry { id, place, state, attempts: 0, maybe_written: false, overdue: false, batch };
        self.list.insert(at, entry);
        id
    }

    pub(super) fn remove(&mut self, at: usize) -> Option<Entry<B>> {
        self.list.remove(at)
    }

    pub(super) fn take(&mut self, at: usize) -> Option<B> {
        self.remove(at).map(|entry| entry.batch)
    }

    /// The batch at `at` waits to be sent again.
    pub(super) fn retry(&mut self, at: usize, maybe_written: bool) {
        if let Some(entry) = self.list.get_mut(at) {
            entry.state = State::Waiting;
            entry.maybe_written |= maybe_written;
        }
    }

    /// What `rules` say of the answer for the batch at `at`.
    pub(super) fn judge(&mut self, at: usize, gap_before: bool, rules: Rules, answer: &Answer) -> Verdict {
        let first = self.list.range(..at).all(|before| before.state == State::Parked);
        let entry = &mut self.list[at];
        entry.attempts += u32::from(*answer != Answer::Unsent);
        let maybe_written = entry.maybe_written;
        let situation = Situation { first, maybe_written, gap_before, records: entry.batch.records() };
        match (rules.verdict)(&situation, answer) {
            Verdict::Retry { maybe_written, .. } if entry.attempts > rules.retries => {
                Verdict::Fail(in_doubt(maybe_written || entry.maybe_written))
            }
            verdict => verdict,
        }
    }

    /// Gives up the batches that `is_late`: those in flight stay until their answer comes. Says whether any is gone.
    pub(super) fn expire(
        &mut self,
        is_late: &dyn Fn(&B) -> bool,
        give_up: &mut dyn FnMut(&mut B, Written),
    ) -> bool {
        let before = self.list.len();
        self.list.retain_mut(|entry| {
            if entry.overdue || !is_late(&entry.batch) {
                return true;
            }
            let in_flight = entry.state == State::InFlight;
            give_up(&mut entry.batch, in_doubt(in_flight || entry.maybe_written));
            entry.overdue = in_flight;
            in_flight
        });
        self.list.len() < before
    }
}

fn in_doubt(maybe_written: bool) -> Written {
    if maybe_written { Written::Maybe } else { Written::No }
}
