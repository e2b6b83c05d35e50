//! The request that leaves the group: under way, and again after a pause. Who no longer has a session need not leave.

use super::membership::Ticket;
use super::pace::{Next, Pace};
use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct Exit {
    until: Instant,
    pace: Pace,
    under_way: Option<Ticket>,
}

/// What comes after an attempt to leave that has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    Again,
    GiveUp,
}

impl Exit {
    pub(super) fn new(until: Instant, pace: Pace) -> Self {
        Self { until, pace, under_way: None }
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.under_way.is_none() && self.pace.may_go(now)
    }

    pub(super) fn sent(&mut self, ticket: Ticket) {
        self.under_way = Some(ticket);
    }

    /// Whether it is this request's answer that was waited for.
    pub(super) fn is_answered(&mut self, ticket: Ticket) -> bool {
        self.under_way.take_if(|awaited| *awaited == ticket).is_some()
    }

    pub(super) fn failed(&mut self, now: Instant) -> After {
        self.pace.failed(now, Next::Paused);
        match self.pace.deadline() {
            Some(next) if next < self.until => After::Again,
            _ => After::GiveUp,
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.pace.deadline().filter(|_| self.under_way.is_none())
    }
}
