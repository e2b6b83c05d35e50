//! What the partitions of a producer, and its sender, share.

use super::buffer::Buffers;
use super::outstanding::Outstanding;
use super::ready::{ReadyList, ReadyStream, ready_list};
use super::settings::Settings;
use super::stalls::Stalls;

/// The most bytes that who enqueues packs and writes himself: more would hold him up.
const SENT_BY_CALLER: usize = 16 << 10;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) buffers: Buffers,
    pub(super) outstanding: Outstanding,
    pub(super) ready: ReadyList,
    pub(super) stalls: Stalls,
}

impl Shared {
    pub(super) fn new(settings: Settings) -> (Self, ReadyStream) {
        let (ready, news) = ready_list();
        let buffers = Buffers::new(settings.buffer_memory);
        let stalls = Stalls::new(settings.availability_timeout);
        (Self { settings, buffers, outstanding: Outstanding::new(), ready, stalls }, news)
    }

    /// Whether the batch that was begun this moment, of so many bytes, is the only one, and need not wait for anything. A
    /// function for batches is called by the sender's task only, and not by who enqueues.
    pub(super) fn has_one_to_send_now(&self, size: usize) -> bool {
        let Settings { linger, on_batch, .. } = &self.settings;
        linger.is_zero() && on_batch.is_none() && size <= SENT_BY_CALLER && self.outstanding.count() == 1
    }
}
