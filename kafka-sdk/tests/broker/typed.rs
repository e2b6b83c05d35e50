//! Messages of a type: written, read, and what becomes of records that are none.

use crate::common::{
    broker, everywhere, kafka, new_topic, real, several_nodes, three_nodes, unique, values_by_java,
};
use crate::serializers::lines;
use kafka_sdk::admin::NewTopic;
use kafka_sdk::typed::{OnPoison, Poison, Typed};
use kafka_sdk::{
    Acked, ErrorKind, Event, Kafka, KafkaMessage, Message, Offset, Record, Reset, Result, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, KafkaMessage)]
struct Order {
    #[kafka(key)]
    id: String,
    #[kafka(partition_by)]
    customer: i64,
    #[kafka(header)]
    #[serde(skip)]
    tenant: Option<String>,
    #[kafka(timestamp)]
    #[serde(skip)]
    at: Option<Timestamp>,
    cents: i64,
}

fn order(number: i64) -> Order {
    let at = Some(Timestamp::from_millis(1_700_000_000_000 + number));
    let tenant = (number % 2 == 0).then(|| format!("tenant {number}"));
    Order { id: format!("o-{number}"), customer: number % 5, tenant, at, cents: number }
}

#[tokio::test]
async fn what_is_written_is_read_and_goes_where_it_belongs() -> Result<()> {
    for version in everywhere() {
        let test = "typed::what_is_written_is_read_and_goes_where_it_belongs";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "typed", 4).await?;
        let producer = kafka.producer().await?;
        let orders = producer.topic(&topic).await?.of::<Order>();
        for number in 0..50 {
            orders.enqueue(&order(number)).await?.forget();
        }
        producer.flush().await?;
        // A producer by hand, with the customer as its key, finds the same partitions.
        let mut places = Vec::new();
        for customer in 0..5_i64 {
            let key = customer.to_be_bytes();
            let placed = producer.send(&topic, Record::new("no order").key(&key));
            places.push(placed.await?.partition);
        }
        let reader = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().typed::<Order>();
        let mut reader = reader.on_poison(OnPoison::Skip).await?;
        let mut read = Vec::new();
        while let Some(order) = reader.next().await {
            let order = order?;
            assert_eq!(order.message().key(), Some(order.id.as_bytes()), "{version}");
            assert_eq!(order.message().partition(), places[order.customer as usize], "{version}");
            read.push(order.into_inner());
        }
        read.sort_by_key(|order| order.cents);
        assert_eq!(read, (0..50).map(order).collect::<Vec<_>>(), "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn keys_go_to_the_partitions_where_javas_producer_puts_them() -> Result<()> {
    for version in everywhere() {
        let test = "typed::keys_go_to_the_partitions_where_javas_producer_puts_them";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let producer = kafka.producer().await?;
        for (at, partitions) in [7, 12].into_iter().enumerate() {
            let topic = new_topic(&kafka, "typed-java", partitions).await?;
            for line in lines() {
                for key in line.keys() {
                    let placed = producer.send(&topic, Record::new("").key(key)).await?;
                    let what = format!("{version}: {} {}", line.serializer, line.text);
                    assert_eq!(placed.partition, line.partitions[at], "{what} of {partitions}");
                }
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_partition_that_the_application_chooses_counts_more_than_the_key() -> Result<()> {
    for version in everywhere() {
        let test = "typed::a_partition_that_the_application_chooses_counts_more_than_the_key";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "typed-chosen", 3).await?;
        let orders = kafka.producer().await?.topic(&topic).await?.of::<Order>();
        let by_key = orders.send(&order(7)).await?.partition;
        for partition in 0..3 {
            let chosen = orders.to_partition(partition);
            let placed = [
                chosen.send(&order(7)).await?,
                chosen.enqueue(&order(7)).await?.await?,
                chosen.try_enqueue(&order(7))?.await?,
                chosen.tombstone("o-7").await?,
            ];
            assert!(placed.iter().all(|placed| placed.partition == partition), "{version}: {placed:?}");
        }
        assert_eq!(
            orders.send(&order(7)).await?.partition,
            by_key,
            "{version}: the topic itself is as before"
        );
        let missing = orders.to_partition(3).send(&order(7)).await.unwrap_err();
        assert!(missing.to_string().contains('3'), "{version}: {missing}");
    }
    Ok(())
}

/// A record's number, or none for an end.
fn seen(event: Event<Typed<Order>>) -> Option<i64> {
    match event {
        Event::Record(order) => Some(order.cents),
        Event::End { offset, .. } => {
            assert_eq!(offset, 4);
            None
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_end_of_a_partition_is_an_event_of_typed_readers_and_consumers_too() -> Result<()> {
    for version in everywhere() {
        let test = "typed::the_end_of_a_partition_is_an_event_of_typed_readers_and_consumers_too";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "typed-ends", 2).await?;
        let producer = kafka.producer().await?;
        let orders = producer.topic(&topic).await?.of::<Order>().to_partition(1);
        for number in 0..3 {
            orders.send(&order(number)).await?;
        }
        // What is skipped is passed over on the way to the end.
        producer.send(&topic, Record::new("no order").partition(1)).await?;
        let all = [Some(0), Some(1), Some(2), None];

        let reader = kafka.reader().assign([((topic.as_str(), 1), Offset::Earliest)]).typed::<Order>();
        let mut reader = reader.on_poison(OnPoison::Skip).await?;
        let mut read = Vec::new();
        while read.last() != Some(&None) {
            read.push(seen(timeout(PATIENCE, reader.next_event()).await.unwrap().unwrap()?));
        }
        assert_eq!(read, all, "{version}");

        let group = unique("typed-ends");
        let build = || {
            let consumer = kafka.consumer(&group).assign([(topic.as_str(), 1)]);
            consumer.offset_reset(Reset::Earliest).typed::<Order>().on_poison(OnPoison::Skip)
        };
        let mut consumer = build().await?;
        let mut read = Vec::new();
        while read.last() != Some(&None) {
            read.push(seen(timeout(PATIENCE, consumer.next_event()).await.unwrap().unwrap()?));
        }
        assert_eq!(read, all, "{version}");
        consumer.close().await?;
        // All of it was committed: there is nothing before the end any more.
        let mut again = build().await?;
        let next = timeout(PATIENCE, again.next_event()).await.unwrap().unwrap()?;
        assert_eq!(seen(next), None, "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn a_tombstone_is_none_for_who_expects_one_and_poison_for_others() -> Result<()> {
    for version in everywhere() {
        let test = "typed::a_tombstone_is_none_for_who_expects_one_and_poison_for_others";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "typed-tombstone", 1).await?;
        let orders = kafka.producer().await?.topic(&topic).await?.of::<Order>();
        orders.send(&order(1)).await?;
        orders.tombstone("o-1").await?;
        orders.send(&order(2)).await?;
        let builder = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end();
        let mut optional = builder.clone().typed::<Option<Order>>().await?;
        let mut read = Vec::new();
        while let Some(next) = optional.next().await {
            let next = next?;
            assert_eq!(next.message().key().is_some(), next.message().key().is_some());
            read.push(next.into_inner().map(|order| order.cents));
        }
        assert_eq!(read, [Some(1), None, Some(2)], "{version}");

        let mut plain = builder.typed::<Order>().await?;
        assert_eq!(plain.next().await.unwrap()?.cents, 1);
        let error = plain.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{version}");
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("the record at offset 1 of {topic}-0: the value is null")),
            "{text}"
        );
        let poison = Poison::from_error(&error).expect("it has the record");
        assert_eq!((poison.message().offset(), poison.message().key()), (1, Some(&b"o-1"[..])));
        assert_eq!(plain.next().await.unwrap()?.cents, 2, "{version}: poison does not end the stream");
        assert!(plain.next().await.is_none());
    }
    Ok(())
}

/// What is no order, for five reasons.
fn broken(number: i64) -> Record<'static> {
    let record = Record::new(match (number / 10) % 5 {
        0 => "",
        1 => "hunter2",
        2 => r#"{"id":"x","customer":"hunter2","cents":1}"#,
        3 => r#"{"id":"x"}"#,
        _ => "[1,2",
    });
    record.key(format!("broken-{number}")).header("kept", "as it was")
}

/// Writes `count` records, every tenth of them broken.
async fn fill(kafka: &Kafka, topic: &str, count: i64) -> Result<()> {
    let producer = kafka.producer().await?;
    let orders = producer.topic(topic).await?.of::<Order>();
    for number in 0..count {
        if number % 10 == 3 {
            producer.enqueue(topic, broken(number)).await?.forget();
        } else {
            orders.enqueue(&order(number)).await?.forget();
        }
    }
    producer.close().await
}

#[tokio::test]
async fn poison_is_handed_out_left_out_or_goes_to_another_topic() -> Result<()> {
    for version in real() {
        let test = "typed::poison_is_handed_out_left_out_or_goes_to_another_topic";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "typed-poison", 1).await?;
        let letters = new_topic(&kafka, "dlq.typed-poison", 1).await?;
        fill(&kafka, &topic, 50).await?;
        let consumer = |group: &str| {
            let builder = kafka.consumer(group).topics([topic.as_str()]).offset_reset(Reset::Earliest);
            builder.typed::<Order>()
        };

        let group = unique("typed-fail");
        let mut failing = consumer(&group).acked().await?;
        let mut poisoned = 0;
        for _ in 0..50 {
            match timeout(PATIENCE, failing.next()).await.expect("in time").unwrap() {
                Ok(order) => order.ack(),
                Err(error) => {
                    assert!(!format!("{error:?} {error:#}").contains("hunter2"), "{error:#}");
                    Poison::from_error(&error).expect("the record is no order").ack();
                    poisoned += 1;
                }
            }
        }
        assert_eq!(poisoned, 5, "{version}");
        failing.close().await?;
        let mut next = kafka.consumer(&group).topics([topic.as_str()]).offset_reset(Reset::Earliest).await?;
        kafka.producer().await?.send(&topic, "the end").await?;
        let end = timeout(PATIENCE, next.next()).await.expect("in time").unwrap()?;
        assert_eq!(end.offset(), 50, "{version}: what was acknowledged is committed, also poison");
        next.close().await?;

        let to = letters.clone();
        let policy = OnPoison::decide(move |poison| match poison.message().offset() {
            50 => OnPoison::Skip,
            _ => OnPoison::DeadLetter(to.clone()),
        });
        let mut rest = consumer(&unique("typed-letters")).on_poison(policy).await?;
        for _ in 0..45 {
            timeout(PATIENCE, rest.next()).await.expect("in time").unwrap()?;
        }
        assert!(timeout(Duration::from_millis(500), rest.next()).await.is_err(), "the end is skipped");
        rest.close().await?;
        let mut reader = kafka.reader().topic(&letters, Offset::Earliest).stop_at_end().await?;
        let mut offsets = Vec::new();
        while let Some(letter) = reader.next().await {
            let letter = letter?;
            let header =
                |name: &str| letter.header(name).map(|value| String::from_utf8_lossy(value).into_owned());
            assert_eq!(header("__dlq.errors.topic"), Some(topic.clone()));
            assert_eq!(header("__dlq.errors.partition").as_deref(), Some("0"));
            assert_eq!(header("kept").as_deref(), Some("as it was"));
            assert!(header("__dlq.errors.group").is_some_and(|group| group.starts_with("typed-letters")));
            assert!(header("__dlq.errors.message").is_some_and(|text| text.starts_with("the value cannot")));
            let offset: i64 = header("__dlq.errors.offset").unwrap().parse().unwrap();
            let record = broken(offset);
            let expected = Message::of_record((topic.as_str(), 0), offset, &record);
            assert_eq!((letter.key(), letter.value()), (expected.key(), expected.value()), "{version}");
            offsets.push(offset);
        }
        assert_eq!(offsets, [3, 13, 23, 33, 43], "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn streams_of_partitions_and_handlers_take_messages_of_a_type() -> Result<()> {
    for version in real() {
        let test = "typed::streams_of_partitions_and_handlers_take_messages_of_a_type";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "typed-streams", 2).await?;
        fill(&kafka, &topic, 100).await?;
        let consumer = |group: &str| {
            let builder = kafka.consumer(unique(group)).topics([topic.as_str()]);
            builder.offset_reset(Reset::Earliest).typed::<Order>().on_poison(OnPoison::Skip)
        };
        let mut partitions = consumer("typed-partitions").await?.into_partitions();
        let mut read = BTreeSet::new();
        let mut streams = Vec::new();
        for _ in 0..2 {
            streams.push(timeout(PATIENCE, partitions.next()).await.expect("in time").unwrap()?);
        }
        while read.len() < 90 {
            for stream in &mut streams {
                while let Ok(next) = timeout(Duration::from_millis(100), stream.next()).await {
                    read.insert(next.unwrap()?.cents);
                }
            }
        }
        drop(streams);
        partitions.close().await?;

        let consumer = consumer("typed-run").acked().await?;
        let (control, seen) = (consumer.control(), Arc::new(AtomicU32::new(0)));
        let run = consumer.run(4, async |order| {
            assert!(order.id.starts_with("o-"));
            if seen.fetch_add(1, Ordering::Relaxed) == 89 {
                control.stop();
            }
            Ok::<_, std::convert::Infallible>(())
        });
        timeout(PATIENCE, run).await.expect("in time")?;
        assert_eq!(seen.load(Ordering::Relaxed), 90, "{version}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_record_is_processed_or_a_dead_letter_while_brokers_are_killed() -> Result<()> {
    const COUNT: i64 = 10_000;
    for version in real() {
        let test = "typed::every_record_is_processed_or_a_dead_letter_while_brokers_are_killed";
        let Some(cluster) = three_nodes(version, test).await else { return Ok(()) };
        let _turn = several_nodes().await;
        let kafka = Kafka::connect(cluster.bootstrap_servers()).await?;
        let (topic, letters) = (unique("typed-killed"), unique("dlq.typed-killed"));
        // The orders are dated, and brokers delete what is old.
        let topics = [&topic, &letters]
            .map(|name| NewTopic::new(name).partitions(2).replication(3).config("retention.ms", -1));
        kafka.admin().create_topics(topics).await?.all()?;
        fill(&kafka, &topic, COUNT).await?;
        let builder = kafka.consumer(unique("typed-killed")).topics([topic.as_str()]);
        let builder = builder.offset_reset(Reset::Earliest).max_unacked(100).typed::<Order>();
        let mut consumer = builder.on_poison(OnPoison::DeadLetter(letters.clone())).acked().await?;
        let mut processed = BTreeSet::new();
        let killing = async {
            for victim in [1, 2, 3] {
                let node = cluster.node(victim).unwrap();
                node.kill().await.unwrap();
                node.restart().await.unwrap();
            }
        };
        let reading = async {
            while processed.len() < COUNT as usize * 9 / 10 {
                let next = consumer.next().await.expect("it goes on");
                let order: Acked<_> = next?;
                processed.insert(order.cents);
                order.ack();
            }
            Result::Ok(())
        };
        let (read, ()) = tokio::join!(timeout(Duration::from_secs(240), reading), killing);
        read.expect("in time")?;
        consumer.close().await?;
        let dead: BTreeSet<String> = values_by_java(cluster, &letters).await.into_iter().collect();
        assert_eq!(dead.len(), 5, "{version}: each kind of broken value is a dead letter");
        let mut reader = kafka.reader().topic(&letters, Offset::Earliest).stop_at_end().await?;
        let mut all: BTreeSet<String> = processed.into_iter().map(|cents| format!("o-{cents}")).collect();
        while let Some(letter) = reader.next().await {
            all.insert(String::from_utf8_lossy(letter?.key().unwrap()).into_owned());
        }
        assert_eq!(all.len(), COUNT as usize, "{version}");
    }
    Ok(())
}
