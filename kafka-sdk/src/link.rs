//! A connection as a core sees it: wanted, being opened, there, lost. Pure.

use crate::backoff::Backoff;
use tokio::time::Instant;

/// `L` is a connection; tests use something simpler.
#[derive(Debug)]
pub(crate) struct Link<L> {
    state: State<L>,
    /// Counts the connections, so that the end of an earlier one is told from that of this one.
    generation: u64,
    failures: u32,
}

#[derive(Debug)]
enum State<L> {
    Down { not_before: Option<Instant> },
    Opening,
    Up(L),
}

/// What to do for a connection that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// Nothing: it is there, or on its way.
    Nothing,
    /// Open it, and say what came of it with [`Link::opened`].
    Open,
    /// Ask again then: opening has failed a moment ago.
    At(Instant),
}

impl<L> Default for Link<L> {
    fn default() -> Self {
        Self { state: State::Down { not_before: None }, generation: 0, failures: 0 }
    }
}

impl<L: Clone> Link<L> {
    /// The connection and its generation, if it is there.
    pub(crate) fn up(&self) -> Option<(L, u64)> {
        match &self.state {
            State::Up(link) => Some((link.clone(), self.generation)),
            State::Down { .. } | State::Opening => None,
        }
    }

    /// Whoever calls this needs the connection.
    pub(crate) fn want(&mut self, now: Instant) -> Want {
        match self.state {
            State::Up(_) | State::Opening => Want::Nothing,
            State::Down { not_before: Some(time) } if time > now => Want::At(time),
            State::Down { .. } => {
                self.state = State::Opening;
                Want::Open
            }
        }
    }

    /// What came of opening it.
    pub(crate) fn opened(&mut self, now: Instant, link: Option<L>) {
        match link {
            Some(link) => {
                self.generation += 1;
                self.failures = 0;
                self.state = State::Up(link);
            }
            None => {
                self.failures += 1;
                let pause = Backoff::RECONNECT.delay(self.failures, fastrand::f64());
                self.state = State::Down { not_before: Some(now + pause) };
            }
        }
    }

    /// The connection of this generation has failed.
    pub(crate) fn lost(&mut self, generation: u64) {
        if self.generation == generation && matches!(self.state, State::Up(_)) {
            self.state = State::Down { not_before: None };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_link_is_opened_once_and_again_when_it_is_lost() {
        let (mut link, now) = (Link::default(), Instant::now());
        assert_eq!((link.want(now), link.want(now)), (Want::Open, Want::Nothing));
        link.opened(now, Some('a'));
        assert_eq!((link.up(), link.want(now)), (Some(('a', 1)), Want::Nothing));
        link.lost(0);
        assert!(link.up().is_some(), "an earlier one was lost, not this one");
        link.lost(1);
        assert_eq!((link.up(), link.want(now)), (None, Want::Open));
    }

    #[test]
    fn failures_bring_longer_and_longer_pauses() {
        let (mut link, mut now) = (Link::<()>::default(), Instant::now());
        let mut pauses = Vec::new();
        for _ in 0..8 {
            assert_eq!(link.want(now), Want::Open);
            link.opened(now, None);
            let Want::At(then) = link.want(now) else { panic!() };
            pauses.push(then - now);
            now = then;
        }
        assert!(pauses[0] >= Duration::from_millis(40) && pauses[0] < pauses[3], "{pauses:?}");
        assert!(pauses[7] >= Duration::from_millis(800), "{pauses:?}");
    }
}
