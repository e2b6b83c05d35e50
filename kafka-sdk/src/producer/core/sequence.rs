//! Batches with sequence numbers, so that a broker tells a retry from a new batch: their order, sequences and epochs.
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

use super::entries::{Entries, Place, State};
use super::verdict::{Answer, Verdict};
use super::window::{Identity, Outcome, Payload, Rules, Window};
use crate::error::Written;
use kafka_sdk_protocol::records::ProducerStamp;

/// Batches of a partition from the first that is unresolved on: brokers remember the last five (KIP-98). Those that are
/// resolved meanwhile count as well. Else a batch whose answer is lost again and again would be forgotten behind newer
/// ones, and its next attempt be refused although it was written.
pub(super) const WINDOW: u64 = 5;

/// The unresolved batches of a partition, in the order of their sequence numbers.
#[derive(Debug)]
pub(super) struct Sequenced<B> {
    entries: Entries<B>,
    identity: Option<Identity>,
    /// Of the next batch.
    next: Place,
    /// The broker has acknowledged a batch of this epoch. Before that there is only one in flight: a broker that knows
    /// nothing of a producer takes any sequence number as the first one, also of a batch whose predecessor it refused.
    established: bool,
    /// A batch has failed for good: no new batch is admitted before the others are resolved or parked, and then the
    /// epoch ends.
    gap: bool,
    /// The id that is to be used no more.
    renounced: Option<i64>,
    rules: Rules,
}

impl Place {
    /// This one, for a batch with so many records; behind it comes the next.
    fn take(&mut self, records: u32) -> Self {
        let next = Self { base_sequence: following(self.base_sequence, records), before: self.before + 1 };
        std::mem::replace(self, next)
    }
}

