//! Brokers that are far away, behind lines that lose packets.

use crate::common::{broker, everywhere, heavy, new_topic};
use kafka_sdk::{Kafka, KafkaBuilder, Offset, Record, Result};
use kafka_sdk_testcontainers::{Reaction, Rule, TestProxy};
use std::time::Duration;
use tokio::time::{Instant, timeout};

const ROUND_TRIP: Duration = Duration::from_millis(200);

/// Writes so many records of 100 bytes over the way that these rules make, and reads them; all goes well at the first
/// attempt. Gives how long writing took.
async fn write_and_read(
    version: &'static str,
    test: &str,
    rules: impl IntoIterator<Item = Rule>,
    client: impl Fn(KafkaBuilder) -> KafkaBuilder,
    records: usize,
) -> Result<Option<Duration>> {
    let Some(broker) = broker(version, test).await else { return Ok(None) };
    let direct = Kafka::connect(broker.bootstrap_servers()).await?;
    let topic = new_topic(&direct, "far", 1).await?;
    let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
    for rule in rules {
        proxy.intercept(rule).unwrap();
    }
    let kafka = client(Kafka::builder(proxy.bootstrap_servers())).await?;
    let producer = kafka.producer().await?;
    let start = Instant::now();
    for number in 0..records {
        producer.enqueue(&topic, Record::new(format!("{number:0100}"))).await?.forget();
    }
    producer.flush().await?;
    let took = start.elapsed();
    let mut reader = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
    let mut offsets = 0..;
    while let Some(message) = reader.next().await {
        let message = message?;
        let expected = offsets.next();
        assert_eq!(Some(message.offset()), expected);
        let number = message.value().and_then(|value| std::str::from_utf8(value).ok());
        assert_eq!(number.and_then(|number| number.parse().ok()), expected, "{version}");
    }
    assert_eq!(offsets.next(), Some(records as i64), "{version}");
    let metrics = kafka.metrics();
    let partition = &metrics.producers[0].partitions[0];
    assert_eq!((partition.retries, partition.failed_records), (0, 0), "{version}");
    let failed: u64 = metrics.brokers.iter().map(|broker| broker.connections_failed).sum();
    let opened: u64 = metrics.brokers.iter().map(|broker| broker.connections_opened).sum();
    assert_eq!(failed, 0, "{version}");
    // The bootstrap one, and one for each purpose.
    assert!(opened <= 4, "{version}: {opened} connections");
    Ok(Some(took))
}

fn far() -> Rule {
    Rule::on_any().always().react(Reaction::Delay(ROUND_TRIP))
}

#[tokio::test]
async fn a_long_round_trip_costs_time_and_nothing_else() -> Result<()> {
    for version in everywhere() {
        let test = "long_way::a_long_round_trip_costs_time_and_nothing_else";
        let client = |kafka: KafkaBuilder| kafka.request_timeout(30 * ROUND_TRIP);
        let Some(took) = write_and_read(version, test, [far()], client, 20_000).await? else { return Ok(()) };
        // Batches grow while five are on their way: at their usual size this would take 24 round trips.
        assert!(took < 16 * ROUND_TRIP, "{version}: {took:?}");
    }
    Ok(())
}

/// What TCP does about a lost packet looks like this from above: all that is behind it waits for a while.
#[tokio::test]
async fn lost_packets_cost_time_and_nothing_else() -> Result<()> {
    for version in everywhere() {
        let test = "long_way::lost_packets_cost_time_and_nothing_else";
        let lost = Rule::on_any().chance(0.05).react(Reaction::Delay(5 * ROUND_TRIP));
        let client = |kafka: KafkaBuilder| kafka.request_timeout(10 * ROUND_TRIP);
        let took = write_and_read(version, test, [lost, far()], client, 20_000).await?;
        let Some(took) = took else { return Ok(()) };
        assert!(took < 32 * ROUND_TRIP, "{version}: {took:?}");
    }
    Ok(())
}

/// Five batches of up to a megabyte are on their way, and each takes a second: together far longer than a request may.
#[tokio::test]
async fn a_thin_line_costs_time_and_nothing_else() -> Result<()> {
    const BYTES_PER_SECOND: u64 = 1_000_000;
    const RECORDS: usize = 60_000;
    let _turn = heavy().await;
    for version in everywhere() {
        let test = "long_way::a_thin_line_costs_time_and_nothing_else";
        let thin = Rule::on_any().always().react(Reaction::Throttle(BYTES_PER_SECOND));
        let client = |kafka: KafkaBuilder| {
            kafka.request_timeout(Duration::from_secs(2)).send_buffer(64 << 10).receive_buffer(64 << 10)
        };
        let all = write_and_read(version, test, [thin], client, RECORDS);
        let took = timeout(Duration::from_secs(60), all).await.expect("it ends")?;
        let Some(took) = took else { return Ok(()) };
        println!("{version}: {took:?} for {} bytes", 100 * RECORDS);
        let line = Duration::from_secs(100 * RECORDS as u64 / BYTES_PER_SECOND);
        assert!(took >= line * 9 / 10, "{version}: {took:?}: the line is thin");
    }
    Ok(())
}
