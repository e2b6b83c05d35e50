//! Brokers that there is something for, and that have taken nothing for a while.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Written by the sender, read where records are spread over partitions.
#[derive(Debug)]
pub(super) struct Stalls {
    /// After how long a broker counts as stalled; zero for never.
    after: Duration,
    /// Since when each of them takes nothing.
    since: Mutex<HashMap<i32, Instant>>,
}

impl Stalls {
    pub(super) fn new(after: Duration) -> Self {
        Self { after, since: Mutex::default() }
    }

    fn since(&self) -> MutexGuard<'_, HashMap<i32, Instant>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the broker took something just now, and whether there is more for it.
    pub(super) fn note(&self, now: Instant, broker: i32, took: bool, waiting: bool) {
        if self.after.is_zero() {
            return;
        }
        let mut since = self.since();
        if took || !waiting {
            since.remove(&broker);
        }
        if waiting {
            since.entry(broker).or_insert(now);
        }
    }

    /// The brokers that are stalled: usually none.
    pub(super) fn stalled(&self, now: Instant) -> Vec<i32> {
        if self.after.is_zero() {
            return Vec::new();
        }
        let late = |since: &Instant| *since + self.after <= now;
        self.since().iter().filter(|(_, since)| late(since)).map(|(broker, _)| *broker).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_stalled_that_takes_nothing_although_there_is_something() {
        let (stalls, start) = (Stalls::new(Duration::from_secs(1)), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        stalls.note(at(0), 1, false, true);
        stalls.note(at(0), 2, false, true);
        stalls.note(at(900), 1, false, true);
        stalls.note(at(900), 2, true, true);
        assert!(stalls.stalled(at(999)).is_empty());
        assert_eq!(stalls.stalled(at(1_000)), [1]);
        stalls.note(at(1_001), 1, true, false);
        assert_eq!((stalls.stalled(at(1_500)), stalls.stalled(at(1_900))), (vec![], vec![2]));
    }

    #[test]
    fn without_a_time_none_ever_is() {
        let (stalls, now) = (Stalls::new(Duration::ZERO), Instant::now());
        stalls.note(now, 1, false, true);
        assert!(stalls.stalled(now + Duration::from_secs(900)).is_empty());
    }
}
