//! Writes to real brokers under faults, and has Kafka's own reader check what the client said about each record.
//!
//! ```text
//! writer.rs ──records──> client under test ──> proxy ──> three brokers <── fault.rs, world.rs
//!    │ what it is told                                        │
//!    v                                                        v
//! book.rs  <──────────── compared by ─────────── witness.rs: Kafka's console consumer, and reader.rs: ours
//! ```
//!
//! One writer (`fickle.rs`) and one reader drop their futures before they are done (`drops.rs`), and go on.

pub mod book;
pub mod churn;
pub mod drops;
pub mod fault;
pub mod fickle;
pub mod options;
pub mod payload;
pub mod reader;
pub mod report;
pub mod run;
pub mod witness;
pub mod world;
pub mod writer;
