//! Writes transactions by raw calls: the client has no transactional producer yet, and reads those of others.

use kafka_sdk::raw::{CoordinatorKind, Route};
use kafka_sdk::{ErrorCode, Kafka, Result, TopicPartition};
use kafka_sdk_protocol::api::add_partitions_to_txn::AddPartitionsToTxnTopic;
use kafka_sdk_protocol::api::produce::{PartitionProduceData, TopicProduceData};
use kafka_sdk_protocol::api::txn_offset_commit::{
    TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic,
};
use kafka_sdk_protocol::api::{
    AddOffsetsToTxnRequest, AddPartitionsToTxnRequest, EndTxnRequest, FindCoordinatorRequest,
    InitProducerIdRequest, ProduceRequest, TxnOffsetCommitRequest,
};
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp, restamp};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::sleep;

const WITHIN: Duration = Duration::from_secs(30);
/// The attributes of a batch: it is part of a transaction.
const TRANSACTIONAL: u8 = 0x10;
const LOW_ATTRIBUTES: usize = 22;

/// A producer with a transactional id.
pub(crate) struct Transactional {
    kafka: Kafka,
    id: String,
    coordinator: Route,
    stamp: ProducerStamp,
    sequences: HashMap<TopicPartition, i32>,
}

/// Asks again while the brokers are busy with the transaction before, or have just started.
async fn accepted(mut attempt: impl AsyncFnMut() -> Result<ErrorCode>) -> Result<()> {
    let mut code = ErrorCode::NONE;
    for _ in 0..600 {
        code = attempt().await?;
        match code {
            ErrorCode::NONE => return Ok(()),
            ErrorCode::CONCURRENT_TRANSACTIONS
            | ErrorCode::COORDINATOR_LOAD_IN_PROGRESS
            | ErrorCode::COORDINATOR_NOT_AVAILABLE
            | ErrorCode::NOT_COORDINATOR
            | ErrorCode::NOT_LEADER_OR_FOLLOWER => sleep(Duration::from_millis(20)).await,
            other => panic!("{other}"),
        }
    }
    panic!("still {code}")
}

impl Transactional {
    pub(crate) async fn new(kafka: &Kafka, id: &str) -> Result<Self> {
        let mut coordinator = -1;
        accepted(async || {
            let request = |version| match version {
                ..=3 => FindCoordinatorRequest { key: id.into(), key_type: 1, ..Default::default() },
                _ => FindCoordinatorRequest {
                    coordinator_keys: vec![id.into()],
                    key_type: 1,
                    ..Default::default()
                },
            };
            let found = kafka.raw().call(&Route::Any, WITHIN, request).await?;
            let first = found.coordinators.first();
            let (code, node) = first.map_or((found.error_code, found.node_id), |c| (c.error_code, c.node_id));
            coordinator = node;
            Ok(code)
        })
        .await?;
        let coordinator = Route::Broker(coordinator);
        let mut stamp = ProducerStamp::NONE;
        accepted(async || {
            let request = |_| InitProducerIdRequest {
                transactional_id: Some(id.into()),
                transaction_timeout_ms: 60_000,
                ..Default::default()
            };
            let given = kafka.raw().call(&coordinator, WITHIN, request).await?;
            stamp = ProducerStamp { id: given.producer_id, epoch: given.producer_epoch, base_sequence: 0 };
            Ok(given.error_code)
        })
        .await?;
        Ok(Self { kafka: kafka.clone(), id: id.into(), coordinator, stamp, sequences: HashMap::new() })
    }

