//! Places to begin at: the last n, a time, and what they are as offsets.

use crate::common::{EMBEDDED, delete_before, everywhere, kafka, new_topic, unique};
use futures_util::TryStreamExt;
use kafka_sdk::admin::NewTopic;
use kafka_sdk::model::Timestamp;
use kafka_sdk::{ErrorKind, Kafka, Offset, Record, Result};

fn after(millis: i64) -> Offset {
    Offset::After(Timestamp::from_millis(millis))
}

/// Records with these timestamps, one a batch.
async fn write(kafka: &Kafka, topic: &str, times: impl IntoIterator<Item = i64>) -> Result<()> {
    let producer = kafka.producer().await?;
    for millis in times {
        let record = Record::new("x").timestamp(Timestamp::from_millis(millis)).partition(0);
        producer.send(topic, record).await?;
    }
    producer.close().await
}

/// The offsets that a reader gives from there on.
async fn read(kafka: &Kafka, topic: &str, from: Offset) -> Result<Vec<i64>> {
    let reader = kafka.reader().topic(topic, from).stop_at_end().await?;
    reader.map_ok(|message| message.offset()).try_collect().await
}

#[tokio::test]
async fn the_last_n_records_are_read_and_never_from_before_the_log() -> Result<()> {
    for version in everywhere() {
        let test = "places::the_last_n_records_are_read_and_never_from_before_the_log";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "last", 1).await?;
        write(&kafka, &topic, 0..20).await?;
        assert_eq!(read(&kafka, &topic, Offset::Last(3)).await?, [17, 18, 19]);
        assert_eq!(read(&kafka, &topic, Offset::Last(0)).await?, Vec::<i64>::new());
        assert_eq!(read(&kafka, &topic, Offset::Last(1_000)).await?.len(), 20);
        delete_before(&kafka, &topic, 15).await?;
        assert_eq!(read(&kafka, &topic, Offset::Last(10)).await?, [15, 16, 17, 18, 19]);
        assert_eq!(read(&kafka, &topic, Offset::Last(u64::MAX)).await?, [15, 16, 17, 18, 19]);
    }
    Ok(())
}

#[tokio::test]
async fn reading_begins_at_a_time() -> Result<()> {
    for version in everywhere() {
        let Some(kafka) = kafka(version, "places::reading_begins_at_a_time").await else { return Ok(()) };
        let topic = new_topic(&kafka, "time", 1).await?;
        // Clocks are not always right: the fourth record has jumped ahead, the sixth is from 1970.
        write(&kafka, &topic, [1_000, 2_000, 3_000, 9_000, 4_000, 0]).await?;
        assert_eq!(read(&kafka, &topic, after(0)).await?, [0, 1, 2, 3, 4, 5]);
        assert_eq!(read(&kafka, &topic, after(2_000)).await?, [1, 2, 3, 4, 5]);
        assert_eq!(read(&kafka, &topic, after(2_001)).await?, [2, 3, 4, 5]);
        assert_eq!(read(&kafka, &topic, after(3_001)).await?, [3, 4, 5], "the first that is not earlier");
        assert_eq!(read(&kafka, &topic, after(9_001)).await?, Vec::<i64>::new(), "later than all");
        let mut from_the_end = kafka.reader().topic(&topic, after(i64::MAX)).await?;
        write(&kafka, &topic, [5]).await?;
        assert_eq!(from_the_end.next().await.unwrap()?.offset(), 6, "later than all is the end");
    }
    Ok(())
}

#[tokio::test]
async fn the_time_may_be_the_brokers() -> Result<()> {
    for version in everywhere() {
        let Some(kafka) = kafka(version, "places::the_time_may_be_the_brokers").await else { return Ok(()) };
        let topic = unique("append-time");
        let new = NewTopic::new(&topic).partitions(1).config("message.timestamp.type", "LogAppendTime");
        kafka.admin().create_topics([new]).await?.all()?;
        write(&kafka, &topic, [1, 2, 3]).await?;
        let reader = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
        let times: Vec<i64> = reader.map_ok(|m| m.timestamp().as_millis()).try_collect().await?;
        assert!(times[0] > 1_600_000_000_000, "not what was sent: {times:?}");
        let from = read(&kafka, &topic, after(times[1])).await?;
        assert_eq!(from, (times.iter().position(|t| *t >= times[1]).unwrap() as i64..3).collect::<Vec<_>>());
        assert_eq!(read(&kafka, &topic, after(times[2] + 1)).await?, Vec::<i64>::new());
    }
    Ok(())
}

#[tokio::test]
async fn places_are_looked_up_without_a_reader() -> Result<()> {
    for version in everywhere() {
        let test = "places::places_are_looked_up_without_a_reader";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "look-up", 2).await?;
        write(&kafka, &topic, [1_000, 2_000, 3_000]).await?;
        delete_before(&kafka, &topic, 1).await?;
        let of = async |place| {
            let offsets = kafka.offsets([((topic.as_str(), 0), place), ((topic.as_str(), 1), place)]).await?;
            let offset = |number| offsets.get(&(topic.as_str(), number).into()).unwrap();
            Result::Ok((offset(0), offset(1)))
        };
        assert_eq!(of(Offset::Earliest).await?, (1, 0));
        assert_eq!(of(Offset::Latest).await?, (3, 0));
        assert_eq!(of(Offset::Last(1)).await?, (2, 0));
        assert_eq!(of(after(2_500)).await?, (2, 0));
        assert_eq!(of(Offset::At(7)).await?, (7, 7), "is not looked up");
        let beyond = kafka.offsets([((topic.as_str(), 2), Offset::Latest)]).await.unwrap_err();
        assert_eq!((beyond.kind(), beyond.partition()), (ErrorKind::Settings, Some(2)));
    }
    Ok(())
}

#[tokio::test]
async fn a_time_before_1970_and_a_negative_offset_are_refused() -> Result<()> {
    let test = "places::a_time_before_1970_and_a_negative_offset_are_refused";
    let Some(kafka) = kafka(EMBEDDED, test).await else { return Ok(()) };
    for (place, said) in [(after(-5), "1970"), (Offset::At(-2), "no offset -2")] {
        let error = kafka.reader().topic("t", place).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Settings);
        assert!(error.to_string().contains(said), "{error}");
    }
    Ok(())
}
