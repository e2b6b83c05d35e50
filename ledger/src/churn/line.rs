//! What a member tells of itself, a line at a time: what happened, when, and with which partitions.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

/// Microseconds of the machine's clock, which all members share.
pub type Stamp = u64;

/// Now.
#[allow(clippy::disallowed_methods, reason = "processes of one machine have no other clock in common")]
#[must_use]
pub fn now() -> Stamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// These partitions came.
    Assigned(Vec<i32>),
    /// These are given up.
    Revoked(Vec<i32>),
    /// Others may have these.
    Lost(Vec<i32>),
    /// A record was handed out: partition and offset.
    Handed(i32, i64),
    /// It is processed: the next one is about to be asked for.
    Processed(i32, i64),
    /// It has left the group in good order.
    Closed,
    /// It has left, and its last commit was refused: the group had given it up before.
    Refused(String),
    /// It has ended otherwise.
    Failed(String),
}

/// What happened, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Not after it happened.
    pub at: Stamp,
    /// What it was.
    pub what: What,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, word, partitions: &[i32]| {
            write!(f, "{} {word}", self.at)?;
            partitions.iter().try_for_each(|partition| write!(f, " {partition}"))
        };
        match &self.what {
            What::Assigned(partitions) => list(f, "assigned", partitions),
            What::Revoked(partitions) => list(f, "revoked", partitions),
            What::Lost(partitions) => list(f, "lost", partitions),
            What::Handed(partition, offset) => write!(f, "{} handed {partition} {offset}", self.at),
            What::Processed(partition, offset) => write!(f, "{} processed {partition} {offset}", self.at),
            What::Closed => write!(f, "{} closed", self.at),
            What::Refused(why) => write!(f, "{} refused {}", self.at, why.replace('\n', " ")),
            What::Failed(why) => write!(f, "{} failed {}", self.at, why.replace('\n', " ")),
        }
    }
}

impl FromStr for Line {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let unreadable = || format!("no line of a member's: {line:?}");
        let mut words = line.splitn(3, ' ');
        let at = words.next().and_then(|at| at.parse().ok()).ok_or_else(unreadable)?;
        let (word, rest) = (words.next().ok_or_else(unreadable)?, words.next().unwrap_or_default());
        let partition = |it: &str| it.parse::<i32>().map_err(|_| unreadable());
        let partitions = || rest.split_whitespace().map(partition).collect::<Result<Vec<_>, _>>();
        let place = || {
            let (partition, offset) = rest.split_once(' ')?;
            Some((partition.parse().ok()?, offset.parse().ok()?))
        };
        let what = match word {
            "assigned" => What::Assigned(partitions()?),
            "revoked" => What::Revoked(partitions()?),
            "lost" => What::Lost(partitions()?),
            "handed" => {
                place().map(|(partition, offset)| What::Handed(partition, offset)).ok_or_else(unreadable)?
            }
            "processed" => place()
                .map(|(partition, offset)| What::Processed(partition, offset))
                .ok_or_else(unreadable)?,
            "closed" => What::Closed,
            "refused" => What::Refused(rest.to_owned()),
            "failed" => What::Failed(rest.to_owned()),
            _ => return Err(unreadable()),
        };
        Ok(Self { at, what })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_understood() {
        for what in [
            What::Assigned(vec![]),
            What::Assigned(vec![1, 20]),
            What::Revoked(vec![3]),
            What::Lost(vec![0, 1]),
            What::Handed(3, 1_000_000),
            What::Processed(0, 0),
            What::Closed,
            What::Refused("for this reason".into()),
            What::Failed("for this reason".into()),
        ] {
            let line = Line { at: 17, what };
            assert_eq!(line.to_string().parse(), Ok(line));
        }
        for wrong in ["", "x", "17", "17 handed", "17 handed 3", "17 stolen 1", "17 lost x"] {
            assert!(wrong.parse::<Line>().is_err(), "{wrong}");
        }
    }
}
