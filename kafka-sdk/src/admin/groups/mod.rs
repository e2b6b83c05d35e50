//! Groups: who is in them, what they have committed, and how to be rid of it.
//!
//! A request goes to the coordinator of its group, and again while that is moving. Groups are independent of each other, and
//! so is what becomes of them.

mod delete;
mod describe;
mod list;
mod members;
mod offsets;
mod words;

use super::PerItem;
use crate::cluster::{CoordinatorKind, Route, Verdict};
use crate::error::{Advice, Error, ErrorKind, Result, Written};
use crate::model::{TopicName, TopicPartition};
pub use describe::{GroupDescription, MemberDescription};
use futures_util::future::join_all;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::ApiKey;
pub use list::{GroupFilter, GroupListing};
pub use offsets::PendingOffsets;
use std::sync::Arc;
pub use words::{GroupState, GroupType};

fn route(group: &Arc<str>) -> Route {
    Route::Coordinator(CoordinatorKind::Group, group.clone())
}

/// One result for each group; they are asked for side by side.
///
/// # Errors
/// Why no broker has answered, where none has for any of them.
async fn for_each<G: AsRef<str>, V, F: Future<Output = Result<V>>>(
    groups: impl IntoIterator<Item = G>,
    ask: impl Fn(Arc<str>) -> F,
) -> Result<PerItem<String, V>> {
    let asked = groups.into_iter().map(|group| {
        let name = group.as_ref().to_owned();
        let outcome = ask(Arc::from(name.as_str()));
        async move { (name, outcome.await) }
    });
    each_or_none(join_all(asked).await)
}

/// # Errors
/// As [`for_each`]; one that may have had an effect counts more.
fn each_or_none<V>(outcomes: Vec<(String, Result<V>)>) -> Result<PerItem<String, V>> {
    if outcomes.iter().any(|(_, outcome)| !outcome.as_ref().is_err_and(is_unanswered)) {
        return Ok(outcomes.into_iter().collect());
    }
    let errors = outcomes.into_iter().filter_map(|(_, outcome)| outcome.err());
    let graver = |one: Error, other: Error| if one.written() == Written::No { other } else { one };
    errors.reduce(graver).map_or_else(|| Ok(PerItem::from_iter([])), Err)
}

/// Whether it says nothing of a group, but that no broker was there to ask.
fn is_unanswered(error: &Error) -> bool {
    error.code().is_none() && matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout)
}

/// Whether a request is sent again, by what the coordinator says of the group and of what is in it.
fn judge(codes: impl IntoIterator<Item = ErrorCode>) -> Verdict {
    worst(codes.into_iter().map(verdict))
}

fn worst(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    verdicts.reduce(worse).unwrap_or(Verdict::Done)
}

/// As [`verdict`], of what does no harm when it is done twice: replicas that were not there in time may be soon.
fn repeatable(code: ErrorCode) -> Verdict {
    if code == ErrorCode::REQUEST_TIMED_OUT { Verdict::Retry(code) } else { verdict(code) }
}

fn verdict(code: ErrorCode) -> Verdict {
    match code {
        ErrorCode::NOT_COORDINATOR | ErrorCode::COORDINATOR_NOT_AVAILABLE => Verdict::Stale(code),
        ErrorCode::COORDINATOR_LOAD_IN_PROGRESS
        | ErrorCode::REBALANCE_IN_PROGRESS
        | ErrorCode::UNSTABLE_OFFSET_COMMIT => Verdict::Retry(code),
        _ => Verdict::Done,
    }
}

fn worse(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Stale(_), _) | (_, Verdict::Done) => one,
        _ => other,
    }
}

/// What was to be done with a group, as its errors say it.
#[derive(Clone, Copy, Debug)]
struct Deed<'a> {
    api: ApiKey,
    /// As in "cannot *delete group "g"*".
    what: &'a str,
    group: &'a str,
    /// On the group, as ACLs call it.
    permission: &'a str,
}

