//! LeaderChangeMessage.

use crate::error::DecodeError;
use crate::message::Message;
use crate::wire::{Element, Reader, Uuid, Writer};
use std::ops::RangeInclusive;

/// Versions 0-1; flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeaderChangeMessage {
    /// Versions 0-1.
    pub version: i16,
    /// Versions 0-1.
    pub leader_id: i32,
    /// Versions 0-1.
    pub voters: Vec<Voter>,
    /// Versions 0-1.
    pub granting_voters: Vec<Voter>,
}

impl Element for LeaderChangeMessage {
    const MIN_SIZE: usize = 9;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i16(self.version);
        w.i32(self.leader_id);
        w.array(&self.voters, version);
        w.array(&self.granting_voters, version);
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            version: r.i16()?,
            leader_id: r.i32()?,
            voters: r.array(version)?,
            granting_voters: r.array(version)?,
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}

impl Message for LeaderChangeMessage {
    const NAME: &'static str = "LeaderChangeMessage";
    const VERSIONS: RangeInclusive<i16> = 0..=1;
    const FIRST_FLEXIBLE: i16 = 0;
    const EXPANSION: usize = 4;
}

/// Part of [`LeaderChangeMessage`], versions 0-1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Voter {
    /// Versions 0-1.
    pub voter_id: i32,
    /// Versions 1.
    pub voter_directory_id: Uuid,
}

impl Element for Voter {
    const MIN_SIZE: usize = 5;

    fn write(&self, w: &mut Writer, version: i16) {
        w.i32(self.voter_id);
        if version >= 1 {
            w.uuid(self.voter_directory_id);
        } else if !self.voter_directory_id.is_zero() {
            w.unsupported("Voter.voter_directory_id", version);
        }
        w.tag_count(0);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let it = Self {
            voter_id: r.i32()?,
            voter_directory_id: if version >= 1 { r.uuid()? } else { Uuid::ZERO },
        };
        r.tags(|_, _| Ok(false))?;
        Ok(it)
    }
}
