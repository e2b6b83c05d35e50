//! One broker socket: dialled, greeted, and then driven by a task of its own.
//!
//! ```text
//! Connection::open: dial -> ApiVersions -> spawn driver
//! submit ──> queue ──> driver: writes in order of submission, reads, matches answers in the same order
//! ```
//! A connection that has failed once stays failed: whoever waits on it hears why, and whether its request can have
//! reached the broker. Reconnecting is the business of the layer above.

mod address;
mod connection;
mod dial;
mod failure;
mod frame;
mod handshake;
mod race;
mod versions;

pub(crate) use address::Address;
pub(crate) use connection::{Connection, Setup};
pub(crate) use dial::Dialer;
#[cfg(feature = "testing")]
pub(crate) use dial::Resolver;
pub(crate) use failure::{Failure, Unanswered};
pub(crate) use frame::FramePool;
pub(crate) use handshake::{Expected, WITH_IDENTITY, introduction};
pub(crate) use race::first_success;
