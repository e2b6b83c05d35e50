//! What it costs at the least: one thread, a blocking socket, bytes made by hand. If this is not well above a client,
//! then the broker or the machine is the limit, and not the client.

mod consume;
mod produce;
mod wire;

use clap::Parser;
use kafka_sdk_benches::harness::{Job, Measured, Report, Task};
use std::io;

fn main() -> io::Result<()> {
    let job = Job::parse();
    let report = match job.task {
        Task::Produce => produce::run(&job)?,
        Task::Consume => consume::run(&job)?,
        Task::Latency | Task::Fill | Task::Resume | Task::First | Task::Rounds => {
            return Err(io::Error::other("the floor only produces and consumes"));
        }
    };
    report.print();
    Ok(())
}

fn report(warm_up_records: u64, measured: Measured) -> Report {
    Report {
        client: "floor".into(),
        warm_up_records,
        measured,
        failed: 0,
        queue_full: 0,
        latency: None,
        held: Vec::new(),
    }
}
