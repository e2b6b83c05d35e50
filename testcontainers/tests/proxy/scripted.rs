//! A broker that answers from a script, at once, and remembers what it was asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use kafka_sdk_protocol::api::api_versions::ApiVersion;
use kafka_sdk_protocol::api::metadata::{MetadataResponseBroker, MetadataResponseTopic};
use kafka_sdk_protocol::api::*;
use kafka_sdk_protocol::message::{Message, Request, response_frame};
use kafka_sdk_protocol::wire::{Reader, Uuid};
use kafka_sdk_testcontainers::TestProxy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::kafka::record;

/// The id of every topic.
pub(crate) const TOPIC_ID: Uuid = Uuid([7; 16]);
pub(crate) const SESSION: i32 = 99;

/// What the broker has seen of its clients.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) connections: usize,
    /// APIs and correlation ids, in the order of their arrival.
    pub(crate) requests: Vec<(ApiKey, i32)>,
    /// What came after the last whole frame of each connection that has ended.
    pub(crate) remains: Vec<Vec<u8>>,
}

/// A broker, and cluster, of one node.
pub(crate) struct Scripted {
    address: String,
    seen: watch::Receiver<Seen>,
    script: Arc<Script>,
    _tasks: JoinSet<()>,
}

struct Script {
    seen: watch::Sender<Seen>,
    brokers: Mutex<Vec<MetadataResponseBroker>>,
    close: watch::Sender<u32>,
}

impl Scripted {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, seen) = watch::channel(Seen::default());
        let script = Script { seen: sender, brokers: Mutex::default(), close: watch::Sender::new(0) };
        let script = Arc::new(script);
        script.brokers.lock().unwrap().push(broker(1, &address));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&script)));
        Self { address, seen, script, _tasks: tasks }
    }

    /// With a proxy in front, which asks what it has to before anything else.
    pub(crate) async fn behind_a_proxy() -> (Self, TestProxy) {
        let scripted = Self::start().await;
        let proxy = TestProxy::in_front_of(scripted.address()).start().await.unwrap();
        scripted.forget().await;
        (scripted, proxy)
    }

    /// Forgets what the proxy itself has asked.
    pub(crate) async fn forget(&self) {
        self.until(|seen| seen.remains.len() == seen.connections).await;
        self.script.seen.send_replace(Seen::default());
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// From now on, this one is part of the cluster too.
    pub(crate) fn join(&self, id: i32, other: &Self) {
        self.script.brokers.lock().unwrap().push(broker(id, other.address()));
    }

    /// Node 1 is where that one is.
    pub(crate) fn move_to(&self, other: &Self) {
        *self.script.brokers.lock().unwrap() = vec![broker(1, other.address())];
    }

    /// Closes all connections.
    pub(crate) fn close(&self) {
        self.script.close.send_modify(|times| *times += 1);
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// The correlation ids of all requests so far.
    pub(crate) fn ids(&self) -> Vec<i32> {
        self.seen().requests.iter().map(|(_, id)| *id).collect()
    }

    /// Waits until it has seen that; panics when it does not come.
    pub(crate) async fn until(&self, enough: impl Fn(&Seen) -> bool) -> Seen {
        let mut seen = self.seen.clone();
        let waited = timeout(Duration::from_secs(10), seen.wait_for(|seen| enough(seen))).await;
        waited.unwrap_or_else(|_| panic!("{:?}", self.seen())).unwrap().clone()
    }
}

fn broker(node_id: i32, address: &str) -> MetadataResponseBroker {
    let (host, port) = address.split_once(':').unwrap();
    MetadataResponseBroker { node_id, host: host.into(), port: port.parse().unwrap(), ..Default::default() }
}

async fn accept(listener: TcpListener, script: Arc<Script>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        script.seen.send_modify(|seen| seen.connections += 1);
        connections.spawn(serve(stream, Arc::clone(&script)));
    }
}

