//! Reading records.
//!
//! A [`Reader`] reads given partitions, without a group; a [`Consumer`] shares them with the other members of its group.
//! One task fetches ahead from all brokers, within a budget of
//! bytes; batches are checked and taken apart where they are handed out, in `next` and `next_batch`.

mod aborted;
mod acked;
mod assignment;
mod budget;
mod builder;
mod changes;
mod chunk;
#[allow(clippy::module_inception, reason = "as the others, named by the type that it has")]
mod consumer;
mod consumer_builder;
mod consumer_control;
mod control;
mod event;
mod feed;
mod fetch;
mod fetching;
mod group;
mod hand_out;
mod idle;
mod item;
mod metrics;
mod partitions;
mod position;
mod properties;
mod pulse;
mod reader;
mod request;
mod run;
mod settings;
mod slot;
mod start;
mod tracker;

pub use acked::{Ack, Acked};
pub use builder::ReaderBuilder;
pub use consumer::Consumer;
pub use consumer_builder::ConsumerBuilder;
pub use consumer_control::{ConsumerControl, GroupMetadata};
pub use control::Control;
pub use event::Event;
pub use group::{RebalanceListener, assignor};
pub use item::Item;
pub(crate) use properties::{CONSUMER_NAMES, NAMES};
pub use settings::{Commit, GroupProtocol};

pub use partitions::{PartitionStream, Partitions};
pub use reader::Reader;
pub(crate) use start::offsets_of;
