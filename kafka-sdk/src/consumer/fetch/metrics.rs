//! A reader as the metrics see it.

use crate::consumer::assignment::Assignment;
use crate::consumer::assignment::slot::Slot;
use crate::consumer::fetched::budget::Budget;
use crate::model::Isolation;
use crate::observe::{Metrics, ReaderMetrics, ReaderPartitionMetrics, Source};
use std::sync::Arc;
use std::sync::atomic::Ordering;

#[derive(Debug)]
pub(in super::super) struct Gauges {
    pub(in super::super) assignment: Arc<Assignment>,
    pub(in super::super) budget: Arc<Budget>,
    pub(in super::super) isolation: Isolation,
}

impl Gauges {
    fn partition(&self, slot: &Slot) -> ReaderPartitionMetrics {
        let (fetched_bytes, delivered_bytes) = slot.meter.read();
        ReaderPartitionMetrics {
            topic: slot.topic.clone(),
            partition: slot.partition,
            position: slot.position(),
            watermarks: slot.watermarks(),
            lag: slot.lag(self.isolation),
            buffered_bytes: slot.buffered.load(Ordering::Relaxed),
            fetched_bytes,
            delivered_bytes,
        }
    }
}

impl Source for Gauges {
    fn read(&self, metrics: &mut Metrics) {
        let slots = self.assignment.slots();
        let placed = slots.iter().filter(|slot| !slot.is_unplaced());
        metrics.readers.push(ReaderMetrics {
            buffered_bytes: self.budget.buffered(),
            buffer_limit: self.budget.limit(),
            partitions: placed.map(|slot| self.partition(slot)).collect(),
        });
    }
}
