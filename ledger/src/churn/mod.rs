//! A group whose members are processes that come, leave, are killed, freeze and doze, while its coordinator is killed,
//! partitions are added and records are written.
//!
//! ```text
//! run.rs ──when──> events.rs ──what──> crew.rs ──signals, words──> member.rs, one process each ──> three brokers
//!    │ <──────────────────────rest.rs───── │ lines: what it is given, hands out and has processed
//!    │ what is committed, and when         v
//!    └────────────────────────────────> audit.rs: each record processed, each partition with one member at a time, ...
//! ```

pub mod audit;
pub mod crew;
pub mod defects;
mod events;
pub mod line;
pub mod member;
pub mod options;
pub mod orders;
pub mod plan;
pub mod report;
mod rest;
pub mod run;
mod topic;