impl Deed<'_> {
    /// # Errors
    /// What the code says, if it is one.
    fn accepted(&self, code: ErrorCode, message: Option<&str>) -> Result<()> {
        if code == ErrorCode::NONE { Ok(()) } else { Err(self.refused(code, message)) }
    }

    /// As [`Self::accepted`], of a partition.
    fn accepted_for(&self, partition: &TopicPartition, code: ErrorCode) -> Result<()> {
        let what = format!("{} for {partition}", self.what);
        Deed { what: &what, ..*self }.accepted(code, None).map_err(|error| about(error, partition))
    }

    fn refused(&self, code: ErrorCode, message: Option<&str>) -> Error {
        let Self { api, what, group, permission } = *self;
        let error = match code {
            ErrorCode::GROUP_ID_NOT_FOUND => Error::of_code(
                code,
                format!("cannot {what}: there is no consumer group \"{group}\" ({code})"),
            ),
            ErrorCode::NON_EMPTY_GROUP | ErrorCode::UNKNOWN_MEMBER_ID if api != ApiKey::LEAVE_GROUP => {
                let text = format!(
                    "cannot {what}: group \"{group}\" has members ({code}): close its consumers, or wait until their \
                     sessions have expired"
                );
                Error::of_code(code, text)
            }
            ErrorCode::UNKNOWN_MEMBER_ID => {
                Error::of_code(code, format!("cannot {what}: it has no such member ({code})"))
            }
            ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC => {
                let text = format!(
                    "cannot {what}: members of group \"{group}\" are subscribed to the topic ({code}): close them, or \
                     have them subscribe to others"
                );
                Error::of_code(code, text)
            }
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => Error::of_code(
                code,
                format!("cannot {what}: there is no such topic, or the topic has no such partition ({code})"),
            ),
            ErrorCode::INVALID_GROUP_ID => Error::of_code(
                code,
                format!("cannot {what}: \"{group}\" cannot be the id of a group ({code})"),
            ),
            ErrorCode::GROUP_AUTHORIZATION_FAILED => Error::not_allowed(
                code,
                format_args!("to {what}"),
                format_args!("{permission} permission on group \"{group}\""),
            ),
            ErrorCode::TOPIC_AUTHORIZATION_FAILED => {
                Error::not_allowed(code, format_args!("to {what}"), "Read permission on the topic")
            }
            _ => {
                let why = message.map(|message| format!(": {message}")).unwrap_or_default();
                Error::of_code(code, format!("cannot {what}: {code}{why}"))
            }
        };
        let error = error.with_api(api);
        if code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION { error.with_advice(Advice::GiveUp) } else { error }
    }

    /// What an error becomes that says that the broker does not have what came with this release of Kafka.
    fn too_old(&self, error: Error, release: &str) -> Error {
        if error.kind() != ErrorKind::Unsupported {
            return error;
        }
        let broker = error.broker().unwrap_or("the broker").to_owned();
        let text = format!("cannot {}: {broker} is too old, it needs Kafka {release}", self.what);
        Error::new(ErrorKind::Unsupported, text).with_api(self.api).with_broker(broker).with_source(error)
    }

    fn left_out(&self, what: impl std::fmt::Display) -> Error {
        let text = format!("the broker's answer of group \"{}\" leaves out {what}", self.group);
        Error::new(ErrorKind::Decode, text).with_api(self.api)
    }
}

fn about(error: Error, partition: &TopicPartition) -> Error {
    error.with_topic(partition.shared_topic().clone()).with_partition(partition.partition())
}

