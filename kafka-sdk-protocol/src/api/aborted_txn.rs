//! AbortedTxn.

use crate::error::DecodeError;
use crate::message::Message;
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AbortedTxn {
    /// Versions 0.
    pub producer_id: i64,
    /// Versions 0.
    pub first_offset: i64,
    /// Versions 0.
    pub last_offset: i64,
    /// Versions 0.
    pub last_stable_offset: i64,
}

impl Element for AbortedTxn {
    const MIN_SIZE: usize = 32;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i64(self.producer_id);
        w.i64(self.first_offset);
        w.i64(self.last_offset);
        w.i64(self.last_stable_offset);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        Ok(Self {
            producer_id: r.i64()?,
            first_offset: r.i64()?,
            last_offset: r.i64()?,
            last_stable_offset: r.i64()?,
        })
    }
}

impl Message for AbortedTxn {
    const NAME: &'static str = "AbortedTxn";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 1;
}
