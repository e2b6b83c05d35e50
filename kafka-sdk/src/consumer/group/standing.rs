//! As whom a consumer commits.

use super::membership::Identity;

/// What this consumer is to its group at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// A member of the classic protocol.
    Classic(Identity),
    /// A member under KIP-848.
    NextGen(Identity),
    /// Its partitions are its own choice: the group only keeps its offsets.
    Alone,
    /// No member, at least for now.
    Nobody,
}

impl Standing {
    fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Classic(identity) | Self::NextGen(identity) => Some(identity),
            Self::Alone | Self::Nobody => None,
        }
    }

    pub(super) fn epoch(&self) -> i32 {
        self.identity().map_or(-1, |identity| identity.epoch)
    }

    pub(super) fn member_id(&self) -> String {
        self.identity().map_or_else(String::new, |identity| identity.member_id.as_ref().to_owned())
    }

    pub(super) fn instance_id(&self) -> Option<String> {
        self.identity()?.instance_id.as_ref().map(|id| id.as_ref().to_owned())
    }

    /// Whether a broker compares member and epoch where offsets are fetched: only those of KIP-848.
    pub(super) fn is_checked_on_fetch(&self) -> bool {
        matches!(self, Self::NextGen(_))
    }
}
