//! Every future of the public API can be spawned, is small (a program holds thousands of some of them), and is dropped by
//! a test after each number of polls.
//! Where the first test fails: box what is large inside, and give closures that return futures in place of async closures.
//! Where it or the second one misses a call: give it to `spawnable` here, or to `dropped_at_every_poll` in
//! `tests/broker/dropped/`, under its name.

#![allow(clippy::unwrap_used, reason = "tests")]

mod calls;

use calls::calls_that_wait;
use kafka_sdk::admin::{GroupFilter, NewTopic, PendingOffsets};
use kafka_sdk::raw::Route;
use kafka_sdk::{Kafka, KafkaMessage, Offset, Record, Reset, Result};
use kafka_sdk_protocol::api::MetadataRequest;
use kafka_sdk_testcontainers::TestKafka;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The most bytes of a call that is made for each record, and of any other.
const EACH_RECORD: usize = 256;
const OTHERS: usize = 4_096;
const SECOND: Duration = Duration::from_secs(1);

/// The calls that were looked at.
#[derive(Default)]
struct Seen(BTreeSet<String>);

impl Seen {
    fn spawnable<F: Future + Send>(&mut self, what: &str, most: usize, future: F) {
        let size = size_of_val(&future);
        assert!(size <= most, "{what}: {size} bytes");
        println!("{what}: {size}");
        self.0.insert(what.to_owned());
    }
}

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "t")]
struct Note {
    #[kafka(key)]
    id: i64,
}

fn public_calls() -> BTreeSet<String> {
    let calls = calls_that_wait(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    for known in ["Kafka::connect", "Reader::next", "Producer::flush", "Admin::list_topics", "Delivery"] {
        assert!(calls.contains(known), "{known} is not found in the source: {calls:?}");
    }
    calls
}

#[test]
fn every_public_call_that_waits_is_dropped_by_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broker/dropped");
    let tests: String =
        fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    let calls = public_calls();
    let missing: Vec<&String> = calls.iter().filter(|call| !tests.contains(&format!("\"{call}\""))).collect();
    assert!(missing.is_empty(), "never dropped: {missing:?}");
}

#[tokio::test]
async fn every_future_can_be_spawned_and_is_small() -> Result<()> {
    let broker = TestKafka::embedded().topic("t", 1).start().await.unwrap();
    let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
    let mut seen = Seen::default();
    of_the_client(&mut seen, &kafka);
    of_producers(&mut seen, &kafka).await?;
    of_readers(&mut seen, &kafka).await?;
    of_consumers(&mut seen, &kafka).await?;
    let missing = Vec::from_iter(public_calls().difference(&seen.0).cloned());
    assert!(missing.is_empty(), "their size is not looked at: {missing:?}");
    Ok(())
}

fn of_the_client(seen: &mut Seen, kafka: &Kafka) {
    let (place, ignore, wait) = (("t", 0), PendingOffsets::Ignore, PendingOffsets::Wait);
    seen.spawnable("Kafka::connect", OTHERS, Kafka::connect("localhost:9092"));
    seen.spawnable("KafkaBuilder::build", OTHERS, Kafka::builder("localhost:9092").build());
    seen.spawnable("Kafka::offsets", OTHERS, kafka.offsets([(place, Offset::Latest)]));
    let (raw, request) = (kafka.raw(), |_: i16| MetadataRequest::default());
    seen.spawnable("Raw::call", OTHERS, raw.call(&Route::Any, SECOND, request));
    seen.spawnable("Raw::call_up_to", OTHERS, raw.call_up_to(4, &Route::Any, SECOND, request));

    let admin = kafka.admin();
    seen.spawnable("Admin::create_topics", OTHERS, admin.create_topics([NewTopic::new("n")]));
    seen.spawnable("Admin::delete_topics", OTHERS, admin.delete_topics(["n"]));
    seen.spawnable("Admin::list_topics", OTHERS, admin.list_topics());
    seen.spawnable("Admin::describe_topics", OTHERS, admin.describe_topics(["t"]));
    seen.spawnable("Admin::list_groups", OTHERS, admin.list_groups(GroupFilter::default()));
    seen.spawnable("Admin::describe_groups", OTHERS, admin.describe_groups(["g"]));
    seen.spawnable("Admin::delete_groups", OTHERS, admin.delete_groups(["g"]));
    seen.spawnable("Admin::group_offsets", OTHERS, admin.group_offsets("g", ignore));
    seen.spawnable("Admin::group_offsets_of", OTHERS, admin.group_offsets_of("g", [place], wait));
    seen.spawnable("Admin::alter_group_offsets", OTHERS, admin.alter_group_offsets("g", [(place, 0)]));
    seen.spawnable("Admin::delete_group_offsets", OTHERS, admin.delete_group_offsets("g", [place]));
    seen.spawnable("Admin::remove_members", OTHERS, admin.remove_members("g", ["i"], ""));
    seen.spawnable("Admin::remove_all_members", OTHERS, admin.remove_all_members("g", ""));
}

