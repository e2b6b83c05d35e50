//! A group of the consumer protocol (KIP-848): the coordinator decides who gets what, and each member is led there by
//! its own heartbeats.
//!
//! ```text
//! epoch          goes up when a member comes, goes or changes its mind, and when topics change
//! target epoch   the epoch that the target, who is to have what, was made for
//! member epoch   how far a member is; it is not let further while it has what others are to have
//!
//!                  must give up partitions                     has given them up
//!     Stable ──────────────────────────────▶ Unrevoked ───────────────────────────┐
//!       ▲  │                                                                      ▼
//!       │  └─────────────────────────────────────────────────────────────▶ Unreleased
//!       └──────────────────────────────────────────────────────────────────────┘
//!                  others have given up what it is to have
//! ```

pub(crate) mod assignors;
mod classic_join;
mod classic_members;
mod commit;
mod describe;
mod heartbeat;
mod member;
mod migration;
mod reconcile;
#[cfg(test)]
mod tests;
mod timers;
mod topics;

use std::collections::{BTreeMap, BTreeSet};

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::wire::Uuid;

use super::settings::Settings;
use crate::embedded::state::topic::Topic;
use crate::embedded::versions::Number;
pub(crate) use heartbeat::{Beat, LEFT, LEFT_FOR_A_WHILE};
use member::Member;
pub(crate) use migration::Downgrade;

/// All topics of the cluster.
pub(crate) type Topics = BTreeMap<String, Topic>;
/// Partitions of topics, by their ids.
pub(crate) type Partitions = BTreeMap<Uuid, BTreeSet<i32>>;
/// What is refused, and why.
pub(crate) type Refused = (ErrorCode, String);

/// Since this release, what a group without members has, nothing, counts as a target.
const SINCE_NOTHING_IS_A_TARGET: Number = (4, 3);

/// A group of the consumer protocol.
#[derive(Debug)]
pub(crate) struct Consumer {
    settings: Settings,
    epoch: i32,
    target_epoch: i32,
    members: BTreeMap<String, Member>,
    /// Who is to have what.
    target: BTreeMap<String, Partitions>,
    /// The topics that members want, as they were when the epoch last went up: id and number of partitions.
    seen: BTreeMap<String, (Uuid, usize)>,
    /// When the target was last made.
    made_at: Option<i64>,
    /// When it is to be made anew, if it was too young when a member was heard of.
    put_off: Option<i64>,
    /// It is to go on as a classic group.
    downgrade: Option<Downgrade>,
}

impl Consumer {
    pub(crate) fn new(settings: Settings) -> Self {
        let epoch = i32::from(settings.release >= SINCE_NOTHING_IS_A_TARGET);
        Self {
            settings,
            epoch,
            target_epoch: epoch,
            members: BTreeMap::new(),
            target: BTreeMap::new(),
            seen: BTreeMap::new(),
            made_at: None,
            put_off: None,
            downgrade: None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    fn static_member(&self, instance: &str) -> Option<&Member> {
        self.members.values().find(|member| member.instance.as_deref() == Some(instance))
    }

    /// Whether one more, or one that is in already, may be in.
    fn has_room(&self, id: &str, instance: Option<&str>) -> bool {
        self.members.len() < self.settings.max_consumers
            || self.members.contains_key(id)
            || instance.is_some_and(|instance| self.static_member(instance).is_some())
    }

    /// Members are out. The target is made anew when the next one is heard of.
    fn fence(&mut self, ids: &[String], topics: &Topics) {
        for id in ids {
            self.members.remove(id);
            self.target.remove(id);
        }
        if self.may_be_classic_without(&[], self.members.len()) {
            self.downgrade = Some(Downgrade::Rebalance);
            return;
        }
        self.raise_epoch(topics);
        if self.is_empty() && self.settings.release >= SINCE_NOTHING_IS_A_TARGET {
            self.target_epoch = self.epoch;
        }
    }

    /// Whether a partition is somebody's.
    fn is_taken(&self, topic: Uuid, partition: i32) -> bool {
        self.members.values().any(|member| member.has(topic, partition))
    }

    /// There is something new to go by.
    fn raise_epoch(&mut self, topics: &Topics) {
        self.seen = self.wanted(topics);
        self.epoch += 1;
    }

    /// Makes the target for this epoch, unless the last one is too young.
    fn make_target(&mut self, topics: &Topics, now: i64) {
        if self.epoch <= self.target_epoch {
            return;
        }
        self.put_off = self.made_at.map(|at| at + self.settings.assignment_interval).filter(|&at| at > now);
        if self.put_off.is_none() {
            self.target = assignors::assign(self.assignor(), &self.wishes(topics), &self.target);
            self.target_epoch = self.epoch;
            self.made_at = Some(now);
        }
    }

    /// The assignor that most members ask for; if none does, the first that there is.
    fn assignor(&self) -> &str {
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for wanted in self.members.values().filter_map(|member| member.assignor.as_deref()) {
            *votes.entry(wanted).or_default() += 1;
        }
        votes.into_iter().max_by_key(|&(_, count)| count).map_or(assignors::DEFAULT, |(name, _)| name)
    }
}

/// An id as Kafka makes them.
pub(crate) fn random_id() -> String {
    Uuid(fastrand::u128(..).to_be_bytes()).to_string()
}
