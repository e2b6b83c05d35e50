//! JoinGroup in a group of the consumer protocol: a member of the classic protocol comes, or takes a step.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::JoinGroupResponse;
use kafka_sdk_protocol::api::join_group::JoinGroupRequestProtocol;

use super::member::{ClassicSide, Member};
use super::reconcile::Subscription;
use super::{Consumer, Downgrade, Topics, random_id};
use crate::embedded::state::groups::classic::{Join, WITH_OWN_ID, join_refused};
use crate::embedded::state::groups::embedded_protocol::{CONSUMER, Told, subscription};

impl Consumer {
    /// Answers a JoinGroup.
    pub(crate) fn join(&mut self, join: Join, topics: &Topics, now: i64) {
        let answer = self.try_join(&join, topics, now);
        join.answer(answer.unwrap_or_else(|code| join_refused("", code)));
    }

    fn try_join(&mut self, join: &Join, topics: &Topics, now: i64) -> Result<JoinGroupResponse, ErrorCode> {
        let is_new = join.member_id.is_empty();
        let id = if is_new { random_id() } else { join.member_id.clone() };
        if !self.has_room(&id, join.instance.as_deref()) {
            return Err(ErrorCode::GROUP_MAX_SIZE_REACHED);
        }
        let protocol = self.supported(join).ok_or(ErrorCode::INCONSISTENT_GROUP_PROTOCOL)?;
        if is_new && join.instance.is_none() && join.version >= WITH_OWN_ID {
            return Ok(join_refused(&id, ErrorCode::MEMBER_ID_REQUIRED));
        }
        let told = subscription(&protocol.metadata, topics).ok_or(ErrorCode::UNKNOWN_SERVER_ERROR)?;
        let known = join.instance.as_deref().and_then(|instance| self.static_member(instance));
        let is_last = known.is_some_and(|it| {
            it.classic.is_none() && self.may_be_classic_without(&[it.id.as_str()], self.members.len())
        });
        let member = self.admit_classic(join, &id)?;
        let subscription = self.update_classic(member, join, &told, now);
        if is_last {
            self.downgrade_by(&id, subscription, &told, topics, now);
        } else {
            if subscription == Subscription::Changed || self.wanted(topics) != self.seen {
                self.raise_epoch(topics);
            }
            self.make_target(topics, now);
            self.reconcile(&id, subscription, Some(&told.owned), topics, now);
        }
        Ok(JoinGroupResponse {
            generation_id: self.members.get(&id).map_or(0, |member| member.epoch),
            protocol_type: Some(CONSUMER.into()),
            protocol_name: Some(protocol.name.clone()),
            member_id: id,
            ..Default::default()
        })
    }

    /// What it says first, if all members of the classic protocol know one of its protocols.
    fn supported<'a>(&self, join: &'a Join) -> Option<&'a JoinGroupRequestProtocol> {
        let others = self.members.values().filter_map(|member| member.classic.as_ref());
        let is_known = |name: &str| others.clone().all(|other| other.knows(name));
        let fits = join.protocol_type == CONSUMER && join.protocols.iter().any(|it| is_known(&it.name));
        join.protocols.first().filter(|_| fits)
    }

    /// The member that joins: a new one, a known one, or one that takes the place of the one with its instance id.
    fn admit_classic(&mut self, join: &Join, id: &str) -> Result<Member, ErrorCode> {
        let new = || Member { id: id.to_owned(), ..Default::default() };
        let Some(instance) = &join.instance else {
            return Ok(self.members.get(id).cloned().unwrap_or_else(new));
        };
        match self.static_member(instance).cloned() {
            None if join.member_id.is_empty() => Ok(new()),
            None => Err(ErrorCode::UNKNOWN_MEMBER_ID),
            Some(known) if join.member_id.is_empty() => Ok(self.replace(known, id)),
            Some(known) if known.id == id => Ok(known),
            Some(_) => Err(ErrorCode::FENCED_INSTANCE_ID),
        }
    }

    /// Takes over what a JoinGroup says.
    fn update_classic(&mut self, member: Member, join: &Join, told: &Told, now: i64) -> Subscription {
        let is_same = member.names == told.names;
        let member = Member {
            instance: join.instance.clone().or(member.instance),
            rack: told.rack.clone().or(member.rack),
            client: join.client.clone(),
            rebalance_timeout: join.rebalance_timeout,
            names: told.names.clone(),
            session_until: Some(now + join.session_timeout),
            revoke_until: None,
            classic: Some(ClassicSide {
                session_timeout: join.session_timeout,
                protocols: join.protocols.clone(),
                join_until: None,
                sync_until: Some(now + join.rebalance_timeout),
            }),
            ..member
        };
        self.members.insert(member.id.clone(), member);
        if is_same { Subscription::Same } else { Subscription::Changed }
    }

    /// The last member of the consumer protocol has been replaced by one of the classic protocol.
    fn downgrade_by(&mut self, id: &str, subscription: Subscription, told: &Told, topics: &Topics, now: i64) {
        self.downgrade = Some(match subscription {
            Subscription::Changed => Downgrade::Rebalance,
            Subscription::Same => {
                self.reconcile(id, subscription, Some(&told.owned), topics, now);
                Downgrade::AsItIs
            }
        });
    }
}
