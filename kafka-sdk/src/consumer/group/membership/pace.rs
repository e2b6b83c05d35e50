//! When to try again.

use crate::backoff::Backoff;
use tokio::time::Instant;

/// How many failures in a row are followed by another attempt at once, where nothing speaks for a pause.
const AT_ONCE: u32 = 3;

/// Pauses between attempts, longer with each failure.
#[derive(Debug)]
pub(super) struct Pace {
    backoff: Backoff,
    random: fastrand::Rng,
    failures: u32,
    not_before: Option<Instant>,
}

/// Whether an attempt that failed is repeated after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// At once; but not for ever.
    AtOnce,
    Paused,
}

impl Pace {
    pub(super) fn new(backoff: Backoff, random: fastrand::Rng) -> Self {
        Self { backoff, random, failures: 0, not_before: None }
    }

    /// For something else, without failures.
    pub(super) fn fresh(&mut self) -> Self {
        Self::new(self.backoff, self.random.fork())
    }

    pub(super) fn failed(&mut self, now: Instant, next: Next) {
        self.failures += 1;
        let counted = match next {
            Next::AtOnce => self.failures.saturating_sub(AT_ONCE),
            Next::Paused => self.failures,
        };
        let pause = (counted > 0).then(|| self.backoff.delay(counted, self.random.f64()));
        self.not_before = pause.map(|pause| now + pause);
    }

    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
        self.not_before = None;
    }

    pub(super) fn may_go(&self, now: Instant) -> bool {
        self.not_before.is_none_or(|time| time <= now)
    }

    /// When [`Self::may_go`] will be true, while it is not.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.not_before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fourth_failure_in_a_row_is_followed_by_a_pause_in_any_case() {
        let now = Instant::now();
        let mut pace = Pace::new(Backoff::RETRY, fastrand::Rng::with_seed(1));
        for _ in 0..3 {
            pace.failed(now, Next::AtOnce);
            assert!(pace.may_go(now));
        }
        pace.failed(now, Next::AtOnce);
        assert!(!pace.may_go(now) && pace.may_go(now + Backoff::RETRY.most));
        pace.succeeded();
        assert!(pace.may_go(now));
        pace.failed(now, Next::Paused);
        assert!(!pace.may_go(now));
        assert!(pace.deadline().is_some_and(|time| pace.may_go(time)));
    }
}
