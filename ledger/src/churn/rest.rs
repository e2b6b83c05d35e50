//! How far a group is, by what its members have told. Pure.

use super::audit::Life;
use super::line::{Stamp, What};
use std::collections::BTreeSet;

fn lines(lives: &[Life]) -> impl Iterator<Item = (Stamp, &What)> {
    lives.iter().flat_map(|life| &life.lines).map(|line| (line.at, &line.what))
}

/// How many records were processed, each counted once.
#[must_use]
pub(super) fn processed(lives: &[Life]) -> usize {
    let places: BTreeSet<(i32, i64)> = lines(lives)
        .filter_map(|(_, what)| match what {
            What::Processed(partition, offset) => Some((*partition, *offset)),
            _ => None,
        })
        .collect();
    places.len()
}

/// Whether a record was handed out a second time.
#[must_use]
pub(super) fn is_hurt(lives: &[Life]) -> bool {
    let mut places = BTreeSet::new();
    let mut handed = lines(lives).filter_map(|(_, what)| match what {
        What::Handed(partition, offset) => Some((*partition, *offset)),
        _ => None,
    });
    handed.any(|place| !places.insert(place))
}

/// When partitions last came or went.
#[must_use]
pub(super) fn last_move(lives: &[Life]) -> Stamp {
    let moved =
        lines(lives).filter(|(_, what)| matches!(what, What::Assigned(_) | What::Revoked(_) | What::Lost(_)));
    moved.map(|(at, _)| at).max().unwrap_or_default()
}

/// Those that the group has given up since: what they had was lost, or their last commit was refused.
#[must_use]
pub(super) fn given_up(lives: &[Life], since: Stamp) -> Vec<String> {
    let is_given_up = |life: &&Life| {
        let mut lines = life.lines.iter().filter(|line| line.at >= since);
        lines.any(|line| matches!(line.what, What::Lost(_) | What::Refused(_)))
    };
    lives.iter().filter(is_given_up).map(|life| life.name.clone()).collect()
}

/// How many partitions are owned by these lives.
#[must_use]
pub(super) fn owned<'l>(lives: impl IntoIterator<Item = &'l Life>) -> usize {
    let mut all = BTreeSet::new();
    for life in lives {
        let mut own = BTreeSet::new();
        for line in &life.lines {
            match &line.what {
                What::Assigned(partitions) => own.extend(partitions.iter().copied()),
                What::Revoked(partitions) | What::Lost(partitions) => {
                    own.retain(|partition| !partitions.contains(partition));
                }
                _ => {}
            }
        }
        all.extend(own);
    }
    all.len()
}

#[cfg(test)]
mod tests {
    use super::super::line::Line;
    use super::*;

    fn life(name: &str, lines: &[(Stamp, What)]) -> Life {
        let lines = lines.iter().map(|(at, what)| Line { at: *at, what: what.clone() });
        Life { name: name.into(), lines: lines.collect() }
    }

    #[test]
    fn what_members_have_told_says_how_far_they_are() {
        let first = [
            (1, What::Assigned(vec![0, 1])),
            (2, What::Handed(0, 7)),
            (3, What::Processed(0, 7)),
            (4, What::Lost(vec![0, 1])),
        ];
        let again = [(5, What::Assigned(vec![1])), (6, What::Handed(0, 7)), (7, What::Processed(0, 7))];
        let lives = [life("a", &first), life("b", &again)];
        assert_eq!((processed(&lives), last_move(&lives), owned(&lives)), (1, 5, 1));
        assert_eq!((is_hurt(&lives), is_hurt(&lives[..1])), (true, false));
        assert_eq!(given_up(&lives, 4), ["a"]);
        assert_eq!(given_up(&lives, 5), [""; 0], "that was before");
        let refused = life("c", &[(9, What::Refused("not known".into()))]);
        assert_eq!(given_up(&[refused], 5), ["c"]);
    }
}
