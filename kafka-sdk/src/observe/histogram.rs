//! Durations, counted in buckets that grow with them: four to a doubling, so that a percentile is at most a quarter too
//! high.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Four buckets to a doubling, and as many for the first four microseconds, up to 2³² µs, which is over an hour.
const BUCKETS: usize = 4 * 31;

/// Counts durations as they come.
pub(crate) struct Recorder {
    buckets: [AtomicU64; BUCKETS],
    micros: AtomicU64,
    longest: AtomicU64,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            buckets: [const { AtomicU64::new(0) }; BUCKETS],
            micros: AtomicU64::new(0),
            longest: AtomicU64::new(0),
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read().fmt(f)
    }
}

impl Recorder {
    pub(crate) fn add(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get(bucket_of(micros)) {
            bucket.fetch_add(1, Relaxed);
        }
        self.micros.fetch_add(micros, Relaxed);
        self.longest.fetch_max(micros, Relaxed);
    }

    pub(crate) fn read(&self) -> Histogram {
        Histogram {
            buckets: self.buckets.iter().map(|bucket| bucket.load(Relaxed)).collect(),
            micros: self.micros.load(Relaxed),
            longest: self.longest.load(Relaxed),
        }
    }
}

/// How long something took, each time: counts of durations in buckets, which are at most a quarter wide.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    buckets: Vec<u64>,
    micros: u64,
    longest: u64,
}

impl Histogram {
    /// How many durations were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// The sum of all durations.
    #[must_use]
    pub fn sum(&self) -> Duration {
        Duration::from_micros(self.micros)
    }

    /// The longest of them.
    #[must_use]
    pub fn max(&self) -> Duration {
        Duration::from_micros(self.longest)
    }

    /// The average; zero where nothing was counted.
    #[must_use]
    pub fn mean(&self) -> Duration {
        Duration::from_micros(self.micros.checked_div(self.count()).unwrap_or_default())
    }

    /// Within which time so many percent of them were over, from 0 to 100: never less, and at most a quarter more. Zero
    /// where nothing was counted.
    #[must_use]
    pub fn percentile(&self, percent: f64) -> Duration {
        let count = self.count();
        let rank = (percent.clamp(0.0, 100.0) / 100.0 * count as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, within) in self.buckets.iter().enumerate() {
            seen += within;
            if seen >= rank {
                return Duration::from_micros(longest_in(bucket).min(self.longest));
            }
        }
        Duration::ZERO
    }

    /// The same without what was counted at an earlier time: what has happened since.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let before = earlier.buckets.iter().copied().chain(std::iter::repeat(0));
        Self {
            buckets: self
                .buckets
                .iter()
                .zip(before)
                .map(|(now, before)| now.saturating_sub(before))
                .collect(),
            micros: self.micros.saturating_sub(earlier.micros),
            longest: self.longest,
        }
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histogram")
            .field("count", &self.count())
            .field("mean", &self.mean())
            .field("p50", &self.percentile(50.0))
            .field("p99", &self.percentile(99.0))
            .field("max", &self.max())
            .finish()
    }
}

/// Below 4 a bucket for each number; from there on the two bits behind the first tell it.
fn bucket_of(micros: u64) -> usize {
    let micros = micros.min(u64::from(u32::MAX));
    let bits = micros.max(4).ilog2();
    let place = (micros >> (bits - 2)) & 3;
    let index = if micros < 4 { micros } else { u64::from(bits - 1) * 4 + place };
    usize::try_from(index).unwrap_or(BUCKETS)
}

/// The longest duration that [`bucket_of`] puts there.
fn longest_in(bucket: usize) -> u64 {
    let next = bucket as u64 + 1;
    match next {
        0..=4 => next - 1,
        _ => ((4 + next % 4) << (next / 4 - 1)) - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_one_another_and_are_a_quarter_wide_at_most() {
        let mut last = 0;
        for micros in (0..5_000).chain((12..32).map(|bits| (1 << bits) + 77)).chain([u64::MAX]) {
            let bucket = bucket_of(micros);
            assert!(bucket >= last && bucket < BUCKETS, "{micros}: {bucket}");
            let micros = micros.min(u64::from(u32::MAX));
            assert!(longest_in(bucket) >= micros, "{micros}: {}", longest_in(bucket));
            assert!(longest_in(bucket) <= micros + micros / 4, "{micros}: {}", longest_in(bucket));
            last = bucket;
        }
        assert_eq!(last, BUCKETS - 1);
    }

    #[test]
    fn percentiles_are_never_too_low() {
        let recorder = Recorder::default();
        assert_eq!(recorder.read().percentile(99.0), Duration::ZERO);
        for millis in 1..=100 {
            recorder.add(Duration::from_millis(millis));
        }
        let histogram = recorder.read();
        for percent in [1.0, 50.0, 90.0, 99.0] {
            let (at, exact) = (histogram.percentile(percent).as_secs_f64() * 1e3, percent);
            assert!(at >= exact && at <= exact * 1.25, "{percent} %: {at} ms");
        }
        assert_eq!(histogram.percentile(100.0), Duration::from_millis(100));
        assert_eq!((histogram.count(), histogram.max()), (100, Duration::from_millis(100)));
        assert_eq!(histogram.mean(), Duration::from_micros(50_500));
    }

    #[test]
    fn what_has_happened_since_is_what_is_there_without_what_was() {
        let recorder = Recorder::default();
        recorder.add(Duration::from_secs(1));
        let before = recorder.read();
        recorder.add(Duration::from_millis(1));
        let since = recorder.read().since(&before);
        assert_eq!((since.count(), since.sum()), (1, Duration::from_millis(1)));
        assert_eq!(since.since(&Histogram::default()), since);
    }
}
