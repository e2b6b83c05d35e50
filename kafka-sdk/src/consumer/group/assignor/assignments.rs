//! What an assignor gives back.

use super::member::{Assigned, Member};
use super::topics::Topics;
use super::{RebalanceProtocol, order};
use crate::error::{Error, ErrorKind, Result};
use crate::model::TopicPartition;
use bytes::Bytes;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

/// What each member of a group gets; nothing, unless something is given to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignments(HashMap<Arc<str>, Assigned>);

impl Assignments {
    /// Gives a partition to the member with this id.
    pub fn give(&mut self, member: &Arc<str>, partition: impl Into<TopicPartition>) {
        self.of_member(member).partitions.push(partition.into());
    }

    /// Has the member with this id get data besides its partitions.
    pub fn tell(&mut self, member: &Arc<str>, user_data: impl Into<Bytes>) {
        self.of_member(member).user_data = Some(user_data.into());
    }

    fn of_member(&mut self, member: &Arc<str>) -> &mut Assigned {
        self.0.entry(member.clone()).or_default()
    }

    /// What the member with this id has got so far.
    #[must_use]
    pub fn partitions(&self, member: &str) -> &[TopicPartition] {
        self.0.get(member).map_or(&[], |assigned| &assigned.partitions)
    }

    /// What the member with this id gets, with its partitions in order.
    pub(super) fn take(&mut self, member: &str) -> Assigned {
        let mut assigned = self.0.remove(member).unwrap_or_default();
        assigned.partitions.sort_unstable_by(|a, b| {
            order::compare(a.topic(), b.topic()).then(a.partition().cmp(&b.partition()))
        });
        assigned
    }

    /// Whether a group can live by it.
    ///
    /// # Errors
    /// Kind [`ErrorKind::Settings`], with the name of the assignor that must not do this.
    pub(super) fn check(
        &self,
        assignor: &str,
        protocol: RebalanceProtocol,
        (topics, members): (&Topics, &[Member]),
    ) -> Result<()> {
        let error = |what: &dyn fmt::Display| {
            let text = format!("assignor {assignor} {what}; it must be mended, or left out of the assignors");
            Err(Error::new(ErrorKind::Settings, text))
        };
        let by_id: HashMap<&str, &Member> = members.iter().map(|member| (&**member.id(), member)).collect();
        let mut owners: HashMap<&TopicPartition, &Arc<str>> = HashMap::new();
        for (id, assigned) in &self.0 {
            let Some(member) = by_id.get(&**id) else {
                return error(&format_args!("gave something to {id}, which is not in the group"));
            };
            for partition in &assigned.partitions {
                if !topics.contains(partition) {
                    return error(&format_args!("gave {partition} to {id}: there is no such partition"));
                }
                if !member.subscribes_to(partition.topic()) {
                    return error(&format_args!("gave {partition} to {id}, which does not subscribe to it"));
                }
                if let Some(other) = owners.insert(partition, id) {
                    return error(&format_args!("gave {partition} to {other} and to {id}"));
                }
            }
        }
        if protocol < RebalanceProtocol::Cooperative {
            return Ok(());
        }
        for member in members {
            let owned: HashSet<&TopicPartition> = member.owned().iter().collect();
            for partition in owned {
                let taker = owners.get(partition).filter(|taker| **taker != member.id());
                if let Some(taker) = taker
                    && !owned_by(&by_id, taker, partition)
                {
                    return error(&format_args!(
                        "gave {partition} to {taker} while {} had it, against the cooperative protocol",
                        member.id()
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Whether the member says that it has the partition itself.
fn owned_by(members: &HashMap<&str, &Member>, id: &str, partition: &TopicPartition) -> bool {
    members.get(id).is_some_and(|member| member.owned().contains(partition))
}
