//! Which topics and partitions a request is about.

use std::collections::BTreeSet;

use bytes::Bytes;
use kafka_sdk_protocol::api::{
    AddPartitionsToTxnRequest, ApiKey, CreatePartitionsRequest, CreateTopicsRequest, DeleteRecordsRequest,
    DeleteTopicsRequest, ListOffsetsRequest, MetadataRequest, OffsetCommitRequest, OffsetFetchRequest,
    OffsetForLeaderEpochRequest, ProduceRequest, TxnOffsetCommitRequest,
};
use kafka_sdk_protocol::wire::Uuid;

use super::frame::Head;
use super::sessions::Fetched;
use crate::rules::Subject;

/// Finds a topic's name by its id; none for an id that no answer has named yet.
pub(super) type Names<'a> = &'a dyn Fn(Uuid) -> Option<String>;

/// Whether rules for this API may ask for topics and partitions.
pub(super) fn are_known(api: ApiKey) -> bool {
    const KNOWN: [ApiKey; 13] = [
        ApiKey::PRODUCE,
        ApiKey::FETCH,
        ApiKey::LIST_OFFSETS,
        ApiKey::METADATA,
        ApiKey::OFFSET_COMMIT,
        ApiKey::OFFSET_FETCH,
        ApiKey::CREATE_TOPICS,
        ApiKey::DELETE_TOPICS,
        ApiKey::DELETE_RECORDS,
        ApiKey::OFFSET_FOR_LEADER_EPOCH,
        ApiKey::ADD_PARTITIONS_TO_TXN,
        ApiKey::TXN_OFFSET_COMMIT,
        ApiKey::CREATE_PARTITIONS,
    ];
    KNOWN.contains(&api)
}

/// What a request is about, but for a Fetch. Nothing if it cannot be read.
pub(super) fn of(head: &Head, frame: &Bytes, names: Names<'_>) -> Vec<Subject> {
    read(head, frame, &Subjects(names)).unwrap_or_default()
}

/// What a Fetch is about.
pub(super) fn of_fetch(fetched: &BTreeSet<Fetched>, names: Names<'_>) -> Vec<Subject> {
    let subjects = Subjects(names);
    let subject = |it: &Fetched| subjects.partitions(&it.topic, it.topic_id, [it.partition]);
    fetched.iter().flat_map(subject).collect()
}

struct Subjects<'a>(Names<'a>);

impl Subjects<'_> {
    /// A topic without a name that we know is one that no rule can mean: its name is empty.
    fn name(&self, name: &str, id: Uuid) -> Option<String> {
        let known = if id.is_zero() { Some(name.to_owned()) } else { (self.0)(id) };
        Some(known.unwrap_or_default())
    }

    fn topic(&self, name: &str, id: Uuid) -> Subject {
        Subject { topic: self.name(name, id), partition: None }
    }

    fn partitions(&self, name: &str, id: Uuid, of: impl IntoIterator<Item = i32>) -> Vec<Subject> {
        let topic = self.name(name, id);
        of.into_iter().map(|index| Subject { topic: topic.clone(), partition: Some(index) }).collect()
    }
}

