//! A reader as the metrics see it.

use super::assignment::Assignment;
use super::budget::Budget;
use super::slot::Slot;
use crate::model::Isolation;
use crate::observe::{Metrics, ReaderMetrics, ReaderPartitionMetrics, Source};
use std::sync::Arc;
use std::sync::atomic::Ordering;

#[derive(Debug)]
pub(super) struct Gauges {
    pub(super) assignment: Arc<Assignment>,
    pub(super) budget: Arc<Budget>,
    pub(super) isolation: Isolation,
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
        metrics.readers.push(ReaderMetrics {
            buffered_bytes: self.budget.buffered(),
            buffer_limit: self.budget.limit(),
            partitions: self.assignment.slots().iter().map(|slot| self.partition(slot)).collect(),
        });
    }
}
