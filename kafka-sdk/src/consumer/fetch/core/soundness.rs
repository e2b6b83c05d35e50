//! Whether a position is in the log: logs lose their beginning, and after an unclean election their end (KIP-320). Pure.

use crate::consumer::start::position::{Epoch, Position};
use crate::model::Reset;
use std::time::Duration;

/// What is known of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Soundness {
    /// Records are fetched from there.
    Sound,
    /// Another leader has come, which may not have what was read: it is asked.
    Doubtful,
    /// It is not in the log.
    Lost(Restart),
    /// Nor that, and it is an error: what there is in its place is asked for, to say so.
    OutOfRange,
}

/// Where reading goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super::super) enum Restart {
    Earliest,
    Latest,
    Within(Duration),
}

impl Restart {
    /// None where a lost position is an error.
    pub(super) fn by(policy: Reset) -> Option<Self> {
        match policy {
            Reset::Fail => None,
            Reset::Earliest => Some(Self::Earliest),
            Reset::Latest => Some(Self::Latest),
            Reset::Within(time) => Some(Self::Within(time)),
        }
    }
}

/// Where a log begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super::super) struct LogRange {
    pub(in super::super) start: i64,
    pub(in super::super) end: i64,
}

/// Where the log of a leader ends in an epoch, or in the last one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EpochEnd {
    pub(super) epoch: i32,
    pub(super) offset: i64,
}

/// What that says of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The log has what was read.
    Holds,
    /// From this offset on it has other records, or none.
    Parts(i64),
    /// What was read is not in it, and where that begins is not known.
    Unknown,
}

impl EpochEnd {
    pub(super) fn verdict(self, position: Position) -> Verdict {
        match (self, position.epoch) {
            (Self { epoch: ..0, .. } | Self { offset: ..0, .. }, _) => Verdict::Unknown,
            (Self { offset, .. }, _) if offset < position.offset => Verdict::Parts(offset),
            // The epoch that was read from never got so far: its records were cut, and others are in their place. An epoch
            // that was only told may have had no records.
            (Self { epoch: known, .. }, Epoch::OfRecord(read)) if known < read => Verdict::Unknown,
            _ => Verdict::Holds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leader_knows_where_its_log_parts_from_what_was_read() {
        // Read up to 100, in epoch 5.
        for (epoch, offset, expected) in [
            (5, 100, Verdict::Holds),
            (5, 250, Verdict::Holds),
            (5, 90, Verdict::Parts(90)),
            (4, 80, Verdict::Parts(80)),
            (4, 120, Verdict::Unknown),
            (-1, -1, Verdict::Unknown),
        ] {
            let position = Position { offset: 100, epoch: Epoch::OfRecord(5) };
            assert_eq!(EpochEnd { epoch, offset }.verdict(position), expected, "{epoch} {offset}");
        }
        // To begin there, and nothing was read: there need not have been a record of epoch 5.
        let told = Position::told(100, 5, 5);
        assert_eq!(EpochEnd { epoch: 4, offset: 100 }.verdict(told), Verdict::Holds);
        assert_eq!(EpochEnd { epoch: 4, offset: 99 }.verdict(told), Verdict::Parts(99));
    }
}
