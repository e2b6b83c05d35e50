//! Whether the coordinator still knows this member, as far as can be told without it.

use super::Call;
use crate::clock::after;
use std::time::Duration;
use tokio::time::Instant;

/// The session by this member's own clock. It begins when a request is sent, not when it is answered: the coordinator's
/// begins in between, so that this one is over first.
#[derive(Debug)]
pub(super) struct Session {
    timeout: Duration,
    proven: Option<Instant>,
    flow: Flow,
}

/// Whether anything is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Going,
    Held,
}

impl Session {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, proven: None, flow: Flow::Going }
    }

    pub(super) fn flow(&self) -> Flow {
        self.flow
    }

    /// Begins as another one has left the hand-out: what that has held, this one releases.
    pub(super) fn go_on_from(&mut self, flow: Flow) {
        self.flow = flow;
    }

    /// The coordinator has answered a request of this member that was sent at this time.
    pub(super) fn prove(&mut self, sent: Instant) {
        self.proven = self.proven.max(Some(sent));
    }

    /// This is no member any more.
    pub(super) fn forget(&mut self) {
        self.proven = None;
    }

    /// When others may have the partitions.
    pub(super) fn ends(&self) -> Option<Instant> {
        self.proven.map(|proven| after(proven, self.timeout))
    }

    /// How long leaving is worth an attempt: until others may have the partitions in any case.
    pub(super) fn worth_leaving_until(&self, now: Instant) -> Instant {
        self.ends().unwrap_or_else(|| after(now, self.timeout))
    }

    pub(super) fn is_alive(&self, now: Instant) -> bool {
        self.ends().is_some_and(|end| now < end)
    }

    /// When to hold.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.ends().filter(|_| self.flow == Flow::Going)
    }

    /// Stops the hand-out, if it goes on while the session may be over.
    pub(super) fn hold(&mut self, now: Instant) -> Option<Call> {
        if self.is_alive(now) || self.flow == Flow::Held {
            return None;
        }
        self.flow = Flow::Held;
        Some(Call::Hold)
    }

    /// Has the hand-out go on, if it is held and the session is not over.
    pub(super) fn release(&mut self, now: Instant) -> Option<Call> {
        if !self.is_alive(now) || self.flow == Flow::Going {
            return None;
        }
        self.flow = Flow::Going;
        Some(Call::Release)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_over_so_long_after_a_request_that_was_answered() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut session = Session::new(10 * second);
        session.prove(start + second);
        session.prove(start);
        assert_eq!(session.ends(), Some(start + 11 * second), "answers come in any order");
        assert!(session.hold(start + 10 * second).is_none());
        assert!(matches!(session.hold(start + 11 * second), Some(Call::Hold)));
        assert!(session.hold(start + 12 * second).is_none() && session.deadline().is_none(), "once");
        assert!(session.release(start + 12 * second).is_none());
        session.prove(start + 12 * second);
        assert!(matches!(session.release(start + 13 * second), Some(Call::Release)));
        assert!(session.release(start + 13 * second).is_none(), "once");
        session.forget();
        assert_eq!((session.ends(), session.is_alive(start)), (None, false));
    }
}
