use std::collections::BTreeSet;
use tokio::time::Instant;

/// What the sender wants to be reminded of. A reminder that comes too early does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// A partition may have something to send.
    Consider(usize),
    /// A partition may have batches that ran out of time.
    Expire(usize),
    /// A broker may be connected to again.
    Ship(i32),
    /// The producer id is to be asked for again.
    Identify,
}

/// Reminders by time.
#[derive(Debug, Default)]
pub(super) struct Timers(BTreeSet<(Instant, Timer)>);

impl Timers {
    pub(super) fn set(&mut self, at: Instant, timer: Timer) {
        self.0.insert((at, timer));
    }

    pub(super) fn first(&self) -> Option<Instant> {
        self.0.first().map(|(at, _)| *at)
    }

    /// The next one that is due.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Timer> {
        if self.first()? > now {
            return None;
        }
        self.0.pop_first().map(|(_, timer)| timer)
    }
}
