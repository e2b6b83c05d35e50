//! Answers with an error code, made without asking a broker: one table, from API to where its codes stand.

use std::collections::BTreeSet;

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::metadata::MetadataResponseBroker;
use kafka_sdk_protocol::api::*;
use kafka_sdk_protocol::message::Request;

use super::frame::Head;
use super::sessions::Fetched;

/// What a refusal has to know beside the request.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The brokers, where a client finds them.
    pub(super) brokers: Vec<MetadataResponseBroker>,
    /// What a Fetch is about.
    pub(super) fetched: BTreeSet<Fetched>,
}

/// Whether requests of this API can be refused.
pub(super) fn are_known(api: ApiKey) -> bool {
    KNOWN.contains(&api)
}

const KNOWN: [ApiKey; 33] = [
    ApiKey::PRODUCE,
    ApiKey::FETCH,
    ApiKey::LIST_OFFSETS,
    ApiKey::METADATA,
    ApiKey::OFFSET_COMMIT,
    ApiKey::OFFSET_FETCH,
    ApiKey::FIND_COORDINATOR,
    ApiKey::JOIN_GROUP,
    ApiKey::HEARTBEAT,
    ApiKey::LEAVE_GROUP,
    ApiKey::SYNC_GROUP,
    ApiKey::DESCRIBE_GROUPS,
    ApiKey::LIST_GROUPS,
    ApiKey::SASL_HANDSHAKE,
    ApiKey::API_VERSIONS,
    ApiKey::CREATE_TOPICS,
    ApiKey::DELETE_TOPICS,
    ApiKey::DELETE_RECORDS,
    ApiKey::INIT_PRODUCER_ID,
    ApiKey::OFFSET_FOR_LEADER_EPOCH,
    ApiKey::ADD_PARTITIONS_TO_TXN,
    ApiKey::ADD_OFFSETS_TO_TXN,
    ApiKey::END_TXN,
    ApiKey::TXN_OFFSET_COMMIT,
    ApiKey::SASL_AUTHENTICATE,
    ApiKey::CREATE_PARTITIONS,
    ApiKey::DELETE_GROUPS,
    ApiKey::DESCRIBE_CLUSTER,
    ApiKey::CONSUMER_GROUP_HEARTBEAT,
    ApiKey::SHARE_GROUP_HEARTBEAT,
    ApiKey::SHARE_FETCH,
    ApiKey::SHARE_ACKNOWLEDGE,
    ApiKey::STREAMS_GROUP_HEARTBEAT,
];

