//! What a consumer is subscribed to changes while it runs: topics and partitions come, subscriptions change.

use crate::common::{NEWEST, OLDEST, broker, everywhere, fill, guarded, new_topic, unique, until};
use crate::mistakes::allow;
use futures_util::FutureExt;
use kafka_sdk::admin::NewTopic;
use kafka_sdk::consumer::GroupProtocol;
use kafka_sdk::raw::Route;
use kafka_sdk::{ApiKey, Consumer, ErrorCode, ErrorKind, Kafka, Record, Reset, Result};
use kafka_sdk_protocol::api::CreatePartitionsRequest;
use kafka_sdk_protocol::api::create_partitions::CreatePartitionsTopic;
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Longer than anything should take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client that learns of what is new within a second.
async fn attentive(servers: &str) -> Result<Kafka> {
    Kafka::builder(servers).metadata_max_age(Duration::from_secs(1)).await
}

async fn next(consumer: &mut Consumer) -> Result<(String, i32, i64)> {
    let message = timeout(PATIENCE, consumer.next()).await.unwrap().unwrap()?;
    Ok((message.topic().to_owned(), message.partition(), message.offset()))
}

#[tokio::test]
async fn a_topic_that_a_pattern_matches_later_is_read_from_its_first_record() -> Result<()> {
    for version in everywhere() {
        let test = "subscriptions::a_topic_that_a_pattern_matches_later_is_read_from_its_first_record";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = attentive(broker.bootstrap_servers()).await?;
        let prefix = unique("subscribed");
        let consumer = kafka.consumer(unique("subscribed")).topics_matching(&format!("^{prefix}\\.[ab]$"));
        let mut consumer = consumer.offset_reset(Reset::Latest).await?;
        let producer = kafka.producer().await?;
        for name in ["a", "c", "b"] {
            let topic = format!("{prefix}.{name}");
            kafka.admin().create_topics([NewTopic::new(&topic).partitions(1)]).await?.all()?;
            producer.send(&topic, Record::new("first")).await?;
            if name != "c" {
                assert_eq!(next(&mut consumer).await?, (topic, 0, 0));
            }
        }
        let control = consumer.control();
        assert_eq!(control.assignment().len(), 2);
        let other = new_topic(&kafka, "subscribed-other", 1).await?;
        producer.send(&other, Record::new("before")).await?;
        control.subscribe([&other])?;
        until("the new subscription counts", async || {
            // Asks for the next one: so what was handed out is processed, and its partition can go.
            assert!(consumer.next().now_or_never().is_none());
            Ok(control.assignment() == [(other.as_str(), 0).into()])
        })
        .await?;
        producer.send(&other, Record::new("after")).await?;
        assert_eq!(next(&mut consumer).await?, (other, 0, 1), "it was there before: from its end");
        consumer.close().await?;
    }
    Ok(())
}

