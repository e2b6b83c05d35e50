//! What users get wrong besides the commonest mistakes (`mistakes.rs`): each ends in an error, in time, that says what to do.

use crate::common::{NEWEST, everywhere, kafka, new_topic, unique, until};
use kafka_sdk::{Advice, Error, ErrorCode, ErrorKind, Kafka, Offset, Record, Result};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::time::Instant;

async fn refused(address: &str, within: Duration) -> Error {
    let start = Instant::now();
    let error = Kafka::builder(address).connect_timeout(within).await.unwrap_err();
    assert!(start.elapsed() < within + Duration::from_secs(1), "{:?}", start.elapsed());
    error
}

/// Accepts connections and says `greeting` on each.
async fn server(greeting: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut open = Vec::new();
        for _ in 0..100 {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(greeting).await.unwrap();
            open.push(stream);
        }
    });
    address
}

#[tokio::test]
async fn an_address_that_does_not_speak_kafka() {
    let address = server(b"SSH-2.0-OpenSSH_9.2\r\n").await;
    let error = refused(&address, Duration::from_secs(1)).await;
    assert_eq!(error.to_string(), format!("{address} does not speak Kafka: it answered with something else"));
}

#[tokio::test]
async fn an_address_that_never_answers() {
    let address = server(b"").await;
    let error = refused(&address, Duration::from_millis(500)).await;
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.to_string().contains(&address) && error.to_string().contains("500ms"), "{error}");
}

#[tokio::test]
async fn an_address_that_is_none() {
    for address in ["", "host:port", "a b:9092"] {
        assert_eq!(refused(address, Duration::from_secs(1)).await.kind(), ErrorKind::Settings);
    }
}

#[tokio::test]
async fn one_good_address_among_bad_ones_is_enough() -> Result<()> {
    let test = "bad_input::one_good_address_among_bad_ones_is_enough";
    let Some(broker) = crate::common::broker(NEWEST, test).await else { return Ok(()) };
    let silent = server(b"").await;
    let addresses = format!("127.0.0.1:1,{silent},{}", broker.bootstrap_servers());
    let kafka = Kafka::builder(&addresses).connect_timeout(Duration::from_secs(1)).await;
    kafka?.admin().list_topics().await.map(drop)
}

#[tokio::test]
async fn only_a_producers_first_look_up_creates_a_topic() -> Result<()> {
    for version in everywhere() {
        let test = "bad_input::only_a_producers_first_look_up_creates_a_topic";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = unique("auto");
        let error = kafka.reader().topic(&topic, Offset::Earliest).await.unwrap_err();
        assert!(error.is(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION), "{error}");
        assert!(!kafka.admin().list_topics().await?.contains(&topic));
        let producer = kafka.producer().await?;
        producer.send(&topic, "v").await?;
        assert!(kafka.admin().list_topics().await?.contains(&topic));
        // Deleted, it stays away, although the producer's client goes on asking about it.
        kafka.admin().delete_topics([&topic]).await?.all()?;
        until("the topic is gone", async || Ok(!kafka.admin().list_topics().await?.contains(&topic))).await?;
        let error = kafka.reader().topic(&topic, Offset::Earliest).await.unwrap_err();
        assert!(error.is(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION), "{error}");
        assert!(!kafka.admin().list_topics().await?.contains(&topic));
    }
    Ok(())
}

