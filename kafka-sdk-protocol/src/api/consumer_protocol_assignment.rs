//! ConsumerProtocolAssignment.

use crate::error::DecodeError;
use crate::message::Message;
use crate::wire::{Element, Reader, Writer};
use bytes::Bytes;
use std::ops::RangeInclusive;

/// Versions 0-3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerProtocolAssignment {
    /// Versions 0-3.
    pub assigned_partitions: Vec<TopicPartition>,
    /// Versions 0-3; nullable in 0-3; default null.
    pub user_data: Option<Bytes>,
}

impl Element for ConsumerProtocolAssignment {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.assigned_partitions, version);
        w.nullable_bytes(self.user_data.as_ref());
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        Ok(Self { assigned_partitions: r.array(version)?, user_data: r.nullable_bytes()? })
    }
}

impl Message for ConsumerProtocolAssignment {
    const NAME: &'static str = "ConsumerProtocolAssignment";
    const VERSIONS: RangeInclusive<i16> = 0..=3;
    const FIRST_FLEXIBLE: i16 = 4;
    const EXPANSION: usize = 8;
}

/// Part of [`ConsumerProtocolAssignment`], versions 0-3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicPartition {
    /// Versions 0-3.
    pub topic: String,
    /// Versions 0-3.
    pub partitions: Vec<i32>,
}

impl Element for TopicPartition {
    const MIN_SIZE: usize = 6;

    fn write(&self, w: &mut Writer, version: i16) {
        w.string(&self.topic);
        w.array(&self.partitions, version);
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        Ok(Self { topic: r.string()?, partitions: r.array(version)? })
    }
}
