//! One broker, as all connections to it count.

use super::{Histogram, Recorder, Seldom};
use kafka_sdk_protocol::api::ApiKey;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::time::Instant;

/// What the connections to one broker have done.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BrokerMetrics {
    /// Its id; none for a bootstrap address.
    pub broker: Option<i32>,
    /// Host and port.
    pub address: String,
    /// Connections that are open now.
    pub connections: usize,
    /// Connections that were opened.
    pub connections_opened: u64,
    /// Attempts to connect that have failed.
    pub connections_failed: u64,
    /// Requests that were handed to connections, without the greeting of each.
    pub requests: u64,
    /// Requests without an answer so far.
    pub in_flight: usize,
    /// Bytes written to the sockets, without greetings.
    pub bytes_out: u64,
    /// Bytes read from the sockets, without greetings.
    pub bytes_in: u64,
    /// From handing a request to its connection to its answer; without fetches, which wait for records on purpose.
    pub latency: Histogram,
    /// The same of fetches.
    pub fetch_latency: Histogram,
    /// How long it has asked the client to be silent, by its quotas (KIP-219), summed up over its connections.
    pub throttled: Duration,
}

/// The counters of a broker.
#[derive(Debug, Default)]
pub(crate) struct BrokerMeter {
    open: AtomicUsize,
    opened: AtomicU64,
    failed: AtomicU64,
    requests: AtomicU64,
    in_flight: AtomicUsize,
    bytes_out: AtomicU64,
    bytes_in: AtomicU64,
    latency: Recorder,
    fetch_latency: Recorder,
    throttled_millis: AtomicU64,
    /// Warnings about its connections.
    pub(crate) warnings: Seldom,
}

impl BrokerMeter {
    pub(crate) fn opened(self: &Arc<Self>) -> OpenMark {
        self.opened.fetch_add(1, Relaxed);
        self.open.fetch_add(1, Relaxed);
        OpenMark(self.clone())
    }

    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    /// It has asked for so much silence.
    pub(crate) fn throttled(&self, millis: u64) {
        self.throttled_millis.fetch_add(millis, Relaxed);
    }

    /// Whether a connection is open.
    pub(crate) fn is_used(&self) -> bool {
        self.open.load(Relaxed) > 0
    }

    pub(crate) fn read(&self, broker: Option<i32>, address: String) -> BrokerMetrics {
        BrokerMetrics {
            broker,
            address,
            connections: self.open.load(Relaxed),
            connections_opened: self.opened.load(Relaxed),
            connections_failed: self.failed.load(Relaxed),
            requests: self.requests.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
            bytes_out: self.bytes_out.load(Relaxed),
            bytes_in: self.bytes_in.load(Relaxed),
            latency: self.latency.read(),
            fetch_latency: self.fetch_latency.read(),
            throttled: Duration::from_millis(self.throttled_millis.load(Relaxed)),
        }
    }
}

/// A connection that is open: as long as it is there.
#[derive(Debug)]
pub(crate) struct OpenMark(Arc<BrokerMeter>);

impl OpenMark {
    pub(crate) fn wrote(&self, bytes: usize) {
        self.0.bytes_out.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn read(&self, bytes: usize) {
        self.0.bytes_in.fetch_add(bytes as u64, Relaxed);
    }
}

impl Drop for OpenMark {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
    }
}

/// A request that has no answer yet: as long as it is there.
#[derive(Debug)]
pub(crate) struct Pending {
    meter: Arc<BrokerMeter>,
    since: Instant,
    api: ApiKey,
}

impl Pending {
    pub(crate) fn new(meter: Arc<BrokerMeter>, api: ApiKey, since: Instant) -> Self {
        meter.requests.fetch_add(1, Relaxed);
        meter.in_flight.fetch_add(1, Relaxed);
        Self { meter, since, api }
    }

    /// Its answer has come.
    pub(crate) fn answered(&self, now: Instant) {
        let latency = match self.api {
            ApiKey::FETCH => &self.meter.fetch_latency,
            _ => &self.meter.latency,
        };
        latency.add(now.saturating_duration_since(self.since));
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.meter.in_flight.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_and_in_flight_is_counted_as_long_as_it_is() {
        let (meter, now) = (Arc::new(BrokerMeter::default()), Instant::now());
        let mark = meter.opened();
        let pending = [ApiKey::FETCH, ApiKey::PRODUCE].map(|api| Pending::new(meter.clone(), api, now));
        mark.wrote(10);
        mark.read(5);
        let read = || meter.read(Some(1), "h:1".into());
        assert_eq!((read().connections, read().in_flight, read().requests), (1, 2, 2));
        pending[0].answered(now + Duration::from_secs(1));
        drop((pending, mark));
        meter.failed();
        let after = read();
        assert_eq!((after.connections, after.in_flight), (0, 0));
        assert_eq!((after.connections_opened, after.connections_failed, after.requests), (1, 1, 2));
        assert_eq!((after.bytes_out, after.bytes_in), (10, 5));
        assert_eq!((after.fetch_latency.count(), after.latency.count()), (1, 0));
    }
}
