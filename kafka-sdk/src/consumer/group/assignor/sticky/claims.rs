//! Who had a partition, where several members may say that they did.

use super::super::Topics;
use super::user_data::Had;
use crate::model::TopicPartition;
use std::collections::HashMap;

/// By partition, as far as somebody had it.
pub(super) struct Claims(HashMap<TopicPartition, Claim>);

struct Claim {
    generation: i32,
    /// The only member of that generation, which is the highest one; none if there are several.
    owner: Option<usize>,
}

impl Claims {
    /// Of what each member had. A member that says so from an older generation has missed a rebalance.
    pub(super) fn new(topics: &Topics, had: &[Had<'_>]) -> Self {
        let mut claims: HashMap<TopicPartition, Claim> = HashMap::new();
        for (member, had) in had.iter().enumerate() {
            let generation = had.generation.unwrap_or(-1).max(-1);
            for partition in had.partitions.iter().filter(|partition| topics.contains(partition)) {
                let new = Claim { generation, owner: Some(member) };
                let claim = claims.entry(partition.clone()).or_insert(new);
                if claim.generation < generation {
                    *claim = Claim { generation, owner: Some(member) };
                } else if claim.generation == generation && claim.owner != Some(member) {
                    claim.owner = None;
                }
            }
        }
        Self(claims)
    }

    /// Who had it last.
    pub(super) fn owner(&self, partition: &TopicPartition) -> Option<usize> {
        self.0.get(partition)?.owner
    }

    /// Whether it can be given to the member at once: it had it itself, or nobody did.
    pub(super) fn may_be_taken(&self, partition: &TopicPartition, taker: usize) -> bool {
        self.0.get(partition).is_none_or(|claim| claim.owner == Some(taker))
    }
}
