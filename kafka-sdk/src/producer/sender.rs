//! The task of a producer: runs the core, and performs its calls.

use super::core::{Answer, Answered, Call, Command, Identity, Limits, Reply, Sender, Shipment};
use super::partition::Shared;
use super::ready::ReadyStream;
use super::topic::Topics;
use crate::cluster::{Cluster, Lane, Route, Verdict};
use crate::drive::{drive, ends_with};
use crate::error::{Error, ErrorKind, Result};
use crate::net::{Connection, Reply as Pending, Unanswered};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::produce::{
    PartitionProduceData, PartitionProduceResponse, TopicProduceData, TopicProduceResponse,
};
use kafka_sdk_protocol::api::{ApiKey, InitProducerIdRequest, ProduceRequest, ProduceResponse};
use kafka_sdk_protocol::wire::Uuid;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Until the producer is closed and everything is resolved.
pub(super) async fn run(
    cluster: Cluster,
    limits: Limits,
    shared: Arc<Shared>,
    topics: Arc<Topics>,
    news: ReadyStream,
) {
    let commands = ends_with(news.map(Command::News), cluster.snapshots().map(Command::Snapshot));
    let core = Sender::<Connection>::new(limits, shared, topics);
    drive(core, Box::pin(commands), |call| perform(&cluster, call)).await;
}

/// What happens before the first await keeps the order of the calls: requests are submitted here.
fn perform(cluster: &Cluster, call: Call<Connection>) -> BoxFuture<'static, Reply<Connection>> {
    let cluster = cluster.clone();
    match call {
        Call::Connect(broker) => async move {
            Reply::Connected { broker, outcome: cluster.connection(broker, Lane::Produce).await }
        }
        .boxed(),
        Call::Produce { broker, link, generation, shipments } => {
            let timeout = cluster.settings().request_timeout;
            let submitted = submit(&link, &shipments, timeout);
            async move {
                let outcome = match submitted {
                    Ok(pending) => {
                        pending.await.map_err(|e| (e.sent, e.error(link.address(), ApiKey::PRODUCE)))
                    }
                    Err(error) => Err((false, error)),
                };
                Reply::Produced { broker, generation, answers: answers(shipments, outcome) }
            }
            .boxed()
        }
        Call::Identify => async move { Reply::Identified(identify(&cluster).await) }.boxed(),
        Call::RefreshMetadata => {
            cluster.refresh_soon();
            std::future::ready(Reply::Nothing).boxed()
        }
    }
}

/// Puts a request with these batches on the wire.
fn submit(link: &Connection, shipments: &[Shipment], timeout: Duration) -> Result<Pending<ProduceRequest>> {
    // From version 13 on topics go by their ids.
    let cap = shipments.iter().any(|shipment| shipment.topic_id.is_zero()).then_some(12);
    let unsent = |failure| Unanswered::unsent(failure).error(link.address(), ApiKey::PRODUCE);
    let version = link.version::<ProduceRequest>(cap).map_err(unsent)?;
    let request = ProduceRequest {
        transactional_id: None,
        acks: -1,
        timeout_ms: i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX),
        topic_data: by_topic(shipments),
    };
    Ok(link.submit(&request, version, Instant::now() + timeout))
}

fn by_topic(shipments: &[Shipment]) -> Vec<TopicProduceData> {
    let mut topics: Vec<TopicProduceData> = Vec::new();
    for shipment in shipments {
        let records = Some(shipment.bytes.clone());
        let data = PartitionProduceData { index: shipment.partition, records };
        match topics.iter_mut().find(|topic| topic.name == *shipment.topic) {
            Some(topic) => topic.partition_data.push(data),
            None => topics.push(TopicProduceData {
                name: shipment.topic.as_ref().to_owned(),
                topic_id: shipment.topic_id,
                partition_data: vec![data],
            }),
        }
    }
    topics
}

/// What came of each batch. One that the broker left out of its answer may have been written.
fn answers(
    shipments: Vec<Shipment>,
    outcome: std::result::Result<ProduceResponse, (bool, Error)>,
) -> Vec<Answered> {
    let response = match outcome {
        Ok(response) => response,
        Err((sent, error)) => {
            let answer = if sent { Answer::Lost } else { Answer::Unsent };
            let all = shipments.into_iter();
            return all.map(|shipment| Answered { shipment, answer, error: Some(error.clone()) }).collect();
        }
    };
    let found = index(&response);
    let answered = shipments.into_iter().map(|shipment| {
        let by_name = found.get(&(Key::Name(&shipment.topic), shipment.partition));
        let by_id = || found.get(&(Key::Id(shipment.topic_id), shipment.partition));
        let (answer, error) = match by_name.or_else(by_id) {
            Some(partition) => judge(&shipment, partition),
            None => (Answer::Lost, Some(left_out(&shipment))),
        };
        Answered { shipment, answer, error }
    });
    answered.collect()
}

#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Name(&'a str),
    Id(Uuid),
}

fn index(response: &ProduceResponse) -> HashMap<(Key<'_>, i32), &PartitionProduceResponse> {
    let key = |topic: &TopicProduceResponse| topic.topic_id;
    let mut found = HashMap::new();
    for topic in &response.responses {
        for partition in &topic.partition_responses {
            let name = match key(topic).is_zero() {
                true => Key::Name(topic.name.as_str()),
                false => Key::Id(topic.topic_id),
            };
            found.insert((name, partition.index), partition);
        }
    }
    found
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
        ErrorCode::TOPIC_AUTHORIZATION_FAILED => {
            format!("{place}: writing is not allowed ({code}): the Write permission on the topic is needed")
        }
        ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER => format!(
            "{place}: the broker misses records that it acknowledged before, or has had this one for long ({code})"
        ),
        _ => format!("{place}: the broker refused the records with {code}"),
    };
    let text = message.map(|message| format!("{text}; it says: {message}")).unwrap_or(text);
    Error::broker(code, text)
        .with_topic(shipment.topic.clone())
        .with_partition(shipment.partition)
        .with_api(ApiKey::PRODUCE)
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
            let text = format!(
                "an idempotent producer is not allowed ({code}): brokers before 2.8 want the IdempotentWrite \
                 permission on the cluster, later ones the Write permission on a topic"
            );
            Err(Error::broker(code, text).with_api(ApiKey::INIT_PRODUCER_ID))
        }
        code => {
            Err(Error::broker(code, format!("no producer id: {code}")).with_api(ApiKey::INIT_PRODUCER_ID))
        }
    }
}
