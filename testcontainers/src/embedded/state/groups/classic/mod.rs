//! A group of the classic protocol: its members decide among themselves who gets what.
//!
//! ```text
//!          join             all are here, or time is up           the leader has synced
//!  Empty ───────▶ Preparing ────────────────────────▶ Completing ───────────────────▶ Stable
//!    ▲                │ ▲                                  │                             │
//!    └────────────────┘ └──────────────────────────────────┴─────────────────────────────┘
//!     nobody is left      somebody joins, leaves, is not heard of, or does not sync in time
//! ```
//!
//! In `Preparing` the answers to JoinGroup wait, in `Completing` those to SyncGroup. Each time `Completing` is entered
//! begins a generation.

mod commit;
mod describe;
mod join;
mod leave;
mod member;
mod migration;
mod protocols;
mod rebalance;
mod sync;
#[cfg(test)]
mod tests;
mod timers;

use std::collections::{BTreeMap, BTreeSet};

use kafka_sdk_protocol::ErrorCode;

use super::settings::Settings;
pub(crate) use commit::Committer;
pub(crate) use join::Join;
pub(super) use join::WITH_OWN_ID;
use member::Member;
pub(crate) use member::join_refused;
pub(crate) use protocols::java_hash;
pub(crate) use sync::Sync;
use timers::JoinTimer;

/// Where a group stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Empty,
    Preparing,
    Completing,
    Stable,
}

/// A group of the classic protocol.
#[derive(Debug)]
pub(crate) struct Classic {
    settings: Settings,
    phase: Phase,
    /// The phase before this one.
    before: Phase,
    generation: i32,
    protocol_type: Option<String>,
    protocol: Option<String>,
    leader: Option<String>,
    /// In the order in which they came.
    members: Vec<Member>,
    /// Ids that were given to members who have not come back with them, and when they are void (KIP-394).
    pending: BTreeMap<String, i64>,
    /// Who has not synced in this generation.
    unsynced: BTreeSet<String>,
    /// The topics that members want, since this generation began.
    wanted: Option<BTreeSet<String>>,
    join_timer: Option<JoinTimer>,
    sync_until: Option<i64>,
    /// Whether somebody has come while the first of an empty group waits.
    has_grown: bool,
}

impl Classic {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            phase: Phase::Empty,
            before: Phase::Empty,
            generation: 0,
            protocol_type: None,
            protocol: None,
            leader: None,
            members: Vec::new(),
            pending: BTreeMap::new(),
            unsynced: BTreeSet::new(),
            wanted: None,
            join_timer: None,
            sync_until: None,
            has_grown: false,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.phase == Phase::Empty
    }

    /// A member is alive, and hears whether it has to join again.
    pub(crate) fn heartbeat(
        &mut self,
        member: &str,
        instance: Option<&str>,
        generation: i32,
        now: i64,
    ) -> Result<(), ErrorCode> {
        // Until Kafka 2.7, a heartbeat while the leader distributes was none.
        let refuses = self.settings.release < (2, 7) && self.phase == Phase::Completing;
        self.check_member(member, instance)?;
        if refuses {
            return Err(ErrorCode::REBALANCE_IN_PROGRESS);
        }
        self.check_generation(generation)?;
        match self.phase {
            Phase::Empty => return Err(ErrorCode::UNKNOWN_MEMBER_ID),
            Phase::Preparing => {
                self.renew_session(member, now);
                return Err(ErrorCode::REBALANCE_IN_PROGRESS);
            }
            Phase::Completing | Phase::Stable => self.renew_session(member, now),
        }
        Ok(())
    }

    /// Whether it is a member, and the one with that instance id (KIP-345).
    fn check_member(&self, id: &str, instance: Option<&str>) -> Result<(), ErrorCode> {
        if let Some(instance) = instance {
            let known = self.static_member(instance).ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
            if known.id != id {
                return Err(ErrorCode::FENCED_INSTANCE_ID);
            }
        }
        self.member(id).map(drop).ok_or(ErrorCode::UNKNOWN_MEMBER_ID)
    }

    fn check_generation(&self, generation: i32) -> Result<(), ErrorCode> {
        if generation == self.generation { Ok(()) } else { Err(ErrorCode::ILLEGAL_GENERATION) }
    }

    fn member(&self, id: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }

    fn member_mut(&mut self, id: &str) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.id == id)
    }

    fn static_member(&self, instance: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.instance.as_deref() == Some(instance))
    }

    fn is_leader(&self, id: &str) -> bool {
        self.leader.as_deref() == Some(id)
    }

    /// Takes a member out. Who waits for an answer as that member gets none.
    fn remove(&mut self, id: &str) {
        self.members.retain(|member| member.id != id);
        if self.is_leader(id) {
            self.leader = self.members.first().map(|member| member.id.clone());
        }
        self.pending.remove(id);
        self.unsynced.remove(id);
    }

    fn enter(&mut self, phase: Phase) {
        self.before = self.phase;
        self.phase = phase;
    }
}
