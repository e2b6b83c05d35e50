//! The words that both memberships share, the classic one and that of KIP-848.
//!
//! A membership is a pure core: it is told commands and replies with the time, and wants calls performed. It speaks to no
//! socket, reads no clock, and runs no code of the application's.
//!
//! # What is promised of calls
//! * At most one of [`Call::Revoke`], [`Call::Assign`] and [`Call::Lose`] is under way. The next one comes when it has been
//!   answered.
//! * A partition is assigned once before it is revoked or lost, and revoked or lost once before it is assigned again.
//! * Requests are sent once for each call: pauses, and whether to try again, are the core's business.
//! * [`Call::Fail`] is the last one, after what was owned has been lost.
//!
//! # What is expected of who performs them
//! * Each call is answered once, also where it failed.
//! * [`Call::Hold`] and [`Call::Release`] have taken effect when `perform` returns, not when its future is awaited.
//! * A [`Call::Revoke`] or [`Call::Assign`] under way gives up waiting once [`Membership::identity`] is none: nothing can
//!   be committed any more, and others may have the partitions.
//! * Join and sync wait at the broker for minutes, and for other members: they need a connection of this member's own.

mod alone;
mod auto;
mod classic;
mod ending;
mod exit;
mod next_gen;
mod ownership;
mod pace;
mod refusal;
mod session;
#[cfg(test)]
mod testing;

pub(crate) use super::assignor::RebalanceProtocol;
use crate::backoff::Backoff;
use crate::drive::Core;
use crate::error::Error;
use crate::model::TopicPartition;
pub(super) use alone::Alone;
pub(super) use auto::Auto;
use bytes::Bytes;
pub(super) use classic::{Classic, ClassicRules};
use kafka_sdk_protocol::wire::Uuid;
pub(super) use next_gen::{NextGen, NextGenRules};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A core that keeps a consumer in its group.
pub(crate) trait Membership: Core<Command = Command, Call = Call, Reply = Reply> {
    /// As whom offsets are committed; none while this is no member, so that nothing can be.
    fn identity(&self) -> Option<Identity>;

    /// When the coordinator may have given the partitions to others, if it is not heard from before. None while nothing
    /// is owned. [`Call::Hold`] comes at this time; who may have slept through it, looks for itself.
    fn session_ends(&self) -> Option<Instant>;
}

/// What both memberships go by.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) group: Arc<str>,
    /// Of a static member (KIP-345). Java: `group.instance.id`.
    pub(crate) instance_id: Option<Arc<str>>,
    /// Java: `session.timeout.ms`. Under KIP-848 it is the broker's (`group.consumer.session.timeout.ms`), which does not
    /// tell it: this is what is assumed.
    pub(crate) session_timeout: Duration,
    /// How long the coordinator waits for a member in a rebalance. Java: `max.poll.interval.ms`.
    pub(crate) rebalance_timeout: Duration,
    pub(crate) retry: Backoff,
}

/// What a membership is told.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    Subscribe(Subscription),
    /// The topics that matter, when one of them has changed: those subscribed to and, for the leader of a classic group,
    /// those of the whole group.
    Topics(Topics),
    /// The application has not asked for records for `max.poll.interval.ms`.
    Idle,
    /// It has asked again.
    Active,
    /// The coordinator has refused a commit, as if this were no member of this generation: it is asked at once.
    Doubt,
    /// For good. [`Core::close`] without it is [`Leaving::Default`].
    Leave(Leaving),
}

/// What is subscribed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subscription {
    /// These topics, and no others.
    Topics(Names),
    /// Those that a pattern matches by what this client knows of the cluster. The leader of a classic group may know of
    /// more.
    Matching(Names),
    /// Those that a pattern matches, in the syntax of RE2: the broker looks (KIP-848 from version 1).
    Pattern(Arc<str>),
}

pub(crate) type Names = Arc<BTreeSet<Arc<str>>>;

