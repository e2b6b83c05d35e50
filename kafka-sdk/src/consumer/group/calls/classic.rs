//! The requests of a classic member, each sent once.

use super::super::Shell;
use super::super::assignor::{Received, decode_assignment};
use super::super::membership::{
    Heartbeat, Identity, JoinGroup, Joined, LeadersWork, LeaveGroup, Member as Met, Role, SyncGroup, Synced,
};
use crate::clock::millis_i32;
use crate::cluster::{CoordinatorKind, Route};
use crate::error::{Error, ErrorKind, Result};
use crate::observe::warn_seldom;
use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::join_group::JoinGroupRequestProtocol;
use kafka_sdk_protocol::api::leave_group::MemberIdentity;
use kafka_sdk_protocol::api::sync_group::SyncGroupRequestAssignment;
use kafka_sdk_protocol::api::{
    ApiKey, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, SyncGroupRequest,
};
use std::sync::Arc;

/// What members of this kind of group call it.
const CONSUMER: &str = "consumer";

fn owned(text: &str) -> String {
    text.to_owned()
}

fn instance(identity: Option<&Arc<str>>) -> Option<String> {
    identity.map(|id| owned(id))
}

impl Shell {
    pub(in super::super) fn route(&self) -> Route {
        Route::Coordinator(CoordinatorKind::Group, self.group.clone())
    }

    /// The error of a code that is one; another coordinator is looked up where it says that.
    fn refuse(&self, api: ApiKey, code: ErrorCode) -> Result<()> {
        self.refuse_saying(api, code, None)
    }

    /// As [`Self::refuse`], with what the broker says about it.
    pub(in super::super) fn refuse_saying(
        &self,
        api: ApiKey,
        code: ErrorCode,
        message: Option<String>,
    ) -> Result<()> {
        if code == ErrorCode::NONE {
            return Ok(());
        }
        if matches!(code, ErrorCode::NOT_COORDINATOR | ErrorCode::COORDINATOR_NOT_AVAILABLE) {
            self.cluster.forget_coordinator(&self.route());
        }
        let message = message.map(|message| format!(": {message}")).unwrap_or_default();
        let text = format!("{api} of group \"{}\" was answered with {code}{message}", self.group);
        Err(Error::of_code(code, text).with_api(api))
    }

    /// A coordinator that fails at a rebalance, or does not end it: meanwhile the application gets nothing, and no error.
    pub(in super::super) fn warn_of_coordinator(&self, error: &Error) {
        if error.is(ErrorCode::UNKNOWN_SERVER_ERROR) || error.kind() == ErrorKind::Timeout {
            warn_seldom!(
                self.not_joined,
                target: "kafka_sdk::consumer",
                { group = %self.group, error = %error.whole() },
                "group not joined"
            );
        }
    }

    pub(in super::super) async fn join(&self, join: &JoinGroup) -> Result<Joined> {
        let protocol =
            |(name, metadata): (&str, Bytes)| JoinGroupRequestProtocol { name: owned(name), metadata };
        let subscriptions = self.assignors.subscriptions(join, &self.cluster.settings().rack)?;
        let protocols: Vec<_> = subscriptions.into_iter().map(protocol).collect();
        let request = |version| JoinGroupRequest {
            group_id: owned(&self.group),
            session_timeout_ms: millis_i32(self.rules.session_timeout),
            rebalance_timeout_ms: millis_i32(self.rules.rebalance_timeout),
            member_id: owned(&join.member_id),
            group_instance_id: instance(self.rules.instance_id.as_ref()),
            protocol_type: owned(CONSUMER),
            protocols: protocols.clone(),
            reason: Some(join.reason.chars().take(255).collect()).filter(|_| version >= 8),
        };
        let answer = self.cluster.once_over(self.lane.lane(), &self.route(), join.within, request).await?;
        if answer.error_code == ErrorCode::MEMBER_ID_REQUIRED {
            return Ok(Joined::Known { member_id: answer.member_id.into() });
        }
        self.refuse(ApiKey::JOIN_GROUP, answer.error_code)?;
        Ok(joined(answer))
    }

