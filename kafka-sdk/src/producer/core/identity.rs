//! The producer's id: when to ask for one, and when to wait. Pure.

use super::window::Identity;
use crate::backoff::Backoff;
use tokio::time::Instant;

/// The id that new partitions write under.
#[derive(Debug, Default)]
pub(super) struct Identification {
    current: Option<Identity>,
    state: State,
    failures: u32,
    not_before: Option<Instant>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    /// A reminder is set.
    Waiting,
    Asking,
}

/// What to do for an id that is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing: it is being asked for, or will be.
    Nothing,
    Ask,
    /// Ask then, with [`Identification::ask`].
    At(Instant),
}

impl Identification {
    pub(super) fn current(&self) -> Option<Identity> {
        self.current
    }

    /// A partition has something to write, and nothing to write it under.
    pub(super) fn need(&mut self, now: Instant) -> Need {
        if self.state != State::Idle {
            return Need::Nothing;
        }
        match self.not_before.filter(|&time| time > now) {
            Some(time) => {
                self.state = State::Waiting;
                Need::At(time)
            }
            None => {
                self.state = State::Asking;
                Need::Ask
            }
        }
    }

    /// The time to ask has come.
    pub(super) fn ask(&mut self) {
        self.state = State::Asking;
    }

    pub(super) fn found(&mut self, identity: Identity) {
        *self = Self { current: Some(identity), ..Self::default() };
    }

    /// Lets some time pass before the next question.
    pub(super) fn failed(&mut self, now: Instant, backoff: Backoff, random: f64) {
        self.failures += 1;
        self.state = State::Idle;
        self.not_before = Some(now + backoff.delay(self.failures, random));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_asked_for_once_at_a_time_and_after_a_failure_later() {
        let (mut id, now) = (Identification::default(), Instant::now());
        assert_eq!((id.need(now), id.need(now)), (Need::Ask, Need::Nothing));
        id.failed(now, Backoff::RETRY, 0.5);
        let Need::At(time) = id.need(now) else { panic!() };
        assert_eq!((time - now).as_millis(), 100);
        assert_eq!(id.need(time), Need::Nothing, "the reminder is set");
        id.ask();
        assert_eq!(id.need(time), Need::Nothing, "the answer has not come");
        id.found(Identity { id: 3, epoch: 0 });
        assert_eq!(id.current().map(|identity| identity.id), Some(3));
        assert_eq!(id.need(time), Need::Ask, "another one, when that is used up");
    }
}
