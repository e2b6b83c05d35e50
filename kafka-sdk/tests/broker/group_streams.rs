//! Members as streams: when they count as waiting, and how a stream that goes gives its partition up.

use crate::common::{Heard, PATIENCE, broker, everywhere, fill, member, new_topic, take, unique, until};
use futures_util::TryStreamExt;
use kafka_sdk::consumer::{ConsumerControl, RebalanceListener};
use kafka_sdk::{ErrorKind, Kafka, Reset, Result, TopicPartition};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::timeout;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn an_assignment_that_fails_is_told_by_next() -> Result<()> {
    for version in everywhere() {
        let Some(broker) = broker(version, "group_streams::an_assignment_that_fails_is_told_by_next").await
        else {
            return Ok(());
        };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-nowhere", 1).await?;
        let builder = kafka.consumer(unique("groups-nowhere")).assign([(topic.as_str(), 0)]);
        let built = timeout(PATIENCE, builder.offset_reset(Reset::Fail).build()).await;
        let mut consumer = built.expect("it is built, whatever comes of it")?;
        let error = timeout(PATIENCE, consumer.next()).await.unwrap().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::State, "{version}: {error}");
        assert!(error.to_string().contains("has committed no offset"), "{version}: {error}");
        assert!(consumer.next().await.is_none(), "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn who_waits_as_a_stream_or_has_nothing_to_ask_for_is_not_idle() -> Result<()> {
    for version in everywhere() {
        let test = "group_streams::who_waits_as_a_stream_or_has_nothing_to_ask_for_is_not_idle";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-waiting", 1).await?;
        let group = unique("groups-waiting");
        fill(&kafka, &topic, 1, 1).await?;
        let heard = Heard::default();
        let impatient = || member(&kafka, &group, &topic).session_timeout(SECOND).max_poll_interval(SECOND);
        let mut waits = impatient().on_rebalance(heard.clone()).await?;
        assert_eq!(take(&mut waits, 1).await?, [(0, 0)]);
        assert!(timeout(4 * SECOND, waits.try_next()).await.is_err());
        assert_eq!(heard.all(), [("assigned", vec![0])], "{version}: it has waited all the time");
        // There is one partition: the other one has none, and asks for nothing as long as that is so.
        let mut stands_by = impatient().await?.into_partitions();
        let (closed, stream) = tokio::join!(
            async {
                let _ = timeout(4 * SECOND, waits.try_next()).await;
                waits.close().await
            },
            timeout(PATIENCE, stands_by.next()),
        );
        closed?;
        let stream = stream.unwrap_or_else(|_| panic!("{version}: it is a member no more")).unwrap()?;
        assert_eq!(stream.topic_partition().partition(), 0);
        drop(stream);
        stands_by.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_stream_that_is_dropped_after_a_seek_holds_up_nobody() -> Result<()> {
    for version in everywhere() {
        let test = "group_streams::a_stream_that_is_dropped_after_a_seek_holds_up_nobody";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-sought", 2).await?;
        let group = unique("groups-sought");
        fill(&kafka, &topic, 2, 100).await?;
        let mut partitions = member(&kafka, &group, &topic).await?.into_partitions();
        let (control, mut streams) = (partitions.control(), Vec::new());
        for _ in 0..2 {
            let mut stream = timeout(PATIENCE, partitions.next()).await.unwrap().unwrap()?;
            assert_eq!(timeout(PATIENCE, stream.next()).await.unwrap().unwrap()?.offset(), 0);
            let place = stream.topic_partition();
            control.seek(place.clone(), 50).await?;
            // They are on their way to the stream, and it has not been asked for them.
            until("more is fetched", async || Ok(control.positions().get(&place) == Some(100))).await?;
            streams.push(stream);
        }
        drop(streams);
        // Nobody waits for the time that a rebalance may take, which is five minutes.
        let mut second = member(&kafka, &group, &topic).await?;
        let (_, offset) = take(&mut second, 1).await?[0];
        assert_eq!(offset, 50, "{version}: what was not asked for comes again");
        second.close().await?;
        partitions.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn who_has_dropped_all_streams_and_waits_for_another_one_is_not_idle() -> Result<()> {
    for version in everywhere() {
        let test = "group_streams::who_has_dropped_all_streams_and_waits_for_another_one_is_not_idle";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-abandoned", 2).await?;
        let group = unique("groups-abandoned");
        let heard = Heard::default();
        let impatient = member(&kafka, &group, &topic).session_timeout(SECOND).max_poll_interval(SECOND);
        let mut partitions = impatient.on_rebalance(heard.clone()).await?.into_partitions();
        for _ in 0..2 {
            drop(timeout(PATIENCE, partitions.next()).await.unwrap().unwrap()?);
        }
        assert!(timeout(4 * SECOND, partitions.next()).await.is_err());
        assert_eq!(heard.all(), [("assigned", vec![0, 1])], "{version}: it has waited all the time");
        // Who does not wait either is idle.
        until("what it does not read goes to others", async || Ok(heard.all().len() > 1)).await?;
        assert_eq!(heard.all()[1], ("lost", vec![0, 1]), "{version}");
        partitions.close().await?;
    }
    Ok(())
}

/// What a listener hears.
#[derive(Clone, Default)]
struct Words(Arc<Mutex<Vec<&'static str>>>);

impl RebalanceListener for Words {
    async fn assigned(&mut self, _: &ConsumerControl, _: &[TopicPartition]) {
        self.0.lock().unwrap().push("assigned");
    }

    async fn revoked(&mut self, _: &ConsumerControl, _: &[TopicPartition]) {
        self.0.lock().unwrap().push("revoked");
    }
}

#[tokio::test]
async fn who_has_stopped_and_not_closed_hears_what_is_assigned_before_it_is_given_up() -> Result<()> {
    for version in everywhere() {
        let test =
            "group_streams::who_has_stopped_and_not_closed_hears_what_is_assigned_before_it_is_given_up";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-stopped", 1).await?;
        let words = Words::default();
        let builder = member(&kafka, &unique("groups-stopped"), &topic).on_rebalance(words.clone());
        let consumer = builder.await?;
        consumer.control().stop();
        until("it is assigned", async || Ok(!words.0.lock().unwrap().is_empty())).await?;
        consumer.close().await?;
        assert_eq!(*words.0.lock().unwrap(), ["assigned", "revoked"], "{version}");
    }
    Ok(())
}
