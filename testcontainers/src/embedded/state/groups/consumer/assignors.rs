//! The coordinator's assignors: `uniform` moves little and gives all as much as can be, `range` gives the same numbers
//! of all topics to the same member.

use std::collections::{BTreeMap, BTreeSet};

use kafka_sdk_protocol::wire::Uuid;

use super::Partitions;

/// The one that is used where nobody asks for another.
pub(crate) const DEFAULT: &str = UNIFORM;
const UNIFORM: &str = "uniform";
const RANGE: &str = "range";

/// Whether there is such an assignor.
pub(crate) fn is_known(name: &str) -> bool {
    matches!(name, UNIFORM | RANGE)
}

/// What is to be assigned.
pub(super) struct Wishes {
    pub(super) members: Vec<Wish>,
    /// How many partitions the topics have.
    pub(super) partitions: BTreeMap<Uuid, usize>,
}

/// What a member wants.
pub(super) struct Wish {
    pub(super) member: String,
    pub(super) instance: Option<String>,
    pub(super) topics: BTreeSet<Uuid>,
}

type Target = BTreeMap<String, Partitions>;

/// Who is to have what.
pub(super) fn assign(assignor: &str, wishes: &Wishes, before: &Target) -> Target {
    if assignor == RANGE { range(wishes) } else { uniform(wishes, before) }
}

/// Static members first, by their instances, then the others by their ids: each the next part of each topic it wants.
fn range(wishes: &Wishes) -> Target {
    let mut members: Vec<&Wish> = wishes.members.iter().collect();
    members.sort_by_key(|wish| (wish.instance.is_none(), wish.instance.clone(), wish.member.clone()));
    let mut target: Target = members.iter().map(|wish| (wish.member.clone(), Partitions::new())).collect();
    for (&topic, &count) in &wishes.partitions {
        let takers: Vec<&&Wish> = members.iter().filter(|wish| wish.topics.contains(&topic)).collect();
        let mut begin = 0;
        for (at, taker) in takers.iter().enumerate() {
            let more = usize::from(at < count % takers.len());
            let end = begin + count / takers.len() + more;
            let part: BTreeSet<i32> = (begin as i32..end as i32).collect();
            if let Some(partitions) = target.get_mut(&taker.member).filter(|_| !part.is_empty()) {
                partitions.insert(topic, part);
            }
            begin = end;
        }
    }
    target
}

/// Members keep what they have and may have; what is free goes to who has least; then what is too much moves.
fn uniform(wishes: &Wishes, before: &Target) -> Target {
    let mut target = kept(wishes, before);
    let all =
        wishes.partitions.iter().flat_map(|(&topic, &count)| (0..count as i32).map(move |it| (topic, it)));
    let taken: BTreeSet<(Uuid, i32)> = target.values().flat_map(each).collect();
    for (topic, partition) in all.filter(|it| !taken.contains(it)) {
        let takers = wishes.members.iter().filter(|wish| wish.topics.contains(&topic));
        if let Some(taker) = takers.min_by_key(|wish| count(&target, &wish.member)) {
            give(&mut target, &taker.member, topic, partition);
        }
    }
    while let Some((from, to, topic, partition)) = unfair(wishes, &target) {
        take(&mut target, &from, topic, partition);
        give(&mut target, &to, topic, partition);
    }
    target
}

fn kept(wishes: &Wishes, before: &Target) -> Target {
    let keep = |wish: &Wish| {
        let has = before.get(&wish.member).into_iter().flatten();
        let has = has.filter(|(topic, _)| wish.topics.contains(topic));
        let of_topic = |(topic, all): (&Uuid, &BTreeSet<i32>)| {
            let count = wishes.partitions.get(topic).copied().unwrap_or_default() as i32;
            let still: BTreeSet<i32> = all.iter().copied().filter(|&it| it < count).collect();
            (!still.is_empty()).then_some((*topic, still))
        };
        (wish.member.clone(), has.filter_map(of_topic).collect())
    };
    wishes.members.iter().map(keep).collect()
}

/// A partition that one has, and another, who has at least two less, may have.
fn unfair(wishes: &Wishes, target: &Target) -> Option<(String, String, Uuid, i32)> {
    let mut poor: Vec<&Wish> = wishes.members.iter().collect();
    poor.sort_by_key(|wish| count(target, &wish.member));
    for to in &poor {
        for from in poor.iter().rev() {
            if count(target, &from.member) < count(target, &to.member) + 2 {
                break;
            }
            let mut moves = target.get(&from.member).into_iter().flat_map(each);
            if let Some((topic, partition)) = moves.rfind(|(topic, _)| to.topics.contains(topic)) {
                return Some((from.member.clone(), to.member.clone(), topic, partition));
            }
        }
    }
    None
}

fn each(partitions: &Partitions) -> impl DoubleEndedIterator<Item = (Uuid, i32)> + '_ {
    partitions.iter().flat_map(|(&topic, all)| all.iter().map(move |&partition| (topic, partition)))
}

fn count(target: &Target, member: &str) -> usize {
    target.get(member).map_or(0, |partitions| partitions.values().map(BTreeSet::len).sum())
}

fn give(target: &mut Target, member: &str, topic: Uuid, partition: i32) {
    if let Some(partitions) = target.get_mut(member) {
        partitions.entry(topic).or_default().insert(partition);
    }
}

fn take(target: &mut Target, member: &str, topic: Uuid, partition: i32) {
    let Some(partitions) = target.get_mut(member) else { return };
    if let Some(all) = partitions.get_mut(&topic) {
        all.remove(&partition);
        if all.is_empty() {
            partitions.remove(&topic);
        }
    }
}
