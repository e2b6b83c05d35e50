//! What is counted: meters are where something happens, and the registry makes a snapshot of them when it is asked.

#![doc = include_str!("../../docs/observability.md")]
//!
//! # How it is counted
//! Who does something counts it, in atomics of its own: per request, connection or batch, and never per record.

mod broker;
mod histogram;
mod producer;
mod reader;
mod registry;
mod seldom;

pub use broker::BrokerMetrics;
pub(crate) use broker::{BrokerMeter, OpenMark, Pending};
pub use histogram::Histogram;
pub(crate) use histogram::Recorder;
pub(crate) use producer::PartitionMeter;
pub use producer::{ProducerMetrics, ProducerPartitionMetrics};
pub(crate) use reader::FetchMeter;
pub use reader::{ReaderMetrics, ReaderPartitionMetrics};
pub(crate) use registry::{Registry, Source};
pub(crate) use seldom::{Seldom, warn_seldom};

/// What a client and all that came from it have done so far, and what they are at: counters begin at 0 when what they
/// count begins, and never go down.
///
/// ```no_run
/// # fn example(kafka: &kafka_sdk::Kafka) {
/// let metrics = kafka.metrics();
/// for broker in &metrics.brokers {
///     println!("{}: {} requests, 99 % within {:?}", broker.address, broker.requests, broker.latency.percentile(99.0));
/// }
/// for partition in metrics.readers.iter().flat_map(|reader| &reader.partitions) {
///     match partition.lag {
///         Some(lag) => println!("{}-{}: {lag} offsets behind", partition.topic, partition.partition),
///         None => println!("{}-{}: no answer yet", partition.topic, partition.partition),
///     }
/// }
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// The brokers that the client has connections to or knows of, and the bootstrap addresses that it has used.
    pub brokers: Vec<BrokerMetrics>,
    /// The producers that there are, oldest first. A producer is there until it has sent everything.
    pub producers: Vec<ProducerMetrics>,
    /// The readers that there are, oldest first.
    pub readers: Vec<ReaderMetrics>,
    /// Bytes of memory that answers of more than 32 KiB are in: what readers have buffered, and what messages and batches
    /// keep that the application holds. One small message keeps the whole answer that it came with; where this stays far
    /// above what readers have buffered, messages are kept that should be [detached](crate::Message::detach). What was
    /// compressed is kept batch by batch, taken apart, and does not count.
    pub answer_bytes: usize,
}
