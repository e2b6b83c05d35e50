//! A group changes over from one protocol to the other while it has members (KIP-848): to the consumer protocol when the
//! first member of that comes, back when the last one is gone.

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::ConsumerGroupHeartbeatResponse;
use kafka_sdk_protocol::api::join_group::JoinGroupRequestProtocol;
use kafka_sdk_protocol::api::leave_group::{MemberIdentity, MemberResponse};

use super::classic::{Classic, Join};
use super::consumer::{Beat, Consumer, Refused, Topics};
use super::offsets::Offsets;
use super::{Client, Group, Groups, Members};

/// What `group.consumer.migration.policy` permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    Bidirectional,
    Upgrade,
    Downgrade,
    Disabled,
}

impl Policy {
    pub(super) fn new(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "disabled" => Self::Disabled,
            "upgrade" => Self::Upgrade,
            "downgrade" => Self::Downgrade,
            _ => Self::Bidirectional,
        }
    }

    /// To the consumer protocol.
    pub(super) fn may_upgrade(self) -> bool {
        matches!(self, Self::Bidirectional | Self::Upgrade)
    }

    /// To the classic protocol.
    pub(super) fn may_downgrade(self) -> bool {
        matches!(self, Self::Bidirectional | Self::Downgrade)
    }
}

/// A member of the classic protocol, as it goes over into another kind of group.
#[derive(Debug, Clone)]
pub(super) struct Migrant {
    pub(super) id: String,
    pub(super) instance: Option<String>,
    pub(super) client: Client,
    pub(super) session_timeout: i64,
    pub(super) rebalance_timeout: i64,
    pub(super) protocols: Vec<JoinGroupRequestProtocol>,
    pub(super) assignment: Bytes,
}

impl Groups {
    /// A heartbeat of a member of the consumer protocol: one that joins makes the group one of that protocol.
    pub(crate) fn beat(
        &mut self,
        id: &str,
        beat: Beat,
        topics: &Topics,
        now: i64,
    ) -> Result<ConsumerGroupHeartbeatResponse, Refused> {
        let settings = self.settings;
        let mut consumer = match self.all.get_mut(id) {
            Some(group) if group.consumer().is_some() || !beat.joins() => {
                let not_found =
                    || (ErrorCode::GROUP_ID_NOT_FOUND, format!("Group {id} is not a consumer group."));
                let answer = group.consumer_mut().ok_or_else(not_found)?.heartbeat(beat, topics, now)?;
                group.change_over(topics, now);
                return Ok(answer);
            }
            None if !beat.joins() => {
                return Err((ErrorCode::GROUP_ID_NOT_FOUND, format!("Consumer group {id} not found.")));
            }
            Some(Group { members: Members::Classic(classic), .. }) if !classic.is_empty() => {
                classic.check_upgrade().map_err(|why| (ErrorCode::GROUP_ID_NOT_FOUND, why.to_owned()))?;
                classic.call_off(now);
                let upgraded = Consumer::upgraded(classic, topics, now);
                upgraded.map_err(|why| (ErrorCode::GROUP_ID_NOT_FOUND, why.to_owned()))?
            }
            _ => Consumer::new(settings),
        };
        let answer = consumer.heartbeat(beat, topics, now)?;
        let offsets = self.all.remove(id).map_or_else(Offsets::default, |group| group.offsets);
        self.all.insert(id.to_owned(), Group { members: Members::Consumer(consumer), offsets });
        Ok(answer)
    }

    /// A member of the classic protocol joins. If nobody is there, the group is one of that protocol from now on.
    pub(crate) fn join(&mut self, id: &str, join: Join, topics: &Topics, now: i64) {
        let settings = self.settings;
        let group = self.get_or_create(id);
        match &mut group.members {
            Members::Classic(classic) => classic.join(join, now),
            Members::Consumer(consumer) if consumer.is_empty() && !join.member_id.is_empty() => {
                join.refuse(ErrorCode::UNKNOWN_MEMBER_ID);
            }
            Members::Consumer(consumer) if consumer.is_empty() => {
                let mut classic = Box::new(Classic::new(settings));
                classic.join(join, now);
                group.members = Members::Classic(classic);
            }
            Members::Consumer(consumer) => {
                consumer.join(join, topics, now);
                group.change_over(topics, now);
            }
        }
    }

    /// Members leave by LeaveGroup.
    pub(crate) fn leave(
        &mut self,
        id: &str,
        members: Vec<MemberIdentity>,
        topics: &Topics,
        now: i64,
    ) -> Vec<MemberResponse> {
        let Some(group) = self.all.get_mut(id) else { return Vec::new() };
        match &mut group.members {
            Members::Classic(classic) => classic.leave(members, now),
            Members::Consumer(consumer) => {
                let left = consumer.remove_members(members, topics);
                group.change_over(topics, now);
                left
            }
        }
    }
}

impl Group {
    /// Goes on as a classic group, if it is to.
    pub(super) fn change_over(&mut self, topics: &Topics, now: i64) {
        let downgraded = self.consumer().and_then(|consumer| consumer.downgraded(topics, now));
        if let Some(classic) = downgraded {
            self.members = Members::Classic(Box::new(classic));
        }
    }
}
