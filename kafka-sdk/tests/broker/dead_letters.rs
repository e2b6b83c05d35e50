//! Dead letters that cannot be written: whatever is committed then, the record that is to be one comes again.

use crate::common::{PATIENCE, alter_topic, broker, everywhere, kafka, new_topic, unique, until};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::consumer::{Commit, ConsumerBuilder, ConsumerControl, Item, PartitionStream};
use kafka_sdk::typed::{OnPoison, Poison, Typed};
use kafka_sdk::{Acked, Consumer, ErrorKind, Event, Kafka, KafkaMessage, Offset, Record, Reset, Result};
use kafka_sdk_testcontainers::TestKafka;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::timeout;

#[derive(Debug, Serialize, Deserialize, KafkaMessage)]
struct Order {
    cents: i64,
}

/// A topic with an order, a record that is none, and an order; another one for letters, and a group.
struct Post {
    kafka: Kafka,
    orders: String,
    letters: String,
    group: String,
}

impl Post {
    /// Letters are larger than their topic takes.
    async fn new(version: &'static str, test: &str) -> Option<Self> {
        let kafka = kafka(version, test).await?;
        let orders = new_topic(&kafka, "letters-of", 1).await.unwrap();
        let (letters, group) = (unique("letters"), unique("letters"));
        let topic = NewTopic::new(&letters).partitions(1).config("max.message.bytes", 100);
        kafka.admin().create_topics([topic]).await.unwrap().all().unwrap();
        let producer = kafka.producer().await.unwrap();
        let typed = producer.topic(&orders).await.unwrap().of::<Order>();
        typed.send(&Order { cents: 0 }).await.unwrap();
        producer.send(&orders, Record::new("no order")).await.unwrap();
        typed.send(&Order { cents: 2 }).await.unwrap();
        Some(Self { kafka, orders, letters, group })
    }

    /// In a group of its own each time; it commits all the time.
    fn builder(&mut self) -> ConsumerBuilder<Typed<Order>> {
        self.group = unique("letters");
        let builder = self.kafka.consumer(&self.group).topics([self.orders.as_str()]);
        let builder = builder.commit(Commit::Delivered { every: Duration::from_millis(5) });
        self.typed(builder)
    }

    fn typed(&self, builder: ConsumerBuilder) -> ConsumerBuilder<Typed<Order>> {
        let letters = OnPoison::DeadLetter(self.letters.clone());
        builder.offset_reset(Reset::Earliest).typed().on_poison(letters)
    }

    fn acked(&mut self) -> ConsumerBuilder<Acked<Typed<Order>>> {
        self.group = unique("letters");
        self.typed(self.kafka.consumer(&self.group).topics([self.orders.as_str()])).acked()
    }

    /// One that has a letter in hand that could not be written.
    async fn consumer(&mut self) -> Result<Consumer<Typed<Order>>> {
        let mut consumer = self.builder().await?;
        assert_eq!(timeout(PATIENCE, consumer.next()).await.unwrap().unwrap()?.cents, 0);
        refused(timeout(PATIENCE, consumer.next()).await.unwrap());
        Ok(consumer)
    }

    async fn committed(&self, control: &ConsumerControl) -> Result<Option<i64>> {
        let committed = control.committed([(self.orders.as_str(), 0)]).await?;
        Ok(committed.into_values().next().unwrap().map(|committed| committed.offset))
    }

    /// For who goes on in the group.
    async fn comes_again(&self, version: &str, after: &str) -> Result<()> {
        let builder = self.kafka.consumer(&self.group).topics([self.orders.as_str()]);
        let mut next = builder.offset_reset(Reset::Earliest).await?;
        let message = timeout(PATIENCE, next.next()).await.unwrap().unwrap()?;
        assert_eq!(message.offset(), 1, "{version}, after {after}");
        next.close().await
    }

    /// Letters can be written from now on.
    async fn mend(&self) -> Result<()> {
        alter_topic(&self.kafka, &self.letters, "max.message.bytes", "100000").await
    }

