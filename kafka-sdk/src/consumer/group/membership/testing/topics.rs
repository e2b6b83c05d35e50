//! Topics of a made-up cluster, and how a leader distributes them.

use super::super::{Distribute, Distributed, JoinGroup, LeadersWork, Names, TopicFacts, Topics};
use crate::model::TopicPartition;
use bytes::Bytes;
use kafka_sdk_protocol::wire::Uuid;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(in super::super) fn named<'a>(topics: impl IntoIterator<Item = &'a str>) -> Names {
    Arc::new(topics.into_iter().map(Into::into).collect())
}

/// The topics with so many partitions each.
pub(in super::super) fn topics_of(counts: &[(&'static str, usize)]) -> Topics {
    facts(&counts.iter().copied().collect())
}

pub(super) fn facts(counts: &BTreeMap<&'static str, usize>) -> Topics {
    let facts = counts
        .iter()
        .map(|(name, &count)| ((*name).into(), TopicFacts { id: id(name), racks: vec![vec![]; count] }));
    Arc::new(facts.collect())
}

/// The id of a topic, which is made of its name.
pub(in super::super) fn id(name: &str) -> Uuid {
    Uuid([name.as_bytes()[0]; 16])
}

pub(super) fn resolve(ids: &[Uuid], counts: &BTreeMap<&'static str, usize>) -> Topics {
    let known = counts.iter().filter(|(name, _)| ids.contains(&id(name)));
    facts(&known.map(|(name, count)| (*name, *count)).collect())
}

/// What a member says in its subscription, in words.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    topics: BTreeSet<String>,
    generation: i32,
    owned: Vec<TopicPartition>,
}

pub(in super::super) fn subscription(join: &JoinGroup) -> Bytes {
    let topics = join.topics.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(",");
    format!("{topics};{};{}", join.generation, text(&join.owned)).into()
}

fn said(subscription: &Bytes) -> Option<Said> {
    let text = std::str::from_utf8(subscription).ok()?;
    let mut parts = text.split(';');
    let topics = parts.next()?.split(',').map(str::to_owned).collect();
    let generation = parts.next()?.parse().ok()?;
    Some(Said { topics, generation, owned: partitions(parts.next()?) })
}

fn text(partitions: &[TopicPartition]) -> String {
    partitions.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn partitions(text: &str) -> Vec<TopicPartition> {
    let one = |word: &str| {
        let (topic, number) = word.rsplit_once('-')?;
        Some(TopicPartition::new(topic, number.parse().ok()?))
    };
    text.split(',').filter_map(one).collect()
}

/// What the bytes of an assignment say.
pub(in super::super) fn assignment(bytes: &Bytes) -> Vec<TopicPartition> {
    partitions(std::str::from_utf8(bytes).unwrap_or_default())
}

/// Everybody keeps what he has, up to his share. The assignor `cooperative` gives away only what nobody claims.
pub(super) fn distribute(work: &Distribute, counts: &BTreeMap<&'static str, usize>) -> Distributed {
    let topics = facts(counts);
    if work.work == LeadersWork::Watch {
        return Distributed { assignments: Vec::new(), topics };
    }
    let members: Vec<_> = work
        .members
        .iter()
        .filter_map(|m| said(&m.subscription).map(|said| (m.member_id.clone(), said)))
        .collect();
    let mut claims: BTreeMap<TopicPartition, (i32, usize)> = BTreeMap::new();
    for (index, (_, said)) in members.iter().enumerate() {
        for partition in &said.owned {
            let claim = claims.entry(partition.clone()).or_insert((said.generation, index));
            if said.generation > claim.0 {
                *claim = (said.generation, index);
            }
        }
    }
    let mut shares = vec![Vec::new(); members.len()];
    let all: Vec<TopicPartition> = counts
        .iter()
        .flat_map(|(name, count)| (0..*count).map(|number| TopicPartition::new(*name, number as i32)))
        .collect();
    let share = all.len().div_ceil(members.len().max(1));
    let wants =
        |member: usize, partition: &TopicPartition| members[member].1.topics.contains(partition.topic());
    let mut open = Vec::new();
    for partition in all {
        let owner = claims.get(&partition).map(|claim| claim.1);
        match owner.filter(|&owner| wants(owner, &partition) && shares[owner].len() < share) {
            Some(owner) => shares[owner].push(partition),
            None => open.push(partition),
        }
    }
    for partition in open {
        let takers = (0..members.len()).filter(|&member| wants(member, &partition));
        let Some(taker) = takers.min_by_key(|&member| shares[member].len()) else { continue };
        let claimed = claims.get(&partition).is_some_and(|claim| claim.1 != taker);
        if &*work.protocol != "cooperative" || !claimed {
            shares[taker].push(partition);
        }
    }
    let assignments = members.iter().zip(shares).map(|((id, _), share)| (id.clone(), text(&share).into()));
    Distributed { assignments: assignments.collect(), topics }
}

#[cfg(test)]
mod tests {
    use super::super::super::{LastAssignment, Member, Ticket};
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_is_claimed_is_given_to_another_only_when_it_is_given_up() {
        let member = |id: &str, owned: &[(&str, i32)]| Member {
            member_id: id.into(),
            instance_id: None,
            subscription: subscription(&JoinGroup {
                ticket: Ticket(1),
                within: Duration::ZERO,
                member_id: id.into(),
                topics: named(["a"]),
                owned: owned.iter().map(|&(topic, number)| (topic, number).into()).collect(),
                generation: 3,
                last: LastAssignment::default(),
                reason: "".into(),
            }),
        };
        let shares = |protocol: &str, members: &[Member]| -> Vec<Vec<TopicPartition>> {
            let work = Distribute {
                ticket: Ticket(1),
                generation: 4,
                protocol: protocol.into(),
                members: members.into(),
                work: LeadersWork::Assign,
            };
            let distributed = distribute(&work, &BTreeMap::from([("a", 3)]));
            distributed.assignments.iter().map(|(_, bytes)| assignment(bytes)).collect()
        };
        let a = |number| TopicPartition::new("a", number);
        let both = [member("x", &[("a", 0), ("a", 1), ("a", 2)]), member("y", &[])];
        assert_eq!(shares("cooperative", &both), [vec![a(0), a(1)], vec![]]);
        assert_eq!(shares("eager", &both), [vec![a(0), a(1)], vec![a(2)]]);
        let both = [member("x", &[("a", 0), ("a", 1)]), member("y", &[])];
        assert_eq!(shares("cooperative", &both), [vec![a(0), a(1)], vec![a(2)]]);
    }
}
