//! Three stations stream what they measure, each to its topic, row by row to two partitions by turns; then a consumer for
//! each partition writes what is in it to a file of its own, and commits how far it has come.
//!
//! `--delay` says how many seconds lie between two rows of a station, `--data` where `AIR.csv`, `EARTH.csv` and `WATER.csv`
//! are, `--out` where the files go. `KAFKA_BOOTSTRAP_SERVERS` says which cluster; without it, an embedded one. What goes
//! wrong at one station is reported, and does not stop the others.

use indicatif::MultiProgress;
use kafka_sdk::{Event, Kafka, KafkaMessage, Producer, Reset};
use kafka_sdk_examples::{Flags, Result, cluster, exit, progress, two_partitions_each};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::sleep;

#[derive(Debug, Deserialize, Serialize, KafkaMessage)]
#[serde(rename_all = "PascalCase")]
#[kafka(topic = "AIR", format = json)]
struct Air {
    time: String,
    station: String,
    temperature: f64,
    moisture: f64,
    light: f64,
    #[serde(rename = "Total_Rainfall")]
    total_rainfall: f64,
    rainfall: f64,
    #[serde(rename = "Wind_Direction")]
    wind_direction: f64,
    #[serde(rename = "PM2.5")]
    pm2_5: f64,
    #[serde(rename = "PM10")]
    pm10: f64,
    #[serde(rename = "CO")]
    co: f64,
    #[serde(rename = "NOx")]
    nox: f64,
    #[serde(rename = "SO2")]
    so2: f64,
}

#[derive(Debug, Deserialize, Serialize, KafkaMessage)]
#[serde(rename_all = "PascalCase")]
#[kafka(topic = "EARTH", format = json)]
struct Earth {
    time: String,
    station: String,
    moisture: f64,
    temperature: f64,
    salinity: f64,
    #[serde(rename = "pH")]
    ph: f64,
    #[serde(rename = "Water_Root")]
    water_root: f64,
    #[serde(rename = "Water_Leaf")]
    water_leaf: f64,
    #[serde(rename = "Water_Level")]
    water_level: f64,
    voltage: f64,
}

#[derive(Debug, Deserialize, Serialize, KafkaMessage)]
#[serde(rename_all = "PascalCase")]
#[kafka(topic = "WATER", format = json)]
struct Water {
    time: String,
    station: String,
    #[serde(rename = "pH")]
    ph: f64,
    #[serde(rename = "DO")]
    dissolved_oxygen: f64,
    temperature: f64,
    salinity: f64,
}

/// What a station measures at a time.
trait Reading: KafkaMessage + Serialize + DeserializeOwned {
    /// Of the topic, and of the file.
    const NAME: &'static str = match Self::TOPIC {
        Some(topic) => topic,
        None => "",
    };
}

impl Reading for Air {}
impl Reading for Earth {}
impl Reading for Water {}

const GROUP: &str = "sensors";

#[tokio::main]
async fn main() -> ExitCode {
    exit(run().await)
}

async fn run() -> Result<()> {
    let flags = Flags::read(&["--delay", "--data", "--out"])?;
    let stations = Stations {
        delay: flags.seconds("--delay", 0.0)?,
        data: flags.text("--data", concat!(env!("CARGO_MANIFEST_DIR"), "/data")).into(),
        bars: MultiProgress::new(),
    };
    let out = PathBuf::from(flags.text("--out", "."));
    std::fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
    let (servers, _cluster) = cluster().await?;
    let kafka = Kafka::connect(&servers).await?;
    two_partitions_each(&kafka, &[Air::NAME, Earth::NAME, Water::NAME]).await?;

    let producer = kafka.producer().await?;
    let sent = tokio::join!(
        stations.stream::<Air>(&producer),
        stations.stream::<Earth>(&producer),
        stations.stream::<Water>(&producer),
    );
    producer.close().await?;
    let stored =
        tokio::join!(store::<Air>(&kafka, &out), store::<Earth>(&kafka, &out), store::<Water>(&kafka, &out));

    let all = [sent.0, sent.1, sent.2, stored.0, stored.1, stored.2].into_iter().all(|well| well.is_ok());
    if all { Ok(()) } else { Err("not everything has arrived: see above".into()) }
}

/// It has been told of.
struct Failed;

fn failed(of: &str, error: impl std::fmt::Display) -> Failed {
    eprintln!("error: {of}: {error}");
    Failed
}

struct Stations {
    delay: Duration,
    data: PathBuf,
    bars: MultiProgress,
}

impl Stations {
    /// Sends all rows of a station; one that cannot be sent is reported, and left out.
    async fn stream<R: Reading>(&self, producer: &Producer) -> std::result::Result<(), Failed> {
        let file = self.data.join(R::NAME).with_extension("csv");
        let rows =
            csv::Reader::from_path(&file).map_err(|e| failed(R::NAME, format!("{}: {e}", file.display())))?;
        let rows: Vec<csv::Result<R>> = rows.into_deserialize().collect();
        let topic = producer.of::<R>().await.map_err(|e| failed(R::NAME, e))?;
        let bar = self.bars.add(progress(R::NAME, rows.len()));
        let mut outcome = Ok(());
        let mut sent = 0;
        for (row, reading) in (0..).zip(rows) {
            let sending = async { Result::Ok(topic.to_partition(row % 2).send(&reading?).await?) };
            match sending.await {
                Ok(_) => sent += 1,
                Err(error) => outcome = Err(failed(R::NAME, format!("row {row}: {error}"))),
            }
            bar.inc(1);
            sleep(self.delay).await;
        }
        bar.finish_and_clear();
        println!("{}: {sent} rows sent", R::NAME);
        outcome
    }
}

/// Writes the two partitions of a station, each by a consumer of its own.
async fn store<R: Reading>(kafka: &Kafka, folder: &Path) -> std::result::Result<(), Failed> {
    let store = async |partition: i32| {
        let file = folder.join(format!("{}-{partition}.csv", R::NAME));
        let stored = Box::pin(store_partition::<R>(kafka, partition, &file)).await;
        stored.map_err(|e| failed(&format!("{}-{partition}", R::NAME), e))
    };
    let (first, second) = tokio::join!(store(0), store(1));
    first.and(second)
}

/// Everything that has come since the group's last commit, up to the end.
async fn store_partition<R: Reading>(kafka: &Kafka, partition: i32, file: &Path) -> Result<()> {
    let consumer = kafka.consumer(GROUP).assign([(R::NAME, partition)]).offset_reset(Reset::Earliest);
    let mut consumer = consumer.typed::<R>().await?;
    let mut rows = csv::Writer::from_path(file)?;
    let mut count = 0;
    while let Some(event) = consumer.next_event().await {
        match event? {
            Event::Record(reading) => {
                rows.serialize(&*reading)?;
                count += 1;
            }
            Event::End { offset, .. } => {
                println!(
                    "{}-{partition}: the end is at offset {offset}, {count} rows in {}",
                    R::NAME,
                    file.display()
                );
                break;
            }
            _ => {}
        }
    }
    // What is written counts as processed: closing commits it.
    rows.flush()?;
    Ok(consumer.close().await?)
}
