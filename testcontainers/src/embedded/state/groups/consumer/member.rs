//! A member of a group of the consumer protocol.

use std::collections::{BTreeMap, BTreeSet};

use kafka_sdk_protocol::api::join_group::JoinGroupRequestProtocol;
use kafka_sdk_protocol::wire::Uuid;

use super::Partitions;
use crate::embedded::state::groups::Client;

/// How a member is on its way to what it is to have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum State {
    /// It has all that it is to have.
    #[default]
    Stable,
    /// It has not given up yet what others are to have.
    Unrevoked,
    /// Others have not given up yet what it is to have.
    Unreleased,
}

/// A member.
#[derive(Debug, Clone, Default)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) instance: Option<String>,
    pub(super) rack: Option<String>,
    pub(super) client: Client,
    pub(super) rebalance_timeout: i64,
    /// The topics that it wants by their names, and by a pattern.
    pub(super) names: BTreeSet<String>,
    pub(super) pattern: Option<String>,
    pub(super) assignor: Option<String>,
    pub(super) state: State,
    pub(super) epoch: i32,
    pub(super) previous_epoch: i32,
    /// What it has, each partition since some epoch.
    pub(super) assigned: BTreeMap<Uuid, BTreeMap<i32, i32>>,
    /// What it has to give up.
    pub(super) revoking: Partitions,
    pub(super) session_until: Option<i64>,
    /// Until when it has to have given that up.
    pub(super) revoke_until: Option<i64>,
    /// It uses the classic protocol.
    pub(super) classic: Option<ClassicSide>,
}

/// What only members of the classic protocol have.
#[derive(Debug, Clone)]
pub(super) struct ClassicSide {
    pub(super) session_timeout: i64,
    pub(super) protocols: Vec<JoinGroupRequestProtocol>,
    /// Until when it has to have joined again.
    pub(super) join_until: Option<i64>,
    /// Until when it has to have fetched its assignment.
    pub(super) sync_until: Option<i64>,
}

impl ClassicSide {
    pub(super) fn knows(&self, protocol: &str) -> bool {
        self.protocols.iter().any(|known| known.name == protocol)
    }
}

impl Member {
    pub(super) fn has(&self, topic: Uuid, partition: i32) -> bool {
        let is_assigned = self.assigned.get(&topic).is_some_and(|all| all.contains_key(&partition));
        is_assigned || self.revoking.get(&topic).is_some_and(|all| all.contains(&partition))
    }

    /// What it has, without epochs.
    pub(super) fn partitions(&self) -> Partitions {
        let of_topic = |(id, all): (&Uuid, &BTreeMap<i32, i32>)| (*id, all.keys().copied().collect());
        self.assigned.iter().map(of_topic).collect()
    }

    /// The times by which something has to be heard of it.
    pub(super) fn limits(&self) -> impl Iterator<Item = i64> {
        let of_classic = self.classic.iter().flat_map(|classic| [classic.join_until, classic.sync_until]);
        [self.session_until, self.revoke_until].into_iter().chain(of_classic).flatten()
    }

    pub(super) fn is_at(&self, epoch: i32) -> bool {
        self.state == State::Stable && self.epoch == epoch
    }
}
