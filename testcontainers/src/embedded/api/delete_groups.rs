//! DeleteGroups: groups without members go, with what they have committed.

use kafka_sdk_protocol::api::delete_groups::DeletableGroupResult;
use kafka_sdk_protocol::api::{DeleteGroupsRequest, DeleteGroupsResponse};

use super::{Api, Call, Reply};

impl Api for DeleteGroupsRequest {
    fn answer(self, call: &mut Call<'_>) -> Reply<DeleteGroupsResponse> {
        let delete = |group_id: String| {
            let deleted = call.coordinated(&group_id).and_then(|groups| groups.delete(&group_id));
            let error_code = deleted.err().unwrap_or_default();
            let error_message = error_code.ok().err().and_then(|code| code.name()).map(str::to_owned);
            DeletableGroupResult { group_id, error_code, error_message }
        };
        let results = self.groups_names.into_iter().map(delete).collect();
        Reply::Now(DeleteGroupsResponse { results, ..Default::default() })
    }
}
