//! VotersRecord.

use crate::error::DecodeError;
use crate::message::Message;
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 0; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VotersRecord {
    /// Versions 0.
    pub version: i16,
    /// Versions 0.
    pub voters: Vec<Voter>,
}

impl Element for VotersRecord {
    const MIN_SIZE: usize = 4;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i16(self.version);
        w.array(&self.voters, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self { version: r.i16()?, voters: r.array(version)? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for VotersRecord {
    const NAME: &'static str = "VotersRecord";
    const VERSIONS: RangeInclusive<i16> = 0..=0;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 12;
}

/// Part of [`VotersRecord`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Voter {
    /// Versions 0.
    pub voter_id: i32,
    /// Versions 0.
    pub voter_directory_id: Uuid,
    /// Versions 0.
    pub endpoints: Vec<Endpoint>,
    /// Versions 0.
    pub k_raft_version_feature: KRaftVersionFeature,
}

impl Element for Voter {
    const MIN_SIZE: usize = 27;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.voter_id);
        w.uuid(self.voter_directory_id);
        w.array(&self.endpoints, version);
        self.k_raft_version_feature.write(w, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            voter_id: r.i32()?,
            voter_directory_id: r.uuid()?,
            endpoints: r.array(version)?,
            k_raft_version_feature: KRaftVersionFeature::read(r, version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`VotersRecord`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoint {
    /// Versions 0.
    pub name: String,
    /// Versions 0.
    pub host: String,
    /// Versions 0.
    pub port: u16,
}

impl Element for Endpoint {
    const MIN_SIZE: usize = 5;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(&self.name);
        w.string(&self.host);
        w.u16(self.port);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { name: r.string()?, host: r.string()?, port: r.u16()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

/// Part of [`VotersRecord`], versions 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KRaftVersionFeature {
    /// Versions 0.
    pub min_supported_version: i16,
    /// Versions 0.
    pub max_supported_version: i16,
}

impl Element for KRaftVersionFeature {
    const MIN_SIZE: usize = 5;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.i16(self.min_supported_version);
        w.i16(self.max_supported_version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let it = Self { min_supported_version: r.i16()?, max_supported_version: r.i16()? };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
