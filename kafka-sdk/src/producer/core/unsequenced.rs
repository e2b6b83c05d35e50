//! Batches without sequence numbers: a broker cannot tell a retry from a new batch, so a retry may write records twice.
//! Their order holds as long as there is one in flight.

use super::entries::{Entries, Place, State};
use super::verdict::{Answer, Verdict};
use super::window::{Outcome, Payload, Rules, Window};
use crate::error::Written;
use kafka_sdk_protocol::records::ProducerStamp;

/// The unresolved batches of a partition.
#[derive(Debug)]
pub(super) struct Unsequenced<B> {
    entries: Entries<B>,
    rules: Rules,
}

impl<B: Payload> Unsequenced<B> {
    pub(super) fn new(rules: Rules) -> Self {
        Self { entries: Entries::new(), rules }
    }
}

impl<B: Payload> Window<B> for Unsequenced<B> {
    fn entries(&self) -> &Entries<B> {
        &self.entries
    }

    fn entries_mut(&mut self) -> &mut Entries<B> {
        &mut self.entries
    }

    /// However many are in flight: those of the connection are counted elsewhere.
    fn room(&self) -> usize {
        if self.entries.any(State::Waiting) { 0 } else { usize::MAX }
    }

    fn resendable(&self) -> Option<usize> {
        self.entries.iter().position(|entry| entry.state == State::Waiting)
    }

    fn admit(&mut self, mut batch: B) -> Result<u64, B> {
        if !self.has_room() {
            return Err(batch);
        }
        batch.stamp(ProducerStamp::NONE);
        Ok(self.entries.push(Place::FIRST, batch))
    }

    fn answer(&mut self, id: u64, answer: &Answer) -> Outcome<B> {
        let Some(at) = self.entries.position(id) else { return Outcome::Gone };
        let verdict = self.entries.judge(at, false, self.rules, answer);
        if self.entries.get(at).is_some_and(|entry| entry.overdue) {
            self.entries.take(at);
            return Outcome::Gone;
        }
        match verdict {
            Verdict::Done => self.entries.take(at).map_or(Outcome::Gone, Outcome::Done),
            Verdict::Fail(written) => {
                self.entries.take(at).map_or(Outcome::Gone, |batch| Outcome::Failed(batch, written))
            }
            Verdict::Retry { maybe_written, stale } => {
                self.entries.retry(at, maybe_written);
                Outcome::Again { stale }
            }
            Verdict::Split => {
                self.entries.retry(at, false);
                Outcome::Split
            }
            // There is no sequence to be changed.
            Verdict::Resequence | Verdict::Renew => {
                self.entries.retry(at, false);
                Outcome::Again { stale: false }
            }
        }
    }

    /// The parts may have been written if the whole may have been.
    fn replace(&mut self, id: u64, take_apart: fn(B) -> Vec<B>) {
        let Some(at) = self.entries.position(id) else { return };
        let Some(whole) = self.entries.remove(at) else { return };
        for (i, mut batch) in take_apart(whole.batch).into_iter().enumerate() {
            batch.stamp(ProducerStamp::NONE);
            self.entries.insert(at + i, Place::FIRST, State::Waiting, batch);
            self.entries.retry(at + i, whole.maybe_written);
        }
    }

    fn expire(&mut self, is_late: &dyn Fn(&B) -> bool, give_up: &mut dyn FnMut(&mut B, Written)) {
        self.entries.expire(is_late, give_up);
    }
}

#[cfg(test)]
mod tests;
