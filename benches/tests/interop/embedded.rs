//! Other clients at the embedded Kafka, which our own tests use only with our own.

use crate::ours::Ours;
use crate::python;
use crate::record::{Record, records};
use crate::{Broker, Peer, RECORDS, left_out, runtime};
#[cfg(feature = "peers")]
use kafka_sdk_protocol::records::compression::Codec;
use kafka_sdk_testcontainers::TestKafka;

fn embedded(topics: &[&str]) -> Broker {
    let runtime = runtime();
    let builder = topics.iter().fold(TestKafka::embedded(), |builder, topic| builder.topic(topic, 1));
    let kafka = runtime.block_on(builder.start()).unwrap();
    Broker { runtime, kafka }
}

#[cfg(feature = "peers")]
#[test]
fn librdkafka_writes_to_the_embedded_kafka() {
    let cases = [("plain", "false", "none"), ("idempotent", "true", "none"), ("lz4", "true", "lz4")];
    let broker = embedded(&cases.map(|(topic, ..)| topic));
    let records = records(RECORDS);
    for (topic, idempotence, codec) in cases {
        let settings = [("enable.idempotence", idempotence), ("compression.codec", codec)];
        crate::librdkafka::produce(broker.servers(), topic, &settings, &records);
        assert!(Ours.read(&broker, topic, RECORDS) == records, "{topic}");
    }
}

#[cfg(not(feature = "peers"))]
#[test]
fn librdkafka_writes_to_the_embedded_kafka() {
    left_out("librdkafka_writes_to_the_embedded_kafka: without the feature `peers`");
}

#[cfg(feature = "peers")]
#[test]
fn librdkafka_reads_in_a_group_of_the_embedded_kafka() {
    let protocols: [(&str, &[(&str, &str)]); 3] = [
        ("eager", &[("group.id", "eager"), ("partition.assignment.strategy", "range")]),
        (
            "cooperative",
            &[("group.id", "cooperative"), ("partition.assignment.strategy", "cooperative-sticky")],
        ),
        ("consumer", &[("group.id", "consumer"), ("group.protocol", "consumer")]),
    ];
    let broker = embedded(&protocols.map(|(name, _)| name));
    for (topic, settings) in protocols {
        let records = records(RECORDS);
        Ours.write(&broker, topic, Codec::None, &records);
        // Half by one member, who commits, and the rest by the next one.
        let half = RECORDS / 2;
        let read = |count| crate::librdkafka::read_in_group(broker.servers(), topic, settings, count);
        assert!([read(half), read(RECORDS - half)].concat() == records, "{topic}");
    }
}

#[cfg(not(feature = "peers"))]
#[test]
fn librdkafka_reads_in_a_group_of_the_embedded_kafka() {
    left_out("librdkafka_reads_in_a_group_of_the_embedded_kafka: without the feature `peers`");
}

#[test]
fn kafka_python_writes_to_the_embedded_kafka() {
    let python = match python::python() {
        Ok(python) => python,
        Err(why) => return left_out(&format!("kafka_python_writes_to_the_embedded_kafka: {why}")),
    };
    let broker = embedded(&["none", "gzip"]);
    let values: Vec<String> = records(RECORDS).into_iter().filter_map(|record| record.value).collect();
    let written = values.iter().enumerate().map(|(i, value)| Record {
        key: Some(format!("key-{i}")),
        value: Some(value.clone()),
        headers: vec![("trace".into(), i.to_string())],
    });
    let written: Vec<Record> = written.collect();
    for codec in ["none", "gzip"] {
        python::produce(&python, broker.servers(), codec, codec, &values);
        assert!(Ours.read(&broker, codec, written.len()) == written, "{codec}");
    }
}
