//! Membership by the consumer protocol (KIP-848): one heartbeat says everything. No socket, no clock.
//!
//! ```text
//!                              ┌──────────── fenced, unknown, idle: all is lost ───────────┐
//!                              v                                                           │
//!  subscribed ──────────── Joining ──epoch > 0──> Member: revoke, acknowledge, assign ─────┤
//!                            │  ^                   ^                 │                    │
//!          fenced at epoch 0 │  │ as another one    └─ next target ───┘                    │
//!                            v  │                                                          │
//!                          Resigning                                                       │
//!                                                                                          │
//!  Parting: the heartbeat that leaves is under way, after all is revoked (close) or lost (idle)
//!  Over: left, or failed for good
//! ```
//!
//! * **Reconciliation**: what the target does not have is revoked, and what is owned then goes to the coordinator at once;
//!   what the target has besides is assigned. Topics come by id: those whose names are not known wait, and are looked for.
//! * **Fields** are sent when they have changed; all of them when joining, and after anything but a good answer.
//! * **Fenced**: the identity is gone at once, everything is lost, and the member joins with epoch 0.
//! * **Fenced at epoch 0**: brokers before 4.1 do not take a member back that they still know under another epoch
//!   (KAFKA-19233), until its session is over. It leaves, which they do not check the epoch of, and joins as another one.
//! * An instance id that another member has is asked for until that one's session must be over; a coordinator that fails is
//!   asked again for as long as a session. Both times begin anew when a coordinator cannot be asked, as sessions do.

mod heartbeat;
mod parting;
mod target;
#[cfg(test)]
mod tests;
mod verdict;

use super::ending::{Application, Ending};
use super::exit::Exit;
use super::ownership::Ownership;
use super::pace::Pace;
use super::refusal::refusal;
use super::session::{Flow, Session};
use super::{Call, Command, Identity, MemberId, Membership, Reply, Rules, Subscription, Ticket, Tickets};
use crate::drive::Core;
use crate::error::Error;
use heartbeat::Beat;
use kafka_sdk_protocol::wire::Uuid;
use std::sync::Arc;
use target::Target;
use tokio::time::Instant;

/// What a member by the consumer protocol goes by. Instance id and rack are of whoever sends the heartbeats: the first
/// goes with each of them, the second with all fields.
#[derive(Clone, Debug)]
pub(crate) struct NextGenRules {
    pub(crate) common: Rules,
    /// Of the broker's. Java: `group.remote.assignor`.
    pub(crate) assignor: Option<Arc<str>>,
}

pub(crate) struct NextGen {
    rules: NextGenRules,
    random: fastrand::Rng,
    subscription: Option<Subscription>,
    ending: Ending,
    stage: Stage,
    member_id: MemberId,
    /// 0 while this is no member.
    epoch: i32,
    presence: Presence,
    target: Target,
    ownership: Ownership,
    session: Session,
    beat: Beat,
    /// Since when the coordinator refuses what it may take later.
    refused: Option<Instant>,
    tickets: Tickets,
    wake: Option<Instant>,
}

/// Whether the coordinator may have this member, also one whose join was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    None,
    Possible,
}

#[derive(Debug)]
enum Stage {
    /// Joining while the epoch is 0, and else a member.
    In,
    Resigning(Resignation),
    /// The heartbeat that leaves is under way, with this epoch.
    Parting(i32, Exit),
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resignation {
    Due,
    Sent(Ticket),
}

impl Membership for NextGen {
    fn identity(&self) -> Option<Identity> {
        let member_id = self.member_id.text().clone();
        let instance_id = self.rules.common.instance_id.clone();
        (self.epoch > 0).then_some(Identity { member_id, epoch: self.epoch, instance_id })
    }

    fn session_ends(&self) -> Option<Instant> {
        self.session.ends().filter(|_| self.ownership.is_in_use())
    }
}

impl Core for NextGen {
    type Command = Command;
    type Call = Call;
    type Reply = Reply;

    fn command(&mut self, now: Instant, command: Command) {
        match command {
            Command::Subscribe(subscription) => self.subscription = Some(subscription),
            Command::Topics(topics) => self.target.learn(&topics),
            Command::Idle => self.ending.set_application(Application::Idle),
            Command::Active => self.ending.set_application(Application::Active),
            Command::Doubt => self.beat.hurry(now),
            Command::Leave(leaving) => self.ending.leave(leaving),
        }
    }

