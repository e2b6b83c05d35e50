//! LeaveGroup: one member, or several at once (KIP-345).

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::leave_group::{MemberIdentity, MemberResponse};

use super::member::join_refused;
use super::{Classic, Phase};

impl Classic {
    /// Takes members out, each by its id, by its instance id, or by both.
    pub(crate) fn leave(&mut self, members: Vec<MemberIdentity>, now: i64) -> Vec<MemberResponse> {
        let leave = |member: MemberIdentity| MemberResponse {
            error_code: self.leave_one(&member).err().unwrap_or_default(),
            member_id: member.member_id,
            group_instance_id: member.group_instance_id,
        };
        let left: Vec<MemberResponse> = members.into_iter().map(leave).collect();
        if left.iter().any(|member| member.error_code == ErrorCode::NONE) {
            match self.phase {
                Phase::Stable | Phase::Completing => self.prepare(now),
                Phase::Preparing => self.complete_if_all_are_here(now),
                Phase::Empty => {}
            }
        }
        left
    }

    fn leave_one(&mut self, who: &MemberIdentity) -> Result<(), ErrorCode> {
        let instance = who.group_instance_id.as_deref();
        let id = if who.member_id.is_empty() {
            let known = instance.and_then(|instance| self.static_member(instance));
            known.ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?.id.clone()
        } else {
            if !self.pending.contains_key(&who.member_id) {
                self.check_member(&who.member_id, instance)?;
            }
            who.member_id.clone()
        };
        if let Some(member) = self.member_mut(&id) {
            member.answer_join(join_refused("", ErrorCode::UNKNOWN_MEMBER_ID));
        }
        self.remove(&id);
        Ok(())
    }
}
