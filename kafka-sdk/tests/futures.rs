//! Every future of the public API can be spawned, and none is large: a program holds thousands of some of them.
//! Where this fails: box what is large inside, and give closures that return futures in place of async closures.

#![allow(clippy::unwrap_used, reason = "tests")]

use kafka_sdk::admin::NewTopic;
use kafka_sdk::{Kafka, Offset, Record, Result};
use kafka_sdk_testcontainers::TestKafka;
use std::time::Duration;

/// The most bytes of a call that is made for each record, and of any other.
const EACH_RECORD: usize = 256;
const OTHERS: usize = 4_096;

fn spawnable<F: Future + Send>(what: &str, most: usize, future: F) {
    let size = size_of_val(&future);
    assert!(size <= most, "{what}: {size} bytes");
    println!("{what}: {size}");
}

#[tokio::test]
async fn every_future_can_be_spawned_and_is_small() -> Result<()> {
    let broker = TestKafka::embedded().topic("t", 1).start().await.unwrap();
    let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
    spawnable("Kafka::connect", OTHERS, Kafka::connect("localhost:9092"));
    spawnable("Kafka::offsets", OTHERS, kafka.offsets([(("t", 0), Offset::Latest)]));

    let admin = kafka.admin();
    spawnable("create_topics", OTHERS, admin.create_topics([NewTopic::new("n")]));
    spawnable("delete_topics", OTHERS, admin.delete_topics(["n"]));
    spawnable("list_topics", OTHERS, admin.list_topics());
    spawnable("describe_topics", OTHERS, admin.describe_topics(["t"]));

    let producer = kafka.producer().await?;
    let topic = producer.topic("t").await?;
    spawnable("send", EACH_RECORD, producer.send("t", "x"));
    spawnable("enqueue", EACH_RECORD, producer.enqueue("t", "x"));
    spawnable("Topic::send", EACH_RECORD, topic.send(Record::new("x").key("k")));
    spawnable("Topic::enqueue", EACH_RECORD, topic.enqueue("x"));
    spawnable("Delivery", 32, topic.enqueue("x").await?);
    spawnable("Producer::topic", OTHERS, producer.topic("t"));
    spawnable("flush", OTHERS, producer.flush());
    spawnable("close_within", OTHERS, producer.close_within(Duration::from_secs(1)));
    spawnable("Producer::close", OTHERS, producer.close());
    spawnable("ProducerBuilder::build", OTHERS, kafka.producer().build());

    let mut reader = kafka.reader().topic("t", Offset::Earliest).await?;
    let control = reader.control();
    spawnable("seek", OTHERS, control.seek(("t", 0), Offset::Earliest));
    spawnable("assign", OTHERS, control.assign([(("t", 0), Offset::Earliest)]));
    spawnable("assign_topic", OTHERS, control.assign_topic("t", Offset::Earliest));
    spawnable("next", EACH_RECORD, reader.next());
    spawnable("next_batch", EACH_RECORD, reader.next_batch());
    spawnable("next_event", EACH_RECORD, reader.next_event());
    spawnable("ReaderBuilder::build", OTHERS, kafka.reader().topic("t", Offset::Earliest).build());
    Ok(())
}
