//! librdkafka by the crate `rdkafka`, on the command line that all clients have.

mod consume;
mod produce;

use clap::Parser;
use kafka_sdk_benches::harness::{Job, Measured, Preference, Report, Task};
use rdkafka::ClientConfig;

fn main() {
    let job = Job::parse();
    let report = match job.task {
        Task::Produce => produce::produce(&job),
        Task::Consume => consume::run(&job),
        Task::Latency => produce::latency(&job),
        Task::Fill => produce::fill(&job),
        Task::Resume => consume::resume(&job),
    };
    report.print();
}

fn config(job: &Job) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &job.servers).set("client.id", "librdkafka");
    config
}

fn is_best(job: &Job) -> bool {
    job.settings == Preference::Best
}

fn report(warm_up_records: u64, measured: Measured) -> Report {
    Report {
        client: format!("librdkafka {}", rdkafka::util::get_rdkafka_version().1),
        warm_up_records,
        measured,
        failed: 0,
        queue_full: 0,
        latency: None,
        held: Vec::new(),
    }
}
