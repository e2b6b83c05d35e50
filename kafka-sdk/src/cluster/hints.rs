//! Leaders that an answer names beside its refusal (KIP-951): who has moved is found without asking for metadata.

use super::{Cluster, Snapshot};
use crate::net::Address;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::wire::Uuid;
use std::sync::Arc;

/// Who leads a partition now, as a broker says that does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeaderHint {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    pub(crate) leader: i32,
    pub(crate) leader_epoch: i32,
}

/// A partition as an answer has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnsweredPartition<'a> {
    /// Empty where topics go by their ids.
    pub(crate) topic: &'a str,
    /// [`Uuid::ZERO`] where topics go by their names.
    pub(crate) topic_id: Uuid,
    pub(crate) partition: i32,
    pub(crate) error_code: ErrorCode,
    /// -1 where the answer names none.
    pub(crate) leader: i32,
    pub(crate) leader_epoch: i32,
}

/// Whether an answer with this code may name the leader.
pub(crate) fn names_leader(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::NOT_LEADER_OR_FOLLOWER | ErrorCode::FENCED_LEADER_EPOCH)
}

impl AnsweredPartition<'_> {
    fn is(&self, topic: &str, id: Uuid, partition: i32) -> bool {
        let same = match self.topic_id.is_zero() {
            true => self.topic == topic,
            false => self.topic_id == id,
        };
        same && self.partition == partition
    }
}

impl Cluster {
    /// Takes over the leaders that an answer names if they are newer than what is known, and where they are. What was
    /// `asked` is topic, its id, and partition. Gives the picture if leaders are named: somebody else may have had the
    /// same before.
    pub(crate) fn learn_leaders<'a>(
        &self,
        asked: impl Iterator<Item = (&'a Arc<str>, Uuid, i32)> + Clone,
        answered: impl Iterator<Item = AnsweredPartition<'a>>,
        endpoints: impl Iterator<Item = (i32, &'a str, i32)>,
    ) -> Option<Snapshot> {
        let hints = hints(asked, answered);
        if hints.is_empty() {
            return None;
        }
        let endpoints: Vec<(i32, Address)> = endpoints.filter_map(endpoint).collect();
        if let Some(learnt) = self.inner.metadata.change(|snapshot| snapshot.hinted(&hints, &endpoints)) {
            self.inner.pool.follow(&learnt);
        }
        Some(self.snapshot())
    }
}

fn hints<'a>(
    asked: impl Iterator<Item = (&'a Arc<str>, Uuid, i32)> + Clone,
    answered: impl Iterator<Item = AnsweredPartition<'a>>,
) -> Vec<LeaderHint> {
    let hint = |answer: AnsweredPartition<'a>| {
        let (topic, _, partition) =
            asked.clone().find(|&(topic, id, partition)| answer.is(topic, id, partition))?;
        let (leader, leader_epoch) = (answer.leader, answer.leader_epoch);
        Some(LeaderHint { topic: topic.clone(), partition, leader, leader_epoch })
    };
    answered.filter(|answer| names_leader(answer.error_code)).filter_map(hint).collect()
}

fn endpoint((id, host, port): (i32, &str, i32)) -> Option<(i32, Address)> {
    Some((id, Address { host: host.into(), port: u16::try_from(port).ok()? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leader_is_that_of_the_partition_that_was_asked_by_name_or_by_id() {
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        let (one, two) = (Uuid([1; 16]), Uuid([2; 16]));
        let asked = [(&a, one, 0), (&a, one, 1), (&b, two, 0)];
        let moved = AnsweredPartition {
            topic: "",
            topic_id: Uuid::ZERO,
            partition: 0,
            error_code: ErrorCode::NOT_LEADER_OR_FOLLOWER,
            leader: 7,
            leader_epoch: 9,
        };
        let answered = [
            AnsweredPartition { topic: "a", partition: 1, ..moved },
            AnsweredPartition { topic_id: two, error_code: ErrorCode::FENCED_LEADER_EPOCH, ..moved },
            AnsweredPartition { topic: "b", partition: 1, ..moved },
            AnsweredPartition { topic_id: Uuid([3; 16]), ..moved },
            AnsweredPartition { topic: "a", error_code: ErrorCode::NONE, ..moved },
        ];
        let found = hints(asked.into_iter(), answered.into_iter());
        let hint = |topic: &Arc<str>, partition| LeaderHint {
            topic: topic.clone(),
            partition,
            leader: 7,
            leader_epoch: 9,
        };
        assert_eq!(found, [hint(&a, 1), hint(&b, 0)]);
    }
}
