use super::dropped_at_every_poll;
use crate::common::{broker, everywhere, heavy};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::{Kafka, KafkaMessage, Offset, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Mutex;

/// Of a topic that only the next test uses.
#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "dropped-typed")]
struct Numbered {
    #[kafka(key)]
    number: i64,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_of_a_typed_topic_leaves_it_as_it_was() -> Result<()> {
    for version in everywhere() {
        let test = "dropped::typed::a_dropped_call_of_a_typed_topic_leaves_it_as_it_was";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        kafka.admin().create_topics([NewTopic::new("dropped-typed")]).await?.all()?;
        let producer = kafka.producer().await?;
        let typed = producer.of::<Numbered>().await?;
        let (given, whole) = (AtomicI64::new(0), Mutex::new(HashSet::new()));
        let next = || Numbered { number: given.fetch_add(1, Ordering::Relaxed) };
        let works = async || {
            let message = next();
            typed.send(&message).await?;
            whole.lock().await.insert(message.number);
            Ok(())
        };
        dropped_at_every_poll("Producer::of", async || producer.of::<Numbered>().await, works).await?;
        let send_to = async || producer.send_to("dropped-typed", &next()).await;
        dropped_at_every_poll("Producer::send_to", send_to, works).await?;
        dropped_at_every_poll("TypedTopic::send", async || typed.send(&next()).await, works).await?;
        let enqueue = async || typed.enqueue(&next()).await?.await;
        dropped_at_every_poll("TypedTopic::enqueue", enqueue, works).await?;
        dropped_at_every_poll("TypedTopic::tombstone", async || typed.tombstone(-1).await, works).await?;
        producer.close().await?;
        let mut reader = kafka.reader().stop_at_end().of::<Option<Numbered>>(Offset::Earliest).await?;
        let mut all = HashSet::new();
        while let Some(message) = reader.next().await {
            if let Some(Numbered { number }) = *message? {
                assert!(all.insert(number), "{version}: twice: {number}");
            }
        }
        assert!(all.is_superset(&*whole.lock().await), "{version}");
    }
    Ok(())
}
