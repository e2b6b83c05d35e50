//! A small Kafka for development: the embedded cluster as a program.
//!
//! ```sh
//! cargo run --bin embedded-kafka -- --port 9092 --folder data --topic orders:6
//! ```

use std::error::Error;
use std::process::ExitCode;

use kafka_sdk_testcontainers::{EmbeddedBuilder, TestKafka};

const USAGE: &str = "\
usage: embedded-kafka [options]
  --port <number>            the first node's port; further nodes have those that follow (default: 9092)
  --nodes <number>           how many nodes (default: 1)
  --folder <path>            where the logs are kept (default: in memory only)
  --topic <name>:<number>    a topic that is to be there, with that many partitions; may be repeated
  --property <key>=<value>   a property of the brokers; may be repeated
  --as-version <version>     the Kafka to pose as, such as 2.1";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let builder = parse(std::env::args().skip(1))?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let kafka = runtime.block_on(builder.start())?;
    println!("listening on {}", kafka.bootstrap_servers());
    loop {
        std::thread::park();
    }
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<EmbeddedBuilder, Box<dyn Error>> {
    let mut builder = TestKafka::embedded().port(9092);
    while let Some(option) = args.next() {
        let value = args.next().ok_or(USAGE)?;
        builder = match option.as_str() {
            "--port" => builder.port(value.parse()?),
            "--nodes" => builder.nodes(value.parse()?),
            "--folder" => builder.folder(value),
            "--as-version" => builder.as_version(&value),
            "--topic" => {
                let (name, partitions) = value.rsplit_once(':').ok_or(USAGE)?;
                builder.topic(name, partitions.parse()?)
            }
            "--property" => {
                let (key, value) = value.split_once('=').ok_or(USAGE)?;
                builder.property(key, value)
            }
            _ => return Err(USAGE.into()),
        };
    }
    Ok(builder)
}
