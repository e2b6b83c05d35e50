//! Heartbeats.

use super::super::pace::{Next, Pace};
use super::super::{Call, Heartbeat, Ticket};
use super::verdict::{Heard, heartbeat};
use super::{Classic, Gone, Membership, Sent, Stage};
use crate::clock::after;
use crate::error::Error;
use std::time::Duration;
use tokio::time::Instant;

/// Into how many times a session is divided: so many heartbeats go unanswered before it is over.
const TRIES: u32 = 3;

/// When the next heartbeat is due; one is under way at a time.
#[derive(Debug)]
pub(super) struct Beat {
    interval: Duration,
    pace: Pace,
    next: Option<Instant>,
    under_way: Option<Sent>,
}

impl Beat {
    pub(super) fn new(interval: Duration, pace: Pace) -> Self {
        Self { interval, pace, next: None, under_way: None }
    }

    /// Of a new generation: what is still under way is of an old one.
    pub(super) fn start(&mut self, now: Instant) {
        self.under_way = None;
        self.next = Some(after(now, self.interval));
        self.pace.succeeded();
    }

    pub(super) fn stop(&mut self) {
        self.under_way = None;
        self.next = None;
    }

    /// The next one is due now.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.next = self.next.map(|next| next.min(now));
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.next.filter(|_| self.under_way.is_none())
    }

    fn is_due(&self, now: Instant) -> bool {
        self.deadline().is_some_and(|time| time <= now)
    }

    fn sent(&mut self, sent: Sent) {
        self.under_way = Some(sent);
        self.next = Some(after(sent.at, self.interval));
    }

    /// The one that is answered, unless it is of an old generation.
    fn answered(&mut self, ticket: Ticket) -> Option<Sent> {
        self.under_way.take_if(|sent| sent.ticket == ticket)
    }

    fn failed(&mut self, now: Instant) {
        self.pace.failed(now, Next::Paused);
        self.next = self.pace.deadline();
    }
}

impl Classic {
    /// Whether heartbeats are sent: in a generation, but not by one that has nothing to lose while it joins again.
    pub(super) fn beats(&self) -> bool {
        self.generation.is_some()
            && match self.stage {
                Stage::Joining(_) => self.ownership.is_in_use(),
                Stage::Parting(..) | Stage::Over => false,
                _ => true,
            }
    }

    pub(super) fn beat(&mut self, now: Instant) -> Option<Call> {
        if !self.beats() || !self.beat.is_due(now) {
            return None;
        }
        let identity = self.identity()?;
        let sent = Sent { ticket: self.tickets.next(), at: now };
        self.beat.sent(sent);
        let within = self.rules.common.session_timeout / TRIES;
        Some(Call::Heartbeat(Heartbeat { ticket: sent.ticket, within, identity }))
    }

    pub(super) fn heard(&mut self, now: Instant, ticket: Ticket, outcome: Result<(), Error>) {
        let Some(sent) = self.beat.answered(ticket) else { return };
        let Err(error) = outcome else { return self.answered_well(now, sent) };
        match heartbeat(&error) {
            Heard::Rebalance => {
                self.alive(sent);
                self.join_again("group is already rebalancing");
            }
            Heard::Retry => self.beat.failed(now),
            // The join that is under way may have ended this generation, and its answer not have come.
            Heard::Outdated if matches!(self.stage, Stage::Joining(_)) => {}
            Heard::Outdated => self.fenced(now, Gone::Generation, &error),
            Heard::Unknown => self.fenced(now, Gone::MemberId, &error),
            Heard::Fatal => self.fail(error),
        }
    }

    /// A coordinator that still loads its groups answers well to any heartbeat, also of whom the group has given up. So that
    /// proves nothing once the session is over: only joining again does.
    fn answered_well(&mut self, now: Instant, sent: Sent) {
        if self.session.is_alive(now) {
            return self.alive(sent);
        }
        self.beat.pace.succeeded();
        self.join_again("the session was over before the coordinator answered");
    }

    fn join_again(&mut self, reason: &'static str) {
        if matches!(self.stage, Stage::Taking(_) | Stage::Stable) {
            self.reason.get_or_insert(reason.into());
        }
    }

    fn alive(&mut self, sent: Sent) {
        self.session.prove(sent.at);
        self.beat.pace.succeeded();
    }

    fn fenced(&mut self, now: Instant, gone: Gone, error: &Error) {
        self.forget(gone);
        let code = error.code().unwrap_or_default();
        self.rejoin(now, Next::AtOnce, format!("encountered {code} from HEARTBEAT response"));
    }
}
