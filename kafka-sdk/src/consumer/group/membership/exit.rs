//! The request that leaves the group: under way, and again after a pause. Who no longer has a session need not leave.

use super::pace::{Next, Pace};
use super::{Ticket, Tickets};
use crate::error::{Advice, Error};
use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct Exit {
    until: Instant,
    pace: Pace,
    under_way: Option<Ticket>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parting {
    /// Not a member any more, or there is no way to become none.
    Over,
    UnderWay,
}

impl Exit {
    pub(super) fn new(until: Instant, pace: Pace) -> Self {
        Self { until, pace, under_way: None }
    }

    /// The ticket of the request, if it is to be sent now.
    pub(super) fn send(&mut self, now: Instant, tickets: &mut Tickets) -> Option<Ticket> {
        if self.under_way.is_some() || !self.pace.may_go(now) {
            return None;
        }
        self.under_way = Some(tickets.next());
        self.under_way
    }

    /// What an answer makes of it. A refusal is followed by another attempt where another broker, or a later time, may
    /// take it.
    pub(super) fn answered<T>(
        &mut self,
        now: Instant,
        ticket: Ticket,
        outcome: &Result<T, Error>,
    ) -> Parting {
        if self.under_way.take_if(|awaited| *awaited == ticket).is_none() {
            return Parting::UnderWay;
        }
        if !outcome.as_ref().is_err_and(|error| error.advice() == Advice::Retry) {
            return Parting::Over;
        }
        self.pace.failed(now, Next::Paused);
        match self.pace.deadline() {
            Some(next) if next < self.until => Parting::UnderWay,
            _ => Parting::Over,
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.pace.deadline().filter(|_| self.under_way.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backoff::Backoff;
    use crate::error::ErrorKind;
    use kafka_sdk_protocol::ErrorCode;
    use std::time::Duration;

    /// What comes of a refusal when there are `left` before the session is over.
    fn refused(error: Error, left: Duration) -> Parting {
        let now = Instant::now();
        let mut exit = Exit::new(now + left, Pace::new(Backoff::RETRY, fastrand::Rng::with_seed(1)));
        let ticket = exit.send(now, &mut Tickets::default()).expect("it is due");
        assert_eq!(
            exit.answered::<()>(now, Ticket(ticket.0 + 1), &Ok(())),
            Parting::UnderWay,
            "another one's"
        );
        exit.answered::<()>(now, ticket, &Err(error))
    }

    #[test]
    fn a_refused_leave_is_repeated_only_where_another_broker_may_take_it() {
        let of = |code| refused(Error::of_code(code, "x"), Duration::from_secs(10));
        for passing in [
            ErrorCode::NOT_COORDINATOR,
            ErrorCode::COORDINATOR_NOT_AVAILABLE,
            ErrorCode::COORDINATOR_LOAD_IN_PROGRESS,
        ] {
            assert_eq!(of(passing), Parting::UnderWay, "{passing}");
        }
        for lasting in [
            ErrorCode::UNKNOWN_MEMBER_ID,
            ErrorCode::FENCED_INSTANCE_ID,
            ErrorCode::INVALID_GROUP_ID,
            ErrorCode::GROUP_AUTHORIZATION_FAILED,
            ErrorCode::UNSUPPORTED_VERSION,
            ErrorCode(30_000),
        ] {
            assert_eq!(of(lasting), Parting::Over, "{lasting}");
        }
    }

    #[test]
    fn a_coordinator_that_cannot_be_reached_is_asked_again_while_there_is_a_session() {
        let of = |kind, left| refused(Error::new(kind, "x"), left);
        for passing in [ErrorKind::Connect, ErrorKind::Timeout] {
            assert_eq!(of(passing, Duration::from_secs(10)), Parting::UnderWay);
            assert_eq!(of(passing, Duration::ZERO), Parting::Over);
        }
        assert_eq!(of(ErrorKind::Authenticate, Duration::from_secs(10)), Parting::Over);
    }
}
