//! The task that fetches ahead for a reader: runs the core, and performs its calls.

mod asked;
mod core;
pub(super) mod fetching;
mod metrics;
mod positions;
mod session;

use self::asked::Asked;
pub(super) use self::core::FetchCore;
use self::core::{Call, Command, Plan, Reply};
use self::session::Forgotten;
use super::start::LookUps;
use crate::clock::millis_i32;
use crate::cluster::{AnsweredPartition, Cluster, Lane, Snapshot};
use crate::consumer::fetched::request::Request;
use crate::drive::{drive, ends_with};
use crate::error::{Result, Written};
use crate::mailbox::Mail;
use crate::net::{Connection, Unanswered};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use kafka_sdk_protocol::api::fetch::{FetchPartition, FetchTopic, ForgottenTopic};
use kafka_sdk_protocol::api::{ApiKey, FetchRequest, FetchResponse};
use std::future::ready;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;

/// For what is under way when a reader goes, and to end its sessions. A broker that takes longer keeps them until it needs
/// the room.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Until the reader goes, and a little longer.
pub(super) async fn run(cluster: Cluster, core: FetchCore<Connection>, requests: Mail<Request>) {
    let gone = Notify::new();
    let last = stream::once(async { gone.notify_one() }).filter_map(|()| ready(None));
    let requests = requests.map(Command::Request).chain(last);
    let commands = ends_with(requests, cluster.snapshots().map(Command::Snapshot));
    let own = cluster.own_lane(Lane::Fetch);
    let fetching = drive(core, Box::pin(commands), |call| perform(&cluster, own.lane(), call));
    let closing = async {
        gone.notified().await;
        sleep(LAST_WORDS).await;
    };
    tokio::select! {
        () = fetching => {}
        () = closing => {}
    }
}

/// What happens before the first await keeps the order of the calls: requests are submitted here.
fn perform(cluster: &Cluster, lane: Lane, call: Call<Connection>) -> BoxFuture<'static, Reply<Connection>> {
    let cluster = cluster.clone();
    match call {
        Call::Connect(broker) => {
            async move { Reply::Connected { broker, outcome: connect(&cluster, broker, lane).await } }.boxed()
        }
        Call::Fetch { broker, link, generation, plan } => {
            let patience = plan.max_wait + cluster.settings().request_timeout;
            let pending = link.submit(&request(&plan), plan.question.version, patience);
            async move {
                let error = |unanswered: Unanswered| {
                    // To read has no effect, answered or not.
                    unanswered.error(link.address(), ApiKey::FETCH).with_written(Written::No)
                };
                let outcome = pending.await.map_err(error);
                let leaders = outcome.as_ref().ok().and_then(|r| learn_leaders(&cluster, &plan, r));
                Reply::Fetched { broker, generation, plan, outcome, leaders }
            }
            .boxed()
        }
        Call::EpochEnds { leader, doubts } => async move {
            let outcome = positions::epoch_ends(&cluster, leader, &doubts).await;
            Reply::EpochEnds { doubts, outcome }
        }
        .boxed(),
        Call::Restart { slot, round, partition, isolation, restart } => async move {
            let look_ups = LookUps { cluster, isolation };
            let outcome = positions::restart(&look_ups, &partition, restart).await;
            Reply::Restart { slot, round, outcome }
        }
        .boxed(),
        Call::Range { slot, round, partition } => async move {
            let range = positions::range(cluster, partition).await;
            Reply::Range { slot, round, range }
        }
        .boxed(),
        Call::RefreshMetadata => {
            cluster.refresh_soon();
            ready(Reply::Nothing).boxed()
        }
        Call::EndSession { link, version, session_id } => {
            let request = FetchRequest { session_id, session_epoch: session::NONE, ..Default::default() };
            let pending = link.submit(&request, version, LAST_WORDS);
            async move {
                drop(pending.await);
                Reply::Nothing
            }
            .boxed()
        }
    }
}

/// A connection, and the newest version of Fetch that it can be asked in.
async fn connect(cluster: &Cluster, broker: i32, lane: Lane) -> Result<(Connection, i16)> {
    let connection = cluster.connection(broker, lane).await?;
    let version = connection.version::<FetchRequest>(None);
    let version = version.map_err(|failure| failure.error(connection.address()).with_api(ApiKey::FETCH))?;
    Ok((connection, version))
}

/// The picture of the cluster with the leaders that the answer names in place of this one; none where it names none.
fn learn_leaders(cluster: &Cluster, plan: &Plan, response: &FetchResponse) -> Option<Snapshot> {
    let asked = plan.asked.iter().map(|asked| (&asked.topic, asked.topic_id, asked.partition));
    let partitions = response.responses.iter().flat_map(|t| t.partitions.iter().map(move |data| (t, data)));
    let answered = partitions.map(|(topic, data)| AnsweredPartition {
        topic: &topic.topic,
        topic_id: topic.topic_id,
        partition: data.partition_index,
        error_code: data.error_code,
        leader: data.current_leader.leader_id,
        leader_epoch: data.current_leader.leader_epoch,
    });
    let endpoints = response.node_endpoints.iter().map(|node| (node.node_id, node.host.as_str(), node.port));
    cluster.learn_leaders(asked, answered, endpoints)
}

fn request(plan: &Plan) -> FetchRequest {
    let question = &plan.question;
    let partition = |asked: &Asked| FetchPartition {
        partition: asked.partition,
        current_leader_epoch: if question.version >= 9 { asked.leader_epoch } else { -1 },
        fetch_offset: asked.offset,
        last_fetched_epoch: if question.version >= 12 { asked.epoch } else { -1 },
        partition_max_bytes: bytes(asked.max_bytes),
        ..Default::default()
    };
    let topic = |asked: &[Asked]| {
        let first = asked.first()?;
        Some(FetchTopic {
            topic: first.topic.as_ref().to_owned(),
            topic_id: first.topic_id,
            partitions: asked.iter().map(partition).collect(),
        })
    };
    let forgotten = |gone: &Forgotten| ForgottenTopic {
        topic: gone.topic.as_ref().to_owned(),
        topic_id: gone.topic_id,
        partitions: vec![gone.partition],
    };
    // In the order of the plan, also where a topic comes up twice by that: who comes first is served first.
    let topics = question.named.chunk_by(|a, b| a.topic == b.topic).filter_map(topic).collect();
    FetchRequest {
        max_wait_ms: millis_i32(plan.max_wait),
        min_bytes: bytes(plan.min_bytes),
        max_bytes: bytes(plan.max_bytes),
        isolation_level: plan.isolation.number(),
        session_id: question.session_id,
        session_epoch: question.session_epoch,
        topics,
        rack_id: plan.rack.as_ref().to_owned(),
        forgotten_topics_data: question.forgotten.iter().map(forgotten).collect(),
        ..Default::default()
    }
}

fn bytes(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}
