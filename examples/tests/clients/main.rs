//! The programs for containers, run as their users run them.
#![allow(clippy::unwrap_used, reason = "a test")]

mod image;
mod log;
mod manifest;
mod program;

use kafka_sdk_testcontainers::{Providers, TestKafka};
use log::{Place, partitions, places, published, received};
use program::Program;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

/// A build and a cluster leave no time for another cluster to come up.
static TURN: Mutex<()> = Mutex::const_new(());

const GROUP: &str = "my-consumer-group";

fn clients() -> Command {
    Command::new(env!("CARGO_BIN_EXE_clients"))
}

fn topics() -> Command {
    Command::new(env!("CARGO_BIN_EXE_topics"))
}

/// Looks again and again, for a minute at most.
async fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Until these consumers have all four partitions between them, and have received a hundred messages more.
async fn until_shared(consumers: &[&Program], topic: &str) {
    let shared = || {
        let owned: Vec<i32> =
            consumers.iter().filter_map(|c| partitions(&c.lines(), topic)).flatten().collect();
        owned.len() == 4 && owned.into_iter().collect::<BTreeSet<_>>().len() == 4
    };
    until("all partitions are somebody's", shared).await;
    let count = || consumers.iter().map(|c| places(&c.lines(), topic).len()).sum::<usize>();
    let before = count();
    until("messages are received", || count() > before + 100).await;
}

/// What Kafka says of the group: for each partition the offset that is committed, and where it ends.
async fn described(kafka: &TestKafka, topic: &str) -> BTreeMap<i32, (i64, i64)> {
    let args = ["--bootstrap-server", kafka.bootstrap_servers(), "--describe", "--group", GROUP];
    let output = kafka.tool("kafka.admin.ConsumerGroupCommand").args(args).run().await.unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let [_, name, partition, current, end, ..] = cells[..] else { return None };
        let numbers = (partition.parse().ok()?, (current.parse().ok()?, end.parse().ok()?));
        (name == topic).then_some(numbers)
    };
    output.text().lines().filter_map(row).collect()
}

#[tokio::test]
async fn consumers_read_all_four_partitions_while_some_join_leave_and_are_killed() {
    let test = "consumers_read_all_four_partitions_while_some_join_leave_and_are_killed";
    if !Providers::here().run_jvm(test).unwrap() {
        return;
    }
    let _turn = TURN.lock().await;
    let builder = TestKafka::jvm().version("3.3.2").zookeeper().nodes(3).property("num.partitions", "4");
    let kafka = builder.start().await.unwrap();
    // One address; the other two brokers are found by it.
    let broker = kafka.bootstrap_servers().split(',').next().unwrap();
    let topic = "test";
    let start = |role| Program::start(clients(), role, broker, topic);

    let producer = start("producer");
    until("the topic is written to", || producer.lines().len() > 100).await;
    let (first, second) = (start("consumer"), start("consumer"));
    until_shared(&[&first, &second], topic).await;
    let third = start("consumer");
    until_shared(&[&first, &second, &third], topic).await;

    let mut read = places(&first.kill(), topic);
    until_shared(&[&second, &third], topic).await;
    let (status, lines) = second.end();
    assert!(status.success(), "{status}");
    read.extend(places(&lines, topic));
    let fourth = start("consumer");
    until_shared(&[&third, &fourth], topic).await;

    let (status, sent) = producer.end();
    assert!(status.success(), "{status}");
    let counts: Vec<u64> = sent.iter().filter_map(|line| published(line, topic)).collect();
    assert_eq!(counts, (1..=sent.len() as u64).collect::<Vec<_>>());
    let ends: BTreeMap<i32, i64> =
        described(&kafka, topic).await.into_iter().map(|(number, (_, end))| (number, end)).collect();
    assert!(ends.len() == 4 && ends.values().all(|end| *end > 0), "all partitions are written to: {ends:?}");
    // One more may have been under way.
    let written = ends.values().sum::<i64>();
    assert!((0..=1).contains(&(written - sent.len() as i64)), "{written} written, {} published", sent.len());

    let all: BTreeSet<Place> = ends
        .iter()
        .flat_map(|(&partition, &end)| (0..end).map(move |offset| Place { partition, offset }))
        .collect();
    let rest = || [&third, &fourth].into_iter().flat_map(|consumer| places(&consumer.lines(), topic));
    until("every message is received", || {
        let received: BTreeSet<Place> = read.iter().copied().chain(rest()).collect();
        received == all
    })
    .await;
    for consumer in [third, fourth] {
        let (status, lines) = consumer.end();
        assert!(status.success(), "{status}");
        let numbers: Vec<u64> = lines.iter().filter_map(|line| Some(received(line, topic)?.0)).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    }
    // Who ends commits, and leaves at once.
    let committed = described(&kafka, topic).await;
    assert_eq!(committed, ends.iter().map(|(&number, &end)| (number, (end, end))).collect());

    describe_as_kafka_does(&kafka, broker, topic).await;
}

/// Lists and describes topics, and compares with what Kafka's tool says.
async fn describe_as_kafka_does(kafka: &TestKafka, broker: &str, topic: &str) {
    let listed = topics().env("KAFKA_BROKER", broker).output().unwrap();
    assert!(String::from_utf8_lossy(&listed.stdout).lines().any(|line| line == topic));
    let output = topics().env("KAFKA_BROKER", broker).arg(topic).output().unwrap();
    let ours = String::from_utf8_lossy(&output.stdout).into_owned();
    let args = ["--bootstrap-server", kafka.bootstrap_servers(), "--describe", "--topic", topic];
    let theirs = kafka.tool("kafka.admin.TopicCommand").args(args).run().await.unwrap();
    let words = |text: &str| -> Vec<Vec<String>> {
        let without_configs = |line: &str| line.split("Configs:").next().unwrap().to_owned();
        let words = |line: &str| without_configs(line).split_whitespace().map(str::to_owned).collect();
        text.lines().filter(|line| line.contains("Topic:")).map(words).collect()
    };
    assert_eq!(words(&ours), words(&theirs.text()));
    assert!(ours.contains("TopicId: ") && ours.contains("PartitionCount: 4\tReplicationFactor: 3"), "{ours}");
}

#[test]
fn what_the_environment_lacks_is_named() {
    let refused = |environment: &[(&str, &str)]| {
        let output = clients().env_clear().envs(environment.iter().copied()).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let broker = ("KAFKA_BROKER", "127.0.0.1:1");
    assert!(refused(&[("ROLE", "consumer"), broker]).contains("TOPIC is not set"));
    assert!(refused(&[("ROLE", "consumer"), broker, ("TOPIC", "")]).contains("TOPIC is not set"));
    assert!(refused(&[broker, ("TOPIC", "test")]).contains("ROLE is not set"));
    let unknown = refused(&[("ROLE", "manager"), broker, ("TOPIC", "test")]);
    assert!(unknown.contains("\"manager\"") && unknown.contains("producer or consumer"), "{unknown}");
    assert!(refused(&[("ROLE", "producer"), ("TOPIC", "test")]).contains("KAFKA_BROKER is not set"));
}
