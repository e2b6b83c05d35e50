//! The words that everybody shares: what is written, what is read, and where it stands.

mod compression;
mod message;
mod payload;
mod progress;
mod record;
mod words;

pub use compression::Compression;
pub use message::{Batch, BatchIter, Message, MessageRef};
pub use payload::Payload;
pub use progress::{CommittedOffset, Offsets, Watermarks};
pub use record::{HeaderRef, Headers, Record};
pub(crate) use words::TopicName;
pub use words::{
    Acks, AddressFamily, Isolation, MetadataRecovery, Offset, Placed, Reset, Switch, Timestamp,
    TopicPartition,
};
