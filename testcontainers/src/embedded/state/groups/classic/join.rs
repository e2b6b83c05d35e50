//! JoinGroup: new members, members that come again, static members that take their place back.

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::JoinGroupResponse;
use kafka_sdk_protocol::api::join_group::{JoinGroupRequestProtocol, JoinGroupResponseMember};
use kafka_sdk_protocol::wire::Uuid;

use super::member::{Member, join_refused, sync_refused};
use super::{Classic, Phase};
use crate::embedded::state::groups::{Client, Promise};

/// From this version on, a new dynamic member is given an id first, and joins with that (KIP-394).
pub(in super::super) const WITH_OWN_ID: i16 = 4;
/// From this version on, a leader can be told to leave the assignment as it is (KIP-814).
const CAN_SKIP: i16 = 9;
/// How long a new member need not be heard of: it may wait for others that are slow to join.
const NEW_MEMBER_MS: i64 = 300_000;

/// Who wants to be a member.
#[derive(Debug)]
pub(crate) struct Join {
    /// Empty: a new one.
    pub(crate) member_id: String,
    pub(crate) instance: Option<String>,
    pub(crate) client: Client,
    pub(crate) session_timeout: i64,
    pub(crate) rebalance_timeout: i64,
    pub(crate) protocol_type: String,
    pub(crate) protocols: Vec<JoinGroupRequestProtocol>,
    /// Of the request.
    pub(crate) version: i16,
    pub(crate) promise: Promise<JoinGroupResponse>,
}

impl Join {
    pub(in super::super) fn answer(self, answer: JoinGroupResponse) {
        let _ = self.promise.send(answer);
    }

    pub(in super::super) fn refuse(self, code: ErrorCode) {
        let refused = join_refused(&self.member_id, code);
        self.answer(refused);
    }
}

