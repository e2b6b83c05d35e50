//! Kafka's own programs.

use std::time::Duration;

use kafka_sdk_testcontainers::{Error, TestKafka};
use tokio::time::{Instant, timeout};

use crate::common::{TestResult, start};

const READ_ALL: [&str; 5] = ["--topic", "orders", "--from-beginning", "--timeout-ms", "8000"];

#[tokio::test]
async fn what_the_console_producer_writes_the_console_consumer_reads() -> TestResult {
    for version in ["4.4.0", "2.1.1"] {
        let builder = TestKafka::jvm().version(version).topic("orders", 1);
        let test = "what_the_console_producer_writes_the_console_consumer_reads";
        let Some(running) = start(test, builder).await? else { return Ok(()) };
        let kafka = &running.kafka;
        let producer = kafka.console_producer().args(["--topic", "orders"]);
        let written = producer.stdin("a\nb\nc\n").run().await?;
        assert!(written.success(), "{version}: {written:?}");
        let consumer = kafka.console_consumer().args(READ_ALL).args(["--max-messages", "3"]);

        let read = consumer.clone().run().await?;
        assert_eq!(read.text(), "a\nb\nc\n", "{version}: {read:?}");
        assert!(read.success() && read.stderr().contains("3 messages"), "{version}: {read:?}");

        let mut run = consumer.clone().lines().await?;
        assert_eq!(run.next_line().await?, Some(&b"a"[..]));
        let rest = run.finish().await?;
        assert!(rest.success() && rest.stdout().is_empty(), "{version}: {rest:?}");

        let folder = kafka.node(1)?.log_path().with_file_name("read");
        assert!(consumer.stdout_file(&folder).run().await?.success());
        assert_eq!(std::fs::read_to_string(folder)?, "a\nb\nc\n");
    }
    Ok(())
}

#[tokio::test]
async fn a_tool_that_fails_says_so_by_its_status() -> TestResult {
    let test = "a_tool_that_fails_says_so_by_its_status";
    let Some(running) = start(test, TestKafka::jvm().version("3.3.2")).await? else { return Ok(()) };
    let output = running.kafka.run_tool("kafka.tools.ConsoleConsumer", ["--nonsense"]).await?;
    assert_eq!((output.success(), output.status()), (false, Some(1)));
    assert!(output.stderr().contains("nonsense"), "{output:?}");
    let output = running.kafka.run_tool("no.such.Tool", [""; 0]).await?;
    assert!(!output.success() && output.stderr().contains("no.such.Tool"), "{output:?}");
    Ok(())
}

#[tokio::test]
async fn a_tool_that_takes_too_long_is_ended() -> TestResult {
    let builder = TestKafka::jvm().version("2.8.2").topic("orders", 1);
    let Some(running) = start("a_tool_that_takes_too_long_is_ended", builder).await? else { return Ok(()) };
    let endless = running.kafka.console_consumer().args(["--topic", "orders"]);
    let late = endless.clone().timeout(Duration::from_secs(1)).run().await;
    assert!(matches!(late, Err(Error::ToolTimeout { .. })), "{late:?}");

    let mut run = endless.lines().await?;
    assert!(timeout(Duration::from_millis(300), run.next_line()).await.is_err());
    let begun = Instant::now();
    drop(run);
    assert!(begun.elapsed() < Duration::from_millis(100));
    Ok(())
}
