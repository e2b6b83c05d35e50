//! Groups that are made up from a seed, exactly as in `kafka-sdk-protocol/golden/Assignors.java`.

use super::super::{Assigned, AssignmentStrategy, Assignments, Member, Received, Topics};
use crate::model::TopicPartition;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// SplitMix64.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    pub(super) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

#[derive(Clone, Default)]
pub(super) struct MadeUp {
    pub(super) id: String,
    instance: Option<String>,
    pub(super) rack: Option<String>,
    pub(super) generation: i32,
    pub(super) topics: Vec<usize>,
    pub(super) owned: Vec<(usize, i32)>,
}

/// By topic and partition the racks of the replicas; a topic without partitions does not exist.
#[derive(Clone, Default)]
pub(super) struct Group {
    pub(super) topics: Vec<Vec<BTreeSet<String>>>,
    pub(super) members: Vec<MadeUp>,
}

impl Group {
    pub(super) fn of_seed(seed: u64) -> Self {
        let chance = &mut Chance(seed);
        let topic_count = {
            let most = if chance.percent(10) { 20 } else { 6 };
            1 + chance.below(most)
        };
        let racks = chance.below(4);
        let brokers = 3 + chance.below(4);
        let rack_of: Vec<Option<String>> = (0..brokers)
            .map(|_| (racks > 0 && !chance.percent(10)).then(|| format!("r{}", chance.below(racks))))
            .collect();
        let mut group = Self::default();
        for topic in 0..topic_count {
            let mut count = match chance.percent(8) {
                true => 0,
                false => {
                    let most = if chance.percent(10) { 40 } else { 12 };
                    1 + chance.below(most)
                }
            };
            if topic > 0 && chance.percent(40) {
                count = group.topics[topic - 1].len();
            }
            let replicas = 1 + chance.below(3);
            let partition = |_| {
                let first = chance.below(brokers);
                (0..replicas).filter_map(|k| rack_of[(first + k) % brokers].clone()).collect()
            };
            let partitions = (0..count).map(partition).collect();
            group.topics.push(partitions);
        }
        group.join(chance, racks);
        group.own(chance);
        group
    }

    fn join(&mut self, chance: &mut Chance, racks: usize) {
        let most = if chance.percent(10) { 30 } else { 8 };
        let count = 1 + chance.below(most);
        let (odd_ids, statics, equal) = (chance.percent(20), chance.percent(30), chance.percent(50));
        for index in 0..count {
            let prefix = if odd_ids { ["\u{ff5e}", "\u{1d4b3}", "z"][chance.below(3)] } else { "c" };
            let mut member =
                MadeUp { id: format!("{prefix}-{}-{index}", chance.below(1_000_000)), ..MadeUp::default() };
            if statics && chance.percent(60) {
                member.instance = Some(format!("i{}-{index}", chance.below(1_000)));
            }
            if racks > 0 && chance.percent(80) {
                member.rack = Some(format!("r{}", chance.below(racks + 1)));
            }
            member.topics = (0..self.topics.len()).filter(|_| equal || chance.percent(60)).collect();
            if member.topics.is_empty() {
                member.topics.push(chance.below(self.topics.len()));
            }
            self.members.push(member);
        }
    }

    fn own(&mut self, chance: &mut Chance) {
        let mode = chance.below(4);
        for member in &mut self.members {
            member.generation = match mode {
                0 => -1,
                3 if chance.percent(20) => 6,
                _ => 7,
            };
        }
        let were = 1 + chance.below(self.members.len());
        let partitions = (0..self.topics.len()).flat_map(|t| (0..self.topics[t].len()).map(move |p| (t, p)));
        let partitions: Vec<(usize, usize)> = partitions.filter(|_| mode > 0).collect();
        for (turn, (topic, number)) in partitions.into_iter().enumerate() {
            let partition = (topic, number as i32);
            if mode == 1 {
                if chance.percent(80) {
                    let owner = chance.below(self.members.len());
                    self.members[owner].owned.push(partition);
                }
                continue;
            }
            let owner = turn % were;
            if self.members[owner].topics.contains(&topic) {
                self.members[owner].owned.push(partition);
            }
            let other = chance.below(self.members.len());
            if mode == 3 && chance.percent(10) && other != owner {
                self.members[other].owned.push(partition);
            }
        }
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (topic, partitions) in self.topics.iter().enumerate() {
            text += &format!("t{topic} {}", partitions.len());
            for racks in partitions {
                let racks: Vec<&str> = racks.iter().map(String::as_str).collect();
                text += &format!(" {}", if racks.is_empty() { "-".to_owned() } else { racks.join(",") });
            }
            text.push('\n');
        }
        for m in &self.members {
            let or_dash = |text: &Option<String>| text.clone().unwrap_or("-".into());
            text += &format!("{} {} {} {}", m.id, or_dash(&m.instance), or_dash(&m.rack), m.generation);
            m.topics.iter().for_each(|topic| text += &format!(" t{topic}"));
            m.owned.iter().for_each(|(topic, number)| text += &format!(" t{topic}-{number}"));
            text.push('\n');
        }
        text
    }

