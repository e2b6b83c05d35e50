//! One step of a member towards what it is to have: first it gives up, then it gets.

use std::collections::{BTreeMap, BTreeSet};

use kafka_sdk_protocol::wire::Uuid;

use super::member::{Member, State};
use super::{Consumer, Partitions, Topics};
use crate::embedded::versions::Number;

/// Since this release, a member is held to its own subscription at once, may get back what it has given up, and stays in
/// its epoch if there is more to give up.
const SINCE_HELD_TO_SUBSCRIPTION: Number = (4, 2);

/// Whether a member has just changed its mind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subscription {
    Same,
    Changed,
}

/// A step of a member.
struct Step<'a> {
    group: &'a Consumer,
    member: &'a Member,
    /// The topics that it wants.
    wants: BTreeSet<Uuid>,
    /// What it says it has, if it does.
    owned: Option<&'a Partitions>,
    now: i64,
}

impl Consumer {
    /// Leads a member on. `owned`: what it says it has, if it does.
    pub(super) fn reconcile(
        &mut self,
        id: &str,
        subscription: Subscription,
        owned: Option<&Partitions>,
        topics: &Topics,
        now: i64,
    ) {
        let Some(member) = self.members.get(id) else { return };
        let step = Step { group: self, member, wants: member.wants(topics), owned, now };
        if let Some(next) = step.take(subscription) {
            self.members.insert(id.to_owned(), next);
        }
    }
}

impl Step<'_> {
    fn take(&self, subscription: Subscription) -> Option<Member> {
        let is_new = self.is_new();
        let epoch = self.member.epoch;
        match self.member.state {
            State::Stable if epoch != self.group.target_epoch => Some(self.next(epoch)),
            State::Unrevoked if !self.has_any(&self.member.revoking) => {
                Some(self.next(if is_new { epoch } else { epoch + 1 }))
            }
            State::Unreleased => Some(self.next(epoch)),
            State::Stable | State::Unrevoked if is_new && subscription == Subscription::Changed => {
                self.held_to_subscription()
            }
            State::Stable | State::Unrevoked => None,
        }
    }

    /// Gives up, in its epoch, what it does not want any more.
    fn held_to_subscription(&self) -> Option<Member> {
        let (kept, unwanted): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.member.assigned.clone().into_iter().partition(|(topic, _)| self.wants.contains(topic));
        if unwanted.is_empty() {
            return None;
        }
        let mut revoking = self.member.revoking.clone();
        for (topic, partitions) in unwanted {
            revoking.entry(topic).or_default().extend(partitions.keys());
        }
        let epoch = self.member.epoch;
        Some(if self.has_any(&revoking) {
            self.unrevoked(epoch, kept, revoking)
        } else {
            Member { assigned: kept, previous_epoch: epoch, ..self.member.clone() }
        })
    }

    /// The step towards the target: as far as it has nothing that it must not have.
    fn next(&self, epoch: i32) -> Member {
        let target = self.target();
        let mut kept: BTreeMap<Uuid, BTreeMap<i32, i32>> = BTreeMap::new();
        let mut revoking = Partitions::new();
        for (topic, partitions) in &self.member.assigned {
            for (partition, since) in partitions {
                if target.get(topic).is_some_and(|it| it.contains(partition)) {
                    kept.entry(*topic).or_default().insert(*partition, *since);
                } else {
                    revoking.entry(*topic).or_default().insert(*partition);
                }
            }
        }
        if !revoking.is_empty() && self.has_any(&revoking) {
            return self.unrevoked(epoch, kept, revoking);
        }
        let mut state = State::Stable;
        for (topic, partitions) in target {
            for partition in partitions {
                if kept.get(&topic).is_some_and(|all| all.contains_key(&partition)) {
                    continue;
                }
                if self.is_taken(topic, partition) {
                    state = State::Unreleased;
                } else {
                    kept.entry(topic).or_default().insert(partition, self.group.target_epoch);
                }
            }
        }
        Member {
            state,
            epoch: self.group.target_epoch,
            previous_epoch: self.member.epoch,
            assigned: kept,
            revoking: Partitions::new(),
            revoke_until: None,
            ..self.member.clone()
        }
    }

    fn unrevoked(
        &self,
        epoch: i32,
        kept: BTreeMap<Uuid, BTreeMap<i32, i32>>,
        revoking: Partitions,
    ) -> Member {
        Member {
            state: State::Unrevoked,
            epoch,
            previous_epoch: self.member.epoch,
            assigned: kept,
            revoking,
            // One of the classic protocol has until it must have joined again.
            revoke_until: self.member.classic.is_none().then_some(self.now + self.member.rebalance_timeout),
            ..self.member.clone()
        }
    }

    /// Whether a partition is somebody's. What the member itself has given up is nobody's.
    fn is_taken(&self, topic: Uuid, partition: i32) -> bool {
        let counts = |id: &str| id != self.member.id || !self.is_new();
        self.group.members.values().any(|other| counts(&other.id) && other.has(topic, partition))
    }

    fn is_new(&self) -> bool {
        self.group.settings.release >= SINCE_HELD_TO_SUBSCRIPTION
    }

    /// What it is to have of what it wants.
    fn target(&self) -> Partitions {
        let mut target = self.group.target.get(&self.member.id).cloned().unwrap_or_default();
        if self.is_new() {
            target.retain(|topic, _| self.wants.contains(topic));
        }
        target
    }

    /// Whether the member has some of these; one that does not say has all.
    fn has_any(&self, these: &Partitions) -> bool {
        let Some(owned) = self.owned else { return true };
        these.iter().any(|(topic, these)| owned.get(topic).is_some_and(|owned| !owned.is_disjoint(these)))
    }
}
