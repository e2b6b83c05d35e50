//! SaslHandshake (API key 17).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use std::ops::RangeInclusive;

/// Versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SaslHandshakeRequest {
    /// Versions 0-1.
    pub mechanism: String,
}

impl Element for SaslHandshakeRequest {
    const MIN_SIZE: usize = 2;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.mechanism);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        Ok(Self { mechanism: r.string()? })
    }
}

impl Message for SaslHandshakeRequest {
    const NAME: &'static str = "SaslHandshakeRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 1;
}

impl Request for SaslHandshakeRequest {
    const KEY: ApiKey = ApiKey::SASL_HANDSHAKE;
    const LATEST_STABLE: i16 = 1;
    type Response = SaslHandshakeResponse;
}

/// Versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SaslHandshakeResponse {
    /// Versions 0-1.
    pub error_code: ErrorCode,
    /// Versions 0-1.
    pub mechanisms: Vec<String>,
}

impl Element for SaslHandshakeResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.error_code(self.error_code);
        w.array(&self.mechanisms, version);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        Ok(Self { error_code: r.error_code()?, mechanisms: r.array(version)? })
    }
}

impl Message for SaslHandshakeResponse {
    const NAME: &'static str = "SaslHandshakeResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 2;
    const EXPANSION: usize = 24;
}

impl Response for SaslHandshakeResponse {}
