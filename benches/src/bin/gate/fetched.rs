//! How many bytes a client fetches for those that there are: on a real broker, since a null broker's log has no end.

use crate::arguments::Arguments;
use crate::programs::{Program, Programs};
use crate::rows::Bound;
use crate::run::{finish, spawn};
use kafka_sdk::raw::Route;
use kafka_sdk::{Kafka, Record};
use kafka_sdk_benches::harness::{Payloads, Report};
use kafka_sdk_protocol::api::DescribeLogDirsRequest;
use kafka_sdk_protocol::api::describe_log_dirs::DescribableLogDirTopic;
use kafka_sdk_testcontainers::{Api, TestKafka, TestProxy};
use std::error::Error;
use std::process::Command;
use std::time::Duration;

pub(super) const NAME: &str = "fetched, of a real broker's log in batches of 16 KiB";
pub(super) const BOUNDS: (Bound, Bound) = (Bound::AtMost(1.05), Bound::AtMost(1.01));

/// Bytes in answers to fetches, for each byte of the log.
pub(super) struct Fetched {
    pub(super) name: &'static str,
    pub(super) ratio: f64,
    pub(super) is_ours: bool,
}

const TOPIC: &str = "bench";
const PARTITIONS: i32 = 4;
const BATCH: usize = 16 << 10;
/// Many times what a client fetches ahead, or what is left over at the end would count.
const RECORDS: u64 = 2_048 * 1_024;

const CLIENTS: [(&str, Program, &[&str]); 5] = [
    ("ours, borrowed", Program::Ours, &["--way", "borrowed"]),
    ("ours, owned", Program::Ours, &[]),
    ("franz-go", Program::FranzGo, &["--settings", "best"]),
    ("librdkafka, poll", Program::Librdkafka, &[]),
    ("librdkafka, batch queue", Program::Librdkafka, &["--way", "batch-queue", "--settings", "best"]),
];

pub(super) fn run(arguments: &Arguments, programs: &Programs) -> Result<Vec<Fetched>, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let (kafka, bytes) = runtime.block_on(filled()).map_err(|error| format!("no real broker: {error}"))?;
    let mut all = Vec::new();
    for (name, program, more) in CLIENTS {
        let proxy = TestProxy::in_front_of(kafka.bootstrap_servers()).start();
        let proxy = runtime.block_on(proxy).map_err(|error| error.to_string())?;
        let report = programs.path(program).and_then(|path| {
            let command = consumer(path, proxy.bootstrap_servers(), more);
            finish(spawn(command, arguments.client_core)?, Duration::from_secs(180))
        });
        match report {
            Ok(report) => {
                refuse(&report)?;
                let ratio = proxy.answered_bytes(Api::Fetch) as f64 / bytes as f64;
                eprintln!("  {name:28} {ratio:.3}");
                all.push(Fetched { name, ratio, is_ours: program == Program::Ours });
            }
            Err(why) if program == Program::Ours => return Err(why),
            Err(why) => eprintln!("  {name:28} {why}"),
        }
    }
    Ok(all)
}

fn consumer(path: std::path::PathBuf, servers: &str, more: &[&str]) -> Command {
    let mut command = Command::new(path);
    command.args(["consume", "--servers", servers, "--topic", TOPIC, "--seconds", "150"]).args(more);
    command.args(["--partitions", &PARTITIONS.to_string(), "--records", &RECORDS.to_string()]);
    command
}

/// What was fetched and not handed out would flatter.
fn refuse(report: &Report) -> Result<(), String> {
    let records = report.measured.records;
    if records == RECORDS { Ok(()) } else { Err(format!("{records} of {RECORDS} records were handed out")) }
}

/// A real broker with a full topic, and how many bytes its log has.
async fn filled() -> Result<(TestKafka, u64), Box<dyn Error>> {
    let kafka = TestKafka::jvm().topic(TOPIC, PARTITIONS).start().await?;
    let client = Kafka::connect(kafka.bootstrap_servers()).await?;
    // A request is no larger than that, and so no batch is.
    let producer = client.producer().batch_size(BATCH).max_request_size(BATCH).await?;
    let topic = producer.topic(TOPIC).await?;
    let mut payloads = Payloads::new(100, PARTITIONS);
    for _ in 0..RECORDS {
        let (value, partition) = payloads.take();
        topic.enqueue(Record::new(value).partition(partition)).await?.forget();
    }
    producer.close().await?;
    let bytes = log_bytes(&client).await?;
    let least = RECORDS * 100;
    if !(least..least * 5 / 4).contains(&bytes) {
        return Err(format!("the log has {bytes} bytes for {RECORDS} records of 100").into());
    }
    Ok((kafka, bytes))
}

async fn log_bytes(client: &Kafka) -> Result<u64, Box<dyn Error>> {
    let partitions: Vec<i32> = (0..PARTITIONS).collect();
    let request = || {
        let topic = DescribableLogDirTopic { topic: TOPIC.into(), partitions: partitions.clone() };
        DescribeLogDirsRequest { topics: Some(vec![topic]) }
    };
    let described =
        client.raw().call(&Route::Broker(1), Duration::from_secs(10), |_version| request()).await?;
    let topics = described.results.iter().flat_map(|folder| &folder.topics);
    let sizes = topics.flat_map(|topic| &topic.partitions).map(|partition| partition.partition_size);
    Ok(sizes.sum::<i64>() as u64)
}
