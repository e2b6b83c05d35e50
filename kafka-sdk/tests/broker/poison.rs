//! What is said of records that are no message of their type.

use crate::common::{everywhere, kafka, new_topic};
use kafka_sdk::typed::Poison;
use kafka_sdk::{ErrorKind, KafkaMessage, Message, Offset, Record, Result};
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize, KafkaMessage)]
struct Reading {
    #[kafka(key)]
    #[serde(skip)]
    station: i64,
    #[kafka(header)]
    #[serde(skip)]
    factor: f32,
    celsius: f64,
}

const STATION: [u8; 8] = [0, 0, 0, 0, 0, 0, 0, 7];

fn record(value: &'static str) -> Record<'static> {
    Record::new(value).key(&STATION).header("factor", &[0_u8; 4])
}

/// Each kind of bad input, and what is wrong with it.
fn broken() -> [(Record<'static>, &'static str); 9] {
    let good = r#"{"celsius":1.5}"#;
    [
        (record("hunter2"), "the value cannot be decoded: it is not JSON: expected value at line 1 column 1"),
        (
            record(r#"{"celsius":"hunter2"}"#),
            "the value cannot be decoded: field `celsius`: of another type (string), expected f64 at line 1 column 20",
        ),
        (record("{}"), "the value cannot be decoded: missing field `celsius` at line 1 column 2"),
        (
            record(""),
            "the value cannot be decoded: it is not JSON: EOF while parsing a value at line 1 column 0",
        ),
        (
            Record::tombstone(&STATION).header("factor", &[0_u8; 4]),
            "the value is null (a tombstone): read `Option<…>` of the message type to have it",
        ),
        (Record::new(good).key(&STATION), "the header `factor` (field `factor`) is not there"),
        (
            Record::new(good).key(&STATION).header("factor", "hunter2"),
            "the header `factor` (field `factor`) cannot be decoded: it has 7 bytes instead of 4",
        ),
        (
            record(good).key("hunter2"),
            "the key (field `station`) cannot be decoded: it has 7 bytes instead of 8",
        ),
        (Record::new(good).header("factor", &[0_u8; 4]), "the key (field `station`) is null"),
    ]
}

#[tokio::test]
async fn each_bad_input_is_a_value_that_says_where_it_lies_and_what_is_wrong_and_the_stream_goes_on()
-> Result<()> {
    for version in everywhere() {
        let test = "poison::each_bad_input_is_a_value_that_says_where_it_lies_and_what_is_wrong_and_the_stream_goes_on";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "poison", 1).await?;
        let producer = kafka.producer().await?;
        for (bad, _) in broken() {
            producer.send(&topic, bad).await?;
        }
        producer.send(&topic, record(r#"{"celsius":1.5}"#)).await?;
        let mut reader =
            kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().typed::<Reading>().await?;
        for (offset, (bad, cause)) in (0..).zip(broken()) {
            let error = reader.next().await.expect("it goes on").unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("the record at offset {offset} of {topic}-0: {cause}"),
                "{version}"
            );
            assert_eq!(
                (error.kind(), error.topic(), error.partition()),
                (ErrorKind::Decode, Some(&*topic), Some(0))
            );
            assert!(!format!("{error:?} {error:#}").contains("hunter2"), "{error:#}");
            let poison = Poison::from_error(&error).expect("it has the record");
            assert_eq!(poison.cause().to_string(), cause);
            let (read, written) = (poison.message(), Message::of_record((topic.as_str(), 0), offset, &bad));
            assert_eq!((read.offset(), read.key(), read.value()), (offset, written.key(), written.value()));
            assert!(read.headers().eq(written.headers()), "{version}: {cause}");
        }
        let reading = reader.next().await.expect("it goes on")?;
        assert_eq!((reading.station, reading.celsius), (7, 1.5), "{version}");
        assert!(reader.next().await.is_none(), "{version}");
    }
    Ok(())
}
