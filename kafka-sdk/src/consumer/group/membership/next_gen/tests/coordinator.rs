//! A coordinator of groups by the consumer protocol. It writes everything down before it answers.

use super::super::super::testing::{Coordinator, Origin, SECOND, id};
use super::super::super::{Call, ConsumerHeard, ConsumerHeartbeat, Reply, Subscription};
use crate::error::Error;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::wire::Uuid;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

pub(super) const SESSION: Duration = Duration::from_secs(10);
pub(super) const REBALANCE: Duration = Duration::from_secs(60);

/// This client is a static member.
pub(super) const STATIC: usize = 3;

type Partition = (Uuid, i32);

/// How members are taken back that are known under another epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Epoch0 {
    /// Not at all (brokers before 4.1).
    Refused,
    Taken,
}

#[derive(Clone, Debug, Default)]
struct Member {
    is_static: bool,
    epoch: i32,
    previous: i32,
    subscribed: BTreeSet<String>,
    target: BTreeSet<Partition>,
    assigned: BTreeSet<Partition>,
    revoking: BTreeSet<Partition>,
    revoked_by: Option<Instant>,
    session_ends: Option<Instant>,
}

pub(super) struct ConsumerCoordinator {
    epoch0: Epoch0,
    epoch: i32,
    targeted: i32,
    members: BTreeMap<Arc<str>, Member>,
    counts: BTreeMap<&'static str, usize>,
    loaded_at: Option<Instant>,
    answers: Vec<(Origin, Reply)>,
}

fn by_id(partitions: &BTreeSet<Partition>) -> BTreeMap<Uuid, Vec<i32>> {
    let mut map: BTreeMap<Uuid, Vec<i32>> = BTreeMap::new();
    partitions.iter().for_each(|(id, number)| map.entry(*id).or_default().push(*number));
    map
}

impl ConsumerCoordinator {
    pub(super) fn new(epoch0: Epoch0) -> Self {
        Self {
            epoch0,
            epoch: 0,
            targeted: 0,
            members: BTreeMap::new(),
            counts: BTreeMap::new(),
            loaded_at: None,
            answers: Vec::new(),
        }
    }

    fn heartbeat(
        &mut self,
        now: Instant,
        from: Origin,
        heartbeat: &ConsumerHeartbeat,
    ) -> Result<ConsumerHeard, ErrorCode> {
        let member_id = heartbeat.member_id.text();
        let owned = heartbeat.owned.as_ref().map(|owned| {
            owned.iter().flat_map(|(id, numbers)| numbers.iter().map(|number| (*id, *number))).collect()
        });
        let owned: Option<BTreeSet<Partition>> = owned;
        match heartbeat.epoch {
            -1 => return self.leave(member_id),
            -2 => return self.pause(member_id),
            0 => self.admit(member_id, from)?,
            epoch => self.check(member_id, epoch, owned.as_ref())?,
        }
        if let Some(Subscription::Topics(names)) = &heartbeat.subscription {
            let names = names.iter().map(ToString::to_string).collect();
            let member = self.members.get_mut(member_id).ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
            if member.subscribed != names {
                member.subscribed = names;
                self.epoch += 1;
            }
        }
        self.retarget();
        let before = self.members.get(member_id).map(|member| member.assigned.clone());
        self.reconcile(now, member_id, owned.as_ref());
        let member = self.members.get_mut(member_id).ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
        member.session_ends = Some(now + SESSION);
        let full = heartbeat.epoch == 0
            || (heartbeat.rebalance_timeout.is_some()
                && heartbeat.subscription.is_some()
                && heartbeat.owned.is_some());
        let tell = full || before.as_ref() != Some(&member.assigned);
        Ok(ConsumerHeard {
            member_id: Some(member_id.clone()),
            epoch: member.epoch,
            interval: 3 * SECOND,
            assignment: tell.then(|| by_id(&member.assigned)),
        })
    }

    fn admit(&mut self, member_id: &Arc<str>, from: Origin) -> Result<(), ErrorCode> {
        let is_static = from.client == STATIC;
        if is_static && let Some((old, member)) = self.members.iter().find(|(_, member)| member.is_static) {
            if member.epoch != -2 {
                return Err(ErrorCode::UNRELEASED_INSTANCE_ID);
            }
            let old = old.clone();
            let mut member = self.members.remove(&old).unwrap_or_default();
            (member.epoch, member.previous) = (0, 0);
            member.assigned.append(&mut member.revoking);
            self.members.insert(member_id.clone(), member);
            return Ok(());
        }
        match self.members.get_mut(member_id) {
            Some(member) if self.epoch0 == Epoch0::Refused && member.epoch != 0 && member.previous != 0 => {
                Err(ErrorCode::FENCED_MEMBER_EPOCH)
            }
            Some(_) => Ok(()),
            None => {
                self.members.insert(member_id.clone(), Member { is_static, ..Member::default() });
                self.epoch += 1;
                Ok(())
            }
        }
    }

    fn check(
        &self,
        member_id: &Arc<str>,
        epoch: i32,
        owned: Option<&BTreeSet<Partition>>,
    ) -> Result<(), ErrorCode> {
        let member = self.members.get(member_id).ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
        let subset = owned.is_some_and(|owned| owned.is_subset(&member.assigned));
        if epoch == member.epoch || (epoch < member.epoch && epoch == member.previous && subset) {
            return Ok(());
        }
        Err(ErrorCode::FENCED_MEMBER_EPOCH)
    }

