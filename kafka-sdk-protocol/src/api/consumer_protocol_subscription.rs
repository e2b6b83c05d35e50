//! ConsumerProtocolSubscription.

use crate::error::DecodeError;
use crate::message::Message;
use crate::wire::{Element, Reader, Writer};
use bytes::Bytes;
use std::ops::RangeInclusive;

/// Versions 0-3.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerProtocolSubscription {
    /// Versions 0-3.
    pub topics: Vec<String>,
    /// Versions 0-3; nullable in 0-3; default null.
    pub user_data: Option<Bytes>,
    /// Versions 1-3; ignorable.
    pub owned_partitions: Vec<TopicPartition>,
    /// Versions 2-3; ignorable; default -1.
    pub generation_id: i32,
    /// Versions 3; nullable in 3; ignorable; default null.
    pub rack_id: Option<String>,
}

impl Default for ConsumerProtocolSubscription {
    fn default() -> Self {
        Self {
            topics: Vec::new(),
            user_data: None,
            owned_partitions: Vec::new(),
            generation_id: -1,
            rack_id: None,
        }
    }
}

impl Element for ConsumerProtocolSubscription {
    const MIN_SIZE: usize = 8;

    fn write(&self, w: &mut Writer, version: i16) {
        w.array(&self.topics, version);
        w.nullable_bytes(self.user_data.as_ref());
        if version >= 1 {
            w.array(&self.owned_partitions, version);
        }
        if version >= 2 {
            w.i32(self.generation_id);
        }
        if version >= 3 {
            w.nullable_string(self.rack_id.as_deref());
        }
    }

    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        Ok(Self {
            topics: r.array(version)?,
            user_data: r.nullable_bytes()?,
            owned_partitions: if version >= 1 { r.array(version)? } else { Vec::new() },
            generation_id: if version >= 2 { r.i32()? } else { -1 },
            rack_id: if version >= 3 { r.nullable_string()? } else { None },
        })
    }
}

impl Message for ConsumerProtocolSubscription {
    const NAME: &'static str = "ConsumerProtocolSubscription";
    const VERSIONS: RangeInclusive<i16> = 0..=3;
    const FIRST_FLEXIBLE: i16 = 4;
    const EXPANSION: usize = 24;
}

/// Part of [`ConsumerProtocolSubscription`], versions 1-3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicPartition {
    /// Versions 1-3.
    pub topic: String,
    /// Versions 1-3.
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
