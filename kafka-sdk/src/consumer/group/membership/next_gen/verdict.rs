//! What a coordinator's refusal of a ConsumerGroupHeartbeat means: one table.

use crate::error::{Advice, Error, ErrorKind};
use kafka_sdk_protocol::ErrorCode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The coordinator cannot say, or could not be asked.
    Retry,
    /// No member any more: everything is lost, and another join follows.
    Fenced,
    /// A member that has not left has the instance id: one that has died does so until its session is over.
    Unreleased,
    /// The coordinator has failed, maybe over another member's request: it writes those of several members together, and one
    /// that cannot be applied undoes all of them. The next one may be taken.
    Failed,
    /// Nothing that this member could do would help.
    Fatal,
}

/// What was asked for by a heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Join,
    Stay,
}

pub(super) fn heartbeat(error: &Error, asked: Asked) -> Verdict {
    match error.code() {
        Some(ErrorCode::UNKNOWN_MEMBER_ID | ErrorCode::FENCED_MEMBER_EPOCH) => Verdict::Fenced,
        // The group is gone; to a join it says that the group is of another kind.
        Some(ErrorCode::GROUP_ID_NOT_FOUND) if asked == Asked::Stay => Verdict::Fenced,
        Some(ErrorCode::UNRELEASED_INSTANCE_ID) => Verdict::Unreleased,
        Some(ErrorCode::UNKNOWN_SERVER_ERROR) => Verdict::Failed,
        _ if error.advice() == Advice::Retry => Verdict::Retry,
        // One answer may have been harmed on the way; the next one is to the same question, with all fields.
        None if error.kind() == ErrorKind::Decode => Verdict::Failed,
        _ => Verdict::Fatal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_verdict() {
        let of = |code| heartbeat(&Error::of_code(code, "x"), Asked::Stay);
        for fenced in
            [ErrorCode::UNKNOWN_MEMBER_ID, ErrorCode::FENCED_MEMBER_EPOCH, ErrorCode::GROUP_ID_NOT_FOUND]
        {
            assert_eq!(of(fenced), Verdict::Fenced, "{fenced}");
        }
        for passing in [
            ErrorCode::NOT_COORDINATOR,
            ErrorCode::COORDINATOR_NOT_AVAILABLE,
            ErrorCode::COORDINATOR_LOAD_IN_PROGRESS,
        ] {
            assert_eq!(of(passing), Verdict::Retry, "{passing}");
        }
        for fatal in [
            ErrorCode::FENCED_INSTANCE_ID,
            ErrorCode::GROUP_AUTHORIZATION_FAILED,
            ErrorCode::TOPIC_AUTHORIZATION_FAILED,
            ErrorCode::GROUP_MAX_SIZE_REACHED,
            ErrorCode::UNSUPPORTED_ASSIGNOR,
            ErrorCode::INVALID_REGULAR_EXPRESSION,
            ErrorCode::INVALID_REQUEST,
            ErrorCode::UNSUPPORTED_VERSION,
            ErrorCode(30_000),
        ] {
            assert_eq!(of(fatal), Verdict::Fatal, "{fatal}");
        }
        assert_eq!(of(ErrorCode::UNRELEASED_INSTANCE_ID), Verdict::Unreleased);
        assert_eq!(of(ErrorCode::UNKNOWN_SERVER_ERROR), Verdict::Failed);
    }

    #[test]
    fn a_group_that_is_not_found_is_of_another_kind_for_who_joins() {
        let error = Error::of_code(ErrorCode::GROUP_ID_NOT_FOUND, "x");
        assert_eq!(heartbeat(&error, Asked::Join), Verdict::Fatal);
    }

    #[test]
    fn a_coordinator_that_cannot_be_reached_is_asked_again_and_one_that_cannot_be_used_is_not() {
        let of = |kind| heartbeat(&Error::new(kind, "x"), Asked::Stay);
        assert_eq!((of(ErrorKind::Connect), of(ErrorKind::Timeout)), (Verdict::Retry, Verdict::Retry));
        assert_eq!(of(ErrorKind::Authenticate), Verdict::Fatal);
        assert_eq!(of(ErrorKind::Decode), Verdict::Failed, "one unreadable answer is not the end");
    }
}
