//! One run: writers and readers at work, one fault after the other, and then the audit.

use crate::book::{Book, Findings, Promise, Totals};
use crate::fault::Fault;
use crate::witness::{Seen, Tallies, audit, watch};
use crate::world::{Brokers, Trouble, World};
use crate::writer::Writer;
use kafka_sdk::producer::ProducerBuilder;
use kafka_sdk::{Acks, Compression, Kafka};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which faults come when.
    pub seed: u64,
    /// How long new faults begin.
    pub time: Duration,
    /// Each at least once, if the time suffices; then any of them.
    pub faults: Vec<Fault>,
    /// Records in a second, of all writers together.
    pub rate: u32,
    /// What is planted into the producers.
    pub sabotage: Sabotage,
}

/// A change of each producer's settings: a test plants a defect by it.
pub type Sabotage = fn(ProducerBuilder) -> ProducerBuilder;

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was said of the records.
    pub totals: Totals,
    /// Faults that count, by kind.
    pub counted: BTreeMap<Fault, u32>,
    /// Faults that nobody was hurt by, by kind.
    pub missed: BTreeMap<Fault, u32>,
    /// What Kafka's own reader found to be wrong.
    pub findings: Findings,
    /// In which ways our reader saw something else.
    pub unlike: Vec<String>,
}

/// Between two faults, so that there is something to be hit.
const REST: Duration = Duration::from_millis(500);
/// How long our reader may take to reach the end.
const CATCHING_UP: Duration = Duration::from_secs(60);

impl Plan {
    /// Runs it, in topics of this name.
    ///
    /// # Errors
    /// The brokers, the proxy or a tool did not do as they were told, or a reader of ours gave up.
    pub async fn run(&self, brokers: &Brokers, name: &str) -> Result<Report, Trouble> {
        let world = brokers.world(name).await?;
        let stop = Arc::new(AtomicBool::new(false));
        let mut writing = self.writers(&world, &stop);
        let seen = Arc::new(Mutex::new(Seen::default()));
        let mut reading = JoinSet::new();
        for topic in world.topics() {
            reading.spawn(watch(world.client().clone(), topic.clone(), seen.clone()));
        }
        let mut report = Report::default();
        self.inflict(&world, &mut report).await?;
        stop.store(true, Ordering::Relaxed);
        let mut books = Vec::new();
        while let Some(book) = writing.join_next().await {
            books.push(book??);
        }
        world.heal().await?;
        for book in &books {
            report.totals += book.totals();
        }
        let (tallies, findings) = audit(&world, &books).await?;
        report.findings = findings;
        report.unlike = compare(&tallies, &seen, &mut reading).await;
        Ok(report)
    }

    fn writers(&self, world: &World<'_>, stop: &Arc<AtomicBool>) -> JoinSet<Result<Book, Trouble>> {
        let mut writing = JoinSet::new();
        let kinds: [Kind; 4] = [
            (Promise::Full, patient),
            (Promise::Full, hasty),
            (Promise::Full, bulky),
            (Promise::Weak, careless),
        ];
        let rate = self.rate / kinds.len() as u32;
        for (id, (promise, kind)) in (0..).zip(kinds) {
            let producer = (self.sabotage)(kind(world.client()));
            let writer = Writer { id, producer, promise, rate };
            writing.spawn(writer.run(world.topics().to_vec(), world.partitions(), stop.clone()));
        }
        writing
    }

    async fn inflict(&self, world: &World<'_>, report: &mut Report) -> Result<(), Trouble> {
        let deadline = Instant::now() + self.time;
        let mut left: Vec<Fault> = Vec::new();
        // Of its own: who names folders by chance must not get the same ones each time.
        let mut random = fastrand::Rng::with_seed(self.seed);
        while Instant::now() < deadline {
            if left.is_empty() {
                left.clone_from(&self.faults);
                random.shuffle(&mut left);
            }
            let Some(fault) = left.pop() else { break };
            sleep(REST).await;
            let begun = Instant::now();
            let met = fault.inflict(world).await.map_err(|trouble| format!("{fault:?}: {trouble}"))?;
            let word = if met { "counts" } else { "hurt nobody" };
            println!("{fault:?}: {word}, {:.1} s", begun.elapsed().as_secs_f32());
            let column = if met { &mut report.counted } else { &mut report.missed };
            *column.entry(fault).or_default() += 1;
        }
        Ok(())
    }
}

