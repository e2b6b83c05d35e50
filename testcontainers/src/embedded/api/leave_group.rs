//! LeaveGroup: members of a classic group go, one or several.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::leave_group::{MemberIdentity, MemberResponse};
use kafka_sdk_protocol::api::{LeaveGroupRequest, LeaveGroupResponse};

use super::{Api, Call, Reply};

/// From this version on, several may leave at once (KIP-345).
const BATCHED: i16 = 3;

impl Api for LeaveGroupRequest {
    fn answer(self, call: &mut Call<'_>) -> Reply<LeaveGroupResponse> {
        let left = leave(self, call);
        let error_code = left.as_ref().err().copied().unwrap_or_default();
        let members = left.unwrap_or_default();
        if call.version >= BATCHED {
            return Reply::Now(LeaveGroupResponse { error_code, members, ..Default::default() });
        }
        let of_member = members.first().map(|member| member.error_code).unwrap_or_default();
        let error_code = if error_code == ErrorCode::NONE { of_member } else { error_code };
        Reply::Now(LeaveGroupResponse { error_code, ..Default::default() })
    }
}

fn leave(request: LeaveGroupRequest, call: &mut Call<'_>) -> Result<Vec<MemberResponse>, ErrorCode> {
    let (group, now) = (request.group_id, call.now);
    let members = if call.version >= BATCHED {
        request.members
    } else {
        vec![MemberIdentity { member_id: request.member_id, ..Default::default() }]
    };
    call.check_group_id(&group)?;
    call.coordinated(&group)?;
    let (groups, topics) = call.state.groups_and_topics(now);
    if groups.get(&group).is_none() {
        return Ok(members.into_iter().map(unknown).collect());
    }
    Ok(groups.leave(&group, members, topics, now))
}

fn unknown(member: MemberIdentity) -> MemberResponse {
    MemberResponse {
        member_id: member.member_id,
        group_instance_id: member.group_instance_id,
        error_code: ErrorCode::UNKNOWN_MEMBER_ID,
    }
}
