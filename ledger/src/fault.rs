//! What is done to a cluster, or to the connections to it, while records are on their way.

use crate::world::{Outcome, World};
use kafka_sdk_testcontainers::{Api, ErrorCode, Reaction, Rule};
use std::time::Duration;

/// A kind of fault. Each is undone before the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The leader of a partition is killed (SIGKILL), and started again.
    LeaderKilled,
    /// A broker is stopped in good order, and started again.
    LeaderStopped,
    /// The leader of a partition freezes (SIGSTOP) for some seconds.
    LeaderFrozen,
    /// All followers freeze: `min.insync.replicas` cannot be reached.
    FollowersFrozen,
    /// All brokers freeze for longer than `request.timeout.ms`.
    AllFrozen,
    /// A batch is appended, and the connection reset in place of the answer.
    AnswerLost,
    /// A batch is appended, and its answer comes after `request.timeout.ms`.
    AnswerLate,
    /// A request is cut somewhere, and the connection reset.
    RequestCut,
    /// A batch is appended, its answer is cut somewhere, and the connection reset.
    AnswerCut,
    /// A request is never answered, while those behind it are handled.
    Swallowed,
    /// A connection is dead and looks alive.
    Blackhole,
    /// A broker reads no more from a connection.
    ReadingStopped,
    /// A broker closes its sending side.
    HalfClosed,
    /// All connections are reset.
    AllReset,
    /// All connections are closed, as a middlebox does with what is idle.
    AllClosed,
    /// Two answers come under each other's correlation id.
    AnswersSwapped,
    /// A bit of an answer's header is flipped.
    HeaderBent,
    /// A connection passes a few kilobytes in a second.
    Throttled,
    /// Refused with `NOT_LEADER_OR_FOLLOWER`, without being appended.
    NotLeader,
    /// Appended, and answered with `NOT_LEADER_OR_FOLLOWER`.
    NotLeaderAfterAppend,
    /// Refused with `NOT_ENOUGH_REPLICAS`.
    NotEnoughReplicas,
    /// Appended, and answered with `NOT_ENOUGH_REPLICAS_AFTER_APPEND`.
    NotEnoughReplicasAfterAppend,
    /// Appended, and answered with `REQUEST_TIMED_OUT`.
    TimedOutAfterAppend,
    /// For a while no broker knows a topic.
    TopicUnknown,
    /// A bit is flipped in fetched records.
    RecordsBent,
    /// Answers to fetches are cut somewhere.
    FetchCut,
    /// Fetches are answered with `FETCH_SESSION_ID_NOT_FOUND`.
    SessionLost,
}

/// What the client runs into, until it has been through it.
const PATIENCE: Duration = Duration::from_secs(20);

impl Fault {
    /// All of them.
    pub const ALL: [Self; 27] = [
        Self::LeaderKilled,
        Self::LeaderStopped,
        Self::LeaderFrozen,
        Self::FollowersFrozen,
        Self::AllFrozen,
        Self::AnswerLost,
        Self::AnswerLate,
        Self::RequestCut,
        Self::AnswerCut,
        Self::Swallowed,
        Self::Blackhole,
        Self::ReadingStopped,
        Self::HalfClosed,
        Self::AllReset,
        Self::AllClosed,
        Self::AnswersSwapped,
        Self::HeaderBent,
        Self::Throttled,
        Self::NotLeader,
        Self::NotLeaderAfterAppend,
        Self::NotEnoughReplicas,
        Self::NotEnoughReplicasAfterAppend,
        Self::TimedOutAfterAppend,
        Self::TopicUnknown,
        Self::RecordsBent,
        Self::FetchCut,
        Self::SessionLost,
    ];

    /// Does it, waits until the client has met it, and undoes it.
    ///
    /// # Errors
    /// Only of the brokers or the proxy: then the run is worth nothing.
    pub async fn inflict(self, world: &World<'_>) -> Outcome {
        let request = |reaction| Rule::on(Api::Produce).react(reaction);
        let fetch = |reaction| Rule::on(Api::Fetch).react(reaction);
        let cut = fastrand::usize(..400);
        match self {
            Self::LeaderKilled => world.killed(world.some_leader().await?).await,
            Self::LeaderStopped => world.stopped(world.some_leader().await?).await,
            Self::LeaderFrozen => world.frozen(&[world.some_leader().await?], Duration::from_secs(4)).await,
            Self::FollowersFrozen => world.frozen(&world.followers().await?, Duration::from_secs(6)).await,
            Self::AllFrozen => world.frozen(&world.ids(), Duration::from_secs(6)).await,
            Self::AnswerLost => world.meets(request(Reaction::ResetAfter).times(3), PATIENCE).await,
            Self::AnswerLate => world.meets(request(Reaction::Delay(world.late())), PATIENCE).await,
            Self::RequestCut => world.meets(request(Reaction::CutRequest(cut)).times(3), PATIENCE).await,
            Self::AnswerCut => world.meets(request(Reaction::CutAnswer(cut % 60)).times(3), PATIENCE).await,
            Self::Swallowed => world.meets(request(Reaction::Swallow), PATIENCE).await,
            Self::Blackhole => world.meets(request(Reaction::Blackhole), PATIENCE).await,
            Self::ReadingStopped => world.meets(request(Reaction::StopReading), PATIENCE).await,
            Self::HalfClosed => world.meets(request(Reaction::HalfClose), PATIENCE).await,
            Self::AllReset => world.connections_end(|proxy| proxy.reset_connections()).await,
            Self::AllClosed => world.connections_end(|proxy| proxy.close_connections()).await,
            Self::AnswersSwapped => world.meets(request(Reaction::SwapCorrelationIds), PATIENCE).await,
            Self::HeaderBent => world.meets(request(Reaction::FlipBit(cut % 32)), PATIENCE).await,
            Self::Throttled => world.meets(request(Reaction::Throttle(3_000)), PATIENCE).await,
            Self::NotLeader => world.refused(ErrorCode::NOT_LEADER_OR_FOLLOWER, Reaction::Answer).await,
            Self::NotLeaderAfterAppend => {
                world.refused(ErrorCode::NOT_LEADER_OR_FOLLOWER, Reaction::AnswerAfter).await
            }
            Self::NotEnoughReplicas => world.refused(ErrorCode::NOT_ENOUGH_REPLICAS, Reaction::Answer).await,
            Self::NotEnoughReplicasAfterAppend => {
                world.refused(ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND, Reaction::AnswerAfter).await
            }
            Self::TimedOutAfterAppend => {
                world.refused(ErrorCode::REQUEST_TIMED_OUT, Reaction::AnswerAfter).await
            }
            Self::TopicUnknown => world.topic_unknown().await,
            Self::RecordsBent => world.fetched(fetch(Reaction::FlipRecordBit).times(2)).await,
            Self::FetchCut => world.meets(fetch(Reaction::CutAnswer(cut)).times(3), PATIENCE).await,
            Self::SessionLost => {
                let lost = Reaction::Answer(ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
                world.fetched(fetch(lost).times(3)).await
            }
        }
    }
}
