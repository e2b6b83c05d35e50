//! A rule at work, as the test that armed it sees it.

use std::sync::Arc;

use tokio::sync::watch;

use super::Rule;

/// A rule at work. Dropping it leaves the rule armed.
#[derive(Clone, Debug)]
pub struct Armed(Arc<Entry>);

/// One rule of a set, with what has come of it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) rule: Rule,
    pub(super) hits: watch::Sender<u64>,
    pub(super) disarmed: watch::Sender<bool>,
    releases: watch::Sender<u64>,
}

/// What a held request waits at.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    releases: watch::Receiver<u64>,
    closed_at: u64,
}

impl Entry {
    pub(super) fn new(rule: Rule) -> Self {
        let (hits, disarmed, releases) =
            (watch::Sender::new(0), watch::Sender::new(false), watch::Sender::new(0));
        Self { rule, hits, disarmed, releases }
    }

    pub(super) fn gate(&self) -> Gate {
        let releases = self.releases.subscribe();
        let closed_at = *releases.borrow();
        Gate { releases, closed_at }
    }
}

impl Gate {
    /// Waits for the next release.
    pub(crate) async fn opened(&mut self) {
        let closed_at = self.closed_at;
        // A rule that is gone holds nothing.
        let _ = self.releases.wait_for(|releases| *releases > closed_at).await;
    }
}

impl Armed {
    pub(super) fn new(entry: Arc<Entry>) -> Self {
        Self(entry)
    }

    /// How many requests it has reacted to.
    pub fn hits(&self) -> u64 {
        *self.0.hits.borrow()
    }

    /// Waits until it has reacted to so many requests. Give it a time limit: it may never happen.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn wait_for_hits(&self, hits: u64) {
        // The sender is ours: it cannot be gone.
        let _ = self.0.hits.subscribe().wait_for(|so_far| *so_far >= hits).await;
    }

    /// Lets go all that the rule holds at present, by [`Hold`](super::Reaction::Hold) or
    /// [`HoldAnswer`](super::Reaction::HoldAnswer). A later match is held again, if the rule still reacts.
    pub fn release(&self) {
        self.0.releases.send_modify(|releases| *releases += 1);
    }

    /// Ends the rule, and lets go all that it holds. What it did to a connection stays: a throttled one is slow for
    /// ever.
    pub fn disarm(&self) {
        self.0.disarmed.send_replace(true);
        self.release();
    }
}
