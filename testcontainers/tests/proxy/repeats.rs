//! Chance, and doing the same again.

use kafka_sdk_testcontainers::{ActionLog, Api, ErrorCode, Reaction, Rule, TestProxy};

use crate::client::{Client, TestResult};
use crate::scripted::Scripted;

/// Three connections of twenty heartbeats; which of them were answered with an error.
async fn codes(proxy: &TestProxy) -> std::io::Result<Vec<ErrorCode>> {
    let mut codes = Vec::new();
    for _ in 0..3 {
        let mut client = Client::to(proxy).await?;
        for id in 0..20 {
            client.beat(id).await?;
            codes.push(client.beaten().await?.1.error_code);
        }
    }
    Ok(codes)
}

fn at_random() -> [Rule; 2] {
    [ErrorCode::REBALANCE_IN_PROGRESS, ErrorCode::NOT_COORDINATOR]
        .map(|code| Rule::on(Api::Heartbeat).chance(0.2).react(Reaction::Answer(code)))
}

async fn seeded(scripted: &Scripted, seed: u64) -> Result<TestProxy, Box<dyn std::error::Error>> {
    let [one, other] = at_random();
    let proxy = TestProxy::in_front_of(scripted.address()).seed(seed).rule(one).rule(other);
    Ok(proxy.start().await?)
}

#[tokio::test]
async fn a_seed_gives_the_same_faults_again() -> TestResult {
    let scripted = Scripted::start().await;
    let first = codes(&seeded(&scripted, 42).await?).await?;
    let faults = first.iter().filter(|code| **code != ErrorCode::NONE).count();
    assert!((5..45).contains(&faults), "{faults}");
    assert_eq!(codes(&seeded(&scripted, 42).await?).await?, first);
    assert_ne!(codes(&seeded(&scripted, 43).await?).await?, first);
    Ok(())
}

#[tokio::test]
async fn a_log_that_was_written_down_does_the_same_again() -> TestResult {
    let scripted = Scripted::start().await;
    let proxy = seeded(&scripted, 42).await?;
    let first = codes(&proxy).await?;
    let written = proxy.log().to_string();
    drop(proxy);

    let log: ActionLog = written.parse()?;
    let proxy = TestProxy::in_front_of(scripted.address()).start().await?;
    let repeated = proxy.repeat(&log)?;
    assert_eq!(codes(&proxy).await?, first);
    assert!(repeated.iter().all(|armed| armed.hits() == 1));
    assert_eq!(proxy.log().to_string(), written);
    Ok(())
}

#[tokio::test]
async fn a_log_names_places_in_the_stream() -> TestResult {
    let (_scripted, proxy) = Scripted::behind_a_proxy().await;
    proxy.intercept(Rule::on(Api::Heartbeat).nth(2).react(Reaction::CutAnswer(5)))?;
    let mut client = Client::to(&proxy).await?;
    client.beat(1).await?;
    client.beaten().await?;
    client.beat(2).await?;
    client.rest_of_stream().await;
    let log = proxy.log();
    let [action] = log.actions() else { return Err("not one action".into()) };
    assert_eq!((action.node(), action.connection(), action.request()), (1, 1, 2));
    // Four bytes of length, ten of header and four of client id, and two more bytes of header's and body's tags at least.
    assert!(action.byte() > 18, "{action}");
    assert_eq!(action.reaction(), &Reaction::CutAnswer(5));
    Ok(())
}
