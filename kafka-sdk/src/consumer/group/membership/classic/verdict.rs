//! What a coordinator's refusal means: one table for each request. As in Java's `AbstractCoordinator`, but for what would
//! be a loop without a pause there, or ends a consumer that another attempt would have saved.

use crate::error::{Advice, Error, ErrorKind};
use kafka_sdk_protocol::ErrorCode;

/// What to do about a refused JoinGroup or SyncGroup: all but the last begin again at JoinGroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The coordinator cannot say, or could not be asked.
    Retry,
    /// The group rebalances again.
    Rebalance,
    /// The generation is over; the coordinator may still know the member.
    Outdated,
    /// The coordinator does not know the member.
    Unknown,
    /// The coordinator has failed, and the next attempt may succeed. It lasts where the state of the group is too large to be
    /// written down: that is said to all members, whose assignments are forgotten.
    Failed,
    /// Nothing that this member could do would help.
    Fatal,
}

/// What to do about a refused Heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The coordinator knows the member, and waits for it to join again.
    Rebalance,
    Retry,
    Outdated,
    Unknown,
    Fatal,
}

pub(super) fn joining(error: &Error) -> Verdict {
    match error.code() {
        Some(ErrorCode::UNKNOWN_MEMBER_ID) => Verdict::Unknown,
        // Not of JoinGroup; then the member id is no worse than before.
        Some(ErrorCode::ILLEGAL_GENERATION) => Verdict::Outdated,
        // The coordinator could not write the group down in time.
        Some(ErrorCode::REBALANCE_IN_PROGRESS) => Verdict::Retry,
        _ => or_retry(error),
    }
}

pub(super) fn syncing(error: &Error) -> Verdict {
    match error.code() {
        Some(ErrorCode::REBALANCE_IN_PROGRESS) => Verdict::Rebalance,
        Some(ErrorCode::ILLEGAL_GENERATION) => Verdict::Outdated,
        Some(ErrorCode::UNKNOWN_MEMBER_ID) => Verdict::Unknown,
        _ => or_retry(error),
    }
}

pub(super) fn heartbeat(error: &Error) -> Heard {
    match error.code() {
        Some(ErrorCode::REBALANCE_IN_PROGRESS) => Heard::Rebalance,
        Some(ErrorCode::ILLEGAL_GENERATION) => Heard::Outdated,
        Some(ErrorCode::UNKNOWN_MEMBER_ID) => Heard::Unknown,
        // Another member has the instance id.
        Some(ErrorCode::FENCED_INSTANCE_ID | ErrorCode::GROUP_AUTHORIZATION_FAILED) => Heard::Fatal,
        // Whatever a broker says to a heartbeat, the next one may be answered otherwise.
        Some(_) => Heard::Retry,
        None if error.advice() == Advice::Retry || error.kind() == ErrorKind::Decode => Heard::Retry,
        None => Heard::Fatal,
    }
}

fn or_retry(error: &Error) -> Verdict {
    match error.code() {
        Some(ErrorCode::UNKNOWN_SERVER_ERROR) => Verdict::Failed,
        _ if error.advice() == Advice::Retry => Verdict::Retry,
        _ => Verdict::Fatal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FATAL: [ErrorCode; 7] = [
        ErrorCode::FENCED_INSTANCE_ID,
        ErrorCode::INCONSISTENT_GROUP_PROTOCOL,
        ErrorCode::INVALID_SESSION_TIMEOUT,
        ErrorCode::INVALID_GROUP_ID,
        ErrorCode::GROUP_AUTHORIZATION_FAILED,
        ErrorCode::GROUP_MAX_SIZE_REACHED,
        ErrorCode::UNSUPPORTED_VERSION,
    ];
    const PASSING: [ErrorCode; 3] = [
        ErrorCode::NOT_COORDINATOR,
        ErrorCode::COORDINATOR_NOT_AVAILABLE,
        ErrorCode::COORDINATOR_LOAD_IN_PROGRESS,
    ];
    /// One that no broker of today sends.
    const NEW: ErrorCode = ErrorCode(30_000);

    fn of<T>(table: fn(&Error) -> T) -> impl Fn(ErrorCode) -> T {
        move |code| table(&Error::of_code(code, "x"))
    }

    fn unanswered(kind: ErrorKind) -> Error {
        Error::new(kind, "x")
    }

    #[test]
    fn every_refusal_of_a_join_has_its_verdict() {
        let of = of(joining);
        assert_eq!(of(ErrorCode::UNKNOWN_MEMBER_ID), Verdict::Unknown);
        assert_eq!(of(ErrorCode::ILLEGAL_GENERATION), Verdict::Outdated);
        assert_eq!(of(ErrorCode::REBALANCE_IN_PROGRESS), Verdict::Retry);
        assert!(PASSING.into_iter().all(|code| of(code) == Verdict::Retry));
        assert!(FATAL.into_iter().all(|code| of(code) == Verdict::Fatal));
        assert_eq!(of(ErrorCode::UNKNOWN_SERVER_ERROR), Verdict::Failed);
        assert_eq!(of(NEW), Verdict::Fatal);
    }

    #[test]
    fn every_refusal_of_a_sync_has_its_verdict() {
        let of = of(syncing);
        assert_eq!(of(ErrorCode::UNKNOWN_MEMBER_ID), Verdict::Unknown);
        assert_eq!(of(ErrorCode::ILLEGAL_GENERATION), Verdict::Outdated);
        assert_eq!(of(ErrorCode::REBALANCE_IN_PROGRESS), Verdict::Rebalance);
        assert!(PASSING.into_iter().all(|code| of(code) == Verdict::Retry));
        assert!(FATAL.into_iter().all(|code| of(code) == Verdict::Fatal));
        assert_eq!(of(ErrorCode::UNKNOWN_SERVER_ERROR), Verdict::Failed);
        assert_eq!(of(NEW), Verdict::Fatal);
    }

    #[test]
    fn every_refusal_of_a_heartbeat_has_its_verdict() {
        let of = of(heartbeat);
        assert_eq!(of(ErrorCode::UNKNOWN_MEMBER_ID), Heard::Unknown);
        assert_eq!(of(ErrorCode::ILLEGAL_GENERATION), Heard::Outdated);
        assert_eq!(of(ErrorCode::REBALANCE_IN_PROGRESS), Heard::Rebalance);
        assert!(PASSING.into_iter().all(|code| of(code) == Heard::Retry));
        assert_eq!(of(ErrorCode::FENCED_INSTANCE_ID), Heard::Fatal);
        assert_eq!(of(ErrorCode::GROUP_AUTHORIZATION_FAILED), Heard::Fatal);
        assert_eq!(of(NEW), Heard::Retry);
    }

    #[test]
    fn a_coordinator_that_cannot_be_reached_is_asked_again_and_one_that_cannot_be_used_is_not() {
        for passing in [ErrorKind::Connect, ErrorKind::Timeout].map(unanswered) {
            assert_eq!((joining(&passing), syncing(&passing)), (Verdict::Retry, Verdict::Retry));
            assert_eq!(heartbeat(&passing), Heard::Retry);
        }
        assert_eq!(
            heartbeat(&unanswered(ErrorKind::Decode)),
            Heard::Retry,
            "the next answer may be readable"
        );
        for lasting in [ErrorKind::Authenticate, ErrorKind::Unsupported].map(unanswered) {
            assert_eq!((joining(&lasting), syncing(&lasting)), (Verdict::Fatal, Verdict::Fatal));
            assert_eq!(heartbeat(&lasting), Heard::Fatal);
        }
    }
}
