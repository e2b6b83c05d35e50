//! The task that fetches ahead for a reader: runs the core, and performs its calls.

mod core;

use self::core::{Asked, Call, Command, Plan, Reply};
pub(super) use self::core::{FetchCore, Reading};
use super::request::Request;
use crate::cluster::{Cluster, Lane};
use crate::drive::drive;
use crate::error::{Error, Written};
use crate::mailbox::Mail;
use crate::net::{Connection, Unanswered};
use futures_util::future::BoxFuture;
use futures_util::stream::select;
use futures_util::{FutureExt, StreamExt};
use kafka_sdk_protocol::api::fetch::{FetchPartition, FetchTopic};
use kafka_sdk_protocol::api::{ApiKey, FetchRequest};
use kafka_sdk_protocol::wire::Uuid;
use tokio::time::Instant;

/// Until the reader goes, and ends this task with it.
pub(super) async fn run(cluster: Cluster, core: FetchCore<Connection>, requests: Mail<Request>) {
    let requests = requests.map(Command::Request);
    let commands = select(requests, cluster.snapshots().map(Command::Snapshot));
    let own = cluster.own_lane(Lane::Fetch);
    drive(core, Box::pin(commands), |call| perform(&cluster, own.lane(), call)).await;
}

/// What happens before the first await keeps the order of the calls: requests are submitted here.
fn perform(cluster: &Cluster, lane: Lane, call: Call<Connection>) -> BoxFuture<'static, Reply<Connection>> {
    let cluster = cluster.clone();
    match call {
        Call::Connect(broker) => {
            async move { Reply::Connected { broker, outcome: cluster.connection(broker, lane).await } }
                .boxed()
        }
        Call::Fetch { broker, link, generation, plan } => {
            let error = |unanswered: Unanswered, link: &Connection| -> Error {
                // To read has no effect, answered or not.
                unanswered.error(link.address(), ApiKey::FETCH).with_written(Written::No)
            };
            // From version 13 on topics go by their ids.
            let cap = plan.asked.iter().any(|asked| asked.topic_id.is_zero()).then_some(12);
            let deadline = Instant::now() + plan.max_wait + cluster.settings().request_timeout;
            let submitted = link
                .version::<FetchRequest>(cap)
                .map_err(Unanswered::unsent)
                .map(|version| link.submit(&request(&plan, version), version, deadline));
            async move {
                let outcome = match submitted {
                    Ok(pending) => pending.await,
                    Err(unsent) => Err(unsent),
                };
                let outcome = outcome.map_err(|unanswered| error(unanswered, &link));
                Reply::Fetched { broker, generation, plan, outcome }
            }
            .boxed()
        }
        Call::RefreshMetadata => {
            cluster.refresh_soon();
            std::future::ready(Reply::Nothing).boxed()
        }
    }
}

fn request(plan: &Plan, version: i16) -> FetchRequest {
    let millis = |wait: std::time::Duration| i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
    let bytes = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let partition = |asked: &Asked| FetchPartition {
        partition: asked.partition,
        current_leader_epoch: if version >= 9 { asked.leader_epoch } else { -1 },
        fetch_offset: asked.offset,
        partition_max_bytes: bytes(plan.partition_max_bytes),
        ..Default::default()
    };
    let topic = |asked: &[Asked]| FetchTopic {
        topic: asked.first().map_or_else(String::new, |first| first.topic.as_ref().to_owned()),
        topic_id: asked.first().map_or(Uuid::ZERO, |first| first.topic_id),
        partitions: asked.iter().map(partition).collect(),
    };
    // In the order of the plan, also where a topic comes up twice by that: who comes first is served first.
    let topics = plan.asked.chunk_by(|a, b| a.topic == b.topic).map(topic).collect();
    FetchRequest {
        max_wait_ms: millis(plan.max_wait),
        min_bytes: bytes(plan.min_bytes),
        max_bytes: bytes(plan.max_bytes),
        topics,
        ..Default::default()
    }
}
