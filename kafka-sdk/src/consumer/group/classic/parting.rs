//! Leaving: for good, or because the application does not ask for records.

use super::super::exit::{After, Exit};
use super::super::membership::{Call, LeaveGroup, Leaving, Ticket};
use super::verdict::{Parting, leaving};
use super::{Classic, Gone, Stage};
use crate::clock::after;
use crate::error::Error;
use tokio::time::Instant;

/// Whether the coordinator is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Farewell {
    Say,
    Silent,
}

impl Classic {
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
        let farewell = self.farewell();
        if farewell == Farewell::Say && self.member_id.is_empty() && matches!(self.stage, Stage::Joining(_)) {
            // The answer says as whom to leave.
            return None;
        }
        if farewell == Farewell::Silent || self.member_id.is_empty() {
            self.forget(Gone::MemberId);
            self.reason = None;
            if self.leaving.is_some() {
                self.stage = Stage::Over;
            }
            return self.change();
        }
        let until = self.session.ends().unwrap_or_else(|| after(now, self.rules.common.session_timeout));
        let (member_id, exit) = (self.member_id.clone(), Exit::new(until, self.pace.fresh()));
        self.forget(Gone::MemberId);
        self.stage = Stage::Parting(member_id, exit);
        // What an idle member owned is lost first.
        self.change().or_else(|| self.leave(now))
    }

    fn farewell(&self) -> Farewell {
        match (self.leaving, &self.rules.common.instance_id) {
            (Some(Leaving::Leave), _) | (Some(Leaving::Default) | None, None) => Farewell::Say,
            _ => Farewell::Silent,
        }
    }

    fn leave(&mut self, now: Instant) -> Option<Call> {
        let ticket = Ticket(self.tickets + 1);
        let Stage::Parting(member_id, exit) = &mut self.stage else { return None };
        if !exit.is_due(now) {
            return None;
        }
        self.tickets = ticket.0;
        exit.sent(ticket);
        let reason = match self.leaving {
            Some(_) => "the consumer is being closed",
            None => "consumer poll timeout has expired.",
        };
        Some(Call::Leave(LeaveGroup {
            ticket,
            member_id: member_id.clone(),
            instance_id: self.rules.common.instance_id.clone(),
            reason: reason.into(),
        }))
    }

    pub(super) fn left(&mut self, now: Instant, ticket: Ticket, outcome: Result<(), Error>) {
        let Stage::Parting(_, exit) = &mut self.stage else { return };
        if !exit.is_answered(ticket) {
            return;
        }
        let again = outcome.is_err_and(|error| leaving(&error) == Parting::Retry);
        if again && exit.failed(now) == After::Again {
            return;
        }
        self.stage = Stage::Unjoined;
        self.reason = None;
    }

    pub(super) fn exit_deadline(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Parting(_, exit) => exit.deadline(),
            _ => None,
        }
    }
}
