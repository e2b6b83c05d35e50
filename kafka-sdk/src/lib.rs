//! A native async client for Apache Kafka: it speaks the protocol over TCP by itself, without librdkafka and without C,
//! with every broker from Kafka 2.1 on.
//!
//! [`Kafka`] connects; [`Producer`], [`Consumer`] (a member of a group: see [`consumer`]), [`Reader`] and [`Admin`] come
//! from it. For messages of one type see [`typed`]. They share what is known of the
//! cluster, need a Tokio runtime with I/O and time enabled, and end with the one on which they were built. A producer is
//! made once and shared: it has a buffer, a task and connections of its own, and so has each reader.
//!
//! ```no_run
//! # async fn example() -> kafka_sdk::Result<()> {
//! use kafka_sdk::{Kafka, Offset, Record};
//!
//! let kafka = Kafka::connect("localhost:9092").await?;
//! let producer = kafka.producer().await?;
//! producer.send("orders", Record::new("v").key("k-1")).await?;
//!
//! let mut reader = kafka.reader().topic("orders", Offset::Earliest).stop_at_end().await?;
//! while let Some(message) = reader.next().await {
//!     println!("{:?}", message?.value());
//! }
//! producer.close().await
//! # }
//! ```
//!
//! Logs go to [`tracing`](https://docs.rs/tracing) under the targets `kafka_sdk::net`, `kafka_sdk::cluster`,
//! `kafka_sdk::producer`, `kafka_sdk::consumer` and `kafka_sdk::settings`; payloads and secrets are never in them.
//! [`Kafka::metrics`] tells what was done, and what waits. [`observe`] lists both.
//!
//! What is promised of ordering, duplicates, loss, cancellation and shutdown stands at [`producer`].
//!
//! # Features
//! * `gzip`, `lz4`, `snappy`, `zstd`: compressed record batches, in Rust; all on by default. `zstd-c`: zstd by its C
//!   library.
//! * `derive`: `#[derive(KafkaMessage)]` for [`typed`] messages, in JSON; on by default. `avro`, `protobuf`: further formats
//!   of values. `uuid`: UUIDs as keys and headers.
//! * `raw`: `Kafka::raw`, for calls of any API with the types of `kafka-sdk-protocol`; outside semantic versioning.
#![forbid(unsafe_code)]

pub mod admin;
mod backoff;
mod client;
mod clock;
mod cluster;
pub mod consumer;
mod drive;
mod error;
mod helper;
mod link;
mod mailbox;
pub mod model;
mod net;
pub mod observe;
pub mod producer;
mod properties;
#[cfg(feature = "raw")]
pub mod raw;
mod settings;
pub mod typed;

pub use admin::Admin;
pub use client::{Kafka, KafkaBuilder};
pub use consumer::{Acked, Consumer, ConsumerBuilder, Control, Event, Reader, ReaderBuilder};
pub use error::{Advice, Error, ErrorKind, Result, Written};
/// Says what a type is on the wire: the manual is at the trait [`KafkaMessage`](trait@KafkaMessage).
#[cfg(feature = "derive")]
pub use kafka_sdk_derive::KafkaMessage;
pub use kafka_sdk_protocol::ErrorCode;
pub use kafka_sdk_protocol::api::ApiKey;
pub use kafka_sdk_protocol::wire::Uuid;
pub use model::{
    Acks, AddressFamily, Batch, BatchIter, CommittedOffset, Compression, HeaderRef, Headers, Isolation,
    Message, MessageRef, MetadataRecovery, Offset, Offsets, Payload, Placed, Record, Reset, Switch,
    Timestamp, TopicPartition, Watermarks,
};
pub use observe::Metrics;
pub use producer::{
    BatchReport, Delivery, Enqueue, Partitioner, Partitioning, Partitions, Producer, ProducerBuilder,
    Sending, Spreading, Topic, TopicSink,
};
pub use typed::KafkaMessage;

// The examples in the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(all(doctest, feature = "derive"))]
#[doc = include_str!("../../docs/typed.md")]
struct TypedPage;
