//! The churn of a group as a command, and, as `groups member ..`, one of its members.
//!
//! ```sh
//! cargo run --release --bin groups -- --minutes 30 --seed 7 --version 4.4.0
//! ```

use kafka_sdk_ledger::churn::member;
use kafka_sdk_ledger::churn::options::Options;
use kafka_sdk_ledger::churn::orders::Orders;
use kafka_sdk_ledger::world::Trouble;
use lexopt::Parser;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match std::env::args().nth(1).as_deref() {
        Some("member") => as_member().await,
        _ => run().await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("{trouble}");
            ExitCode::FAILURE
        }
    }
}

async fn as_member() -> Result<(), Trouble> {
    member::run(Orders::of(std::env::args().skip(2).collect())?).await?;
    // The runtime would wait for another line of its input.
    std::process::exit(0)
}

async fn run() -> Result<(), Trouble> {
    let Options { versions, plan, lines } = Options::parse(Parser::from_env())?;
    let mut wrong = Vec::new();
    for version in versions {
        let minutes = plan.time.as_secs() / 60;
        let what = format!("Kafka {version}, {}, seed {}, {minutes} minutes", plan.assignor, plan.seed);
        println!("{what}");
        let report = plan.run(version, &std::env::current_exe()?).await?;
        println!("\n{what}\n{report}");
        if let Some(lines) = lines.as_ref().filter(|_| !report.audit.wrong.is_empty()) {
            let mut file = BufWriter::new(File::create(lines)?);
            report.told().try_for_each(|line| writeln!(file, "{line}"))?;
        }
        wrong.extend(report.verdict().err().map(|why| format!("{version}: {why}")));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
