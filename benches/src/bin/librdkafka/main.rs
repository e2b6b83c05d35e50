//! librdkafka by the crate `rdkafka`, on the command line that all clients have.

mod consume;
mod first;
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
        Task::First => return first::run(&job),
        Task::Rounds => panic!("the requests alone are not made by librdkafka"),
    };
    report.print();
}

fn config(job: &Job) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &job.servers).set("client.id", "librdkafka");
    config
}

fn name() -> String {
    format!("librdkafka {}", rdkafka::util::get_rdkafka_version().1)
}

fn is_best(job: &Job) -> bool {
    job.settings == Preference::Best
}

fn report(warm_up_records: u64, measured: Measured) -> Report {
    Report {
        client: name(),
        warm_up_records,
        measured,
        failed: 0,
        queue_full: 0,
        latency: None,
        held: Vec::new(),
    }
}