/// The frame that answers a request with a code, for each topic and partition or for the whole, as the API has it.
/// None if the request cannot be read, or its API is not in the table.
pub(super) fn refusal(head: &Head, frame: &Bytes, code: ErrorCode, known: Known) -> Option<Bytes> {
    let reply = Reply { head, frame, code };
    /// Answers that have one code, for the whole.
    macro_rules! whole {
        ($($response:ident to $request:ident),*) => {
            match head.api {
                $(<$request as Request>::KEY => {
                    return reply.with(|_: $request| $response { error_code: code, ..Default::default() });
                })*
                _ => {}
            }
        };
    }
    whole! {
        JoinGroupResponse to JoinGroupRequest, HeartbeatResponse to HeartbeatRequest,
        LeaveGroupResponse to LeaveGroupRequest, SyncGroupResponse to SyncGroupRequest,
        ListGroupsResponse to ListGroupsRequest, SaslHandshakeResponse to SaslHandshakeRequest,
        SaslAuthenticateResponse to SaslAuthenticateRequest,
        AddOffsetsToTxnResponse to AddOffsetsToTxnRequest, EndTxnResponse to EndTxnRequest,
        DescribeClusterResponse to DescribeClusterRequest,
        ConsumerGroupHeartbeatResponse to ConsumerGroupHeartbeatRequest,
        ShareGroupHeartbeatResponse to ShareGroupHeartbeatRequest,
        ShareFetchResponse to ShareFetchRequest, ShareAcknowledgeResponse to ShareAcknowledgeRequest,
        StreamsGroupHeartbeatResponse to StreamsGroupHeartbeatRequest
    }
    match head.api {
        ApiKey::PRODUCE => reply.produce(),
        ApiKey::FETCH => reply.fetch(&known.fetched),
        ApiKey::LIST_OFFSETS => reply.list_offsets(),
        ApiKey::METADATA => reply.metadata(known.brokers),
        ApiKey::OFFSET_COMMIT => reply.offset_commit(),
        ApiKey::OFFSET_FETCH => reply.offset_fetch(),
        ApiKey::FIND_COORDINATOR => reply.find_coordinator(),
        ApiKey::DESCRIBE_GROUPS => reply.describe_groups(),
        ApiKey::API_VERSIONS => reply.api_versions(),
        ApiKey::CREATE_TOPICS => reply.create_topics(),
        ApiKey::DELETE_TOPICS => reply.delete_topics(),
        ApiKey::DELETE_RECORDS => reply.delete_records(),
        ApiKey::INIT_PRODUCER_ID => reply.init_producer_id(),
        ApiKey::OFFSET_FOR_LEADER_EPOCH => reply.offset_for_leader_epoch(),
        ApiKey::ADD_PARTITIONS_TO_TXN => reply.add_partitions_to_txn(),
        ApiKey::TXN_OFFSET_COMMIT => reply.txn_offset_commit(),
        ApiKey::CREATE_PARTITIONS => reply.create_partitions(),
        ApiKey::DELETE_GROUPS => reply.delete_groups(),
        _ => None,
    }
}

struct Reply<'a> {
    head: &'a Head,
    frame: &'a Bytes,
    code: ErrorCode,
}

/// Each of `$items` as a `$part`, of which these fields are set and the code is in `error_code`.
macro_rules! each {
    ($items:expr, $code:expr, |$item:ident| $($part:ident)::+ { $($field:ident: $value:expr),* $(,)? }) => {
        $items
            .into_iter()
            .map(|$item| $($part)::+ { $($field: $value,)* error_code: $code, ..Default::default() })
            .collect()
    };
}

