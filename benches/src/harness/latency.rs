use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Microseconds, from the moment at which a record was due.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Latency {
    pub p50: f64,
    pub p99: f64,
    pub p99_9: f64,
    pub max: f64,
    /// How late the pacer itself was, at its 99th percentile: what is below that is the pacer's.
    pub pacer_p99: f64,
}

/// All of them, with three digits.
pub struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        Self(Histogram::new(3).expect("three digits are possible"))
    }
}

impl Latencies {
    pub fn record(&mut self, latency: Duration) {
        self.0 += latency.as_nanos() as u64;
    }

    /// With the pacer's lateness.
    #[must_use]
    pub fn summary(&self, pacer: &Self) -> Latency {
        Latency {
            p50: self.at(0.5),
            p99: self.at(0.99),
            p99_9: self.at(0.999),
            max: self.0.max() as f64 / 1e3,
            pacer_p99: pacer.at(0.99),
        }
    }

    fn at(&self, quantile: f64) -> f64 {
        self.0.value_at_quantile(quantile) as f64 / 1e3
    }
}
