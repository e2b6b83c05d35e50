//! How long the first record of a new group takes, beside the requests alone that lead there: at a real broker.

use crate::programs::{Program, Programs};
use crate::rows::Bound;
use crate::run::printed;
use crate::verdict::Spread;
use kafka_sdk::{Kafka, Record, Reset};
use kafka_sdk_benches::harness::Timings;
use kafka_sdk_testcontainers::TestKafka;
use std::error::Error;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::runtime::Runtime;

pub(super) const NAME: &str = "first record after subscribing in a new group, real broker";
/// Microseconds more than the requests alone.
pub(super) const BOUND: Bound = Bound::AtMost(50_000.0);
pub(super) const PROTOCOLS: [&str; 2] = ["classic", "consumer"];

const VERSION: &str = "4.4.0";
const TOPIC: &str = "bench";
const PARTITIONS: i32 = 4;
const RECORDS: i32 = 400;
/// All clients run that often, there and back again, with so many groups each, of which the first ones do not count.
const ROUNDS: usize = 4;
const GROUPS: usize = 8;
const WARM_UP: usize = 3;
const JAVA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/java/First.java");

/// Who takes part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    /// A program's task.
    Ran(Program, &'static str),
    Java,
}

const CLIENTS: [(&str, Who); 5] = [
    ("the requests alone", Who::Ran(Program::Ours, "rounds")),
    ("ours", Who::Ran(Program::Ours, "first")),
    ("librdkafka", Who::Ran(Program::Librdkafka, "first")),
    ("franz-go", Who::Ran(Program::FranzGo, "first")),
    ("Java", Who::Java),
];
const ALONE: usize = 0;
const OURS: usize = 1;

/// What was measured by one protocol.
pub(super) struct Firsts {
    pub(super) protocol: &'static str,
    /// By client: what its program says, and of each round the groups that count; or why there is nothing.
    clients: Vec<Result<Client, String>>,
}

#[derive(Default)]
struct Client {
    called: String,
    rounds: Vec<Vec<Timings>>,
}

pub(super) fn run(programs: &Programs) -> Result<Vec<Firsts>, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let broker = runtime.block_on(filled()).map_err(|error| format!("no real broker: {error}"))?;
    let measurement = Measurement { programs, runtime, broker };
    Ok(PROTOCOLS.into_iter().map(|protocol| measurement.by(protocol)).collect())
}

struct Measurement<'a> {
    programs: &'a Programs,
    runtime: Runtime,
    broker: TestKafka,
}

impl Measurement<'_> {
    fn by(&self, protocol: &'static str) -> Firsts {
        let mut clients: Vec<_> = CLIENTS.iter().map(|_| Ok(Client::default())).collect();
        for round in 0..ROUNDS {
            for index in crate::rounds::order(CLIENTS.len(), round) {
                let Ok(client) = &mut clients[index] else { continue };
                let (name, who) = CLIENTS[index];
                match self.once(who, protocol, &format!("{protocol}-{round}-{index}")) {
                    Ok((called, timings)) => {
                        let median = median(&timings, "first").unwrap_or_default();
                        eprintln!("  {protocol:9} {name:20} {:8.1} ms", median / 1e3);
                        client.called = called;
                        client.rounds.push(timings);
                    }
                    Err(why) => {
                        eprintln!("  {protocol:9} {name:20} {why}");
                        clients[index] = Err(why);
                    }
                }
            }
        }
        Firsts { protocol, clients }
    }

    /// What the client's program says that it is, and each group that counts.
    fn once(&self, who: Who, protocol: &str, group: &str) -> Result<(String, Vec<Timings>), String> {
        let servers = self.broker.bootstrap_servers();
        let groups = GROUPS.to_string();
        let text = match who {
            Who::Ran(program, task) => {
                let mut command = Command::new(self.programs.path(program)?);
                command.args([task, "--servers", servers, "--topic", TOPIC, "--group", group]);
                command.args(["--groups", &groups, "--protocol", protocol]);
                command.args(["--partitions", &PARTITIONS.to_string()]);
                command.stdout(Stdio::piped()).stderr(Stdio::piped());
                printed(command.spawn().map_err(|error| error.to_string())?, LONGEST)?
            }
            Who::Java => {
                let tool = self.broker.tool(JAVA).args([servers, TOPIC, group, &groups, protocol]);
                let ended = self.runtime.block_on(tool.timeout(LONGEST).run()).map_err(|e| e.to_string())?;
                if !ended.success() {
                    return Err(ended.stderr().lines().last().unwrap_or("without a word").to_owned());
                }
                ended.text().into_owned()
            }
        };
        let mut lines = text.lines();
        let called = lines.next().unwrap_or_default().to_owned();
        let timings = lines.map(Timings::parse).collect::<Result<Vec<_>, _>>()?;
        if timings.len() != GROUPS {
            return Err(format!("{} groups of {GROUPS}", timings.len()));
        }
        Ok((called, timings[WARM_UP..].to_vec()))
    }
}

