//! The oldest and the newest image start, alone and in threes, and serve Kafka's own programs.

use kafka_sdk_testcontainers::TestKafka;
use tokio::time::Instant;

use crate::common::{NEWEST, OLDEST, TestResult, docker, turn};

async fn serves(kafka: &TestKafka) -> TestResult {
    let producer = kafka.console_producer().args(["--topic", "orders"]);
    let written = producer.stdin("a\nb\nc\n").run().await?;
    assert!(written.success(), "{written:?}");
    let args = ["--topic", "orders", "--from-beginning", "--timeout-ms", "15000", "--max-messages", "3"];
    let read = kafka.console_consumer().args(args).run().await?;
    let mut lines: Vec<String> = read.text().lines().map(str::to_owned).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["a", "b", "c"], "{read:?}");
    Ok(())
}

async fn starts(test: &str, version: &'static str, nodes: usize) -> TestResult {
    let Some(_turn) = turn(test, version).await? else { return Ok(()) };
    let begun = Instant::now();
    let kafka = docker(version).nodes(nodes).topic("orders", 3).start().await?;
    println!("{version}, {nodes} nodes: {:.1} s", begun.elapsed().as_secs_f64());
    assert_eq!((kafka.version(), kafka.nodes().len()), (version, nodes));
    assert!(kafka.nodes().iter().all(|node| node.address().starts_with("127.0.0.1:")));
    serves(&kafka).await
}

#[tokio::test]
async fn one_node_of_the_oldest_starts() -> TestResult {
    starts("one_node_of_the_oldest_starts", OLDEST, 1).await
}

#[tokio::test]
async fn one_node_of_the_newest_starts() -> TestResult {
    starts("one_node_of_the_newest_starts", NEWEST, 1).await
}

#[tokio::test]
async fn three_nodes_of_the_oldest_start() -> TestResult {
    starts("three_nodes_of_the_oldest_start", OLDEST, 3).await
}

#[tokio::test]
async fn three_nodes_of_the_newest_start() -> TestResult {
    starts("three_nodes_of_the_newest_start", NEWEST, 3).await
}
