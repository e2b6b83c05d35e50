//! One run: writers and readers at work, one fault after the other, and then the audit.

use crate::book::{Book, Promise};
use crate::drops::Drops;
use crate::fault::Fault;
use crate::fickle;
use crate::reader::{Seen, Watch};
use crate::report::Report;
use crate::witness::{Tallies, audit};
use crate::world::{Brokers, Effect, Trouble, World};
use crate::writer::Writer;
use kafka_sdk::producer::ProducerBuilder;
use kafka_sdk::{Acks, Compression, Error, Kafka, ReaderBuilder};
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
    /// How long new faults begin, and on from there until each kind has had its turn.
    pub time: Duration,
    /// In rounds, each in another order.
    pub faults: Vec<Fault>,
    /// Records in a second, of all writers together.
    pub rate: u32,
    /// What is planted.
    pub sabotage: Sabotage,
}

/// Changes of the clients' settings: a test plants a defect by them.
#[derive(Clone, Copy, Debug)]
pub struct Sabotage {
    /// Of each producer.
    pub producer: fn(ProducerBuilder) -> ProducerBuilder,
    /// Of each reader.
    pub reader: fn(ReaderBuilder) -> ReaderBuilder,
}

impl Sabotage {
    /// Nothing is changed.
    pub const NONE: Self = Self { producer: std::convert::identity, reader: std::convert::identity };
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
        if self.faults.is_empty() {
            return Err("no fault was asked for: the run would say nothing".into());
        }
        let world = brokers.world(name).await?;
        let stop = Arc::new(AtomicBool::new(false));
        let drops = Drops::default();
        let mut writing = self.writers(&world, &stop, &drops);
        let seen = Arc::new(Mutex::new(Seen::default()));
        let mut reading = self.readers(&world, &seen, &drops);
        let mut report = Report::default();
        tokio::select! {
            inflicted = self.inflict(&world, &mut report) => inflicted?,
            Some(ended) = writing.join_next() => return Err(format!("a writer has ended: {:?}", ended?.err()).into()),
        }
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
        report.read = tallies.values().map(|tally| tally.records).sum();
        report.findings = findings;
        report.unlike = compare(&tallies, &seen, &mut reading).await;
        report.dropped = drops.counts();
        Ok(report)
    }

    fn writers(
        &self,
        world: &World<'_>,
        stop: &Arc<AtomicBool>,
        drops: &Drops,
    ) -> JoinSet<Result<Book, Trouble>> {
        let mut writing = JoinSet::new();
        let kinds: [Kind; 5] = [
            (Promise::Full, cramped),
            (Promise::Full, patient),
            (Promise::Full, hasty),
            (Promise::Full, bulky),
            (Promise::Weak, careless),
        ];
        let rate = self.rate / kinds.len() as u32;
        for (id, (promise, kind)) in (0..).zip(kinds) {
            let producer = (self.sabotage.producer)(kind(world.client()));
            let writer = Writer { id, producer, promise, rate };
            let (topics, partitions, stop) = (world.topics().to_vec(), world.partitions(), stop.clone());
            match id {
                0 => writing.spawn(fickle::run(writer, topics, partitions, stop, drops.clone())),
                _ => writing.spawn(writer.run(topics, partitions, stop)),
            };
        }
        writing
    }

    /// One of each topic; the first is fickle.
    fn readers(&self, world: &World<'_>, seen: &Arc<Mutex<Seen>>, drops: &Drops) -> Reading {
        let mut reading = JoinSet::new();
        for (id, topic) in world.topics().iter().enumerate() {
            let reader = (self.sabotage.reader)(world.client().reader());
            let (topic, partitions, seen) = (topic.clone(), world.partitions(), seen.clone());
            let watch = Watch { reader, topic, partitions, seen };
            match id {
                0 => reading.spawn(watch.run_fickle(drops.clone())),
                _ => reading.spawn(watch.run()),
            };
        }
        reading
    }

    async fn inflict(&self, world: &World<'_>, report: &mut Report) -> Result<(), Trouble> {
        let deadline = Instant::now() + self.time;
        // Of its own: who names folders by chance must not get the same ones each time.
        let mut random = fastrand::Rng::with_seed(self.seed);
        let mut round = self.faults.clone();
        random.shuffle(&mut round);
        for fault in &round {
            inflict(*fault, world, report).await?;
        }
        while Instant::now() < deadline {
            random.shuffle(&mut round);
            for fault in round.iter().take_while(|_| Instant::now() < deadline) {
                inflict(*fault, world, report).await?;
            }
        }
        Ok(())
    }
}

/// One fault, and whether it counts.
async fn inflict(fault: Fault, world: &World<'_>, report: &mut Report) -> Result<(), Trouble> {
    sleep(REST).await;
    let begun = Instant::now();
    let effect = fault.inflict(world).await.map_err(|trouble| format!("{fault:?}: {trouble}"))?;
    let (word, column) = match effect {
        Effect::Felt => ("counts", &mut report.counted),
        Effect::None => ("hurt nobody", &mut report.missed),
    };
    println!("{fault:?}: {word}, {:.1} s", begun.elapsed().as_secs_f32());
    *column.entry(fault).or_default() += 1;
    Ok(())
}

type Reading = JoinSet<Result<(), Error>>;
/// What it promises, and its settings.
type Kind = (Promise, fn(&Kafka) -> ProducerBuilder);

/// Has room for hardly more than one large record, so that there is something to wait for.
fn cramped(kafka: &Kafka) -> ProducerBuilder {
    kafka.producer().buffer_memory(1 << 18).max_request_size(220_000)
}

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
async fn compare(expected: &Tallies, seen: &Mutex<Seen>, reading: &mut Reading) -> Vec<String> {
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
    unlike.extend(seen.wrong.iter().cloned());
    for (place, tally) in expected.iter().filter(|(_, tally)| tally.records > 0) {
        let ours = seen.tallies.get(place).copied().unwrap_or_default();
        if ours != *tally {
            unlike.push(format!("{place:?}: {ours:?}, and Kafka's reader saw {tally:?}"));
        }
    }
    unlike
}