/// A client that hears of its partitions by the third heartbeat only takes 10 s for a group.
const LONGEST: Duration = Duration::from_secs(180);

async fn filled() -> Result<TestKafka, Box<dyn Error>> {
    let broker = TestKafka::jvm().version(VERSION).topic(TOPIC, PARTITIONS).start().await?;
    let client = Kafka::connect(broker.bootstrap_servers()).await?;
    let producer = client.producer().await?;
    let topic = producer.topic(TOPIC).await?;
    for number in 0..RECORDS {
        let value = format!("record {number}");
        topic.enqueue(Record::new(value).partition(number % PARTITIONS)).await?.forget();
    }
    producer.close().await?;
    // The first group of all has the brokers make the topic of offsets.
    let consumer = client.consumer("before").topics([TOPIC]).offset_reset(Reset::Earliest);
    let mut consumer = consumer.await?;
    drop(consumer.next().await.transpose()?);
    consumer.close().await?;
    Ok(broker)
}

fn median(timings: &[Timings], what: &str) -> Option<f64> {
    Spread::of(timings.iter().filter_map(|group| group.of(what)).collect()).map(|spread| spread.median)
}

impl Client {
    /// The median of each round, in microseconds.
    fn medians<'a>(&'a self, what: &'a str) -> impl Iterator<Item = f64> + 'a {
        self.rounds.iter().filter_map(move |groups| median(groups, what))
    }

    fn all(&self, what: &str) -> Option<Spread> {
        Spread::of(self.rounds.iter().flatten().filter_map(|group| group.of(what)).collect())
    }
}

impl Firsts {
    /// How much longer it takes than the requests alone, in each round: microseconds.
    ///
    /// # Errors
    /// There is nothing to compare, and why.
    pub(super) fn excess(&self) -> Result<Spread, String> {
        self.excess_of(OURS, "first").and_then(|spread| spread.ok_or_else(|| "no figures".into()))
    }

    fn excess_of(&self, client: usize, what: &str) -> Result<Option<Spread>, String> {
        let client = self.clients[client].as_ref()?;
        let alone = self.clients[ALONE].as_ref()?;
        Ok(Spread::of(client.medians(what).zip(alone.medians("first")).map(|(a, b)| a - b).collect()))
    }

    pub(super) fn called(&self) -> impl Iterator<Item = String> {
        self.clients.iter().flatten().map(|client| client.called.clone())
    }

    /// Lines of a table: client, ms, and ms more than the requests alone.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (index, (name, _)) in CLIENTS.iter().enumerate() {
            let client = match &self.clients[index] {
                Ok(client) => client,
                Err(why) => {
                    lines.push(format!("| {} | {name} | {why} | |", self.protocol));
                    continue;
                }
            };
            for (what, more) in [("first", ""), ("connecting", ", and connecting before")] {
                let Some(all) = client.all(what) else { continue };
                let excess = self.excess_of(index, what).ok().flatten().filter(|_| index != ALONE);
                let excess = excess.map_or_else(|| "–".to_owned(), millis);
                lines.push(format!("| {} | {name}{more} | {} | {excess} |", self.protocol, millis(all)));
            }
        }
        lines
    }

    /// What each of the requests takes.
    pub(super) fn requests(&self) -> Option<String> {
        let alone = self.clients[ALONE].as_ref().ok()?;
        let names = alone.rounds.first()?.first()?.names().filter(|name| *name != "first");
        let each = names.filter_map(|name| Some(format!("{name} {:.1}", alone.all(name)?.median / 1e3)));
        Some(format!("{}: {}", self.protocol, each.collect::<Vec<_>>().join(", ")))
    }
}

fn millis(Spread { median, min, max }: Spread) -> String {
    format!("{:.1} ({:.1}–{:.1})", median / 1e3, min / 1e3, max / 1e3)
}
