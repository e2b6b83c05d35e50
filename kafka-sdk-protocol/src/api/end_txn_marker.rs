//! EndTxnMarker.

use crate::error::DecodeError;
use crate::message::Message;
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndTxnMarker {
    /// Versions 0.
    pub coordinator_epoch: i32,
}

impl Element for EndTxnMarker {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.coordinator_epoch);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        Ok(Self { coordinator_epoch: r.i32()? })
    }
}

impl Message for EndTxnMarker {
    const NAME: &'static str = "EndTxnMarker";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 1;
}