async fn of_producers(seen: &mut Seen, kafka: &Kafka) -> Result<()> {
    let producer = kafka.producer().await?;
    let topic = producer.topic("t").await?;
    seen.spawnable("ProducerBuilder::build", OTHERS, kafka.producer().build());
    seen.spawnable("Sending", EACH_RECORD, producer.send("t", "x"));
    seen.spawnable("Enqueue", EACH_RECORD, producer.enqueue("t", "x"));
    seen.spawnable("Sending", EACH_RECORD, topic.send(Record::new("x").key("k")));
    seen.spawnable("Enqueue", EACH_RECORD, topic.enqueue("x"));
    seen.spawnable("Delivery", 32, topic.enqueue("x").await?);
    seen.spawnable("Producer::topic", OTHERS, producer.topic("t"));
    seen.spawnable("Producer::flush", OTHERS, producer.flush());
    seen.spawnable("Producer::close_within", OTHERS, producer.close_within(SECOND));
    seen.spawnable("Producer::close", OTHERS, producer.close());

    let (notes, note) = (producer.of::<Note>().await?, Note { id: 7 });
    seen.spawnable("Producer::of", OTHERS, producer.of::<Note>());
    seen.spawnable("Producer::send_to", OTHERS, producer.send_to("t", &note));
    seen.spawnable("TypedTopic::send", EACH_RECORD, notes.send(&note));
    seen.spawnable("TypedTopic::enqueue", EACH_RECORD, notes.enqueue(&note));
    seen.spawnable("TypedTopic::tombstone", EACH_RECORD, notes.tombstone(7));
    Ok(())
}

async fn of_readers(seen: &mut Seen, kafka: &Kafka) -> Result<()> {
    let mut reader = kafka.reader().topic("t", Offset::Earliest).await?;
    let control = reader.control();
    let place = ("t", 0);
    seen.spawnable("ReaderBuilder::build", OTHERS, kafka.reader().topic("t", Offset::Earliest).build());
    seen.spawnable("Control::seek", OTHERS, control.seek(place, Offset::Earliest));
    seen.spawnable("Control::assign", OTHERS, control.assign([(place, Offset::Earliest)]));
    seen.spawnable("Control::assign_topic", OTHERS, control.assign_topic("t", Offset::Earliest));
    seen.spawnable("Reader::next", EACH_RECORD, reader.next());
    seen.spawnable("Reader::next_batch", EACH_RECORD, reader.next_batch());
    seen.spawnable("Reader::next_event", EACH_RECORD, reader.next_event());
    let mut notes = kafka.reader().of::<Note>(Offset::Earliest).await?;
    seen.spawnable("Reader::next", EACH_RECORD, notes.next());
    Ok(())
}

async fn of_consumers(seen: &mut Seen, kafka: &Kafka) -> Result<()> {
    let place = ("t", 0);
    let builder = || kafka.consumer("g").assign([place]).offset_reset(Reset::Earliest);
    let mut consumer = builder().await?;
    let control = consumer.control();
    seen.spawnable("ConsumerBuilder::build", OTHERS, builder().build());
    seen.spawnable("Consumer::next", EACH_RECORD, consumer.next());
    seen.spawnable("Consumer::next_batch", EACH_RECORD, consumer.next_batch());
    seen.spawnable("Consumer::next_event", EACH_RECORD, consumer.next_event());
    seen.spawnable("Consumer::commit", OTHERS, consumer.commit());
    seen.spawnable("Consumer::close_within", OTHERS, consumer.close_within(SECOND));
    seen.spawnable("Consumer::close", OTHERS, builder().await?.close());
    seen.spawnable("Consumer::run", OTHERS, builder().acked().await?.run(4, async |_| Result::Ok(())));
    seen.spawnable("ConsumerControl::commit", OTHERS, control.commit());
    seen.spawnable("ConsumerControl::commit_offsets", OTHERS, control.commit_offsets([(place, 0)]));
    seen.spawnable("ConsumerControl::committed", OTHERS, control.committed([place]));
    seen.spawnable("ConsumerControl::seek", OTHERS, control.seek(place, Offset::Earliest));

    let mut notes = kafka.consumer("g").assign([place]).typed::<Note>().await?;
    seen.spawnable("Consumer::next", EACH_RECORD, notes.next());
    seen.spawnable("Consumer::commit", OTHERS, notes.commit());
    let acked = kafka.consumer("g").assign([place]).typed::<Note>().acked().await?;
    seen.spawnable("Consumer::commit", OTHERS, acked.commit());

    kafka.producer().await?.send("t", "x").await?;
    let mut partitions = builder().await?.into_partitions();
    seen.spawnable("Partitions::next", EACH_RECORD, partitions.next());
    let mut stream = partitions.next().await.unwrap()?;
    seen.spawnable("PartitionStream::next", EACH_RECORD, stream.next());
    seen.spawnable("PartitionStream::commit", OTHERS, stream.commit());
    seen.spawnable("Partitions::close", OTHERS, partitions.close());
    Ok(())
}
