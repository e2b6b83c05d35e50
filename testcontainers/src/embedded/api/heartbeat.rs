//! Heartbeat: a member of a classic group is alive.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::{HeartbeatRequest, HeartbeatResponse};

use super::{Api, Call, Reply};
use crate::embedded::state::groups::Members;

impl Api for HeartbeatRequest {
    fn answer(self, call: &mut Call<'_>) -> Reply<HeartbeatResponse> {
        let error_code = beat(&self, call).err().unwrap_or_default();
        Reply::Now(HeartbeatResponse { error_code, ..Default::default() })
    }
}

fn beat(request: &HeartbeatRequest, call: &mut Call<'_>) -> Result<(), ErrorCode> {
    let (group, now) = (&request.group_id, call.now);
    call.check_group_id(group)?;
    let known = call.coordinated(group)?.get_mut(group).ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
    let (member, instance) = (&request.member_id, request.group_instance_id.as_deref());
    match &mut known.members {
        Members::Classic(classic) => classic.heartbeat(member, instance, request.generation_id, now),
        Members::Consumer(consumer) => {
            consumer.classic_heartbeat(member, instance, request.generation_id, now)
        }
    }
}