    /// Where the records of the letters that were written lie.
    async fn written(&self) -> Result<Vec<String>> {
        let mut reader = self.kafka.reader().topic(&self.letters, Offset::Earliest).stop_at_end().await?;
        let mut offsets = Vec::new();
        while let Some(letter) = reader.next().await {
            let letter = letter?;
            let offset = letter.header("__dlq.errors.offset").unwrap();
            offsets.push(String::from_utf8_lossy(offset).into_owned());
        }
        Ok(offsets)
    }
}

/// The error of a letter, not that of the record.
fn refused<M: std::fmt::Debug>(next: Option<Result<M>>) {
    let error = next.unwrap().unwrap_err();
    assert_ne!(error.kind(), ErrorKind::Decode, "{error}");
    assert!(Poison::from_error(&error).is_none(), "{error}");
}

async fn next<M: Item>(stream: &mut PartitionStream<M>) -> Option<Result<M>> {
    timeout(PATIENCE, stream.next()).await.unwrap()
}

#[tokio::test]
async fn no_commit_of_a_consumer_passes_a_record_before_its_letter_is_written() -> Result<()> {
    for version in everywhere() {
        let test = "dead_letters::no_commit_of_a_consumer_passes_a_record_before_its_letter_is_written";
        let Some(mut post) = Post::new(version, test).await else { return Ok(()) };

        let consumer = post.consumer().await?;
        let control = consumer.control();
        let positions: Vec<i64> = control.positions().iter().map(|(_, offset)| offset).collect();
        assert_eq!(positions, [1], "{version}: it is not handed out");
        control.commit().await?;
        assert_eq!(post.committed(&control).await?, Some(1), "{version}");
        consumer.close().await?;
        post.comes_again(version, "a commit, and close").await?;

        let consumer = post.consumer().await?;
        consumer.close().await?;
        post.comes_again(version, "close").await?;

        let consumer = post.consumer().await?;
        drop(consumer);
        post.comes_again(version, "drop").await?;

        let mut consumer = post.consumer().await?;
        refused(timeout(PATIENCE, consumer.next_event()).await.unwrap());
        consumer.commit().await?;
        consumer.close().await?;
        post.comes_again(version, "next_event").await?;
        assert_eq!(post.written().await?, [""; 0], "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn no_commit_of_a_partitions_stream_passes_a_record_before_its_letter_is_written() -> Result<()> {
    for version in everywhere() {
        let test =
            "dead_letters::no_commit_of_a_partitions_stream_passes_a_record_before_its_letter_is_written";
        let Some(mut post) = Post::new(version, test).await else { return Ok(()) };

        let mut partitions = post.builder().await?.into_partitions();
        let mut stream = timeout(PATIENCE, partitions.next()).await.unwrap().unwrap()?;
        assert_eq!(next(&mut stream).await.unwrap()?.cents, 0);
        refused(next(&mut stream).await);
        stream.commit().await?;
        assert_eq!(post.committed(&partitions.control()).await?, Some(1), "{version}");
        partitions.control().commit().await?;
        assert_eq!(post.committed(&partitions.control()).await?, Some(1), "{version}");
        drop(stream);
        partitions.close().await?;
        post.comes_again(version, "commit of a stream").await?;

        let mut partitions = post.acked().await?.into_partitions();
        let mut stream = timeout(PATIENCE, partitions.next()).await.unwrap().unwrap()?;
        next(&mut stream).await.unwrap()?.ack();
        refused(next(&mut stream).await);
        stream.commit().await?;
        drop(stream);
        timeout(PATIENCE, partitions.close()).await.unwrap()?;
        post.comes_again(version, "commit of a stream that is acked").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_record_in_hand_goes_to_the_stream_of_its_partition() -> Result<()> {
    for version in everywhere() {
        let test = "dead_letters::a_record_in_hand_goes_to_the_stream_of_its_partition";
        let Some(mut post) = Post::new(version, test).await else { return Ok(()) };

        // One that nobody reads.
        let partitions = post.consumer().await?.into_partitions();
        partitions.control().commit().await?;
        partitions.close().await?;
        post.comes_again(version, "into_partitions").await?;

        let mut partitions = post.consumer().await?.into_partitions();
        let mut stream = timeout(PATIENCE, partitions.next()).await.unwrap().unwrap()?;
        refused(next(&mut stream).await);
        partitions.control().commit().await?;
        assert_eq!(post.committed(&partitions.control()).await?, Some(1), "{version}");
        post.mend().await?;
        let order = timeout(PATIENCE, async {
            loop {
                // Brokers hear of a topic's settings a little later.
                if let Ok(order) = next(&mut stream).await.unwrap() {
                    break order;
                }
            }
        });
        assert_eq!(order.await.unwrap().cents, 2, "{version}");
        stream.commit().await?;
        assert_eq!(post.committed(&partitions.control()).await?, Some(3), "{version}");
        assert_eq!(post.written().await?, ["1"], "{version}");
        drop(stream);
        partitions.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_acked_record_in_hand_goes_to_the_stream_of_its_partition() -> Result<()> {
    for version in everywhere() {
        let test = "dead_letters::an_acked_record_in_hand_goes_to_the_stream_of_its_partition";
        let Some(mut post) = Post::new(version, test).await else { return Ok(()) };
        let mut consumer = post.acked().max_unacked(1).await?;
        timeout(PATIENCE, consumer.next()).await.unwrap().unwrap()?.ack();
        refused(timeout(PATIENCE, consumer.next()).await.unwrap());
        consumer.commit().await?;
        let mut partitions = consumer.into_partitions();
        let mut stream = timeout(PATIENCE, partitions.next()).await.unwrap().unwrap()?;
        refused(next(&mut stream).await);
        stream.commit().await?;
        assert_eq!(post.committed(&partitions.control()).await?, Some(1), "{version}");
        drop(stream);
        timeout(PATIENCE, partitions.close()).await.unwrap()?;
        post.comes_again(version, "into_partitions, acked").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_letter_that_cannot_be_written_is_tried_again_by_the_next_call() -> Result<()> {
    for version in everywhere() {
        let test = "dead_letters::a_letter_that_cannot_be_written_is_tried_again_by_the_next_call";
        let Some(mut post) = Post::new(version, test).await else { return Ok(()) };
        let mut consumer = post.consumer().await?;
        for _ in 0..3 {
            refused(timeout(PATIENCE, consumer.next()).await.unwrap());
        }
        post.mend().await?;
        let order = timeout(PATIENCE, async {
            loop {
                if let Ok(order) = consumer.next().await.unwrap() {
                    break order;
                }
            }
        });
        assert_eq!(order.await.unwrap().cents, 2, "{version}");
        assert_eq!(post.written().await?, ["1"], "{version}");
        let control = consumer.control();
        consumer.commit().await?;
        assert_eq!(post.committed(&control).await?, Some(3), "{version}");
        consumer.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_next_that_is_dropped_while_a_letter_is_on_its_way_passes_no_record() -> Result<()> {
    for version in everywhere() {
        let test = "dead_letters::a_next_that_is_dropped_while_a_letter_is_on_its_way_passes_no_record";
        let Some(mut post) = Post::new(version, test).await else { return Ok(()) };
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        post.mend().await?;
        let patient = std::mem::replace(&mut post.kafka, slow_to_write(broker).await?);
        let mut consumer = post.builder().await?;
        assert_eq!(timeout(PATIENCE, consumer.next()).await.unwrap().unwrap()?.cents, 0);
        for _ in 0..3 {
            assert!(timeout(Duration::from_millis(100), consumer.next()).await.is_err(), "{version}");
            consumer.commit().await?;
            assert_eq!(post.committed(&consumer.control()).await?, Some(1), "{version}");
        }
        consumer.close().await?;
        post.kafka = patient;
        post.comes_again(version, "a dropped next").await?;
    }
    Ok(())
}

/// A client whose letters wait for others for a minute.
async fn slow_to_write(broker: &TestKafka) -> Result<Kafka> {
    let servers = ("bootstrap.servers", broker.bootstrap_servers());
    Kafka::from_properties([servers, ("linger.ms", "60000")]).await
}

#[tokio::test]
async fn after_a_seek_the_letter_from_before_it_is_not_tried_any_more() -> Result<()> {
    for version in everywhere() {
        let test = "dead_letters::after_a_seek_the_letter_from_before_it_is_not_tried_any_more";
        let Some(mut post) = Post::new(version, test).await else { return Ok(()) };
        let orders = post.orders.clone();
        let mut consumer = post.consumer().await?;
        consumer.control().seek((orders.as_str(), 0), 2).await?;
        assert_eq!(timeout(PATIENCE, consumer.next()).await.unwrap().unwrap()?.cents, 2, "{version}");
        consumer.close().await?;

        let mut partitions = post.consumer().await?.into_partitions();
        let mut stream = timeout(PATIENCE, partitions.next()).await.unwrap().unwrap()?;
        refused(next(&mut stream).await);
        partitions.control().seek((orders.as_str(), 0), 2).await?;
        assert_eq!(next(&mut stream).await.unwrap()?.cents, 2, "{version}");
        drop(stream);
        partitions.close().await?;
        assert_eq!(post.written().await?, [""; 0], "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn a_readers_position_is_before_a_record_until_its_letter_is_written() -> Result<()> {
    for version in everywhere() {
        let test = "dead_letters::a_readers_position_is_before_a_record_until_its_letter_is_written";
        let Some(post) = Post::new(version, test).await else { return Ok(()) };
        let reader = kafka_reader(&post).on_poison(OnPoison::DeadLetter(post.letters.clone()));
        let mut reader = reader.await?;
        assert_eq!(reader.next().await.unwrap()?.cents, 0);
        let position = |positions: kafka_sdk::Offsets| positions.iter().next().map(|(_, offset)| offset);
        for _ in 0..2 {
            refused(timeout(PATIENCE, reader.next_event()).await.unwrap().map(|event| event.map(seen)));
            assert_eq!(position(reader.positions()), Some(1), "{version}");
        }
        post.mend().await?;
        until("the letter is written", async || Ok(reader.next().await.unwrap().is_ok())).await?;
        assert_eq!(position(reader.positions()), Some(3), "{version}");
    }
    Ok(())
}

fn kafka_reader(post: &Post) -> kafka_sdk::ReaderBuilder<Typed<Order>> {
    post.kafka.reader().topic(&post.orders, Offset::Earliest).typed()
}

fn seen(event: Event<Typed<Order>>) -> i64 {
    match event {
        Event::Record(order) => order.cents,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_letter_whose_commit_did_not_come_about_is_written_again() -> Result<()> {
    for version in everywhere() {
        let test = "dead_letters::a_letter_whose_commit_did_not_come_about_is_written_again";
        let Some(post) = Post::new(version, test).await else { return Ok(()) };
        post.mend().await?;
        let group = unique("letters-again");
        for round in 1..=2 {
            // Without a word of commit: as one that crashes leaves it.
            let builder = post.kafka.consumer(&group).topics([post.orders.as_str()]);
            let mut consumer = post.typed(builder.commit(Commit::Manual)).await?;
            let mut cents = Vec::new();
            while cents.len() < 2 {
                if let Ok(order) = timeout(PATIENCE, consumer.next()).await.unwrap().unwrap() {
                    cents.push(order.cents);
                }
            }
            assert_eq!(cents, [0, 2], "{version}");
            drop(consumer);
            assert_eq!(post.written().await?, vec!["1"; round], "{version}: at least once");
        }
    }
    Ok(())
}

#[tokio::test]
async fn who_decides_to_decide_again_fails() -> Result<()> {
    for version in everywhere() {
        let test = "dead_letters::who_decides_to_decide_again_fails";
        let Some(post) = Post::new(version, test).await else { return Ok(()) };
        let asked = Arc::new(AtomicU32::new(0));
        let count = asked.clone();
        let policy = OnPoison::decide(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            OnPoison::decide(|_| panic!("it is not asked"))
        });
        let mut reader = kafka_reader(&post).on_poison(policy).await?;
        assert_eq!(reader.next().await.unwrap()?.cents, 0);
        let error = reader.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{version}");
        assert_eq!(Poison::from_error(&error).unwrap().message().offset(), 1, "{version}");
        assert_eq!(reader.next().await.unwrap()?.cents, 2, "{version}");
        assert_eq!(asked.load(Ordering::Relaxed), 1, "{version}");
    }
    Ok(())
}
