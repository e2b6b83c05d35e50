//! The sensor stations, run as their users run them.
#![allow(clippy::unwrap_used, reason = "a test")]

mod data;

use data::STATIONS;
use kafka_sdk_testcontainers::{Providers, TestKafka};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use tokio::time::Instant;

/// Without a cluster it has one of its own.
fn sensors(cluster: Option<&TestKafka>, out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sensors"));
    command.env_remove("KAFKA_BOOTSTRAP_SERVERS").arg("--out").arg(out);
    if let Some(cluster) = cluster {
        command.env("KAFKA_BOOTSTRAP_SERVERS", cluster.bootstrap_servers());
    }
    command
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Every second row of a station's file, from this one on.
fn rows(station: &str, first: usize) -> Vec<Vec<String>> {
    let file = std::fs::read_to_string(data::folder().join(station).with_extension("csv")).unwrap();
    values(file.lines().skip(1 + first).step_by(2))
}

/// Numbers in one form, however many decimals they were written with.
fn values<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Vec<String>> {
    let value = |text: &str| text.parse::<f64>().map_or(text.to_owned(), |number| number.to_string());
    lines.map(|line| line.split(',').map(value).collect()).collect()
}

/// Each partition's file has every second row, in order, under the columns of the station.
fn assert_stored(out: &Path) {
    for station in &STATIONS {
        for partition in 0..2 {
            let name = format!("{}-{partition}.csv", station.topic);
            let file = std::fs::read_to_string(out.join(&name)).unwrap();
            let mut lines = file.lines();
            assert_eq!(lines.next(), Some(station.header().as_str()), "{name}");
            let stored = values(lines);
            assert_eq!(stored.len(), 25, "{name}");
            assert_eq!(stored, rows(station.topic, partition), "{name}");
        }
    }
}

/// What Kafka says of the group: of each partition the offset that is committed, where it ends, and the lag.
async fn described(kafka: &TestKafka) -> BTreeMap<(String, i32), [i64; 3]> {
    let args = ["--bootstrap-server", kafka.bootstrap_servers(), "--describe", "--group", "sensors"];
    let output = kafka
        .tool("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand")
        .args(args)
        .run()
        .await
        .unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let [_, topic, partition, current, end, lag, ..] = cells[..] else { return None };
        let numbers = [current.parse().ok()?, end.parse().ok()?, lag.parse().ok()?];
        Some(((topic.to_owned(), partition.parse().ok()?), numbers))
    };
    output.text().lines().filter_map(row).collect()
}

/// With these offsets, no lag on any partition.
fn all_at(end: i64) -> BTreeMap<(String, i32), [i64; 3]> {
    let partitions = |topic: &str| [0, 1].map(|partition| ((topic.to_owned(), partition), [end, end, 0]));
    ["AIR", "EARTH", "WATER"].into_iter().flat_map(partitions).collect()
}

#[tokio::test]
async fn every_partition_is_in_its_file_and_has_no_lag() {
    if !Providers::here().run_jvm("every_partition_is_in_its_file_and_has_no_lag").unwrap() {
        return;
    }
    let cluster = TestKafka::jvm().version("4.4.0").nodes(3).start().await.unwrap();
    let out = tempfile::tempdir().unwrap();
    let output = sensors(Some(&cluster), out.path()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("WATER-1: the end is at offset 25, 25 rows"), "{}", text(&output));
    assert_stored(out.path());
    assert_eq!(described(&cluster).await, all_at(25));

    // Another time it goes on where it was: the files have what is new.
    let again = tempfile::tempdir().unwrap();
    let output = sensors(Some(&cluster), again.path()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert_stored(again.path());
    assert_eq!(described(&cluster).await, all_at(50));
}

#[test]
fn every_partition_is_in_its_file_without_a_cluster_too() {
    let out = tempfile::tempdir().unwrap();
    let output = sensors(None, out.path()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert_stored(out.path());
}

#[test]
fn what_goes_wrong_at_one_station_is_reported_and_stops_no_other() {
    let (data, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::copy(data::folder().join("AIR.csv"), data.path().join("AIR.csv")).unwrap();
    let earth = std::fs::read_to_string(data::folder().join("EARTH.csv")).unwrap();
    let broken: Vec<&str> = earth.lines().take(4).chain(["31/08/2023 23:13:00,SVDT3,wet"]).collect();
    std::fs::write(data.path().join("EARTH.csv"), broken.join("\n")).unwrap();

    let output = sensors(None, out.path()).arg("--data").arg(data.path()).output().unwrap();
    let text = text(&output);
    assert!(!output.status.success(), "{text}");
    assert!(text.contains("error: EARTH: row 3: CSV error"), "{text}");
    assert!(text.contains("error: WATER: ") && text.contains("WATER.csv: No such file"), "{text}");
    for (name, count) in [("AIR-0", 25), ("AIR-1", 25), ("EARTH-0", 2), ("EARTH-1", 1), ("WATER-0", 0)] {
        assert!(text.contains(&format!("{name}: the end is at offset {count}, {count} rows")), "{text}");
    }
}

#[test]
fn a_delay_lies_between_the_rows_of_a_station_and_the_stations_stream_at_once() {
    let (data, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for station in &STATIONS {
        let file = std::fs::read_to_string(data::folder().join(station.topic).with_extension("csv")).unwrap();
        let rows: Vec<&str> = file.lines().take(3).collect();
        std::fs::write(data.path().join(station.topic).with_extension("csv"), rows.join("\n")).unwrap();
    }
    let start = Instant::now();
    let output =
        sensors(None, out.path()).args(["--delay", "3", "--data"]).arg(data.path()).output().unwrap();
    let time = start.elapsed().as_secs_f64();
    let text = text(&output);
    assert!(output.status.success() && text.contains("EARTH: 2 rows sent"), "{text}");
    // One after the other they would take 18 seconds.
    assert!((6.0..18.0).contains(&time), "{time} s");
}

#[test]
fn flags_that_are_none_are_named() {
    let out = tempfile::tempdir().unwrap();
    let refused = |args: [&str; 2]| {
        let output = sensors(None, out.path()).args(args).output().unwrap();
        assert!(!output.status.success());
        text(&output)
    };
    assert!(refused(["--delays", "1"]).contains("--delays: the flags are --delay, --data, --out"));
    assert!(refused(["--delay", "soon"]).contains("--delay is \"soon\": it has to be a number of seconds"));
}
