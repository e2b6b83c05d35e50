//! Short runs of the ledger: nothing is wrong, and each planted defect is noticed.

use bytes::{Buf, Bytes};
use crc_fast::{CrcAlgorithm, checksum};
use kafka_sdk::producer::{Answer, ProducerBuilder, Situation, Verdict, verdict};
use kafka_sdk::{Acks, ErrorCode, ReaderBuilder, Switch, Written};
use kafka_sdk_ledger::book::Wrong;
use kafka_sdk_ledger::fault::Fault;
use kafka_sdk_ledger::payload::decode;
use kafka_sdk_ledger::report::Report;
use kafka_sdk_ledger::run::{Plan, Sabotage};
use kafka_sdk_ledger::world::{Brokers, Trouble};
use kafka_sdk_protocol::records::batches;
use kafka_sdk_testcontainers::Providers;
use std::collections::{HashMap, VecDeque};
use std::ops::Range;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Two clusters at a time: each has three brokers, and mostly waits for them.
static TURN: Semaphore = Semaphore::const_new(2);

/// Runs all faults on a version; each at least once in the longer time.
async fn nothing_is_wrong(version: &str, time: Duration, faults: &[Fault]) -> Result<(), Trouble> {
    if !Providers::here().run_jvm(&format!("nothing_is_wrong on {version}"))? {
        return Ok(());
    }
    let _turn = TURN.acquire().await?;
    let plan = Plan { seed: 1, time, faults: faults.to_vec(), rate: 3_000, sabotage: Sabotage::NONE };
    let report = plan.run(&Brokers::start(version).await?, "run").await?;
    println!("Kafka {version}\n{report}");
    report.verdict()?;
    assert!(report.counted.len() * 10 >= faults.len() * 8, "most faults hurt: {:?}", report.missed);
    let whole: Vec<_> = DROPPED.iter().filter(|what| !report.dropped.contains_key(**what)).collect();
    assert!(whole.is_empty(), "never dropped: {whole:?}");
    Ok(())
}

/// What is dropped before it is done in each run, however short.
const DROPPED: [&str; 9] = [
    "send",
    "enqueue",
    "Topic::send",
    "Topic::enqueue",
    "Delivery",
    "flush",
    "next",
    "next_batch",
    "next_event",
];

