//! The quickstart, run as its users run it, on the oldest and the newest Kafka.
#![allow(clippy::unwrap_used, reason = "a test")]

use kafka_sdk_testcontainers::{Providers, TestKafka};
use std::process::Command;

#[tokio::test]
async fn all_rows_come_back_on_the_oldest_and_the_newest_kafka() {
    for version in ["2.1.1", "4.4.0"] {
        if !Providers::here().run_jvm("all_rows_come_back_on_the_oldest_and_the_newest_kafka").unwrap() {
            return;
        }
        let cluster = TestKafka::jvm().version(version).start().await.unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_quickstart"))
            .env("KAFKA_BOOTSTRAP_SERVERS", cluster.bootstrap_servers())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        assert!(text.contains("read  150 rows"), "{text}");
        for species in ["setosa", "versicolor", "virginica"] {
            assert!(text.contains(&format!("50 {species}")), "{text}");
        }
        // Kafka's own consumer finds them too.
        let topic = text.split_whitespace().find(|word| word.starts_with("quickstart-iris-")).unwrap();
        let args = ["--topic", topic, "--from-beginning", "--max-messages", "150"];
        let read = cluster.console_consumer().args(args).run().await.unwrap();
        assert_eq!(read.text().lines().filter(|line| line.contains("\"species\":\"setosa\"")).count(), 50);
    }
}

#[test]
fn all_rows_come_back_without_a_cluster_too() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_quickstart")).env_remove("KAFKA_BOOTSTRAP_SERVERS").output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("read  150 rows"), "{text}");
}

#[test]
fn a_cluster_that_is_not_there_is_named() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_quickstart")).env("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1").output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("nothing listens at 127.0.0.1:1"), "{text}");
}