    pub(in super::super) async fn sync(&self, sync: &SyncGroup) -> Result<Synced> {
        let Identity { member_id, epoch, instance_id } = &sync.identity;
        let request = |version| SyncGroupRequest {
            group_id: owned(&self.group),
            generation_id: *epoch,
            member_id: owned(member_id),
            group_instance_id: instance(instance_id.as_ref()),
            protocol_type: Some(owned(CONSUMER)).filter(|_| version >= 5),
            protocol_name: Some(owned(&sync.protocol)).filter(|_| version >= 5),
            assignments: sync
                .assignments
                .iter()
                .map(|(member_id, assignment)| SyncGroupRequestAssignment {
                    member_id: owned(member_id),
                    assignment: assignment.clone(),
                })
                .collect(),
        };
        let answer = self.cluster.once_over(self.lane.lane(), &self.route(), sync.within, request).await?;
        self.refuse(ApiKey::SYNC_GROUP, answer.error_code)?;
        let assigned = decode_assignment(&answer.assignment)?;
        let partitions = assigned.partitions().to_vec();
        let chosen = answer.protocol_name.as_deref().unwrap_or(&sync.protocol);
        self.assignors.received(chosen, &Received::new(assigned, *epoch))?;
        Ok(Synced { protocol: answer.protocol_name.map(Into::into), partitions })
    }

    pub(in super::super) async fn beat(&self, heartbeat: &Heartbeat) -> Result<()> {
        let Identity { member_id, epoch, instance_id } = &heartbeat.identity;
        let request = |_| HeartbeatRequest {
            group_id: owned(&self.group),
            generation_id: *epoch,
            member_id: owned(member_id),
            group_instance_id: instance(instance_id.as_ref()),
        };
        let answer = self.cluster.once(&self.route(), heartbeat.within, request).await?;
        self.refuse(ApiKey::HEARTBEAT, answer.error_code)
    }

    pub(in super::super) async fn leave_group(&self, leave: &LeaveGroup) -> Result<()> {
        let request = |version| {
            let group_id = owned(&self.group);
            if version < 3 {
                return LeaveGroupRequest {
                    group_id,
                    member_id: owned(&leave.member_id),
                    ..Default::default()
                };
            }
            let member = MemberIdentity {
                member_id: owned(&leave.member_id),
                group_instance_id: instance(leave.instance_id.as_ref()),
                reason: Some(leave.reason.chars().take(255).collect()).filter(|_| version >= 5),
            };
            LeaveGroupRequest { group_id, members: vec![member], ..Default::default() }
        };
        let within = self.cluster.settings().request_timeout;
        let answer = self.cluster.once(&self.route(), within, request).await?;
        let of_member = answer.members.first().map_or(ErrorCode::NONE, |member| member.error_code);
        self.refuse(ApiKey::LEAVE_GROUP, answer.error_code)?;
        self.refuse(ApiKey::LEAVE_GROUP, of_member)
    }
}

fn joined(answer: JoinGroupResponse) -> Joined {
    let met = |member: kafka_sdk_protocol::api::join_group::JoinGroupResponseMember| Met {
        member_id: member.member_id.into(),
        instance_id: member.group_instance_id.map(Into::into),
        subscription: member.metadata,
    };
    let role = match answer.leader == answer.member_id {
        true => Role::Leader {
            members: answer.members.into_iter().map(met).collect(),
            work: if answer.skip_assignment { LeadersWork::Watch } else { LeadersWork::Assign },
        },
        false => Role::Follower,
    };
    Joined::Member {
        member_id: answer.member_id.into(),
        generation: answer.generation_id,
        protocol: answer.protocol_name.unwrap_or_default().into(),
        role,
    }
}
