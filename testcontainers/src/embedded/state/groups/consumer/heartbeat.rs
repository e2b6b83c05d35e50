//! ConsumerGroupHeartbeat: a member comes, is alive, changes its mind, or goes.

use std::collections::{BTreeMap, BTreeSet};

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::ConsumerGroupHeartbeatResponse;
use kafka_sdk_protocol::api::consumer_group_heartbeat::{Assignment, ResponseTopicPartitions};

use super::member::Member;
use super::reconcile::Subscription;
use super::{Consumer, Partitions, Refused, Topics, topics};
use crate::embedded::state::groups::Client;
use crate::embedded::versions::Number;

/// The epoch of one that wants to be a member.
const JOINING: i32 = 0;
/// The epoch of one that leaves.
pub(crate) const LEFT: i32 = -1;
/// The epoch of a static member that leaves and will be back.
pub(crate) const LEFT_FOR_A_WHILE: i32 = -2;
/// Since this release, the target is made anew when members come to prefer another assignor.
const SINCE_ASSIGNOR_COUNTS: Number = (4, 4);

/// A heartbeat. What has not changed since the last one is left out.
#[derive(Debug, Default)]
pub(crate) struct Beat {
    pub(crate) member_id: String,
    pub(crate) epoch: i32,
    pub(crate) instance: Option<String>,
    pub(crate) rack: Option<String>,
    pub(crate) client: Client,
    pub(crate) rebalance_timeout: Option<i64>,
    pub(crate) names: Option<BTreeSet<String>>,
    /// Empty: none any more.
    pub(crate) pattern: Option<String>,
    pub(crate) assignor: Option<String>,
    pub(crate) owned: Option<Partitions>,
}

impl Beat {
    /// Whether it is one that wants to be a member.
    pub(crate) fn joins(&self) -> bool {
        self.epoch == JOINING
    }

    /// Whether nothing is left out: so the member wants to hear all.
    fn is_full(&self) -> bool {
        let names_topics = self.names.is_some() || self.pattern.is_some();
        self.epoch == JOINING || self.rebalance_timeout.is_some() && names_topics && self.owned.is_some()
    }
}

impl Consumer {
    /// Answers a heartbeat.
    pub(crate) fn heartbeat(
        &mut self,
        beat: Beat,
        topics: &Topics,
        now: i64,
    ) -> Result<ConsumerGroupHeartbeatResponse, Refused> {
        if matches!(beat.epoch, LEFT | LEFT_FOR_A_WHILE) {
            return self.leave(&beat, topics);
        }
        let id = beat.member_id.clone();
        if !self.has_room(&id, beat.instance.as_deref()) {
            return refuse(
                ErrorCode::GROUP_MAX_SIZE_REACHED,
                "The group has as many members as it may have.",
            );
        }
        topics::check_pattern(beat.pattern.as_deref())?;
        let assignor = self.assignor().to_owned();
        let member = self.admit(&beat)?;
        let (before, is_full) = (member.partitions(), beat.is_full());
        let owned = beat.owned.clone();
        let (member, subscription) = updated(member, beat);
        self.members.insert(id.clone(), member);
        let has_other_assignor =
            self.settings.release >= SINCE_ASSIGNOR_COUNTS && self.assignor() != assignor;
        if subscription == Subscription::Changed || has_other_assignor || self.wanted(topics) != self.seen {
            self.raise_epoch(topics);
        }
        self.make_target(topics, now);
        self.reconcile(&id, subscription, owned.as_ref(), topics, now);
        let until = now + self.settings.consumer_session;
        let Some(member) = self.members.get_mut(&id) else {
            return refuse(ErrorCode::UNKNOWN_MEMBER_ID, "It is gone.");
        };
        member.session_until = Some(until);
        let has_news = is_full || member.partitions() != before;
        Ok(ConsumerGroupHeartbeatResponse {
            member_id: Some(id),
            member_epoch: member.epoch,
            heartbeat_interval_ms: self.settings.heartbeat_interval,
            assignment: has_news.then(|| assignment(&member.partitions())),
            ..Default::default()
        })
    }

