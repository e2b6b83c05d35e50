//! Classic groups and their offsets, against real brokers: members come, go, sync, commit, and do what they should not.
//!
//! Groups have two members at most: of more, real brokers elect any one as the leader when theirs is gone.

mod script;
mod side;
mod slots;

use std::time::Duration;

use kafka_sdk_testcontainers::{Providers, TestKafka};

use crate::common::TestResult;
use script::Script;
use side::Side;
use slots::Heard;

const SEEDS: std::ops::Range<u64> = 0..6;
const STEPS: usize = 300;
/// How long an answer may take that has to come.
const SOON: Duration = Duration::from_secs(10);
/// How long is looked for an answer that may not come.
const MOMENT: Duration = Duration::from_millis(3);

#[tokio::test]
async fn groups_are_those_of_kafka_2_1() -> TestResult {
    compare("groups_are_those_of_kafka_2_1", "2.1.1").await
}

#[tokio::test]
async fn groups_are_those_of_kafka_4_4() -> TestResult {
    compare("groups_are_those_of_kafka_4_4", "4.4.0").await
}

async fn compare(test: &str, version: &str) -> TestResult {
    if !Providers::here().run_jvm(test)? {
        return Ok(());
    }
    let old = version == "2.1.1";
    let size = ("group.max.size", "2");
    let real = TestKafka::jvm().version(version).property(size.0, size.1);
    let real = real.topic("kept", 2).topic("other", 1).start().await?;
    for seed in SEEDS {
        let embedded = TestKafka::embedded().as_version(version).property(size.0, size.1);
        let embedded = embedded.topic("kept", 2).topic("other", 1).start().await?;
        let mut ours = Side::connect(embedded.bootstrap_servers(), seed).await?;
        let mut theirs = Side::connect(real.bootstrap_servers(), seed).await?;
        let mut script = Script::new(seed, old);
        let mut past = Vec::new();
        for step in 0..STEPS {
            let op = script.next();
            let told = ours.step(&op).await?;
            let told = match told {
                Heard::Nothing(slot) => ours.slots.look(slot, MOMENT).await?,
                told => told,
            };
            let answer = theirs.agree(&op, &told).await?;
            let told = ours.slots.look_again(told, &answer).await?;
            assert_eq!(
                told, answer,
                "seed {seed}, step {step}: {op:?}; ours is on the left, before:\n{past:#?}"
            );
            past.push(format!("{step}: {op:?} -> {told:?}"));
            // What one member does, others may hear of.
            for slot in ours.slots.waiting() {
                let told = ours.slots.look(slot, MOMENT).await?;
                let within = if matches!(told, Heard::Nothing(_)) { MOMENT } else { SOON };
                let answer = theirs.slots.look(slot, within).await?;
                let told = ours.slots.look_again(told, &answer).await?;
                assert_eq!(told, answer, "seed {seed}, step {step}, slot {slot}, after {op:?}");
            }
        }
    }
    Ok(())
}