    fn reply(&mut self, now: Instant, reply: Reply) {
        match reply {
            Reply::ConsumerHeard(ticket, outcome) => self.heard(now, ticket, outcome),
            Reply::Revoked => self.ownership.revoked(),
            Reply::Lost => self.ownership.lost(),
            Reply::Assigned(taken) => self.ownership.assigned(taken),
            Reply::Joined(..)
            | Reply::Distributed(..)
            | Reply::Synced(..)
            | Reply::Heard(..)
            | Reply::Left(..)
            | Reply::Nothing => {}
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

impl NextGen {
    pub(crate) fn new(rules: NextGenRules, mut random: fastrand::Rng) -> Self {
        let Rules { session_timeout, retry, .. } = rules.common;
        Self {
            subscription: None,
            ending: Ending::default(),
            stage: Stage::In,
            member_id: new_id(&mut random),
            epoch: 0,
            presence: Presence::None,
            target: Target::new(Pace::new(retry, random.fork())),
            ownership: Ownership::default(),
            session: Session::new(session_timeout),
            beat: Beat::new(Pace::new(retry, random.fork())),
            refused: None,
            tickets: Tickets::default(),
            wake: None,
            random,
            rules,
        }
    }

    /// How the hand-out is left to another membership.
    pub(super) fn flow(&self) -> Flow {
        self.session.flow()
    }

    /// What is to be done now. Handing out comes first: the rest may take its time.
    fn next(&mut self, now: Instant) -> Option<Call> {
        if matches!(self.stage, Stage::Over) {
            return None;
        }
        self.hand_out(now)
            .or_else(|| self.change())
            .or_else(|| self.part(now))
            .or_else(|| self.beat(now))
            .or_else(|| self.target.resolve(now))
    }

    /// Whether what is owned may be handed out. One who is no member any more loses it, as soon as no other change is
    /// under way.
    fn hand_out(&mut self, now: Instant) -> Option<Call> {
        let doubtful =
            if self.is_member() { self.ownership.is_in_use() } else { self.ownership.is_negotiated() };
        self.session.release(now).or_else(|| if doubtful { self.session.hold(now) } else { None })
    }

    /// The next change of what is owned, if there is none under way.
    fn change(&mut self) -> Option<Call> {
        if self.ownership.is_changing() {
            return None;
        }
        if !self.is_member() || self.ending.is_failing() {
            return (!self.ownership.owned().is_empty()).then(|| self.ownership.lose_all());
        }
        if self.ending.leaving().is_some() {
            let all: Vec<_> = self.ownership.owned().iter().cloned().collect();
            return (!all.is_empty()).then(|| self.ownership.revoke(all));
        }
        let surplus = self.target.surplus(self.ownership.owned());
        if !surplus.is_empty() {
            return Some(self.ownership.revoke(surplus));
        }
        let added = self.target.take(self.ownership.owned())?;
        Some(self.ownership.assign(added))
    }

    fn is_member(&self) -> bool {
        self.epoch > 0
    }

    /// This is no member any more; what it owned is lost next.
    fn forget(&mut self) {
        self.epoch = 0;
        self.session.forget();
        self.beat.stop();
        self.target.clear();
        self.stage = Stage::In;
    }

    /// Nothing more can be done; said once everything is lost.
    fn fail(&mut self, error: Error) {
        self.forget();
        self.ending.fail(refusal(&self.rules.common, error));
    }

    /// When to look again by itself. What is due already waits for a reply.
    fn next_deadline(&self, now: Instant) -> Option<Instant> {
        if matches!(self.stage, Stage::Over) {
            return None;
        }
        let hold = self.session.deadline().filter(|_| self.ownership.is_in_use());
        let exit = match &self.stage {
            Stage::Parting(_, exit) => exit.deadline(),
            _ => None,
        };
        let times = [hold, self.beat.deadline(), exit, self.target.deadline()];
        times.into_iter().flatten().filter(|time| *time > now).min()
    }
}

/// An id for a member: random, as Java's clients make theirs (KIP-1082).
fn new_id(random: &mut fastrand::Rng) -> MemberId {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    // No text that begins with a dash: a command line takes it for an option.
    bytes[0] &= 0x7f;
    MemberId::Chosen(Uuid(bytes).to_string().into())
}
