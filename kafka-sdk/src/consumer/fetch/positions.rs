//! Asks about positions: where a lost one is set anew, and whether one is still in the log of a leader.

use super::super::start::LookUps;
use super::core::{Doubt, LogRange, Restart};
use crate::clock::coarse_millis;
use crate::cluster::{Cluster, Route, by_topic};
use crate::consumer::start::position::Position;
use crate::error::{Result, Written};
use crate::model::{Isolation, Offset, Timestamp, TopicPartition};
use kafka_sdk_protocol::api::offset_for_leader_epoch::{OffsetForLeaderPartition, OffsetForLeaderTopic};
use kafka_sdk_protocol::api::{OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Where to go on.
pub(super) async fn restart(
    look_ups: &LookUps,
    partition: &TopicPartition,
    restart: Restart,
) -> Result<Position> {
    let place = match restart {
        Restart::Earliest => Offset::Earliest,
        Restart::Latest => Offset::Latest,
        Restart::Within(time) => {
            let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
            Offset::After(Timestamp::from_millis(coarse_millis().saturating_sub(millis).max(0)))
        }
    };
    look_ups.position(partition, place).await
}

/// An error is not held up for longer than that.
const RANGE_WITHIN: Duration = Duration::from_secs(2);

/// Where a log begins and ends, if it can be had soon.
pub(super) async fn range(cluster: Cluster, partition: TopicPartition) -> Option<LogRange> {
    let look_ups = LookUps { cluster, isolation: Isolation::ReadUncommitted };
    let ends = timeout(RANGE_WITHIN, look_ups.ends(partition)).await.ok()?;
    ends.ok().map(|(start, end)| LogRange { start, end })
}

/// Asks a leader once where the epochs end that positions were read in (KIP-320).
pub(super) async fn epoch_ends(
    cluster: &Cluster,
    leader: i32,
    doubts: &[Doubt],
) -> Result<OffsetForLeaderEpochResponse> {
    let partition = |doubt: &Doubt| OffsetForLeaderPartition {
        partition: doubt.partition,
        current_leader_epoch: doubt.leader_epoch,
        leader_epoch: doubt.epoch.number().unwrap_or(-1),
    };
    let topic = |(topic, doubts): (Arc<str>, Vec<&Doubt>)| OffsetForLeaderTopic {
        topic: topic.as_ref().to_owned(),
        partitions: doubts.into_iter().map(partition).collect(),
    };
    let topics: Vec<_> = by_topic(doubts, |doubt| &doubt.topic).into_iter().map(topic).collect();
    let request = |_| OffsetForLeaderEpochRequest { replica_id: -1, topics: topics.clone() };
    let within = cluster.settings().request_timeout;
    let answered = cluster.once(&Route::Broker(leader), within, request).await;
    // To ask has no effect, answered or not.
    answered.map_err(|error| error.with_written(Written::No))
}
