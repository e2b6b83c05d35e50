//! Batches that are compressed elsewhere before they are sent: side by side, and taken in the order in which they came.

use super::super::batch::Batch;
use super::super::buffer::Buffer;
use super::super::compress::Unpacked;
use std::collections::VecDeque;

/// Of one partition.
#[derive(Debug, Default)]
pub(super) struct Preparing {
    slots: VecDeque<Slot>,
    next_id: u64,
}

#[derive(Debug)]
struct Slot {
    id: u64,
    batch: Batch,
}

impl Preparing {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn oldest(&self) -> Option<&Batch> {
        self.slots.front().map(|slot| &slot.batch)
    }

    /// Takes a batch in; gives what is to be compressed, and its id here.
    pub(super) fn begin(&mut self, mut batch: Batch) -> Option<(u64, Unpacked)> {
        let work = batch.unpack()?;
        self.next_id += 1;
        self.slots.push_back(Slot { id: self.next_id, batch });
        Some((self.next_id, work))
    }

    /// Takes back what was compressed. None: it is lost, and the batch with it, which is given back.
    pub(super) fn done(&mut self, id: u64, packed: Option<Buffer>) -> Option<Batch> {
        // It may have been given up meanwhile.
        let at = self.slots.iter().position(|slot| slot.id == id)?;
        match packed {
            Some(packed) => {
                self.slots.get_mut(at)?.batch.packed(packed);
                None
            }
            None => self.slots.remove(at).map(|slot| slot.batch),
        }
    }

    /// The first batch, if it can be sent.
    pub(super) fn ready(&self) -> Option<&Batch> {
        self.oldest().filter(|batch| batch.is_packed())
    }

    /// Takes the first batch, if it can be sent.
    pub(super) fn take_ready(&mut self) -> Option<Batch> {
        self.ready()?;
        self.slots.pop_front().map(|slot| slot.batch)
    }

    /// Gives up the batches that `is_late`.
    pub(super) fn expire(&mut self, is_late: &dyn Fn(&Batch) -> bool, give_up: &mut dyn FnMut(&mut Batch)) {
        self.slots.retain_mut(|slot| {
            let late = is_late(&slot.batch);
            if late {
                give_up(&mut slot.batch);
            }
            !late
        });
    }
}
