//! A connection as a core sees it: wanted, being opened, there, lost. Pure.

use std::time::Duration;
use tokio::time::Instant;

/// Between two attempts. Who opens connections waits longer the more of them have failed; this is for a broker that it
/// does not know at all.
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
        Self { state: State::Down { not_before: None }, generation: 0 }
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

    /// Whether the connection was there, and has closed without a word.
    pub(crate) fn has_closed(&self) -> bool {
        matches!(&self.state, State::Up(link) if !link.is_open())
    }

    /// Whoever calls this needs the connection.
    pub(crate) fn want(&mut self, now: Instant) -> Want {
        match &self.state {
            State::Opening => Want::Nothing,
            State::Up(link) if link.is_open() => Want::Nothing,
            State::Down { not_before: Some(time) } if *time > now => Want::At(*time),
            State::Up(_) | State::Down { .. } => {
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
                self.state = State::Up(link);
            }
            None => {
                self.state = State::Down { not_before: Some(now + PAUSE) };
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
        link.opened(now, Some(open.clone()));
        assert!(link.up().is_some());
        open.set(false);
        assert!(link.up().is_none() && link.has_closed());
        assert_eq!((link.want(now), link.want(now)), (Want::Open, Want::Nothing));
        assert!(!link.has_closed());
    }

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
    fn after_a_failure_there_is_a_pause() {
        let (mut link, now) = (Link::<()>::default(), Instant::now());
        assert_eq!(link.want(now), Want::Open);
        link.opened(now, None);
        assert_eq!(link.want(now), Want::At(now + PAUSE));
        assert_eq!(link.want(now + PAUSE), Want::Open);
    }
}
