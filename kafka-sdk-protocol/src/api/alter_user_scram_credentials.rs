//! AlterUserScramCredentials (API key 51).

use super::ApiKey;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::message::{Message, Request, Response};
use crate::wire::{Element, Reader, Writer};
use bytes::Bytes;
use std::ops::RangeInclusive;

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlterUserScramCredentialsRequest {
    /// Versions 0.
    pub deletions: Vec<ScramCredentialDeletion>,
    /// Versions 0.
    pub upsertions: Vec<ScramCredentialUpsertion>,
}

impl Element for AlterUserScramCredentialsRequest {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.deletions, version);
        w.array(&self.upsertions, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { deletions: r.array(version)?, upsertions: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for AlterUserScramCredentialsRequest {
    const NAME: &'static str = "AlterUserScramCredentialsRequest";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 11;
}

impl Request for AlterUserScramCredentialsRequest {
    const KEY: ApiKey = ApiKey::ALTER_USER_SCRAM_CREDENTIALS;
    const LATEST_STABLE: i16 = 0;
    type Response = AlterUserScramCredentialsResponse;
}

/// Part of [`AlterUserScramCredentialsRequest`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScramCredentialDeletion {
    /// Versions 0.
    pub name: String,
    /// Versions 0.
    pub mechanism: i8,
}

impl Element for ScramCredentialDeletion {
    const MIN_SIZE: usize = 3;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.name);
        w.i8(self.mechanism);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { name: r.string()?, mechanism: r.i8()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`AlterUserScramCredentialsRequest`], versions 0.
#[derive(Clone, Default, PartialEq)]
pub struct ScramCredentialUpsertion {
    /// Versions 0.
    pub name: String,
    /// Versions 0.
    pub mechanism: i8,
    /// Versions 0.
    pub iterations: i32,
    /// Versions 0.
    pub salt: Bytes,
    /// Versions 0.
    pub salted_password: Bytes,
}

impl std::fmt::Debug for ScramCredentialUpsertion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScramCredentialUpsertion")
            .field("name", &self.name)
            .field("mechanism", &self.mechanism)
            .field("iterations", &self.iterations)
            .field("salt", &"[hidden]")
            .field("salted_password", &"[hidden]")
            .finish()
    }
}

impl Element for ScramCredentialUpsertion {
    const MIN_SIZE: usize = 9;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.name);
        w.i8(self.mechanism);
        w.i32(self.iterations);
        w.bytes(&self.salt);
        w.bytes(&self.salted_password);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            name: r.string()?,
            mechanism: r.i8()?,
            iterations: r.i32()?,
            salt: r.bytes()?,
            salted_password: r.bytes()?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlterUserScramCredentialsResponse {
    /// Versions 0.
    pub throttle_time_ms: i32,
    /// Versions 0.
    pub results: Vec<AlterUserScramCredentialsResult>,
}

impl Element for AlterUserScramCredentialsResponse {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.throttle_time_ms);
        w.array(&self.results, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { throttle_time_ms: r.i32()?, results: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for AlterUserScramCredentialsResponse {
    const NAME: &'static str = "AlterUserScramCredentialsResponse";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 12;
}

impl Response for AlterUserScramCredentialsResponse {
    fn throttle_time_ms(&self) -> i32 {
        self.throttle_time_ms
    }
}

/// Part of [`AlterUserScramCredentialsResponse`], versions 0.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterUserScramCredentialsResult {
    /// Versions 0.
    pub user: String,
    /// Versions 0.
    pub error_code: ErrorCode,
    /// Versions 0; nullable in 0.
    pub error_message: Option<String>,
}

impl Default for AlterUserScramCredentialsResult {
    fn default() -> Self {
        Self { user: String::new(), error_code: ErrorCode::NONE, error_message: Some(String::new()) }
    }
}

impl Element for AlterUserScramCredentialsResult {
    const MIN_SIZE: usize = 5;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.user);
        w.error_code(self.error_code);
        w.nullable_string(self.error_message.as_deref());
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { user: r.string()?, error_code: r.error_code()?, error_message: r.nullable_string()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
