//! Whether the metadata of a topic is kept up to date for a producer: as long as it writes to the topic, and a while
//! longer.

use crate::cluster::Interest;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct Attention {
    pub(super) topic: Arc<str>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    last_used: Instant,
    /// None as well in tests without a cluster.
    interest: Option<Interest>,
    forgotten: bool,
}

impl Attention {
    pub(super) fn new(topic: Arc<str>, interest: Option<Interest>) -> Self {
        let state = State { last_used: Instant::now(), interest, forgotten: false };
        Self { topic, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The topic is written to. Says whether it was forgotten, and has to be asked for again.
    pub(super) fn used(&self, now: Instant) -> bool {
        let mut state = self.state();
        state.last_used = now;
        std::mem::take(&mut state.forgotten)
    }

    pub(super) fn renew(&self, interest: Interest) {
        let before = self.state().interest.replace(interest);
        drop(before);
    }

    /// Forgets the topic if it was not used for so long; else gives the time when that may be.
    pub(super) fn forget_after(&self, idle: Duration, now: Instant) -> Option<Instant> {
        let mut state = self.state();
        if state.forgotten {
            return None;
        }
        let end = state.last_used + idle;
        if end > now {
            return Some(end);
        }
        state.forgotten = true;
        let interest = state.interest.take();
        // The cluster has locks of its own.
        drop(state);
        drop(interest);
        None
    }
}
