//! Where reading goes on, and what vouches for it (KIP-320).

/// An offset, and which log it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Position {
    pub(in super::super) offset: i64,
    pub(in super::super) epoch: Epoch,
}

/// By which epoch a leader can tell whether its log is the one that a position is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Epoch {
    Unknown,
    /// Of the record before the position, which has been read.
    OfRecord(i32),
    /// As the leader of `told_in` has told it with the offset. There may be no record of it yet, and nothing was read.
    OfPlace {
        epoch: i32,
        told_in: i32,
    },
}

impl Position {
    /// Named by the application: it may be in no log.
    pub(in super::super) fn at(offset: i64) -> Self {
        Self { offset, epoch: Epoch::Unknown }
    }

    /// As the leader of `told_in` has told it; brokers that know no epoch say -1.
    pub(in super::super) fn told(offset: i64, epoch: i32, told_in: i32) -> Self {
        let epoch = match epoch {
            ..0 => Epoch::Unknown,
            _ => Epoch::OfPlace { epoch, told_in },
        };
        Self { offset, epoch }
    }
}

impl Epoch {
    pub(in super::super) fn of_record(epoch: i32) -> Self {
        match epoch {
            ..0 => Self::Unknown,
            _ => Self::OfRecord(epoch),
        }
    }

    /// The number that a leader is asked about.
    pub(in super::super) fn number(self) -> Option<i32> {
        match self {
            Self::Unknown => None,
            Self::OfRecord(epoch) | Self::OfPlace { epoch, .. } => Some(epoch),
        }
    }

    /// Whether a leader of this epoch may have another log.
    pub(in super::super) fn is_doubtful_to(self, leader_epoch: i32) -> bool {
        match self {
            Self::Unknown => false,
            Self::OfRecord(known) | Self::OfPlace { told_in: known, .. } => known < leader_epoch,
        }
    }
}
