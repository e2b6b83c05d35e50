//! The Iris program, run as its users run it, on the oldest and the newest Kafka and on the embedded one.
#![allow(clippy::unwrap_used, reason = "a test")]

use kafka_sdk_testcontainers::{Providers, TestKafka};
use std::path::Path;
use std::process::Command;

const COLOURS: [(&str, &str); 3] =
    [("virginica", "#FF0000"), ("setosa", "#0000FF"), ("versicolor", "#00FF00")];

/// The rows of the file that are of this species, and where they are in the file.
fn rows(species: &str) -> Vec<(usize, Vec<String>)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/iris.csv");
    let text = std::fs::read_to_string(file).unwrap();
    let cells = |line: &str| line.split(',').map(str::to_owned).collect();
    let rows = text.lines().skip(1).enumerate().filter(|(_, line)| line.ends_with(species));
    rows.map(|(row, line)| (row, cells(line))).collect()
}

/// Runs it without a cluster or at this one; gives what it prints.
fn iris(servers: Option<&str>, idle: &str, plot: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iris"));
    command.env_remove("KAFKA_BOOTSTRAP_SERVERS").args(["--idle", idle, "--plot"]).arg(plot);
    let output = command.envs(servers.map(|servers| ("KAFKA_BOOTSTRAP_SERVERS", servers))).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// Axes, a legend, and a dot for each flower in the colour of its class.
fn assert_drawn(plot: &Path) {
    let svg = std::fs::read_to_string(plot).unwrap();
    let words: Vec<&str> = svg.lines().map(str::trim).filter(|line| !line.starts_with('<')).collect();
    for label in ["Iris: sepal length against sepal width", "sepal length (cm)", "sepal width (cm)"] {
        assert_eq!(words.iter().filter(|word| **word == label).count(), 1, "{label}");
    }
    for (species, colour) in COLOURS {
        assert_eq!(words.iter().filter(|word| **word == species).count(), 1, "{species} in the legend");
        let dots = svg.matches("<circle").count();
        assert_eq!(dots, 153, "a flower each, and three in the legend");
        assert_eq!(svg.matches(&format!("fill=\"{colour}\"")).count(), 51, "{species}");
    }
}

/// The table has setosa only, as it is in the file, and what follows has virginica from the first offset on.
fn assert_printed(text: &str) {
    assert!(text.contains("wrote 150 flowers"), "{text}");
    let table: Vec<Vec<&str>> = text
        .lines()
        .skip_while(|line| !line.trim_start().starts_with("sepal length"))
        .skip(1)
        .take_while(|line| !line.starts_with("virginicasetosa"))
        .map(|line| line.split_whitespace().collect())
        .collect();
    let setosa: Vec<Vec<String>> = rows("setosa").into_iter().map(|(_, cells)| cells).collect();
    assert_eq!(table, setosa);
    let listed: Vec<&str> =
        text.lines().filter(|line| line.starts_with("virginicasetosa-0 at offset ")).collect();
    assert_eq!(listed.len(), 50, "{text}");
    for ((offset, line), (_, cells)) in (0..).zip(&listed).zip(rows("virginica")) {
        let length: f64 = cells[0].parse().unwrap();
        let expected = format!("virginicasetosa-0 at offset {offset}: Iris {{ sepal_length: {length:?}, ");
        assert!(line.starts_with(&expected) && line.ends_with("species: \"virginica\" }"), "{line}");
    }
}

/// What Kafka's own consumer finds in a partition.
async fn values(cluster: &TestKafka, topic: &str, partition: usize, count: usize) -> Vec<String> {
    let (partition, count) = (partition.to_string(), count.to_string());
    let args =
        ["--topic", topic, "--partition", &partition, "--offset", "earliest", "--max-messages", &count];
    let read = cluster.console_consumer().args(args).run().await.unwrap();
    read.text().lines().filter(|line| line.starts_with('{')).map(str::to_owned).collect()
}

fn json((_, cells): &(usize, Vec<String>)) -> String {
    let number = |index: usize| cells[index].parse::<f64>().unwrap();
    format!(
        "{{\"sepal_length\":{:?},\"sepal_width\":{:?},\"petal_length\":{:?},\"petal_width\":{:?},\"species\":\"{}\"}}",
        number(0),
        number(1),
        number(2),
        number(3),
        cells[4]
    )
}

#[tokio::test]
async fn each_kind_is_in_its_partitions_and_in_the_picture_on_the_oldest_and_the_newest_kafka() {
    for version in ["2.1.1", "4.4.0"] {
        let test = "each_kind_is_in_its_partitions_and_in_the_picture_on_the_oldest_and_the_newest_kafka";
        if !Providers::here().run_jvm(test).unwrap() {
            return;
        }
        let cluster = TestKafka::jvm().version(version).start().await.unwrap();
        let out = tempfile::tempdir().unwrap();
        let plot = out.path().join("iris.svg");
        assert_printed(&iris(Some(cluster.bootstrap_servers()), "5", &plot));
        assert_drawn(&plot);

        let (virginica, setosa) = (rows("virginica"), rows("setosa"));
        for (partition, kind) in [virginica, setosa].iter().enumerate() {
            let expected: Vec<String> = kind.iter().map(json).collect();
            assert_eq!(values(&cluster, "virginicasetosa", partition, 50).await, expected, "{version}");
        }
        for partition in 0..2 {
            let rows = rows("versicolor").into_iter().filter(|(row, _)| row % 2 == partition);
            let expected: Vec<String> = rows.map(|row| json(&row)).collect();
            assert_eq!(expected.len(), 25);
            assert_eq!(values(&cluster, "versicolor", partition, 25).await, expected, "{version}");
        }
    }
}

#[test]
fn the_picture_is_drawn_without_a_cluster_too() {
    let out = tempfile::tempdir().unwrap();
    let plot = out.path().join("iris.svg");
    assert_printed(&iris(None, "2", &plot));
    assert_drawn(&plot);
}
