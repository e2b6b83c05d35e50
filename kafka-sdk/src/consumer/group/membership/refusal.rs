//! What a consumer is told when its group does not take it: what happened, and what to do.

use super::Rules;
use crate::error::{Error, ErrorKind};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::ApiKey;

/// The error that ends the consumer, for what the coordinator or the way to it said.
pub(in super::super) fn refusal(rules: &Rules, cause: Error) -> Error {
    if cause.kind() == ErrorKind::Unsupported && cause.api() == Some(ApiKey::CONSUMER_GROUP_HEARTBEAT) {
        return no_consumer_protocol(rules, cause);
    }
    let group = &rules.group;
    let instance = rules.instance_id.as_deref().unwrap_or_default();
    let Some(code) = cause.code() else {
        if cause.kind() != ErrorKind::Unsupported || instance.is_empty() {
            return cause;
        }
        let text = format!(
            "the brokers of group {group} do not have static members, which came with Kafka 2.3: leave out \
             group.instance.id"
        );
        return Error::new(ErrorKind::Unsupported, text).with_source(cause);
    };
    let text = match code {
        ErrorCode::GROUP_AUTHORIZATION_FAILED => {
            return Error::not_allowed(
                code,
                format_args!("reading as group {group}"),
                format_args!("Read permission for group {group}"),
            )
            .with_source(cause);
        }
        ErrorCode::TOPIC_AUTHORIZATION_FAILED => {
            return Error::not_allowed(
                code,
                format_args!("reading what group {group} subscribes to"),
                "Describe permission on each of the topics",
            )
            .with_source(cause);
        }
        ErrorCode::GROUP_ID_NOT_FOUND => format!(
            "group {group} is a classic one that may not change over to the consumer protocol ({code}): set group.protocol to \
             classic, or to auto; or see group.consumer.migration.policy of the brokers, and the assignors of its members"
        ),
        ErrorCode::FENCED_INSTANCE_ID => format!(
            "another consumer has joined group {group} with the instance id {instance:?} ({code}): each consumer needs \
             one of its own (group.instance.id)"
        ),
        ErrorCode::UNRELEASED_INSTANCE_ID => format!(
            "another consumer of group {group} has the instance id {instance:?} and has not left ({code}): each consumer \
             needs one of its own (group.instance.id)"
        ),
        ErrorCode::INCONSISTENT_GROUP_PROTOCOL => format!(
            "the members of group {group} have no assignor in common with this consumer, or are of another kind \
             ({code}): set partition.assignment.strategy as they do"
        ),
        ErrorCode::INVALID_SESSION_TIMEOUT => format!(
            "the brokers do not take group {group} with a session.timeout.ms of {} ({code}): it lies between their \
             group.min.session.timeout.ms and group.max.session.timeout.ms",
            rules.session_timeout.as_millis()
        ),
        ErrorCode::INVALID_GROUP_ID => format!("the brokers do not take {group:?} as a group id ({code})"),
        ErrorCode::GROUP_MAX_SIZE_REACHED => format!(
            "group {group} has as many members as the brokers allow ({code}): see their group.max.size, or \
             group.consumer.max.size"
        ),
        ErrorCode::UNSUPPORTED_ASSIGNOR => format!(
            "the brokers have no such assignor for group {group} ({code}): set group.remote.assignor to one of their \
             group.consumer.assignors, or leave it unset"
        ),
        ErrorCode::INVALID_REGULAR_EXPRESSION => {
            format!(
                "the pattern of topics for group {group} is not one that the brokers take, in the syntax of RE2 ({code})"
            )
        }
        ErrorCode::UNSUPPORTED_VERSION => {
            format!("the brokers do not have what group {group} is to be joined with ({code})")
        }
        ErrorCode::UNKNOWN_SERVER_ERROR => format!(
            "the coordinator of group {group} has failed for longer than the session of {} ms ({code}), and its log says \
             why. The state of a group with many members, topics or partitions may be larger than max.message.bytes of \
             the topic __consumer_offsets: raise that, or have fewer of them in a group. Brokers \
             before 4.4 fail over a member that has joined with bytes that are no subscription, too (KAFKA-20570): end it",
            rules.session_timeout.as_millis()
        ),
        _ => format!("group {group} does not take this consumer ({code})"),
    };
    Error::of_code(code, text).with_source(cause)
}

fn no_consumer_protocol(rules: &Rules, cause: Error) -> Error {
    let text = format!(
        "the brokers do not take group {} by the consumer protocol (KIP-848), which came with Kafka 4.0 and the feature \
         group.version: set group.protocol to classic, or to auto",
        rules.group
    );
    let error = match cause.code() {
        Some(code) => Error::of_code(code, text),
        None => Error::new(ErrorKind::Unsupported, text),
    };
    error.with_api(ApiKey::CONSUMER_GROUP_HEARTBEAT).with_source(cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backoff::Backoff;
    use std::error::Error as _;
    use std::time::Duration;

    #[test]
    fn a_refusal_keeps_the_code_and_says_what_to_do() {
        let rules = Rules {
            group: "orders".into(),
            instance_id: Some("pod-1".into()),
            session_timeout: Duration::from_secs(1),
            rebalance_timeout: Duration::from_secs(300),
            retry: Backoff::RETRY,
        };
        for (code, hint) in [
            (ErrorCode::GROUP_AUTHORIZATION_FAILED, "Read permission"),
            (ErrorCode::FENCED_INSTANCE_ID, "pod-1"),
            (ErrorCode::UNRELEASED_INSTANCE_ID, "pod-1"),
            (ErrorCode::INCONSISTENT_GROUP_PROTOCOL, "partition.assignment.strategy"),
            (ErrorCode::INVALID_SESSION_TIMEOUT, "session.timeout.ms of 1000"),
            (ErrorCode::GROUP_MAX_SIZE_REACHED, "group.max.size"),
            (ErrorCode::UNSUPPORTED_ASSIGNOR, "group.remote.assignor"),
            (ErrorCode::INVALID_REGULAR_EXPRESSION, "RE2"),
            (ErrorCode::INVALID_GROUP_ID, "group id"),
            (ErrorCode::TOPIC_AUTHORIZATION_FAILED, "Describe permission"),
            (ErrorCode::GROUP_ID_NOT_FOUND, "group.protocol to classic"),
            (ErrorCode::UNKNOWN_SERVER_ERROR, "max.message.bytes of the topic __consumer_offsets"),
            (ErrorCode(30_000), "30000"),
        ] {
            let error = refusal(&rules, Error::of_code(code, "as the broker has it"));
            assert!(error.is(code) && error.to_string().contains("orders"), "{error}");
            assert!(error.to_string().contains(hint), "{error}");
            assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("as the broker has it"));
        }
    }
}
