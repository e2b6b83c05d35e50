//! What is wrong with what members tell, and with what was committed meanwhile. Pure.

use super::line::{Line, Stamp, What};
use std::collections::{BTreeMap, BTreeSet};

/// All lines of one life of a member, in their order.
#[derive(Clone, Debug)]
pub struct Life {
    /// Of whom.
    pub name: String,
    /// What it told.
    pub lines: Vec<Line>,
}

/// What the group had committed, as it was told at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Not before it was so.
    pub at: Stamp,
    /// Of this partition.
    pub partition: i32,
    /// The next record to read.
    pub offset: i64,
}

/// Where each partition ends.
pub type Ends = BTreeMap<i32, i64>;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// Records that were handed out.
    pub handed: u64,
    /// Those of them that had been handed out before.
    pub again: u64,
    /// Turns of a member with a partition in which it has handed something out.
    pub turns: u64,
    /// What must not be.
    pub wrong: Vec<String>,
}

/// A member's turn with a partition, by what it handed out.
#[derive(Clone, Debug)]
struct Turn {
    first: Stamp,
    last: Stamp,
    /// The record that it has handed out last.
    offset: i64,
    who: String,
}

/// Looks at everything.
#[must_use]
pub fn audit(lives: &[Life], commits: &[Committed], ends: &Ends) -> Audit {
    let mut audit = Audit::default();
    let mut turns: BTreeMap<i32, Vec<Turn>> = BTreeMap::new();
    for life in lives {
        let told = Told::of(life);
        audit.wrong.extend(told.wrong);
        for (partition, turn) in told.turns {
            turns.entry(partition).or_default().push(turn);
        }
    }
    audit.turns = turns.values().map(|turns| turns.len() as u64).sum();
    audit.wrong.extend(turns.into_iter().flat_map(|(partition, turns)| at_once(partition, turns)));
    let processed = processed(lives);
    audit.wrong.extend(unprocessed(&processed, ends));
    audit.wrong.extend(ahead(&processed, commits));
    audit.wrong.extend(back(commits));
    let handed = handed(lives, 0);
    audit.handed = handed.values().sum();
    audit.again = audit.handed - handed.len() as u64;
    audit
}

/// How often each record was handed out from a time on.
fn handed(lives: &[Life], from: Stamp) -> BTreeMap<(i32, i64), u64> {
    let mut handed = BTreeMap::new();
    for line in lives.iter().flat_map(|life| &life.lines).filter(|line| line.at >= from) {
        if let What::Handed(partition, offset) = line.what {
            *handed.entry((partition, offset)).or_default() += 1;
        }
    }
    handed
}

/// From a time on at which all was processed, with nothing but members that come and leave in good order, nothing is
/// handed out that was handed out before.
#[must_use]
pub fn twice(lives: &[Life], from: Stamp, ends: &Ends) -> Vec<String> {
    let handed = handed(lives, from);
    let old = handed.keys().filter(|(partition, offset)| ends.get(partition).is_some_and(|end| offset < end));
    let old =
        old.map(|(partition, offset)| format!("{partition}@{offset} came again after it was processed"));
    let twice = handed.iter().filter(|(_, times)| **times > 1);
    let twice = twice.map(|((partition, offset), times)| format!("{partition}@{offset} came {times} times"));
    old.chain(twice).collect()
}

/// What one life tells, put together.
#[derive(Default)]
struct Told {
    owned: BTreeMap<i32, Option<Turn>>,
    turns: Vec<(i32, Turn)>,
    wrong: Vec<String>,
}

impl Told {
    fn of(life: &Life) -> Self {
        let mut told = Self::default();
        let mut lines: Vec<&Line> = life.lines.iter().collect();
        // Two threads of the member speak: each in its order.
        lines.sort_by_key(|line| line.at);
        for line in lines {
            told.hear(&life.name, line);
        }
        let left = std::mem::take(&mut told.owned).into_iter();
        told.turns.extend(left.filter_map(|(partition, turn)| Some((partition, turn?))));
        told
    }

