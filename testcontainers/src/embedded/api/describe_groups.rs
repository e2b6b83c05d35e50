//! DescribeGroups, of classic groups.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::describe_groups::DescribedGroup;
use kafka_sdk_protocol::api::{DescribeGroupsRequest, DescribeGroupsResponse};

use super::{Api, Call, Reply, group_operations};
use crate::embedded::state::groups::Group;
use crate::embedded::state::groups::classic::Classic;

/// From this version on, a group that is not there is an error (KIP-1043).
const WITH_UNKNOWN: i16 = 6;

impl Api for DescribeGroupsRequest {
    fn answer(self, call: &mut Call<'_>) -> Reply<DescribeGroupsResponse> {
        let operations = group_operations(self.include_authorized_operations, &call.state.release);
        let describe = |group_id: String| match describe(&group_id, call) {
            Ok(described) if described.error_code == ErrorCode::NONE => {
                DescribedGroup { group_id, authorized_operations: operations, ..described }
            }
            Ok(unknown) => DescribedGroup { group_id, ..unknown },
            Err(error_code) => DescribedGroup { group_id, error_code, ..Default::default() },
        };
        let groups = self.groups.into_iter().map(describe).collect();
        Reply::Now(DescribeGroupsResponse { groups, ..Default::default() })
    }
}

fn describe(id: &str, call: &mut Call<'_>) -> Result<DescribedGroup, ErrorCode> {
    let version = call.version;
    let known = call.coordinated(id)?.get(id);
    let classic = known.and_then(Group::classic).map(Classic::describe);
    Ok(classic.unwrap_or_else(|| dead(id, known.is_some(), version)))
}

fn dead(id: &str, is_other: bool, version: i16) -> DescribedGroup {
    let dead = DescribedGroup { group_state: "Dead".into(), ..Default::default() };
    if version < WITH_UNKNOWN {
        return dead;
    }
    let why = if is_other { "is not a classic group." } else { "not found." };
    let error_message = Some(format!("Group {id} {why}"));
    DescribedGroup { error_code: ErrorCode::GROUP_ID_NOT_FOUND, error_message, ..dead }
}
