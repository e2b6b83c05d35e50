//! The way back: from who reads to the fetcher.

use crate::consumer::assignment::slot::Slot;
use crate::consumer::start::position::Position;
use std::sync::Arc;

/// What the reader and its controls say to the fetcher.
#[derive(Debug)]
pub(in super::super) enum Request {
    /// There is room again for what was left out.
    Drained,
    /// What was fetched from this offset on is of no use: fetch it again, in a new round, after a while.
    Rewind {
        slot: usize,
        offset: i64,
        round: u64,
    },
    /// Go on from there, in a new round.
    Seek {
        slot: usize,
        to: Position,
        round: u64,
    },
    /// Fetch one more.
    Assign {
        slot: Arc<Slot>,
        from: Position,
        end: Option<i64>,
    },
    /// Fetch one less.
    Unassign {
        slot: usize,
    },
    /// Leave it alone until [`Self::Resume`].
    Pause {
        slot: usize,
    },
    Resume {
        slot: usize,
    },
}
