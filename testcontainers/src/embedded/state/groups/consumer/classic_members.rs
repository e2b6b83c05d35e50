//! Members of the classic protocol in a group of the consumer protocol, which they share while members change over one by
//! one: they are led like the others, and hear of it by having to join again.

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::SyncGroupResponse;
use kafka_sdk_protocol::api::leave_group::{MemberIdentity, MemberResponse};

use super::member::{ClassicSide, Member, State};
use super::{Consumer, Topics};
use crate::embedded::state::groups::classic::Sync;
use crate::embedded::state::groups::embedded_protocol::{CONSUMER, assignment_bytes};

impl Consumer {
    /// Answers a SyncGroup: with what the member has, which need not be all yet that it is to have.
    pub(crate) fn sync(&mut self, sync: Sync, topics: &Topics, now: i64) {
        match self.assignment_of(&sync, topics, now) {
            Ok(assignment) => {
                let (protocol_type, protocol_name) = (sync.protocol_type.clone(), sync.protocol.clone());
                let answer =
                    SyncGroupResponse { protocol_type, protocol_name, assignment, ..Default::default() };
                sync.answer(answer);
            }
            Err(code) => sync.refuse(code),
        }
    }

    fn assignment_of(&mut self, sync: &Sync, topics: &Topics, now: i64) -> Result<Bytes, ErrorCode> {
        let epoch = self.epoch;
        let (member, classic) = self.classic_member(&sync.member_id, sync.instance.as_deref())?;
        if member.epoch != sync.generation {
            return Err(ErrorCode::ILLEGAL_GENERATION);
        }
        let first = classic.protocols.first();
        let differs = |told: &Option<String>, ours: Option<&str>| told.is_some() && told.as_deref() != ours;
        if differs(&sync.protocol_type, Some(CONSUMER))
            || differs(&sync.protocol, first.map(|protocol| protocol.name.as_str()))
        {
            return Err(ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
        }
        // Who has something to give up has joined already, and does so when that is done.
        if epoch > member.epoch && member.state != State::Unrevoked {
            self.must_join(&sync.member_id, now);
            return Err(ErrorCode::REBALANCE_IN_PROGRESS);
        }
        let metadata = first.map(|protocol| protocol.metadata.clone()).unwrap_or_default();
        let assignment = assignment_bytes(&member.partitions(), topics, &metadata);
        self.renew_classic(&sync.member_id, now, |classic| classic.sync_until = None);
        Ok(assignment)
    }

    /// Answers a Heartbeat: whether the member has to join again, to catch up, to give up, or to get what has become free.
    pub(crate) fn classic_heartbeat(
        &mut self,
        id: &str,
        instance: Option<&str>,
        generation: i32,
        now: i64,
    ) -> Result<(), ErrorCode> {
        let epoch = self.epoch;
        let (member, _) = self.classic_member(id, instance)?;
        if member.epoch != generation {
            return Err(ErrorCode::ILLEGAL_GENERATION);
        }
        let is_behind = member.epoch < epoch;
        let has_news = match member.state {
            State::Stable => is_behind,
            State::Unrevoked => true,
            State::Unreleased => is_behind || !self.waits_for_others(member),
        };
        self.renew_classic(id, now, |_| {});
        if has_news {
            self.must_join(id, now);
            return Err(ErrorCode::REBALANCE_IN_PROGRESS);
        }
        Ok(())
    }

    /// Whether some of what it is to have is still somebody's.
    fn waits_for_others(&self, member: &Member) -> bool {
        let target = self.target.get(&member.id).into_iter().flatten();
        let mut all = target.flat_map(|(topic, all)| all.iter().map(move |partition| (*topic, *partition)));
        let has =
            |topic, partition| member.assigned.get(&topic).is_some_and(|it| it.contains_key(&partition));
        all.any(|(topic, partition)| !has(topic, partition) && self.is_taken(topic, partition))
    }

    /// Answers a LeaveGroup: members go, each by its id, by its instance id, or by both. Those of the consumer protocol are
    /// taken out that way by admin clients.
    pub(crate) fn remove_members(
        &mut self,
        members: Vec<MemberIdentity>,
        topics: &Topics,
    ) -> Vec<MemberResponse> {
        let mut gone = Vec::new();
        let mut leave = |who: MemberIdentity| {
            let found = self.leaving(&who);
            gone.extend(found.as_ref().ok().cloned());
            MemberResponse {
                error_code: found.err().unwrap_or_default(),
                member_id: who.member_id,
                group_instance_id: who.group_instance_id,
            }
        };
        let left = members.into_iter().map(&mut leave).collect();
        if !gone.is_empty() {
            self.fence(&gone, topics);
        }
        left
    }

    /// Who leaves. Whoever knows the instance id may take a static member out.
    fn leaving(&self, who: &MemberIdentity) -> Result<String, ErrorCode> {
        let instance = who.group_instance_id.as_deref();
        match instance {
            Some(instance) if who.member_id.is_empty() => self.static_member(instance),
            _ => Some(self.member(&who.member_id, instance)?),
        }
        .map(|member| member.id.clone())
        .ok_or(ErrorCode::UNKNOWN_MEMBER_ID)
    }

    /// The member with that id, and that instance id if it has one.
    fn member(&self, id: &str, instance: Option<&str>) -> Result<&Member, ErrorCode> {
        let known = match instance {
            Some(instance) => self.static_member(instance),
            None => self.members.get(id),
        };
        let known = known.ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
        if known.id == id { Ok(known) } else { Err(ErrorCode::FENCED_INSTANCE_ID) }
    }

    /// A member of the classic protocol, and what makes it one.
    fn classic_member(&self, id: &str, instance: Option<&str>) -> Result<(&Member, &ClassicSide), ErrorCode> {
        let known = self.member(id, instance)?;
        Ok((known, known.classic.as_ref().ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?))
    }

    /// The member is alive.
    fn renew_classic(&mut self, id: &str, now: i64, change: impl FnOnce(&mut ClassicSide)) {
        let Some(member) = self.members.get_mut(id) else { return };
        if let Some(classic) = &mut member.classic {
            change(classic);
            member.session_until = Some(now + classic.session_timeout);
        }
    }

    /// From the first time that a member hears of it, it has so long to join again.
    fn must_join(&mut self, id: &str, now: i64) {
        let Some(member) = self.members.get_mut(id) else { return };
        if let Some(classic) = &mut member.classic {
            classic.join_until.get_or_insert(now + member.rebalance_timeout);
        }
    }
}