    /// Writes a batch of these values, and begins a transaction with it if none is open.
    pub(crate) async fn write(&mut self, to: &TopicPartition, values: &[String]) -> Result<()> {
        self.add(to).await?;
        let sequence = self.sequences.entry(to.clone()).or_default();
        let stamp = ProducerStamp { base_sequence: *sequence, ..self.stamp };
        *sequence += values.len() as i32;
        let batch: bytes::Bytes = batch(values, stamp).into();
        accepted(async || {
            let data = PartitionProduceData { index: to.partition(), records: Some(batch.clone()) };
            let topic = TopicProduceData {
                name: to.topic().into(),
                partition_data: vec![data],
                ..Default::default()
            };
            let request = |_| ProduceRequest {
                transactional_id: Some(self.id.clone()),
                acks: -1,
                timeout_ms: 30_000,
                topic_data: vec![topic.clone()],
            };
            let leader = Route::Leader(to.clone());
            let answer = self.kafka.raw().call_up_to(11, &leader, WITHIN, request).await?;
            Ok(answer.responses[0].partition_responses[0].error_code)
        })
        .await
    }

    async fn add(&self, to: &TopicPartition) -> Result<()> {
        accepted(async || {
            let topic = AddPartitionsToTxnTopic { name: to.topic().into(), partitions: vec![to.partition()] };
            let request = |_| AddPartitionsToTxnRequest {
                v3_and_below_transactional_id: self.id.clone(),
                v3_and_below_producer_id: self.stamp.id,
                v3_and_below_producer_epoch: self.stamp.epoch,
                v3_and_below_topics: vec![topic.clone()],
                ..Default::default()
            };
            let answer = self.kafka.raw().call_up_to(3, &self.coordinator, WITHIN, request).await?;
            let first = &answer.results_by_topic_v3_and_below[0].results_by_partition[0];
            Ok(first.partition_error_code)
        })
        .await
    }

    /// Has the transaction commit this offset for a group, once it is committed itself.
    pub(crate) async fn commit_offset(&self, group: &str, of: &TopicPartition, offset: i64) -> Result<()> {
        accepted(async || {
            let request = |_| AddOffsetsToTxnRequest {
                transactional_id: self.id.clone(),
                producer_id: self.stamp.id,
                producer_epoch: self.stamp.epoch,
                group_id: group.into(),
            };
            Ok(self.kafka.raw().call_up_to(3, &self.coordinator, WITHIN, request).await?.error_code)
        })
        .await?;
        accepted(async || {
            let partition = TxnOffsetCommitRequestPartition {
                partition_index: of.partition(),
                committed_offset: offset,
                ..Default::default()
            };
            let topic = TxnOffsetCommitRequestTopic {
                name: of.topic().into(),
                partitions: vec![partition],
                ..Default::default()
            };
            let request = |_| TxnOffsetCommitRequest {
                transactional_id: self.id.clone(),
                group_id: group.into(),
                producer_id: self.stamp.id,
                producer_epoch: self.stamp.epoch,
                topics: vec![topic.clone()],
                ..Default::default()
            };
            let coordinator = Route::Coordinator(CoordinatorKind::Group, group.into());
            let answer = self.kafka.raw().call_up_to(4, &coordinator, WITHIN, request).await?;
            Ok(answer.topics[0].partitions[0].error_code)
        })
        .await
    }

    pub(crate) async fn end(&mut self, outcome: Outcome) -> Result<()> {
        accepted(async || {
            let request = |_| EndTxnRequest {
                transactional_id: self.id.clone(),
                producer_id: self.stamp.id,
                producer_epoch: self.stamp.epoch,
                committed: outcome == Outcome::Commit,
            };
            Ok(self.kafka.raw().call_up_to(4, &self.coordinator, WITHIN, request).await?.error_code)
        })
        .await
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Commit,
    Abort,
}

fn batch(values: &[String], stamp: ProducerStamp) -> Vec<u8> {
    let mut builder = BatchBuilder::new(Vec::new());
    for value in values {
        builder.append(1_700_000_000_000, None, Some(value.as_bytes()), std::iter::empty());
    }
    let mut bytes = builder.seal(stamp);
    bytes[LOW_ATTRIBUTES] |= TRANSACTIONAL;
    restamp(&bytes, stamp)
}
