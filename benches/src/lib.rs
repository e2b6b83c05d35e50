//! What the benchmarks and the differential tests share.

mod cpu_time;
mod data;
mod record;

pub use cpu_time::CpuTime;
pub use data::{json, random, tokens};
pub use record::{Record, STAMP};
