use super::*;
use kafka_sdk::{Kafka, Offset, Record, Reset};
use std::collections::BTreeSet;
use std::time::Instant;

async fn connect(broker: &NullBroker) -> Kafka {
    Kafka::connect(&broker.address().to_string()).await.unwrap()
}

#[tokio::test]
async fn what_the_client_sends_passes_all_checks_and_is_counted() {
    let settings = Settings { partitions: 3, checking: true, ..Settings::default() };
    let broker = NullBroker::start(settings).unwrap();
    let producer = connect(&broker).await.producer().await.unwrap();
    for i in 0..30_000 {
        producer.enqueue("orders", Record::new("v").partition(i % 3)).await.unwrap().forget();
    }
    producer.flush().await.unwrap();
    let counted = broker.counted();
    assert_eq!((counted.records, counted.faults, counted.first_fault), (30_000, 0, None));
    assert!(counted.batches >= 3 && counted.bytes > 30_000 * 7, "{} batches", counted.batches);
}

#[tokio::test]
async fn what_it_serves_has_no_gap_and_no_end() {
    let settings = Settings { batch_bytes: 2_000, canned_bytes: 20_000, ..Settings::default() };
    let broker = NullBroker::start(settings).unwrap();
    let mut reader = connect(&broker).await.reader().topic("orders", Offset::Earliest).await.unwrap();
    for offset in 0..10_000 {
        let message = reader.next().await.unwrap().unwrap();
        assert_eq!((message.offset(), message.value().map(<[u8]>::len)), (offset, Some(100)));
    }
    let counted = broker.counted();
    assert!(counted.fetched_records >= 10_000 && counted.fetches > 10_000 / 200, "{counted:?}");
}

#[tokio::test]
async fn answers_are_late_but_requests_are_read_meanwhile() {
    let delay = Duration::from_millis(20);
    let broker = NullBroker::start(Settings { delay, ..Settings::default() }).unwrap();
    let producer = connect(&broker).await.producer().linger(Duration::ZERO).await.unwrap();
    producer.send("orders", "the first batch goes alone").await.unwrap();
    let begun = Instant::now();
    producer.send("orders", "v").await.unwrap();
    assert!(begun.elapsed() >= delay, "{:?}", begun.elapsed());
    let (requests, begun) = (broker.counted().produces, Instant::now());
    // So large that each takes a request.
    let large = vec![0; 600_000];
    let mut deliveries = Vec::new();
    for _ in 0..5 {
        deliveries.push(producer.enqueue("orders", &large[..]).await.unwrap());
    }
    for delivery in deliveries {
        delivery.await.unwrap();
    }
    assert_eq!(broker.counted().produces - requests, 5);
    assert!(begun.elapsed() < 4 * delay, "not one after the other: {:?}", begun.elapsed());
}

#[tokio::test]
async fn what_is_not_acknowledged_stays_queued() {
    let broker = NullBroker::start(Settings { acknowledging: false, ..Settings::default() }).unwrap();
    let producer = connect(&broker).await.producer().linger(Duration::ZERO).await.unwrap();
    let delivery = producer.enqueue("orders", "v").await.unwrap();
    while broker.counted().records == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(delivery.now().is_none());
    assert_eq!(producer.queued(), 1);
}

#[tokio::test]
async fn a_group_has_one_member_which_gets_all_partitions() {
    let settings = Settings { partitions: 3, grouping: true, ..Settings::default() };
    let broker = NullBroker::start(settings).unwrap();
    let consumer = connect(&broker).await.consumer("group").topics(["orders"]).offset_reset(Reset::Earliest);
    let mut consumer = consumer.await.unwrap();
    let mut partitions = BTreeSet::new();
    while partitions.len() < 3 {
        partitions.insert(consumer.next().await.unwrap().unwrap().partition());
    }
    consumer.close().await.unwrap();
    assert_eq!(broker.counted().faults, 0);
}
