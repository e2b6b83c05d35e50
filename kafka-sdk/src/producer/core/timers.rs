//! When the sender has to look again.

use std::collections::{BTreeSet, HashMap};
use tokio::time::Instant;

/// What the sender wants to be reminded of. A reminder that comes too early does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Timer {
    /// A partition may have something to send.
    Consider(usize),
    /// A partition may have batches that ran out of time.
    Expire(usize),
    /// A broker may be connected to again.
    Ship(i32),
    /// The producer id is to be asked for again.
    Identify,
    /// A topic may not have been written to for long.
    Forget,
}

/// Reminders by time, each once: at the earliest time that it was set to.
#[derive(Debug, Default)]
pub(super) struct Timers {
    by_time: BTreeSet<(Instant, Timer)>,
    times: HashMap<Timer, Instant>,
}

impl Timers {
    pub(super) fn set(&mut self, at: Instant, timer: Timer) {
        match self.times.get(&timer) {
            Some(set) if *set <= at => return,
            Some(set) => drop(self.by_time.remove(&(*set, timer))),
            None => {}
        }
        self.times.insert(timer, at);
        self.by_time.insert((at, timer));
    }

    pub(super) fn first(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// The next one that is due.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Timer> {
        if self.first()? > now {
            return None;
        }
        let (_, timer) = self.by_time.pop_first()?;
        self.times.remove(&timer);
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_reminder_is_there_once_at_its_earliest_time() {
        let (mut timers, now) = (Timers::default(), Instant::now());
        let after = |seconds| now + Duration::from_secs(seconds);
        for seconds in [5, 9, 3, 7] {
            timers.set(after(seconds), Timer::Consider(1));
        }
        timers.set(after(4), Timer::Ship(1));
        assert_eq!((timers.first(), timers.by_time.len()), (Some(after(3)), 2));
        assert_eq!(timers.pop(after(2)), None);
        assert_eq!(timers.pop(after(9)), Some(Timer::Consider(1)));
        timers.set(after(8), Timer::Consider(1));
        assert_eq!(
            (timers.pop(after(9)), timers.pop(after(9))),
            (Some(Timer::Ship(1)), Some(Timer::Consider(1)))
        );
    }
}
