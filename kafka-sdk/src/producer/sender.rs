//! The task of a producer: runs the core, and performs its calls.

use super::buffer::Buffer;
use super::compress::Unpacked;
use super::core::{Answer, Answered, Call, Command, Identity, Reply, SenderCore, Shipment};
use super::ready::ReadyStream;
use super::settings::Settings;
use super::shared::Shared;
use super::topics::Topics;
use crate::clock::millis_i32;
use crate::cluster::{
    AnsweredPartition, Answers, Cluster, Lane, Route, Snapshot, Verdict, are_in_order, grouped,
};
use crate::drive::{drive, ends_with};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Acks;
use crate::net::{Connection, Unanswered};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::produce::{PartitionProduceData, PartitionProduceResponse, TopicProduceData};
use kafka_sdk_protocol::api::{ApiKey, InitProducerIdRequest, ProduceRequest, ProduceResponse};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Until the producer is closed and everything is resolved.
pub(super) async fn run(cluster: Cluster, shared: Arc<Shared>, topics: Arc<Topics>, news: ReadyStream) {
    let commands = ends_with(news.map(Command::News), cluster.snapshots().map(Command::Snapshot));
    let (settings, workers) = (shared.settings.clone(), Arc::new(Semaphore::new(workers())));
    let core = SenderCore::<Connection>::new(shared, topics);
    let own = cluster.own_lane(Lane::Produce);
    drive(core, Box::pin(commands), |call| perform(&cluster, own.lane(), &settings, &workers, call)).await;
}

/// What happens before the first await keeps the order of the calls: requests are submitted here.
fn perform(
    cluster: &Cluster,
    lane: Lane,
    settings: &Settings,
    workers: &Arc<Semaphore>,
    call: Call<Connection>,
) -> impl Future<Output = Reply<Connection>> + use<> {
    let cluster = cluster.clone();
    let other: BoxFuture<'static, Reply<Connection>> = match call {
        Call::Connect(broker) => {
            async move { Reply::Connected { broker, outcome: cluster.connection(broker, lane).await } }
                .boxed()
        }
        Call::ConnectAndLookUp(broker) => {
            let connect = async move {
                let link = cluster.connection(broker, lane).await?;
                Ok((link, cluster.refreshed().await?))
            };
            connect.map(move |outcome| Reply::ConnectedAndLookedUp { broker, outcome }).boxed()
        }
        Call::Produce { broker, link, generation, shipments } => {
            let produced = produce(&link, &shipments, settings, cluster.settings().request_timeout);
            // What is done most is not boxed.
            return async move {
                let outcome = produced.await.map_err(|e| (e.sent, e.error(link.address(), ApiKey::PRODUCE)));
                let leaders = match &outcome {
                    Ok(Some(response)) => learn_leaders(&cluster, &shipments, response),
                    _ => None,
                };
                Reply::Produced { broker, generation, answers: answers(shipments, outcome), leaders }
            }
            .left_future();
        }
        Call::Compress { outbox, id, work } => {
            let workers = workers.clone();
            async move { Reply::Compressed { outbox, id, packed: pack(&workers, work).await } }.boxed()
        }
        Call::Identify => async move { Reply::Identified(identify(&cluster).await) }.boxed(),
        Call::RefreshMetadata => {
            cluster.refresh_soon();
            std::future::ready(Reply::Nothing).boxed()
        }
        Call::Watch(topic) => {
            let interest = cluster.interest(&topic);
            std::future::ready(interest.map_or(Reply::Nothing, |interest| Reply::Watching(topic, interest)))
                .boxed()
        }
    };
    other.right_future()
}

/// How many batches are compressed at a time on other threads: some cores are left for what makes the records.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).clamp(1, 4))
}

/// Compresses on another thread, when it is its turn. None: a panic, or the end of the runtime.
async fn pack(workers: &Semaphore, work: Unpacked) -> Option<Buffer> {
    let _turn = workers.acquire().await.ok()?;
    spawn_blocking(|| work.pack()).await.ok()?
}

