//! JoinGroup: somebody wants to be a member of a classic group.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::{JoinGroupRequest, JoinGroupResponse};
use tokio::sync::oneshot;

use super::{Api, Call, Reply};
use crate::embedded::state::groups::classic::{Join, join_refused};

/// From this version on, members may take longer to join again than their session.
const WITH_REBALANCE_TIMEOUT: i16 = 1;
/// From this version on, a name that is none is null.
const WITH_NULL: i16 = 7;

impl Api for JoinGroupRequest {
    fn answer(self, call: &mut Call<'_>) -> Reply<JoinGroupResponse> {
        let version = call.version;
        let member_id = self.member_id.clone();
        // Until Kafka 2.2, the generation of an answer that refuses was 0.
        let refused_generation = if call.state.release.number < (2, 3) { 0 } else { -1 };
        let finish = move |mut answer: JoinGroupResponse| {
            if version < WITH_NULL {
                answer.protocol_name.get_or_insert_default();
            }
            if answer.error_code != ErrorCode::NONE {
                answer.generation_id = refused_generation;
            }
            answer
        };
        match join(self, call) {
            Ok(answer) => Reply::later(answer, finish),
            Err(error_code) => Reply::Now(finish(join_refused(&member_id, error_code))),
        }
    }
}

fn join(
    request: JoinGroupRequest,
    call: &mut Call<'_>,
) -> Result<oneshot::Receiver<JoinGroupResponse>, ErrorCode> {
    let group = request.group_id;
    call.check_group_id(&group)?;
    let (shortest, longest) = call.state.group_settings().session;
    let session_timeout = i64::from(request.session_timeout_ms);
    let has_rebalance_timeout = call.version >= WITH_REBALANCE_TIMEOUT;
    let rebalance_timeout =
        if has_rebalance_timeout { request.rebalance_timeout_ms.into() } else { session_timeout };
    if !(shortest..=longest).contains(&session_timeout) {
        return Err(ErrorCode::INVALID_SESSION_TIMEOUT);
    }
    let (promise, answer) = oneshot::channel();
    let (now, version, client) = (call.now, call.version, call.client.clone());
    let groups = call.coordinated(&group)?;
    if !request.member_id.is_empty() && groups.get(&group).is_none() {
        return Err(ErrorCode::UNKNOWN_MEMBER_ID);
    }
    let join = Join {
        member_id: request.member_id,
        instance: request.group_instance_id,
        client,
        session_timeout,
        rebalance_timeout,
        protocol_type: request.protocol_type,
        protocols: request.protocols,
        version,
        promise,
    };
    let (groups, topics) = call.state.groups_and_topics(now);
    groups.join(&group, join, topics, now);
    Ok(answer)
}
