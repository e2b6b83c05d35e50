use super::{SOON, dropped_at_every_poll};
use crate::common::{broker, everywhere, heavy, new_topic, unique};
use kafka_sdk::{Kafka, Offset, Result};
use std::collections::HashSet;

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_of_a_producer_leaves_it_as_it_was() -> Result<()> {
    for version in everywhere() {
        let test = "dropped::producer::a_dropped_call_of_a_producer_leaves_it_as_it_was";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "dropped", 1).await?;
        let producer = kafka.producer().await?;
        let mut sent = 0_u32;
        let mut works = async || {
            sent += 1;
            producer.send(&topic, format!("whole {sent}")).await.map(drop)
        };
        dropped_at_every_poll("ProducerBuilder::build", async || kafka.producer().await, &mut works).await?;
        dropped_at_every_poll(
            "Producer::topic",
            async || producer.topic(&unique("dropped")).await,
            &mut works,
        )
        .await?;
        let mut n = 0_u32;
        let mut next = || {
            n += 1;
            format!("dropped {n}")
        };
        dropped_at_every_poll("Sending", async || producer.send(&topic, next()).await, &mut works).await?;
        let enqueue = async || producer.enqueue(&topic, next()).await?.await;
        dropped_at_every_poll("Enqueue", enqueue, &mut works).await?;
        let deliver = async || producer.try_enqueue(&topic, next())?.await;
        dropped_at_every_poll("Delivery", deliver, &mut works).await?;
        let flush = async || {
            producer.try_enqueue(&topic, next())?.forget();
            producer.flush().await
        };
        dropped_at_every_poll("Producer::flush", flush, &mut works).await?;
        let close = async || {
            let own = kafka.producer().await?;
            own.send(&topic, next()).await?;
            own.close().await
        };
        dropped_at_every_poll("Producer::close", close, &mut works).await?;
        let close_within = async || {
            let own = kafka.producer().await?;
            own.send(&topic, next()).await?;
            own.close_within(SOON).await
        };
        dropped_at_every_poll("Producer::close_within", close_within, &mut works).await?;
        producer.close().await?;
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
        let (mut all, mut whole) = (HashSet::new(), 0);
        while let Some(message) = reader.next().await {
            let value = String::from_utf8(message?.value().unwrap().to_vec()).unwrap();
            whole += u32::from(value.starts_with("whole"));
            assert!(all.insert(value.clone()), "{version}: twice: {value}");
        }
        assert_eq!(whole, sent, "{version}");
    }
    Ok(())
}
