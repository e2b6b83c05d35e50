//! Brokers that are far away.

use crate::common::{EVERYWHERE, broker, new_topic};
use kafka_sdk::{Kafka, Offset, Record, Result};
use kafka_sdk_testcontainers::{Reaction, Rule, TestProxy};
use std::time::Duration;
use tokio::time::Instant;

const ROUND_TRIP: Duration = Duration::from_millis(200);
const RECORDS: usize = 20_000;

#[tokio::test]
async fn a_long_round_trip_costs_time_and_nothing_else() -> Result<()> {
    for version in EVERYWHERE {
        let test = "long_way::a_long_round_trip_costs_time_and_nothing_else";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let direct = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&direct, "far", 1).await?;
        let far = Rule::on_any().always().react(Reaction::Delay(ROUND_TRIP));
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).rule(far).start().await.unwrap();
        let kafka = Kafka::builder(proxy.bootstrap_servers()).request_timeout(10 * ROUND_TRIP).await?;
        let producer = kafka.producer().await?;
        let start = Instant::now();
        for _ in 0..RECORDS {
            producer.enqueue(&topic, Record::new(vec![b'x'; 100])).await?.forget();
        }
        producer.flush().await?;
        // Batches grow while five are on their way: at their usual size this would take 24 round trips.
        assert!(start.elapsed() < 16 * ROUND_TRIP, "{version}: {:?}", start.elapsed());
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
        let mut offsets = 0..;
        while let Some(message) = reader.next().await {
            assert_eq!(Some(message?.offset()), offsets.next());
        }
        assert_eq!(offsets.next(), Some(RECORDS as i64), "{version}");
        let metrics = kafka.metrics();
        let partition = &metrics.producers[0].partitions[0];
        assert_eq!((partition.retries, partition.failed_records), (0, 0), "{version}");
        let failed: u64 = metrics.brokers.iter().map(|broker| broker.connections_failed).sum();
        let opened: u64 = metrics.brokers.iter().map(|broker| broker.connections_opened).sum();
        assert_eq!(failed, 0, "{version}");
        // The bootstrap one, and one for each purpose.
        assert!(opened <= 4, "{version}: {opened} connections");
    }
    Ok(())
}
