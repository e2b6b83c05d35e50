//! One of the two clusters: asks it, and takes out of its answers what may differ.

use std::collections::HashMap;
use std::fmt::Debug;
use std::io;

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::alter_configs::{AlterConfigsResource, AlterableConfig};
use kafka_sdk_protocol::api::create_partitions::CreatePartitionsTopic;
use kafka_sdk_protocol::api::create_topics::{CreatableTopic, CreatableTopicConfig};
use kafka_sdk_protocol::api::delete_records::{DeleteRecordsPartition, DeleteRecordsTopic};
use kafka_sdk_protocol::api::delete_topics::DeleteTopicState;
use kafka_sdk_protocol::api::describe_configs::DescribeConfigsResource;
use kafka_sdk_protocol::api::fetch::{FetchPartition, FetchTopic, ForgottenTopic};
use kafka_sdk_protocol::api::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_sdk_protocol::api::metadata::MetadataRequestTopic;
use kafka_sdk_protocol::api::offset_for_leader_epoch::{OffsetForLeaderPartition, OffsetForLeaderTopic};
use kafka_sdk_protocol::api::{
    AlterConfigsRequest, ApiVersionsRequest, CreatePartitionsRequest, CreateTopicsRequest,
    DeleteRecordsRequest, DeleteTopicsRequest, DescribeClusterRequest, DescribeConfigsRequest, FetchRequest,
    FetchResponse, IncrementalAlterConfigsRequest, ListOffsetsRequest, MetadataRequest,
    OffsetForLeaderEpochRequest, ProduceRequest, incremental_alter_configs,
};
use kafka_sdk_protocol::records::{ProducerStamp, batches};
use kafka_sdk_protocol::wire::Uuid;

use super::script::{Kind, Op, SessionStep};
use crate::common::{Client, batch, produce};

const TOPIC: i8 = 2;
/// The APIs that the embedded cluster has.
const APIS: [i16; 26] =
    [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 32, 33, 37, 42, 44, 47, 60];

/// A cluster, and what is its own: ids.
pub(super) struct Side {
    address: String,
    /// It is, or poses as, Kafka 2.1.
    old: bool,
    client: Client,
    producers: [i64; 2],
    session: i32,
    epoch: i32,
    /// Ids of topics that have been seen.
    ids: HashMap<&'static str, Uuid>,
}

type Answer = io::Result<String>;

/// Whether a real broker has not carried out yet what it has promised.
pub(super) fn is_passing(answer: &str) -> bool {
    [
        ErrorCode::NOT_LEADER_OR_FOLLOWER,
        ErrorCode::LEADER_NOT_AVAILABLE,
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode::UNKNOWN_TOPIC_ID,
        ErrorCode::TOPIC_ALREADY_EXISTS,
    ]
    .iter()
    .any(|code| answer.contains(&format!("error_code: {code:?}")))
}

impl Side {
    pub(super) async fn connect(address: &str, old: bool) -> io::Result<Self> {
        let mut client = Client::connect(address).await?;
        let producers = [client.old_producer_id().await?, client.old_producer_id().await?];
        let ids = HashMap::new();
        Ok(Self { address: address.into(), old, client, producers, session: 0, epoch: 0, ids })
    }

