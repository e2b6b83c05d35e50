//! Membership of a classic group: what to ask of the coordinator, what to give up, and what to take. No socket, no clock.
//!
//! ```text
//!               ┌────────────────────────────────────────── unknown, outdated, idle: all is lost ─────────────┐
//!               v                                                                                             │
//!  subscribed ─ Unjoined ──join──> Joining ──follower──────────────────────> Syncing ──> Taking ──> Stable ───┤
//!                  ^                │ ^ │                                      ^ │       revoke     │ │       │
//!                  └─member id──────┘ │ └──leader──> Distributing ─────────────┘ │       assign     │ │       │
//!                    required         │                                          │                  │ │       │
//!                                     └──── join, when what has to be is revoked ┴── rebalance ─────┘ │       │
//!                                                                                                     │       │
//!  Parting: LeaveGroup is under way, after all is revoked (close) or lost (idle) <───────── leave ────┴───────┘
//!  Over: left, or failed for good
//! ```
//!
//! * **Heartbeats** go on from the answer to the first join, also while partitions are revoked, assigned and distributed,
//!   and while a member that keeps its partitions joins again. In Java they stop during a join; here they are what shows
//!   that others have not got these partitions meanwhile. Once the session is over, an answer to one proves nothing: a
//!   coordinator that loads its groups gives it to everybody. Only another join shows that the member still is one.
//! * **Eager**: everything is revoked before a join. **Cooperative**: only what is not subscribed to any more; what the
//!   new assignment does not have is revoked after it, and another join follows (KIP-429). The listener is told in the
//!   order revoked, assigned.
//! * **Fenced** (unknown member, illegal generation): the identity is gone at once, everything is lost, then comes a join.
//! * **A static member that keeps partitions while it joins** joins once more, one rebalance timeout after it has come
//!   back, unless the group has had another generation by then: its former life may have died between giving partitions up
//!   and having them distributed, and its return makes no generation. In Java nobody reads them until the next rebalance.
//! * **A coordinator that fails** (`UNKNOWN_SERVER_ERROR` to a join or a sync) is asked to begin again, with pauses and as
//!   the member that this is, until a round has come to its end; once it has failed for a session's time, the member ends.
//! * A join is repeated at once up to three times in a row, then with pauses: no broker causes a loop without any.

mod exchange;
mod heartbeat;
mod parting;
mod steps;
#[cfg(test)]
mod tests;
mod verdict;

use super::ending::{Application, Ending};
use super::exit::Exit;
use super::ownership::Ownership;
use super::pace::{Next, Pace};
use super::refusal::refusal;
use super::session::{Flow, Session};
use super::{
    Call, Command, Identity, LastAssignment, Membership, Names, RebalanceProtocol, Reply, Rules,
    Subscription, Ticket, Tickets, Topics,
};
use crate::drive::Core;
use crate::error::{Error, ErrorKind};
use crate::model::TopicPartition;
use heartbeat::Beat;
use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How much longer than the broker a join and a sync are waited for.
const LAPSE: Duration = Duration::from_secs(5);

/// What a classic member goes by.
#[derive(Clone, Debug)]
pub(crate) struct ClassicRules {
    pub(crate) common: Rules,
    /// Java: `heartbeat.interval.ms`.
    pub(crate) heartbeat_interval: Duration,
    /// What all the assignors support.
    pub(crate) protocol: RebalanceProtocol,
    /// Their names, the best one first.
    pub(crate) assignors: Vec<Arc<str>>,
}

pub(crate) struct Classic {
    rules: ClassicRules,
    subscription: Option<Subscription>,
    topics: Topics,
    ending: Ending,
    stage: Stage,
    /// Empty while the coordinator has given none.
    member_id: Arc<str>,
    /// None while this is no member.
    generation: Option<i32>,
    /// The assignor of the generation.
    assignor: Arc<str>,
    /// Why to join again.
    reason: Option<Cow<'static, str>>,
    /// What was subscribed to when the last join was sent.
    joined: Names,
    /// As the leader: the topics of the group, as they were when they were distributed.
    watched: Topics,
    last: LastAssignment,
    past: Past,
    /// Since when the coordinator fails at joins and syncs.
    failing: Option<Instant>,
    ownership: Ownership,
    session: Session,
    beat: Beat,
    pace: Pace,
    calls: VecDeque<Call>,
    tickets: Tickets,
    wake: Option<Instant>,
}

#[derive(Debug)]
enum Stage {
    Unjoined,
    Joining(Sent),
    /// With what was known of topics when it began.
    Distributing(Ticket, Topics),
    Syncing(Sent),
    /// The assignment that is to be owned.
    Taking(BTreeSet<TopicPartition>),
    Stable,
    /// LeaveGroup is under way, as this member.
    Parting(Arc<str>, Exit),
    Over,
}

/// What a static member that keeps partitions while it joins may have left behind. Such members give partitions up in one
/// generation, and have them distributed by joining again. One that dies in between comes back without another generation
/// (KIP-345), and nobody has them: so it joins once more, unless somebody else has done so in the meantime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Past {
    Unknown,
    SettledAt(Instant),
    Settled,
}

/// A request under way.
#[derive(Clone, Copy, Debug)]
struct Sent {
    ticket: Ticket,
    at: Instant,
}

