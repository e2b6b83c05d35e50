//! Short runs of the ledger: nothing is wrong, and each planted defect is noticed.

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, checksum};
use kafka_sdk::producer::{Answer, Situation, Verdict, verdict};
use kafka_sdk::{Acks, ErrorCode, Switch, Written};
use kafka_sdk_ledger::book::Wrong;
use kafka_sdk_ledger::fault::Fault;
use kafka_sdk_ledger::run::{Plan, Report, Sabotage};
use kafka_sdk_ledger::world::{Brokers, Trouble};
use kafka_sdk_testcontainers::Providers;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// One cluster at a time: each has three brokers.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Runs all faults on a version; each at least once in the longer time.
async fn nothing_is_wrong(version: &str, time: Duration, faults: &[Fault]) -> Result<(), Trouble> {
    if !Providers::here().run_jvm(&format!("nothing_is_wrong on {version}"))? {
        return Ok(());
    }
    let _turn = TURN.lock().await;
    let plan = Plan { seed: 1, time, faults: faults.to_vec(), rate: 3_000, sabotage: |producer| producer };
    let report = plan.run(&Brokers::start(version).await?, "run").await?;
    println!("Kafka {version}\n{report}");
    report.verdict()?;
    assert!(report.counted.len() * 10 >= faults.len() * 8, "most faults hurt: {:?}", report.missed);
    Ok(())
}

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
    looks_like: &'static [Wrong],
}

const DEFECTS: [Defect; 10] = [
    Defect {
        what: "an epoch that ends while batches of it are unresolved",
        faults: &[Fault::AnswerLost],
        sabotage: |producer| {
            producer.verdict(|batch, answer| match answer {
                Answer::Lost => Verdict::Resequence,
                _ => verdict(batch, answer),
            })
        },
        looks_like: &[Wrong::Duplicated, Wrong::Reordered],
    },
    Defect {
        what: "a request without an answer that is taken for written",
        faults: &[Fault::RequestCut],
        sabotage: |producer| {
            producer.verdict(|batch, answer| match answer {
                Answer::Lost => Verdict::Done,
                _ => verdict(batch, answer),
            })
        },
        looks_like: &[Wrong::Lost],
    },
    Defect {
        what: "a request without an answer that is taken for not written",
        faults: &[Fault::AnswerLost],
        sabotage: |producer| {
            producer.verdict(|batch, answer| match answer {
                Answer::Lost => Verdict::Fail(Written::No),
                _ => verdict(batch, answer),
            })
        },
        looks_like: &[Wrong::Phantom],
    },
    Defect {
        what: "a leader that has appended and lost its place, taken at its word",
        faults: &[Fault::NotLeaderAfterAppend],
        sabotage: |producer| {
            producer.verdict(|batch, answer| {
                instead_of(ErrorCode::NOT_LEADER_OR_FOLLOWER, batch, answer, Verdict::Resequence)
            })
        },
        looks_like: &[Wrong::Duplicated],
    },
    Defect {
        what: "too few replicas after the append, taken for before it",
        faults: &[Fault::NotEnoughReplicasAfterAppend],
        sabotage: |producer| {
            producer.verdict(|batch, answer| {
                instead_of(ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND, batch, answer, Verdict::Resequence)
            })
        },
        looks_like: &[Wrong::Duplicated],
    },
    Defect {
        what: "a broker's time-out, taken for a refusal",
        faults: &[Fault::TimedOutAfterAppend],
        sabotage: |producer| {
            producer.verdict(|batch, answer| {
                instead_of(ErrorCode::REQUEST_TIMED_OUT, batch, answer, Verdict::Fail(Written::No))
            })
        },
        looks_like: &[Wrong::Phantom],
    },
    Defect {
        what: "retries without sequence numbers, with several batches in flight",
        faults: &[Fault::AnswerLost, Fault::NotLeader, Fault::AnswerCut],
        sabotage: |producer| producer.idempotence(Switch::Off),
        looks_like: &[Wrong::Reordered, Wrong::Duplicated],
    },
    Defect {
        what: "acknowledgements that nobody gave",
        faults: &[Fault::RequestCut, Fault::AllReset],
        sabotage: |producer| producer.acks(Acks::None),
        looks_like: &[Wrong::Lost],
    },
    Defect {
        what: "a batch that is sent again with other boundaries",
        faults: &[Fault::AnswerLost],
        sabotage: |producer| {
            producer.verdict(|batch, answer| match answer {
                Answer::Lost if batch.records > 1 => Verdict::Split,
                _ => verdict(batch, answer),
            })
        },
        looks_like: &[Wrong::Phantom, Wrong::Duplicated, Wrong::Reordered],
    },
    Defect {
        what: "a buffer that is used again while the socket holds it",
        faults: &[Fault::NotLeader],
        sabotage: |producer| producer.wire(overwritten),
        looks_like: &[Wrong::Misplaced, Wrong::Duplicated, Wrong::Lost],
    },
];

fn instead_of(code: ErrorCode, batch: &Situation, answer: &Answer, planted: Verdict) -> Verdict {
    if *answer == Answer::Refused(code) { planted } else { verdict(batch, answer) }
}

/// The records of the batch before, in this one's place where there are as many.
fn overwritten(batch: &Bytes) -> Bytes {
    const ATTRIBUTES: Range<usize> = 21..23;
    const COUNT: Range<usize> = 57..61;
    const HEADER: usize = 61;
    static BEFORE: Mutex<Option<Bytes>> = Mutex::new(None);
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).replace(batch.clone());
    let alike = |before: &Bytes| before[ATTRIBUTES] == batch[ATTRIBUTES] && before[COUNT] == batch[COUNT];
    let Some(before) = before.filter(alike) else { return batch.clone() };
    let mut bytes = [&batch[..HEADER], &before[HEADER..]].concat();
    let length = bytes.len() as u32 - 12;
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    let sum = checksum(CrcAlgorithm::Crc32Iscsi, &bytes[ATTRIBUTES.start..]) as u32;
    bytes[17..21].copy_from_slice(&sum.to_be_bytes());
    bytes.into()
}

/// Whether a defect shows in one run is a matter of luck.
const ROUNDS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn each_planted_defect_is_noticed() -> Result<(), Trouble> {
    if !Providers::here().run_jvm("each_planted_defect_is_noticed")? {
        return Ok(());
    }
    let _turn = TURN.lock().await;
    let brokers = Brokers::start("4.4.0").await?;
    for (number, defect) in DEFECTS.iter().enumerate() {
        let mut noticed = false;
        for round in 0..ROUNDS {
            let report = defect.run(&brokers, &format!("defect-{number}-{round}")).await?;
            let found: Vec<_> =
                defect.looks_like.iter().filter(|wrong| report.findings.count(**wrong) > 0).collect();
            println!("{}: {found:?}", defect.what);
            noticed = !found.is_empty();
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
    async fn run(&self, brokers: &Brokers, name: &str) -> Result<Report, Trouble> {
        let (time, faults) = (Duration::from_secs(4), self.faults.to_vec());
        let plan = Plan { seed: 1, time, faults, rate: 3_000, sabotage: self.sabotage };
        plan.run(brokers, name).await
    }
}
