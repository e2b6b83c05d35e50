//! ConsumerGroupDescribe (KIP-848).

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::consumer_group_describe::DescribedGroup;
use kafka_sdk_protocol::api::{ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse};

use super::{Api, Call, Reply, group_operations};
use crate::embedded::state::groups::Group;
use crate::embedded::state::groups::consumer::Refused;

impl Api for ConsumerGroupDescribeRequest {
    fn answer(self, call: &mut Call<'_>) -> Reply<ConsumerGroupDescribeResponse> {
        let operations = group_operations(self.include_authorized_operations, &call.state.release);
        let describe = |group_id: String| match describe(&group_id, call) {
            Ok(known) => DescribedGroup { group_id, authorized_operations: operations, ..known },
            Err((error_code, why)) => {
                DescribedGroup { group_id, error_code, error_message: Some(why), ..Default::default() }
            }
        };
        let groups = self.group_ids.into_iter().map(describe).collect();
        Reply::Now(ConsumerGroupDescribeResponse { groups, ..Default::default() })
    }
}

fn describe(id: &str, call: &mut Call<'_>) -> Result<DescribedGroup, Refused> {
    let by_code = |code: ErrorCode| (code, code.to_string());
    if !call.state.release.has_consumer_groups() {
        return Err(by_code(ErrorCode::UNSUPPORTED_VERSION));
    }
    call.check_group_id(id).map_err(by_code)?;
    call.coordinated(id).map_err(by_code)?;
    let (groups, topics) = call.state.groups_and_topics(call.now);
    let known = groups.get(id);
    let why = if known.is_some() { "is not a consumer group." } else { "not found." };
    let known = known.and_then(Group::consumer);
    let consumer = known.ok_or_else(|| (ErrorCode::GROUP_ID_NOT_FOUND, format!("Group {id} {why}")))?;
    Ok(consumer.describe(topics, call.version))
}