    /// As a client knows them: without what does not exist.
    pub(super) fn cluster(&self) -> Topics {
        let existing = self.topics.iter().enumerate().filter(|(_, partitions)| !partitions.is_empty());
        existing.fold(Topics::default(), |topics, (topic, partitions)| {
            topics.with_racks(
                format!("t{topic}"),
                partitions.iter().map(|racks| racks.iter().map(String::as_str)),
            )
        })
    }

    /// What members say who all use this strategy.
    pub(super) fn joined(&self, strategy: &AssignmentStrategy) -> Vec<Member> {
        let join = |it: &MadeUp| {
            let owned: Vec<TopicPartition> = it.owned.iter().map(partition).collect();
            let topics = it.topics.iter().map(|topic| format!("t{topic}"));
            let mut member = Member::new(it.id.as_str(), topics).owning(owned.clone(), it.generation);
            let last = (it.generation >= 0).then(|| Received::new(Assigned::new(owned), it.generation));
            if let Some(id) = &it.instance {
                member = member.with_instance_id(id.as_str());
            }
            if let Some(rack) = &it.rack {
                member = member.in_rack(rack.as_str());
            }
            if let Some(data) = strategy.assignor().user_data(&[], last.as_ref()) {
                member = member.with_user_data(data);
            }
            member
        };
        self.members.iter().map(join).collect()
    }

    pub(super) fn assign(&self, strategy: &AssignmentStrategy) -> Assignments {
        strategy.assign(&self.cluster(), &self.joined(strategy))
    }

    /// What each member gets, with its id in front, in the order of members.
    pub(super) fn text_of(&self, assignments: &Assignments) -> String {
        let line = |member: &MadeUp| {
            let mut partitions = assignments.partitions(&member.id).to_vec();
            partitions.sort();
            let words = partitions.iter().map(|partition| format!(" {partition}"));
            format!("{}{}\n", member.id, words.collect::<String>())
        };
        self.members.iter().map(line).collect()
    }

    /// As in Java's file: differences between members, replicas in another rack, partitions that moved.
    pub(super) fn score(&self, assignments: &Assignments) -> [usize; 3] {
        let got: Vec<&[TopicPartition]> =
            self.members.iter().map(|member| assignments.partitions(&member.id)).collect();
        let loads: Vec<usize> = got.iter().map(|partitions| partitions.len()).collect();
        let pairs = (0..loads.len()).flat_map(|i| (0..i).map(move |k| (i, k)));
        let differences = pairs.map(|(i, k)| loads[i].abs_diff(loads[k])).sum();
        let moves = self.owners().into_iter().filter(|(owned, owner)| {
            self.members[*owner].topics.contains(&owned.0) && !got[*owner].contains(&partition(owned))
        });
        [differences, self.mismatches(&got), moves.count()]
    }

    /// The one member of the highest generation that had a partition.
    pub(super) fn owners(&self) -> HashMap<(usize, i32), usize> {
        let mut claims: BTreeMap<(usize, i32), Vec<usize>> = BTreeMap::new();
        for (index, member) in self.members.iter().enumerate() {
            member.owned.iter().for_each(|owned| claims.entry(*owned).or_default().push(index));
        }
        let owner = |claimants: &Vec<usize>| {
            let newest = claimants.iter().map(|index| self.members[*index].generation).max()?;
            let mut owners = claimants.iter().filter(|index| self.members[**index].generation == newest);
            let owner = owners.next().copied();
            owner.filter(|_| owners.next().is_none())
        };
        claims.iter().filter_map(|(partition, claimants)| Some((*partition, owner(claimants)?))).collect()
    }

    fn mismatches(&self, got: &[&[TopicPartition]]) -> usize {
        let subscribed: BTreeSet<usize> =
            self.members.iter().flat_map(|m| m.topics.iter().copied()).collect();
        let partitions: Vec<&BTreeSet<String>> =
            subscribed.iter().flat_map(|topic| &self.topics[*topic]).collect();
        let all: BTreeSet<String> = partitions.iter().flat_map(|racks| racks.iter().cloned()).collect();
        let shares = self.members.iter().any(|m| m.rack.as_ref().is_some_and(|rack| all.contains(rack)));
        if !shares || partitions.iter().all(|racks| **racks == all) {
            return 0;
        }
        let is_outside = |member: &MadeUp, partition: &TopicPartition| {
            let topic: usize = partition.topic()[1..].parse().unwrap();
            let racks = &self.topics[topic][partition.partition() as usize];
            member.rack.as_ref().is_some_and(|rack| !racks.contains(rack))
        };
        let each = self.members.iter().zip(got);
        each.map(|(member, got)| got.iter().filter(|partition| is_outside(member, partition)).count()).sum()
    }
}

pub(super) fn partition((topic, number): &(usize, i32)) -> TopicPartition {
    (Arc::<str>::from(format!("t{topic}")), *number).into()
}

/// FNV-1a.
pub(super) fn hash(text: &str) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    text.as_bytes().iter().fold(0xcbf2_9ce4_8422_2325, step)
}