/// What of a member's identity is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gone {
    Generation,
    MemberId,
}

impl Membership for Classic {
    fn identity(&self) -> Option<Identity> {
        let epoch = self.generation?;
        let instance_id = self.rules.common.instance_id.clone();
        Some(Identity { member_id: self.member_id.clone(), epoch, instance_id })
    }

    fn session_ends(&self) -> Option<Instant> {
        self.session.ends().filter(|_| self.ownership.is_in_use())
    }
}

impl Core for Classic {
    type Command = Command;
    type Call = Call;
    type Reply = Reply;

    fn command(&mut self, now: Instant, command: Command) {
        match command {
            Command::Subscribe(Subscription::Pattern(_)) => {
                let text = "a classic group does not have patterns that brokers match";
                self.fail(Error::new(ErrorKind::Unsupported, text));
            }
            Command::Subscribe(subscription) => self.subscription = Some(subscription),
            Command::Topics(topics) => self.topics = topics,
            Command::Idle => self.ending.set_application(Application::Idle),
            Command::Active => self.ending.set_application(Application::Active),
            Command::Doubt => self.beat.hurry(now),
            Command::Leave(leaving) => self.ending.leave(leaving),
        }
    }

    fn reply(&mut self, now: Instant, reply: Reply) {
        match reply {
            Reply::Joined(ticket, outcome) => self.joined(now, ticket, outcome),
            Reply::Distributed(ticket, outcome) => self.distributed(now, ticket, outcome),
            Reply::Synced(ticket, outcome) => self.synced(now, ticket, outcome),
            Reply::Heard(ticket, outcome) => self.heard(now, ticket, outcome),
            Reply::Left(ticket, outcome) => self.left(now, ticket, outcome),
            Reply::Revoked => self.ownership.revoked(),
            Reply::Lost => self.ownership.lost(),
            Reply::Assigned(taken) => self.ownership.assigned(taken),
            Reply::ConsumerHeard(..) | Reply::Nothing => {}
        }
    }

    /// What is due is found by [`Self::poll_call`].
    fn timeout(&mut self, _now: Instant) {}

    fn close(&mut self, _now: Instant) {
        self.ending.close();
    }

    fn poll_call(&mut self, now: Instant) -> Option<Call> {
        let call = self.next(now);
        if call.is_none() {
            self.wake = self.next_deadline(now);
        }
        call
    }

    fn deadline(&self) -> Option<Instant> {
        self.wake
    }

    /// A broker may never answer the request of a member that has left meanwhile.
    fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over) && self.ownership.is_given_up()
    }
}

impl Classic {
    pub(crate) fn new(rules: ClassicRules, mut random: fastrand::Rng) -> Self {
        let Rules { session_timeout, retry, .. } = rules.common;
        Self {
            subscription: None,
            topics: Topics::default(),
            ending: Ending::default(),
            stage: Stage::Unjoined,
            member_id: "".into(),
            generation: None,
            assignor: "".into(),
            reason: None,
            joined: Names::default(),
            watched: Topics::default(),
            last: LastAssignment::default(),
            past: Past::Unknown,
            failing: None,
            ownership: Ownership::default(),
            session: Session::new(session_timeout),
            beat: Beat::new(rules.heartbeat_interval, Pace::new(retry, random.fork())),
            pace: Pace::new(retry, random),
            calls: VecDeque::new(),
            tickets: Tickets::default(),
            wake: None,
            rules,
        }
    }

    /// Begins as another membership has left the hand-out.
    pub(super) fn go_on_from(&mut self, flow: Flow) {
        self.session.go_on_from(flow);
    }

    /// This is no member any more; what it owned is lost next.
    fn forget(&mut self, gone: Gone) {
        if gone == Gone::MemberId {
            self.member_id = "".into();
        }
        self.generation = None;
        self.session.forget();
        self.beat.stop();
        self.calls.clear();
        self.watched = Topics::default();
        self.stage = Stage::Unjoined;
    }

    /// Nothing more can be done; said once everything is lost.
    fn fail(&mut self, error: Error) {
        if !matches!(self.stage, Stage::Over) {
            self.forget(Gone::Generation);
            self.ending.fail(refusal(&self.rules.common, error));
        }
    }

    /// Joins again.
    fn rejoin(&mut self, now: Instant, next: Next, reason: impl Into<Cow<'static, str>>) {
        self.stage = if self.generation.is_some() { Stage::Stable } else { Stage::Unjoined };
        self.reason = Some(reason.into());
        self.pace.failed(now, next);
    }

    /// When to look again by itself. What is due already waits for a reply.
    fn next_deadline(&self, now: Instant) -> Option<Instant> {
        if matches!(self.stage, Stage::Over) {
            return None;
        }
        let hold = self.session.deadline().filter(|_| self.ownership.is_in_use());
        let beat = self.beat.deadline().filter(|_| self.beats());
        let settled = match self.past {
            Past::SettledAt(time) => Some(time),
            Past::Unknown | Past::Settled => None,
        };
        let times = [hold, beat, self.pace.deadline(), self.exit_deadline(), settled];
        times.into_iter().flatten().filter(|time| *time > now).min()
    }
}

/// How long to wait for what a broker answers within `time`.
fn after_all(time: Duration) -> Duration {
    time.saturating_add(LAPSE)
}