/// Puts a request with these batches on the wire. The answer comes later; with [`Acks::None`] there is none.
fn produce(
    link: &Connection,
    shipments: &[Shipment],
    settings: &Settings,
    timeout: Duration,
) -> impl Future<Output = std::result::Result<Option<ProduceResponse>, Unanswered>> + use<> {
    let cap = shipments.iter().any(|shipment| shipment.topic_id.is_zero()).then_some(LAST_BY_NAME);
    let pending = link.version::<ProduceRequest>(cap).map(|version| {
        let request = request(shipments, settings, timeout, version);
        match settings.acks {
            Acks::None => link.post(&request, version, timeout).map(|sent| sent.map(|()| None)).left_future(),
            Acks::Leader | Acks::All => {
                link.submit(&request, version, timeout).map(|answer| answer.map(Some)).right_future()
            }
        }
    });
    async move {
        match pending {
            Ok(pending) => pending.await,
            Err(failure) => Err(Unanswered::unsent(failure)),
        }
    }
}

/// The last version of a produce request in which topics go by their names; after it they go by their ids alone.
const LAST_BY_NAME: i16 = 12;

fn request(shipments: &[Shipment], settings: &Settings, timeout: Duration, version: i16) -> ProduceRequest {
    let data = |shipment: &Shipment| PartitionProduceData {
        index: shipment.partition,
        records: Some((settings.wire)(&shipment.bytes)),
    };
    let topic = |first: &&Shipment| TopicProduceData {
        name: if version > LAST_BY_NAME { String::new() } else { first.topic.as_ref().to_owned() },
        topic_id: first.topic_id,
        partition_data: Vec::new(),
    };
    let add = |topic: &mut TopicProduceData, shipment| topic.partition_data.push(data(shipment));
    ProduceRequest {
        transactional_id: None,
        acks: match settings.acks {
            Acks::None => 0,
            Acks::Leader => 1,
            Acks::All => -1,
        },
        timeout_ms: millis_i32(timeout),
        topic_data: grouped(shipments, |shipment| &shipment.topic, topic, add),
    }
}

/// The picture of the cluster with the leaders that the answer names in place of this one; none where it names none.
fn learn_leaders(cluster: &Cluster, shipments: &[Shipment], response: &ProduceResponse) -> Option<Snapshot> {
    let asked = shipments.iter().map(|shipment| (&shipment.topic, shipment.topic_id, shipment.partition));
    let partitions =
        response.responses.iter().flat_map(|t| t.partition_responses.iter().map(move |data| (t, data)));
    let answered = partitions.map(|(topic, data)| AnsweredPartition {
        topic: &topic.name,
        topic_id: topic.topic_id,
        partition: data.index,
        error_code: data.error_code,
        leader: data.current_leader.leader_id,
        leader_epoch: data.current_leader.leader_epoch,
    });
    let endpoints = response.node_endpoints.iter().map(|node| (node.node_id, node.host.as_str(), node.port));
    cluster.learn_leaders(asked, answered, endpoints)
}

/// With [`Acks::None`]: it was sent.
const UNACKNOWLEDGED: Answer = Answer::Written { base_offset: -1, log_append_time: None };

/// What came of each batch. One that the broker left out of its answer may have been written.
fn answers(
    shipments: Vec<Shipment>,
    outcome: std::result::Result<Option<ProduceResponse>, (bool, Error)>,
) -> Vec<Answered> {
    let all_alike = |shipments: Vec<Shipment>, answer, error: Option<Error>| {
        let all = shipments.into_iter();
        all.map(|shipment| Answered { shipment, answer, error: error.clone() }).collect()
    };
    let response = match outcome {
        Ok(Some(response)) => response,
        // Nobody was to say anything.
        Ok(None) => return all_alike(shipments, UNACKNOWLEDGED, None),
        Err((true, error)) => return all_alike(shipments, Answer::Lost, Some(error)),
        Err((false, error)) => return all_alike(shipments, Answer::Unsent, Some(error)),
    };
    let asked = shipments.iter().map(|shipment| (&shipment.topic, shipment.topic_id, shipment.partition));
    let partitions =
        response.responses.iter().flat_map(|t| t.partition_responses.iter().map(move |p| (t, p)));
    if are_in_order(asked, partitions.map(|(topic, data)| (&*topic.name, topic.topic_id, data.index))) {
        let partitions = response.responses.into_iter().flat_map(|topic| topic.partition_responses);
        let answered = shipments.into_iter().zip(partitions).map(|(shipment, partition)| {
            let (answer, error) = judge(&shipment, &partition);
            Answered { shipment, answer, error }
        });
        return answered.collect();
    }
    let partition = |answer: PartitionProduceResponse| (answer.index, answer);
    let topics = response.responses.into_iter();
    let mut found =
        Answers::new(topics.map(|t| (t.name, t.topic_id, t.partition_responses.into_iter().map(partition))));
    let answered = shipments.into_iter().map(|shipment| {
        let (answer, error) = match found.take(&shipment.topic, shipment.topic_id, shipment.partition) {
            Some(partition) => judge(&shipment, &partition),
            None => (Answer::Lost, Some(left_out(&shipment))),
        };
        Answered { shipment, answer, error }
    });
    answered.collect()
}

