//! The ledger as a command.
//!
//! ```sh
//! cargo run --release --bin ledger -- --minutes 30 --seed 7 --version 4.4.0
//! cargo run --release --bin ledger -- --minutes 2 --version all
//! ```

use kafka_sdk_ledger::options::Options;
use kafka_sdk_ledger::world::{Brokers, Trouble};
use lexopt::Parser;
use std::process::ExitCode;

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
    let Options { versions, plan } = Options::parse(Parser::from_env())?;
    let mut wrong = Vec::new();
    for version in versions {
        let minutes = plan.time.as_secs() / 60;
        let what = format!("Kafka {version}, seed {}, {minutes} minutes", plan.seed);
        println!("{what}");
        let report = plan.run(&Brokers::start(version).await?, "ledger").await?;
        println!("\n{what}\n{report}");
        wrong.extend(report.verdict().err().map(|why| format!("{version}: {why}")));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
