//! Whether a position is in the log: logs lose their beginning, and after an unclean election their end (KIP-320). Pure.

use crate::model::Reset;
use std::time::Duration;

/// What is known of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Records are fetched from there.
    Sound,
    /// Another leader has come, which may not have what was read: it is asked.
    Doubtful,
    /// It is not in the log.
    Lost(Restart),
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
    /// Of a position behind a record of `epoch`.
    pub(super) fn verdict(self, epoch: i32, position: i64) -> Verdict {
        match self {
            Self { epoch: ..0, .. } | Self { offset: ..0, .. } => Verdict::Unknown,
            Self { offset, .. } if offset < position => Verdict::Parts(offset),
            // The epoch that was read from never got so far: its records were cut, and others are in their place.
            Self { epoch: known, .. } if known < epoch => Verdict::Unknown,
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
            assert_eq!(EpochEnd { epoch, offset }.verdict(5, 100), expected, "{epoch} {offset}");
        }
    }
}
