//! Delays between attempts: exponential, with jitter, bounded (KIP-144, KIP-580).

use std::time::Duration;

/// How long to wait after a number of failures in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backoff {
    pub(crate) first: Duration,
    pub(crate) most: Duration,
}

impl Backoff {
    /// Between connections to one broker. Java: `reconnect.backoff.ms`, `reconnect.backoff.max.ms`.
    pub(crate) const RECONNECT: Self =
        Self { first: Duration::from_millis(50), most: Duration::from_millis(1_000) };
    /// Between attempts of one request. Java: `retry.backoff.ms`, `retry.backoff.max.ms`.
    pub(crate) const RETRY: Self =
        Self { first: Duration::from_millis(100), most: Duration::from_millis(1_000) };

    /// The time after `failures` in a row, twice as long each time.
    pub(crate) fn steady(self, failures: u32) -> Duration {
        self.first.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(self.most)
    }

    /// As [`Self::steady`], up to 20 % less or more (as Java's); `random` is from 0 to 1.
    pub(crate) fn delay(self, failures: u32, random: f64) -> Duration {
        self.steady(failures).mul_f64(0.8 + 0.4 * random.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_bound() {
        let delay = |failures| Backoff::RETRY.delay(failures, 0.5).as_millis();
        assert_eq!([0, 1, 2, 3, 4, 5, 100].map(delay), [100, 100, 200, 400, 800, 1_000, 1_000]);
    }

    #[test]
    fn jitter_is_a_fifth_each_way() {
        assert_eq!(Backoff::RETRY.delay(1, 0.0).as_millis(), 80);
        assert_eq!(Backoff::RETRY.delay(1, 1.0).as_millis(), 120);
    }
}
