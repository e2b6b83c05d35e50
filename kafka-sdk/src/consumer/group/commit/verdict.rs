//! What a broker's answer to a commit means. Pure.

use kafka_sdk_protocol::ErrorCode;

/// Whether this is somebody else by now than who has sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Newer {
    /// In a newer generation, or epoch.
    Yes,
    No,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Verdict {
    Done,
    /// After a pause.
    Again,
    /// After a pause, at the coordinator that there is then.
    Elsewhere,
    /// After a pause, and the membership asks the coordinator in the meantime.
    Doubt,
    /// Never again.
    Failed,
    /// Never again, and the membership asks the coordinator.
    Fenced,
}

pub(in super::super) fn verdict(code: ErrorCode, newer: Newer) -> Verdict {
    match (code, newer) {
        (ErrorCode::NONE, _) => Verdict::Done,
        (ErrorCode::NOT_COORDINATOR | ErrorCode::COORDINATOR_NOT_AVAILABLE, _) => Verdict::Elsewhere,
        // With the generation, or the epoch, that is to come it is in order.
        (
            ErrorCode::REBALANCE_IN_PROGRESS | ErrorCode::ILLEGAL_GENERATION | ErrorCode::STALE_MEMBER_EPOCH,
            newer,
        ) => match newer {
            Newer::Yes => Verdict::Again,
            Newer::No => Verdict::Doubt,
        },
        (
            ErrorCode::UNKNOWN_MEMBER_ID | ErrorCode::FENCED_INSTANCE_ID | ErrorCode::FENCED_MEMBER_EPOCH,
            _,
        ) => Verdict::Fenced,
        (code, _) if code.is_retriable() => Verdict::Again,
        _ => Verdict::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_fenced_never_commits_again_and_who_is_late_does_as_who_he_is_then() {
        for newer in [Newer::Yes, Newer::No] {
            for fenced in
                [ErrorCode::UNKNOWN_MEMBER_ID, ErrorCode::FENCED_INSTANCE_ID, ErrorCode::FENCED_MEMBER_EPOCH]
            {
                assert_eq!(verdict(fenced, newer), Verdict::Fenced);
            }
            assert_eq!(verdict(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS, newer), Verdict::Again);
            assert_eq!(verdict(ErrorCode::NOT_COORDINATOR, newer), Verdict::Elsewhere);
            assert_eq!(verdict(ErrorCode::OFFSET_METADATA_TOO_LARGE, newer), Verdict::Failed);
            assert_eq!(verdict(ErrorCode::GROUP_AUTHORIZATION_FAILED, newer), Verdict::Failed);
        }
        for late in
            [ErrorCode::REBALANCE_IN_PROGRESS, ErrorCode::ILLEGAL_GENERATION, ErrorCode::STALE_MEMBER_EPOCH]
        {
            assert_eq!(verdict(late, Newer::Yes), Verdict::Again);
            assert_eq!(verdict(late, Newer::No), Verdict::Doubt);
        }
    }
}
