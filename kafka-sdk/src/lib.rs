//! A native async client for Apache Kafka: it speaks the protocol over TCP by itself, without librdkafka and without C.
#![forbid(unsafe_code)]

pub mod admin;
mod backoff;
mod client;
mod clock;
mod cluster;
pub mod consumer;
mod drive;
mod error;
mod link;
mod mailbox;
pub mod model;
mod net;
pub mod producer;
#[cfg(feature = "raw")]
pub mod raw;
mod settings;

pub use client::{Kafka, KafkaBuilder};
pub use consumer::Reader;
pub use error::{Advice, Error, ErrorKind, Result, Written};
pub use kafka_sdk_protocol::ErrorCode;
pub use model::{Batch, Message, Offset, Placed, Record, TopicPartition};
pub use producer::{Delivery, Producer};