/// What is known of topics, by name. One that does not exist is not there, or has no partitions.
pub(crate) type Topics = Arc<BTreeMap<Arc<str>, TopicFacts>>;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TopicFacts {
    /// [`Uuid::ZERO`] where brokers know none.
    pub(crate) id: Uuid,
    /// For each partition, in order, the racks that have a replica, sorted (KIP-881). Where it is told what has changed:
    /// empty unless this member has a rack.
    pub(crate) racks: Vec<Vec<Arc<str>>>,
}

/// How a consumer parts from its group when it ends (KIP-1092): see
/// [`ConsumerControl::on_close`](crate::consumer::ConsumerControl::on_close).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Leaving {
    /// A static member stays, any other leaves. Java: `DEFAULT`.
    #[default]
    Default,
    /// It leaves, also as a static member: others get its partitions at once. For one that will not come back. Java:
    /// `LEAVE_GROUP`.
    Leave,
    /// It stays, also if it is not static: its partitions are read by nobody until its session has expired. Java:
    /// `REMAIN_IN_GROUP`.
    Remain,
}

/// As whom a member speaks to the coordinator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) member_id: Arc<str>,
    /// The generation; under KIP-848 the member's epoch.
    pub(crate) epoch: i32,
    pub(crate) instance_id: Option<Arc<str>>,
}

/// Of a request, and given back with its reply: one that is no longer waited for is told by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ticket(pub(crate) u64);

/// Those of one membership, each given out once.
#[derive(Debug, Default)]
pub(crate) struct Tickets(u64);

impl Tickets {
    pub(crate) fn next(&mut self) -> Ticket {
        self.0 += 1;
        Ticket(self.0)
    }
}

/// What a membership wants done.
#[derive(Debug)]
pub(crate) enum Call {
    Join(JoinGroup),
    /// Who gets what: for the leader of a classic group. It may take long, and be the application's code.
    Distribute(Distribute),
    Sync(SyncGroup),
    Heartbeat(Heartbeat),
    Leave(LeaveGroup),
    ConsumerHeartbeat(ConsumerHeartbeat),
    /// Nothing of these is handed out any more; what is out is waited for, commits, and the listener's `revoked`.
    Revoke(Vec<TopicPartition>),
    /// Where reading begins, the listener's `assigned`, and then reading begins. May be of no partitions: the listener
    /// learns that a rebalance is over.
    Assign(Vec<TopicPartition>),
    /// Others may have these already. Nothing is handed out any more, nothing is waited for, and the listener's `lost`.
    Lose(Vec<TopicPartition>),
    /// Nothing is handed out: the session may have expired.
    Hold,
    /// It has not.
    Release,
    /// Looks for topics by their ids, which [`Command::Topics`] tells of then, if they are found.
    Resolve(Vec<Uuid>),
    /// The consumer hands this error out, and ends.
    Fail(Error),
}

/// What came of a call. Requests have the broker's error code as [`Error::code`].
#[derive(Debug)]
pub(crate) enum Reply {
    Joined(Ticket, Result<Joined, Error>),
    Distributed(Ticket, Result<Distributed, Error>),
    Synced(Ticket, Result<Synced, Error>),
    /// Of [`Call::Heartbeat`].
    Heard(Ticket, Result<(), Error>),
    Left(Ticket, Result<(), Error>),
    ConsumerHeard(Ticket, Result<ConsumerHeard, Error>),
    /// All of it is given up.
    Revoked,
    Assigned(Taken),
    Lost,
    /// Of calls that have no outcome.
    Nothing,
}

/// What of an assignment is in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    All,
    /// This was no member any more before it was done. The listener has not been told.
    None,
}

