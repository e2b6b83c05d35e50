//! Subscriptions and assignments as bytes: what members tell each other through the coordinator.
//!
//! A version in two bytes, then a message. The newest version is sent; a newer one is read as the newest that is known,
//! since versions only add fields behind what was there, and what is left over is not looked at.

use super::super::membership;
use super::member::{Assigned, Member};
use super::order;
use crate::error::{Error, ErrorKind, Result};
use crate::model::TopicPartition;
use bytes::Bytes;
use kafka_sdk_protocol::api::{
    ConsumerProtocolAssignment, ConsumerProtocolSubscription, consumer_protocol_assignment as of_assignment,
    consumer_protocol_subscription as of_subscription,
};
use kafka_sdk_protocol::message::Message;
use kafka_sdk_protocol::wire::Writer;
use kafka_sdk_protocol::{DecodeError, EncodeError};
use std::sync::Arc;

/// The metadata of a member in JoinGroup.
///
/// # Errors
/// Kind [`ErrorKind::Settings`]: a name over 32,767 bytes.
pub(super) fn encode_subscription(member: &Member) -> Result<Bytes> {
    let mut topics: Vec<&str> = member.topics().iter().map(AsRef::as_ref).collect();
    topics.sort_by(|a, b| order::compare(a, b));
    let mut owned: Vec<&TopicPartition> = member.owned().iter().collect();
    owned.sort_by(|a, b| order::compare(a.topic(), b.topic()).then(a.partition().cmp(&b.partition())));
    let message = ConsumerProtocolSubscription {
        topics: topics.into_iter().map(str::to_owned).collect(),
        user_data: member.user_data().cloned(),
        owned_partitions: by_topic(owned)
            .map(|(topic, partitions)| of_subscription::TopicPartition { topic, partitions })
            .collect(),
        generation_id: member.generation().unwrap_or(-1),
        rack_id: member.rack().map(str::to_owned),
    };
    encode(&message)
        .map_err(|e| Error::new(ErrorKind::Settings, "the subscription cannot be sent").with_source(e))
}

/// What another member said when it joined.
///
/// # Errors
/// They are not a subscription.
pub(super) fn decode_subscription(joined: &membership::Member) -> std::result::Result<Member, DecodeError> {
    let message = ConsumerProtocolSubscription::decode_behind_version(&joined.subscription)?;
    let owned = message.owned_partitions.into_iter().map(|it| (it.topic, it.partitions));
    let mut member = Member::new(joined.member_id.clone(), message.topics);
    member = member.owning(partitions_of(owned), message.generation_id);
    if let Some(id) = &joined.instance_id {
        member = member.with_instance_id(id.clone());
    }
    if let Some(rack) = message.rack_id {
        member = member.in_rack(rack);
    }
    if let Some(data) = message.user_data {
        member = member.with_user_data(data);
    }
    Ok(member)
}

/// An assignment in SyncGroup.
///
/// # Errors
/// Kind [`ErrorKind::Settings`]: a name over 32,767 bytes.
pub(super) fn encode_assignment(assigned: &Assigned) -> Result<Bytes> {
    let message = ConsumerProtocolAssignment {
        assigned_partitions: by_topic(assigned.partitions())
            .map(|(topic, partitions)| of_assignment::TopicPartition { topic, partitions })
            .collect(),
        user_data: assigned.user_data().cloned(),
    };
    encode(&message)
        .map_err(|e| Error::new(ErrorKind::Settings, "the assignment cannot be sent").with_source(e))
}

/// What the leader says that this member gets; nothing, if it says nothing. A partition that is named twice is there once.
///
/// # Errors
/// Kind [`ErrorKind::Decode`]: these bytes are not an assignment.
pub(crate) fn decode_assignment(bytes: &Bytes) -> Result<Assigned> {
    if bytes.is_empty() {
        return Ok(Assigned::default());
    }
    let message = ConsumerProtocolAssignment::decode_behind_version(bytes).map_err(|e| {
        let text =
            "the group's leader sent an assignment that cannot be read: does another program use the group?";
        Error::new(ErrorKind::Decode, text).with_source(e)
    })?;
    let assigned = message.assigned_partitions.into_iter().map(|it| (it.topic, it.partitions));
    let mut partitions = partitions_of(assigned);
    partitions.sort_unstable();
    partitions.dedup();
    match partitions.iter().find(|partition| partition.partition() < 0) {
        None => Ok(Assigned { partitions, user_data: message.user_data }),
        Some(wrong) => Err(Error::new(
            ErrorKind::Decode,
            format!("the group's leader assigned {wrong}, which cannot be"),
        )),
    }
}

/// Runs of partitions of the same topic.
fn by_topic<'a>(
    partitions: impl IntoIterator<Item = &'a TopicPartition>,
) -> impl Iterator<Item = (String, Vec<i32>)> {
    let mut topics: Vec<(String, Vec<i32>)> = Vec::new();
    for partition in partitions {
        match topics.last_mut() {
            Some((topic, numbers)) if topic == partition.topic() => numbers.push(partition.partition()),
            _ => topics.push((partition.topic().to_owned(), vec![partition.partition()])),
        }
    }
    topics.into_iter()
}

/// The partitions of these topics; the name of each topic is shared.
pub(super) fn partitions_of(topics: impl Iterator<Item = (String, Vec<i32>)>) -> Vec<TopicPartition> {
    let each = topics.map(|(topic, numbers)| (Arc::<str>::from(topic), numbers));
    each.flat_map(|(topic, numbers)| {
        numbers.into_iter().map(move |number| TopicPartition::new(topic.clone(), number))
    })
    .collect()
}

fn encode<M: Message>(message: &M) -> std::result::Result<Bytes, EncodeError> {
    let version = *M::VERSIONS.end();
    let mut w = Writer::new(false);
    w.i16(version);
    message.encode_to(&mut w, version)?;
    Ok(w.finish()?.concat().into())
}
