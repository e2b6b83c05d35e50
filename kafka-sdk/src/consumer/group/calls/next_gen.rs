//! The request of a member by the consumer protocol (KIP-848), sent once, and topics by their ids.

use super::super::Shell;
use super::super::membership::{ConsumerHeard, ConsumerHeartbeat, MemberId, Subscription};
use crate::clock::millis_i32;
use crate::cluster::Route;
use crate::error::{Advice, Error, ErrorKind, Result};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::consumer_group_heartbeat::{Assignment, RequestTopicPartitions};
use kafka_sdk_protocol::api::metadata::MetadataRequestTopic;
use kafka_sdk_protocol::api::{
    ApiKey, ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, MetadataRequest,
};
use kafka_sdk_protocol::wire::Uuid;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tracing::debug;

/// From this version on members choose their ids, and patterns are matched by the brokers.
const CHOSEN_IDS: i16 = 1;

impl Shell {
    pub(in super::super) async fn consumer_beat(&self, beat: &ConsumerHeartbeat) -> Result<ConsumerHeard> {
        let answer =
            self.cluster.once(&self.route(), beat.within, |version| self.heartbeat(beat, version)).await;
        let error = match answer.and_then(|answer| self.heard(answer)) {
            Ok(heard) => return Ok(heard),
            Err(error) if may_be_about_patterns(&error) => error,
            Err(error) => return Err(error),
        };
        self.subscribed.match_here();
        match beat.subscription {
            Some(Subscription::Pattern(_)) => Err(error.with_advice(Advice::Retry)),
            _ => Err(error),
        }
    }

    fn heartbeat(&self, beat: &ConsumerHeartbeat, version: i16) -> ConsumerGroupHeartbeatRequest {
        let member_id = match &beat.member_id {
            MemberId::Chosen(_) if version < CHOSEN_IDS => "",
            MemberId::Chosen(id) | MemberId::Known(id) => id,
        };
        let rack = Some(self.cluster.settings().rack.as_ref()).filter(|rack| !rack.is_empty());
        let (names, pattern) = match &beat.subscription {
            None => (None, None),
            // Empty: there is no pattern any more.
            Some(Subscription::Topics(names) | Subscription::Matching(names)) => {
                (Some(names.iter().map(text).collect()), (version >= CHOSEN_IDS).then(String::new))
            }
            Some(Subscription::Pattern(pattern)) => (Some(Vec::new()), Some(text(pattern))),
        };
        let owned = |(&topic_id, partitions): (&Uuid, &Vec<i32>)| RequestTopicPartitions {
            topic_id,
            partitions: partitions.clone(),
        };
        ConsumerGroupHeartbeatRequest {
            group_id: text(&self.group),
            member_id: member_id.to_owned(),
            member_epoch: beat.epoch,
            instance_id: self.rules.instance_id.as_ref().map(text),
            rack_id: beat.rebalance_timeout.and(rack).map(str::to_owned),
            rebalance_timeout_ms: beat.rebalance_timeout.map_or(-1, millis_i32),
            subscribed_topic_names: names,
            subscribed_topic_regex: pattern,
            server_assignor: beat.assignor.as_ref().map(text),
            topic_partitions: beat.owned.as_ref().map(|by_id| by_id.iter().map(owned).collect()),
        }
    }

    fn heard(&self, answer: ConsumerGroupHeartbeatResponse) -> Result<ConsumerHeard> {
        self.refuse_saying(ApiKey::CONSUMER_GROUP_HEARTBEAT, answer.error_code, answer.error_message)?;
        let millis = u64::try_from(answer.heartbeat_interval_ms).unwrap_or_default();
        Ok(ConsumerHeard {
            member_id: answer.member_id.map(Into::into),
            epoch: answer.member_epoch,
            interval: Duration::from_millis(millis),
            assignment: answer.assignment.map(by_id),
        })
    }

    /// Asks for the names of topics, and has those that are found kept up to date: the membership hears of them then.
    pub(in super::super) async fn resolve(&self, ids: Vec<Uuid>) {
        let topics: Vec<_> =
            ids.iter().map(|&topic_id| MetadataRequestTopic { topic_id, name: None }).collect();
        let request = |_| MetadataRequest {
            topics: Some(topics.clone()),
            allow_auto_topic_creation: false,
            ..MetadataRequest::default()
        };
        let within = self.cluster.settings().request_timeout;
        let names = match self.cluster.once(&Route::Any, within, request).await {
            Ok(answer) => {
                let there = answer.topics.into_iter().filter(|topic| topic.error_code == ErrorCode::NONE);
                there.filter_map(|topic| topic.name).collect()
            }
            // The membership asks again.
            Err(error) => {
                debug!(target: "kafka_sdk::consumer", group = %self.group, error = %error.whole(), "names not looked up");
                Vec::new()
            }
        };
        self.subscribed.found(names);
        self.cluster.refresh_soon();
    }
}

fn text(text: &Arc<str>) -> String {
    text.as_ref().to_owned()
}

fn by_id(assignment: Assignment) -> BTreeMap<Uuid, Vec<i32>> {
    let topics = assignment.topic_partitions.into_iter();
    topics.map(|topic| (topic.topic_id, topic.partitions)).collect()
}

/// Whether the same might be taken without a pattern; a classic membership, which may follow, has none in any case.
fn may_be_about_patterns(error: &Error) -> bool {
    let codes = [ErrorCode::INVALID_REGULAR_EXPRESSION, ErrorCode::GROUP_ID_NOT_FOUND];
    error.kind() == ErrorKind::Unsupported || codes.into_iter().any(|code| error.is(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_given_up_where_brokers_do_not_take_it_and_kept_when_they_cannot_be_reached() {
        assert!(may_be_about_patterns(&Error::of_code(ErrorCode::INVALID_REGULAR_EXPRESSION, "x")));
        assert!(may_be_about_patterns(&Error::of_code(ErrorCode::UNSUPPORTED_VERSION, "x")));
        assert!(may_be_about_patterns(&Error::new(ErrorKind::Unsupported, "does not offer it")));
        assert!(!may_be_about_patterns(&Error::of_code(ErrorCode::NOT_COORDINATOR, "x")));
        assert!(!may_be_about_patterns(&Error::new(ErrorKind::Timeout, "x")));
    }
}
