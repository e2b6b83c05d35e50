//! Reading records.
//!
//! A [`Reader`] reads given partitions, without a group; a [`Consumer`] shares them with the other members of its group.
//! One task fetches ahead from all brokers, within a budget of
//! bytes; batches are checked and taken apart where they are handed out, in `next` and `next_batch`.
//!
#![doc = include_str!("../../docs/groups.md")]

mod assignment;
mod feed;
mod fetch;
mod fetched;
mod group;
mod member;
mod properties;
mod reader;
mod settings;
mod start;

pub use feed::acked::{Ack, Acked};
pub use feed::event::Event;
pub use feed::item::{AckedItem, Item, ReadItem};
pub(crate) use feed::item::{Carries, Counts, Decoder, Hand};
pub use group::control::{ConsumerControl, GroupMetadata};
pub use group::{Leaving, RebalanceListener, assignor};
pub use member::Consumer;
pub use member::builder::ConsumerBuilder;
pub use member::partitions::{PartitionStream, Partitions};
pub(crate) use properties::{CONSUMER_NAMES, NAMES};
pub use reader::Reader;
pub use reader::builder::ReaderBuilder;
pub use reader::control::Control;
pub use settings::{Commit, GroupProtocol};
pub(crate) use start::offsets_of;