fn read(head: &Head, frame: &Bytes, subjects: &Subjects<'_>) -> Option<Vec<Subject>> {
    /// Topics, each with its name, its id if it may have one, and its partitions.
    macro_rules! partitions {
        ($topics:expr, |$topic:ident| $name:expr, $id:expr, $partitions:expr) => {
            $topics.iter().flat_map(|$topic| subjects.partitions(&$name, $id, $partitions)).collect()
        };
    }
    const NO_ID: Uuid = Uuid::ZERO;
    Some(match head.api {
        ApiKey::PRODUCE => {
            let it = head.request::<ProduceRequest>(frame)?;
            partitions!(it.topic_data, |t| t.name, t.topic_id, t.partition_data.iter().map(|p| p.index))
        }
        ApiKey::LIST_OFFSETS => {
            let it = head.request::<ListOffsetsRequest>(frame)?;
            partitions!(it.topics, |t| t.name, NO_ID, t.partitions.iter().map(|p| p.partition_index))
        }
        ApiKey::METADATA => metadata(head, frame, subjects)?,
        ApiKey::OFFSET_COMMIT => {
            let it = head.request::<OffsetCommitRequest>(frame)?;
            partitions!(it.topics, |t| t.name, t.topic_id, t.partitions.iter().map(|p| p.partition_index))
        }
        ApiKey::OFFSET_FETCH => offset_fetch(head, frame, subjects)?,
        ApiKey::CREATE_TOPICS => {
            let it = head.request::<CreateTopicsRequest>(frame)?;
            it.topics.iter().map(|topic| subjects.topic(&topic.name, NO_ID)).collect()
        }
        ApiKey::DELETE_TOPICS => {
            let it = head.request::<DeleteTopicsRequest>(frame)?;
            let by_state =
                it.topics.iter().map(|t| subjects.topic(t.name.as_deref().unwrap_or_default(), t.topic_id));
            by_state.chain(it.topic_names.iter().map(|name| subjects.topic(name, NO_ID))).collect()
        }
        ApiKey::DELETE_RECORDS => {
            let it = head.request::<DeleteRecordsRequest>(frame)?;
            partitions!(it.topics, |t| t.name, NO_ID, t.partitions.iter().map(|p| p.partition_index))
        }
        ApiKey::OFFSET_FOR_LEADER_EPOCH => {
            let it = head.request::<OffsetForLeaderEpochRequest>(frame)?;
            partitions!(it.topics, |t| t.topic, NO_ID, t.partitions.iter().map(|p| p.partition))
        }
        ApiKey::ADD_PARTITIONS_TO_TXN => {
            let it = head.request::<AddPartitionsToTxnRequest>(frame)?;
            let topics = it.transactions.iter().flat_map(|transaction| &transaction.topics);
            let topics: Vec<_> = topics.chain(&it.v3_and_below_topics).collect();
            partitions!(topics, |t| t.name, NO_ID, t.partitions.iter().copied())
        }
        ApiKey::TXN_OFFSET_COMMIT => {
            let it = head.request::<TxnOffsetCommitRequest>(frame)?;
            partitions!(it.topics, |t| t.name, t.topic_id, t.partitions.iter().map(|p| p.partition_index))
        }
        ApiKey::CREATE_PARTITIONS => {
            let it = head.request::<CreatePartitionsRequest>(frame)?;
            it.topics.iter().map(|topic| subjects.topic(&topic.name, NO_ID)).collect()
        }
        _ => return None,
    })
}

const ALL: Subject = Subject { topic: None, partition: None };

/// In version 0, a list without topics means all of them.
fn metadata(head: &Head, frame: &Bytes, subjects: &Subjects<'_>) -> Option<Vec<Subject>> {
    let request = head.request::<MetadataRequest>(frame)?;
    let Some(topics) = request.topics.filter(|topics| head.version > 0 || !topics.is_empty()) else {
        return Some(vec![ALL]);
    };
    let subject = |topic: &kafka_sdk_protocol::api::metadata::MetadataRequestTopic| {
        subjects.topic(topic.name.as_deref().unwrap_or_default(), topic.topic_id)
    };
    Some(topics.iter().map(subject).collect())
}

