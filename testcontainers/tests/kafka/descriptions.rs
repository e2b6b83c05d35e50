//! Clusters that cannot be, and starts that fail.

use std::time::Duration;

use kafka_sdk_testcontainers::{Error, Listener, TestKafka, TestKafkaBuilder};
use tokio::time::Instant;

use crate::common::{TestResult, turn};

async fn refusal(builder: TestKafkaBuilder) -> String {
    builder.start().await.map(|_| "it started".to_owned()).unwrap_or_else(|error| error.to_string())
}

#[tokio::test]
async fn an_unknown_version_is_refused_with_the_known_ones() {
    let message = refusal(TestKafka::jvm().version("1.0.0")).await;
    assert!(message.contains("1.0.0"), "{message}");
    assert!(TestKafka::versions().iter().all(|version| message.contains(version)), "{message}");
}

#[tokio::test]
async fn a_description_that_cannot_be_is_refused_before_anything_starts() {
    assert!(refusal(TestKafka::jvm().nodes(0)).await.contains("0 nodes"));
    assert!(refusal(TestKafka::jvm().nodes(10)).await.contains("1 to 9"));
    assert!(refusal(TestKafka::jvm().topic("orders", 0)).await.contains("`orders`"));
    assert!(refusal(TestKafka::jvm().property("log.dirs", "/")).await.contains("`log.dirs`"));
}

#[tokio::test]
async fn a_listener_that_cannot_be_is_refused_before_anything_starts() {
    let jvm = || TestKafka::jvm().listener(Listener::sasl_plaintext().plain("alice", "hunter2"));
    let twice = refusal(jvm().listener(Listener::sasl_plaintext().oauthbearer("bob"))).await;
    assert!(twice.contains("SASL_PLAINTEXT") && twice.contains("one already"), "{twice}");
    assert!(refusal(jvm().listener(Listener::sasl_ssl())).await.contains("lets nobody in"));
    assert!(refusal(jvm().listener(Listener::ssl().plain("alice", "x"))).await.contains("no SASL"));
    let odd = refusal(jvm().listener(Listener::sasl_ssl().plain("alice", "hunter,2"))).await;
    assert!(odd.contains("`alice`") && !odd.contains("hunter"), "{odd}");
    let scram = Listener::sasl_ssl().scram_sha_256("alice", "x");
    assert!(
        refusal(jvm().version("3.3.2").listener(scram)).await.contains("Kafka 3.3.2 has no SCRAM with KRaft")
    );
    let both = Listener::sasl_ssl().plain("alice", "x").client_certificate("bob");
    assert!(refusal(jvm().version("2.1.1").listener(both)).await.contains("take 2.8 or newer"));
    assert!(!format!("{:?}", jvm()).contains("hunter2"));
}

#[tokio::test]
async fn a_start_that_fails_shows_the_log_at_once() -> TestResult {
    let Some(_turn) = turn("a_start_that_fails_shows_the_log_at_once").await? else { return Ok(()) };
    for version in ["4.4.0", "2.1.1"] {
        let begun = Instant::now();
        let builder = TestKafka::jvm().version(version).property("num.io.threads", "many");
        let Err(error) = builder.start().await else { return Err("it started".into()) };
        let Error::Exited { who, status, log } = &error else { return Err(error.into()) };
        assert_eq!((who.as_str(), *status), ("node 1", Some(1)), "{error}");
        assert!(log.contains("Invalid value many for configuration num.io.threads"), "{error}");
        assert!(log.lines().count() <= 40, "{error}");
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
    Ok(())
}

#[tokio::test]
async fn a_start_that_takes_too_long_shows_the_log() -> TestResult {
    let Some(_turn) = turn("a_start_that_takes_too_long_shows_the_log").await? else { return Ok(()) };
    let builder = TestKafka::jvm().ready_within(Duration::from_millis(200));
    let Err(error) = builder.start().await else { return Err("it started".into()) };
    assert!(matches!(error, Error::NotReady { .. }), "{error}");
    assert!(error.to_string().contains("node 1 did not get ready within 200ms"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_topic_that_cannot_be_created_is_named() -> TestResult {
    let Some(_turn) = turn("a_topic_that_cannot_be_created_is_named").await? else { return Ok(()) };
    let message = refusal(TestKafka::jvm().version("2.1.1").topic("a topic", 1)).await;
    assert!(message.contains("`a topic`") && message.contains("INVALID_TOPIC_EXCEPTION"), "{message}");
    Ok(())
}
