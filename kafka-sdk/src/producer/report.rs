//! What a batch came to, for a function of the user's.

use crate::error::{Error, Result};
use crate::model::{Batch, MessageRef};
use bytes::Bytes;
use kafka_sdk_protocol::records::batches;
use std::cell::OnceCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use tracing::error;

/// What became of a batch, for [`ProducerBuilder::on_batch`](super::ProducerBuilder::on_batch).
pub struct BatchReport<'b> {
    pub(super) topic: &'b Arc<str>,
    pub(super) partition: i32,
    pub(super) result: std::result::Result<i64, &'b Error>,
    pub(super) len: usize,
    /// None where they are being compressed.
    pub(super) bytes: Option<Bytes>,
    pub(super) decoded: OnceCell<Option<Batch>>,
}

impl BatchReport<'_> {
    /// The topic's name.
    #[must_use]
    pub fn topic(&self) -> &str {
        self.topic
    }

    /// The partition's number.
    #[must_use]
    pub fn partition(&self) -> i32 {
        self.partition
    }

    /// The offset of the first record, -1 where it is not known (see [`Placed::offset`](crate::Placed::offset)); or why the
    /// batch has failed.
    ///
    /// # Errors
    /// That of the batch, which all its records have: [`Error::written`] says whether they may be in the topic all the same.
    pub fn result(&self) -> std::result::Result<i64, &Error> {
        self.result
    }

    /// Number of records.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The records, decoded when this is called first; their offsets count from 0. There is none if the batch failed while
    /// it was being compressed by another thread.
    pub fn records(&self) -> impl Iterator<Item = MessageRef<'_>> {
        self.decoded.get_or_init(|| self.decode()).iter().flatten()
    }

    fn decode(&self) -> Option<Batch> {
        let records = batches(self.bytes.as_ref()?).next()?.ok()?.records().ok()?;
        Some(Batch::new(self.topic.clone(), self.partition, records, 0, i64::MAX))
    }
}

impl fmt::Debug for BatchReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (topic, partition) = (self.topic, self.partition);
        write!(f, "BatchReport({topic}-{partition}, {} records, {:?})", self.len, self.result)
    }
}

/// A function of the user's.
#[derive(Clone)]
pub(super) struct OnBatch(Arc<dyn Fn(&BatchReport<'_>) + Send + Sync>);

impl OnBatch {
    pub(super) fn new(function: impl Fn(&BatchReport<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(function))
    }

    /// Calls it; a panic in it ends here.
    pub(super) fn call(&self, report: &BatchReport<'_>) {
        if catch_unwind(AssertUnwindSafe(|| (self.0)(report))).is_err() {
            let (topic, partition) = (report.topic(), report.partition());
            error!(target: "kafka_sdk::producer", topic, partition, "on_batch panicked");
        }
    }
}

impl fmt::Debug for OnBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnBatch")
    }
}

/// The outcome as a report has it.
pub(super) fn base_offset(outcome: &Result<super::delivery::BatchPlace>) -> std::result::Result<i64, &Error> {
    outcome.as_ref().map(|place| place.base_offset)
}
