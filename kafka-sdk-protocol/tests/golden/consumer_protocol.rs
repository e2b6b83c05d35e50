//! Subscriptions and assignments of classic groups: the version in two bytes, then the message.

use crate::vectors::{self, Vector};
use bytes::{Buf, Bytes};
use kafka_sdk_protocol::api::consumer_protocol_subscription::TopicPartition as Owned;
use kafka_sdk_protocol::api::{
    ConsumerProtocolAssignment, ConsumerProtocolSubscription, consumer_protocol_assignment,
};
use kafka_sdk_protocol::message::Message;
use std::fmt::Debug;

const TOPICS: [&str; 2] = ["orders", "päyments-日本"];

fn partitions_of(topic: &str) -> Vec<i32> {
    if topic == "orders" { vec![0, 130] } else { vec![7] }
}

fn user_data() -> Option<Bytes> {
    Some(Bytes::from_static(b"user data"))
}

/// As in `golden/ConsumerProtocols.java`; what a version does not have stays at its default when it is read.
fn subscription(is_full: bool, version: i16) -> ConsumerProtocolSubscription {
    let mut it =
        ConsumerProtocolSubscription { topics: TOPICS.map(str::to_owned).into(), ..Default::default() };
    if !is_full {
        return it;
    }
    it.user_data = user_data();
    if version >= 1 {
        let owned = |topic: &str| Owned { topic: topic.to_owned(), partitions: partitions_of(topic) };
        it.owned_partitions = TOPICS.map(owned).into();
    }
    if version >= 2 {
        it.generation_id = 42;
    }
    if version >= 3 {
        it.rack_id = Some("rack-1".to_owned());
    }
    it
}

fn assignment(is_full: bool) -> ConsumerProtocolAssignment {
    if !is_full {
        return ConsumerProtocolAssignment::default();
    }
    let assigned = |topic: &str| consumer_protocol_assignment::TopicPartition {
        topic: topic.to_owned(),
        partitions: partitions_of(topic),
    };
    ConsumerProtocolAssignment { assigned_partitions: TOPICS.map(assigned).into(), user_data: user_data() }
}

fn compare<M: Message + PartialEq + Debug>(vector: &Vector, version: i16, ours: &M) {
    let mut theirs = vector.bytes.clone();
    assert_eq!(theirs.get_i16(), version, "{}", vector.name);
    assert_eq!(M::decode(&theirs, version).unwrap(), *ours, "{}", vector.name);
    assert_eq!(ours.encode(version).unwrap(), theirs, "{}", vector.name);
}

#[test]
fn members_tell_each_other_what_java_tells() {
    let all = vectors::read(include_bytes!("../../golden/consumer-protocol.gz"));
    for vector in &all {
        let (name, version) = vector.name.rsplit_once(' ').unwrap();
        let (version, is_full) = (version.parse().unwrap(), name.ends_with("full"));
        if name.starts_with("subscription") {
            compare(vector, version, &subscription(is_full, version));
        } else {
            compare(vector, version, &assignment(is_full));
        }
    }
    assert_eq!(all.len(), 16);
}