/// Those that take no time.
const QUICK: [Fault; 6] = [
    Fault::AnswerLost,
    Fault::RequestCut,
    Fault::NotLeaderAfterAppend,
    Fault::AllReset,
    Fault::FetchCut,
    Fault::LeaderKilled,
];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_wrong_on_the_oldest() -> Result<(), Trouble> {
    nothing_is_wrong("2.1.1", Duration::from_secs(70), &Fault::ALL).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_wrong_on_the_newest() -> Result<(), Trouble> {
    nothing_is_wrong("4.4.0", Duration::from_secs(70), &Fault::ALL).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_wrong_on_those_between() -> Result<(), Trouble> {
    for version in ["2.8.2", "3.3.2", "3.9.2", "4.0.0"] {
        nothing_is_wrong(version, Duration::from_secs(10), &QUICK).await?;
    }
    Ok(())
}

/// Something that a client could do wrong, the faults that bring it to light, and what it looks like.
struct Defect {
    what: &'static str,
    faults: &'static [Fault],
    sabotage: Sabotage,
    looks_like: Looks,
}

/// Where a defect shows.
enum Looks {
    /// In what Kafka's reader finds: one of these.
    Written(&'static [Wrong]),
    /// In what our readers see, and Kafka's does not.
    Read,
}

/// Planted into the producers.
const fn producer(producer: fn(ProducerBuilder) -> ProducerBuilder) -> Sabotage {
    Sabotage { producer, ..Sabotage::NONE }
}

/// Planted into the readers.
const fn reader(reader: fn(ReaderBuilder) -> ReaderBuilder) -> Sabotage {
    Sabotage { reader, ..Sabotage::NONE }
}

const OF_PRODUCERS: [Defect; 11] = [
    Defect {
        what: "an epoch that ends while batches of it are unresolved",
        faults: &[Fault::AnswerLost],
        sabotage: producer(|producer| {
            producer.verdict(|batch, answer| match answer {
                Answer::Lost => Verdict::Resequence,
                _ => verdict(batch, answer),
            })
        }),
        looks_like: Looks::Written(&[Wrong::Duplicated, Wrong::Reordered]),
    },
    Defect {
        what: "a request without an answer that is taken for written",
        faults: &[Fault::RequestCut],
        sabotage: producer(|producer| {
            producer.verdict(|batch, answer| match answer {
                Answer::Lost => Verdict::Done,
                _ => verdict(batch, answer),
            })
        }),
        looks_like: Looks::Written(&[Wrong::Lost]),
    },
    Defect {
        what: "a request without an answer that is taken for not written",
        faults: &[Fault::AnswerLost],
        sabotage: producer(|producer| {
            producer.verdict(|batch, answer| match answer {
                Answer::Lost => Verdict::Fail(Written::No),
                _ => verdict(batch, answer),
            })
        }),
        looks_like: Looks::Written(&[Wrong::Phantom]),
    },
    Defect {
        what: "a leader that has appended and lost its place, taken at its word",
        faults: &[Fault::NotLeaderAfterAppend],
        sabotage: producer(|producer| {
            producer.verdict(|batch, answer| {
                instead_of(ErrorCode::NOT_LEADER_OR_FOLLOWER, batch, answer, Verdict::Resequence)
            })
        }),
        looks_like: Looks::Written(&[Wrong::Duplicated]),
    },
    Defect {
        what: "too few replicas after the append, taken for before it",
        faults: &[Fault::NotEnoughReplicasAfterAppend],
        sabotage: producer(|producer| {
            producer.verdict(|batch, answer| {
                instead_of(ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND, batch, answer, Verdict::Resequence)
            })
        }),
        looks_like: Looks::Written(&[Wrong::Duplicated]),
    },
    Defect {
        what: "a broker's time-out, taken for a refusal",
        faults: &[Fault::TimedOutAfterAppend],
        sabotage: producer(|producer| {
            producer.verdict(|batch, answer| {
                instead_of(ErrorCode::REQUEST_TIMED_OUT, batch, answer, Verdict::Fail(Written::No))
            })
        }),
        looks_like: Looks::Written(&[Wrong::Phantom]),
    },
    Defect {
        what: "retries without sequence numbers, with several batches in flight",
        faults: &[Fault::AnswerLost, Fault::NotLeader, Fault::AnswerCut],
        sabotage: producer(|producer| producer.idempotence(Switch::Off)),
        looks_like: Looks::Written(&[Wrong::Reordered, Wrong::Duplicated]),
    },
    Defect {
        what: "acknowledgements that nobody gave",
        faults: &[Fault::RequestCut, Fault::AllReset],
        sabotage: producer(|producer| producer.acks(Acks::None)),
        looks_like: Looks::Written(&[Wrong::Lost]),
    },
    Defect {
        what: "a batch that is sent again with other boundaries",
        faults: &[Fault::AnswerLost],
        sabotage: producer(|producer| {
            producer.verdict(|batch, answer| match answer {
                Answer::Lost if batch.records > 1 => Verdict::Split,
                _ => verdict(batch, answer),
            })
        }),
        looks_like: Looks::Written(&[Wrong::Phantom, Wrong::Duplicated, Wrong::Reordered]),
    },
    Defect {
        what: "a buffer that is used again while the socket holds it",
        faults: &[Fault::NotLeader],
        sabotage: producer(|producer| producer.wire(overwritten)),
        looks_like: Looks::Written(&[Wrong::Misplaced, Wrong::Duplicated, Wrong::Lost]),
    },
    Defect {
        what: "retries out of order, with the sequence numbers of their places",
        faults: &[Fault::Swallowed, Fault::RequestCut, Fault::NotLeader],
        sabotage: producer(|producer| producer.wire(swapped)),
        looks_like: Looks::Written(&[Wrong::Reordered]),
    },
];

const OF_READERS: [Defect; 1] = [Defect {
    what: "a position behind a checksum that is wrong",
    faults: &[Fault::RecordsBent],
    sabotage: reader(|reader| reader.again_from(|at| at + 1)),
    looks_like: Looks::Read,
}];

fn instead_of(code: ErrorCode, batch: &Situation, answer: &Answer, planted: Verdict) -> Verdict {
    if *answer == Answer::Refused(code) { planted } else { verdict(batch, answer) }
}

/// The records of the batch before, in this one's place where there are as many.
fn overwritten(batch: &Bytes) -> Bytes {
    static BEFORE: Mutex<Option<Bytes>> = Mutex::new(None);
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).replace(batch.clone());
    before.and_then(|before| with_records_of(batch, &before)).unwrap_or_else(|| batch.clone())
}

const CRC: Range<usize> = 17..21;
const ATTRIBUTES: Range<usize> = 21..23;
const SEQUENCE: Range<usize> = 53..57;
const COUNT: Range<usize> = 57..61;
const HEADER: usize = 61;

/// The header of a batch before the records of another, if that has as many.
fn with_records_of(batch: &Bytes, other: &Bytes) -> Option<Bytes> {
    if other[ATTRIBUTES] != batch[ATTRIBUTES] || other[COUNT] != batch[COUNT] {
        return None;
    }
    let mut bytes = [&batch[..HEADER], &other[HEADER..]].concat();
    let length = bytes.len() as u32 - 12;
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    Some(sealed(bytes))
}

fn sealed(mut bytes: Vec<u8>) -> Bytes {
    let sum = checksum(CrcAlgorithm::Crc32Iscsi, &bytes[ATTRIBUTES.start..]) as u32;
    bytes[CRC].copy_from_slice(&sum.to_be_bytes());
    bytes.into()
}

/// What was sent to a partition, until it is sent again.
#[derive(Default)]
struct Sent {
    batches: VecDeque<Bytes>,
    /// What the next one is sent as that is sent again.
    owed: Option<Bytes>,
}

/// Where a batch goes: the producer's id and epoch, the topic and the partition.
type Place = (i64, i16, String, i32);

/// When a batch is sent again, the one behind it goes first, numbered so that brokers take both.
fn swapped(batch: &Bytes) -> Bytes {
    const KEPT: usize = 8;
    static SENT: LazyLock<Mutex<HashMap<Place, Sent>>> = LazyLock::new(Mutex::default);
    let Some(place) = place(batch) else { return batch.clone() };
    let mut sent = SENT.lock().unwrap_or_else(PoisonError::into_inner);
    let sent = sent.entry(place).or_default();
    let Some(at) = sent.batches.iter().position(|earlier| earlier == batch) else {
        sent.batches.push_back(batch.clone());
        if sent.batches.len() > KEPT {
            sent.batches.pop_front();
        }
        sent.owed = None;
        return batch.clone();
    };
    match (sent.owed.take(), sent.batches.get(at + 1)) {
        (Some(owed), _) => numbered(&owed, int(batch, SEQUENCE) + int(batch, COUNT) - int(&owed, COUNT)),
        (None, Some(behind)) => {
            sent.owed = Some(batch.clone());
            numbered(behind, int(batch, SEQUENCE))
        }
        (None, None) => batch.clone(),
    }
}

fn int(batch: &Bytes, at: Range<usize>) -> i32 {
    batch.slice(at).get_i32()
}

fn numbered(batch: &Bytes, sequence: i32) -> Bytes {
    let mut bytes = batch.to_vec();
    bytes[SEQUENCE].copy_from_slice(&sequence.to_be_bytes());
    sealed(bytes)
}

/// By what its first record says.
fn place(batch: &Bytes) -> Option<Place> {
    let batch = batches(batch).next()?.ok()?;
    let records = batch.records().ok()?;
    let stamp = decode(records.iter().next()?.value?)?;
    Some((batch.header().producer.id, batch.header().producer.epoch, stamp.topic.to_owned(), stamp.partition))
}

/// Whether a defect shows in one run is a matter of luck.
const ROUNDS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn each_defect_of_a_producer_is_noticed() -> Result<(), Trouble> {
    each_is_noticed(&OF_PRODUCERS, "producer").await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_defect_of_a_reader_is_noticed() -> Result<(), Trouble> {
    each_is_noticed(&OF_READERS, "reader").await
}

async fn each_is_noticed(defects: &[Defect], whose: &str) -> Result<(), Trouble> {
    if !Providers::here().run_jvm(&format!("each_defect_of_a_{whose}_is_noticed"))? {
        return Ok(());
    }
    let _turn = TURN.acquire().await?;
    let brokers = Brokers::start("4.4.0").await?;
    for (number, defect) in defects.iter().enumerate() {
        let mut noticed = false;
        for round in 0..ROUNDS {
            let report = defect.run(&brokers, &format!("{whose}-{number}-{round}")).await?;
            noticed = defect.is_noticed(&report);
            if noticed {
                assert!(report.verdict().is_err());
                break;
            }
        }
        assert!(noticed, "not noticed: {}", defect.what);
    }
    Ok(())
}

impl Defect {
    fn is_noticed(&self, report: &Report) -> bool {
        match self.looks_like {
            Looks::Written(ways) => {
                let found: Vec<_> = ways.iter().filter(|wrong| report.findings.count(**wrong) > 0).collect();
                println!("{}: {found:?}", self.what);
                !found.is_empty()
            }
            Looks::Read => {
                println!("{}: {:?}", self.what, report.unlike.first());
                assert!(report.findings.is_empty(), "nothing wrong is written: {}", report.findings);
                !report.unlike.is_empty()
            }
        }
    }

    async fn run(&self, brokers: &Brokers, name: &str) -> Result<Report, Trouble> {
        let (time, faults) = (Duration::from_secs(4), self.faults.to_vec());
        let plan = Plan { seed: 1, time, faults, rate: 3_000, sabotage: self.sabotage };
        plan.run(brokers, name).await
    }
}
