//! Connections that break, and brokers that leave it open, in the middle of things: through the proxy of `testcontainers`.

use crate::common::{broker, everywhere, heavy, new_topic};
use kafka_sdk::{ErrorCode, Kafka, Offset, Record, Result};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};

const RECORDS: u32 = 20_000;
const PARTITIONS: u32 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn broken_connections_neither_lose_nor_double_nor_reorder_a_record() -> Result<()> {
    for version in everywhere() {
        let test = "faults::broken_connections_neither_lose_nor_double_nor_reorder_a_record";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let often = |reaction| Rule::on(Api::Produce).chance(0.03).react(reaction);
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers())
            .seed(7)
            .rule(often(Reaction::ResetBefore))
            .rule(often(Reaction::ResetAfter))
            .rule(often(Reaction::CutRequest(1_000)))
            .rule(often(Reaction::CutAnswer(30)))
            .rule(often(Reaction::AnswerAfter(ErrorCode::NOT_LEADER_OR_FOLLOWER)))
            .rule(often(Reaction::AnswerAfter(ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND)))
            .rule(often(Reaction::Answer(ErrorCode::NOT_ENOUGH_REPLICAS)))
            .start()
            .await
            .unwrap();
        let direct = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&direct, "faults", PARTITIONS as i32).await?;
        produce(&Kafka::connect(proxy.bootstrap_servers()).await?, &topic).await?;
        let faults = proxy.log().actions().len();
        println!("{version}: {RECORDS} records through {faults} faults");
        assert!(faults > 10, "{faults} faults");
        read_back(&direct, &topic).await?;
    }
    Ok(())
}

async fn produce(kafka: &Kafka, topic: &str) -> Result<()> {
    // Small requests, so that there are many to be hit.
    let producer = kafka.producer().batch_size(1_000).max_request_size(2_000).await?;
    let topic = producer.topic(topic).await?;
    let mut deliveries = Vec::new();
    for n in 0..RECORDS {
        let record = Record::new(n.to_be_bytes().to_vec()).partition((n % PARTITIONS) as i32);
        deliveries.push(topic.enqueue(record).await?);
    }
    for delivery in deliveries {
        delivery.await?;
    }
    producer.close().await
}

async fn read_back(kafka: &Kafka, topic: &str) -> Result<()> {
    let mut next: Vec<u32> = (0..PARTITIONS).collect();
    let mut reader = kafka.reader().topic(topic, Offset::Earliest).stop_at_end().await?;
    while let Some(message) = reader.next().await {
        let message = message?;
        let expected = &mut next[message.partition() as usize];
        assert_eq!(message.value().unwrap(), expected.to_be_bytes(), "{message:?}");
        *expected += PARTITIONS;
    }
    assert!(next.iter().all(|next| *next >= RECORDS), "{next:?}");
    Ok(())
}