    fn leave(&mut self, member_id: &Arc<str>) -> Result<ConsumerHeard, ErrorCode> {
        self.members.remove(member_id).ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
        self.epoch += 1;
        Ok(ConsumerHeard { epoch: -1, ..ConsumerHeard::default() })
    }

    fn pause(&mut self, member_id: &Arc<str>) -> Result<ConsumerHeard, ErrorCode> {
        let member = self.members.get_mut(member_id).ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
        member.epoch = -2;
        member.revoking.clear();
        Ok(ConsumerHeard { epoch: -2, ..ConsumerHeard::default() })
    }

    /// Everybody keeps what he was to have, up to his share.
    fn retarget(&mut self) {
        if self.targeted == self.epoch {
            return;
        }
        self.targeted = self.epoch;
        let all: Vec<(&str, Partition)> = self
            .counts
            .iter()
            .flat_map(|(name, count)| (0..*count as i32).map(|number| (*name, (id(name), number))))
            .collect();
        let share = all.len().div_ceil(self.members.len().max(1));
        let mut open = Vec::new();
        let mut targets: BTreeMap<Arc<str>, BTreeSet<Partition>> =
            self.members.keys().map(|id| (id.clone(), BTreeSet::new())).collect();
        for (name, partition) in all {
            let owner = self.members.iter().find(|(id, member)| {
                let room = targets.get(*id).is_some_and(|target| target.len() < share);
                member.target.contains(&partition) && member.subscribed.contains(name) && room
            });
            match owner.and_then(|(id, _)| targets.get_mut(id)) {
                Some(target) => drop(target.insert(partition)),
                None => open.push((name, partition)),
            }
        }
        for (name, partition) in open {
            let takers = targets.iter_mut().filter(|(id, _)| self.members[*id].subscribed.contains(name));
            if let Some((_, target)) = takers.min_by_key(|(_, target)| target.len()) {
                target.insert(partition);
            }
        }
        for (id, target) in targets {
            if let Some(member) = self.members.get_mut(&id) {
                member.target = target;
            }
        }
    }

    fn reconcile(&mut self, now: Instant, member_id: &Arc<str>, owned: Option<&BTreeSet<Partition>>) {
        let others = self.members.iter().filter(|(id, _)| *id != member_id);
        let taken: BTreeSet<Partition> =
            others.flat_map(|(_, member)| member.assigned.union(&member.revoking).copied()).collect();
        let epoch = self.targeted;
        let Some(member) = self.members.get_mut(member_id) else { return };
        let owns =
            |partitions: &BTreeSet<Partition>| owned.is_none_or(|owned| !owned.is_disjoint(partitions));
        if !member.revoking.is_empty() {
            if owns(&member.revoking) {
                return;
            }
            member.revoking.clear();
        }
        let kept: BTreeSet<Partition> = member.assigned.intersection(&member.target).copied().collect();
        let surplus: BTreeSet<Partition> = member.assigned.difference(&kept).copied().collect();
        member.assigned = kept;
        if !surplus.is_empty() && owns(&surplus) {
            member.revoking = surplus;
            member.revoked_by = Some(now + REBALANCE);
            if member.epoch == 0 {
                member.epoch = epoch;
            }
            return;
        }
        member.assigned.extend(member.target.difference(&taken));
        if member.epoch != epoch {
            member.previous = member.epoch;
            member.epoch = epoch;
        }
    }

    fn is_away(&self, now: Instant) -> bool {
        self.loaded_at.is_some_and(|at| now < at)
    }
}

impl Coordinator for ConsumerCoordinator {
    fn request(&mut self, now: Instant, from: Origin, call: Call) {
        let Call::ConsumerHeartbeat(heartbeat) = call else { return };
        let result = if self.is_away(now) {
            Err(ErrorCode::NOT_COORDINATOR)
        } else {
            self.heartbeat(now, from, &heartbeat)
        };
        let outcome = result.map_err(|code| Error::of_code(code, "refused"));
        self.answers.push((from, Reply::ConsumerHeard(from.ticket, outcome)));
    }

    fn timeout(&mut self, now: Instant) {
        if self.is_away(now) {
            return;
        }
        if self.loaded_at.take().is_some() {
            for member in self.members.values_mut() {
                member.session_ends = Some(now + SESSION);
                member.revoked_by = Some(now + REBALANCE);
            }
        }
        let before = self.members.len();
        self.members.retain(|_, member| {
            let late = !member.revoking.is_empty() && member.revoked_by.is_some_and(|by| by <= now);
            !late && member.session_ends.is_none_or(|ends| ends > now)
        });
        self.epoch += i32::from(self.members.len() < before);
    }

    fn deadline(&self) -> Option<Instant> {
        if self.loaded_at.is_some() {
            return self.loaded_at;
        }
        let late = self.members.values().filter(|member| !member.revoking.is_empty());
        let late = late.filter_map(|member| member.revoked_by);
        self.members.values().filter_map(|member| member.session_ends).chain(late).min()
    }

    fn answers(&mut self) -> Vec<(Origin, Reply)> {
        std::mem::take(&mut self.answers)
    }

    fn moves(&mut self, _now: Instant, loaded_at: Instant) {
        self.loaded_at = Some(loaded_at);
    }

    fn topics(&mut self, _now: Instant, counts: &BTreeMap<&'static str, usize>) {
        self.counts = counts.clone();
        self.epoch += 1;
    }
}