/// What it promises, and its settings.
type Kind = (Promise, fn(&Kafka) -> ProducerBuilder);

/// Waits for a record as long as Java would by default, and is small in its batches.
fn patient(kafka: &Kafka) -> ProducerBuilder {
    kafka.producer().linger(Duration::from_millis(1)).batch_size(2_000)
}

/// Gives up soon.
fn hasty(kafka: &Kafka) -> ProducerBuilder {
    let builder = kafka.producer().linger(Duration::ZERO).delivery_timeout(Duration::from_secs(3));
    builder.compression(Compression::Lz4)
}

/// Large batches, compressed.
fn bulky(kafka: &Kafka) -> ProducerBuilder {
    let builder = kafka.producer().linger(Duration::from_millis(50)).batch_size(200_000);
    builder.compression(Compression::Zstd)
}

/// Takes the leader's word, and sends again what may be there.
fn careless(kafka: &Kafka) -> ProducerBuilder {
    kafka.producer().acks(Acks::Leader).compression(Compression::Snappy)
}

/// Waits until our reader is where Kafka's was, and says what it has seen otherwise.
async fn compare(
    expected: &Tallies,
    seen: &Mutex<Seen>,
    reading: &mut JoinSet<Result<(), kafka_sdk::Error>>,
) -> Vec<String> {
    let read = |seen: &Seen| seen.tallies.values().map(|tally| tally.records).sum::<i64>();
    let total: i64 = expected.values().map(|tally| tally.records).sum();
    let deadline = Instant::now() + CATCHING_UP;
    let lock = || seen.lock().unwrap_or_else(PoisonError::into_inner);
    while read(&lock()) < total && Instant::now() < deadline {
        sleep(Duration::from_millis(50)).await;
    }
    let mut unlike = Vec::new();
    while let Some(ended) = reading.try_join_next() {
        unlike.push(format!("a reader has ended: {ended:?}"));
    }
    reading.abort_all();
    let seen = lock();
    unlike.extend(seen.gaps.iter().cloned());
    for (place, tally) in expected.iter().filter(|(_, tally)| tally.records > 0) {
        let ours = seen.tallies.get(place).copied().unwrap_or_default();
        if ours != *tally {
            unlike.push(format!("{place:?}: {ours:?}, and Kafka's reader saw {tally:?}"));
        }
    }
    unlike
}

impl Report {
    /// Whether everything that was said is so, and the run is worth something.
    ///
    /// # Errors
    /// Why not.
    pub fn verdict(&self) -> Result<(), String> {
        if self.totals.acknowledged == 0 {
            return Err("no record was acknowledged: the run says nothing".into());
        }
        if self.counted.is_empty() {
            return Err("no fault hurt anybody: the run says nothing".into());
        }
        if !self.findings.is_empty() || !self.unlike.is_empty() {
            return Err("something is wrong".into());
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Totals { acknowledged, not_written, in_doubt, unanswered } = self.totals;
        writeln!(
            f,
            "{acknowledged} records acknowledged, {not_written} refused, {in_doubt} in doubt, {unanswered} unanswered"
        )?;
        let count = |faults: &BTreeMap<Fault, u32>| faults.values().sum::<u32>();
        writeln!(f, "{} faults of {} kinds count:", count(&self.counted), self.counted.len())?;
        for (fault, times) in &self.counted {
            writeln!(f, "  {fault:?} {times}")?;
        }
        writeln!(f, "{} hurt nobody: {:?}", count(&self.missed), self.missed)?;
        let nothing = if self.findings.is_empty() { "nothing is wrong\n" } else { "" };
        write!(f, "{nothing}{}", self.findings)?;
        self.unlike.iter().take(10).try_for_each(|line| writeln!(f, "unlike: {line}"))
    }
}
