//! The embedded cluster against real brokers: the same seeded requests, the same answers.
//!
//! When this fails, it prints the seed, the step and both answers. Either the embedded broker is wrong, or the answers
//! are not normalised enough: see `side.rs`.

mod consumers;
mod groups;
mod migration;
mod script;
mod side;

use kafka_sdk_testcontainers::{Providers, TestKafka};
use tokio::time::{Duration, Instant, sleep};

use crate::common::TestResult;
use script::{Op, Script};
use side::Side;

const SEEDS: std::ops::Range<u64> = 0..4;
const STEPS: usize = 250;
/// How long a real broker may take to carry out what it has promised.
const SETTLED_WITHIN: Duration = Duration::from_secs(10);

#[tokio::test]
async fn answers_are_those_of_kafka_2_1() -> TestResult {
    compare("answers_are_those_of_kafka_2_1", "2.1.1").await
}

#[tokio::test]
async fn answers_are_those_of_kafka_4_4() -> TestResult {
    compare("answers_are_those_of_kafka_4_4", "4.4.0").await
}

#[tokio::test]
#[ignore = "starts every version"]
async fn versions_are_those_of_real_brokers() -> TestResult {
    if !Providers::here().run_jvm("versions_are_those_of_real_brokers")? {
        return Ok(());
    }
    for version in TestKafka::versions() {
        let real = TestKafka::jvm().version(version).start().await?;
        let embedded = TestKafka::embedded().as_version(version).start().await?;
        let old = version == "2.1.1";
        let mut ours = Side::connect(embedded.bootstrap_servers(), old).await?;
        let mut theirs = Side::connect(real.bootstrap_servers(), old).await?;
        let ask = Op::Versions { version: 0 };
        assert_eq!(ours.step(&ask).await?, theirs.step(&ask).await?, "{version}");
    }
    Ok(())
}

async fn compare(test: &str, version: &str) -> TestResult {
    if !Providers::here().run_jvm(test)? {
        return Ok(());
    }
    let old = version == "2.1.1";
    // The records are of 1970.
    let kept = ("log.retention.ms", "-1");
    let real = TestKafka::jvm().version(version).property(kept.0, kept.1).start().await?;
    for seed in SEEDS {
        let embedded = TestKafka::embedded().as_version(version).property(kept.0, kept.1).start().await?;
        let mut ours = Side::connect(embedded.bootstrap_servers(), old).await?;
        let mut theirs = Side::connect(real.bootstrap_servers(), old).await?;
        let mut script = Script::new(seed, old);
        for step in 0..STEPS {
            let op = script.next();
            let answer = ours.step(&op).await?;
            let told = agree(&mut theirs, &op, &answer).await?;
            assert_eq!(answer, told, "seed {seed}, step {step}: {op:?}; ours is on the left");
            script.learn(&op, &answer);
            settle(&mut theirs, &op).await?;
        }
        clear(&mut theirs).await?;
    }
    Ok(())
}

/// The real broker's answer; asked again while it is one that passes.
async fn agree(theirs: &mut Side, op: &Op, expected: &str) -> Result<String, Box<dyn std::error::Error>> {
    let begin = Instant::now();
    loop {
        let told = theirs.step(op).await?;
        let may_pass = op.is_harmless() || side::is_passing(&told);
        if told == expected || !may_pass || begin.elapsed() > SETTLED_WITHIN {
            return Ok(told);
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until settings are followed, and until a topic that is said to be deleted is: until it could be created again.
async fn settle(theirs: &mut Side, op: &Op) -> TestResult {
    if matches!(op, Op::Alter { .. } | Op::Change { .. }) {
        // Nothing tells when a broker goes by the new settings.
        sleep(Duration::from_millis(100)).await;
    }
    let Op::Delete { topic, .. } = *op else { return Ok(()) };
    let probe = Op::Create { topic, partitions: 1, factor: 1, config: None, dry: true, version: 3 };
    let begin = Instant::now();
    while theirs.step(&probe).await?.contains("TOPIC_ALREADY_EXISTS") && begin.elapsed() < SETTLED_WITHIN {
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// Takes all topics away.
async fn clear(theirs: &mut Side) -> TestResult {
    for topic in script::TOPICS {
        let delete = Op::Delete { topic, version: 1 };
        theirs.step(&delete).await?;
        settle(theirs, &delete).await?;
    }
    Ok(())
}
