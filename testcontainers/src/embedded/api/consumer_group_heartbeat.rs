//! ConsumerGroupHeartbeat (KIP-848).

use std::collections::BTreeSet;

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::consumer_group_heartbeat::RequestTopicPartitions;
use kafka_sdk_protocol::api::{ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse};

use super::{Api, Call, Reply};
use crate::embedded::state::groups::consumer::{
    Beat, LEFT, LEFT_FOR_A_WHILE, Partitions, Refused, assignors, random_id,
};

/// From this version on, members make their ids themselves (KIP-1082).
const WITH_OWN_ID: i16 = 1;
/// Stands for a rebalance timeout that is left out.
const LEFT_OUT: i32 = -1;

impl Api for ConsumerGroupHeartbeatRequest {
    fn answer(self, call: &mut Call<'_>) -> Reply<ConsumerGroupHeartbeatResponse> {
        Reply::Now(beat(self, call).unwrap_or_else(|(error_code, why)| ConsumerGroupHeartbeatResponse {
            error_code,
            error_message: Some(why),
            ..Default::default()
        }))
    }
}

fn beat(
    request: ConsumerGroupHeartbeatRequest,
    call: &mut Call<'_>,
) -> Result<ConsumerGroupHeartbeatResponse, Refused> {
    let by_code = |code: ErrorCode| (code, code.to_string());
    call.plan.refusal_of_all().map_err(by_code)?;
    if !call.state.release.has_consumer_groups() {
        return Err(by_code(ErrorCode::UNSUPPORTED_VERSION));
    }
    check(&request, call.version).map_err(|why| (ErrorCode::INVALID_REQUEST, why.to_owned()))?;
    if let Some(name) = request.server_assignor.as_deref().filter(|name| !assignors::is_known(name)) {
        return Err((ErrorCode::UNSUPPORTED_ASSIGNOR, format!("There is no assignor {name}.")));
    }
    let (id, now, client) = (request.group_id.clone(), call.now, call.client.clone());
    let beat = Beat { client, ..Beat::from(request) };
    call.coordinated(&id).map_err(by_code)?;
    let (groups, topics) = call.state.groups_and_topics(now);
    groups.beat(&id, beat, topics, now)
}

/// What Kafka demands of a heartbeat, whoever it is from.
fn check(request: &ConsumerGroupHeartbeatRequest, version: i16) -> Result<(), &'static str> {
    let is_empty = |text: &Option<String>| text.as_deref() == Some("");
    let epoch = request.member_epoch;
    let has_id = !request.member_id.is_empty();
    let needs_id = version >= WITH_OWN_ID || epoch > 0 || epoch == LEFT || epoch == LEFT_FOR_A_WHILE;
    if request.group_id.is_empty() || is_empty(&request.instance_id) || is_empty(&request.rack_id) {
        return Err("GroupId, InstanceId and RackId can't be empty.");
    }
    if needs_id && !has_id {
        return Err("MemberId can't be empty.");
    }
    let names_no_topics =
        request.subscribed_topic_names.is_none() && request.subscribed_topic_regex.is_none();
    match epoch {
        0 if request.rebalance_timeout_ms == LEFT_OUT => {
            Err("RebalanceTimeoutMs must be provided in first request.")
        }
        0 if request.topic_partitions.as_ref().is_none_or(|owned| !owned.is_empty()) => {
            Err("TopicPartitions must be empty when (re-)joining.")
        }
        0 if names_no_topics => {
            Err("SubscribedTopicNames or SubscribedTopicRegex must be set in first request.")
        }
        LEFT_FOR_A_WHILE if request.instance_id.is_none() => Err("InstanceId can't be null."),
        ..LEFT_FOR_A_WHILE => Err("MemberEpoch is invalid."),
        _ => Ok(()),
    }
}

impl From<ConsumerGroupHeartbeatRequest> for Beat {
    fn from(request: ConsumerGroupHeartbeatRequest) -> Self {
        let owned = |all: Vec<RequestTopicPartitions>| -> Partitions {
            all.into_iter()
                .map(|it| (it.topic_id, it.partitions.into_iter().collect::<BTreeSet<i32>>()))
                .collect()
        };
        let given = |id: String| if id.is_empty() { random_id() } else { id };
        let rebalance_timeout = Some(request.rebalance_timeout_ms).filter(|&it| it != LEFT_OUT);
        Self {
            member_id: given(request.member_id),
            epoch: request.member_epoch,
            instance: request.instance_id,
            rack: request.rack_id,
            rebalance_timeout: rebalance_timeout.map(i64::from),
            names: request.subscribed_topic_names.map(|names| names.into_iter().collect()),
            pattern: request.subscribed_topic_regex,
            assignor: request.server_assignor,
            owned: request.topic_partitions.map(owned),
            ..Default::default()
        }
    }
}
