//! Ends of partitions: where reading waits for more, and where it was to stop.

use super::FetchCore;
use crate::consumer::fetched::Handed;
use crate::link::Wire;

impl<L: Wire> FetchCore<L> {
    /// No partition has records behind its position: up to what is readable there are none. Compaction, and markers that
    /// have gone, leave such a tail.
    pub(super) fn nothing_is_left(&mut self, slot: usize) {
        let Some(reading) = self.readings.get_mut(slot) else { return };
        match reading.end {
            Some(end) if reading.readable >= end => self.finish(slot),
            Some(_) => {}
            None => self.tell_end(slot),
        }
    }

    pub(super) fn tell_if_at_end(&mut self, slot: usize) {
        if self.readings.get(slot).is_some_and(|reading| reading.next >= reading.readable) {
            self.tell_end(slot);
        }
    }

    /// The reader hears of an end once.
    fn tell_end(&mut self, slot: usize) {
        let Some(reading) = self.readings.get_mut(slot) else { return };
        if let Some(offset) = reading.reaches_end() {
            let (slot, round) = (reading.slot.clone(), reading.round);
            self.reader.push(Handed::End { slot, round, offset });
        }
    }

    pub(super) fn finish_if_at_end(&mut self, slot: usize) {
        if self.readings.get(slot).is_some_and(|reading| reading.end.is_some_and(|end| reading.next >= end)) {
            self.finish(slot);
        }
    }

    fn finish(&mut self, slot: usize) {
        let Some(reading) = self.readings.get_mut(slot).filter(|reading| !reading.finished) else { return };
        reading.finished = true;
        let (slot, round) = (reading.slot.clone(), reading.round);
        let offset = reading.end.unwrap_or(reading.next);
        self.reader.push(Handed::Finished { slot, round, offset });
    }
}
