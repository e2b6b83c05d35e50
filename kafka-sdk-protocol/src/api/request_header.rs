//! RequestHeader.

use crate::error::DecodeError;
use crate::message::Message;
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 1-2; flexible from 2.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestHeader {
    /// Versions 1-2.
    pub request_api_key: i16,
    /// Versions 1-2.
    pub request_api_version: i16,
    /// Versions 1-2.
    pub correlation_id: i32,
    /// Versions 1-2; nullable in 1-2.
    pub client_id: Option<String>,
}

impl Default for RequestHeader {
    fn default() -> Self {
        Self { request_api_key: 0, request_api_version: 0, correlation_id: 0, client_id: Some(String::new()) }
    }
}

impl Element for RequestHeader {
    const MIN_SIZE: usize = 10;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i16(self.request_api_key);
        w.i16(self.request_api_version);
        w.i32(self.correlation_id);
        w.legacy_nullable_string(self.client_id.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            request_api_key: r.i16()?,
            request_api_version: r.i16()?,
            correlation_id: r.i32()?,
            client_id: r.legacy_nullable_string()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for RequestHeader {
    const NAME: &'static str = "RequestHeader";
    const VERSIONS: RangeInclusive<i16> = 1..=2;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 1;
}