/// Long before metadata is refreshed by itself.
#[tokio::test]
async fn a_topic_that_comes_after_it_was_subscribed_to_is_found_soon_and_read_from_its_first_record()
-> Result<()> {
    for version in everywhere() {
        let test = "subscriptions::a_topic_that_comes_after_it_was_subscribed_to_is_found_soon_and_read_from_its_first_record";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let (there, later) = (new_topic(&kafka, "subscribed-there", 1).await?, unique("subscribed-later"));
        let mut consumer = kafka.consumer(unique("subscribed")).topics([&there, &later]).await?;
        let control = consumer.control();
        until("it has what is there", async || Ok(control.assignment().len() == 1)).await?;
        kafka.admin().create_topics([NewTopic::new(&later).partitions(1)]).await?.all()?;
        let begun = Instant::now();
        kafka.producer().await?.send(&later, Record::new("first")).await?;
        assert_eq!(next(&mut consumer).await?, (later, 0, 0), "{version}");
        println!("{version}: found after {:?}", begun.elapsed());
        consumer.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_topic_that_may_not_be_seen_is_an_error_that_names_it() -> Result<()> {
    const TOPIC: i8 = 2;
    const READ: i8 = 3;
    for (version, protocol) in [
        (OLDEST, GroupProtocol::Classic),
        (NEWEST, GroupProtocol::Classic),
        (NEWEST, GroupProtocol::Consumer),
    ] {
        let test = "subscriptions::a_topic_that_may_not_be_seen_is_an_error_that_names_it";
        let Some(cluster) = guarded(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(cluster.bootstrap_servers()).await?;
        let open = new_topic(&kafka, "subscribed-open", 1).await?;
        let hidden = new_topic(&kafka, "subscribed-hidden", 1).await?;
        allow(&kafka, (TOPIC, &hidden), "User:alice", READ).await?;
        let member = || {
            let member = kafka.consumer(unique("subscribed")).topics([&open, &hidden]);
            member.group_protocol(protocol)
        };
        // Brokers learn of an ACL a little later; a consumer that runs by then is told as well.
        let mut consumer = member().await?;
        let error = timeout(PATIENCE, async {
            loop {
                match timeout(Duration::from_secs(2), consumer.next()).await {
                    Ok(Some(Err(error))) => return error,
                    _ => consumer = member().await.unwrap(),
                }
            }
        });
        let error = error.await.unwrap();
        assert_eq!(error.kind(), ErrorKind::Authorize, "{version} {protocol:?}: {error:#}");
        assert!(error.is(ErrorCode::TOPIC_AUTHORIZATION_FAILED), "{version} {protocol:?}: {error:#}");
        if protocol == GroupProtocol::Classic {
            assert_eq!(error.topic(), Some(hidden.as_str()), "{version}: {error:#}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_lastingly_keeps_a_pattern_from_being_looked_up_is_an_error() -> Result<()> {
    for version in everywhere() {
        let test = "subscriptions::what_lastingly_keeps_a_pattern_from_being_looked_up_is_an_error";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let garbage = Reaction::Replace(vec![0xff; 7]);
        let armed = proxy.intercept(Rule::on(Api::Metadata).always().react(garbage)).unwrap();
        let mut consumer = kafka.consumer(unique("subscribed")).topics_matching("^nothing$").await?;
        let error = timeout(PATIENCE, consumer.next()).await.unwrap().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{version}: {error:#}");
        assert_eq!(error.api(), Some(ApiKey::METADATA), "{version}: {error:#}");
        armed.disarm();
    }
    Ok(())
}

#[tokio::test]
async fn a_partition_that_is_added_is_read_from_its_first_record() -> Result<()> {
    for version in everywhere() {
        let test = "subscriptions::a_partition_that_is_added_is_read_from_its_first_record";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = attentive(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "subscribed-grows", 1).await?;
        let mut consumer = kafka.consumer(unique("subscribed")).topics([&topic]).await?;
        let control = consumer.control();
        until("it has its partition", async || Ok(control.assignment().len() == 1)).await?;
        let grown = CreatePartitionsTopic { name: topic.clone(), count: 2, assignments: None };
        let request = |_| CreatePartitionsRequest {
            topics: vec![grown.clone()],
            timeout_ms: 10_000,
            validate_only: false,
        };
        let answer = kafka.raw().call(&Route::Controller, Duration::from_secs(20), request).await?;
        assert_eq!(answer.results[0].error_code, ErrorCode::NONE);
        let producer = kafka.producer().await?;
        let record = || Record::new("first").partition(1);
        // The producer may not know of it yet.
        while producer.send(&topic, record()).await.is_err() {
            sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(next(&mut consumer).await?, (topic.clone(), 1, 0));
        consumer.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn who_does_not_ask_for_records_for_too_long_loses_them_until_he_asks_again() -> Result<()> {
    for version in everywhere() {
        let test = "subscriptions::who_does_not_ask_for_records_for_too_long_loses_them_until_he_asks_again";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = attentive(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "subscribed-idle", 1).await?;
        let group = unique("subscribed-idle");
        let producer = kafka.producer().await?;
        for n in 0..10 {
            producer.send(&topic, Record::new(n.to_string())).await?;
        }
        let member = || {
            let member = kafka.consumer(&group).topics([&topic]).offset_reset(Reset::Earliest);
            member.heartbeat_interval(Duration::from_millis(200)).max_poll_interval(Duration::from_secs(6))
        };
        let mut idle = member().await?;
        assert_eq!(next(&mut idle).await?.2, 0);
        let mut other = member().await?;
        assert_eq!(next(&mut other).await?.2, 0, "nothing was committed of what the idle one had");
        let control = idle.control();
        until("it has lost its partition", async || Ok(control.assignment().is_empty())).await?;
        other.close().await?;
        assert_eq!(next(&mut idle).await?.2, 1, "it asks again, and is a member again");
        idle.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_topic_that_is_deleted_goes_and_is_read_from_its_beginning_when_it_is_there_again() -> Result<()> {
    for version in everywhere() {
        let test = "subscriptions::a_topic_that_is_deleted_goes_and_is_read_from_its_beginning_when_it_is_there_again";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = attentive(broker.bootstrap_servers()).await?;
        let (stays, goes) =
            (new_topic(&kafka, "subscribed-stays", 1).await?, new_topic(&kafka, "subscribed-goes", 2).await?);
        let consumer =
            kafka.consumer(unique("subscribed")).topics([&stays, &goes]).offset_reset(Reset::Earliest);
        let mut consumer = consumer.heartbeat_interval(Duration::from_millis(200)).await?;
        let control = consumer.control();
        let producer = kafka.producer().await?;
        for _ in 0..10 {
            producer.send(&goes, Record::new("old").partition(0)).await?;
            assert_eq!(next(&mut consumer).await?.0, goes);
        }
        control.commit().await?;
        kafka.admin().delete_topics([&goes]).await?.all()?;
        producer.send(&stays, Record::new("while it goes")).await?;
        assert_eq!(next(&mut consumer).await?, (stays.clone(), 0, 0));
        until("it has gone", async || {
            assert!(consumer.next().now_or_never().is_none());
            Ok(control.assignment() == [(stays.as_str(), 0).into()])
        })
        .await?;
        producer.send(&stays, Record::new("without it")).await?;
        assert_eq!(next(&mut consumer).await?, (stays.clone(), 0, 1));
        until("it can be created again", async || {
            let again = NewTopic::new(&goes).partitions(3);
            Ok(kafka.admin().create_topics([again]).await?.all().is_ok())
        })
        .await?;
        until("it is there again", async || {
            assert!(consumer.next().now_or_never().is_none());
            Ok(control.assignment().len() == 4)
        })
        .await?;
        // The producer may know the old one still.
        while producer.send(&goes, Record::new("new").partition(2)).await.is_err() {
            sleep(Duration::from_millis(100)).await;
        }
        producer.send(&goes, Record::new("new").partition(0)).await?;
        let mut read = [next(&mut consumer).await?, next(&mut consumer).await?];
        read.sort();
        assert_eq!(read, [(goes.clone(), 0, 0), (goes.clone(), 2, 0)], "{version}");
        producer.close().await?;
        consumer.close().await?;
    }
    Ok(())
}

/// What is not known because nobody answers is not new: under `latest` it is read from its end.
#[tokio::test]
async fn metadata_that_cannot_be_had_at_first_does_not_make_old_partitions_new() -> Result<()> {
    for version in everywhere() {
        let test = "subscriptions::metadata_that_cannot_be_had_at_first_does_not_make_old_partitions_new";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let topic = {
            let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
            let topic = new_topic(&kafka, "subscribed-later", 1).await?;
            fill(&kafka, &topic, 1, 10).await?;
            topic
        };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let lost = Rule::on(Api::Metadata).topic(&topic).times(3).react(Reaction::ResetBefore);
        let lost = proxy.intercept(lost).unwrap();
        let consumer = kafka.consumer(unique("subscribed")).topics([&topic]).offset_reset(Reset::Latest);
        let consumer = consumer.await?;
        let control = consumer.control();
        let place = || control.positions().get(&(topic.as_str(), 0).into());
        until("it has its place", async || Ok(place().is_some())).await?;
        assert_eq!(lost.hits(), 3, "{version}");
        assert_eq!(place(), Some(10), "{version}: its end");
        consumer.close().await?;
    }
    Ok(())
}
