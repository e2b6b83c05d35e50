//! Reading records.
//!
//! A [`Reader`] reads given partitions, without a group. One task fetches ahead from all brokers, within a budget of
//! bytes; batches are checked and taken apart where they are handed out, in [`Reader::next`] and
//! [`Reader::next_batch`].

mod aborted;
mod assignment;
mod budget;
mod builder;
mod chunk;
mod control;
mod event;
mod feed;
mod fetch;
mod group;
mod hand_out;
mod idle;
mod metrics;
mod position;
mod properties;
mod reader;
mod request;
mod settings;
mod slot;
mod start;

pub use builder::ReaderBuilder;
pub use control::Control;
pub use event::Event;
pub use group::assignor;
pub(crate) use properties::{GROUP_NAMES, NAMES};
pub use reader::Reader;
pub(crate) use start::offsets_of;
