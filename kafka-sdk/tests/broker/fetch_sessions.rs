//! Fetch sessions (KIP-227): what is not said again is not lost.

use crate::common::{EVERYWHERE, NEWEST, broker, new_topic};
use kafka_sdk::{ErrorCode, Kafka, Offset, Reader, Record, Result};
use kafka_sdk_testcontainers::{Api, Providers, Reaction, Rule, TestKafka, TestProxy};

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
    for version in EVERYWHERE {
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

#[tokio::test]
async fn readers_that_take_each_other_s_sessions_read_everything() -> Result<()> {
    let test = "fetch_sessions::readers_that_take_each_other_s_sessions_read_everything";
    if !Providers::here().run_jvm(test).unwrap() {
        return Ok(());
    }
    let slots = ("max.incremental.fetch.session.cache.slots", "1");
    let broker = TestKafka::jvm().version(NEWEST).property(slots.0, slots.1).start().await.unwrap();
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
