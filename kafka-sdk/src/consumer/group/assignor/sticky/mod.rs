//! `sticky` and `cooperative-sticky`: who goes on with what.
//!
//! Members say what they had, and in which generation: `sticky` in its user data, as everybody has given up everything by
//! then, `cooperative-sticky` in the subscription. From that come [`claims`]; [`balance`] finds what everybody gets, by
//! numbers alone. Under the cooperative protocol, what another member still has is left out for now.
//!
//! Java's assignors go through hash maps, and equal choices cannot be had. These ones are the best there is by the
//! measures of Java's: numbers first, then racks, then moves.

mod balance;
mod claims;
mod refine;
mod user_data;

use super::range::racks_matter;
use super::topics::Racks;
use super::{Assignments, Assignor, Member, RebalanceProtocol, Received, Topics};
use crate::model::TopicPartition;
use balance::{Place, Task};
use bytes::Bytes;
use claims::Claims;
use std::collections::HashMap;
use std::sync::Arc;
use user_data::Had;

/// With the protocol by whose rules it distributes.
pub(super) struct Sticky(pub(super) RebalanceProtocol);

impl Assignor for Sticky {
    fn name(&self) -> &str {
        match self.0 {
            RebalanceProtocol::Eager => "sticky",
            RebalanceProtocol::Cooperative => "cooperative-sticky",
        }
    }

    fn protocols(&self) -> &[RebalanceProtocol] {
        match self.0 {
            RebalanceProtocol::Eager => &[RebalanceProtocol::Eager],
            RebalanceProtocol::Cooperative => &[RebalanceProtocol::Cooperative, RebalanceProtocol::Eager],
        }
    }

    fn user_data(&self, _topics: &[Arc<str>], last: Option<&Received>) -> Option<Bytes> {
        match self.0 {
            RebalanceProtocol::Eager => last.and_then(user_data::of_sticky),
            RebalanceProtocol::Cooperative => Some(user_data::of_cooperative(last)),
        }
    }

    fn assign(&self, topics: &Topics, members: &[Member]) -> Assignments {
        let mut members: Vec<&Member> = members.iter().collect();
        members.sort_by(|a, b| a.compare(b));
        let had: Vec<Had<'_>> = members.iter().map(|member| self.had(member)).collect();
        let claims = Claims::new(topics, &had);
        let (task, partitions) = task(topics, &members, &claims);
        let mut assignments = Assignments::default();
        for (partition, taker) in partitions.into_iter().zip(balance::solve(&task)) {
            let is_free = match self.0 {
                RebalanceProtocol::Eager => true,
                RebalanceProtocol::Cooperative => claims.may_be_taken(&partition, taker),
            };
            if let Some(member) = members.get(taker).filter(|_| is_free) {
                assignments.give(member.id(), partition);
            }
        }
        assignments
    }
}

impl Sticky {
    fn had<'m>(&self, member: &'m Member) -> Had<'m> {
        match self.0 {
            RebalanceProtocol::Eager => user_data::had_sticky(member),
            RebalanceProtocol::Cooperative => user_data::had_cooperative(member),
        }
    }
}

/// The task in numbers, and the partitions that it is about.
fn task(topics: &Topics, members: &[&Member], claims: &Claims) -> (Task, Vec<TopicPartition>) {
    let mut task =
        Task { members: members.len(), audiences: Vec::new(), places: Vec::new(), mismatches: None };
    let mut partitions = Vec::new();
    let mut audiences: HashMap<Vec<usize>, usize> = HashMap::new();
    let mut sets = RackSets::default();
    let subscribed = |topic: &str| members.iter().any(|member| member.subscribes_to(topic));
    let wanted = topics.iter().filter(|(topic, _)| subscribed(topic));
    let racks_matter = racks_matter(wanted.clone().flat_map(|(_, racks)| racks), members.iter().copied());
    for (topic, of_topic) in wanted {
        let takers = members.iter().enumerate().filter(|(_, member)| member.subscribes_to(topic));
        let takers: Vec<usize> = takers.map(|(index, _)| index).collect();
        let audience = *audiences.entry(takers).or_insert_with_key(|takers| {
            task.audiences.push(takers.clone());
            task.audiences.len() - 1
        });
        for (number, racks) in (0..).zip(of_topic) {
            let partition = TopicPartition::new(topic.clone(), number);
            let owner = claims.owner(&partition);
            let owner = owner.filter(|owner| members.get(*owner).is_some_and(|m| m.subscribes_to(topic)));
            let rack_set = if racks_matter { sets.number(racks) } else { 0 };
            task.places.push(Place { audience, owner, rack_set });
            partitions.push(partition);
        }
    }
    task.mismatches = racks_matter.then(|| sets.mismatches(members));
    (task, partitions)
}

/// Numbers for sets of racks.
#[derive(Default)]
struct RackSets<'a> {
    numbers: HashMap<&'a Racks, usize>,
    sets: Vec<&'a Racks>,
}

impl<'a> RackSets<'a> {
    fn number(&mut self, racks: &'a Racks) -> usize {
        *self.numbers.entry(racks).or_insert_with(|| {
            self.sets.push(racks);
            self.sets.len() - 1
        })
    }

    /// For each set, whether each member has a rack that is not in it.
    fn mismatches(&self, members: &[&Member]) -> Vec<Vec<bool>> {
        let is_outside = |racks: &Racks, member: &Member| {
            member.rack().is_some_and(|rack| racks.iter().all(|other| **other != *rack))
        };
        self.sets
            .iter()
            .map(|racks| members.iter().map(|member| is_outside(racks, member)).collect())
            .collect()
    }
}
