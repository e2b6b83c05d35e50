//! ListGroups: the groups that the node coordinates.

use kafka_sdk_protocol::api::list_groups::ListedGroup;
use kafka_sdk_protocol::api::{ListGroupsRequest, ListGroupsResponse};

use super::{Api, Call, Reply};
use crate::embedded::state::groups::{Group, Members};

/// Since which version groups have states (KIP-518) and types (KIP-848).
const WITH_STATES: i16 = 4;
const WITH_TYPES: i16 = 5;

impl Api for ListGroupsRequest {
    fn answer(self, call: &mut Call<'_>) -> Reply<ListGroupsResponse> {
        if let Err(error_code) = call.plan.refusal_of_all() {
            return Reply::Now(ListGroupsResponse { error_code, ..Default::default() });
        }
        let (now, node, version) = (call.now, call.node, call.version);
        call.state.groups(now);
        let state = &*call.state;
        let listed = state.all_groups().filter(|(id, _)| state.check_coordinator(id, node).is_ok());
        let listed = listed.map(|(id, group)| list(id, group)).filter(|group| self.wants(group));
        let groups = listed.map(|group| cut(group, version)).collect();
        Reply::Now(ListGroupsResponse { groups, ..Default::default() })
    }
}

/// What a client asks for.
trait Filter {
    fn wants(&self, group: &ListedGroup) -> bool;
}

impl Filter for ListGroupsRequest {
    fn wants(&self, group: &ListedGroup) -> bool {
        let is_among = |filter: &[String], is: &str| {
            filter.is_empty() || filter.iter().any(|wanted| wanted.trim().eq_ignore_ascii_case(is))
        };
        is_among(&self.states_filter, &group.group_state) && is_among(&self.types_filter, &group.group_type)
    }
}

fn list(id: &str, group: &Group) -> ListedGroup {
    let (protocol_type, state, group_type) = match &group.members {
        Members::Classic(classic) => (classic.protocol_type(), classic.state(), "classic"),
        Members::Consumer(consumer) => ("consumer", consumer.state(), "consumer"),
    };
    ListedGroup {
        group_id: id.into(),
        protocol_type: protocol_type.into(),
        group_state: state.into(),
        group_type: group_type.into(),
    }
}

/// Without what the version does not have.
fn cut(mut group: ListedGroup, version: i16) -> ListedGroup {
    if version < WITH_STATES {
        group.group_state.clear();
    }
    if version < WITH_TYPES {
        group.group_type.clear();
    }
    group
}
