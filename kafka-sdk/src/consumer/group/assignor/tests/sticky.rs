//! What holds of every sticky assignment.

use super::super::{AssignmentStrategy, Assignments, Member, Topics};
use super::made_up::{Group, partition};
use crate::model::TopicPartition;
use std::collections::HashMap;

/// Rounds of the cooperative protocol, until everybody has what is meant for it. In none of them is a partition given away
/// that somebody has.
pub(super) fn settle(start: &Group) -> Assignments {
    let mut group = start.clone();
    let mut assignments = group.assign(&AssignmentStrategy::CooperativeSticky);
    for round in [8, 9] {
        let mut newest: HashMap<TopicPartition, (i32, usize)> = HashMap::new();
        for (index, member) in group.members.iter().enumerate() {
            for owned in &member.owned {
                let claim = newest.entry(partition(owned)).or_default();
                *claim = (member.generation, index).max(*claim);
            }
        }
        for (index, member) in group.members.iter().enumerate() {
            for given in assignments.partitions(&member.id) {
                let is_free = newest.get(given).is_none_or(|(_, owner)| *owner == index);
                assert!(is_free, "{given} was given to {}\n{}", member.id, group.text());
            }
        }
        for member in &mut group.members {
            let got = assignments.partitions(&member.id).iter();
            member.owned = got.map(|p| (p.topic()[1..].parse().unwrap(), p.partition())).collect();
            member.generation = round;
        }
        assignments = group.assign(&AssignmentStrategy::CooperativeSticky);
    }
    assignments
}

/// Every partition that somebody wants is given to one member that wants it.
pub(super) fn check_is_whole(group: &Group, assignments: &Assignments, seed: usize) {
    let mut takers: HashMap<TopicPartition, usize> = HashMap::new();
    for (index, member) in group.members.iter().enumerate() {
        for given in assignments.partitions(&member.id) {
            assert!(takers.insert(given.clone(), index).is_none(), "seed {seed}: {given} was given twice");
        }
    }
    for (topic, partitions) in group.topics.iter().enumerate() {
        for number in 0..partitions.len() as i32 {
            let taker = takers.remove(&partition(&(topic, number)));
            let wanted = group.members.iter().any(|member| member.topics.contains(&topic));
            assert_eq!(taker.is_some(), wanted, "seed {seed}: t{topic}-{number}");
            assert!(taker.is_none_or(|taker| group.members[taker].topics.contains(&topic)), "seed {seed}");
        }
    }
    assert!(takers.is_empty(), "seed {seed}: {takers:?} do not exist");
}

fn loads(members: &[Member], assignments: &Assignments) -> Vec<usize> {
    members.iter().map(|member| assignments.partitions(member.id()).len()).collect()
}

#[test]
fn a_newcomer_gets_its_share_and_nothing_else_moves() {
    let topics = Topics::default().with("t", 9);
    let members = [
        Member::new("a", ["t"]).owning((0..5).map(|p| ("t", p)), 3),
        Member::new("b", ["t"]).owning((5..9).map(|p| ("t", p)), 3),
        Member::new("c", ["t"]),
    ];
    let first = AssignmentStrategy::CooperativeSticky.assign(&topics, &members);
    assert_eq!(loads(&members, &first), [3, 3, 0], "what another one has is not given away");
    let members = ["a", "b", "c"].map(|id| Member::new(id, ["t"]).owning(first.partitions(id).to_vec(), 4));
    let second = AssignmentStrategy::CooperativeSticky.assign(&topics, &members);
    assert_eq!(loads(&members, &second), [3, 3, 3]);
    assert!(["a", "b"].iter().all(|id| first.partitions(id) == second.partitions(id)));
}

#[test]
fn the_best_exchange_is_found_across_several_members() {
    // a may have x and y, b y and z, c z: only a chain of two moves gives c something.
    let topics = Topics::default().with("x", 1).with("y", 2).with("z", 2);
    let members = [
        Member::new("a", ["x", "y"]).owning([("x", 0)], 1),
        Member::new("b", ["y", "z"]).owning([("y", 0), ("y", 1), ("z", 0), ("z", 1)], 1),
        Member::new("c", ["z"]),
    ];
    let assignments = AssignmentStrategy::CooperativeSticky.assign(&topics, &members);
    let kept = assignments.partitions("b").len() + assignments.partitions("a").len();
    assert_eq!(kept, 3, "two of five are moved: {assignments:?}");
    let settled = ["a", "b", "c"].map(|id| {
        let topics = members.iter().find(|member| **member.id() == *id).unwrap().topics().to_vec();
        Member::new(id, topics).owning(assignments.partitions(id).to_vec(), 2)
    });
    let mut loads = loads(&settled, &AssignmentStrategy::CooperativeSticky.assign(&topics, &settled));
    loads.sort_unstable();
    assert_eq!(loads, [1, 2, 2]);
}

#[test]
fn partitions_that_are_gone_are_not_given_back() {
    let topics = Topics::default().with("t", 2);
    let claims = [("t", 0), ("t", 1), ("t", 2), ("t", -1), ("gone", 0)];
    let members = [Member::new("a", ["t", "gone"]).owning(claims, 3), Member::new("b", ["t", "gone"])];
    for strategy in [AssignmentStrategy::Sticky, AssignmentStrategy::CooperativeSticky] {
        let assignments = strategy.assign(&topics, &members);
        let given: usize = loads(&members, &assignments).iter().sum();
        assert!(
            given <= 2
                && members.iter().flat_map(|m| assignments.partitions(m.id())).all(|p| topics.contains(p))
        );
    }
}

#[test]
fn who_missed_a_rebalance_does_not_get_its_partitions_back() {
    let topics = Topics::default().with("t", 2);
    let stale = Member::new("a", ["t"]).owning([("t", 0), ("t", 1)], 3);
    let current = Member::new("b", ["t"]).owning([("t", 0)], 4);
    let assignments = AssignmentStrategy::CooperativeSticky.assign(&topics, &[stale, current]);
    assert_eq!(assignments.partitions("b"), [("t", 0).into()]);
    assert_eq!(assignments.partitions("a"), [("t", 1).into()], "nobody else had that one");
}
