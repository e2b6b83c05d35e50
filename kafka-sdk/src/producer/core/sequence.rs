//! The batches of one partition on their way: their order, sequence numbers and epochs.
//!
//! ```text
//!            admit                    Done, Fail
//!  queue ──────────> in flight ───────────────────> resolved
//!                     │     ^
//!                Retry│     │resend: in order, and never past one that is in flight
//!                     v     │
//!                    waiting          Resequence: parked until the window has no other,
//!                                     then waiting again, under the next epoch
//! ```
//! Each partition has an epoch of its own: a broker keeps the state of an idempotent producer by partition, and takes
//! a higher epoch from sequence 0 on. So one partition's trouble does not stop the others.

use super::verdict::{Answer, Situation, Verdict};
use crate::error::Written;
use kafka_sdk_protocol::records::ProducerStamp;
use std::collections::VecDeque;

/// Batches of a partition from the first that is unresolved on: brokers remember the last five (KIP-98). Those that are
/// resolved meanwhile count as well. Else a batch whose answer is lost again and again would be forgotten behind newer
/// ones, and its next attempt be refused although it was written.
pub(crate) const WINDOW: u64 = 5;

/// A producer id and the epoch under which it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: i64,
    pub(crate) epoch: i16,
}

impl Identity {
    fn next_epoch(self) -> Option<Self> {
        Some(Self { epoch: self.epoch.checked_add(1)?, ..self })
    }
}

/// What the window needs to know of a batch.
pub(crate) trait Payload {
    fn records(&self) -> u32;
    /// Writes producer id, epoch and sequence into the batch.
    fn stamp(&mut self, stamp: ProducerStamp);
}

/// The unresolved batches of a partition, in the order of their sequence numbers.
#[derive(Debug)]
pub(crate) struct Window<B> {
    entries: VecDeque<Entry<B>>,
    identity: Option<Identity>,
    next_sequence: i32,
    next_id: u64,
    /// Batches of this epoch so far.
    count: u64,
    /// The broker has acknowledged a batch of this epoch. Before that there is only one in flight: a broker that knows
    /// nothing of a producer takes any sequence number as the first one, also of a batch whose predecessor it refused.
    established: bool,
    /// A batch has failed for good: no new batch is admitted before the others are resolved or parked, and then the
    /// epoch ends.
    gap: bool,
    /// The id that is to be used no more.
    renounced: Option<i64>,
    verdict: fn(&Situation, &Answer) -> Verdict,
}

#[derive(Debug)]
struct Entry<B> {
    id: u64,
    base_sequence: i32,
    /// Batches of this epoch before it.
    before: u64,
    state: State,
    maybe_written: bool,
    /// Nobody waits for it any more.
    overdue: bool,
    batch: B,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    InFlight,
    Waiting,
    Parked,
}

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome<B> {
    /// Written.
    Done(B),
    /// Given up.
    Failed(B, Written),
    /// To be sent again; leaders may have to be looked up first.
    Again { stale: bool },
    /// To be taken apart: [`Window::replace`].
    Split,
    /// Already given up when its answer came, or not in the window.
    Gone,
}

