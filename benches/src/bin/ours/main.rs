//! This SDK, on the command line that all clients have.

mod consume;
mod fill;
mod first;
mod latency;
mod produce;
mod resume;
mod rounds;

use clap::Parser;
use kafka_sdk::producer::ProducerBuilder;
use kafka_sdk::{Compression, Kafka, Producer, Result, Switch};
use kafka_sdk_benches::harness::{Codec, Counting, Given, Job, Measured, Report, Task};

#[global_allocator]
static COUNTING: Counting = Counting;

/// Tokio as it comes: as many workers as there are cores for this process.
#[tokio::main]
async fn main() {
    let job = Job::parse();
    // In a task, as in a server: the main thread only waits.
    let ran = tokio::spawn(run(job)).await.expect("it does not panic");
    ran.expect("the broker is there");
}

async fn run(job: Job) -> Result<()> {
    let report = match job.task {
        Task::Produce => produce::run(&job).await,
        Task::Consume => consume::run(&job).await,
        Task::Latency => latency::run(&job).await,
        Task::Fill => fill::run(&job).await,
        Task::Resume => resume::run(&job).await,
        Task::First => return first::run(&job).await,
        Task::Rounds => return rounds::run(&job).await,
    };
    report?.print();
    Ok(())
}

const NAME: &str = concat!("kafka-sdk ", env!("CARGO_PKG_VERSION"));

async fn connect(job: &Job) -> Result<Kafka> {
    Kafka::builder(&job.servers).client_id("ours").await
}

async fn producer(job: &Job) -> Result<Producer> {
    let idempotence = if job.idempotent { Switch::On } else { Switch::Off };
    let compression = match job.compression {
        Codec::None => Compression::None,
        Codec::Lz4 => Compression::Lz4,
    };
    let builder = connect(job).await?.producer().idempotence(idempotence).compression(compression);
    let builder = builder.given(job.batch_bytes, ProducerBuilder::batch_size);
    // A request has no more than that, and so has no batch.
    let builder = builder.given(job.largest_batch, ProducerBuilder::max_request_size);
    builder.given(job.linger(), ProducerBuilder::linger).await
}

fn report(warm_up_records: u64, measured: Measured) -> Report {
    Report {
        client: NAME.into(),
        warm_up_records,
        measured,
        failed: 0,
        queue_full: 0,
        latency: None,
        held: Vec::new(),
    }
}