    /// The member that beats, new or known.
    fn admit(&mut self, beat: &Beat) -> Result<Member, Refused> {
        let id = &beat.member_id;
        let known = match &beat.instance {
            Some(instance) => self.static_member(instance),
            None => self.members.get(id),
        };
        match (known, beat.epoch == JOINING) {
            (None, true) => Ok(Member { id: id.clone(), ..Default::default() }),
            (None, false) => refuse(ErrorCode::UNKNOWN_MEMBER_ID, "There is no such member."),
            (Some(known), true) if beat.instance.is_some() => {
                if known.epoch != LEFT_FOR_A_WHILE && known.classic.is_none() {
                    return refuse(ErrorCode::UNRELEASED_INSTANCE_ID, "The instance id is in use.");
                }
                let known = known.clone();
                Ok(self.replace(known, id))
            }
            (Some(known), true) => Ok(known.clone()),
            (Some(known), false) => {
                check_instance(known, beat)?;
                check_epoch(known, beat)?;
                Ok(known.clone())
            }
        }
    }

    /// A static member is back under another id, and has what it had.
    pub(super) fn replace(&mut self, known: Member, id: &str) -> Member {
        self.members.remove(&known.id);
        if let Some(target) = self.target.remove(&known.id) {
            self.target.insert(id.to_owned(), target);
        }
        Member { id: id.to_owned(), epoch: 0, previous_epoch: 0, ..known }
    }

    fn leave(&mut self, beat: &Beat, topics: &Topics) -> Result<ConsumerGroupHeartbeatResponse, Refused> {
        let known = match &beat.instance {
            Some(instance) => self.static_member(instance),
            None => self.members.get(&beat.member_id),
        };
        let Some(known) = known else {
            return refuse(ErrorCode::UNKNOWN_MEMBER_ID, "There is no such member.");
        };
        check_instance(known, beat)?;
        let id = known.id.clone();
        if beat.instance.is_some() && beat.epoch == LEFT_FOR_A_WHILE {
            if let Some(member) = self.members.get_mut(&id) {
                member.epoch = LEFT_FOR_A_WHILE;
                member.revoking.clear();
                member.revoke_until = None;
                // KIP-1251: who takes its place may commit of all that.
                member.assigned.values_mut().flat_map(BTreeMap::values_mut).for_each(|since| *since = 0);
            }
        } else {
            self.fence(std::slice::from_ref(&id), topics);
        }
        let (member_id, member_epoch) = (Some(id), beat.epoch);
        Ok(ConsumerGroupHeartbeatResponse { member_id, member_epoch, ..Default::default() })
    }
}

fn refuse<T>(code: ErrorCode, why: &str) -> Result<T, Refused> {
    Err((code, why.into()))
}

/// Takes over what a heartbeat says.
fn updated(member: Member, beat: Beat) -> (Member, Subscription) {
    let pattern =
        beat.pattern.map_or(member.pattern.clone(), |pattern| Some(pattern).filter(|it| !it.is_empty()));
    let names = beat.names.unwrap_or_else(|| member.names.clone());
    let is_same = names == member.names && pattern == member.pattern;
    let member = Member {
        instance: beat.instance.or(member.instance),
        rack: beat.rack.or(member.rack),
        client: beat.client,
        rebalance_timeout: beat.rebalance_timeout.unwrap_or(member.rebalance_timeout),
        assignor: beat.assignor.or(member.assignor),
        names,
        pattern,
        classic: None,
        ..member
    };
    (member, if is_same { Subscription::Same } else { Subscription::Changed })
}

fn check_instance(known: &Member, beat: &Beat) -> Result<(), Refused> {
    let is_other = beat.instance.is_some() && known.id != beat.member_id;
    if is_other { refuse(ErrorCode::FENCED_INSTANCE_ID, "Another has the instance id.") } else { Ok(()) }
}

/// Who is an epoch behind has not got the last answer, which is fine if it has nothing that it must not have.
fn check_epoch(known: &Member, beat: &Beat) -> Result<(), Refused> {
    let has_too_much = || {
        let owned = beat.owned.iter().flatten();
        let mut all = owned.flat_map(|(topic, partitions)| partitions.iter().map(move |it| (topic, it)));
        let is_assigned = |topic, it: &i32| known.assigned.get(topic).is_some_and(|all| all.contains_key(it));
        beat.owned.is_none() || all.any(|(topic, it)| !is_assigned(topic, it))
    };
    let is_behind = beat.epoch == known.previous_epoch && !has_too_much();
    if beat.epoch == known.epoch || beat.epoch < known.epoch && is_behind {
        return Ok(());
    }
    refuse(ErrorCode::FENCED_MEMBER_EPOCH, "It must give up all that it has, and join again.")
}

fn assignment(partitions: &Partitions) -> Assignment {
    let of_topic = |(&topic_id, all): (&_, &BTreeSet<i32>)| ResponseTopicPartitions {
        topic_id,
        partitions: all.iter().copied().collect(),
    };
    Assignment { topic_partitions: partitions.iter().map(of_topic).collect() }
}
