//! Writes to real brokers under faults, and has Kafka's own reader check what the client said about each record.
//!
//! ```text
//! writer.rs ──records──> client under test ──> proxy ──> three brokers <── fault.rs, world.rs
//!    │ what it is told                                        │
//!    v                                                        v
//! book.rs  <──────────── compared by ─────────── witness.rs: Kafka's console consumer, and our reader
//! ```

pub mod book;
pub mod fault;
pub mod payload;
pub mod run;
pub mod witness;
pub mod world;
pub mod writer;
