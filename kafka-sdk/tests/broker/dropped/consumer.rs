use super::{SOON, dropped_at_every_poll};
use crate::common::{NEWEST, OLDEST, broker, heavy, new_topic, unique};
use kafka_sdk::{Event, Kafka, Reset, Result};
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Mutex;

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_of_a_consumer_leaves_it_where_it_was() -> Result<()> {
    for version in [OLDEST, NEWEST] {
        let test = "dropped::consumer::a_dropped_call_of_a_consumer_leaves_it_where_it_was";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "dropped-consumer", 1).await?;
        let (first, group) = ((topic.as_str(), 0), unique("dropped"));
        let producer = kafka.producer().await?;
        let builder = || kafka.consumer(group.as_str()).assign([first]).offset_reset(Reset::Earliest);
        let (consumer, expected) = (Mutex::new(builder().await?), AtomicI64::new(0));
        let control = consumer.lock().await.control();
        let is_next = |offset| assert_eq!(offset, expected.fetch_add(1, Ordering::Relaxed), "{version}");
        let mut works = async || {
            for _ in 0..2 {
                producer.send(&topic, "x").await?;
            }
            is_next(consumer.lock().await.next().await.unwrap()?.offset());
            Ok(())
        };
        works().await?;
        let next = async || is_next(consumer.lock().await.next().await.unwrap().unwrap().offset());
        dropped_at_every_poll("Consumer::next", next, &mut works).await?;
        let next_batch = async || {
            let batch = consumer.lock().await.next_batch().await.unwrap().unwrap();
            batch.iter().for_each(|message| is_next(message.offset()));
        };
        dropped_at_every_poll("Consumer::next_batch", next_batch, &mut works).await?;
        let next_event = async || {
            if let Event::Record(message) = consumer.lock().await.next_event().await.unwrap().unwrap() {
                is_next(message.offset());
            }
        };
        dropped_at_every_poll("Consumer::next_event", next_event, &mut works).await?;
        let here = || expected.load(Ordering::Relaxed);
        let seek = async || control.seek(first, here()).await.unwrap();
        dropped_at_every_poll("ConsumerControl::seek", seek, &mut works).await?;

        let mut works = async || {
            control.commit().await?;
            let committed = control.committed([first]).await?;
            assert_eq!(
                committed[&first.into()].as_ref().map(|place| place.offset),
                Some(here()),
                "{version}"
            );
            Ok(())
        };
        let commit = async || consumer.lock().await.commit().await.unwrap();
        dropped_at_every_poll("Consumer::commit", commit, &mut works).await?;
        dropped_at_every_poll("ConsumerControl::commit", async || control.commit().await, &mut works).await?;
        let commit_offsets = async || control.commit_offsets([(first, here())]).await.unwrap();
        dropped_at_every_poll("ConsumerControl::commit_offsets", commit_offsets, &mut works).await?;
        let committed = async || control.committed([first]).await.unwrap();
        dropped_at_every_poll("ConsumerControl::committed", committed, &mut works).await?;

        let mut works = async || {
            producer.send(&topic, "x").await?;
            builder().await?.next().await.unwrap().map(drop)
        };
        let build = async || builder().build().await.unwrap();
        dropped_at_every_poll("ConsumerBuilder::build", build, &mut works).await?;
        let close = async || build().await.close().await.unwrap();
        dropped_at_every_poll("Consumer::close", close, &mut works).await?;
        let close_within = async || build().await.close_within(SOON).await.unwrap();
        dropped_at_every_poll("Consumer::close_within", close_within, &mut works).await?;
        let run = async || {
            let consumer = builder().acked().await.unwrap();
            consumer.run(1, async |_| Err("enough")).await.unwrap_err()
        };
        dropped_at_every_poll("Consumer::run", run, &mut works).await?;
        let next_partition = async || {
            let mut partitions = build().await.into_partitions();
            let partition = partitions.next().await.unwrap().unwrap();
            (partitions, partition)
        };
        dropped_at_every_poll("Partitions::next", next_partition, &mut works).await?;
        let close = async || build().await.into_partitions().close().await.unwrap();
        dropped_at_every_poll("Partitions::close", close, &mut works).await?;
        let next = async || next_partition().await.1.next().await.unwrap().unwrap();
        dropped_at_every_poll("PartitionStream::next", next, &mut works).await?;
        let commit = async || next_partition().await.1.commit().await.unwrap();
        dropped_at_every_poll("PartitionStream::commit", commit, &mut works).await?;
    }
    Ok(())
}