impl<B: Payload> Sequenced<B> {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            entries: Entries::new(),
            identity: None,
            next: Place::FIRST,
            established: false,
            gap: false,
            renounced: None,
            rules,
        }
    }

    /// Batches of this epoch before the first of which it is not known whether it is written.
    fn first_unresolved(&self) -> u64 {
        let first = self.entries.iter().find(|entry| entry.state != State::Parked);
        first.map_or(self.next.before, |entry| entry.place.before)
    }

    /// The end of a batch that was given up while it was in flight: if it was not written, its sequence is a gap.
    fn bury(&mut self, at: usize, verdict: Verdict) -> Outcome<B> {
        self.gap |= verdict != Verdict::Done;
        self.entries.take(at);
        Outcome::Gone
    }

    fn park(&mut self, at: usize) -> Outcome<B> {
        self.gap = true;
        if let Some(entry) = self.entries.get_mut(at) {
            entry.state = State::Parked;
        }
        Outcome::Again { stale: false }
    }

    /// Ends the epoch, once nothing is left that was sent under it and is unresolved. What is certainly not written, with
    /// nothing else behind it, waits for that, and is not sent to be refused.
    fn settle(&mut self) {
        if !self.gap {
            return;
        }
        for entry in self.entries.iter_mut().rev() {
            match entry.state {
                State::Parked => {}
                State::Waiting if !entry.maybe_written => entry.state = State::Parked,
                State::Waiting | State::InFlight => return,
            }
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
}

impl<B: Payload> Window<B> for Sequenced<B> {
    fn entries(&self) -> &Entries<B> {
        &self.entries
    }

    fn entries_mut(&mut self) -> &mut Entries<B> {
        &mut self.entries
    }

    fn room(&self) -> usize {
        if self.identity.is_none() || self.gap || self.entries.any(State::Waiting) {
            return 0;
        }
        let most = if self.established { WINDOW } else { 1 };
        let taken = self.next.before - self.first_unresolved();
        usize::try_from(most.saturating_sub(taken)).unwrap_or_default()
    }

    /// The first that waits, unless one behind it is in flight: that one's answer has to come first.
    fn resendable(&self) -> Option<usize> {
        if !self.established && self.entries.any(State::InFlight) {
            return None;
        }
        let first = self.entries.iter().position(|entry| entry.state == State::Waiting)?;
        if self.entries.get(first)?.place.before - self.first_unresolved() >= WINDOW {
            return None;
        }
        let mut behind = self.entries.iter().skip(first);
        behind.all(|entry| entry.state != State::InFlight).then_some(first)
    }

    fn admit(&mut self, mut batch: B) -> Result<u64, B> {
        let Some(identity) = self.identity.filter(|_| self.has_room()) else { return Err(batch) };
        let place = self.next.take(batch.records());
        batch.stamp(identity.stamp(place.base_sequence));
        Ok(self.entries.push(place, batch))
    }

    fn answer(&mut self, id: u64, answer: &Answer) -> Outcome<B> {
        let Some(at) = self.entries.position(id) else { return Outcome::Gone };
        let verdict = self.entries.judge(at, self.gap, self.rules, answer);
        let outcome = match verdict {
            _ if self.entries.get(at).is_some_and(|entry| entry.overdue) => self.bury(at, verdict),
            Verdict::Done => {
                self.established = true;
                self.entries.take(at).map_or(Outcome::Gone, Outcome::Done)
            }
            Verdict::Fail(written) => {
                self.gap = true;
                self.entries.take(at).map_or(Outcome::Gone, |batch| Outcome::Failed(batch, written))
            }
            Verdict::Retry { maybe_written, stale } => {
                self.entries.retry(at, maybe_written);
                Outcome::Again { stale }
            }
            Verdict::Split => {
                self.entries.retry(at, false);
                // The epoch does not end before its parts are there.
                return Outcome::Split;
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

    /// The parts share the sequence numbers of the whole.
    fn replace(&mut self, id: u64, take_apart: fn(B) -> Vec<B>) {
        let Some(at) = self.entries.position(id) else { return };
        let (Some(whole), Some(identity)) = (self.entries.remove(at), self.identity) else { return };
        let parts = take_apart(whole.batch);
        let more = (parts.len() as u64).saturating_sub(1);
        self.next.before += more;
        self.entries.iter_mut().skip(at).for_each(|behind| behind.place.before += more);
        let mut place = whole.place;
        for (i, mut batch) in parts.into_iter().enumerate() {
            batch.stamp(identity.stamp(place.base_sequence));
            self.entries.insert(at + i, place.take(batch.records()), State::Waiting, batch);
        }
        self.settle();
    }

    fn expire(&mut self, is_late: &dyn Fn(&B) -> bool, give_up: &mut dyn FnMut(&mut B, Written)) {
        self.gap |= self.entries.expire(is_late, give_up);
        self.settle();
    }

    fn needs_identity(&self) -> bool {
        self.identity.is_none()
    }

    fn identity(&self) -> Option<Identity> {
        self.identity
    }

    fn renounced(&self) -> Option<i64> {
        self.renounced
    }

    /// The new partition knows nothing of this producer, and would take any sequence as its first: the next epoch begins as
    /// if a batch had failed.
    fn begin_anew(&mut self) {
        self.gap = true;
        self.established = false;
        self.settle();
    }

    /// Sequences start at 0, and what was parked gets the first ones.
    fn adopt(&mut self, identity: Identity) {
        self.identity = Some(identity);
        self.next = Place::FIRST;
        self.established = false;
        self.gap = false;
        self.renounced = None;
        for entry in self.entries.iter_mut() {
            entry.place = self.next.take(entry.batch.records());
            entry.batch.stamp(identity.stamp(entry.place.base_sequence));
            entry.state = State::Waiting;
        }
    }
}

impl Identity {
    fn next_epoch(self) -> Option<Self> {
        Some(Self { epoch: self.epoch.checked_add(1)?, ..self })
    }

    fn stamp(self, base_sequence: i32) -> ProducerStamp {
        ProducerStamp { id: self.id, epoch: self.epoch, base_sequence }
    }
}

/// The sequence number after `records` of them: behind 2³¹ - 1 comes 0.
fn following(sequence: i32, records: u32) -> i32 {
    let next = (i64::from(sequence) + i64::from(records)) & i64::from(i32::MAX);
    i32::try_from(next).unwrap_or_default()
}

#[cfg(test)]
mod tests;
