//! The heartbeat: what goes into it, when it is sent, and what its answer means.

use super::super::pace::{Next, Pace};
use super::super::{Call, ConsumerHeard, ConsumerHeartbeat, MemberId, Subscription, Ticket};
use super::parting::LEAVES;
use super::target::ById;
use super::verdict::{Asked, Verdict, heartbeat};
use super::{NextGen, Presence, Resignation, Stage, new_id};
use crate::clock::after;
use crate::error::Error;
use std::time::Duration;
use tokio::time::Instant;

/// Into how many times a session is divided: so many heartbeats go unanswered before it is over.
const TRIES: u32 = 3;

/// For how many sessions of another one an instance id is asked for: a coordinator that has moved begins them anew.
const UNRELEASED: u32 = 2;

/// No broker is asked more often than this, whatever it says.
const SHORTEST: Duration = Duration::from_millis(100);

/// When the next heartbeat is due; one is under way at a time.
#[derive(Debug)]
pub(super) struct Beat {
    pace: Pace,
    /// None before the first one.
    next: Option<Instant>,
    interval: Duration,
    under_way: Option<Asking>,
    /// What the coordinator has heard; none when it has to hear everything.
    known: Option<Known>,
}

#[derive(Debug)]
struct Asking {
    ticket: Ticket,
    at: Instant,
    asked: Asked,
    said: Known,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    subscription: Subscription,
    owned: ById,
}

impl Beat {
    pub(super) fn new(pace: Pace) -> Self {
        Self { pace, next: None, interval: SHORTEST, under_way: None, known: None }
    }

    pub(super) fn stop(&mut self) {
        self.under_way = None;
        self.next = None;
        self.known = None;
    }

    /// The next one is due now.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.next = self.next.map(|next| next.min(now));
    }

    pub(super) fn fresh_pace(&mut self) -> Pace {
        self.pace.fresh()
    }

    /// Whether an answer is waited for.
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let next = self.next.max(self.pace.deadline());
        next.filter(|_| self.under_way.is_none())
    }

    fn is_due(&self, now: Instant, say: &Known) -> bool {
        let changed = self.known.as_ref().is_some_and(|known| known != say);
        let due = changed || self.next.is_none_or(|next| next <= now);
        due && self.under_way.is_none() && self.pace.may_go(now)
    }

    /// Only what is answered well is known to have been heard.
    fn failed(&mut self, now: Instant, next: Next) {
        self.known = None;
        self.pace.failed(now, next);
        self.next = self.pace.deadline();
    }
}

impl NextGen {
    pub(super) fn beat(&mut self, now: Instant) -> Option<Call> {
        match self.stage {
            Stage::In => {}
            Stage::Resigning(Resignation::Due) => return Some(self.resign()),
            _ => return None,
        }
        let asked = if self.is_member() { Asked::Stay } else { Asked::Join };
        if asked == Asked::Join && (self.ending.is_wanted() || !self.ownership.is_given_up()) {
            return None;
        }
        let subscription = self.subscription.clone()?;
        // What is being assigned is claimed, too: what the coordinator is not told of, it gives to others at once.
        let said = Known { subscription, owned: self.target.by_id(self.ownership.claimed()) };
        if !self.beat.is_due(now, &said) {
            return None;
        }
        let ticket = self.tickets.next();
        let heard = self.beat.known.take().filter(|_| asked == Asked::Stay);
        let call = ConsumerHeartbeat {
            ticket,
            within: self.rules.common.session_timeout / TRIES,
            member_id: self.member_id.clone(),
            epoch: self.epoch,
            rebalance_timeout: heard.is_none().then_some(self.rules.common.rebalance_timeout),
            subscription: heard
                .as_ref()
                .is_none_or(|heard| heard.subscription != said.subscription)
                .then(|| said.subscription.clone()),
            assignor: self.rules.assignor.clone().filter(|_| heard.is_none()),
            owned: heard.as_ref().is_none_or(|heard| heard.owned != said.owned).then(|| said.owned.clone()),
        };
        self.presence = Presence::Possible;
        self.beat.next = Some(after(now, self.beat.interval));
        self.beat.under_way = Some(Asking { ticket, at: now, asked, said });
        Some(Call::ConsumerHeartbeat(call))
    }

    pub(super) fn heard(&mut self, now: Instant, ticket: Ticket, outcome: Result<ConsumerHeard, Error>) {
        match &self.stage {
            Stage::Parting(..) => return self.left(now, ticket, outcome),
            Stage::Resigning(sent) if *sent == Resignation::Sent(ticket) => {
                // Whatever came of it: this one is not taken back.
                self.member_id = new_id(&mut self.random);
                self.stage = Stage::In;
                return;
            }
            _ => {}
        }
        let Some(asking) = self.beat.under_way.take_if(|asking| asking.ticket == ticket) else { return };
        match outcome {
            Ok(answer) if answer.epoch > 0 => self.agreed(asking, answer),
            Ok(_) => self.beat.failed(now, Next::Paused),
            Err(error) => self.refused(now, asking.asked, error),
        }
    }

    fn agreed(&mut self, asking: Asking, answer: ConsumerHeard) {
        let member_id = answer.member_id.filter(|id| !id.is_empty());
        self.member_id = MemberId::Known(member_id.unwrap_or_else(|| self.member_id.text().clone()));
        self.epoch = answer.epoch;
        self.refused = None;
        self.session.prove(asking.at);
        self.beat.pace.succeeded();
        self.beat.interval = answer.interval.max(SHORTEST);
        self.beat.next = Some(after(asking.at, self.beat.interval));
        self.beat.known = Some(asking.said);
        if let Some(wanted) = answer.assignment {
            self.target.set(wanted);
        }
    }

    fn refused(&mut self, now: Instant, asked: Asked, error: Error) {
        match heartbeat(&error, asked) {
            Verdict::Retry => {
                // Another coordinator may be asked next, which begins all sessions anew.
                self.refused = None;
                self.beat.failed(now, Next::Paused);
            }
            Verdict::Fenced => {
                self.forget();
                self.beat.failed(now, Next::AtOnce);
                if asked == Asked::Join && self.rules.common.instance_id.is_none() {
                    self.stage = Stage::Resigning(Resignation::Due);
                }
            }
            Verdict::Unreleased => self.refused_for(now, UNRELEASED, error),
            Verdict::Failed => self.refused_for(now, 1, error),
            Verdict::Fatal => self.fail(error),
        }
    }

    /// Asks again, unless it was refused for so many sessions, and nothing else was heard meanwhile.
    fn refused_for(&mut self, now: Instant, sessions: u32, error: Error) {
        let since = *self.refused.get_or_insert(now);
        match now >= after(since, sessions * self.rules.common.session_timeout) {
            true => self.fail(error),
            false => self.beat.failed(now, Next::Paused),
        }
    }

    /// Leaves as the member that is not taken back.
    fn resign(&mut self) -> Call {
        let ticket = self.tickets.next();
        self.stage = Stage::Resigning(Resignation::Sent(ticket));
        self.farewell(ticket, LEAVES)
    }
}
