//! Clusters of several versions, and nodes that become another one.

use kafka_sdk_testcontainers::{Error, TestKafka, TestKafkaBuilder};

use crate::common::{TestResult, metadata, newest_fetch, start};

const READ_ALL: [&str; 5] = ["--topic", "orders", "--from-beginning", "--timeout-ms", "20000"];

async fn write(kafka: &TestKafka, lines: &str) -> TestResult {
    let producer = kafka.console_producer().args(["--topic", "orders", "--producer-property", "acks=all"]);
    let written = producer.stdin(lines).run().await?;
    assert_eq!(written.stderr(), "", "{written:?}");
    Ok(())
}

/// All nodes become another version, one after the other, one goes back, and what was written is still there.
async fn upgrade(test: &str, builder: TestKafkaBuilder, to: &str) -> TestResult {
    let builder = builder.nodes(3).topic("orders", 1);
    let Some(running) = start(test, builder).await? else { return Ok(()) };
    let kafka = &running.kafka;
    write(kafka, "before\n").await?;
    for node in kafka.nodes() {
        let before = newest_fetch(node.address())?;
        node.stop().await?;
        node.restart_as(to).await?;
        assert_eq!(node.version(), to);
        assert!(newest_fetch(node.address())? > before);
    }
    write(kafka, "after\n").await?;
    kafka.node(1)?.stop().await?;
    kafka.node(1)?.restart_as(kafka.version()).await?;
    write(kafka, "back\n").await?;
    let read = kafka.console_consumer().args(READ_ALL).args(["--max-messages", "3"]).run().await?;
    assert_eq!(read.text(), "before\nafter\nback\n", "{read:?}");
    Ok(())
}

#[tokio::test]
async fn kafka_3_9_becomes_4_4_and_keeps_its_data() -> TestResult {
    let builder = TestKafka::jvm().version("3.9.2");
    upgrade("kafka_3_9_becomes_4_4_and_keeps_its_data", builder, "4.4.0").await
}

#[tokio::test]
async fn kafka_2_1_becomes_3_9_with_zookeeper_and_keeps_its_data() -> TestResult {
    let builder = TestKafka::jvm().version("2.1.1");
    upgrade("kafka_2_1_becomes_3_9_with_zookeeper_and_keeps_its_data", builder, "3.9.2").await
}

#[tokio::test]
async fn nodes_of_several_versions_and_racks_make_one_cluster() -> TestResult {
    let test = "nodes_of_several_versions_and_racks_make_one_cluster";
    let builder = TestKafka::jvm().version("3.3.2").nodes(2).node_version(2, "4.4.0");
    let builder = builder.rack(1, "east").rack(2, "west").topic("orders", 2);
    let Some(running) = start(test, builder).await? else { return Ok(()) };
    let [one, two] = running.kafka.nodes() else { return Err("not two".into()) };
    assert_eq!((one.version(), two.version()), ("3.3.2", "4.4.0"));
    for node in [one, two] {
        let mut brokers = metadata(node.address())?.brokers;
        brokers.sort_by_key(|broker| broker.node_id);
        let racks: Vec<_> = brokers.into_iter().map(|broker| broker.rack).collect();
        assert_eq!(racks, [Some("east".into()), Some("west".into())]);
    }
    let older = two.restart_as("2.8.2").await;
    assert!(matches!(older, Err(Error::NotRestartable { .. })), "{older:?}");
    assert!(one.is_running() && two.is_running());
    Ok(())
}

#[tokio::test]
async fn a_node_becomes_nothing_that_its_cluster_cannot_hold() -> TestResult {
    let test = "a_node_becomes_nothing_that_its_cluster_cannot_hold";
    let builder = TestKafka::jvm().version("3.9.2").zookeeper();
    let Some(running) = start(test, builder).await? else { return Ok(()) };
    let node = running.kafka.node(1)?;
    for (version, trouble) in [
        ("4.0.0", "node 1 cannot be restarted as Kafka 4.0.0: Kafka 4.0.0 has no ZooKeeper mode"),
        ("3.7.2", "the cluster's metadata is that of 3.9.2, which it does not read"),
        ("1.0.0", "is not among the versions"),
    ] {
        let message = node.restart_as(version).await.map_err(|error| error.to_string());
        assert!(message.as_ref().is_err_and(|message| message.contains(trouble)), "{version}: {message:?}");
    }
    assert!(node.is_running());
    assert_eq!(node.version(), "3.9.2");
    Ok(())
}
