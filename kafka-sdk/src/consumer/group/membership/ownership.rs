//! What a member owns, and the one change of it that is under way.

use super::{Call, Taken};
use crate::model::TopicPartition;
use std::collections::BTreeSet;

/// Partitions are owned from the end of their assignment to the end of their revocation, or until they are lost.
#[derive(Debug, Default)]
pub(super) struct Ownership {
    owned: BTreeSet<TopicPartition>,
    change: Option<Change>,
}

#[derive(Debug)]
enum Change {
    Assign(Vec<TopicPartition>),
    Revoke(Vec<TopicPartition>),
    Lose,
}

impl Ownership {
    pub(super) fn owned(&self) -> &BTreeSet<TopicPartition> {
        &self.owned
    }

    /// What is owned, or will be when the assignment under way is done: nobody else may have it.
    pub(super) fn claimed(&self) -> impl Iterator<Item = &TopicPartition> {
        let assigned = match &self.change {
            Some(Change::Assign(partitions)) => partitions.as_slice(),
            _ => &[],
        };
        self.owned.iter().chain(assigned)
    }

    /// Whether a change is under way.
    pub(super) fn is_changing(&self) -> bool {
        self.change.is_some()
    }

    /// Whether nothing is owned, nor will be.
    pub(super) fn is_given_up(&self) -> bool {
        self.owned.is_empty() && self.change.is_none()
    }

    /// Whether something is handed out, or soon will be.
    pub(super) fn is_in_use(&self) -> bool {
        !self.owned.is_empty() || matches!(self.change, Some(Change::Assign(_)))
    }

    /// Whether a change is under way that was begun as a member.
    pub(super) fn is_negotiated(&self) -> bool {
        matches!(self.change, Some(Change::Assign(_) | Change::Revoke(_)))
    }

    pub(super) fn revoke(&mut self, partitions: Vec<TopicPartition>) -> Call {
        self.change = Some(Change::Revoke(partitions.clone()));
        Call::Revoke(partitions)
    }

    pub(super) fn lose_all(&mut self) -> Call {
        self.change = Some(Change::Lose);
        Call::Lose(self.owned.iter().cloned().collect())
    }

    pub(super) fn assign(&mut self, partitions: Vec<TopicPartition>) -> Call {
        self.change = Some(Change::Assign(partitions.clone()));
        Call::Assign(partitions)
    }

    pub(super) fn revoked(&mut self) {
        if let Some(Change::Revoke(partitions)) = self.change.take_if(|c| matches!(c, Change::Revoke(_))) {
            self.owned.retain(|partition| !partitions.contains(partition));
        }
    }

    pub(super) fn lost(&mut self) {
        if self.change.take_if(|c| matches!(c, Change::Lose)).is_some() {
            self.owned.clear();
        }
    }

    pub(super) fn assigned(&mut self, taken: Taken) {
        if let Some(Change::Assign(partitions)) = self.change.take_if(|c| matches!(c, Change::Assign(_)))
            && taken == Taken::All
        {
            self.owned.extend(partitions);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_counts_only_for_the_change_that_is_under_way() {
        let partitions = |numbers: &[i32]| -> Vec<TopicPartition> {
            numbers.iter().map(|&number| ("t", number).into()).collect()
        };
        let owned = |ownership: &Ownership| ownership.owned().iter().cloned().collect::<Vec<_>>();
        let mut ownership = Ownership::default();
        let _ = ownership.assign(partitions(&[1, 2, 3]));
        ownership.revoked();
        ownership.lost();
        assert!(ownership.is_changing() && ownership.is_in_use() && ownership.is_negotiated());
        assert!(ownership.owned().is_empty(), "not before the assignment is done");
        assert_eq!(ownership.claimed().cloned().collect::<Vec<_>>(), partitions(&[1, 2, 3]));
        ownership.assigned(Taken::All);
        assert_eq!(owned(&ownership), partitions(&[1, 2, 3]));
        let _ = ownership.revoke(partitions(&[2]));
        assert_eq!(owned(&ownership), partitions(&[1, 2, 3]), "not before the revocation is done");
        ownership.revoked();
        assert_eq!(owned(&ownership), partitions(&[1, 3]));
        let _ = ownership.assign(partitions(&[4]));
        ownership.assigned(Taken::None);
        assert!(!ownership.is_changing());
        assert!(matches!(ownership.lose_all(), Call::Lose(lost) if lost == partitions(&[1, 3])));
        assert!(!ownership.is_negotiated());
        ownership.lost();
        assert!(!ownership.is_in_use() && !ownership.is_changing());
    }
}
