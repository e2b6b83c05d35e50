//! Leaving: for good, or because the application does not ask for records.

use super::super::ending::Due;
use super::super::exit::{Exit, Parting};
use super::super::{Call, ConsumerHeard, ConsumerHeartbeat, Leaving, MemberId, Ticket};
use super::{NextGen, Presence, Stage};
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
        match self.ending.due(&self.ownership) {
            Due::Nothing => return None,
            Due::Fail(error) => {
                self.stage = Stage::Over;
                return Some(Call::Fail(error));
            }
            Due::Part => {}
        }
        let Some(epoch) = self.parting_epoch().filter(|_| self.presence == Presence::Possible) else {
            return self.parted();
        };
        if self.beat.is_under_way() && matches!(self.member_id, MemberId::Chosen(_)) {
            // The answer says as whom to leave.
            return None;
        }
        let until = self.session.worth_leaving_until(now);
        let exit = Exit::new(until, self.beat.fresh_pace());
        self.forget();
        self.stage = Stage::Parting(epoch, exit);
        // What an idle member owned is lost first.
        self.change().or_else(|| self.leave(now))
    }

    /// How to say it; none where it is not said.
    fn parting_epoch(&self) -> Option<i32> {
        let is_static = self.rules.common.instance_id.is_some();
        match self.ending.leaving() {
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
        if self.ending.leaving().is_some() {
            self.stage = Stage::Over;
        }
        self.change()
    }

    fn leave(&mut self, now: Instant) -> Option<Call> {
        let Stage::Parting(epoch, exit) = &mut self.stage else { return None };
        let ticket = exit.send(now, &mut self.tickets)?;
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
        if exit.answered(now, ticket, &outcome) == Parting::Over {
            self.stage = Stage::In;
            self.presence = Presence::None;
        }
    }
}
