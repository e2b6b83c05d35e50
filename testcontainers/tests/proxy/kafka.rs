//! Real brokers, and what a test asks of them in versions that the oldest and the newest both know.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::create_topics::CreatableTopic;
use kafka_sdk_protocol::api::fetch::{FetchPartition, FetchTopic};
use kafka_sdk_protocol::api::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_sdk_protocol::api::produce::{PartitionProduceData, TopicProduceData};
use kafka_sdk_protocol::api::{CreateTopicsRequest, FetchRequest, ListOffsetsRequest, ProduceRequest};
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp};
use kafka_sdk_testcontainers::{Providers, TestKafka};
use tokio::sync::OnceCell;

use crate::client::Client;

pub(crate) const VERSIONS: [&str; 2] = ["4.4.0", "2.1.1"];
pub(crate) const PRODUCE: i16 = 7;
pub(crate) const FETCH: i16 = 10;
const CREATE_TOPICS: i16 = 3;
const LIST_OFFSETS: i16 = 2;

type Cell = Arc<OnceCell<TestKafka>>;
static BROKERS: LazyLock<Mutex<HashMap<&'static str, Cell>>> = LazyLock::new(Mutex::default);

/// The broker of this version, one node, which all tests share. None: `test` is left out here, and that has been said.
pub(crate) async fn broker(version: &'static str, test: &str) -> Option<&'static TestKafka> {
    if !Providers::here().run_jvm(test).unwrap() {
        return None;
    }
    let cell = BROKERS.lock().unwrap().entry(version).or_default().clone();
    // Two of them, which live as long as the process.
    let cell: &'static Cell = Box::leak(Box::new(cell));
    let start = || async { TestKafka::jvm().version(version).start().await.unwrap() };
    Some(cell.get_or_init(start).await)
}

/// A batch of one record.
pub(crate) fn record() -> Bytes {
    let mut batch = BatchBuilder::new(Vec::new());
    batch.append(0, None, Some(b"value"), std::iter::empty());
    batch.seal(ProducerStamp::NONE).into()
}

/// A topic with one partition that no other test uses.
pub(crate) struct Topic {
    pub(crate) name: String,
    /// A client that does not go through a proxy.
    broker: Client,
}

impl Topic {
    pub(crate) async fn create(kafka: &TestKafka) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("orders-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let mut broker = Client::connect(kafka.bootstrap_servers()).await?;
        let topic = CreatableTopic {
            name: name.clone(),
            num_partitions: 1,
            replication_factor: 1,
            ..Default::default()
        };
        let request = CreateTopicsRequest { topics: vec![topic], timeout_ms: 10_000, ..Default::default() };
        let created = broker.call(&request, CREATE_TOPICS).await?;
        assert_eq!(created.topics[0].error_code, ErrorCode::NONE);
        let mut topic = Self { name, broker };
        // It has been created when a broker leads it.
        while topic.offset().await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Ok(topic)
    }

    /// How many records it has.
    pub(crate) async fn offset(&mut self) -> io::Result<i64> {
        let partitions = vec![ListOffsetsPartition { timestamp: -1, ..Default::default() }];
        let topic = ListOffsetsTopic { name: self.name.clone(), partitions };
        let request = ListOffsetsRequest { replica_id: -1, topics: vec![topic], ..Default::default() };
        let answer = self.broker.call(&request, LIST_OFFSETS).await?;
        let partition = &answer.topics[0].partitions[0];
        partition.error_code.ok().map_err(|code| io::Error::other(code.to_string()))?;
        Ok(partition.offset)
    }

    /// A request that produces one record.
    pub(crate) fn produce(&self) -> ProduceRequest {
        let partition_data = vec![PartitionProduceData { index: 0, records: Some(record()) }];
        let topic_data =
            vec![TopicProduceData { name: self.name.clone(), partition_data, ..Default::default() }];
        ProduceRequest { acks: -1, timeout_ms: 5_000, topic_data, ..Default::default() }
    }

    /// A request that fetches from the start, with or without a session.
    pub(crate) fn fetch(&self, session_epoch: i32) -> FetchRequest {
        let partition = FetchPartition { partition_max_bytes: 1 << 20, ..Default::default() };
        let topics =
            vec![FetchTopic { topic: self.name.clone(), partitions: vec![partition], ..Default::default() }];
        let max_bytes = 1 << 20;
        FetchRequest {
            replica_id: -1,
            max_wait_ms: 100,
            max_bytes,
            session_epoch,
            topics,
            ..Default::default()
        }
    }
}
