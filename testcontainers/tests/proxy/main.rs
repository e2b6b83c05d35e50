//! The proxy: each reaction in front of a broker that follows a script, and in front of real ones.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod brokers;
mod client;
mod cluster;
mod kafka;
mod reactions;
mod repeats;
mod scripted;
mod streams;
mod subjects;
#[cfg(feature = "tls")]
mod tls;