#[tokio::test]
async fn an_illegal_topic_name() -> Result<()> {
    let Some(kafka) = kafka(NEWEST, "bad_input::an_illegal_topic_name").await else { return Ok(()) };
    let producer = kafka.producer().await?;
    for name in ["", "not legal", "..", &"x".repeat(250)] {
        let error = producer.send(name, "v").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Settings, "{error}");
        assert!(error.to_string().contains("is not legal"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_partition_that_does_not_exist() -> Result<()> {
    let Some(kafka) = kafka(NEWEST, "bad_input::a_partition_that_does_not_exist").await else {
        return Ok(());
    };
    let topic = new_topic(&kafka, "two", 2).await?;
    let producer = kafka.producer().await?;
    for partition in [2, -1, i32::MAX] {
        let error = producer.send(&topic, Record::new("v").partition(partition)).await.unwrap_err();
        assert_eq!((error.kind(), error.partition()), (ErrorKind::Settings, Some(partition)), "{error}");
        let reader = kafka.reader().assign([((topic.as_str(), partition), Offset::Earliest)]).await;
        assert_eq!(reader.unwrap_err().kind(), ErrorKind::Settings);
    }
    let nothing = kafka.reader().await.unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::Settings);
    let twice = kafka.reader().topic(&topic, Offset::Earliest).topic(&topic, Offset::Latest).await;
    assert!(twice.unwrap_err().to_string().contains("named twice"));
    Ok(())
}

#[tokio::test]
async fn an_offset_that_is_out_of_range() -> Result<()> {
    for version in everywhere() {
        let test = "bad_input::an_offset_that_is_out_of_range";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "short", 1).await?;
        let mut reader = kafka.reader().assign([((topic.as_str(), 0), Offset::At(7))]).await?;
        let error = reader.next().await.unwrap().unwrap_err();
        assert!(error.is(ErrorCode::OFFSET_OUT_OF_RANGE), "{error}");
        let expected = format!("{topic}-0 has no offset 7: its log begins at 0 and ends at 0");
        assert!(error.to_string().contains(&expected), "{error}");
        assert!(reader.next().await.is_none(), "after an error it is at its end");
    }
    Ok(())
}

#[tokio::test]
async fn settings_out_of_range() -> Result<()> {
    let Some(kafka) = kafka(NEWEST, "bad_input::settings_out_of_range").await else { return Ok(()) };
    let error = kafka.producer().batch_size(0).await.unwrap_err();
    assert_eq!(error.to_string(), "batch.size is 0, and must be a number of bytes from 1 to 104857600");
    let error = kafka.producer().delivery_timeout(Duration::from_secs(3)).await.unwrap_err();
    assert!(error.to_string().contains("could not be tried even once"), "{error}");
    let error = kafka.reader().fetch_max_bytes(0).topic("t", Offset::Latest).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Settings);
    let error = Kafka::builder("localhost").request_timeout(Duration::ZERO).await.unwrap_err();
    assert!(
        error.to_string().starts_with("request.timeout.ms is 0, and must be a number of milliseconds from 1"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn a_consumer_that_is_told_twice_what_to_read_is_told_by_what() -> Result<()> {
    let test = "bad_input::a_consumer_that_is_told_twice_what_to_read_is_told_by_what";
    let Some(kafka) = kafka(NEWEST, test).await else { return Ok(()) };
    let builder = || kafka.consumer("twice").topics(["orders"]);
    let error = builder().assign([("orders", 0)]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Settings);
    assert!(
        error
            .to_string()
            .contains("topics([\"orders\"]) and assign([(\"orders\", 0)]): call only assign(..)")
    );
    let error = builder().topics_matching("^(orders").await.unwrap_err();
    assert!(error.to_string().ends_with("is not a regular expression: unclosed group"), "{error}");
    let error = kafka.consumer("nothing").assign::<(&str, i32)>([]).await.unwrap_err();
    assert!(error.to_string().starts_with("nothing to read: assign([]) is empty"), "{error}");
    Ok(())
}

#[tokio::test]
async fn what_is_asked_of_a_consumer_that_has_ended_is_an_error_that_says_so() -> Result<()> {
    let test = "bad_input::what_is_asked_of_a_consumer_that_has_ended_is_an_error_that_says_so";
    for version in everywhere() {
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let (topic, group) = (new_topic(&kafka, "ended", 1).await?, unique("ended"));
        let consumer = kafka.consumer(&group).topics([&topic]).await?;
        let control = consumer.control();
        until("it is a member", async || Ok(!control.assignment().is_empty())).await?;
        let own = (topic.as_str(), 0);
        let error = control.seek((topic.as_str(), 7), 0).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::State);
        assert!(error.to_string().ends_with("a consumer is given it by its group"), "{error}");
        consumer.close().await?;
        for outcome in [
            control.commit().await,
            control.commit_offsets([(own, 0)]).await,
            control.seek(own, 0).await,
            control.pause([own]),
            control.resume([own]),
            control.subscribe([&topic]),
            control.subscribe_matching("^ended"),
        ] {
            let error = outcome.unwrap_err();
            assert_eq!((error.kind(), error.advice()), (ErrorKind::Closed, Advice::Rebuild), "{error}");
        }
        let committed = control.committed([own]).await?;
        assert_eq!(committed.len(), 1, "{version}: what the group has can be asked for all the same");
    }
    Ok(())
}
