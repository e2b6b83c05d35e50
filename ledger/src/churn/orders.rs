//! What a member is to be.

use super::defects::Defect;
use crate::world::Trouble;
use std::str::FromStr;

/// By which protocol it joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The members distribute the partitions.
    Classic,
    /// The brokers do (KIP-848).
    Consumer,
}

impl FromStr for Protocol {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let mut all = [Self::Classic, Self::Consumer].into_iter();
        all.find(|protocol| format!("{protocol:?}") == name)
            .ok_or_else(|| format!("there is no protocol {name}"))
    }
}

/// How it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// One record after the other.
    InTurn,
    /// Several at a time, each to be acknowledged, in whatever order they are done.
    Acked,
}

impl FromStr for Reading {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let mut all = [Self::InTurn, Self::Acked].into_iter();
        all.find(|reading| format!("{reading:?}") == name)
            .ok_or_else(|| format!("there is no way of reading {name}"))
    }
}

/// What a member is started with: its arguments, one for each field.
#[derive(Clone, Debug)]
pub struct Orders {
    /// Where the brokers are.
    pub servers: String,
    /// The group.
    pub group: String,
    /// The topic.
    pub topic: String,
    /// By which it joins.
    pub protocol: Protocol,
    /// The assignor.
    pub assignor: String,
    /// Of a static member; empty for others.
    pub instance_id: String,
    /// How it reads.
    pub reading: Reading,
    /// What is wrong with it.
    pub defect: Defect,
}

impl Orders {
    /// As arguments.
    #[must_use]
    pub fn args(&self) -> [String; 8] {
        let Self { servers, group, topic, protocol, assignor, instance_id, reading, defect } = self.clone();
        let [protocol, reading, defect] =
            [format!("{protocol:?}"), format!("{reading:?}"), format!("{defect:?}")];
        [servers, group, topic, protocol, assignor, instance_id, reading, defect]
    }

    /// From arguments.
    ///
    /// # Errors
    /// There are others than [`Self::args`] gives.
    pub fn of(args: Vec<String>) -> Result<Self, Trouble> {
        let args =
            <[String; 8]>::try_from(args).map_err(|args| format!("not a member's arguments: {args:?}"))?;
        let [servers, group, topic, protocol, assignor, instance_id, reading, defect] = args;
        let (protocol, reading, defect) = (protocol.parse()?, reading.parse()?, defect.parse()?);
        Ok(Self { servers, group, topic, protocol, assignor, instance_id, reading, defect })
    }
}
