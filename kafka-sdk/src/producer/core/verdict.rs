//! What an answer means for a batch: a table for producers with sequence numbers and one for those without; no state.
//!
//! The rules behind the first: a batch that may have been written is never sent under another epoch, or it could be appended
//! twice; a batch that was certainly refused can be. A leader that has appended, and stops being the leader while it
//! waits for its followers, answers as one that never was: `6` and its like leave it open. `45` (`OUT_OF_ORDER_SEQUENCE_NUMBER`) on a batch with unresolved ones
//! before it only says that those are missing.

use crate::error::Written;
use kafka_sdk_protocol::ErrorCode;

/// What is known of a batch when its answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Situation {
    /// No earlier batch of the partition is unresolved.
    pub first: bool,
    /// An earlier attempt may have been written: it got no answer, or one that leaves it open.
    pub maybe_written: bool,
    /// An earlier batch of the partition has failed for good, so that its sequence numbers are missing or in doubt.
    pub gap_before: bool,
    /// Records in the batch.
    pub records: u32,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The broker has it.
    Written {
        /// Offset of the first record.
        base_offset: i64,
        /// The broker's time, in a topic with `LogAppendTime`.
        log_append_time: Option<i64>,
    },
    /// The broker said no.
    Refused(ErrorCode),
    /// No answer, and the request may have reached the broker.
    Lost,
    /// The request was never sent.
    Unsent,
}

/// What to do with the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is written. The offset is not known when it was a duplicate of something long ago.
    Done,
    /// Send the same bytes again, before everything behind them.
    Retry {
        /// This attempt may have been written.
        maybe_written: bool,
        /// Leaders have to be looked up again.
        stale: bool,
    },
    /// It is certainly not written: send it with new sequence numbers under the next epoch.
    Resequence,
    /// As [`Self::Resequence`], under another producer id.
    Renew,
    /// Send it in parts.
    Split,
    /// Give it up.
    Fail(Written),
}

/// The table for an idempotent producer.
#[must_use]
pub fn verdict(batch: &Situation, answer: &Answer) -> Verdict {
    let code = match *answer {
        Answer::Written { .. } => return Verdict::Done,
        Answer::Lost => return Verdict::Retry { maybe_written: true, stale: true },
        // Its sequence numbers would not be accepted, and no broker has seen it.
        Answer::Unsent if batch.gap_before && !batch.maybe_written => return Verdict::Resequence,
        Answer::Unsent => return Verdict::Retry { maybe_written: false, stale: true },
        Answer::Refused(code) => code,
    };
    match code {
        ErrorCode::DUPLICATE_SEQUENCE_NUMBER => Verdict::Done,
        // Whatever is missing before it will never come.
        ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER | ErrorCode::UNKNOWN_PRODUCER_ID
            if batch.gap_before && !batch.maybe_written =>
        {
            Verdict::Resequence
        }
        ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER | ErrorCode::UNKNOWN_PRODUCER_ID if !batch.first => {
            Verdict::Retry { maybe_written: false, stale: false }
        }
        // The broker has forgotten the producer, because nothing that it wrote is left.
        ErrorCode::UNKNOWN_PRODUCER_ID if !batch.maybe_written => Verdict::Resequence,
        // The broker has lost what it acknowledged before, or has had the batch for long.
        ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER | ErrorCode::UNKNOWN_PRODUCER_ID => {
            Verdict::Fail(batch.in_doubt())
        }
        ErrorCode::INVALID_PRODUCER_EPOCH | ErrorCode::PRODUCER_FENCED if !batch.maybe_written => {
            Verdict::Renew
        }
        ErrorCode::MESSAGE_TOO_LARGE | ErrorCode::RECORD_LIST_TOO_LARGE
            if batch.records > 1 && !batch.maybe_written =>
        {
            Verdict::Split
        }
        code if leaves_it_open(code) => refused(batch, code),
        code if code.is_retriable() && batch.gap_before && !batch.maybe_written => Verdict::Resequence,
        code => refused(batch, code),
    }
}

/// The table for a producer without sequence numbers: what may have been written is sent again all the same.
#[must_use]
pub(crate) fn verdict_without_sequence(batch: &Situation, answer: &Answer) -> Verdict {
    match *answer {
        Answer::Written { .. } => Verdict::Done,
        Answer::Lost => Verdict::Retry { maybe_written: true, stale: true },
        Answer::Unsent => Verdict::Retry { maybe_written: false, stale: true },
        Answer::Refused(ErrorCode::MESSAGE_TOO_LARGE | ErrorCode::RECORD_LIST_TOO_LARGE)
            if batch.records > 1 =>
        {
            Verdict::Split
        }
        Answer::Refused(code) => refused(batch, code),
    }
}

impl Situation {
    fn in_doubt(&self) -> Written {
        if self.maybe_written { Written::Maybe } else { Written::No }
    }
}

