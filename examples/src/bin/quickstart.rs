//! Records from a real file through Kafka and back.
//!
//! Reads the 150 rows of Fisher's Iris data, writes each as JSON with its species as the key, reads everything back, and
//! prints what arrived where. `KAFKA_BOOTSTRAP_SERVERS` says which cluster; without it, an embedded one.

use kafka_sdk::admin::NewTopic;
use kafka_sdk::{Kafka, Message, Offset, Record};
use kafka_sdk_examples::{Result, cluster, exit, progress};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// One flower: the columns of `data/iris.csv`.
#[derive(Debug, Deserialize, Serialize)]
struct Iris {
    sepal_length: f64,
    sepal_width: f64,
    petal_length: f64,
    petal_width: f64,
    species: String,
}

const PARTITIONS: i32 = 3;

#[tokio::main]
async fn main() -> ExitCode {
    exit(run().await)
}

async fn run() -> Result<()> {
    let flowers = read_file(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data/iris.csv"))?;
    let (servers, _cluster) = cluster().await?;
    let kafka = Kafka::connect(&servers).await?;
    let topic = create_topic(&kafka).await?;
    println!("topic {topic} with {PARTITIONS} partitions at {servers}");

    let written = produce(&kafka, &topic, &flowers).await?;
    println!("wrote {}", rate(flowers.len(), written));

    let start = Instant::now();
    let messages = consume(&kafka, &topic, flowers.len()).await?;
    println!("read  {}", rate(messages.len(), start.elapsed()));

    print_partitions(&messages)?;
    if messages.len() == flowers.len() {
        return Ok(());
    }
    Err(format!("{} of {} rows came back", messages.len(), flowers.len()).into())
}

fn read_file(path: &Path) -> Result<Vec<Iris>> {
    let rows =
        csv::Reader::from_path(path).map_err(|e| format!("{}: {e}", path.display()))?.into_deserialize();
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}

/// A topic of this run's own, so that what is read back is what was written.
async fn create_topic(kafka: &Kafka) -> Result<String> {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let topic = format!("quickstart-iris-{}", now.as_millis());
    kafka.admin().create_topics([NewTopic::new(&topic).partitions(PARTITIONS)]).await?.all()?;
    Ok(topic)
}

/// Writes all rows; gives how long it took until the last was acknowledged.
async fn produce(kafka: &Kafka, topic: &str, flowers: &[Iris]) -> Result<Duration> {
    let bar = progress("writing", flowers.len());
    let producer = kafka.producer().await?;
    let topic = producer.topic(topic).await?;
    let start = Instant::now();
    let mut deliveries = Vec::with_capacity(flowers.len());
    for flower in flowers {
        let json = serde_json::to_vec(flower)?;
        deliveries.push(topic.enqueue(Record::new(json).key(&flower.species)).await?);
    }
    for delivery in deliveries {
        delivery.await?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    producer.close().await?;
    Ok(start.elapsed())
}

/// Reads everything that is in the topic.
async fn consume(kafka: &Kafka, topic: &str, expected: usize) -> Result<Vec<Message>> {
    let bar = progress("reading", expected);
    let mut reader = kafka.reader().topic(topic, Offset::Earliest).stop_at_end().await?;
    let mut messages = Vec::new();
    while let Some(message) = reader.next().await {
        messages.push(message?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(messages)
}

fn print_partitions(messages: &[Message]) -> Result<()> {
    let mut counts: BTreeMap<(i32, String), usize> = BTreeMap::new();
    for message in messages {
        let flower: Iris = serde_json::from_slice(message.value().unwrap_or_default())?;
        *counts.entry((message.partition(), flower.species)).or_default() += 1;
    }
    for partition in 0..PARTITIONS {
        let here: Vec<String> = counts
            .iter()
            .filter(|((number, _), _)| *number == partition)
            .map(|((_, species), count)| format!("{count} {species}"))
            .collect();
        let what = if here.is_empty() { "nothing".to_owned() } else { here.join(", ") };
        println!("partition {partition}: {what}");
    }
    Ok(())
}

fn rate(rows: usize, time: Duration) -> String {
    format!(
        "{rows} rows in {:.1} ms ({:.0} rows/s)",
        time.as_secs_f64() * 1e3,
        rows as f64 / time.as_secs_f64()
    )
}
