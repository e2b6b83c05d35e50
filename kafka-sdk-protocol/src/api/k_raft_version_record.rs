//! KRaftVersionRecord.

use crate::error::DecodeError;
use crate::message::Message;
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KRaftVersionRecord {
    /// Versions 0.
    pub version: i16,
    /// Versions 0.
    pub k_raft_version: i16,
}

impl Element for KRaftVersionRecord {
    const MIN_SIZE: usize = 5;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i16(self.version);
        w.i16(self.k_raft_version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { version: r.i16()?, k_raft_version: r.i16()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for KRaftVersionRecord {
    const NAME: &'static str = "KRaftVersionRecord";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 1;
}
