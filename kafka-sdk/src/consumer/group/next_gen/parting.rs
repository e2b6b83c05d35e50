//! Leaving: for good, or because the application does not ask for records.

use super::super::exit::{After, Exit};
use super::super::membership::{Call, ConsumerHeard, ConsumerHeartbeat, Leaving, MemberId, Ticket};
use super::verdict::leaves_later;
use super::{NextGen, Presence, Stage};
use crate::clock::after;
use crate::error::Error;
use std::time::Duration;
use tokio::time::Instant;

/// The epochs that leave.
pub(super) const LEAVES: i32 = -1;
const LEAVES_FOR_A_WHILE: i32 = -2;

/// How long the answer to a farewell is waited for.
const WITHIN: Duration = Duration::from_secs(5);

impl NextGen {
    /// What comes after everything is given up, if this is to be a member no longer.
    pub(super) fn part(&mut self, now: Instant) -> Option<Call> {
        if let Stage::Parting(..) = self.stage {
            return self.leave(now);
        }
        if !self.is_ending() {
            return None;
        }
        if self.failure.is_some() {
            let given_up = self.ownership.owned().is_empty() && !self.ownership.is_changing();
            let error = self.failure.take_if(|_| given_up)?;
            self.stage = Stage::Over;
            return Some(Call::Fail(error));
        }
        if self.leaving.is_some() && (self.ownership.is_changing() || !self.ownership.owned().is_empty()) {
            return None;
        }
        let Some(epoch) = self.parting_epoch().filter(|_| self.presence == Presence::Possible) else {
            return self.parted();
        };
        if self.beat.is_under_way() && matches!(self.member_id, MemberId::Chosen(_)) {
            // The answer says as whom to leave.
            return None;
        }
        let until = self.session.ends().unwrap_or_else(|| after(now, self.rules.common.session_timeout));
        let exit = Exit::new(until, self.beat.fresh_pace());
        self.forget();
        self.stage = Stage::Parting(epoch, exit);
        // What an idle member owned is lost first.
        self.change().or_else(|| self.leave(now))
    }

    /// How to say it; none where it is not said.
    fn parting_epoch(&self) -> Option<i32> {
        let is_static = self.rules.common.instance_id.is_some();
        match self.leaving {
            Some(Leaving::Leave) => Some(LEAVES),
            _ if is_static => Some(LEAVES_FOR_A_WHILE),
            Some(Leaving::Remain) => None,
            Some(Leaving::Default) | None => Some(LEAVES),
        }
    }

    /// Out of the group: for good, or until the application asks again.
    fn parted(&mut self) -> Option<Call> {
        self.forget();
        self.presence = Presence::None;
        if self.leaving.is_some() {
            self.stage = Stage::Over;
        }
        self.change()
    }

    fn leave(&mut self, now: Instant) -> Option<Call> {
        let ticket = Ticket(self.tickets + 1);
        let Stage::Parting(epoch, exit) = &mut self.stage else { return None };
        if !exit.is_due(now) {
            return None;
        }
        self.tickets = ticket.0;
        exit.sent(ticket);
        let epoch = *epoch;
        Some(self.farewell(ticket, epoch))
    }

    pub(super) fn farewell(&self, ticket: Ticket, epoch: i32) -> Call {
        Call::ConsumerHeartbeat(ConsumerHeartbeat {
            ticket,
            within: WITHIN.min(self.rules.common.session_timeout),
            member_id: self.member_id.clone(),
            epoch,
            rebalance_timeout: None,
            subscription: None,
            assignor: None,
            owned: None,
        })
    }

    pub(super) fn left(&mut self, now: Instant, ticket: Ticket, outcome: Result<ConsumerHeard, Error>) {
        let Stage::Parting(_, exit) = &mut self.stage else { return };
        if !exit.is_answered(ticket) {
            return;
        }
        let again = outcome.is_err_and(|error| leaves_later(&error));
        if again && exit.failed(now) == After::Again {
            return;
        }
        self.stage = Stage::In;
        self.presence = Presence::None;
    }
}
