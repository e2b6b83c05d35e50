//! What members say that they had.

use super::super::{Member, Received, order};
use crate::model::TopicPartition;
use bytes::Bytes;
use kafka_sdk_protocol::DecodeError;
use kafka_sdk_protocol::api::consumer_protocol_assignment::TopicPartition as OfTopic;
use kafka_sdk_protocol::wire::{Reader, Writer};
use std::borrow::Cow;
use std::collections::HashMap;

/// Partitions that a member had, and when; no generation is older than any.
pub(super) struct Had<'m> {
    pub(super) partitions: Cow<'m, [TopicPartition]>,
    pub(super) generation: Option<i32>,
}

/// Version 1 of what Java's `StickyAssignor` adds: partitions, with the topics in the order of a `HashMap`, and the
/// generation. None where the names are too long to be sent.
pub(super) fn of_sticky(last: &Received) -> Option<Bytes> {
    let partitions = last.assigned().partitions();
    let mut of_topic: HashMap<&str, Vec<i32>> = HashMap::new();
    for partition in partitions {
        of_topic.entry(partition.topic()).or_default().push(partition.partition());
    }
    let names = order::of_hash_map(partitions.iter().map(TopicPartition::topic)).into_iter();
    let topics = names.map(|topic| OfTopic {
        topic: topic.to_owned(),
        partitions: of_topic.remove(topic).unwrap_or_default(),
    });
    let topics: Vec<OfTopic> = topics.collect();
    let mut w = Writer::new(false);
    w.array(&topics, 0);
    w.i32(last.generation());
    Some(w.finish().ok()?.concat().into())
}

/// What Java's `CooperativeStickyAssignor` adds: the generation.
pub(super) fn of_cooperative(last: Option<&Received>) -> Bytes {
    let generation = last.map_or(-1, Received::generation);
    Bytes::copy_from_slice(&generation.to_be_bytes())
}

/// By the user data: the member has given up everything by now. Nothing, if the data cannot be read.
pub(super) fn had_sticky(member: &Member) -> Had<'_> {
    let nothing = Had { partitions: Cow::Borrowed(&[]), generation: None };
    let Some(data) = member.user_data() else { return nothing };
    let version_0 = |_| -> Read { Ok((topics_of(&mut Reader::new(data, false))?, None)) };
    read_version_1(data)
        .or_else(version_0)
        .map_or(nothing, |(partitions, generation)| Had { partitions: Cow::Owned(partitions), generation })
}

type Read = Result<(Vec<TopicPartition>, Option<i32>), DecodeError>;

fn read_version_1(data: &Bytes) -> Read {
    let mut r = Reader::new(data, false);
    Ok((topics_of(&mut r)?, Some(r.i32()?)))
}

fn topics_of(r: &mut Reader<'_>) -> Result<Vec<TopicPartition>, DecodeError> {
    let topics: Vec<OfTopic> = r.array(0)?;
    Ok(super::super::wire::partitions_of(topics.into_iter().map(|it| (it.topic, it.partitions))))
}

/// By the subscription; the generation is in the user data where the subscription is too old for it.
pub(super) fn had_cooperative(member: &Member) -> Had<'_> {
    let of_data = || {
        let data = member.user_data()?;
        Some(Reader::new(data, false).i32().unwrap_or(-1))
    };
    Had { partitions: Cow::Borrowed(member.owned()), generation: member.generation().or_else(of_data) }
}