    fn hear(&mut self, name: &str, line: &Line) {
        match &line.what {
            What::Assigned(partitions) => {
                for partition in partitions {
                    if self.owned.insert(*partition, None).is_some() {
                        self.wrong.push(format!("{name}: {partition} was assigned while it was owned"));
                    }
                }
            }
            What::Revoked(partitions) | What::Lost(partitions) => {
                for partition in partitions {
                    match self.owned.remove(partition) {
                        None => self.wrong.push(format!("{name}: {partition} was given up and not owned")),
                        Some(turn) => self.turns.extend(turn.map(|turn| (*partition, turn))),
                    }
                }
            }
            What::Handed(partition, offset) => match self.owned.get_mut(partition) {
                None => self.wrong.push(format!("{name}: {partition}@{offset} was handed out and not owned")),
                Some(turn) => {
                    let turn = turn.get_or_insert_with(|| Turn {
                        first: line.at,
                        last: line.at,
                        offset: -1,
                        who: name.to_owned(),
                    });
                    if turn.offset >= *offset {
                        let before = turn.offset;
                        self.wrong
                            .push(format!("{name}: {partition}@{offset} was handed out after {before}"));
                    }
                    (turn.last, turn.offset) = (line.at, *offset);
                }
            },
            What::Failed(why) => self.wrong.push(format!("{name} has failed: {why}")),
            What::Processed(..) | What::Closed | What::Refused(_) => {}
        }
    }
}

/// Turns of different lives that overlap.
fn at_once(partition: i32, mut turns: Vec<Turn>) -> Vec<String> {
    turns.sort_by_key(|turn| turn.first);
    let mut wrong = Vec::new();
    let mut longest: Option<&Turn> = None;
    for turn in &turns {
        if let Some(before) = longest.filter(|before| before.last >= turn.first) {
            let by = before.last - turn.first;
            wrong.push(format!(
                "{partition} was handed out by {} and {} at once, for {by} µs",
                before.who, turn.who
            ));
        }
        if longest.is_none_or(|before| before.last < turn.last) {
            longest = Some(turn);
        }
    }
    wrong
}

/// When each record was processed first.
fn processed(lives: &[Life]) -> BTreeMap<i32, BTreeMap<i64, Stamp>> {
    let mut processed: BTreeMap<i32, BTreeMap<i64, Stamp>> = BTreeMap::new();
    for line in lives.iter().flat_map(|life| &life.lines) {
        if let What::Processed(partition, offset) = line.what {
            let at = processed.entry(partition).or_default().entry(offset).or_insert(line.at);
            *at = line.at.min(*at);
        }
    }
    processed
}

fn unprocessed(processed: &BTreeMap<i32, BTreeMap<i64, Stamp>>, ends: &Ends) -> Vec<String> {
    let none = BTreeMap::new();
    let missing = |(partition, end): (&i32, &i64)| {
        let done = processed.get(partition).unwrap_or(&none);
        let missing: BTreeSet<i64> = (0..*end).filter(|offset| !done.contains_key(offset)).collect();
        let (first, count) = (missing.first()?, missing.len());
        Some(format!("{count} records of {partition} were not processed, the first at {first}"))
    };
    ends.iter().filter_map(missing).collect()
}

/// Commits of what was not processed by then.
fn ahead(processed: &BTreeMap<i32, BTreeMap<i64, Stamp>>, commits: &[Committed]) -> Vec<String> {
    let none = BTreeMap::new();
    // By when all before an offset was processed.
    let by = |partition: i32| {
        let mut by = Vec::new();
        let mut latest = 0;
        for offset in 0.. {
            let Some(at) = processed.get(&partition).unwrap_or(&none).get(&offset) else { break };
            latest = latest.max(*at);
            by.push(latest);
        }
        by
    };
    let mut tables: BTreeMap<i32, Vec<Stamp>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for Committed { at, partition, offset } in commits {
        let table = tables.entry(*partition).or_insert_with(|| by(*partition));
        let Some(last) = usize::try_from(*offset).ok().and_then(|offset| offset.checked_sub(1)) else {
            continue;
        };
        if table.get(last).is_none_or(|processed| processed > at) {
            wrong.push(format!("{partition} was committed to {offset}, and not processed as far"));
        }
    }
    wrong
}

