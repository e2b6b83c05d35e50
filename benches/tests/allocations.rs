//! Records are appended and read without an allocation for any of them, and what the whole client allocates for a batch
//! is not more than what is checked in.

use bytes::Bytes;
use kafka_sdk::{Kafka, KafkaMessage, Message, Offset, Record};
use kafka_sdk_benches::figures::Figures;
use kafka_sdk_benches::harness::{Counting, Heap, Payloads};
use kafka_sdk_benches::null_broker::{NullBroker, Settings};
use kafka_sdk_benches::order::Order;
use kafka_sdk_benches::{STAMP, random};
use kafka_sdk_protocol::records::{BatchBuilder, batches};
use std::hint::black_box;

#[global_allocator]
static COUNTING: Counting = Counting;

/// What `work` gives, and the allocations of this thread until then.
fn counted<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let before = Heap::allocations_of_this_thread();
    let result = work();
    (result, Heap::allocations_of_this_thread() - before)
}

fn append(buffer: Vec<u8>, values: &[Vec<u8>]) -> Vec<u8> {
    let mut batch = BatchBuilder::new(buffer);
    for value in values {
        let headers = [("trace", Some(&b"7"[..])), ("tenant", None)];
        batch.append(1_700_000_000_000, Some(b"key"), Some(value), headers.into_iter());
    }
    batch.seal(STAMP)
}

fn read(fetched: &Bytes) -> usize {
    let mut bytes = 0;
    for batch in batches(fetched) {
        let batch = batch.unwrap();
        batch.check().unwrap();
        for record in &batch.records().unwrap() {
            bytes += record.key.unwrap().len() + record.value.unwrap().len();
            bytes += record.headers().map(|header| header.name.len()).sum::<usize>();
        }
    }
    bytes
}

#[test]
fn appending_and_sealing_allocate_nothing_where_the_buffer_has_room() {
    let values = random(10_000, 100);
    let buffer = Vec::with_capacity(2 << 20);
    let (batch, allocations) = counted(|| append(buffer, &values));
    assert_eq!(allocations, 0, "for {} bytes", batch.len());
}

#[test]
fn reading_allocates_nothing_for_a_record() {
    let fetched = Bytes::from(append(Vec::new(), &random(10_000, 100)));
    // Bytes that come from a Vec allocate their count of references when they are first shared.
    let _shared = black_box(fetched.clone());
    let (bytes, allocations) = counted(|| read(&fetched));
    assert_eq!((bytes, allocations), (10_000 * (3 + 100 + 11), 0));
}

#[test]
fn a_typed_message_allocates_what_it_would_by_hand() {
    let order = Order::example();
    let (mut buffer, mut other) = (Vec::with_capacity(1_000), Vec::with_capacity(1_000));
    let (record, typed) = counted(|| order.to_record(&mut buffer).unwrap());
    let (expected, by_hand) = counted(|| order.by_hand(&mut other));
    assert_eq!(typed, by_hand);
    let message = |record| Message::of_record(("orders", 0), 7, record);
    let (read, expected) = (message(&record), message(&expected));
    assert_eq!((read.key(), read.value()), (expected.key(), expected.value()));
    assert!(read.headers().eq(expected.headers()));
    let (decoded, typed) = counted(|| Order::from_message(&read).unwrap());
    let (expected, by_hand) = counted(|| Order::read_by_hand(&read));
    assert_eq!((decoded, typed), (expected, by_hand));
}

/// On this runtime, the client has no thread but that of the test; the broker's are not counted.
#[tokio::test]
async fn producing_allocates_for_batches_and_requests_only() {
    const BATCH: usize = 64 << 10;
    let broker = NullBroker::start(Settings::default()).unwrap();
    let kafka = Kafka::connect(&broker.address().to_string()).await.unwrap();
    let producer = kafka.producer().batch_size(BATCH).max_request_size(BATCH).await.unwrap();
    let topic = producer.topic("orders").await.unwrap();
    let mut payloads = Payloads::new(100, 1);
    let (mut before, mut batches) = (0, 0);
    for round in 0..2 {
        // The first round fills the pools.
        before = Heap::allocations_of_this_thread();
        batches = broker.counted().batches;
        for _ in 0..(1 + round) * 200_000 {
            topic.enqueue(Record::new(payloads.take().0)).await.unwrap().forget();
        }
        producer.flush().await.unwrap();
    }
    let allocations = Heap::allocations_of_this_thread() - before;
    let batches = broker.counted().batches - batches;
    Figures::checked_in().compare("allocations, produced batch", allocations as f64 / batches as f64);
}

#[tokio::test]
async fn reading_allocates_for_batches_and_requests_only() {
    let broker = NullBroker::start(Settings::default()).unwrap();
    let kafka = Kafka::connect(&broker.address().to_string()).await.unwrap();
    let mut reader = kafka.reader().topic("orders", Offset::Earliest).await.unwrap();
    let (mut before, mut batches) = (0, 0);
    for count in [200, 2_000] {
        before = Heap::allocations_of_this_thread();
        batches = count;
        for _ in 0..count {
            let batch = reader.next_batch().await.unwrap().unwrap();
            black_box(batch.iter().filter_map(|message| message.value()).map(<[u8]>::len).sum::<usize>());
        }
    }
    let allocations = Heap::allocations_of_this_thread() - before;
    Figures::checked_in().compare("allocations, read batch", allocations as f64 / f64::from(batches));
}