/// A JoinGroup request. Who sends it adds the subscription, once for each assignor, with its user data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JoinGroup {
    pub(crate) ticket: Ticket,
    /// Longer than a broker waits for the others.
    pub(crate) within: Duration,
    /// Empty before the coordinator has given one.
    pub(crate) member_id: Arc<str>,
    pub(crate) topics: Names,
    /// What this member keeps for now: in the subscription.
    pub(crate) owned: Vec<TopicPartition>,
    /// The generation in which it was assigned; -1 where there was none. Also in the subscription.
    pub(crate) generation: i32,
    /// What was assigned last, whether or not it is still owned: sticky assignors put it into their user data.
    pub(crate) last: LastAssignment,
    /// KIP-800.
    pub(crate) reason: Cow<'static, str>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LastAssignment {
    /// None before the first one.
    pub(crate) generation: Option<i32>,
    pub(crate) partitions: Arc<[TopicPartition]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Joined {
    /// The coordinator wants the request again, with this member id (KIP-394, MEMBER_ID_REQUIRED).
    Known { member_id: Arc<str> },
    Member {
        member_id: Arc<str>,
        generation: i32,
        /// The assignor that was chosen.
        protocol: Arc<str>,
        role: Role,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Follower,
    Leader { members: Arc<[Member]>, work: LeadersWork },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeadersWork {
    Assign,
    /// A static leader has come back (KIP-814, `SkipAssignment`): everybody keeps what he has, and the leader only
    /// watches the topics of the group.
    Watch,
}

/// A member, as the leader learns of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) member_id: Arc<str>,
    pub(crate) instance_id: Option<Arc<str>>,
    /// The bytes of its subscription. They may be anything.
    pub(crate) subscription: Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Distribute {
    pub(crate) ticket: Ticket,
    pub(crate) generation: i32,
    pub(crate) protocol: Arc<str>,
    pub(crate) members: Arc<[Member]>,
    pub(crate) work: LeadersWork,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Distributed {
    /// The bytes of each member's assignment; empty for [`LeadersWork::Watch`].
    pub(crate) assignments: Vec<(Arc<str>, Bytes)>,
    /// The topics of the whole group, as they were when this was decided; also those that do not exist. When one of them
    /// changes, the leader rejoins.
    pub(crate) topics: Topics,
}

/// A SyncGroup request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyncGroup {
    pub(crate) ticket: Ticket,
    /// Longer than a broker waits for the leader.
    pub(crate) within: Duration,
    pub(crate) identity: Identity,
    pub(crate) protocol: Arc<str>,
    /// From the leader only.
    pub(crate) assignments: Vec<(Arc<str>, Bytes)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Synced {
    /// None where the broker does not say.
    pub(crate) protocol: Option<Arc<str>>,
    pub(crate) partitions: Vec<TopicPartition>,
}

/// A Heartbeat request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heartbeat {
    pub(crate) ticket: Ticket,
    /// Shorter than the session, so that there is time for another one.
    pub(crate) within: Duration,
    pub(crate) identity: Identity,
}

/// A LeaveGroup request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeaveGroup {
    pub(crate) ticket: Ticket,
    pub(crate) member_id: Arc<str>,
    pub(crate) instance_id: Option<Arc<str>>,
    /// KIP-800.
    pub(crate) reason: Cow<'static, str>,
}

/// A ConsumerGroupHeartbeat request. What is none has not changed, and is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConsumerHeartbeat {
    pub(crate) ticket: Ticket,
    /// Shorter than the session, so that there is time for another one.
    pub(crate) within: Duration,
    pub(crate) member_id: MemberId,
    /// 0 joins, -1 leaves, -2 leaves for a while (a static member).
    pub(crate) epoch: i32,
    /// All that is sent, whatever has changed: with an epoch of 0, and after an error.
    pub(crate) rebalance_timeout: Option<Duration>,
    pub(crate) subscription: Option<Subscription>,
    pub(crate) assignor: Option<Arc<str>>,
    /// What is owned, by topic id.
    pub(crate) owned: Option<BTreeMap<Uuid, Vec<i32>>>,
}

/// Whose heartbeat it is (KIP-1082).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MemberId {
    /// Chosen by this client, and not confirmed yet: sent from version 1 on; in version 0 it is left empty.
    Chosen(Arc<str>),
    /// The coordinator knows it.
    Known(Arc<str>),
}

impl MemberId {
    pub(crate) fn text(&self) -> &Arc<str> {
        let (Self::Chosen(text) | Self::Known(text)) = self;
        text
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ConsumerHeard {
    /// None where the answer has none.
    pub(crate) member_id: Option<Arc<str>>,
    pub(crate) epoch: i32,
    pub(crate) interval: Duration,
    /// What to own, by topic id; none while it stays the same.
    pub(crate) assignment: Option<BTreeMap<Uuid, Vec<i32>>>,
}
