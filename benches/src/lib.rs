//! What the benchmarks, the programs and the differential tests share.

mod cpu_time;
mod data;
pub mod figures;
pub mod harness;
pub mod null_broker;
pub mod order;
mod record;

pub use cpu_time::CpuTime;
pub use data::{json, random, tokens};
pub use record::{Record, STAMP};
