//! Leaving: for good, or because the application does not ask for records.

use super::super::ending::Due;
use super::super::exit::{Exit, Parting};
use super::super::{Call, LeaveGroup, Leaving, Ticket};
use super::{Classic, Gone, Stage};
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
        match self.ending.due(&self.ownership) {
            Due::Nothing => return None,
            Due::Fail(error) => {
                self.stage = Stage::Over;
                return Some(Call::Fail(error));
            }
            Due::Part => {}
        }
        let farewell = self.farewell();
        if farewell == Farewell::Say && self.member_id.is_empty() && matches!(self.stage, Stage::Joining(_)) {
            // The answer says as whom to leave.
            return None;
        }
        if farewell == Farewell::Silent || self.member_id.is_empty() {
            self.forget(Gone::MemberId);
            self.reason = None;
            if self.ending.leaving().is_some() {
                self.stage = Stage::Over;
            }
            return self.change();
        }
        let until = self.session.worth_leaving_until(now);
        let (member_id, exit) = (self.member_id.clone(), Exit::new(until, self.pace.fresh()));
        self.forget(Gone::MemberId);
        self.stage = Stage::Parting(member_id, exit);
        // What an idle member owned is lost first.
        self.change().or_else(|| self.leave(now))
    }

    fn farewell(&self) -> Farewell {
        match (self.ending.leaving(), &self.rules.common.instance_id) {
            (Some(Leaving::Leave), _) | (Some(Leaving::Default) | None, None) => Farewell::Say,
            _ => Farewell::Silent,
        }
    }

    fn leave(&mut self, now: Instant) -> Option<Call> {
        let Stage::Parting(member_id, exit) = &mut self.stage else { return None };
        let ticket = exit.send(now, &mut self.tickets)?;
        let reason = match self.ending.leaving() {
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
        if exit.answered(now, ticket, &outcome) == Parting::Over {
            self.stage = Stage::Unjoined;
            self.reason = None;
        }
    }

    pub(super) fn exit_deadline(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Parting(_, exit) => exit.deadline(),
            _ => None,
        }
    }
}
