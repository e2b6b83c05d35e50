//! The ledger as a command.
//!
//! ```sh
//! cargo run --release --bin ledger -- --minutes 30 --seed 7 --version 4.4.0
//! cargo run --release --bin ledger -- --minutes 2 --version all
//! ```

use kafka_sdk_ledger::fault::Fault;
use kafka_sdk_ledger::run::Plan;
use kafka_sdk_ledger::world::{Brokers, Trouble};
use lexopt::prelude::*;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "\
usage: ledger [options]
  --minutes <number>    how long faults go on (default: 5; at least 1)
  --seed <number>       which faults come when (default: 1)
  --version <version>   of the brokers, or `all` for one after the other (default: 4.4.0)
  --rate <number>       records in a second (default: 5000; at least 300)
  --fault <name>        only this kind; may be repeated (default: all of them)";

const VERSIONS: [&str; 6] = ["2.1.1", "2.8.2", "3.3.2", "3.9.2", "4.0.0", "4.4.0"];

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("{trouble}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Trouble> {
    let (versions, plan) = parse()?;
    let mut wrong = Vec::new();
    for version in versions {
        println!("Kafka {version}, seed {}", plan.seed);
        let report = plan.run(&Brokers::start(&version).await?, "ledger").await?;
        println!("{report}");
        wrong.extend(report.verdict().err().map(|why| format!("{version}: {why}")));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn parse() -> Result<(Vec<String>, Plan), Trouble> {
    let mut versions = vec!["4.4.0".to_owned()];
    let mut plan = Plan {
        seed: 1,
        time: Duration::from_secs(300),
        faults: Vec::new(),
        rate: 5_000,
        sabotage: |producer| producer,
    };
    let mut args = lexopt::Parser::from_env();
    while let Some(arg) = args.next()? {
        match arg {
            Long("minutes") => plan.time = Duration::from_secs(60 * at_least(1, args.value()?.parse()?)?),
            Long("seed") => plan.seed = args.value()?.parse()?,
            Long("rate") => plan.rate = u32::try_from(at_least(300, args.value()?.parse()?)?)?,
            Long("version") => versions = named(args.value()?.string()?),
            Long("fault") => plan.faults.push(fault(&args.value()?.string()?)?),
            Long("help") => return Err(USAGE.into()),
            _ => return Err(format!("{}\n{USAGE}", arg.unexpected()).into()),
        }
    }
    if plan.faults.is_empty() {
        plan.faults = Fault::ALL.to_vec();
    }
    Ok((versions, plan))
}

fn named(version: String) -> Vec<String> {
    if version == "all" { VERSIONS.map(str::to_owned).to_vec() } else { vec![version] }
}

/// Less would say less than it seems to.
fn at_least(least: u64, value: u64) -> Result<u64, Trouble> {
    if value >= least { Ok(value) } else { Err(format!("{value} is too few: at least {least}").into()) }
}

fn fault(name: &str) -> Result<Fault, Trouble> {
    let named = Fault::ALL.into_iter().find(|fault| format!("{fault:?}") == name);
    named.ok_or_else(|| format!("there is no fault {name}: {:?}", Fault::ALL).into())
}
