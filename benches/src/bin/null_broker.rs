//! The null broker as a program. It prints its address, a line of counters for each line that it reads, and the last one
//! when its standard input ends.

use clap::Parser;
use kafka_sdk_benches::null_broker::{NullBroker, Settings};
use std::io::{self, BufRead};
use std::time::Duration;

#[derive(Parser)]
struct Arguments {
    /// 0: any that is free.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Of every topic.
    #[arg(long, default_value_t = 1)]
    partitions: i32,
    /// Between each request and its answer; other requests are read meanwhile.
    #[arg(long, default_value_t = 0)]
    round_trip_ms: u64,
    /// Looks into all batches: checksums, records, sequence numbers.
    #[arg(long)]
    check: bool,
    /// Reads what is produced, and never acknowledges it.
    #[arg(long)]
    mute: bool,
    /// Has groups, of one member each.
    #[arg(long)]
    groups: bool,
    /// Of each record that is fetched.
    #[arg(long, default_value_t = 100)]
    record_size: usize,
    /// Of each batch that is fetched.
    #[arg(long, default_value_t = 64 << 10)]
    batch_bytes: usize,
    /// As much of one partition is in an answer, at most.
    #[arg(long, default_value_t = 1 << 20)]
    canned_bytes: usize,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let broker = NullBroker::start(Settings {
        port: arguments.port,
        partitions: arguments.partitions,
        delay: Duration::from_millis(arguments.round_trip_ms),
        checking: arguments.check,
        acknowledging: !arguments.mute,
        grouping: arguments.groups,
        record_size: arguments.record_size,
        batch_bytes: arguments.batch_bytes,
        canned_bytes: arguments.canned_bytes,
    })?;
    println!("{}", broker.address());
    for line in io::stdin().lock().lines() {
        line?;
        print(&broker);
    }
    print(&broker);
    Ok(())
}

fn print(broker: &NullBroker) {
    println!("{}", serde_json::to_string(&broker.counted()).expect("numbers"));
}