impl<B: Payload> Window<B> {
    pub(crate) fn new(verdict: fn(&Situation, &Answer) -> Verdict) -> Self {
        Self {
            entries: VecDeque::new(),
            identity: None,
            next_sequence: 0,
            next_id: 0,
            count: 0,
            established: false,
            gap: false,
            renounced: None,
            verdict,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether a new batch can be admitted: never past one that waits to be sent again.
    pub(crate) fn has_room(&self) -> bool {
        let most = if self.established { WINDOW } else { 1 };
        let is_free = self.identity.is_some() && !self.gap && !self.needs_resend();
        is_free && self.count - self.first_unresolved() < most
    }

    /// Batches of this epoch before the first that is unresolved.
    fn first_unresolved(&self) -> u64 {
        self.entries.front().map_or(self.count, |entry| entry.before)
    }

    /// Whether there is nothing to write under until [`Self::adopt`] gives it.
    pub(crate) fn needs_identity(&self) -> bool {
        self.identity.is_none()
    }

    /// The id under which this partition can write no more, if there is one.
    pub(crate) fn renounced(&self) -> Option<i64> {
        self.renounced
    }

    /// From here on with this id: sequences start at 0, and what was parked gets the first ones.
    pub(crate) fn adopt(&mut self, identity: Identity) {
        self.identity = Some(identity);
        self.next_sequence = 0;
        self.established = false;
        self.gap = false;
        self.renounced = None;
        self.count = 0;
        for i in 0..self.entries.len() {
            let base_sequence = self.take_sequence(self.entries[i].batch.records());
            let before = self.take_place();
            let entry = &mut self.entries[i];
            entry.before = before;
            entry.batch.stamp(ProducerStamp { id: identity.id, epoch: identity.epoch, base_sequence });
            entry.base_sequence = base_sequence;
            entry.state = State::Waiting;
        }
    }

    /// Takes a batch in, as in flight, and stamps it. Gives its id in the window; or the batch back, without room.
    pub(crate) fn admit(&mut self, mut batch: B) -> Result<u64, B> {
        let Some(identity) = self.identity.filter(|_| self.has_room()) else { return Err(batch) };
        let base_sequence = self.take_sequence(batch.records());
        batch.stamp(ProducerStamp { id: identity.id, epoch: identity.epoch, base_sequence });
        let (id, before) = (self.new_id(), self.take_place());
        let (state, maybe_written, overdue) = (State::InFlight, false, false);
        let entry = Entry { id, base_sequence, before, state, maybe_written, overdue, batch };
        self.entries.push_back(entry);
        Ok(id)
    }

    /// The batch with this id.
    pub(crate) fn batch(&self, id: u64) -> Option<&B> {
        self.entries.iter().find(|entry| entry.id == id).map(|entry| &entry.batch)
    }

    /// The batch that is to be sent again next.
    pub(crate) fn peek_resend(&self) -> Option<&B> {
        self.resendable().map(|i| &self.entries[i].batch)
    }

    /// Whether a batch waits to be sent again.
    fn needs_resend(&self) -> bool {
        self.entries.iter().any(|entry| entry.state == State::Waiting)
    }

    /// Takes the batch that is to be sent again next as in flight.
    pub(crate) fn resend(&mut self) -> Option<u64> {
        let entry = self.resendable().map(|i| &mut self.entries[i])?;
        entry.state = State::InFlight;
        Some(entry.id)
    }

    /// The first that waits, unless one behind it is in flight: that one's answer has to come first.
    fn resendable(&self) -> Option<usize> {
        if !self.established && self.in_flight() {
            return None;
        }
        let first = self.entries.iter().position(|entry| entry.state == State::Waiting)?;
        if self.entries[first].before - self.first_unresolved() >= WINDOW {
            return None;
        }
        let behind = self.entries.range(first..);
        behind.into_iter().all(|entry| entry.state != State::InFlight).then_some(first)
    }

    /// The batches that somebody waits for, oldest first.
    pub(crate) fn batches(&self) -> impl Iterator<Item = &B> {
        self.entries.iter().filter(|entry| !entry.overdue).map(|entry| &entry.batch)
    }

    /// Whether any batch is in flight.
    pub(crate) fn in_flight(&self) -> bool {
        self.entries.iter().any(|entry| entry.state == State::InFlight)
    }

    /// What an answer means for the batch `id`.
    pub(crate) fn answer(&mut self, id: u64, answer: &Answer) -> Outcome<B> {
        let Some(at) = self.entries.iter().position(|entry| entry.id == id) else { return Outcome::Gone };
        let entry = &self.entries[at];
        let situation = Situation {
            first: self.entries.range(..at).all(|before| before.state == State::Parked),
            maybe_written: entry.maybe_written,
            gap_before: self.gap,
            records: entry.batch.records(),
        };
        let verdict = (self.verdict)(&situation, answer);
        if entry.overdue {
            return self.bury(at, verdict);
        }
        let outcome = match verdict {
            Verdict::Done => {
                self.established = true;
                self.take(at).map_or(Outcome::Gone, Outcome::Done)
            }
            Verdict::Fail(written) => {
                self.gap = true;
                self.take(at).map_or(Outcome::Gone, |batch| Outcome::Failed(batch, written))
            }
            Verdict::Retry { maybe_written, stale } => {
                let entry = &mut self.entries[at];
                entry.state = State::Waiting;
                entry.maybe_written |= maybe_written;
                Outcome::Again { stale }
            }
            Verdict::Split => {
                self.entries[at].state = State::Waiting;
                Outcome::Split
            }
            Verdict::Resequence => self.park(at),
            Verdict::Renew => {
                self.renounced = self.identity.map(|identity| identity.id);
                self.park(at)
            }
        };
        self.settle();
        outcome
    }

    /// The end of a batch that was given up while it was in flight: if it was not written, its sequence is a gap.
    fn bury(&mut self, at: usize, verdict: Verdict) -> Outcome<B> {
        self.gap |= verdict != Verdict::Done;
        self.take(at);
        self.settle();
        Outcome::Gone
    }

    fn park(&mut self, at: usize) -> Outcome<B> {
        self.entries[at].state = State::Parked;
        self.gap = true;
        Outcome::Again { stale: false }
    }

    /// Gives up the batches that `is_late`: those in flight stay until their answer comes.
    pub(crate) fn expire(&mut self, is_late: impl Fn(&B) -> bool, mut give_up: impl FnMut(&mut B, Written)) {
        let mut at = 0;
        while at < self.entries.len() {
            let entry = &mut self.entries[at];
            if entry.overdue || !is_late(&entry.batch) {
                at += 1;
                continue;
            }
            let in_flight = entry.state == State::InFlight;
            let written = if in_flight || entry.maybe_written { Written::Maybe } else { Written::No };
            give_up(&mut entry.batch, written);
            if in_flight {
                entry.overdue = true;
                at += 1;
            } else {
                self.gap = true;
                self.take(at);
            }
        }
        self.settle();
    }

    /// Gives up all batches, none of which is in flight.
    pub(crate) fn give_up(&mut self, give_up: impl FnMut(&mut B, Written)) {
        self.expire(|_| true, give_up);
    }

    /// Puts parts in the place of the batch `id`, which waits; they share its sequence numbers.
    pub(crate) fn replace(&mut self, id: u64, take_apart: impl FnOnce(B) -> Vec<B>) {
        let Some(at) = self.entries.iter().position(|entry| entry.id == id) else { return };
        let (Some(whole), Some(identity)) = (self.entries.remove(at), self.identity) else { return };
        let (mut base_sequence, mut before) = (whole.base_sequence, whole.before);
        let parts = take_apart(whole.batch);
        let more = (parts.len() as u64).saturating_sub(1);
        self.count += more;
        self.entries.range_mut(at..).for_each(|behind| behind.before += more);
        for (i, mut batch) in parts.into_iter().enumerate() {
            batch.stamp(ProducerStamp { id: identity.id, epoch: identity.epoch, base_sequence });
            let part = Entry {
                id: self.new_id(),
                base_sequence,
                before,
                state: State::Waiting,
                maybe_written: false,
                overdue: false,
                batch,
            };
            base_sequence = following(base_sequence, part.batch.records());
            before += 1;
            self.entries.insert(at + i, part);
        }
    }

    /// Ends the epoch, once nothing is left that was sent under it and is unresolved.
    fn settle(&mut self) {
        if !self.gap || self.entries.iter().any(|entry| entry.state != State::Parked) {
            return;
        }
        let Some(identity) = self.identity else { return };
        match identity.next_epoch().filter(|_| self.renounced.is_none()) {
            Some(next) => self.adopt(next),
            None => {
                self.renounced = Some(identity.id);
                self.identity = None;
            }
        }
    }

    fn take(&mut self, at: usize) -> Option<B> {
        self.entries.remove(at).map(|entry| entry.batch)
    }

    fn take_sequence(&mut self, records: u32) -> i32 {
        let base = self.next_sequence;
        self.next_sequence = following(base, records);
        base
    }

    fn take_place(&mut self) -> u64 {
        self.count += 1;
        self.count - 1
    }

    fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}

/// The sequence number after `records` of them: behind 2³¹ - 1 comes 0.
fn following(sequence: i32, records: u32) -> i32 {
    let next = (i64::from(sequence) + i64::from(records)) & i64::from(i32::MAX);
    i32::try_from(next).unwrap_or_default()
}

#[cfg(test)]
mod tests;
