//! A connection as a core sees it: wanted, being opened, there, lost. Pure.

use crate::backoff::Backoff;
use std::time::Duration;
use tokio::time::Instant;

/// The least time from the beginning of one attempt to the next.
const PAUSE: Duration = Duration::from_millis(50);

/// What a link leads over. It may close while nothing is on its way: then another one is needed, and nothing is wrong.
pub(crate) trait Wire: Clone {
    fn is_open(&self) -> bool;
}

/// `L` is a connection; tests use something simpler.
#[derive(Debug)]
pub(crate) struct Link<L> {
    state: State<L>,
    /// Counts the connections, so that the end of an earlier one is told from that of this one.
    generation: u64,
    /// Attempts to open it that failed in a row.
    failures: u32,
}

#[derive(Debug)]
enum State<L> {
    Down { not_before: Option<Instant> },
    Opening { since: Instant },
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

impl<L: Wire> Link<L> {
    /// The connection and its generation, if it is there.
    pub(crate) fn up(&self) -> Option<(L, u64)> {
        match &self.state {
            State::Up(link) if link.is_open() => Some((link.clone(), self.generation)),
            _ => None,
        }
    }

    /// Whoever calls this needs the connection.
    pub(crate) fn want(&mut self, now: Instant) -> Want {
        match &self.state {
            State::Opening { .. } => Want::Nothing,
            State::Up(link) if link.is_open() => Want::Nothing,
            State::Down { not_before: Some(time) } if *time > now => Want::At(*time),
            State::Up(_) | State::Down { .. } => {
                self.state = State::Opening { since: now };
                Want::Open
            }
        }
    }

    /// What came of opening it. Pauses count from the beginning of the attempt: who opens connections makes pauses as well
    /// when a broker cannot be reached, but not for one that is in no list of brokers, and there each attempt costs
    /// a request for metadata.
    pub(crate) fn opened(&mut self, now: Instant, link: Option<L>, retry: Backoff) {
        if let Some(link) = link {
            self.generation += 1;
            self.failures = 0;
            self.state = State::Up(link);
            return;
        }
        self.failures += 1;
        let begun = match self.state {
            State::Opening { since } => since,
            _ => now,
        };
        let pause = retry.steady(self.failures).max(PAUSE);
        self.state = State::Down { not_before: Some(begun + pause) };
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
    use std::cell::Cell;
    use std::rc::Rc;

    impl Wire for () {
        fn is_open(&self) -> bool {
            true
        }
    }

    impl Wire for u32 {
        fn is_open(&self) -> bool {
            true
        }
    }

    impl Wire for char {
        fn is_open(&self) -> bool {
            true
        }
    }

    impl Wire for Rc<Cell<bool>> {
        fn is_open(&self) -> bool {
            self.get()
        }
    }

    #[test]
    fn a_connection_that_has_closed_by_itself_is_opened_again_at_once() {
        let (mut link, now, open) = (Link::default(), Instant::now(), Rc::new(Cell::new(true)));
        assert_eq!(link.want(now), Want::Open);
        link.opened(now, Some(open.clone()), Backoff::RETRY);
        assert!(link.up().is_some());
        open.set(false);
        assert!(link.up().is_none());
        assert_eq!((link.want(now), link.want(now)), (Want::Open, Want::Nothing));
    }

    #[test]
    fn a_link_is_opened_once_and_again_when_it_is_lost() {
        let (mut link, now) = (Link::default(), Instant::now());
        assert_eq!((link.want(now), link.want(now)), (Want::Open, Want::Nothing));
        link.opened(now, Some('a'), Backoff::RETRY);
        assert_eq!((link.up(), link.want(now)), (Some(('a', 1)), Want::Nothing));
        link.lost(0);
        assert!(link.up().is_some(), "an earlier one was lost, not this one");
        link.lost(1);
        assert_eq!((link.up(), link.want(now)), (None, Want::Open));
    }

    #[test]
    fn after_failures_there_are_pauses_that_grow_until_one_succeeds() {
        let (mut link, mut now) = (Link::default(), Instant::now());
        let pauses = [100, 200, 400, 800, 1_000, 1_000].map(Duration::from_millis);
        for pause in pauses {
            assert_eq!(link.want(now), Want::Open);
            link.opened(now, None, Backoff::RETRY);
            assert_eq!(link.want(now), Want::At(now + pause));
            now += pause;
        }
        assert_eq!(link.want(now), Want::Open);
        link.opened(now, Some('a'), Backoff::RETRY);
        link.lost(1);
        assert_eq!(link.want(now), Want::Open);
        link.opened(now, None, Backoff::RETRY);
        assert_eq!(link.want(now), Want::At(now + pauses[0]));
    }

    #[test]
    fn an_attempt_that_took_longer_than_its_pause_is_followed_by_the_next_at_once() {
        let (mut link, now) = (Link::<()>::default(), Instant::now());
        assert_eq!(link.want(now), Want::Open);
        let later = now + Duration::from_secs(2);
        link.opened(later, None, Backoff::RETRY);
        assert_eq!(link.want(later), Want::Open);
    }

    #[test]
    fn there_is_a_pause_also_where_the_settings_have_none() {
        let (mut link, now) = (Link::<()>::default(), Instant::now());
        assert_eq!(link.want(now), Want::Open);
        link.opened(now, None, Backoff { first: Duration::ZERO, most: Duration::ZERO });
        assert_eq!(link.want(now), Want::At(now + PAUSE));
    }
}
