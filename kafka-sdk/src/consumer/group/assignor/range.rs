//! Java's `RangeAssignor`, with racks as of KIP-881.

use super::topics::Racks;
use super::{Assignments, Assignor, Member, Topics};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) struct Range;

impl Assignor for Range {
    fn name(&self) -> &str {
        "range"
    }

    fn assign(&self, topics: &Topics, members: &[Member]) -> Assignments {
        let mut members: Vec<&Member> = members.iter().collect();
        members.sort_by(|a, b| a.compare(b));
        let states = topics.iter().map(|(topic, partitions)| State::new(topic, partitions, &members));
        let mut states: Vec<State<'_>> = states.filter(|state| !state.takers.is_empty()).collect();
        if states.iter().any(|state| state.racks_matter) {
            match_racks(&mut states);
        }
        let mut assignments = Assignments::default();
        for state in &mut states {
            state.give_ranges(|_, _| true);
            for taker in &state.takers {
                for partition in &taker.given {
                    assignments.give(taker.member.id(), (state.topic.clone(), *partition));
                }
            }
        }
        assignments
    }
}

/// Topics with the same members and the same number of partitions stay together: a member gets a number in all of them, or
/// in none.
fn match_racks(states: &mut [State<'_>]) {
    let mut together: BTreeMap<(Vec<Arc<str>>, usize), Vec<usize>> = BTreeMap::new();
    for (index, state) in states.iter().enumerate() {
        let takers = state.takers.iter().map(|taker| taker.member.id().clone()).collect();
        together.entry((takers, state.partitions.len())).or_default().push(index);
    }
    for indices in together.into_values() {
        let mut group = disjoint(states, &indices);
        match &mut group[..] {
            [single] if single.racks_matter => single.give_ranges(has_rack),
            [] | [_] => {}
            several => match_together(several),
        }
    }
}

/// The states with these indices, which ascend.
fn disjoint<'s, 'a>(states: &'s mut [State<'a>], indices: &[usize]) -> Vec<&'s mut State<'a>> {
    let chosen = states.iter_mut().enumerate().filter(|(index, _)| indices.binary_search(index).is_ok());
    chosen.map(|(_, state)| state).collect()
}

fn match_together(states: &mut [&mut State<'_>]) {
    let Some(first) = states.first() else { return };
    // Without a rack on any side there is nothing to match.
    if first.takers.iter().all(|taker| taker.member.rack().is_none()) {
        return;
    }
    let (partitions, takers) = (first.partitions.len(), first.takers.len());
    for partition in 0..partitions {
        let fits = |taker: &usize| {
            states.iter().all(|state| {
                let taker_there = state.takers.get(*taker);
                let racks = state.partitions.get(partition);
                taker_there
                    .zip(racks)
                    .is_some_and(|(t, racks)| has_rack(racks, t.member) && state.room(t) > 0)
            })
        };
        if let Some(taker) = (0..takers).find(fits) {
            states.iter_mut().for_each(|state| state.give(taker, &[partition]));
        }
    }
}

/// Whether the member has no rack, or the partition has a replica in it.
fn has_rack(racks: &Racks, member: &Member) -> bool {
    member.rack().is_none_or(|rack| racks.iter().any(|other| **other == *rack))
}

/// How far a topic is distributed.
struct State<'a> {
    topic: &'a Arc<str>,
    partitions: &'a [Racks],
    takers: Vec<Taker<'a>>,
    free: Vec<usize>,
    /// What everybody gets at least.
    quota: usize,
    /// How many members may still get one more.
    extras: usize,
    racks_matter: bool,
}

struct Taker<'a> {
    member: &'a Member,
    given: Vec<i32>,
}

impl<'a> State<'a> {
    fn new(topic: &'a Arc<str>, partitions: &'a [Racks], members: &[&'a Member]) -> Self {
        let takers = members.iter().filter(|member| member.subscribes_to(topic));
        let takers: Vec<Taker<'_>> = takers.map(|member| Taker { member, given: Vec::new() }).collect();
        let count = takers.len().max(1);
        Self {
            topic,
            partitions,
            free: (0..partitions.len()).collect(),
            quota: partitions.len() / count,
            extras: partitions.len() % count,
            racks_matter: racks_matter(partitions.iter(), takers.iter().map(|taker| taker.member)),
            takers,
        }
    }

    /// How many the member may still get.
    fn room(&self, taker: &Taker<'_>) -> usize {
        (self.quota + usize::from(self.extras > 0)).saturating_sub(taker.given.len())
    }

    fn give(&mut self, taker: usize, partitions: &[usize]) {
        self.free.retain(|free| partitions.binary_search(free).is_err());
        if let Some(taker) = self.takers.get_mut(taker) {
            taker.given.extend(partitions.iter().filter_map(|index| i32::try_from(*index).ok()));
            if taker.given.len() > self.quota {
                self.extras -= 1;
            }
        }
    }

    /// Gives to one member after the other the first partitions that are free and may go there.
    fn give_ranges(&mut self, may_go: impl Fn(&Racks, &Member) -> bool) {
        for index in 0..self.takers.len() {
            let Some(taker) = self.takers.get(index) else { return };
            let fits =
                |free: &&usize| self.partitions.get(**free).is_some_and(|racks| may_go(racks, taker.member));
            let chosen: Vec<usize> = self.free.iter().filter(fits).take(self.room(taker)).copied().collect();
            if !chosen.is_empty() {
                self.give(index, &chosen);
            }
        }
    }
}

/// Whether it can make a difference to look at racks: members and replicas share one, and not every partition is in all.
pub(super) fn racks_matter<'a>(
    partitions: impl Iterator<Item = &'a Racks> + Clone,
    members: impl IntoIterator<Item = &'a Member>,
) -> bool {
    let of_members: BTreeSet<&str> = members.into_iter().filter_map(Member::rack).collect();
    if of_members.is_empty() {
        return false;
    }
    let all: BTreeSet<&str> = partitions.clone().flat_map(|racks| racks.iter()).map(AsRef::as_ref).collect();
    !of_members.is_disjoint(&all) && partitions.into_iter().any(|racks| racks.len() < all.len())
}
