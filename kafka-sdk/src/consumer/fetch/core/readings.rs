//! The partitions that are read, by slot.

use super::reading::Reading;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Readings(BTreeMap<usize, Reading>);

impl Readings {
    pub(super) fn get(&self, slot: usize) -> Option<&Reading> {
        self.0.get(&slot)
    }

    /// None for a partition that is not read any more.
    pub(super) fn get_mut(&mut self, slot: usize) -> Option<&mut Reading> {
        self.0.get_mut(&slot)
    }

    pub(super) fn insert(&mut self, reading: Reading) {
        self.0.insert(reading.slot.index, reading);
    }

    pub(super) fn remove(&mut self, slot: usize) {
        self.0.remove(&slot);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Reading> {
        self.0.values()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Reading> {
        self.0.values_mut()
    }

    /// All of them, beginning with this slot or the first behind it.
    pub(super) fn beginning_with(&self, turn: usize) -> impl Iterator<Item = &Reading> {
        self.0.range(turn..).chain(self.0.range(..turn)).map(|(_, reading)| reading)
    }
}
