//! Inputs to begin with.

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::*;
use kafka_sdk_protocol::for_each_request;
use kafka_sdk_protocol::message::{Message, Request, request_frame, response_frame};
use kafka_sdk_protocol::records::compression::{Codec, compress};
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp};
use kafka_sdk_protocol::wire::Uuid;

const CODECS: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];
const ID: Uuid = Uuid([7; 16]);
const CODE: ErrorCode = ErrorCode(3);

/// Each with its target.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let mut seeds = Seeds(Vec::new());
    seeds.empty_messages();
    seeds.produce_and_fetch();
    seeds.metadata();
    seeds.groups();
    seeds.quotas();
    seeds.records();
    seeds.codecs();
    seeds.0
}

struct Seeds(Vec<(&'static str, Vec<u8>)>);

macro_rules! empty {
    ($($request:ty),*) => {
        fn empty_messages(&mut self) {
            $(self.request(&<$request>::default());
            self.response::<$request>(&Default::default());)*
        }
    };
}

impl Seeds {
    for_each_request!(empty);

    fn add(&mut self, target: &'static str, parts: &[&[u8]]) {
        self.0.push((target, parts.concat()));
    }

    /// In every version that can carry it.
    fn request<R: Request>(&mut self, request: &R) {
        for version in R::VERSIONS {
            let Ok(frame) = request_frame(request, version, 9, Some("me")) else { continue };
            let Ok(bytes) = request.encode(version) else { continue };
            self.add("decode", &[&[R::KEY.0 as u8, version as u8, 0], &bytes]);
            if version == *R::VERSIONS.start() || version == R::FIRST_FLEXIBLE {
                self.add("frame", &[&[0], &frame.concat()[4..]]);
            }
        }
    }

    /// In every version that can carry it.
    fn response<R: Request>(&mut self, response: &R::Response) {
        for version in R::VERSIONS {
            let Ok(frame) = response_frame::<R>(response, version, 9) else { continue };
            let Ok(bytes) = response.encode(version) else { continue };
            let start = [R::KEY.0 as u8, version as u8];
            self.add("decode", &[&start, &[1], &bytes]);
            if version == *R::VERSIONS.start() || version == R::FIRST_FLEXIBLE {
                self.add("frame", &[&[1], &start, &frame.concat()[4..]]);
            }
        }
    }

    fn produce_and_fetch(&mut self) {
        let records = Bytes::from(batch(Codec::None, 2));
        self.request(&ProduceRequest {
            transactional_id: Some("t".into()),
            acks: -1,
            topic_data: vec![produce::TopicProduceData {
                name: "orders".into(),
                topic_id: ID,
                partition_data: vec![produce::PartitionProduceData {
                    index: 1,
                    records: Some(records.clone()),
                }],
            }],
            ..Default::default()
        });
        let placed = produce::PartitionProduceResponse { index: 1, base_offset: 5, ..Default::default() };
        let row = produce::BatchIndexAndErrorMessage {
            batch_index: 1,
            batch_index_error_message: Some("no".into()),
        };
        let refused = produce::PartitionProduceResponse {
            error_code: CODE,
            record_errors: vec![row],
            error_message: Some("no".into()),
            current_leader: produce::LeaderIdAndEpoch { leader_id: 1, leader_epoch: 2 },
            ..Default::default()
        };
        for partition in [placed, refused] {
            let partition_responses = vec![partition];
            let topic =
                produce::TopicProduceResponse { name: "orders".into(), topic_id: ID, partition_responses };
            self.response::<ProduceRequest>(&ProduceResponse {
                responses: vec![topic],
                ..Default::default()
            });
        }
        self.request(&FetchRequest {
            topics: vec![fetch::FetchTopic {
                topic: "orders".into(),
                topic_id: ID,
                partitions: vec![fetch::FetchPartition { fetch_offset: 9, ..Default::default() }],
            }],
            ..Default::default()
        });
        let aborted = fetch::AbortedTransaction { producer_id: 5, first_offset: 6 };
        let read = fetch::PartitionData {
            aborted_transactions: Some(vec![aborted]),
            records: Some(records.clone()),
            ..Default::default()
        };
        let moved = fetch::PartitionData {
            error_code: CODE,
            diverging_epoch: fetch::EpochEndOffset { epoch: 1, end_offset: 2 },
            current_leader: fetch::LeaderIdAndEpoch { leader_id: 1, leader_epoch: 2 },
            snapshot_id: fetch::SnapshotId { end_offset: 1, epoch: 2 },
            ..Default::default()
        };
        for partition in [read, moved] {
            let partitions = vec![partition];
            let topic = fetch::FetchableTopicResponse { topic: "orders".into(), topic_id: ID, partitions };
            let host = fetch::NodeEndpoint { node_id: 1, host: "h".into(), port: 9, rack: Some("r".into()) };
            for node_endpoints in [vec![], vec![host]] {
                let responses = vec![topic.clone()];
                self.response::<FetchRequest>(&FetchResponse {
                    responses,
                    node_endpoints,
                    ..Default::default()
                });
            }
        }
        let partition = share_fetch::PartitionData {
            records,
            acquired_records: vec![share_fetch::AcquiredRecords { last_offset: 3, ..Default::default() }],
            ..Default::default()
        };
        let topic = share_fetch::ShareFetchableTopicResponse { topic_id: ID, partitions: vec![partition] };
        self.response::<ShareFetchRequest>(&ShareFetchResponse {
            responses: vec![topic],
            ..Default::default()
        });
    }

    fn metadata(&mut self) {
        let topic = metadata::MetadataRequestTopic { name: Some("orders".into()), ..Default::default() };
        self.request(&MetadataRequest { topics: Some(vec![topic]), ..Default::default() });
        let partition = metadata::MetadataResponsePartition {
            replica_nodes: vec![1, 2],
            isr_nodes: vec![1],
            ..Default::default()
        };
        self.response::<MetadataRequest>(&MetadataResponse {
            brokers: vec![metadata::MetadataResponseBroker {
                host: "h".into(),
                port: 9,
                ..Default::default()
            }],
            cluster_id: Some("c".into()),
            topics: vec![metadata::MetadataResponseTopic {
                name: Some("orders".into()),
                partitions: vec![partition],
                ..Default::default()
            }],
            ..Default::default()
        });
        self.response::<ApiVersionsRequest>(&ApiVersionsResponse {
            api_keys: vec![api_versions::ApiVersion { api_key: 1, min_version: 4, max_version: 18 }],
            ..Default::default()
        });
        let partition = list_offsets::ListOffsetsPartitionResponse { offset: 7, ..Default::default() };
        let topic =
            list_offsets::ListOffsetsTopicResponse { name: "orders".into(), partitions: vec![partition] };
        self.response::<ListOffsetsRequest>(&ListOffsetsResponse {
            topics: vec![topic],
            ..Default::default()
        });
        let config = create_topics::CreatableTopicConfig { name: "c".into(), value: Some("v".into()) };
        let topic = create_topics::CreatableTopic {
            name: "orders".into(),
            assignments: vec![create_topics::CreatableReplicaAssignment {
                broker_ids: vec![1],
                ..Default::default()
            }],
            configs: vec![config],
            ..Default::default()
        };
        self.request(&CreateTopicsRequest { topics: vec![topic], ..Default::default() });
    }

    fn groups(&mut self) {
        let topic =
            consumer_protocol_subscription::TopicPartition { topic: "orders".into(), partitions: vec![1, 2] };
        let subscription = ConsumerProtocolSubscription {
            topics: vec!["orders".into()],
            user_data: Some(Bytes::from_static(b"u")),
            owned_partitions: vec![topic],
            generation_id: 3,
            rack_id: Some("r".into()),
        };
        let topic =
            consumer_protocol_assignment::TopicPartition { topic: "orders".into(), partitions: vec![1, 2] };
        let assignment =
            ConsumerProtocolAssignment { assigned_partitions: vec![topic], ..Default::default() };
        self.versioned(&ConsumerProtocolSubscription::default());
        self.versioned(&ConsumerProtocolAssignment::default());
        self.versioned(&subscription);
        self.versioned(&assignment);
        let metadata = subscription.encode(3).unwrap();
        let member = join_group::JoinGroupResponseMember { metadata, ..Default::default() };
        self.response::<JoinGroupRequest>(&JoinGroupResponse { members: vec![member], ..Default::default() });
        let assignment = assignment.encode(3).unwrap();
        self.response::<SyncGroupRequest>(&SyncGroupResponse { assignment, ..Default::default() });
        let coordinator = find_coordinator::Coordinator { key: "g".into(), ..Default::default() };
        self.response::<FindCoordinatorRequest>(&FindCoordinatorResponse {
            coordinators: vec![coordinator],
            ..Default::default()
        });
        let partition =
            offset_fetch::OffsetFetchResponsePartitions { metadata: Some("m".into()), ..Default::default() };
        let topic = offset_fetch::OffsetFetchResponseTopics {
            name: "orders".into(),
            topic_id: ID,
            partitions: vec![partition],
        };
        let group = offset_fetch::OffsetFetchResponseGroup { topics: vec![topic], ..Default::default() };
        self.response::<OffsetFetchRequest>(&OffsetFetchResponse {
            groups: vec![group],
            ..Default::default()
        });
        let topic = consumer_group_heartbeat::ResponseTopicPartitions { topic_id: ID, partitions: vec![1] };
        self.response::<ConsumerGroupHeartbeatRequest>(&ConsumerGroupHeartbeatResponse {
            assignment: Some(consumer_group_heartbeat::Assignment { topic_partitions: vec![topic] }),
            ..Default::default()
        });
    }

    fn versioned<M: Message>(&mut self, message: &M) {
        for version in M::VERSIONS {
            let bytes = message.encode(version).unwrap();
            self.add("consumer_protocol", &[&version.to_be_bytes(), &bytes]);
        }
    }

    /// The messages with floats.
    fn quotas(&mut self) {
        for value in [0.5, f64::NAN, -0.0] {
            let value = describe_client_quotas::ValueData { key: "k".into(), value };
            let entity = describe_client_quotas::EntityData { entity_type: "user".into(), entity_name: None };
            let entry = describe_client_quotas::EntryData { entity: vec![entity], values: vec![value] };
            self.response::<DescribeClientQuotasRequest>(&DescribeClientQuotasResponse {
                entries: Some(vec![entry]),
                ..Default::default()
            });
        }
    }

    fn records(&mut self) {
        for codec in CODECS {
            for count in [1, 3, 40] {
                self.add("records", &[&batch(codec, count)]);
            }
        }
        self.add("records", &[&batch(Codec::None, 1), &batch(Codec::Zstd, 20)]);
    }

    fn codecs(&mut self) {
        let text = b"a value that repeats, a value that repeats; 0123456789".repeat(20);
        for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
            for plain in [&text[..], &text[..20], &[7; 3_000], b"x", b""] {
                let mut bytes = Vec::new();
                compress(codec, codec.default_level(), plain, &mut bytes).unwrap();
                self.add(codec.name(), &[&bytes]);
                self.add(codec.name(), &[&bytes, &bytes]);
                self.add(codec.name(), &[plain]);
            }
        }
    }
}

fn batch(codec: Codec, count: i64) -> Vec<u8> {
    let mut builder = BatchBuilder::new(Vec::new());
    for i in 0..count {
        let key = (i % 3 > 0).then_some(&b"key"[..]);
        let value = (i % 5 > 0).then_some(&b"a value that repeats"[..]);
        let headers: &[(&str, Option<&[u8]>)] =
            if i % 2 == 0 { &[("trace", Some(b"7")), ("none", None)] } else { &[] };
        builder.append(1_000 - 7 * i, key, value, headers.iter().copied());
    }
    let stamp = ProducerStamp { id: 5, epoch: 1, base_sequence: 7 };
    builder.seal_compressed(stamp, codec, codec.default_level(), Vec::new()).unwrap().batch
}
