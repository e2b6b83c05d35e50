//! ControlRecordTypeSchema.

use crate::error::DecodeError;
use crate::message::Message;
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ControlRecordTypeSchema {
    /// Versions 0.
    pub r#type: i16,
}

impl Element for ControlRecordTypeSchema {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i16(self.r#type);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        Ok(Self { r#type: r.i16()? })
    }
}

impl Message for ControlRecordTypeSchema {
    const NAME: &'static str = "ControlRecordTypeSchema";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 1;
}
