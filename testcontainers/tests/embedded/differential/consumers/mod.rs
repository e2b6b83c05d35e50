//! Groups of the consumer protocol (KIP-848) against a real broker: members come, follow or do not follow what they are
//! told, lag behind, commit, and go.

pub(super) mod script;
pub(super) mod side;

use std::time::Duration;

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_testcontainers::{Providers, TestKafka};
use tokio::time::{Instant, sleep};

use crate::common::TestResult;
use script::{Epoch, Op, Owned, Script, Topics, UNIFORM};
use side::Side;

const SEEDS: std::ops::Range<u64> = 0..6;
const STEPS: usize = 400;
const UNIFORM_STEPS: usize = 20;
/// A real broker that makes targets when they are due, and has room for few members.
const SET: [(&str, &str); 4] = [
    ("group.consumer.assignment.interval.ms", "0"),
    ("group.consumer.assignor.offload.enable", "false"),
    ("group.consumer.max.size", "2"),
    ("group.consumer.migration.policy", "disabled"),
];

#[tokio::test]
async fn groups_of_the_consumer_protocol_are_those_of_kafka_4_4() -> TestResult {
    if !Providers::here().run_jvm("groups_of_the_consumer_protocol_are_those_of_kafka_4_4")? {
        return Ok(());
    }
    let real = TestKafka::jvm().version("4.4.0").topic("kept", 4).topic("other", 2);
    let real = SET.iter().fold(real, |real, (key, value)| real.property(key, value)).start().await?;
    for seed in SEEDS {
        let embedded = TestKafka::embedded().topic("kept", 4).topic("other", 2);
        let embedded = SET.iter().fold(embedded, |it, (key, value)| it.property(key, value)).start().await?;
        let mut ours = Side::connect(embedded.bootstrap_servers(), seed).await?;
        let mut theirs = Side::connect(real.bootstrap_servers(), seed).await?;
        let mut script = Script::new(seed);
        let mut past = Vec::new();
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
        uniform(&mut ours, &mut theirs, &mut script).await?;
        patterns(&mut ours, &mut theirs).await?;
    }
    Ok(())
}

/// Which partitions `uniform` gives to whom is up to hash maps. So all members follow until nothing moves any more, and
/// only how many each has is compared.
async fn uniform(ours: &mut Side, theirs: &mut Side, script: &mut Script) -> TestResult {
    let mut past = Vec::new();
    for _ in 0..UNIFORM_STEPS {
        let op = script.next_uniform();
        for side in [&mut *ours, &mut *theirs] {
            side.step(&op).await?;
            for slot in [UNIFORM.1, UNIFORM.1, UNIFORM.1].concat() {
                side.step(&Op::follow(slot)).await?;
            }
        }
        past.push(op);
        let describe = Op::Describe { groups: vec![UNIFORM.0], version: 1 };
        assert_eq!(ours.step(&describe).await?, theirs.step(&describe).await?, "after {past:#?}");
    }
    Ok(())
}

/// A pattern is matched a moment later by a real broker, and at once here.
async fn patterns(ours: &mut Side, theirs: &mut Side) -> TestResult {
    let join = |pattern: &'static str| Op::Beat {
        slot: 6,
        epoch: Epoch::Join,
        topics: Some(Topics::Pattern(pattern)),
        assignor: Some("range"),
        owned: Owned::Nothing,
        is_static: false,
        version: 1,
    };
    let refused = ours.step(&join("k[")).await?;
    assert_eq!(refused, theirs.step(&join("k[")).await?);
    assert!(refused.contains(&format!("{:?}", ErrorCode::INVALID_REGULAR_EXPRESSION)), "{refused}");
    for side in [ours, theirs] {
        side.step(&join("k.p?t")).await?;
        let begin = Instant::now();
        while side.assigned(6) != [("kept", vec![0, 1, 2, 3])] {
            assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", side.assigned(6));
            side.step(&Op::follow(6)).await?;
            sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(())
}