fn judge(shipment: &Shipment, partition: &PartitionProduceResponse) -> (Answer, Option<Error>) {
    match partition.error_code {
        ErrorCode::NONE => {
            let log_append_time = Some(partition.log_append_time_ms).filter(|&millis| millis >= 0);
            (Answer::Written { base_offset: partition.base_offset, log_append_time }, None)
        }
        code => (Answer::Refused(code), Some(refusal(shipment, code, partition.error_message.as_deref()))),
    }
}

fn refusal(shipment: &Shipment, code: ErrorCode, message: Option<&str>) -> Error {
    let place = format!("{}-{}", shipment.topic, shipment.partition);
    let text = match code {
        ErrorCode::MESSAGE_TOO_LARGE | ErrorCode::RECORD_LIST_TOO_LARGE => format!(
            "{place}: the record is larger than the topic takes ({code}): send it in parts, or raise \
             max.message.bytes of the topic (message.max.bytes of the brokers)"
        ),
        ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER => format!(
            "{place}: the broker misses records that it acknowledged before, or has had this one for long ({code})"
        ),
        ErrorCode::INVALID_TIMESTAMP => format!(
            "{place}: a timestamp is too far from the broker's clock ({code}): is the clock of this machine right? What \
             is allowed are message.timestamp.after.max.ms and message.timestamp.before.max.ms of the topic"
        ),
        _ => format!("{place}: the broker refused the records with {code}"),
    };
    let error = match code {
        ErrorCode::TOPIC_AUTHORIZATION_FAILED => {
            let permission = format!("Write permission on topic \"{}\"", shipment.topic);
            Error::not_allowed(code, format_args!("writing to {place}"), permission)
        }
        _ => Error::of_code(code, message.map(|said| format!("{text}; it says: {said}")).unwrap_or(text)),
    };
    error.with_topic(shipment.topic.clone()).with_partition(shipment.partition).with_api(ApiKey::PRODUCE)
}

fn left_out(shipment: &Shipment) -> Error {
    let text = format!("{}-{}: the broker's answer leaves it out", shipment.topic, shipment.partition);
    Error::new(ErrorKind::Decode, text).with_topic(shipment.topic.clone()).with_partition(shipment.partition)
}

/// A producer id of its own, from any broker.
async fn identify(cluster: &Cluster) -> Result<Identity> {
    let request = |_version| InitProducerIdRequest {
        transactional_id: None,
        // Java's value for a producer without transactions.
        transaction_timeout_ms: i32::MAX,
        ..Default::default()
    };
    let within = cluster.settings().request_timeout;
    let response = cluster
        .ask(&Route::Any, within, request, |response| match response.error_code {
            code if code.is_retriable() => Verdict::Retry(code),
            _ => Verdict::Done,
        })
        .await?;
    match response.error_code {
        ErrorCode::NONE => Ok(Identity { id: response.producer_id, epoch: response.producer_epoch }),
        ErrorCode::CLUSTER_AUTHORIZATION_FAILED => {
            let code = response.error_code;
            let permission = "IdempotentWrite permission on the cluster (before Kafka 2.8), or the Write permission on \
                              any topic (later)";
            let error = Error::not_allowed(code, "an idempotent producer", permission);
            Err(error.with_api(ApiKey::INIT_PRODUCER_ID))
        }
        code => {
            Err(Error::of_code(code, format!("no producer id: {code}")).with_api(ApiKey::INIT_PRODUCER_ID))
        }
    }
}
