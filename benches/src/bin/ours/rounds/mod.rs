//! The requests alone that lead from subscribing in a new group to the first record, one after another: what the protocol
//! costs, whoever speaks it. Made by hand, on connections that are there.

mod classic;
mod next_gen;

use super::{NAME, connect};
use kafka_sdk::raw::Route;
use kafka_sdk::{Kafka, Result};
use kafka_sdk_benches::harness::{Job, Protocol, Timings};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::fetch::{FetchPartition, FetchTopic};
use kafka_sdk_protocol::api::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_sdk_protocol::api::metadata::MetadataRequestTopic;
use kafka_sdk_protocol::api::offset_fetch::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use kafka_sdk_protocol::api::{
    FetchRequest, FindCoordinatorRequest, ListOffsetsRequest, MetadataRequest, OffsetFetchRequest,
};
use kafka_sdk_protocol::message::Request;
use kafka_sdk_protocol::wire::Uuid;
use std::time::{Duration, Instant};

const WITHIN: Duration = Duration::from_secs(30);
/// Kafka's word for the first offset, in the place of a timestamp.
const EARLIEST: i64 = -2;

pub(super) async fn run(job: &Job) -> Result<()> {
    println!("{NAME}");
    let kafka = connect(job).await?;
    let topic = Topic::look_up(&kafka, job).await?;
    for group in job.group_names() {
        let mut rounds =
            Rounds { kafka: &kafka, topic: &topic, group, broker: Route::Any, timings: Timings::default() };
        let began = Instant::now();
        rounds.find_coordinator().await?;
        let member = match job.protocol {
            Protocol::Classic => rounds.join_classic().await?,
            Protocol::Consumer => rounds.join_next_gen().await?,
        };
        rounds.read(&member).await?;
        let Rounds { timings, .. } = &rounds;
        println!("{}", timings.clone().and("first", began.elapsed()));
        match job.protocol {
            Protocol::Classic => rounds.leave_classic(&member).await?,
            Protocol::Consumer => rounds.leave_next_gen(&member).await?,
        }
    }
    Ok(())
}

struct Topic {
    name: String,
    id: Uuid,
    partitions: Vec<i32>,
}

impl Topic {
    async fn look_up(kafka: &Kafka, job: &Job) -> Result<Self> {
        let wanted = || MetadataRequestTopic { name: Some(job.topic.clone()), ..Default::default() };
        let request = |_| MetadataRequest { topics: Some(vec![wanted()]), ..Default::default() };
        let answer = kafka.raw().call(&Route::Any, WITHIN, request).await?;
        let topic = answer.topics.first().expect("the topic that was asked for");
        Ok(Self { name: job.topic.clone(), id: topic.topic_id, partitions: (0..job.partitions).collect() })
    }
}

/// The only member of a group: its id and generation, or epoch.
struct Member {
    id: String,
    epoch: i32,
}

/// Of one group.
struct Rounds<'a> {
    kafka: &'a Kafka,
    topic: &'a Topic,
    group: String,
    /// The only one that there is: coordinator and leader.
    broker: Route,
    timings: Timings,
}

impl Rounds<'_> {
    /// Asks, and notes how long that took.
    async fn ask<R: Request + Clone>(&mut self, what: &str, request: R) -> Result<R::Response> {
        let asked = Instant::now();
        let answer = self.kafka.raw().call(&self.broker, WITHIN, |_| request.clone()).await?;
        self.timings = std::mem::take(&mut self.timings).and(what, asked.elapsed());
        Ok(answer)
    }

    async fn find_coordinator(&mut self) -> Result<()> {
        let request = FindCoordinatorRequest {
            coordinator_keys: vec![self.group.clone()],
            ..FindCoordinatorRequest::default()
        };
        let answer = self.ask("FindCoordinator", request).await?;
        let found = answer.coordinators.first().expect("the coordinator that was asked for");
        good(found.error_code);
        self.broker = Route::Broker(found.node_id);
        Ok(())
    }

    /// What is committed, where the partitions begin, and the first records.
    async fn read(&mut self, member: &Member) -> Result<()> {
        let Topic { name, id: topic_id, partitions } = self.topic;
        let topics = OffsetFetchRequestTopics {
            name: name.clone(),
            topic_id: *topic_id,
            partition_indexes: partitions.clone(),
        };
        let group = OffsetFetchRequestGroup {
            group_id: self.group.clone(),
            member_id: Some(member.id.clone()),
            member_epoch: member.epoch,
            topics: Some(vec![topics]),
        };
        let request = OffsetFetchRequest { groups: vec![group], require_stable: true, ..Default::default() };
        let answer = self.ask("OffsetFetch", request).await?;
        good(answer.groups.first().expect("the group that was asked for").error_code);

        let partition = |&partition_index| ListOffsetsPartition {
            partition_index,
            timestamp: EARLIEST,
            ..Default::default()
        };
        let topics =
            ListOffsetsTopic { name: name.clone(), partitions: partitions.iter().map(partition).collect() };
        let request = ListOffsetsRequest { replica_id: -1, topics: vec![topics], ..Default::default() };
        let answer = self.ask("ListOffsets", request).await?;
        answer.topics.iter().flat_map(|topic| &topic.partitions).for_each(|found| good(found.error_code));

        let partition = |&partition| FetchPartition {
            partition,
            partition_max_bytes: 1 << 20,
            ..FetchPartition::default()
        };
        let topics = FetchTopic {
            topic: name.clone(),
            topic_id: *topic_id,
            partitions: partitions.iter().map(partition).collect(),
        };
        let request =
            FetchRequest { max_wait_ms: 500, min_bytes: 1, topics: vec![topics], ..Default::default() };
        let answer = self.ask("Fetch", request).await?;
        good(answer.error_code);
        let mut all = answer.responses.iter().flat_map(|topic| &topic.partitions);
        assert!(all.any(|partition| partition.records.is_some()), "records");
        Ok(())
    }
}

fn good(code: ErrorCode) {
    assert_eq!(code, ErrorCode::NONE);
}
