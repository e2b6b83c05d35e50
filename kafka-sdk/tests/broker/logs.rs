//! What logs look like after compaction, and what comes of bytes that were damaged on their way.

use crate::common::{NEWEST, OLDEST, broker, everywhere, heavy, new_topic, unique, until};
use futures_util::TryStreamExt;
use kafka_sdk::admin::NewTopic;
use kafka_sdk::{ErrorKind, Kafka, Message, Offset, Producer, Record, Result};
use kafka_sdk_testcontainers::{Api, Providers, Reaction, Rule, TestKafka, TestProxy};
use std::time::Duration;

const KEYS: usize = 20;
const DELETED: usize = 5;

async fn read(kafka: &Kafka, topic: &str, from: Offset) -> Result<Vec<Message>> {
    kafka.reader().topic(topic, from).stop_at_end().await?.try_collect().await
}

/// Batches with the values of many keys, of which the last ones count, and then tombstones for some.
async fn overwrite(producer: &Producer, topic: &str) -> Result<()> {
    for n in 0..30 * KEYS {
        let key = format!("key-{}", n % KEYS);
        producer.enqueue(topic, Record::new(n.to_string()).key(key)).await?.forget();
    }
    for n in 0..DELETED {
        producer.enqueue(topic, Record::tombstone(format!("key-{n}"))).await?.forget();
    }
    producer.flush().await
}

#[tokio::test]
async fn a_compacted_topic_is_read_over_its_gaps_to_its_end() -> Result<()> {
    for version in [OLDEST, NEWEST] {
        let test = "logs::a_compacted_topic_is_read_over_its_gaps_to_its_end";
        if !Providers::here().run_jvm(test).unwrap() {
            return Ok(());
        }
        let _turn = heavy().await;
        let often = ("log.cleaner.backoff.ms", "100");
        let broker = TestKafka::jvm().version(version).property(often.0, often.1).start().await.unwrap();
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = NewTopic::new(unique("compacted")).partitions(1).config("cleanup.policy", "compact");
        let topic = topic.config("segment.ms", 100).config("delete.retention.ms", 0);
        let topic = topic.config("min.cleanable.dirty.ratio", "0.0");
        let topic = kafka.admin().create_topics([topic]).await?.all()?.remove(0).0;
        let producer = kafka.producer().batch_size(500).await?;
        overwrite(&producer, &topic).await?;
        let is_numbered = |message: &&Message| message.key().unwrap().starts_with(b"key-");
        let mut tail = 0;
        until("all but the last values and the tombstones are gone", async || {
            // What is written last is never compacted, and has the segment before it closed.
            producer.send(&topic, Record::new("tail").key(format!("tail-{tail}"))).await?;
            tail += 1;
            let read = read(&kafka, &topic, Offset::Earliest).await?;
            Ok(read.iter().filter(is_numbered).count() == KEYS - DELETED)
        })
        .await?;
        let messages = read(&kafka, &topic, Offset::Earliest).await?;
        assert!(messages.iter().all(|message| message.value().is_some()), "no tombstone");
        assert!(messages.is_sorted_by(|a, b| a.offset() < b.offset()));
        let count = messages.len().to_string();
        let args = ["--topic", &topic, "--from-beginning", "--max-messages", &count];
        let java = broker.console_consumer().args(args).run().await.unwrap();
        let values = messages.iter().map(|message| message.value().unwrap());
        assert!(java.text().lines().map(str::as_bytes).eq(values), "{version}: Java reads the same");
        // From the middle of a gap.
        let first = messages[0].offset();
        assert!(first > 100, "{first}");
        assert_eq!(read(&kafka, &topic, Offset::At(first - 50)).await?.len(), messages.len());
    }
    Ok(())
}

#[tokio::test]
async fn a_bit_that_was_flipped_is_noticed_and_costs_a_few_fetches() -> Result<()> {
    for version in everywhere() {
        let test = "logs::a_bit_that_was_flipped_is_noticed_and_costs_a_few_fetches";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let direct = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&direct, "flipped", 1).await?;
        let producer = direct.producer().await?;
        for n in 0..10 {
            producer.send(&topic, n.to_string()).await?;
        }
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let flip = || Rule::on(Api::Fetch).topic(&topic).react(Reaction::FlipRecordBit);

        let once = proxy.intercept(flip().times(1)).unwrap();
        assert_eq!(read(&kafka, &topic, Offset::Earliest).await?.len(), 10, "it is fetched again");
        assert_eq!(once.hits(), 1);

        let always = proxy.intercept(flip().always()).unwrap();
        let mut reader = kafka.reader().topic(&topic, Offset::At(3)).await?;
        let mut next = 3;
        let error = loop {
            match tokio::time::timeout(Duration::from_secs(30), reader.next()).await.unwrap().unwrap() {
                Ok(message) => {
                    assert_eq!(message.offset(), next, "from sound batches only");
                    next += 1;
                }
                Err(error) => break error,
            }
        };
        assert_eq!(
            (error.kind(), error.topic(), error.partition()),
            (ErrorKind::Decode, Some(&*topic), Some(0))
        );
        assert!(error.to_string().contains(&format!("from offset {next} on")), "{error}");
        assert!(reader.next().await.is_none());
        assert!(always.hits() <= 10, "{version}: {} fetches", always.hits());
    }
    Ok(())
}
