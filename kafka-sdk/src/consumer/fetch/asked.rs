//! A partition in a fetch, as it was asked for: its answer is judged by that, not by what is wanted meanwhile.

use kafka_sdk_protocol::wire::Uuid;
use std::sync::Arc;

/// A partition in a fetch.
#[derive(Clone, Debug)]
pub(in super::super) struct Asked {
    pub(super) slot: usize,
    pub(super) round: u64,
    pub(super) topic: Arc<str>,
    /// [`Uuid::ZERO`] where it is not known.
    pub(super) topic_id: Uuid,
    pub(super) partition: i32,
    pub(super) leader_epoch: i32,
    pub(super) offset: i64,
    /// Of the leader that appended the record before it; -1 where that is not known, or not to be asked about.
    pub(super) epoch: i32,
    pub(super) max_bytes: usize,
}
