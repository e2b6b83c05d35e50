//! Kafka's own programs, against the embedded cluster.

use kafka_sdk_testcontainers::{Providers, TestKafka, ToolOutput};

use crate::common::{Client, TestResult, plain};

const TOPICS: &str = "org.apache.kafka.tools.TopicCommand";

async fn topics(kafka: &TestKafka, args: &[&str]) -> Result<ToolOutput, Box<dyn std::error::Error>> {
    let servers = ["--bootstrap-server", kafka.bootstrap_servers()];
    let done = kafka.run_tool(TOPICS, servers.into_iter().chain(args.iter().copied())).await?;
    assert!(done.success(), "{done:?}");
    Ok(done)
}

#[tokio::test]
async fn the_console_programs_write_and_read() -> TestResult {
    if !Providers::here().run_jvm("the_console_programs_write_and_read")? {
        return Ok(());
    }
    let kafka = TestKafka::embedded().nodes(2).topic("orders", 2).start().await?;
    let lines: String = (0..1000).map(|number| format!("line {number}\n")).collect();
    let write = kafka.console_producer().args(["--topic", "orders"]).stdin(lines);
    let written = write.run().await?;
    assert!(written.success(), "{written:?}");
    let mut read = Vec::new();
    for partition in ["0", "1"] {
        let args =
            ["--topic", "orders", "--partition", partition, "--from-beginning", "--timeout-ms", "2000"];
        let done = kafka.console_consumer().args(args).run().await?;
        read.extend(done.text().lines().map(str::to_owned));
    }
    read.sort_by_key(|line| line.strip_prefix("line ").and_then(|number| number.parse::<u32>().ok()));
    assert!(read.iter().enumerate().all(|(number, line)| *line == format!("line {number}")));
    assert_eq!(read.len(), 1000);
    Ok(())
}

#[tokio::test]
async fn the_topic_tool_creates_describes_alters_and_deletes() -> TestResult {
    if !Providers::here().run_jvm("the_topic_tool_creates_describes_alters_and_deletes")? {
        return Ok(());
    }
    let kafka = TestKafka::embedded().nodes(3).start().await?;
    let create = ["--create", "--topic", "orders", "--partitions", "3", "--replication-factor", "2"];
    topics(&kafka, &[&create[..], &["--config", "retention.ms=5000"]].concat()).await?;
    topics(&kafka, &["--alter", "--topic", "orders", "--partitions", "4"]).await?;
    let described = topics(&kafka, &["--describe", "--topic", "orders"]).await?;
    let text = described.text();
    assert!(text.contains("PartitionCount: 4\tReplicationFactor: 2"), "{text}");
    assert!(text.contains("retention.ms=5000"), "{text}");
    topics(&kafka, &["--delete", "--topic", "orders"]).await?;
    assert_eq!(topics(&kafka, &["--list"]).await?.text().trim(), "");
    Ok(())
}

#[tokio::test]
async fn kafkas_own_tool_reads_the_files_of_a_folder() -> TestResult {
    if !Providers::here().run_jvm("kafkas_own_tool_reads_the_files_of_a_folder")? {
        return Ok(());
    }
    let folder = std::env::temp_dir().join(format!("kafka-sdk-embedded-dump-{}", std::process::id()));
    let kafka = TestKafka::embedded().topic("orders", 1).folder(&folder).start().await?;
    Client::connect(kafka.bootstrap_servers()).await?.produce("orders", 0, plain(&["a", "b"])).await?;
    let segment = folder.join("orders-0").join("00000000000000000000.log").display().to_string();
    let dumped = kafka
        .run_tool("org.apache.kafka.tools.DumpLogSegments", ["--files", &segment, "--print-data-log"])
        .await;
    std::fs::remove_dir_all(&folder)?;
    let dumped = dumped?;
    let text = dumped.text();
    assert!(
        text.contains("count: 2") && text.contains("payload: b") && text.contains("isvalid: true"),
        "{text}"
    );
    Ok(())
}