/// Commits that are behind what was committed before: of somebody who has read that partition at another time.
fn back(commits: &[Committed]) -> Vec<String> {
    let mut latest: BTreeMap<i32, i64> = BTreeMap::new();
    let mut wrong = Vec::new();
    for Committed { partition, offset, .. } in commits {
        let before = latest.insert(*partition, *offset).unwrap_or_default();
        if *offset < before {
            wrong.push(format!("{partition} was committed back from {before} to {offset}"));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(name: &str, lines: &[(Stamp, What)]) -> Life {
        let lines = lines.iter().map(|(at, what)| Line { at: *at, what: what.clone() });
        Life { name: name.into(), lines: lines.collect() }
    }

    fn assigned(at: Stamp) -> (Stamp, What) {
        (at, What::Assigned(vec![0]))
    }

    fn read(at: Stamp, offset: i64) -> [(Stamp, What); 2] {
        [(at, What::Handed(0, offset)), (at + 1, What::Processed(0, offset))]
    }

    fn wrong(lives: &[Life], commits: &[(Stamp, i64)], end: i64) -> Vec<String> {
        let committed = |&(at, offset): &(Stamp, i64)| Committed { at, partition: 0, offset };
        let commits: Vec<_> = commits.iter().map(committed).collect();
        audit(lives, &commits, &Ends::from([(0, end)])).wrong
    }

    #[test]
    fn one_after_the_other_is_as_it_should_be() {
        let mut first = vec![assigned(1)];
        first.extend(read(2, 0));
        first.extend(read(4, 1));
        first.push((6, What::Revoked(vec![0])));
        let mut second = vec![assigned(7)];
        second.extend(read(8, 2));
        let lives = [life("a", &first), life("b", &second)];
        assert_eq!(wrong(&lives, &[(3, 0), (5, 2), (9, 3)], 3), [""; 0]);
        assert_eq!(twice(&lives, 7, &Ends::from([(0, 2)])), [""; 0]);
    }

    #[test]
    fn each_thing_that_must_not_be_is_told() {
        let both = |a: &[Stamp], b: &[Stamp]| {
            let lines = |stamps: &[Stamp], from: i64| {
                let reads = stamps.iter().zip(from..).flat_map(|(at, offset)| read(*at, offset));
                [assigned(1)].into_iter().chain(reads).collect::<Vec<_>>()
            };
            [life("a", &lines(a, 0)), life("b", &lines(b, 1))]
        };
        let at_once = wrong(&both(&[2, 10], &[5]), &[], 2);
        assert_eq!(at_once, ["0 was handed out by a and b at once, for 5 µs"]);
        let one = [life("a", &[vec![assigned(1)], read(2, 0).to_vec()].concat())];
        assert_eq!(wrong(&one, &[], 3), ["2 records of 0 were not processed, the first at 1"]);
        assert_eq!(wrong(&one, &[(9, 2)], 1), ["0 was committed to 2, and not processed as far"]);
        assert_eq!(wrong(&one, &[(2, 1)], 1), ["0 was committed to 1, and not processed as far"], "not yet");
        let stale = wrong(&one, &[(9, 1), (9, 0), (9, 1)], 1);
        assert_eq!(stale, ["0 was committed back from 1 to 0"]);
        let late = [vec![assigned(1), (2, What::Revoked(vec![0]))], read(3, 0).to_vec()].concat();
        assert_eq!(wrong(&[life("a", &late)], &[], 1), ["a: 0@0 was handed out and not owned"]);
        let back = [vec![assigned(1)], read(2, 1).to_vec(), read(4, 0).to_vec()].concat();
        assert_eq!(wrong(&[life("a", &back)], &[], 2), ["a: 0@0 was handed out after 1"]);
        let disordered = [assigned(1), assigned(2), (3, What::Lost(vec![0])), (4, What::Revoked(vec![0]))];
        let disordered = wrong(&[life("a", &disordered)], &[], 0);
        assert_eq!(disordered, ["a: 0 was assigned while it was owned", "a: 0 was given up and not owned"]);
        let failed = [life("a", &[(3, What::Failed("for this reason".into()))])];
        assert_eq!(wrong(&failed, &[], 0), ["a has failed: for this reason"]);
        let again = [vec![assigned(1)], read(2, 0).to_vec(), read(4, 0).to_vec()].concat();
        let again = [life("a", &again)];
        assert_eq!(twice(&again, 1, &Ends::new()), ["0@0 came 2 times"]);
        assert_eq!(twice(&again, 4, &Ends::from([(0, 1)])), ["0@0 came again after it was processed"]);
    }
}
