//! Which partition records go to.

use crate::common::{everywhere, kafka, new_topic};
use kafka_sdk::producer::{Partitioning, Partitions};
use kafka_sdk::{ErrorKind, Kafka, Record, Result};

/// The partitions that records with these keys go to, an empty key for none.
async fn places(kafka: &Kafka, by: impl Into<Partitioning>, keys: &[&str]) -> Result<Vec<i32>> {
    let topic = new_topic(kafka, "partitioning", 7).await?;
    let producer = kafka.producer().partitioner(by).await?;
    let mut places = Vec::new();
    for key in keys {
        let record = match *key {
            "" => Record::new("v"),
            key => Record::new("v").key(key),
        };
        places.push(producer.send(&topic, record).await?.partition);
    }
    producer.close().await?;
    Ok(places)
}

#[tokio::test]
async fn a_partitioner_of_ones_own_and_the_built_in_ones_are_set_alike() -> Result<()> {
    for version in everywhere() {
        let test = "partitioning::a_partitioner_of_ones_own_and_the_built_in_ones_are_set_alike";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let keys = ["a", "bb", "ccc", "a", "bb", "ccc"];
        let by_length = |_: &str, key: Option<&[u8]>, partitions: Partitions<'_>| {
            assert!((0..7).all(|partition| partitions.leader(partition).is_some()));
            Some(key?.len() as i32)
        };
        assert_eq!(places(&kafka, by_length, &keys).await?, [1, 2, 3, 1, 2, 3]);
        let by_crc32 = places(&kafka, Partitioning::Consistent, &keys).await?;
        // By zlib: crc32("a") % 7, and so on.
        assert_eq!(by_crc32, [4, 6, 5, 4, 6, 5]);
        let in_turn = places(&kafka, Partitioning::RoundRobin, &["", "x", "x", "", "x", "x", "x"]).await?;
        assert!((0..7).all(|i| in_turn[i] == (in_turn[0] + i as i32) % 7), "{in_turn:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_bad_answer_of_a_partitioner_fails_one_record_and_the_producer_goes_on() -> Result<()> {
    for version in everywhere() {
        let test = "partitioning::a_bad_answer_of_a_partitioner_fails_one_record_and_the_producer_goes_on";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "partitioning", 3).await?;
        let by_length = |_: &str, key: Option<&[u8]>, _: Partitions<'_>| Some(key?.len() as i32);
        let producer = kafka.producer().partitioner(by_length).await?;
        let error = producer.send(&topic, Record::new("v").key("four")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Settings);
        assert!(error.to_string().contains("the partitioner answers 4 for a record to topic"), "{error}");
        assert_eq!(producer.send(&topic, Record::new("v").key("2!")).await?.partition, 2);
        assert_eq!(producer.send(&topic, Record::new("v").key("four").partition(1)).await?.partition, 1);
        producer.close().await?;
    }
    Ok(())
}
