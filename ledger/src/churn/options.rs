//! What the command is told.

use super::defects::Defect;
use super::plan::{Mix, Plan, Size};
use super::report::Event;
use crate::options::{at_least, named};
use crate::world::Trouble;
use lexopt::Parser;
use lexopt::prelude::*;
use std::path::PathBuf;
use std::time::Duration;

const USAGE: &str = "\
usage: groups [options]
  --minutes <number>    how long it goes on (default: 5; at least 1)
  --seed <number>       what happens when (default: 1)
  --version <version>   of the brokers, or `all` for one after the other (default: 4.4.0)
  --rate <number>       records in a second (default: 300; at least 100)
  --events <number>     of what happens to the group, in a minute (default: 45)
  --members <number>    how many there are at most (default: 10; at least 6)
  --partitions <number> how many there are at first (default: 12)
  --protocol <name>     classic, consumer, or mixed: one by this, the next by that (default: classic)
  --lines <file>        for what members have told, if something is wrong
  --assignor <name>     range, roundrobin, sticky or cooperative-sticky (default: by the seed)";

/// What is to be run, and on which versions.
#[derive(Clone, Debug)]
pub struct Options {
    /// One after the other.
    pub versions: Vec<&'static str>,
    /// For each.
    pub plan: Plan,
    /// Where to write what members have told, if something is wrong.
    pub lines: Option<PathBuf>,
}

/// The assignors that there are.
const ASSIGNORS: [&str; 4] = ["cooperative-sticky", "range", "sticky", "roundrobin"];

/// The assignor that a seed stands for.
#[must_use]
pub fn assignor(seed: u64) -> &'static str {
    ASSIGNORS[(seed % ASSIGNORS.len() as u64) as usize]
}

impl Options {
    /// From a command line.
    ///
    /// # Errors
    /// What is unknown, or too little; or what there is, where that is asked for.
    pub fn parse(mut args: Parser) -> Result<Self, Trouble> {
        let mut versions = vec!["4.4.0"];
        let (mut seed, mut time, mut rate, mut name) = (1, Duration::from_secs(300), 300, None);
        let (mut pace, mut size, mut mix, mut lines) = (45, Size::default(), Mix::Classic, None);
        while let Some(arg) = args.next()? {
            match arg {
                Long("minutes") => time = Duration::from_secs(60 * at_least(1, args.value()?.parse()?)?),
                Long("seed") => seed = args.value()?.parse()?,
                Long("rate") => rate = u32::try_from(at_least(100, args.value()?.parse()?)?)?,
                Long("version") => versions = named(&args.value()?.string()?)?,
                Long("events") => pace = u32::try_from(at_least(1, args.value()?.parse()?)?)?,
                Long("members") => size.members = usize::try_from(at_least(6, args.value()?.parse()?)?)?,
                Long("partitions") => size.partitions = i32::try_from(at_least(1, args.value()?.parse()?)?)?,
                Long("lines") => lines = Some(args.value()?.into()),
                Long("protocol") => mix = args.value()?.string()?.parse()?,
                Long("assignor") => {
                    let told = args.value()?.string()?;
                    let known = ASSIGNORS.into_iter().find(|known| *known == told);
                    name = Some(known.ok_or_else(|| format!("there is no assignor {told}: {ASSIGNORS:?}"))?);
                }
                Long("help") => return Err(USAGE.into()),
                _ => return Err(format!("{}\n{USAGE}", arg.unexpected()).into()),
            }
        }
        let assignor = name.unwrap_or_else(|| assignor(seed));
        if mix == Mix::Mixed && assignor == "sticky" {
            return Err("a group by sticky cannot change over to the consumer protocol".into());
        }
        if let Some(old) = versions.iter().find(|version| mix != Mix::Classic && !version.starts_with('4')) {
            return Err(format!("Kafka {old} has no consumer protocol that is finished").into());
        }
        let (events, defect) = (Event::ALL.to_vec(), Defect::None);
        let plan = Plan { seed, time, rate, events, pace, size, mix, assignor, defect };
        Ok(Self { versions, plan, lines })
    }
}

#[cfg(test)]
mod tests {
    use super::super::orders::Protocol;
    use super::*;

    fn parse(words: &str) -> Result<Options, String> {
        let args = std::iter::once("groups").chain(words.split_whitespace());
        Options::parse(Parser::from_iter(args)).map_err(|why| why.to_string())
    }

    #[test]
    fn what_is_given_counts_and_what_would_say_too_little_is_refused() {
        let Options { versions, plan, .. } =
            parse("--minutes 3 --seed 7 --version 2.1.1 --rate 900 --assignor sticky").unwrap();
        assert_eq!(versions, ["2.1.1"]);
        assert_eq!((plan.time, plan.seed, plan.rate), (Duration::from_secs(180), 7, 900));
        assert_eq!((plan.assignor, plan.defect), ("sticky", Defect::None));
        assert_eq!(parse("--seed 1").unwrap().plan.assignor, "range");
        let plan = parse("--members 100 --partitions 1000 --events 90 --protocol mixed").unwrap().plan;
        assert_eq!((plan.size, plan.pace), (Size { members: 100, partitions: 1_000 }, 90));
        assert_eq!([0, 1].map(|life| plan.mix.protocol(life)), [Protocol::Classic, Protocol::Consumer]);
        for (words, why) in [
            ("--minutes 0", "0 is too few"),
            ("--rate 99", "99 is too few"),
            ("--assignor best", "there is no assignor best"),
            ("--hours 3", "usage: groups"),
            ("--members 5", "5 is too few"),
            ("--protocol new", "there is no protocol new"),
            ("--protocol mixed --seed 2", "sticky cannot change over"),
            ("--protocol consumer --version 2.1.1", "no consumer protocol"),
        ] {
            let said = parse(words).unwrap_err();
            assert!(said.contains(why), "{words}: {said}");
        }
    }
}
