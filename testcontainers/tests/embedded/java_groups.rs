//! Kafka's own consumer and its tool for groups, against the embedded cluster.

use std::collections::BTreeSet;

use kafka_sdk_testcontainers::{Providers, TestKafka, ToolOutput};

use crate::common::{Client, TestResult, plain};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const GROUPS: &str = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand";
const PARTITIONS: i32 = 4;

async fn groups(kafka: &TestKafka, args: &[&str]) -> Outcome<ToolOutput> {
    let servers = ["--bootstrap-server", kafka.bootstrap_servers()];
    let done = kafka.run_tool(GROUPS, servers.into_iter().chain(args.iter().copied())).await?;
    assert!(done.success(), "{done:?}");
    Ok(done)
}

/// Reads what there is, as a member of a group, and commits that.
async fn read(kafka: &TestKafka, more: &[&str]) -> Outcome<Vec<String>> {
    let args = ["--topic", "orders", "--group", "billing", "--from-beginning", "--timeout-ms", "6000"];
    let done = kafka.console_consumer().args(args).args(more.iter().copied()).run().await?;
    Ok(done.text().lines().map(str::to_owned).collect())
}

/// A record for each of these numbers, by turns in all partitions.
async fn fill(kafka: &TestKafka, numbers: std::ops::Range<i32>) -> TestResult {
    let seen = Client::connect(kafka.bootstrap_servers()).await?.metadata(&["orders"]).await?;
    for number in numbers {
        let partition = number % PARTITIONS;
        let of_partition = seen.topics[0].partitions.iter().find(|it| it.partition_index == partition);
        let leader = of_partition.ok_or("no such partition")?.leader_id;
        let mut leader = Client::connect(kafka.node(leader)?.address()).await?;
        leader.produce("orders", partition, plain(&[number.to_string().as_str()])).await?;
    }
    Ok(())
}

fn numbers(numbers: std::ops::Range<i32>) -> BTreeSet<String> {
    numbers.map(|number| number.to_string()).collect()
}

#[tokio::test]
async fn the_console_consumer_reads_in_a_group_and_the_tool_sees_it() -> TestResult {
    if !Providers::here().run_jvm("the_console_consumer_reads_in_a_group_and_the_tool_sees_it")? {
        return Ok(());
    }
    let kafka = TestKafka::embedded().nodes(2).topic("orders", PARTITIONS).start().await?;
    share(&kafka, &[]).await?;
    let listed = groups(&kafka, &["--list", "--state"]).await?;
    assert!(
        listed.text().lines().any(|line| line.contains("billing") && line.contains("Empty")),
        "{listed:?}"
    );
    let reset =
        ["--reset-offsets", "--to-offset", "3", "--topic", "orders", "--group", "billing", "--execute"];
    groups(&kafka, &reset).await?;
    let again = read(&kafka, &[]).await?;
    assert_eq!((again.len(), again.into_iter().collect()), (48, numbers(12..60)));
    groups(&kafka, &["--delete", "--group", "billing"]).await?;
    assert!(!groups(&kafka, &["--list"]).await?.text().contains("billing"));
    Ok(())
}

#[tokio::test]
async fn the_console_consumer_reads_in_a_group_of_the_consumer_protocol() -> TestResult {
    if !Providers::here().run_jvm("the_console_consumer_reads_in_a_group_of_the_consumer_protocol")? {
        return Ok(());
    }
    let kafka = TestKafka::embedded().nodes(2).topic("orders", PARTITIONS);
    let kafka = kafka.property("group.consumer.heartbeat.interval.ms", "200").start().await?;
    share(&kafka, &["--command-property", "group.protocol=consumer"]).await?;
    let listed = groups(&kafka, &["--list", "--type"]).await?;
    let is_it = |line: &str| line.contains("billing") && line.contains("Consumer");
    assert!(listed.text().lines().any(is_it), "{listed:?}");
    Ok(())
}

/// Two members read 40 records, and when they have gone, one reads 20 more.
async fn share(kafka: &TestKafka, more: &[&str]) -> TestResult {
    fill(kafka, 0..40).await?;
    let (one, two) = tokio::join!(read(kafka, more), read(kafka, more));
    let all = [one?, two?].concat();
    assert_eq!((all.len(), all.into_iter().collect()), (40, numbers(0..40)), "each comes once");
    fill(kafka, 40..60).await?;
    let rest = read(kafka, more).await?;
    assert_eq!((rest.len(), rest.into_iter().collect()), (20, numbers(40..60)));
    let described = groups(kafka, &["--describe", "--group", "billing"]).await?;
    let text = described.text();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let at = cells.iter().position(|&cell| cell == "orders")?;
        Some((cells.get(at + 1)?.parse::<i32>().ok()?, cells.get(at + 2)?.parse::<i64>().ok()?))
    };
    let rows: BTreeSet<(i32, i64)> = text.lines().filter_map(row).collect();
    assert_eq!(rows, (0..PARTITIONS).map(|partition| (partition, 15)).collect(), "{text}");
    Ok(())
}