fn offset_fetch(head: &Head, frame: &Bytes, subjects: &Subjects<'_>) -> Option<Vec<Subject>> {
    let request = head.request::<OffsetFetchRequest>(frame)?;
    let mut all = Vec::new();
    if head.version < 8 {
        match &request.topics {
            None => all.push(ALL),
            Some(topics) => all.extend(topics.iter().flat_map(|topic| {
                subjects.partitions(&topic.name, Uuid::ZERO, topic.partition_indexes.iter().copied())
            })),
        }
    }
    for group in &request.groups {
        match &group.topics {
            None => all.push(ALL),
            Some(topics) => all.extend(topics.iter().flat_map(|topic| {
                subjects.partitions(&topic.name, topic.topic_id, topic.partition_indexes.iter().copied())
            })),
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use kafka_sdk_protocol::api::metadata::MetadataRequestTopic;
    use kafka_sdk_protocol::api::offset_fetch::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
    use kafka_sdk_protocol::api::produce::{PartitionProduceData, TopicProduceData};
    use kafka_sdk_protocol::message::{Message, Request, request_frame};

    use super::*;

    fn subjects<R: Request>(request: &R, version: i16) -> Vec<(Option<String>, Option<i32>)> {
        let frame = Bytes::from(request_frame(request, version, 1, Some("test")).unwrap().concat());
        let names = |id: Uuid| (id == Uuid([1; 16])).then(|| "known".to_owned());
        let found = of(&Head::of(&frame).unwrap(), &frame, &names);
        found.into_iter().map(|subject| (subject.topic, subject.partition)).collect()
    }

    fn some(topic: &str, partition: i32) -> (Option<String>, Option<i32>) {
        (Some(topic.into()), Some(partition))
    }

    #[test]
    fn produce_names_topics_in_old_versions_and_their_ids_in_new_ones() {
        let partition = |index| PartitionProduceData { index, ..Default::default() };
        let topic =
            TopicProduceData { partition_data: vec![partition(0), partition(4)], ..Default::default() };
        let request = |topic| ProduceRequest { topic_data: vec![topic], ..Default::default() };
        let named = TopicProduceData { name: "orders".into(), ..topic.clone() };
        for version in *ProduceRequest::VERSIONS.start()..=12 {
            let found = subjects(&request(named.clone()), version);
            assert_eq!(found, [some("orders", 0), some("orders", 4)], "{version}");
        }
        let by_id =
            |id| subjects(&request(TopicProduceData { topic_id: Uuid([id; 16]), ..topic.clone() }), 13);
        assert_eq!(by_id(1), [some("known", 0), some("known", 4)]);
        assert_eq!(by_id(2), [some("", 0), some("", 4)]);
    }

    #[test]
    fn metadata_of_all_topics_is_about_all_topics() {
        let all = MetadataRequest { topics: None, ..Default::default() };
        let none = MetadataRequest { topics: Some(vec![]), ..Default::default() };
        assert_eq!(subjects(&all, 5), [(None, None)]);
        assert_eq!(subjects(&none, 0), [(None, None)]);
        assert_eq!(subjects(&none, 5), []);
        let topic = MetadataRequestTopic { name: Some("orders".into()), ..Default::default() };
        let one = MetadataRequest { topics: Some(vec![topic]), ..Default::default() };
        assert_eq!(subjects(&one, 5), [(Some("orders".into()), None)]);
    }

    #[test]
    fn offsets_are_fetched_by_groups() {
        let topic = OffsetFetchRequestTopics {
            name: "orders".into(),
            partition_indexes: vec![2],
            ..Default::default()
        };
        let group = |topics| OffsetFetchRequestGroup { topics, ..Default::default() };
        let request =
            OffsetFetchRequest { groups: vec![group(Some(vec![topic])), group(None)], ..Default::default() };
        assert_eq!(subjects(&request, 8), [some("orders", 2), (None, None)]);
    }

    /// With [`are_known`], no rule is armed that would never match.
    #[test]
    fn every_api_with_known_subjects_is_read() {
        macro_rules! each {
            ($($request:ident),*) => {
                use kafka_sdk_protocol::api::*;
                $(
                    let frame = request_frame(&$request::default(), $request::LATEST_STABLE, 1, None).unwrap();
                    let frame = Bytes::from(frame.concat());
                    let head = Head::of(&frame).unwrap();
                    let is_read = read(&head, &frame, &Subjects(&|_| None)).is_some();
                    assert_eq!(is_read || head.api == ApiKey::FETCH, are_known(head.api), "{}", head.api);
                )*
            };
        }
        kafka_sdk_protocol::for_each_request!(each);
    }
}