/// What a code means that has nothing to do with sequence numbers.
fn refused(batch: &Situation, code: ErrorCode) -> Verdict {
    match code {
        // Appended by the leader, but not by enough followers.
        ErrorCode::REQUEST_TIMED_OUT | ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND => {
            Verdict::Retry { maybe_written: true, stale: false }
        }
        ErrorCode::UNKNOWN_SERVER_ERROR => Verdict::Fail(Written::Maybe),
        // Of a newer broker: it may mean anything.
        code if code.name().is_none() => Verdict::Fail(Written::Maybe),
        code if is_stale(code) => Verdict::Retry { maybe_written: true, stale: true },
        code if code.is_retriable() => Verdict::Retry { maybe_written: false, stale: false },
        _ => Verdict::Fail(batch.in_doubt()),
    }
}

/// Whether a batch may have been written that is answered with the code.
fn leaves_it_open(code: ErrorCode) -> bool {
    is_stale(code)
        || matches!(code, ErrorCode::REQUEST_TIMED_OUT | ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND)
}

/// Whether the code says that the broker is not the leader, or no longer: leaders have to be looked up again, and what
/// it has appended as the leader may be there to stay.
fn is_stale(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::NOT_LEADER_OR_FOLLOWER
            | ErrorCode::LEADER_NOT_AVAILABLE
            | ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
            | ErrorCode::UNKNOWN_TOPIC_ID
            | ErrorCode::FENCED_LEADER_EPOCH
            | ErrorCode::UNKNOWN_LEADER_EPOCH
            | ErrorCode::KAFKA_STORAGE_ERROR
            | ErrorCode::NETWORK_EXCEPTION
            | ErrorCode::REPLICA_NOT_AVAILABLE
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: Situation = Situation { first: true, maybe_written: false, gap_before: false, records: 3 };
    const IN_DOUBT: Situation = Situation { maybe_written: true, ..FRESH };
    const BEHIND: Situation = Situation { first: false, ..FRESH };
    const BEHIND_IN_DOUBT: Situation = Situation { maybe_written: true, ..BEHIND };
    const AFTER_GAP: Situation = Situation { gap_before: true, ..FRESH };
    const AFTER_GAP_IN_DOUBT: Situation = Situation { gap_before: true, ..IN_DOUBT };
    const SINGLE: Situation = Situation { records: 1, ..FRESH };

    fn of(batch: &Situation, code: ErrorCode) -> Verdict {
        verdict(batch, &Answer::Refused(code))
    }

    const AGAIN: Verdict = Verdict::Retry { maybe_written: false, stale: false };
    const IN_DOUBT_ELSEWHERE: Verdict = Verdict::Retry { maybe_written: true, stale: true };
    const NOT_WRITTEN: Verdict = Verdict::Fail(Written::No);
    const PERHAPS: Verdict = Verdict::Fail(Written::Maybe);

    #[test]
    fn an_acknowledged_batch_is_done_also_as_a_duplicate() {
        let written = Answer::Written { base_offset: 7, log_append_time: None };
        for batch in [FRESH, IN_DOUBT, BEHIND, AFTER_GAP] {
            assert_eq!(verdict(&batch, &written), Verdict::Done);
            assert_eq!(of(&batch, ErrorCode::DUPLICATE_SEQUENCE_NUMBER), Verdict::Done);
        }
    }

    #[test]
    fn out_of_order_on_a_batch_that_is_not_the_next_is_retried_in_order() {
        let code = ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER;
        assert_eq!((of(&BEHIND, code), of(&BEHIND_IN_DOUBT, code)), (AGAIN, AGAIN));
    }

    #[test]
    fn out_of_order_on_the_next_batch_is_a_failure_that_says_what_it_knows() {
        let code = ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER;
        assert_eq!((of(&FRESH, code), of(&IN_DOUBT, code)), (NOT_WRITTEN, PERHAPS));
    }

    #[test]
    fn a_batch_whose_outcome_is_unknown_never_gets_another_epoch() {
        for code in (-1..140).map(ErrorCode) {
            for batch in [IN_DOUBT, BEHIND_IN_DOUBT, AFTER_GAP_IN_DOUBT] {
                let verdict = of(&batch, code);
                let other_epoch = matches!(verdict, Verdict::Resequence | Verdict::Renew | Verdict::Split);
                assert!(!other_epoch && verdict != NOT_WRITTEN, "{code} {batch:?}");
            }
        }
        assert_eq!(verdict(&FRESH, &Answer::Lost), Verdict::Retry { maybe_written: true, stale: true });
    }

    #[test]
    fn a_batch_that_was_refused_behind_a_gap_is_resequenced() {
        for code in [ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER, ErrorCode::UNKNOWN_PRODUCER_ID] {
            assert_eq!(of(&AFTER_GAP, code), Verdict::Resequence);
            assert_eq!(of(&AFTER_GAP_IN_DOUBT, code), PERHAPS);
        }
    }

    #[test]
    fn a_forgotten_producer_begins_again() {
        assert_eq!(of(&FRESH, ErrorCode::UNKNOWN_PRODUCER_ID), Verdict::Resequence);
        assert_eq!(of(&IN_DOUBT, ErrorCode::UNKNOWN_PRODUCER_ID), PERHAPS);
        assert_eq!(of(&FRESH, ErrorCode::INVALID_PRODUCER_EPOCH), Verdict::Renew);
    }

    #[test]
    fn only_a_batch_that_was_certainly_refused_is_split() {
        let code = ErrorCode::MESSAGE_TOO_LARGE;
        assert_eq!((of(&FRESH, code), of(&IN_DOUBT, code)), (Verdict::Split, PERHAPS));
        assert_eq!(of(&SINGLE, code), NOT_WRITTEN);
    }

    #[test]
    fn too_few_replicas_before_and_after_the_append_differ() {
        assert_eq!(of(&FRESH, ErrorCode::NOT_ENOUGH_REPLICAS), AGAIN);
        let after = of(&FRESH, ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND);
        assert_eq!(after, Verdict::Retry { maybe_written: true, stale: false });
    }

    #[test]
    fn a_leader_that_moved_is_looked_up_and_may_have_appended_before() {
        for code in [
            ErrorCode::NOT_LEADER_OR_FOLLOWER,
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            ErrorCode::KAFKA_STORAGE_ERROR,
        ] {
            for batch in [FRESH, IN_DOUBT, BEHIND, AFTER_GAP] {
                assert_eq!(of(&batch, code), IN_DOUBT_ELSEWHERE);
            }
        }
        assert_eq!(verdict(&FRESH, &Answer::Unsent), Verdict::Retry { maybe_written: false, stale: true });
    }

    #[test]
    fn behind_a_gap_what_is_certainly_not_written_needs_no_second_refusal() {
        assert_eq!(of(&AFTER_GAP, ErrorCode::NOT_ENOUGH_REPLICAS), Verdict::Resequence);
        assert_eq!(of(&AFTER_GAP_IN_DOUBT, ErrorCode::NOT_ENOUGH_REPLICAS), AGAIN);
        assert_eq!(verdict(&AFTER_GAP, &Answer::Unsent), Verdict::Resequence);
        assert!(matches!(verdict(&AFTER_GAP_IN_DOUBT, &Answer::Unsent), Verdict::Retry { .. }));
    }

    #[test]
    fn without_sequence_numbers_what_may_be_written_is_sent_again() {
        let of = |batch: &Situation, code| verdict_without_sequence(batch, &Answer::Refused(code));
        let written = Answer::Written { base_offset: -1, log_append_time: None };
        let lost = verdict_without_sequence(&IN_DOUBT, &Answer::Lost);
        assert_eq!(
            (verdict_without_sequence(&IN_DOUBT, &written), lost),
            (Verdict::Done, IN_DOUBT_ELSEWHERE)
        );
        assert_eq!(of(&IN_DOUBT, ErrorCode::NOT_ENOUGH_REPLICAS), AGAIN);
        assert_eq!(of(&FRESH, ErrorCode::NOT_LEADER_OR_FOLLOWER), IN_DOUBT_ELSEWHERE);
        assert_eq!(of(&IN_DOUBT, ErrorCode::MESSAGE_TOO_LARGE), Verdict::Split);
        assert_eq!(of(&SINGLE, ErrorCode::MESSAGE_TOO_LARGE), NOT_WRITTEN);
        assert_eq!(of(&IN_DOUBT, ErrorCode::INVALID_RECORD), PERHAPS);
    }

    #[test]
    fn without_sequence_numbers_nothing_is_resequenced() {
        for code in (-1..140).map(ErrorCode) {
            for batch in [FRESH, IN_DOUBT, BEHIND, AFTER_GAP, AFTER_GAP_IN_DOUBT] {
                let verdict = verdict_without_sequence(&batch, &Answer::Refused(code));
                assert!(!matches!(verdict, Verdict::Resequence | Verdict::Renew | Verdict::Done), "{code}");
            }
        }
    }

    #[test]
    fn a_final_refusal_fails_and_says_whether_it_may_have_been_written() {
        for code in [ErrorCode::TOPIC_AUTHORIZATION_FAILED, ErrorCode::INVALID_RECORD] {
            assert_eq!((of(&FRESH, code), of(&IN_DOUBT, code)), (NOT_WRITTEN, PERHAPS));
        }
        for code in [ErrorCode::UNKNOWN_SERVER_ERROR, ErrorCode(999)] {
            assert_eq!(of(&FRESH, code), PERHAPS);
        }
    }
}
