//! What consumers of the classic protocol tell each other through their coordinator: who wants which topics, and who gets
//! which partitions. A coordinator reads it where the group has members of the consumer protocol, too.

use std::collections::BTreeSet;

use bytes::Bytes;
use kafka_sdk_protocol::api::consumer_protocol_assignment::TopicPartition;
use kafka_sdk_protocol::api::{ConsumerProtocolAssignment, ConsumerProtocolSubscription};
use kafka_sdk_protocol::message::Message;
use kafka_sdk_protocol::wire::{Uuid, Writer};

use super::consumer::{Partitions, Topics};

/// The protocol type of consumers. Others, such as Kafka Connect's, are none of a coordinator's business.
pub(crate) const CONSUMER: &str = "consumer";

/// What a member says when it joins.
pub(super) struct Told {
    pub(super) names: BTreeSet<String>,
    pub(super) owned: Partitions,
    pub(super) rack: Option<String>,
}

/// None: it cannot be read.
pub(super) fn subscription(bytes: &Bytes, topics: &Topics) -> Option<Told> {
    let told = ConsumerProtocolSubscription::decode_behind_version(bytes).ok()?;
    let owned = told.owned_partitions.into_iter().map(|it| (it.topic, it.partitions));
    Some(Told {
        names: told.topics.into_iter().collect(),
        owned: by_id(owned, topics),
        rack: told.rack_id.filter(|rack| !rack.is_empty()),
    })
}

/// What an assignment says, and whether it says more than partitions. None: it cannot be read.
pub(super) fn assignment(bytes: &Bytes, topics: &Topics) -> Option<(Partitions, Option<Bytes>)> {
    if bytes.is_empty() {
        return Some(Default::default());
    }
    let told = ConsumerProtocolAssignment::decode_behind_version(bytes).ok()?;
    let partitions = told.assigned_partitions.into_iter().map(|it| (it.topic, it.partitions));
    Some((by_id(partitions, topics), told.user_data.filter(|data| !data.is_empty())))
}

/// Of topics that are there.
fn by_id(named: impl Iterator<Item = (String, Vec<i32>)>, topics: &Topics) -> Partitions {
    let with_id = |(name, all): (String, Vec<i32>)| Some((topics.get(&name)?.id, all.into_iter().collect()));
    named.filter_map(with_id).collect()
}

/// The bytes of an assignment, in the version of what the member has said itself.
pub(super) fn assignment_bytes(partitions: &Partitions, topics: &Topics, subscription: &Bytes) -> Bytes {
    let of_topic = |(id, all): (&Uuid, &BTreeSet<i32>)| {
        let (name, _) = topics.iter().find(|(_, topic)| topic.id == *id)?;
        Some(TopicPartition { topic: name.clone(), partitions: all.iter().copied().collect() })
    };
    let assigned_partitions = partitions.iter().filter_map(of_topic).collect();
    let message = ConsumerProtocolAssignment { assigned_partitions, user_data: None };
    let told = subscription.first_chunk().copied().map(i16::from_be_bytes).unwrap_or_default();
    let version = told.clamp(0, *ConsumerProtocolAssignment::VERSIONS.end());
    let mut writer = Writer::new(false);
    writer.i16(version);
    let written = message.encode_to(&mut writer, version).and_then(|()| writer.finish());
    Bytes::from(written.unwrap_or_default().concat())
}
