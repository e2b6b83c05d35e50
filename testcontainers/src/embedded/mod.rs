//! Kafka in the test process: nodes on real sockets, without Java, in milliseconds.
//!
//! ```text
//! builder ─▶ cluster        nodes that listen; killed, stopped, paused, restarted
//!             └▶ connection    frames in, answers out, one request at a time
//!                 ├▶ rules        faults as data: which requests, and what becomes of them
//!                 └▶ api/         one file an API: request and state in, answer out
//!                     └▶ state/      nodes, topics, partitions, logs, producers, fetch sessions
//! folder                    logs that outlive the cluster
//! versions, configs         what releases differ in; what topics can be set to
//! ```
//!
//! Everything from `api/` on is plain code under one lock: no I/O, no clock, no waiting.

mod api;
mod builder;
mod clock;
mod cluster;
mod configs;
mod connection;
mod folder;
mod plan;
mod state;
mod versions;

pub use builder::EmbeddedBuilder;
pub(crate) use cluster::Cluster;