    /// Asks, and answers what is left of the answer.
    pub(super) async fn step(&mut self, op: &Op) -> Answer {
        let answer = self.ask(op).await;
        if answer.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::TimedOut) {
            self.client = Client::connect(&self.address).await?;
            return Ok("closed".into());
        }
        answer
    }

    async fn ask(&mut self, op: &Op) -> Answer {
        match op {
            Op::Create { .. } | Op::Delete { .. } | Op::AddPartitions { .. } => self.change_topics(op).await,
            Op::Metadata { topics, create, version } => {
                self.metadata(topics.as_deref(), *create, *version).await
            }
            Op::Produce { .. } => self.produce(op).await,
            Op::Fetch { .. } => self.fetch(op).await,
            Op::Session { .. } => self.fetch_in_session(op).await,
            Op::Describe { .. } | Op::Alter { .. } | Op::Change { .. } => self.configs(op).await,
            Op::Versions { version } => self.versions(*version).await,
            Op::Cluster => {
                let request = DescribeClusterRequest { endpoint_type: 1, ..Default::default() };
                let mut answer = self.client.ask(&request, 2).await?;
                answer.cluster_id.clear();
                answer.brokers.iter_mut().for_each(|broker| broker.port = 0);
                shown(&answer)
            }
            _ => self.offsets(op).await,
        }
    }

    async fn change_topics(&mut self, op: &Op) -> Answer {
        match *op {
            Op::Create { topic, partitions, factor, config, dry, version } => {
                let configs = config.into_iter().map(|(name, value)| CreatableTopicConfig {
                    name: name.into(),
                    value: Some(value.into()),
                });
                let topic = CreatableTopic {
                    name: topic.into(),
                    num_partitions: partitions,
                    replication_factor: factor,
                    configs: configs.collect(),
                    ..Default::default()
                };
                let request =
                    CreateTopicsRequest { topics: vec![topic], timeout_ms: 10_000, validate_only: dry };
                let mut answer = self.client.ask(&request, version).await?;
                for topic in &mut answer.topics {
                    topic.error_message = None;
                    topic.topic_id = Uuid::ZERO;
                    let configs = topic.configs.iter_mut().flatten();
                    configs.for_each(|config| config.config_source = config.config_source.min(2));
                    topic.configs.iter_mut().for_each(|all| {
                        all.retain(|config| config.name != "min.insync.replicas");
                        all.sort_by(|one, other| one.name.cmp(&other.name));
                    });
                }
                shown(&answer)
            }
            Op::Delete { topic, version } => {
                let request = DeleteTopicsRequest {
                    topic_names: vec![topic.into()],
                    topics: vec![DeleteTopicState { name: Some(topic.into()), ..Default::default() }],
                    timeout_ms: 10_000,
                };
                let request = match version {
                    ..6 => DeleteTopicsRequest { topics: Vec::new(), ..request },
                    _ => DeleteTopicsRequest { topic_names: Vec::new(), ..request },
                };
                let mut answer = self.client.ask(&request, version).await?;
                answer.responses.iter_mut().for_each(|topic| topic.error_message = None);
                shown(&answer)
            }
            Op::AddPartitions { topic, count, dry } => {
                let topics = vec![CreatePartitionsTopic { name: topic.into(), count, assignments: None }];
                let request = CreatePartitionsRequest { topics, timeout_ms: 10_000, validate_only: dry };
                let mut answer = self.client.ask(&request, 1).await?;
                answer.results.iter_mut().for_each(|topic| topic.error_message = None);
                shown(&answer)
            }
            _ => Ok(String::new()),
        }
    }

    async fn metadata(&mut self, topics: Option<&[&'static str]>, create: bool, version: i16) -> Answer {
        let named =
            |&name: &&'static str| MetadataRequestTopic { name: Some(name.into()), ..Default::default() };
        let topics = topics.map(|names| names.iter().map(named).collect());
        let request = MetadataRequest { topics, allow_auto_topic_creation: create, ..Default::default() };
        let mut answer = self.client.ask(&request, version).await?;
        answer.cluster_id = None;
        answer.brokers.iter_mut().for_each(|broker| broker.port = 0);
        answer.topics.iter_mut().for_each(|topic| topic.topic_id = Uuid::ZERO);
        answer.topics.sort_by(|one, other| one.name.cmp(&other.name));
        answer.topics.iter_mut().for_each(|topic| topic.partitions.sort_by_key(|it| it.partition_index));
        shown(&answer)
    }

    async fn produce(&mut self, op: &Op) -> Answer {
        let Op::Produce { topic, partition, acks, stamp, count, kind, version } = *op else {
            return Ok(String::new());
        };
        let stamp = stamp.map_or(ProducerStamp::NONE, |(producer, epoch, base_sequence)| ProducerStamp {
            id: self.producers[producer],
            epoch,
            base_sequence,
        });
        let mut request = produce(topic, partition, records(kind, count, stamp), acks);
        if version >= 13 {
            request.topic_data[0].topic_id = self.id(topic).await?;
        }
        let mut answer = self.client.ask::<ProduceRequest>(&request, version).await?;
        for topic in &mut answer.responses {
            topic.topic_id = Uuid::ZERO;
            for partition in &mut topic.partition_responses {
                partition.error_message = None;
                partition.record_errors.clear();
            }
        }
        shown(&answer)
    }

    /// The id of a topic; one that is unknown for a topic that is not there.
    async fn id(&mut self, topic: &'static str) -> io::Result<Uuid> {
        let seen = self.client.metadata(&[topic]).await?;
        if let Some(seen) = seen.topics.first().filter(|seen| !seen.topic_id.is_zero()) {
            self.ids.insert(topic, seen.topic_id);
        }
        Ok(self.ids.get(topic).copied().unwrap_or(Uuid([7; 16])))
    }

    async fn fetch_topics(
        &mut self,
        partitions: &[(&'static str, i32, i64)],
        epoch: i32,
        partition_bytes: i32,
        by_id: bool,
    ) -> io::Result<Vec<FetchTopic>> {
        let mut topics: Vec<FetchTopic> = Vec::new();
        for &(name, partition, fetch_offset) in partitions {
            let partition = FetchPartition {
                partition,
                fetch_offset,
                current_leader_epoch: epoch,
                partition_max_bytes: partition_bytes,
                ..Default::default()
            };
            match topics.last_mut().filter(|topic| topic.topic == name) {
                Some(topic) => topic.partitions.push(partition),
                None => {
                    let topic_id = if by_id { self.id(name).await? } else { Uuid::ZERO };
                    topics.push(FetchTopic { topic: name.into(), topic_id, partitions: vec![partition] });
                }
            }
        }
        Ok(topics)
    }

    async fn fetch(&mut self, op: &Op) -> Answer {
        let Op::Fetch { partitions, epoch, max_bytes, partition_bytes, committed, version } = op else {
            return Ok(String::new());
        };
        let by_id = *version >= 13;
        let topics = self.fetch_topics(partitions, *epoch, *partition_bytes, by_id).await?;
        let isolation_level = i8::from(*committed);
        let request = FetchRequest { max_bytes: *max_bytes, isolation_level, topics, ..Default::default() };
        let answer = self.client.ask(&request, *version).await?;
        self.fetched(answer)
    }

    async fn fetch_in_session(&mut self, op: &Op) -> Answer {
        let Op::Session { step, partitions, forgotten, version } = op else { return Ok(String::new()) };
        let topics = self.fetch_topics(partitions, -1, 1 << 20, false).await?;
        let forget = |&(topic, partition): &(&str, i32)| ForgottenTopic {
            topic: topic.into(),
            partitions: vec![partition],
            ..Default::default()
        };
        let (session_id, session_epoch) = match step {
            SessionStep::Open => (self.session, 0),
            SessionStep::GoOn => (self.session, self.epoch + 1),
            SessionStep::WrongEpoch => (self.session, self.epoch + 5),
            SessionStep::Unknown => (self.session.wrapping_add(1), 1),
            SessionStep::Close => (self.session, -1),
        };
        let request = FetchRequest {
            max_bytes: 1 << 20,
            session_id,
            session_epoch,
            topics,
            forgotten_topics_data: forgotten.iter().map(forget).collect(),
            ..Default::default()
        };
        let answer = self.client.ask(&request, *version).await?;
        match step {
            SessionStep::Open => (self.session, self.epoch) = (answer.session_id, 0),
            SessionStep::GoOn if answer.error_code == ErrorCode::NONE => self.epoch += 1,
            _ => {}
        }
        self.fetched(answer)
    }

    fn fetched(&self, mut answer: FetchResponse) -> Answer {
        answer.session_id = i32::from(answer.session_id != 0);
        for topic in &mut answer.responses {
            topic.topic = self.name(topic.topic_id).map_or_else(|| topic.topic.clone(), str::to_owned);
            topic.topic_id = Uuid::ZERO;
        }
        let all =
            answer.responses.iter().flat_map(|topic| &topic.partitions).filter_map(|it| it.records.as_ref());
        let mut contents = Vec::new();
        for batch in all.flat_map(batches) {
            let batch = batch.map_err(io::Error::other)?;
            let header = *batch.header();
            contents.push((header.base_offset, header.count, header.leader_epoch, header.max_timestamp));
        }
        // Null and empty are the same to a client.
        for partition in answer.responses.iter_mut().flat_map(|topic| &mut topic.partitions) {
            partition.records.get_or_insert_default();
            partition.aborted_transactions.get_or_insert_default();
        }
        Ok(format!("{} {contents:?}", shown(&answer)?))
    }

    fn name(&self, id: Uuid) -> Option<&'static str> {
        self.ids.iter().find(|&(_, &known)| known == id).map(|(&name, _)| name)
    }

    async fn offsets(&mut self, op: &Op) -> Answer {
        match *op {
            Op::ListOffsets { topic, partition: partition_index, timestamp, epoch, version } => {
                let partition =
                    ListOffsetsPartition { partition_index, timestamp, current_leader_epoch: epoch };
                let topic = ListOffsetsTopic { name: topic.into(), partitions: vec![partition] };
                let request =
                    ListOffsetsRequest { replica_id: -1, topics: vec![topic], ..Default::default() };
                let mut answer = self.client.ask(&request, version).await?;
                if self.old {
                    // Kafka 2.1 forgets the epochs of a log at times.
                    answer.topics[0].partitions[0].leader_epoch = -1;
                }
                shown(&answer)
            }
            Op::EpochEnd { topic, partition, epoch: leader_epoch, current: current_leader_epoch } => {
                let partitions =
                    vec![OffsetForLeaderPartition { partition, current_leader_epoch, leader_epoch }];
                let topics = vec![OffsetForLeaderTopic { topic: topic.into(), partitions }];
                let request = OffsetForLeaderEpochRequest { replica_id: -1, topics };
                shown(&self.client.ask(&request, 2).await?)
            }
            Op::DeleteRecords { topic, partition: partition_index, offset } => {
                let partitions = vec![DeleteRecordsPartition { partition_index, offset }];
                let topics = vec![DeleteRecordsTopic { name: topic.into(), partitions }];
                shown(&self.client.ask(&DeleteRecordsRequest { topics, timeout_ms: 10_000 }, 1).await?)
            }
            _ => Ok(String::new()),
        }
    }

    async fn configs(&mut self, op: &Op) -> Answer {
        match *op {
            Op::Describe { topic, key, version } => {
                let resource = DescribeConfigsResource {
                    resource_type: TOPIC,
                    resource_name: topic.into(),
                    configuration_keys: key.map(|key| vec![key.to_owned()]),
                };
                let request = DescribeConfigsRequest {
                    resources: vec![resource],
                    include_synonyms: true,
                    ..Default::default()
                };
                let mut answer = self.client.ask(&request, version).await?;
                for result in &mut answer.results {
                    result.error_message = None;
                    // The clusters set it in different ways, to the same value.
                    result.configs.retain(|config| config.name != "min.insync.replicas");
                    // A real one has its default in hours, besides.
                    let retention = result.configs.iter_mut().filter(|config| config.name == "retention.ms");
                    retention.for_each(|config| config.synonyms.clear());
                    result.configs.sort_by(|one, other| one.name.cmp(&other.name));
                }
                shown(&answer)
            }
            Op::Alter { topic, config: (name, value), dry } => {
                let configs = vec![AlterableConfig { name: name.into(), value: Some(value.into()) }];
                let resource =
                    AlterConfigsResource { resource_type: TOPIC, resource_name: topic.into(), configs };
                let request = AlterConfigsRequest { resources: vec![resource], validate_only: dry };
                let mut answer = self.client.ask(&request, 1).await?;
                answer.responses.iter_mut().for_each(|resource| resource.error_message = None);
                shown(&answer)
            }
            Op::Change { topic, config: (name, value), operation: config_operation } => {
                let (name, value) = (name.into(), Some(value.into()));
                let resource = incremental_alter_configs::AlterConfigsResource {
                    resource_type: TOPIC,
                    resource_name: topic.into(),
                    configs: vec![incremental_alter_configs::AlterableConfig {
                        name,
                        config_operation,
                        value,
                    }],
                };
                let request =
                    IncrementalAlterConfigsRequest { resources: vec![resource], validate_only: false };
                let mut answer = self.client.ask(&request, 1).await?;
                answer.responses.iter_mut().for_each(|resource| resource.error_message = None);
                shown(&answer)
            }
            _ => Ok(String::new()),
        }
    }

    /// Only the highest versions: the embedded cluster has the lowest of Kafka 4 whatever it poses as.
    async fn versions(&mut self, version: i16) -> Answer {
        let (client_software_name, client_software_version) = ("test".to_owned(), "1".to_owned());
        let request =
            ApiVersionsRequest { client_software_name, client_software_version, ..Default::default() };
        let answer = self.client.ask(&request, version).await?;
        let ours = answer.api_keys.iter().filter(|api| APIS.contains(&api.api_key));
        let mut highest: Vec<(i16, i16)> = ours.map(|api| (api.api_key, api.max_version)).collect();
        highest.sort_unstable();
        Ok(format!("{:?} {highest:?}", answer.error_code))
    }
}

fn shown(answer: &impl Debug) -> Answer {
    Ok(format!("{answer:?}"))
}

fn records(kind: Kind, count: usize, stamp: ProducerStamp) -> Bytes {
    let values: Vec<&str> = ["a", "bc", "def"].into_iter().cycle().take(count).collect();
    let good = batch(&values, stamp);
    match kind {
        Kind::Good => good,
        Kind::Twice => [good.clone(), good].concat().into(),
        Kind::Empty => Bytes::new(),
        Kind::Large => batch(&["x".repeat(1_100_000).as_str()], stamp),
        Kind::Corrupt => {
            let mut bent = good.to_vec();
            bent[64] ^= 1;
            bent.into()
        }
        Kind::Miscounted => {
            // The last offset says one more record than there is; the checksum is right.
            let mut bent = good.to_vec();
            bent[26] += 1;
            kafka_sdk_protocol::records::restamp(&bent, stamp).into()
        }
    }
}

impl Client {
    /// In a version that all brokers know.
    async fn old_producer_id(&mut self) -> io::Result<i64> {
        use kafka_sdk_protocol::api::InitProducerIdRequest;
        let request = InitProducerIdRequest { transactional_id: None, ..Default::default() };
        for _ in 0..100 {
            let answer = self.ask::<InitProducerIdRequest>(&request, 1).await?;
            if answer.error_code == ErrorCode::NONE {
                return Ok(answer.producer_id);
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Err(io::Error::other("no producer id"))
    }
}
