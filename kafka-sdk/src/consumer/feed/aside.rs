//! What was fetched of partitions that are paused, in the order in which it came.

use crate::consumer::assignment::slot::{Round, Slot};
use crate::consumer::fetched::chunk::Chunk;
use crate::model::Batch;
use std::collections::VecDeque;
use std::sync::Arc;

/// Something that was handed over of a partition.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) slot: Arc<Slot>,
    pub(super) round: Arc<Round>,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// What is left of a batch, and the chunk that it is from.
    Records(Chunk, Option<Batch>),
    End(i64),
    Finished(i64),
    Moved(i64),
}

impl Held {
    /// Whether the partition has not been sent elsewhere since.
    pub(super) fn is_current(&self) -> bool {
        self.slot.round(self.round.number).is_some()
    }

    /// Who knows when it is resumed: it must not keep the other partitions of its answer in memory for so long.
    fn detached(mut self) -> Self {
        if let What::Records(chunk, batch) = &mut self.what {
            chunk.detach();
            *batch = batch.take().map(Batch::detach);
        }
        self
    }

    fn bytes(&self) -> usize {
        match &self.what {
            What::Records(chunk, _) => chunk.bytes(),
            What::End(_) | What::Finished(_) | What::Moved(_) => 0,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Aside {
    held: VecDeque<Held>,
    /// Something in it may not be paused any more.
    to_look: bool,
}

impl Aside {
    /// Behind all that is there.
    pub(super) fn push(&mut self, held: Held) {
        self.held.push_back(held.detached());
    }

    /// Before all that is there: it was in hand already.
    pub(super) fn put_back(&mut self, held: Held) {
        self.held.push_front(held.detached());
    }

    /// The first of what is resumed.
    pub(super) fn take_resumed(&mut self) -> Option<Held> {
        if !self.to_look {
            return None;
        }
        let resumed = self.held.iter().position(|held| !held.slot.is_withheld());
        self.to_look = resumed.is_some();
        self.held.remove(resumed?)
    }

    /// Partitions have been paused, resumed, sent elsewhere or given up.
    pub(super) fn look_again(&mut self) {
        self.held.retain(Held::is_current);
        self.to_look = true;
    }

    pub(super) fn bytes(&self) -> usize {
        self.held.iter().map(Held::bytes).sum()
    }

    /// The partition of which something came last.
    pub(super) fn last(&self) -> Option<Arc<Slot>> {
        self.held.back().map(|held| held.slot.clone())
    }

    pub(super) fn clear(&mut self) {
        self.held.clear();
    }
}