/// # Errors
/// Kind [`ErrorKind::Settings`]: a topic's name that is not legal.
fn checked<T: Into<TopicPartition>>(partitions: impl IntoIterator<Item = T>) -> Result<Vec<TopicPartition>> {
    let partitions: Vec<TopicPartition> = partitions.into_iter().map(Into::into).collect();
    partitions.iter().try_for_each(|partition| TopicName::try_from(partition.topic()).map(drop))?;
    Ok(partitions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coordinator_that_moves_is_looked_up_again_and_one_that_loads_is_waited_for() {
        use ErrorCode as Code;
        let (moved, loads) = (Code::NOT_COORDINATOR, Code::COORDINATOR_LOAD_IN_PROGRESS);
        assert_eq!(judge([Code::NONE, moved, loads]), Verdict::Stale(moved));
        assert_eq!(
            judge([loads, Code::COORDINATOR_NOT_AVAILABLE]),
            Verdict::Stale(Code::COORDINATOR_NOT_AVAILABLE)
        );
        assert_eq!(judge([Code::NONE, loads, Code::NONE]), Verdict::Retry(loads));
        assert_eq!(judge([Code::NONE, Code::NON_EMPTY_GROUP]), Verdict::Done);
        assert_eq!(judge([]), Verdict::Done);
    }

    #[test]
    fn replicas_that_were_late_are_given_another_chance_where_twice_does_no_harm() {
        use ErrorCode as Code;
        let (late, moved) = (Code::REQUEST_TIMED_OUT, Code::NOT_COORDINATOR);
        let repeatable = |codes: &[ErrorCode]| worst(codes.iter().copied().map(repeatable));
        assert_eq!(repeatable(&[Code::NONE, late, Code::UNKNOWN_MEMBER_ID]), Verdict::Retry(late));
        assert_eq!(repeatable(&[late, moved]), Verdict::Stale(moved));
        assert_eq!(repeatable(&[Code::NONE, Code::UNKNOWN_MEMBER_ID]), Verdict::Done);
        assert_eq!(judge([late]), Verdict::Done, "of all else it is not known whether it was done");
    }

    #[test]
    fn what_nobody_answers_is_one_error_and_what_one_does_not_is_its_own() {
        let gone = |kind| Err::<(), _>(Error::new(kind, "nobody there"));
        let refused = || Err(Error::of_code(ErrorCode::NON_EMPTY_GROUP, "members"));
        let loads = || Err(Error::of_code(ErrorCode::COORDINATOR_NOT_AVAILABLE, "for all the time"));
        let outcome = |outcomes: Vec<Result<()>>| {
            each_or_none(outcomes.into_iter().map(|outcome| ("g".to_owned(), outcome)).collect())
        };
        let doubtful = || Err(Error::new(ErrorKind::Timeout, "no answer").with_written(Written::Maybe));
        for all in [vec![gone(ErrorKind::Connect), doubtful()], vec![doubtful(), gone(ErrorKind::Connect)]] {
            assert_eq!(outcome(all).unwrap_err().written(), Written::Maybe, "one of them may be deleted");
        }
        for answered in [Ok(()), refused(), loads(), gone(ErrorKind::Unsupported)] {
            let some = outcome(vec![gone(ErrorKind::Timeout), answered]).unwrap();
            assert_eq!(some.len(), 2, "each by itself");
        }
        assert!(outcome(Vec::new()).unwrap().is_empty());
    }

    #[test]
    fn errors_say_what_is_in_the_way() {
        let deed =
            Deed { api: ApiKey::DELETE_GROUPS, what: "delete group \"g\"", group: "g", permission: "Delete" };
        let error = |code| deed.accepted(code, None).unwrap_err();
        let text = |code| error(code).to_string();
        assert!(text(ErrorCode::NON_EMPTY_GROUP).contains("has members"));
        assert!(text(ErrorCode::GROUP_ID_NOT_FOUND).contains("there is no consumer group \"g\""));
        assert!(text(ErrorCode::GROUP_AUTHORIZATION_FAILED).contains("Delete permission on group \"g\""));
        assert_eq!(error(ErrorCode::GROUP_AUTHORIZATION_FAILED).kind(), ErrorKind::Authorize);
        let refused = deed.refused(ErrorCode::INVALID_REQUEST, Some("why")).to_string();
        assert!(refused.contains("INVALID_REQUEST") && refused.ends_with(": why"), "{refused}");
        assert!(deed.accepted(ErrorCode::NONE, None).is_ok());
    }

    #[test]
    fn errors_of_a_partition_name_it_and_those_of_an_old_broker_the_release() {
        let what = "alter the offsets of group \"g\"";
        let deed = Deed { api: ApiKey::OFFSET_COMMIT, what, group: "g", permission: "Read" };
        let error = deed.accepted_for(&("t", 3).into(), ErrorCode::UNKNOWN_MEMBER_ID).unwrap_err();
        assert_eq!((error.topic(), error.partition()), (Some("t"), Some(3)));
        assert_eq!(error.advice(), Advice::GiveUp, "it will not work without a change");
        for part in ["for t-3", "has members", "close its consumers"] {
            assert!(error.to_string().contains(part), "{error}");
        }
        let unknown = deed.accepted_for(&("t", 3).into(), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION).unwrap_err();
        assert!(
            unknown
                .to_string()
                .contains("for t-3: there is no such topic, or the topic has no such partition")
        );
        assert_eq!(unknown.advice(), Advice::GiveUp);
        let old = deed.too_old(Error::new(ErrorKind::Unsupported, "no such API"), "2.4 (KIP-496)");
        assert_eq!((old.kind(), old.api()), (ErrorKind::Unsupported, Some(ApiKey::OFFSET_COMMIT)));
        assert!(old.to_string().contains("needs Kafka 2.4 (KIP-496)"), "{old}");
        assert_eq!(deed.too_old(Error::new(ErrorKind::Timeout, "x"), "2.4").kind(), ErrorKind::Timeout);
    }
}