#[allow(clippy::needless_update, reason = "some parts have no other fields than those that are set")]
impl Reply<'_> {
    fn with<R: Request>(&self, response: impl FnOnce(R) -> R::Response) -> Option<Bytes> {
        let request = self.head.request::<R>(self.frame)?;
        self.head.answer::<R>(&response(request))
    }

    fn produce(&self) -> Option<Bytes> {
        use produce::{PartitionProduceResponse, TopicProduceResponse};
        let code = self.code;
        let topic = |topic: produce::TopicProduceData| TopicProduceResponse {
            name: topic.name,
            topic_id: topic.topic_id,
            partition_responses: each!(topic.partition_data, code, |it| PartitionProduceResponse {
                index: it.index,
                base_offset: -1,
            }),
        };
        self.with(|request: ProduceRequest| ProduceResponse {
            responses: request.topic_data.into_iter().map(topic).collect(),
            ..Default::default()
        })
    }

    /// Session 0: the client begins a new one. A request without partitions gets the code for the whole, and so does any
    /// with a code that is about its session.
    fn fetch(&self, fetched: &BTreeSet<Fetched>) -> Option<Bytes> {
        use fetch::{FetchableTopicResponse, PartitionData};
        let of_session = matches!(
            self.code,
            ErrorCode::FETCH_SESSION_ID_NOT_FOUND
                | ErrorCode::INVALID_FETCH_SESSION_EPOCH
                | ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR
        );
        if fetched.is_empty() || of_session {
            return self
                .with(|_: FetchRequest| FetchResponse { error_code: self.code, ..Default::default() });
        }
        let partition = |it: &Fetched| PartitionData {
            partition_index: it.partition,
            error_code: self.code,
            high_watermark: -1,
            ..Default::default()
        };
        let topic = |of_topic: &[&Fetched]| FetchableTopicResponse {
            topic: of_topic[0].topic.clone(),
            topic_id: of_topic[0].topic_id,
            partitions: of_topic.iter().map(|it| partition(it)).collect(),
        };
        let in_order: Vec<&Fetched> = fetched.iter().collect();
        let by_topic = in_order.chunk_by(|a, b| (&a.topic, a.topic_id) == (&b.topic, b.topic_id));
        let responses = by_topic.map(topic).collect();
        self.with(|_: FetchRequest| FetchResponse { responses, ..Default::default() })
    }

    fn list_offsets(&self) -> Option<Bytes> {
        use list_offsets::{ListOffsetsPartitionResponse, ListOffsetsTopicResponse};
        let code = self.code;
        let topic = |topic: list_offsets::ListOffsetsTopic| ListOffsetsTopicResponse {
            name: topic.name,
            partitions: each!(topic.partitions, code, |it| ListOffsetsPartitionResponse {
                partition_index: it.partition_index,
                timestamp: -1,
                offset: -1,
            }),
        };
        self.with(|request: ListOffsetsRequest| ListOffsetsResponse {
            topics: request.topics.into_iter().map(topic).collect(),
            ..Default::default()
        })
    }

    fn metadata(&self, brokers: Vec<MetadataResponseBroker>) -> Option<Bytes> {
        let code = self.code;
        self.with(|request: MetadataRequest| {
            let topics = request.topics.unwrap_or_default();
            let whole = if topics.is_empty() { code } else { ErrorCode::NONE };
            let controller_id = brokers.first().map_or(-1, |broker| broker.node_id);
            let topics = each!(topics, code, |it| metadata::MetadataResponseTopic {
                name: it.name.or_else(|| (self.head.version < 12).then(String::new)),
                topic_id: it.topic_id,
            });
            MetadataResponse { brokers, controller_id, topics, error_code: whole, ..Default::default() }
        })
    }

    fn offset_commit(&self) -> Option<Bytes> {
        use offset_commit::{OffsetCommitResponsePartition, OffsetCommitResponseTopic};
        let code = self.code;
        let topic = |topic: offset_commit::OffsetCommitRequestTopic| OffsetCommitResponseTopic {
            name: topic.name,
            topic_id: topic.topic_id,
            partitions: each!(topic.partitions, code, |it| OffsetCommitResponsePartition {
                partition_index: it.partition_index,
            }),
        };
        self.with(|request: OffsetCommitRequest| OffsetCommitResponse {
            topics: request.topics.into_iter().map(topic).collect(),
            ..Default::default()
        })
    }

    /// The code is for each partition in version 1, for the group up to 7, for each group after that.
    fn offset_fetch(&self) -> Option<Bytes> {
        use offset_fetch::{
            OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponseTopic,
        };
        let (code, version) = (self.code, self.head.version);
        let topic = |topic: offset_fetch::OffsetFetchRequestTopic| OffsetFetchResponseTopic {
            name: topic.name,
            partitions: each!(topic.partition_indexes, code, |index| OffsetFetchResponsePartition {
                partition_index: index,
                committed_offset: -1,
            }),
        };
        self.with(|request: OffsetFetchRequest| match version {
            ..=1 => OffsetFetchResponse {
                topics: request.topics.unwrap_or_default().into_iter().map(topic).collect(),
                ..Default::default()
            },
            2..=7 => OffsetFetchResponse { error_code: code, ..Default::default() },
            _ => OffsetFetchResponse {
                groups: each!(request.groups, code, |it| OffsetFetchResponseGroup { group_id: it.group_id }),
                ..Default::default()
            },
        })
    }

    fn find_coordinator(&self) -> Option<Bytes> {
        use find_coordinator::Coordinator;
        let code = self.code;
        self.with(|request: FindCoordinatorRequest| match self.head.version {
            ..=3 => FindCoordinatorResponse { error_code: code, node_id: -1, port: -1, ..Default::default() },
            _ => FindCoordinatorResponse {
                coordinators: each!(request.coordinator_keys, code, |key| Coordinator {
                    key: key,
                    node_id: -1,
                    port: -1,
                }),
                ..Default::default()
            },
        })
    }

    fn describe_groups(&self) -> Option<Bytes> {
        self.with(|request: DescribeGroupsRequest| DescribeGroupsResponse {
            groups: each!(request.groups, self.code, |group_id| describe_groups::DescribedGroup {
                group_id: group_id,
            }),
            ..Default::default()
        })
    }

    /// A client that asks in a version which the broker does not know is answered in version 0.
    fn api_versions(&self) -> Option<Bytes> {
        let response = ApiVersionsResponse { error_code: self.code, ..Default::default() };
        let unsupported = self.code == ErrorCode::UNSUPPORTED_VERSION;
        let version = if unsupported { 0 } else { self.head.version };
        self.head.answer_in::<ApiVersionsRequest>(&response, version)
    }

    fn create_topics(&self) -> Option<Bytes> {
        self.with(|request: CreateTopicsRequest| CreateTopicsResponse {
            topics: each!(request.topics, self.code, |it| create_topics::CreatableTopicResult {
                name: it.name
            }),
            ..Default::default()
        })
    }

    fn delete_topics(&self) -> Option<Bytes> {
        use delete_topics::DeletableTopicResult;
        let code = self.code;
        self.with(|request: DeleteTopicsRequest| {
            let names = request.topic_names.into_iter();
            let mut responses: Vec<_> = each!(names, code, |name| DeletableTopicResult { name: Some(name) });
            let states: Vec<_> = each!(request.topics, code, |it| DeletableTopicResult {
                name: it.name,
                topic_id: it.topic_id,
            });
            responses.extend(states);
            DeleteTopicsResponse { responses, ..Default::default() }
        })
    }

    fn delete_records(&self) -> Option<Bytes> {
        use delete_records::{DeleteRecordsPartitionResult, DeleteRecordsTopicResult};
        let code = self.code;
        let topic = |topic: delete_records::DeleteRecordsTopic| DeleteRecordsTopicResult {
            name: topic.name,
            partitions: each!(topic.partitions, code, |it| DeleteRecordsPartitionResult {
                partition_index: it.partition_index,
                low_watermark: -1,
            }),
        };
        self.with(|request: DeleteRecordsRequest| DeleteRecordsResponse {
            topics: request.topics.into_iter().map(topic).collect(),
            ..Default::default()
        })
    }

    fn init_producer_id(&self) -> Option<Bytes> {
        self.with(|_: InitProducerIdRequest| InitProducerIdResponse {
            error_code: self.code,
            producer_epoch: -1,
            ..Default::default()
        })
    }

    fn offset_for_leader_epoch(&self) -> Option<Bytes> {
        use offset_for_leader_epoch::{EpochEndOffset, OffsetForLeaderTopicResult};
        let code = self.code;
        let topic = |topic: offset_for_leader_epoch::OffsetForLeaderTopic| OffsetForLeaderTopicResult {
            topic: topic.topic,
            partitions: each!(topic.partitions, code, |it| EpochEndOffset { partition: it.partition }),
        };
        self.with(|request: OffsetForLeaderEpochRequest| OffsetForLeaderEpochResponse {
            topics: request.topics.into_iter().map(topic).collect(),
            ..Default::default()
        })
    }

    fn add_partitions_to_txn(&self) -> Option<Bytes> {
        use add_partitions_to_txn::{
            AddPartitionsToTxnPartitionResult, AddPartitionsToTxnResult, AddPartitionsToTxnTopic,
            AddPartitionsToTxnTopicResult,
        };
        let partition = |partition_index| AddPartitionsToTxnPartitionResult {
            partition_index,
            partition_error_code: self.code,
        };
        let topics = |topics: Vec<AddPartitionsToTxnTopic>| -> Vec<AddPartitionsToTxnTopicResult> {
            let result = |topic: AddPartitionsToTxnTopic| AddPartitionsToTxnTopicResult {
                name: topic.name,
                results_by_partition: topic.partitions.into_iter().map(partition).collect(),
            };
            topics.into_iter().map(result).collect()
        };
        self.with(|request: AddPartitionsToTxnRequest| AddPartitionsToTxnResponse {
            results_by_topic_v3_and_below: topics(request.v3_and_below_topics),
            results_by_transaction: request
                .transactions
                .into_iter()
                .map(|it| AddPartitionsToTxnResult {
                    transactional_id: it.transactional_id,
                    topic_results: topics(it.topics),
                })
                .collect(),
            ..Default::default()
        })
    }

    fn txn_offset_commit(&self) -> Option<Bytes> {
        use txn_offset_commit::{TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic};
        let code = self.code;
        let topic = |topic: txn_offset_commit::TxnOffsetCommitRequestTopic| TxnOffsetCommitResponseTopic {
            name: topic.name,
            topic_id: topic.topic_id,
            partitions: each!(topic.partitions, code, |it| TxnOffsetCommitResponsePartition {
                partition_index: it.partition_index,
            }),
        };
        self.with(|request: TxnOffsetCommitRequest| TxnOffsetCommitResponse {
            topics: request.topics.into_iter().map(topic).collect(),
            ..Default::default()
        })
    }

    fn create_partitions(&self) -> Option<Bytes> {
        self.with(|request: CreatePartitionsRequest| CreatePartitionsResponse {
            results: each!(request.topics, self.code, |it| create_partitions::CreatePartitionsTopicResult {
                name: it.name,
            }),
            ..Default::default()
        })
    }

    fn delete_groups(&self) -> Option<Bytes> {
        self.with(|request: DeleteGroupsRequest| DeleteGroupsResponse {
            results: each!(request.groups_names, self.code, |group_id| delete_groups::DeletableGroupResult {
                group_id: group_id,
            }),
            ..Default::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use kafka_sdk_protocol::message::{Message, request_frame};

    use super::*;

    const CODE: ErrorCode = ErrorCode(0x5A5B);

    fn refused<R: Request>(request: &R, version: i16) -> Option<(Head, Bytes)> {
        let frame = Bytes::from(request_frame(request, version, 5, Some("test")).ok()?.concat());
        let head = Head::of(&frame)?;
        let fetched =
            [Fetched { topic: String::new(), topic_id: kafka_sdk_protocol::wire::Uuid::ZERO, partition: 1 }];
        let known = Known { fetched: fetched.into_iter().collect(), ..Default::default() };
        Some((head, refusal(&head, &frame, CODE, known)?))
    }

    /// Counts the places where the code stands.
    fn codes(frame: &[u8]) -> usize {
        frame.windows(2).filter(|two| two == &CODE.0.to_be_bytes()).count()
    }

    #[test]
    fn the_table_holds_what_it_promises_in_every_version() {
        macro_rules! each_request {
            ($($request:ident),*) => {$(
                for version in $request::VERSIONS {
                    let refused = refused(&$request::default(), version);
                    assert_eq!(refused.is_some(), are_known($request::KEY), "{} {version}", $request::NAME);
                    if let Some((head, frame)) = refused {
                        let answer = head.response::<$request>(&frame);
                        assert!(answer.is_some(), "{} {version}: {frame:?}", $request::NAME);
                    }
                }
            )*};
        }
        kafka_sdk_protocol::for_each_request!(each_request);
    }

    /// A request with one of each thing that gets a code of its own, in the versions that can carry it.
    fn one_code<R: Request>(request: &R, versions: std::ops::RangeInclusive<i16>) {
        for version in versions {
            let (head, frame) = refused(request, version).unwrap();
            assert_eq!(codes(&frame), 1, "{} {version}: {frame:?}", head.api);
        }
    }

    #[test]
    fn codes_stand_where_a_broker_puts_them() {
        use metadata::MetadataRequestTopic;
        let partition = produce::PartitionProduceData { index: 3, ..Default::default() };
        let topic = produce::TopicProduceData { partition_data: vec![partition], ..Default::default() };
        one_code(&ProduceRequest { topic_data: vec![topic], ..Default::default() }, ProduceRequest::VERSIONS);
        one_code(&FetchRequest::default(), FetchRequest::VERSIONS);
        let topic = MetadataRequestTopic { name: Some("t".into()), ..Default::default() };
        let topics = Some(vec![topic]);
        one_code(&MetadataRequest { topics, ..Default::default() }, MetadataRequest::VERSIONS);
        let partitions = vec![Default::default()];
        let topic = list_offsets::ListOffsetsTopic { partitions, ..Default::default() };
        one_code(
            &ListOffsetsRequest { topics: vec![topic], ..Default::default() },
            ListOffsetsRequest::VERSIONS,
        );
        let partitions = vec![Default::default()];
        let topic = offset_commit::OffsetCommitRequestTopic { partitions, ..Default::default() };
        let request = OffsetCommitRequest { topics: vec![topic], ..Default::default() };
        one_code(&request, OffsetCommitRequest::VERSIONS);
        one_code(&FindCoordinatorRequest::default(), 0..=3);
        let keys = vec!["g".to_owned()];
        one_code(&FindCoordinatorRequest { coordinator_keys: keys, ..Default::default() }, 4..=6);
        let topics = vec![Default::default()];
        one_code(&CreateTopicsRequest { topics, ..Default::default() }, CreateTopicsRequest::VERSIONS);
        one_code(&InitProducerIdRequest::default(), InitProducerIdRequest::VERSIONS);
        one_code(&JoinGroupRequest::default(), JoinGroupRequest::VERSIONS);
        one_code(&SyncGroupRequest::default(), SyncGroupRequest::VERSIONS);
        one_code(&HeartbeatRequest::default(), HeartbeatRequest::VERSIONS);
        one_code(&EndTxnRequest::default(), EndTxnRequest::VERSIONS);
        one_code(&ApiVersionsRequest::default(), ApiVersionsRequest::VERSIONS);
    }

    #[test]
    fn a_refused_fetch_names_each_topic_once() {
        let request = FetchRequest::default();
        let frame = Bytes::from(request_frame(&request, 12, 5, None).unwrap().concat());
        let head = Head::of(&frame).unwrap();
        let topic_id = kafka_sdk_protocol::wire::Uuid::ZERO;
        let fetched = [("a", 0), ("b", 1), ("a", 2)];
        let fetched = fetched.map(|(topic, partition)| Fetched { topic: topic.into(), topic_id, partition });
        let known = Known { fetched: fetched.into_iter().collect(), ..Default::default() };
        let answer = refusal(&head, &frame, CODE, known).unwrap();
        let topics = head.response::<FetchRequest>(&answer).unwrap().responses;
        let topics: Vec<_> = topics.iter().map(|it| (it.topic.as_str(), it.partitions.len())).collect();
        assert_eq!(topics, [("a", 2), ("b", 1)]);
    }

    #[test]
    fn offset_fetch_has_its_code_in_three_places() {
        let topic = offset_fetch::OffsetFetchRequestTopic { name: "t".into(), partition_indexes: vec![4] };
        let request = OffsetFetchRequest { topics: Some(vec![topic]), ..Default::default() };
        one_code(&request, 1..=7);
        one_code(&OffsetFetchRequest { groups: vec![Default::default()], ..Default::default() }, 8..=9);
    }

    #[test]
    fn an_unsupported_version_of_api_versions_is_refused_in_version_0() {
        let frame = Bytes::from(request_frame(&ApiVersionsRequest::default(), 4, 5, None).unwrap().concat());
        let head = Head::of(&frame).unwrap();
        let code = ErrorCode::UNSUPPORTED_VERSION;
        let refused = refusal(&head, &frame, code, Known::default()).unwrap();
        let answer = Head { version: 0, ..head }.response::<ApiVersionsRequest>(&refused).unwrap();
        assert_eq!(answer.error_code, code);
    }
}
