//! What Java's assignors choose: `java.gz`, which `kafka-sdk-protocol/golden/Assignors.java` writes and explains.

use super::super::{Assigned, AssignmentStrategy, Received};
use super::made_up::{Chance, Group, hash};
use super::sticky::settle;
use crate::model::TopicPartition;
use std::fmt::Write as _;
use std::io::Read;

struct Line {
    group: u64,
    /// None where Java fails.
    sticky: Option<[usize; 3]>,
    cooperative: Option<[usize; 3]>,
    exact: Option<[u64; 3]>,
}

fn lines() -> Vec<Line> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(&include_bytes!("java.gz")[..]).read_to_string(&mut text).unwrap();
    let lines: Vec<Line> = text.lines().map(Line::parse).collect();
    assert_eq!(lines.len(), 10_000);
    lines
}

impl Line {
    fn parse(line: &str) -> Self {
        let words: Vec<&str> = line.split(' ').collect();
        let hex = |word: &&str| u64::from_str_radix(word, 16).unwrap();
        let score = |words: &[&str]| -> Option<[usize; 3]> {
            let numbers: Vec<usize> = words.iter().filter_map(|word| word.parse().ok()).collect();
            numbers.try_into().ok()
        };
        let has_exact = words.last().unwrap().len() == 8;
        let (scores, exact) = words[1..].split_at(words.len() - 1 - if has_exact { 3 } else { 0 });
        Self {
            group: hex(&words[0]),
            sticky: score(&scores[..3]),
            cooperative: score(if scores.len() == 6 { &scores[3..] } else { scores }),
            exact: exact.iter().map(hex).collect::<Vec<_>>().try_into().ok(),
        }
    }
}

#[test]
fn range_and_round_robin_choose_as_java_does() {
    let lines = lines();
    let exact = lines.iter().enumerate().filter_map(|(seed, line)| Some((seed, line, line.exact?)));
    let mut compared = 0;
    for (seed, line, [range, round_robin, _]) in exact {
        let group = Group::of_seed(seed as u64);
        assert_eq!(hash(&group.text()) & 0xffff, line.group, "seed {seed}: another group\n{}", group.text());
        for (strategy, java) in
            [(AssignmentStrategy::Range, range), (AssignmentStrategy::RoundRobin, round_robin)]
        {
            let text = group.text_of(&group.assign(&strategy));
            let ours = hash(&text) & 0xffff_ffff;
            assert_eq!(ours, java, "seed {seed}, {strategy:?}: not as Java chooses\n{}{text}", group.text());
        }
        compared += 1;
    }
    assert_eq!(compared, 600);
}

#[test]
fn the_user_data_of_sticky_is_that_of_java() {
    for (seed, line) in lines().iter().enumerate().take(600) {
        let chance = &mut Chance(seed as u64);
        let mut owned: Vec<TopicPartition> = Vec::new();
        for _ in 0..chance.below(100) {
            let prefix = if chance.percent(50) { "orders." } else { "päyments-" };
            let topic = format!("{prefix}{}", chance.below(100_000));
            owned.extend((0..=chance.below(3) as i32).rev().map(|number| (topic.clone(), number).into()));
        }
        owned.sort_by_key(TopicPartition::partition);
        let last = Received::new(Assigned::new(owned), chance.below(1_000) as i32);
        let data = AssignmentStrategy::Sticky.assignor().user_data(&[], Some(&last)).unwrap();
        let hex = data.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        assert_eq!(hash(&hex) & 0xffff_ffff, line.exact.unwrap()[2], "seed {seed}: {last:?}");
    }
}

#[test]
fn sticky_is_no_worse_than_java() {
    compare(
        &AssignmentStrategy::Sticky,
        |line| line.sticky,
        |group| group.assign(&AssignmentStrategy::Sticky),
    );
}

#[test]
fn cooperative_sticky_is_no_worse_than_java() {
    compare(&AssignmentStrategy::CooperativeSticky, |line| line.cooperative, settle);
}

/// By numbers; where they are equal, by racks; where these are equal, by moves.
fn compare(
    strategy: &AssignmentStrategy,
    of_java: impl Fn(&Line) -> Option<[usize; 3]>,
    assign: impl Fn(&Group) -> super::super::Assignments,
) {
    let (mut equal, mut better, mut java_fails) = (0, [0; 3], 0);
    for (seed, line) in lines().iter().enumerate() {
        let group = Group::of_seed(seed as u64);
        assert_eq!(hash(&group.text()) & 0xffff, line.group, "seed {seed}: another group\n{}", group.text());
        let assignments = assign(&group);
        super::sticky::check_is_whole(&group, &assignments, seed);
        let Some(java) = of_java(line) else {
            java_fails += 1;
            continue;
        };
        let ours = group.score(&assignments);
        assert!(
            ours <= java,
            "seed {seed}, {strategy:?}: {ours:?}, and Java has {java:?}\n{}{}",
            group.text(),
            group.text_of(&assignments)
        );
        match (0..3).find(|index| ours[*index] < java[*index]) {
            Some(index) => better[index] += 1,
            None => equal += 1,
        }
    }
    println!(
        "{strategy:?}: as good as Java's {equal}, better in numbers {}, in racks {}, in moves {}; Java fails {java_fails}",
        better[0], better[1], better[2]
    );
}
