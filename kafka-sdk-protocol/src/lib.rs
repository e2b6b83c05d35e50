//! The Kafka protocol as bytes and messages, without I/O.
//!
//! * [`api`]: every client-facing request and response in every version, generated from Kafka's own schemas.
//! * [`message`]: what they have in common, and whole frames.
//! * [`records`]: record batches, written on append and read as borrowed views.
//! * [`wire`]: the primitive types.
//!
//! ```
//! use kafka_sdk_protocol::api::{ApiVersionsRequest, MetadataRequest, metadata::MetadataRequestTopic};
//! use kafka_sdk_protocol::message::{Message, request_frame};
//!
//! let topic = MetadataRequestTopic { name: Some("orders".into()), ..Default::default() };
//! let request = MetadataRequest { topics: Some(vec![topic]), ..Default::default() };
//! let frame = request_frame(&request, 12, 7, Some("my-client"))?.concat();
//! assert_eq!(frame.len(), 4 + i32::from_be_bytes(frame[..4].try_into()?) as usize);
//!
//! // A field that a version does not have is an error, not a silent loss.
//! let named = ApiVersionsRequest { client_software_name: "me".into(), ..Default::default() };
//! assert!(named.encode(0).is_ok(), "Kafka calls this one ignorable");
//! assert!(MetadataRequest { include_topic_authorized_operations: true, ..request }.encode(7).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

pub mod api;
mod error;
mod error_code;
pub mod message;
pub mod records;
pub mod wire;

pub use error::{DecodeError, DecodeErrorKind, EncodeError};
pub use error_code::ErrorCode;
