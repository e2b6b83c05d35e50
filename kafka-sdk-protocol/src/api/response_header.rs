//! ResponseHeader.

use crate::error::DecodeError;
use crate::message::Message;
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-1; flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseHeader {
    /// Versions 0-1.
    pub correlation_id: i32,
}

impl Element for ResponseHeader {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i32(self.correlation_id);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { correlation_id: r.i32()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for ResponseHeader {
    const NAME: &'static str = "ResponseHeader";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 1;
    const EXPANSION: usize = 1;
}
