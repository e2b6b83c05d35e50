//! A client of raw requests, and requests to make it shorter.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use kafka_sdk_protocol::api::create_topics::CreatableTopic;
use kafka_sdk_protocol::api::fetch::{FetchPartition, FetchTopic, PartitionData};
use kafka_sdk_protocol::api::list_offsets::{
    ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsTopic,
};
use kafka_sdk_protocol::api::metadata::MetadataRequestTopic;
use kafka_sdk_protocol::api::produce::{PartitionProduceData, PartitionProduceResponse, TopicProduceData};
use kafka_sdk_protocol::api::{
    CreateTopicsRequest, FetchRequest, InitProducerIdRequest, ListOffsetsRequest, MetadataRequest,
    MetadataResponse, ProduceRequest,
};
use kafka_sdk_protocol::message::{Request, decode_response, request_frame};
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp, batches};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) type TestResult = Result<(), Box<dyn std::error::Error>>;

/// No test waits longer for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// The last versions that name topics, not ids.
pub(crate) const PRODUCE_BY_NAME: i16 = 12;
pub(crate) const FETCH_BY_NAME: i16 = 12;

/// A connection.
pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    /// To the first of some addresses.
    pub(crate) async fn connect(addresses: &str) -> io::Result<Self> {
        let first = addresses.split(',').next().unwrap_or_default();
        let stream = timeout(PATIENCE, TcpStream::connect(first)).await??;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    /// Asks in some version.
    pub(crate) async fn ask<R: Request>(&mut self, request: &R, version: i16) -> io::Result<R::Response> {
        self.send(request, version).await?;
        self.receive::<R>(version).await
    }

    pub(crate) async fn send<R: Request>(&mut self, request: &R, version: i16) -> io::Result<()> {
        let frame = request_frame(request, version, 7, Some("test")).map_err(io::Error::other)?.concat();
        self.0.write_all(&frame).await
    }

    pub(crate) async fn receive<R: Request>(&mut self, version: i16) -> io::Result<R::Response> {
        let (correlation_id, response) =
            decode_response::<R>(&self.receive_frame().await?, version).map_err(io::Error::other)?;
        assert_eq!(correlation_id, 7);
        Ok(response)
    }

    pub(crate) async fn receive_frame(&mut self) -> io::Result<Bytes> {
        let read = async {
            let length = self.0.read_u32().await?;
            let mut frame = vec![0; length as usize];
            self.0.read_exact(&mut frame).await?;
            Ok(frame.into())
        };
        timeout(PATIENCE, read).await?
    }

    /// Whether the node has closed the connection.
    pub(crate) async fn is_closed(&mut self) -> bool {
        matches!(timeout(PATIENCE, self.0.read(&mut [0])).await, Ok(Ok(0) | Err(_)))
    }

    pub(crate) async fn metadata(&mut self, topics: &[&str]) -> io::Result<MetadataResponse> {
        let named = |&name: &&str| MetadataRequestTopic { name: Some(name.into()), ..Default::default() };
        let topics = Some(topics.iter().map(named).collect());
        self.ask(&MetadataRequest { topics, allow_auto_topic_creation: false, ..Default::default() }, 12)
            .await
    }

    pub(crate) async fn produce(
        &mut self,
        topic: &str,
        partition: i32,
        records: Bytes,
    ) -> io::Result<PartitionProduceResponse> {
        self.produce_with(topic, partition, records, -1).await
    }

    pub(crate) async fn produce_with(
        &mut self,
        topic: &str,
        partition: i32,
        records: Bytes,
        acks: i16,
    ) -> io::Result<PartitionProduceResponse> {
        let request = produce(topic, partition, records, acks);
        let mut response = self.ask(&request, PRODUCE_BY_NAME).await?;
        Ok(response.responses.remove(0).partition_responses.remove(0))
    }

    pub(crate) async fn fetch(
        &mut self,
        topic: &str,
        partition: i32,
        offset: i64,
    ) -> io::Result<PartitionData> {
        let request = fetch(topic, &[(partition, offset)]);
        let mut response = self.ask(&request, FETCH_BY_NAME).await?;
        Ok(response.responses.remove(0).partitions.remove(0))
    }

    pub(crate) async fn list_offset(
        &mut self,
        topic: &str,
        partition_index: i32,
        timestamp: i64,
    ) -> io::Result<ListOffsetsPartitionResponse> {
        let partition = ListOffsetsPartition { partition_index, timestamp, current_leader_epoch: -1 };
        let topic = ListOffsetsTopic { name: topic.into(), partitions: vec![partition] };
        let request = ListOffsetsRequest { replica_id: -1, topics: vec![topic], ..Default::default() };
        let mut response = self.ask(&request, 7).await?;
        Ok(response.topics.remove(0).partitions.remove(0))
    }

    pub(crate) async fn producer_id(&mut self) -> io::Result<i64> {
        let request = InitProducerIdRequest { transactional_id: None, ..Default::default() };
        Ok(self.ask(&request, 4).await?.producer_id)
    }
}

pub(crate) fn produce(topic: &str, index: i32, records: Bytes, acks: i16) -> ProduceRequest {
    let partition = PartitionProduceData { index, records: Some(records) };
    let topic =
        TopicProduceData { name: topic.into(), partition_data: vec![partition], ..Default::default() };
    ProduceRequest { acks, timeout_ms: 5000, topic_data: vec![topic], ..Default::default() }
}

/// A fetch of partitions from offsets, that waits for nothing.
pub(crate) fn fetch(topic: &str, partitions: &[(i32, i64)]) -> FetchRequest {
    let partition = |&(partition, fetch_offset): &(i32, i64)| FetchPartition {
        partition,
        fetch_offset,
        partition_max_bytes: 1 << 20,
        ..Default::default()
    };
    let partitions = partitions.iter().map(partition).collect();
    let topic = FetchTopic { topic: topic.into(), partitions, ..Default::default() };
    FetchRequest { max_bytes: 1 << 26, topics: vec![topic], ..Default::default() }
}

pub(crate) fn new_topic(name: &str, num_partitions: i32, replication_factor: i16) -> CreateTopicsRequest {
    let topic =
        CreatableTopic { name: name.into(), num_partitions, replication_factor, ..Default::default() };
    CreateTopicsRequest { topics: vec![topic], timeout_ms: 10_000, ..Default::default() }
}

/// A batch of records with these values, and timestamps 1000, 1001, …
pub(crate) fn batch(values: &[&str], producer: ProducerStamp) -> Bytes {
    let mut builder = BatchBuilder::new(Vec::new());
    for (at, value) in (1000..).zip(values) {
        builder.append(at, None, Some(value.as_bytes()), std::iter::empty());
    }
    builder.seal(producer).into()
}

pub(crate) fn plain(values: &[&str]) -> Bytes {
    batch(values, ProducerStamp::NONE)
}

/// Offsets and values of all records, whose checksums are right.
#[allow(clippy::unwrap_used, reason = "a test's helper: it fails the test")]
pub(crate) fn records(data: &PartitionData) -> Vec<(i64, String)> {
    let mut all = Vec::new();
    for batch in batches(data.records.as_ref().unwrap()) {
        let batch = batch.unwrap();
        batch.check().unwrap();
        let value = |value: Option<&[u8]>| String::from_utf8(value.unwrap().to_vec()).unwrap();
        all.extend(batch.records().unwrap().iter().map(|record| (record.offset, value(record.value))));
    }
    all
}