async fn serve(mut stream: TcpStream, script: Arc<Script>) {
    let mut close = script.close.subscribe();
    let mut read = Vec::new();
    loop {
        let come = tokio::select! {
            come = stream.read_buf(&mut read) => come.unwrap_or(0),
            _ = close.changed() => 0,
        };
        while let Some(length) = read.first_chunk().map(|length| u32::from_be_bytes(*length) as usize) {
            if read.len() < 4 + length {
                break;
            }
            let frame: Bytes = read.drain(..4 + length).skip(4).collect::<Vec<u8>>().into();
            if let Some(answer) = script.answer(&frame) {
                let _ = stream.write_all(&answer).await;
            }
        }
        if come == 0 {
            script.seen.send_modify(|seen| seen.remains.push(read));
            return;
        }
    }
}

/// The head of a request, and its body with all fields.
struct Asked<'a> {
    frame: &'a Bytes,
    version: i16,
    id: i32,
}

impl Asked<'_> {
    fn request<R: Request>(&self) -> R {
        let mut reader = Reader::new(self.frame, false);
        RequestHeader::decode_from(&mut reader, R::header_version(self.version)).unwrap();
        R::decode_from(&mut reader, self.version).unwrap()
    }

    fn answer<R: Request>(&self, response: &R::Response) -> Option<Vec<u8>> {
        Some(response_frame::<R>(response, self.version, self.id).unwrap().concat())
    }
}

impl Script {
    fn answer(&self, frame: &Bytes) -> Option<Vec<u8>> {
        let number = |at: usize| i16::from_be_bytes([frame[at], frame[at + 1]]);
        let id = i32::from_be_bytes(frame[4..8].try_into().unwrap());
        let (api, asked) = (ApiKey(number(0)), Asked { frame, version: number(2), id });
        self.seen.send_modify(|seen| seen.requests.push((api, id)));
        match api {
            ApiKey::API_VERSIONS => asked.answer::<ApiVersionsRequest>(&versions()),
            ApiKey::METADATA => asked.answer::<MetadataRequest>(&self.metadata(&asked)),
            ApiKey::FIND_COORDINATOR => {
                let MetadataResponseBroker { node_id, host, port, .. } =
                    self.brokers.lock().unwrap()[0].clone();
                let found = FindCoordinatorResponse { node_id, host, port, ..Default::default() };
                asked.answer::<FindCoordinatorRequest>(&found)
            }
            ApiKey::HEARTBEAT => {
                let beaten = HeartbeatResponse { throttle_time_ms: id, ..Default::default() };
                asked.answer::<HeartbeatRequest>(&beaten)
            }
            ApiKey::PRODUCE => {
                let answered = asked.request::<ProduceRequest>().acks != 0;
                if answered { asked.answer::<ProduceRequest>(&ProduceResponse::default()) } else { None }
            }
            ApiKey::FETCH => asked.answer::<FetchRequest>(&fetched()),
            _ => None,
        }
    }

    fn metadata(&self, asked: &Asked<'_>) -> MetadataResponse {
        let topic = |topic: metadata::MetadataRequestTopic| MetadataResponseTopic {
            name: topic.name,
            topic_id: TOPIC_ID,
            ..Default::default()
        };
        let topics = asked.request::<MetadataRequest>().topics.unwrap_or_default();
        let topics = topics.into_iter().map(topic).collect();
        let brokers = self.brokers.lock().unwrap().clone();
        MetadataResponse { brokers, controller_id: 1, topics, ..Default::default() }
    }
}

fn versions() -> ApiVersionsResponse {
    let api = |(key, max_version): (ApiKey, i16)| ApiVersion { api_key: key.0, min_version: 0, max_version };
    let api_keys = [(ApiKey::METADATA, 12), (ApiKey::API_VERSIONS, 3)].map(api).to_vec();
    ApiVersionsResponse { api_keys, ..Default::default() }
}

/// One record in a session.
fn fetched() -> FetchResponse {
    use fetch::{FetchableTopicResponse, PartitionData};
    let records = Some(record());
    let partitions = vec![PartitionData { records, ..Default::default() }];
    let responses = vec![FetchableTopicResponse { partitions, ..Default::default() }];
    FetchResponse { session_id: SESSION, responses, ..Default::default() }
}