impl Classic {
    /// Lets somebody in, now or when the others are here too.
    pub(crate) fn join(&mut self, join: Join, now: i64) {
        if !self.has_room(&join.member_id) {
            self.remove(&join.member_id);
            return join.answer(join_refused("", ErrorCode::GROUP_MAX_SIZE_REACHED));
        }
        if !self.supports(&join.protocol_type, &join.protocols) {
            return join.refuse(ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
        }
        if join.member_id.is_empty() {
            self.join_first(join, now);
        } else if self.pending.contains_key(&join.member_id) {
            if join.instance.is_some() {
                // Kafka does not expect that: an id was given to a dynamic member.
                return join.answer(join_refused("", ErrorCode::UNKNOWN_SERVER_ERROR));
            }
            let id = join.member_id.clone();
            self.add(id, join, now);
        } else if let Err(code) = self.check_member(&join.member_id, join.instance.as_deref()) {
            join.refuse(code);
        } else {
            self.join_again(join, now);
        }
    }

    fn has_room(&self, id: &str) -> bool {
        let most = self.settings.max_size;
        match self.phase {
            Phase::Empty => true,
            Phase::Preparing => {
                let is_waiting = self.member(id).is_some_and(|member| member.joining.is_some());
                is_waiting || self.members.iter().filter(|member| member.joining.is_some()).count() < most
            }
            Phase::Completing | Phase::Stable => self.member(id).is_some() || self.members.len() < most,
        }
    }

    fn join_first(&mut self, join: Join, now: i64) {
        let prefix = join.instance.as_ref().unwrap_or(&join.client.id);
        let id = format!("{prefix}-{}", random_id());
        let known = join.instance.as_deref().and_then(|instance| self.static_member(instance));
        if let Some(known) = known {
            let known = known.id.clone();
            return self.replace(&known, id, join, now);
        }
        if join.instance.is_none() && join.version >= WITH_OWN_ID {
            self.pending.insert(id.clone(), now + join.session_timeout);
            return join.answer(join_refused(&id, ErrorCode::MEMBER_ID_REQUIRED));
        }
        self.add(id, join, now);
    }

    fn add(&mut self, id: String, join: Join, now: i64) {
        if self.phase == Phase::Preparing && self.before == Phase::Empty {
            self.has_grown = true;
        }
        self.pending.remove(&id);
        if self.members.is_empty() {
            self.protocol_type = Some(join.protocol_type);
        }
        self.leader.get_or_insert_with(|| id.clone());
        self.members.push(Member {
            id,
            instance: join.instance,
            client: join.client,
            session_timeout: join.session_timeout,
            rebalance_timeout: join.rebalance_timeout,
            protocols: join.protocols,
            assignment: Bytes::new(),
            is_new: true,
            expires: Some(now + NEW_MEMBER_MS),
            joining: Some(join.promise),
            syncing: None,
        });
        self.rebalance(now);
    }

    fn join_again(&mut self, join: Join, now: i64) {
        let matches = self.member(&join.member_id).is_some_and(|known| known.protocols == join.protocols);
        let is_news = match self.phase {
            Phase::Preparing => true,
            Phase::Completing => !matches,
            Phase::Stable => !matches || self.is_leader(&join.member_id),
            Phase::Empty => return join.refuse(ErrorCode::UNKNOWN_MEMBER_ID),
        };
        if is_news {
            let id = join.member_id.clone();
            self.update(&id, join);
            return self.rebalance(now);
        }
        // In a stable group this one is not the leader.
        let answer = self.joined(&join.member_id);
        join.answer(answer);
    }

    fn update(&mut self, id: &str, join: Join) {
        if let Some(member) = self.member_mut(id) {
            member.protocols = join.protocols;
            member.session_timeout = join.session_timeout;
            member.rebalance_timeout = join.rebalance_timeout;
            member.joining = Some(join.promise);
        }
    }

    /// A static member is back under a new id: the old id is fenced, and if nothing changes for the others, there is no
    /// rebalance.
    fn replace(&mut self, old: &str, new: String, join: Join, now: i64) {
        let leader = self.leader.clone().unwrap_or_default();
        let can_skip = join.version >= CAN_SKIP;
        if self.is_leader(old) {
            self.leader = Some(new.clone());
        }
        if let Some(member) = self.member_mut(old) {
            member.answer_join(join_refused(old, ErrorCode::FENCED_INSTANCE_ID));
            member.answer_sync(sync_refused(ErrorCode::FENCED_INSTANCE_ID));
            member.id.clone_from(&new);
            member.is_new = false;
        }
        self.unsynced.remove(old);
        self.renew_session(&new, now);
        self.update(&new, join);
        match self.phase {
            Phase::Stable if self.select_protocol() == self.protocol => {
                let skip_assignment = can_skip && self.is_leader(&new);
                let mut answer = self.joined(&new);
                answer.skip_assignment = skip_assignment;
                if !can_skip {
                    // It must not think that it leads: it would wait for all others.
                    answer.leader = leader;
                    answer.members.clear();
                }
                if let Some(member) = self.member_mut(&new) {
                    member.answer_join(answer);
                }
            }
            Phase::Completing => self.prepare(now),
            _ => self.rebalance(now),
        }
    }

    /// What a member is told that is in.
    pub(super) fn joined(&self, id: &str) -> JoinGroupResponse {
        let protocol = self.protocol.as_deref();
        let member = |member: &Member| JoinGroupResponseMember {
            member_id: member.id.clone(),
            group_instance_id: member.instance.clone(),
            metadata: member.metadata(protocol),
        };
        let leads = self.is_leader(id);
        JoinGroupResponse {
            generation_id: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol_name: self.protocol.clone(),
            leader: self.leader.clone().unwrap_or_default(),
            member_id: id.into(),
            members: if leads { self.members.iter().map(member).collect() } else { Vec::new() },
            ..Default::default()
        }
    }
}

/// In the form of Java's UUIDs.
fn random_id() -> String {
    let hex: String =
        Uuid(fastrand::u128(..).to_be_bytes()).0.iter().map(|byte| format!("{byte:02x}")).collect();
    let (a, rest) = hex.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    format!("{a}-{b}-{c}-{d}-{e}")
}
