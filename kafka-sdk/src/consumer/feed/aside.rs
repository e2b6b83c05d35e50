//! What was fetched of partitions that are paused, in the order in which it came.

use crate::consumer::assignment::slot::{Round, Slot};
use crate::consumer::fetched::chunk::Chunk;
use crate::model::Batch;
use std::collections::{BTreeSet, VecDeque};
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

    /// Whether something of this partition is there: what comes of it now is behind that, whether or not it is still
    /// withheld.
    pub(super) fn has(&self, slot: &Slot) -> bool {
        self.held.iter().any(|held| held.slot.index == slot.index)
    }

    /// The first of what is resumed.
    pub(super) fn take_resumed(&mut self) -> Option<Held> {
        if !self.to_look {
            return None;
        }
        let slots = self.held.iter().map(|held| &held.slot);
        let resumed = first_resumed(slots.map(|slot| (slot.index, || slot.is_withheld())));
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

/// Where the first one is that is not withheld. Each partition is asked once: it may be resumed meanwhile, and its later
/// ones are behind its earlier ones.
fn first_resumed(held: impl Iterator<Item = (usize, impl FnOnce() -> bool)>) -> Option<usize> {
    let mut withheld = BTreeSet::new();
    held.enumerate().find_map(|(at, (slot, is_withheld))| {
        let stays = withheld.contains(&slot) || is_withheld();
        stays.then(|| withheld.insert(slot));
        (!stays).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn what_is_resumed_while_it_is_looked_for_does_not_overtake_what_is_before_it() {
        let is_paused = Cell::new(true);
        // A question changes it, as another thread may.
        let ask = || is_paused.replace(false);
        let nobody = || true;
        assert_eq!(
            first_resumed([(0, &ask as &dyn Fn() -> bool), (1, &nobody), (0, &ask)].into_iter()),
            None
        );
        assert_eq!(
            first_resumed([(1, &nobody as &dyn Fn() -> bool), (0, &ask), (0, &ask)].into_iter()),
            Some(1)
        );
    }
}
