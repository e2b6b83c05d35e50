//! What the programs of all clients share: one command line, the same records, one way to measure, one report.

mod allocator;
mod cores;
mod job;
mod latency;
mod meter;
mod pacer;
mod payloads;
mod report;
mod resume;
mod timings;

pub use allocator::{Counting, Heap};
pub use cores::{on_core, pin_thread};
pub use job::{Codec, Given, Job, Preference, Protocol, Task, Way};
pub use latency::{Latencies, Latency};
pub use meter::{Meter, resident_bytes};
pub use pacer::Pacer;
pub use payloads::{POOL, Payloads};
pub use report::{Held, Measured, Report};
pub use resume::Drains;
pub use timings::Timings;
