//! SnapshotHeaderRecord.

use crate::error::DecodeError;
use crate::message::Message;
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SnapshotHeaderRecord {
    /// Versions 0.
    pub version: i16,
    /// Versions 0.
    pub last_contained_log_timestamp: i64,
}

impl Element for SnapshotHeaderRecord {
    const MIN_SIZE: usize = 11;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i16(self.version);
        w.i64(self.last_contained_log_timestamp);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { version: r.i16()?, last_contained_log_timestamp: r.i64()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for SnapshotHeaderRecord {
    const NAME: &'static str = "SnapshotHeaderRecord";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 1;
}
