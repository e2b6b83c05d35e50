//! Short runs of the churn: nothing is wrong, and each planted defect is noticed.

use kafka_sdk_ledger::churn::defects::Defect;
use kafka_sdk_ledger::churn::options::assignor;
use kafka_sdk_ledger::churn::plan::{Mix, Plan, Size};
use kafka_sdk_ledger::churn::report::Event;
use kafka_sdk_ledger::world::Trouble;
use kafka_sdk_testcontainers::{Providers, TestKafka};
use std::path::Path;
use std::time::Duration;

/// One cluster at a time: each has three brokers, and the members are ten processes.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

const PROGRAM: &str = env!("CARGO_BIN_EXE_groups");

fn plan(seed: u64, seconds: u64) -> Plan {
    let (time, events) = (Duration::from_secs(seconds), Event::ALL.to_vec());
    let (assignor, size) = (assignor(seed), Size::default());
    Plan { seed, time, rate: 200, events, pace: 45, size, mix: Mix::Classic, assignor, defect: Defect::None }
}

async fn nothing_is_wrong(version: &str, seed: u64, mix: Mix) -> Result<(), Trouble> {
    if !Providers::here().run_jvm(&format!("churn::nothing_is_wrong on {version}"))? {
        return Ok(());
    }
    let _turn = TURN.lock().await;
    let report = Plan { mix, ..plan(seed, 30) }.run(version, Path::new(PROGRAM)).await?;
    println!("Kafka {version}, {mix:?}, {}, seed {seed}\n{report}", assignor(seed));
    Ok(report.verdict()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_wrong_on_the_oldest() -> Result<(), Trouble> {
    nothing_is_wrong("2.1.1", 5, Mix::Classic).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_wrong_on_the_newest() -> Result<(), Trouble> {
    nothing_is_wrong("4.4.0", 4, Mix::Classic).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_wrong_by_the_consumer_protocol() -> Result<(), Trouble> {
    nothing_is_wrong("4.4.0", 12, Mix::Consumer).await
}

/// Of groups that go on at the same time. That a member is fenced and does not hear of it is planted in the simulations of
/// the memberships: no broker takes a request of such a one.
#[tokio::test(flavor = "multi_thread")]
async fn each_defect_of_a_member_is_noticed() -> Result<(), Trouble> {
    if !Providers::here().run_jvm("churn::each_defect_of_a_member_is_noticed")? {
        return Ok(());
    }
    let _turn = TURN.lock().await;
    let brokers = TestKafka::jvm().nodes(3).start().await?;
    let runs = (4..).zip(Defect::ALL).map(|(seed, defect)| {
        let brokers = &brokers;
        async move {
            let events = vec![Event::Kill, Event::Leave, Event::Join];
            let name = format!("{defect:?}");
            let plan = Plan { defect, events, ..plan(seed, 1) };
            let report = plan.run_on(brokers, Path::new(PROGRAM), &name).await?;
            println!("{name}, {}, seed {seed}\n{report}", assignor(seed));
            let noticed = report.audit.wrong.iter().any(|wrong| wrong.contains(defect.words()));
            if noticed { Ok(()) } else { Err(Trouble::from(format!("{name} was not noticed"))) }
        }
    });
    futures_util::future::try_join_all(runs).await?;
    Ok(())
}
