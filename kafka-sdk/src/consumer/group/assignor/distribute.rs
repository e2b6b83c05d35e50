//! What a leader does: it reads what members said, has an assignor distribute partitions, and checks what that did.

use super::super::membership;
use super::member::Member;
use super::wire::{decode_subscription, encode_assignment};
use super::{AssignmentStrategy, RebalanceProtocol, Topics};
use crate::error::Result;
use bytes::Bytes;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use tracing::warn;

/// The members of a group, in Java's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Members {
    pub(super) members: Vec<Member>,
    /// Nobody knows what they want: they get nothing, and the others go on. (Java's leader fails.)
    pub(super) unreadable: Vec<Arc<str>>,
}

impl Members {
    pub(crate) fn read(joined: &[membership::Member]) -> Self {
        let (mut members, mut unreadable, mut ids) = (Vec::new(), Vec::new(), HashSet::new());
        for joined in joined.iter().filter(|joined| ids.insert(&joined.member_id)) {
            match decode_subscription(joined) {
                Ok(member) => members.push(member),
                Err(error) => {
                    let member = &joined.member_id;
                    warn!(target: "kafka_sdk::consumer", %member, %error, "subscription unreadable");
                    unreadable.push(member.clone());
                }
            }
        }
        members.sort_by(Member::compare);
        Self { members, unreadable }
    }

    /// What they subscribe to: the partitions of these topics are to be known, and watched.
    pub(crate) fn topics(&self) -> BTreeSet<Arc<str>> {
        self.members.iter().flat_map(|member| member.topics()).cloned().collect()
    }

    /// The assignment of each member, as SyncGroup takes it.
    ///
    /// # Errors
    /// Kind [`ErrorKind::Settings`](crate::error::ErrorKind::Settings): the assignor panicked, or gave what cannot be; it is named.
    pub(crate) fn distribute(
        &self,
        (strategy, protocol): (&AssignmentStrategy, RebalanceProtocol),
        topics: &membership::Topics,
    ) -> Result<Vec<(Arc<str>, Bytes)>> {
        let topics = &Topics::of(topics, &self.topics());
        let mut assignments = strategy.ask(|assignor| assignor.assign(topics, &self.members))?;
        assignments.check(strategy.name(), protocol, (topics, &self.members))?;
        let ids = self.members.iter().map(Member::id).chain(&self.unreadable);
        ids.map(|id| Ok((id.clone(), encode_assignment(&assignments.take(id))?))).collect()
    }
}
