//! Groups that change over from one protocol to the other while they have members (KIP-848), against a real broker.
//!
//! In each group there are a place of the classic protocol and one of the consumer protocol: in the first a dynamic and a
//! static member, in the second one static member that comes as either, in the third two static ones. Of two classic
//! members without a leader, real brokers elect any.

mod script;
mod side;

use kafka_sdk_testcontainers::{Providers, TestKafka};

use crate::common::TestResult;
use script::Script;
use side::Side;

const SEEDS: std::ops::Range<u64> = 0..6;
const STEPS: usize = 400;
/// A real broker that makes targets when they are due.
const SET: [(&str, &str); 2] =
    [("group.consumer.assignment.interval.ms", "0"), ("group.consumer.assignor.offload.enable", "false")];

#[tokio::test]
async fn groups_change_over_as_those_of_kafka_4_4() -> TestResult {
    if !Providers::here().run_jvm("groups_change_over_as_those_of_kafka_4_4")? {
        return Ok(());
    }
    let real = TestKafka::jvm().version("4.4.0").topic("kept", 4).topic("other", 2);
    let real = SET.iter().fold(real, |real, (key, value)| real.property(key, value)).start().await?;
    let mut changes = (0, 0);
    for seed in SEEDS {
        let embedded = TestKafka::embedded().topic("kept", 4).topic("other", 2).start().await?;
        let mut ours = Side::connect(embedded.bootstrap_servers(), seed).await?;
        let mut theirs = Side::connect(real.bootstrap_servers(), seed).await?;
        let (mut script, mut past) = (Script::new(seed), Vec::new());
        for step in 0..STEPS {
            let op = script.next();
            let told = ours.step(&op).await?;
            let answer = theirs.agree(&op, &told).await?;
            assert_eq!(
                told, answer,
                "seed {seed}, step {step}: {op:?}; ours is on the left, before:\n{past:#?}"
            );
            past.push(format!("{step}: {op:?} -> {told}"));
        }
        changes = (changes.0 + ours.upgrades, changes.1 + ours.downgrades);
    }
    assert!(changes.0 > 12 && changes.1 > 12, "it has to come to that: {changes:?}");
    Ok(())
}
