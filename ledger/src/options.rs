//! What the command is told, and what it does not take because the run would say less than it seems to.

use crate::fault::Fault;
use crate::run::{Plan, Sabotage};
use crate::world::Trouble;
use lexopt::Parser;
use lexopt::prelude::*;
use std::time::Duration;

const USAGE: &str = "\
usage: ledger [options]
  --minutes <number>    how long faults go on (default: 5; at least 1)
  --seed <number>       which faults come when (default: 1)
  --version <version>   of the brokers, or `all` for one after the other (default: 4.4.0)
  --rate <number>       records in a second (default: 5000; at least 500)
  --fault <name>        only this kind; may be repeated (default: all of them)";

const VERSIONS: [&str; 6] = ["2.1.1", "2.8.2", "3.3.2", "3.9.2", "4.0.0", "4.4.0"];

/// What is to be run, and on which versions.
#[derive(Clone, Debug)]
pub struct Options {
    /// One after the other.
    pub versions: Vec<&'static str>,
    /// For each.
    pub plan: Plan,
}

impl Options {
    /// From a command line.
    ///
    /// # Errors
    /// What is unknown, or too little; or what there is, where that is asked for.
    pub fn parse(mut args: Parser) -> Result<Self, Trouble> {
        let mut versions = vec!["4.4.0"];
        let mut plan = Plan {
            seed: 1,
            time: Duration::from_secs(300),
            faults: Vec::new(),
            rate: 5_000,
            sabotage: Sabotage::NONE,
        };
        while let Some(arg) = args.next()? {
            match arg {
                Long("minutes") => plan.time = Duration::from_secs(60 * at_least(1, args.value()?.parse()?)?),
                Long("seed") => plan.seed = args.value()?.parse()?,
                Long("rate") => plan.rate = u32::try_from(at_least(500, args.value()?.parse()?)?)?,
                Long("version") => versions = named(&args.value()?.string()?)?,
                Long("fault") => plan.faults.push(fault(&args.value()?.string()?)?),
                Long("help") => return Err(USAGE.into()),
                _ => return Err(format!("{}\n{USAGE}", arg.unexpected()).into()),
            }
        }
        if plan.faults.is_empty() {
            plan.faults = Fault::ALL.to_vec();
        }
        Ok(Self { versions, plan })
    }
}

pub(crate) fn named(version: &str) -> Result<Vec<&'static str>, Trouble> {
    let named: Vec<_> = VERSIONS.into_iter().filter(|known| [known, "all"].contains(&version)).collect();
    if named.is_empty() {
        return Err(format!("not a version that this is run on: {version}; there are {VERSIONS:?}").into());
    }
    Ok(named)
}

/// Less would say less than it seems to.
pub(crate) fn at_least(least: u64, value: u64) -> Result<u64, Trouble> {
    if value >= least { Ok(value) } else { Err(format!("{value} is too few: at least {least}").into()) }
}

fn fault(name: &str) -> Result<Fault, Trouble> {
    let named = Fault::ALL.into_iter().find(|fault| format!("{fault:?}") == name);
    named.ok_or_else(|| format!("there is no fault {name}: {:?}", Fault::ALL).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Options, String> {
        let args = std::iter::once("ledger").chain(words.split_whitespace());
        Options::parse(Parser::from_iter(args)).map_err(|why| why.to_string())
    }

    #[test]
    fn what_is_given_counts() {
        let Options { versions, plan } =
            parse("--minutes 30 --seed 7 --version 2.1.1 --rate 900 --fault AllReset").unwrap();
        assert_eq!(versions, ["2.1.1"]);
        assert_eq!((plan.time, plan.seed, plan.rate), (Duration::from_secs(1_800), 7, 900));
        assert_eq!(plan.faults, [Fault::AllReset]);
        assert_eq!(parse("--version all").unwrap().versions, VERSIONS);
        assert_eq!(parse("").unwrap().plan.faults, Fault::ALL);
    }

    #[test]
    fn what_would_say_less_than_it_seems_to_is_refused() {
        for (words, why) in [
            ("--minutes 0", "0 is too few: at least 1"),
            ("--rate 499", "499 is too few: at least 500"),
            ("--version 9.9.9", "not a version"),
            ("--version", "missing"),
            ("--fault Everything", "there is no fault Everything"),
            ("--seed x", "x"),
            ("--hours 3", "usage: ledger"),
            ("30", "usage: ledger"),
        ] {
            let said = parse(words).unwrap_err();
            assert!(said.contains(why), "{words}: {said}");
        }
    }
}
