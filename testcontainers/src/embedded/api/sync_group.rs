//! SyncGroup: the assignment of a member of a classic group.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::{SyncGroupRequest, SyncGroupResponse};
use tokio::sync::oneshot;

use super::{Api, Call, Reply};
use crate::embedded::state::groups::Members;
use crate::embedded::state::groups::classic::Sync;

/// From this version on, members say which protocol they take the group to have (KIP-559).
const WITH_PROTOCOL: i16 = 5;

impl Api for SyncGroupRequest {
    fn answer(self, call: &mut Call<'_>) -> Reply<SyncGroupResponse> {
        match sync(self, call) {
            Ok(answer) => Reply::later(answer, |answer| answer),
            Err(error_code) => Reply::Now(SyncGroupResponse { error_code, ..Default::default() }),
        }
    }
}

fn sync(
    request: SyncGroupRequest,
    call: &mut Call<'_>,
) -> Result<oneshot::Receiver<SyncGroupResponse>, ErrorCode> {
    let group = request.group_id;
    let is_named = request.protocol_type.is_some() && request.protocol_name.is_some();
    if call.version >= WITH_PROTOCOL && !is_named {
        return Err(ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    }
    call.check_group_id(&group)?;
    let now = call.now;
    call.coordinated(&group)?;
    let (groups, topics) = call.state.groups_and_topics(now);
    let known = groups.get_mut(&group).ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
    let (promise, answer) = oneshot::channel();
    let sync = Sync {
        member_id: request.member_id,
        instance: request.group_instance_id,
        generation: request.generation_id,
        protocol_type: request.protocol_type,
        protocol: request.protocol_name,
        assignments: request.assignments,
        promise,
    };
    match &mut known.members {
        Members::Classic(classic) => classic.sync(sync, now),
        Members::Consumer(consumer) => consumer.sync(sync, topics, now),
    }
    Ok(answer)
}
