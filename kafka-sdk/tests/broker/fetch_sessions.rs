//! Fetch sessions (KIP-227): what is not said again is not lost.

use crate::common::{EMBEDDED, OLDEST, PATIENCE, broker, everywhere, new_topic, until};
use kafka_sdk::raw::Route;
use kafka_sdk::{ErrorCode, Event, Kafka, Offset, Reader, Record, Result};
use kafka_sdk_protocol::api::FetchRequest;
use kafka_sdk_protocol::api::fetch::{FetchPartition, FetchTopic};
use kafka_sdk_testcontainers::{Api, Providers, Reaction, Rule, TestKafka, TestProxy};
use tokio::time::timeout;

const PARTITIONS: usize = 6;

/// Writes a record to every partition in turn, and reads it before the next: most fetches bring news of one only.
async fn in_turn(kafka: &Kafka, topic: &str, reader: &mut Reader, rounds: i64) -> Result<()> {
    let producer = kafka.producer().linger(std::time::Duration::ZERO).await?;
    for offset in 0..rounds {
        for partition in 0..PARTITIONS as i32 {
            producer.send(topic, Record::new(offset.to_string()).partition(partition)).await?;
            let message = reader.next().await.unwrap()?;
            assert_eq!((message.partition(), message.offset()), (partition, offset));
        }
    }
    producer.close().await
}

#[tokio::test]
async fn a_session_that_is_lost_again_and_again_loses_no_record() -> Result<()> {
    for version in everywhere() {
        let test = "fetch_sessions::a_session_that_is_lost_again_and_again_loses_no_record";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let sometimes = |reaction| Rule::on(Api::Fetch).chance(0.15).react(reaction);
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers())
            .seed(3)
            .rule(sometimes(Reaction::Answer(ErrorCode::FETCH_SESSION_ID_NOT_FOUND)))
            .rule(sometimes(Reaction::AnswerAfter(ErrorCode::INVALID_FETCH_SESSION_EPOCH)))
            .rule(sometimes(Reaction::ResetAfter))
            .start()
            .await
            .unwrap();
        let direct = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&direct, "lost-sessions", PARTITIONS as i32).await?;
        let faulty = Kafka::connect(proxy.bootstrap_servers()).await?;
        let mut reader = faulty.reader().topic(&topic, Offset::Earliest).await?;
        in_turn(&direct, &topic, &mut reader, 5).await?;
        let faults = proxy.log().actions().len();
        assert!(faults > 5, "{version}: {faults} faults");
    }
    Ok(())
}

/// A broker tells once in a session where a partition ends.
#[tokio::test]
async fn where_a_partition_ends_is_known_also_when_it_comes_back_and_nothing_is_written() -> Result<()> {
    let test =
        "fetch_sessions::where_a_partition_ends_is_known_also_when_it_comes_back_and_nothing_is_written";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "back", 2).await?;
        kafka.producer().await?.send(&topic, Record::new("v").partition(1)).await?;
        let places = [0, 1].map(|number| ((topic.as_str(), number), Offset::Earliest));
        let mut reader = kafka.reader().assign(places).await?;
        reader.next().await.unwrap()?;
        let own = (topic.as_str(), 1);
        for round in 0..10 {
            until("the ends are known", async || Ok(reader.lag() == Some(0))).await?;
            reader.unassign([own])?;
            reader.assign([(own, 1)]).await?;
            loop {
                let event = timeout(PATIENCE, reader.next_event()).await;
                let event = event.unwrap_or_else(|_| panic!("{version}: round {round}: it has no end"));
                let Some(Event::End { partition, offset }) = event.transpose()? else {
                    panic!("{version}: there is nothing to read")
                };
                if partition == own.into() {
                    assert_eq!(offset, 1, "{version}");
                    break;
                }
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn readers_that_take_each_other_s_sessions_read_everything() -> Result<()> {
    let test = "fetch_sessions::readers_that_take_each_other_s_sessions_read_everything";
    if !Providers::here().run_jvm(test).unwrap() {
        return Ok(());
    }
    // New brokers share the slots out, and would have none.
    let slots = ("max.incremental.fetch.session.cache.slots", "1");
    let broker = TestKafka::jvm().version(OLDEST).property(slots.0, slots.1).start().await.unwrap();
    let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
    let topic = new_topic(&kafka, "one-session", PARTITIONS as i32).await?;
    let mut readers = Vec::new();
    for _ in 0..3 {
        readers.push(kafka.reader().topic(&topic, Offset::Earliest).await?);
    }
    let producer = kafka.producer().await?;
    for n in 0..120u32 {
        let partition = (n as usize % PARTITIONS) as i32;
        producer.send(&topic, Record::new(n.to_be_bytes().to_vec()).partition(partition)).await?;
        for reader in &mut readers {
            assert_eq!(reader.next().await.unwrap()?.value().unwrap(), n.to_be_bytes());
        }
    }
    Ok(())
}

/// New brokers share them out among eight caches, which take turns.
const SLOTS: usize = 8;

/// How many sessions the broker could still give; it has them back.
async fn free_slots(kafka: &Kafka, topic: &str) -> Result<usize> {
    let fetch = |session_id, session_epoch| {
        let partition = FetchPartition {
            current_leader_epoch: -1,
            last_fetched_epoch: -1,
            partition_max_bytes: 1_000,
            ..Default::default()
        };
        let topic = FetchTopic { topic: topic.to_owned(), partitions: vec![partition], ..Default::default() };
        FetchRequest { session_id, session_epoch, topics: vec![topic], ..Default::default() }
    };
    let (raw, within) = (kafka.raw(), std::time::Duration::from_secs(10));
    let call = async |id, epoch| {
        // In the last version that goes by names.
        raw.call_up_to(12, &Route::Broker(1), within, |_| fetch(id, epoch)).await
    };
    let mut given = Vec::new();
    for _ in 0..SLOTS {
        let response = call(0, 0).await?;
        assert_eq!(response.error_code, ErrorCode::NONE);
        given.extend(Some(response.session_id).filter(|id| *id != 0));
    }
    for id in &given {
        call(*id, -1).await?;
    }
    Ok(given.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_leaves_no_session_behind() -> Result<()> {
    let slots = ("max.incremental.fetch.session.cache.slots", SLOTS.to_string());
    for version in everywhere() {
        let broker = match version {
            EMBEDDED => TestKafka::embedded().property(slots.0, &slots.1).start().await.unwrap(),
            real => {
                let test = "fetch_sessions::a_reader_that_goes_leaves_no_session_behind";
                if !Providers::here().run_jvm(test).unwrap() {
                    return Ok(());
                }
                TestKafka::jvm().version(real).property(slots.0, &slots.1).start().await.unwrap()
            }
        };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "sessions", 1).await?;
        kafka.producer().await?.send(&topic, "x").await?;
        assert_eq!(free_slots(&kafka, &topic).await?, SLOTS, "{version}");
        let mut readers = Vec::new();
        for _ in 0..SLOTS {
            let mut reader = kafka.reader().topic(&topic, Offset::Earliest).await?;
            reader.next().await.unwrap()?;
            readers.push(reader);
        }
        assert_eq!(free_slots(&kafka, &topic).await?, 0, "{version}");
        // One is stopped, and there; the others go while a fetch waits at the broker.
        let stopped = readers.pop().unwrap();
        stopped.control().stop();
        drop(readers);
        until("all sessions are ended", async || Ok(free_slots(&kafka, &topic).await? == SLOTS)).await?;
        drop(stopped);
    }
    Ok(())
}
