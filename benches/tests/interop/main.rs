//! Each client reads what each other has written, through a real broker, in every codec.
//!
//! ```text
//! cargo test --features peers --test interop -- --nocapture
//! ```
//!
//! Without the feature `peers`, librdkafka is named as left out, and so is whatever else the machine lacks.

mod embedded;
mod java;
#[cfg(feature = "peers")]
mod librdkafka;
mod ours;
mod python;
mod record;
mod rskafka;

use self::java::Java;
#[cfg(feature = "peers")]
use self::librdkafka::Librdkafka;
use self::ours::Ours;
use self::record::{Record, records};
use self::rskafka::Rskafka;
use kafka_sdk_protocol::records::compression::Codec;
use kafka_sdk_testcontainers::{Providers, TestKafka};
use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::runtime::Runtime;

const CODECS: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];
/// Some batches of them.
const RECORDS: usize = 300;

/// A cluster, and a runtime for those who need one.
struct Broker {
    runtime: Runtime,
    kafka: TestKafka,
}

impl Broker {
    fn servers(&self) -> &str {
        self.kafka.bootstrap_servers()
    }
}

/// A client that writes and reads partition 0.
trait Peer {
    fn name(&self) -> &'static str;

    fn write(&self, broker: &Broker, topic: &str, codec: Codec, records: &[Record]);

    /// So many, from the first on.
    fn read(&self, broker: &Broker, topic: &str, count: usize) -> Vec<Record>;
}

fn peers() -> Vec<Box<dyn Peer>> {
    vec![
        Box::new(Ours),
        Box::new(Java),
        Box::new(Rskafka),
        #[cfg(feature = "peers")]
        Box::new(Librdkafka),
    ]
}

/// Past the test harness, which shows nothing of a test that passes.
fn left_out(what: &str) {
    let _ = writeln!(std::io::stderr(), "left out: {what}");
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn everybody_reads_what_everybody_writes() {
    const TEST: &str = "everybody_reads_what_everybody_writes";
    if !Providers::here().run_jvm(TEST).unwrap() {
        return;
    }
    if cfg!(not(feature = "peers")) {
        left_out(&format!("{TEST}: librdkafka, without the feature `peers`"));
    }
    let peers = peers();
    let topic = |writer: &dyn Peer, codec| format!("{}-{codec}", writer.name());
    let builder = peers.iter().fold(TestKafka::jvm(), |builder, writer| {
        CODECS.into_iter().fold(builder, |builder, codec| builder.topic(&topic(&**writer, codec), 1))
    });
    let runtime = runtime();
    let kafka = runtime.block_on(builder.start()).unwrap();
    let (broker, records) = (Broker { runtime, kafka }, records(RECORDS));

    let mut table = Table::default();
    for writer in &peers {
        for codec in CODECS {
            let topic = topic(&**writer, codec);
            let written = table.tried(writer.name(), codec, "writes", || {
                writer.write(&broker, &topic, codec, &records);
                assert_eq!(ours::codecs(&broker, &topic), [codec], "the codec of the batches");
            });
            for reader in peers.iter().filter(|_| written) {
                table.tried(writer.name(), codec, reader.name(), || {
                    let read = reader.read(&broker, &topic, RECORDS);
                    let differing = records.iter().zip(&read).find(|(written, read)| written != read);
                    assert_eq!((differing, read.len()), (None, RECORDS));
                });
            }
        }
    }
    eprintln!("{}", table.text);
    assert!(table.troubles.is_empty(), "{:#?}", table.troubles);
}

/// Who could do what; a trouble does not keep the others from being tried.
#[derive(Default)]
struct Table {
    text: String,
    troubles: Vec<String>,
}

impl Table {
    fn tried(&mut self, writer: &str, codec: Codec, what: &str, work: impl FnOnce()) -> bool {
        let outcome = catch_unwind(AssertUnwindSafe(work));
        let word = if outcome.is_ok() { "yes" } else { "NO" };
        let codec = codec.name();
        let _ = writeln!(self.text, "{writer:12} {codec:8} {what:12} {word}");
        if let Err(panic) = &outcome {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or_default();
            self.troubles.push(format!("{writer}, {codec}, {what}: {text}"));
        }
        outcome.is_ok()
    }
}
