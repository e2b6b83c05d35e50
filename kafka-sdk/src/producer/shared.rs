//! What the partitions of a producer, and its sender, share.

use super::buffer::Buffers;
use super::outstanding::Outstanding;
use super::ready::{ReadyList, ReadyStream, ready_list};
use super::settings::Settings;
use super::stalls::Stalls;

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
}
