//! What a reader reads is changed while it runs, and what is known of it.

use crate::common::{EMBEDDED, NEWEST, OLDEST, broker, everywhere, kafka, new_topic, unique, until};
use crate::transaction::{Outcome, Transactional};
use futures_util::{FutureExt, TryStreamExt};
use kafka_sdk::consumer::Event;
use kafka_sdk::model::Timestamp;
use kafka_sdk::raw::Route;
use kafka_sdk::{
    ErrorCode, ErrorKind, Isolation, Kafka, Message, Offset, Reader, Record, Result, TopicPartition,
};
use kafka_sdk_protocol::api::CreatePartitionsRequest;
use kafka_sdk_protocol::api::create_partitions::CreatePartitionsTopic;
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Longer than anything should take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Records `0..count` in each of these partitions, a second apart from 1970 on, few to a batch.
async fn fill(kafka: &Kafka, topic: &str, partitions: std::ops::Range<i32>, count: i64) -> Result<()> {
    let producer = kafka.producer().batch_size(300).await?;
    for n in 0..count {
        for partition in partitions.clone() {
            let record = Record::new(n.to_string()).partition(partition);
            let record = record.timestamp(Timestamp::from_millis(n * 1_000));
            producer.enqueue(topic, record).await?.forget();
        }
    }
    producer.close().await
}

/// Partition and offset of the next record.
async fn next(reader: &mut Reader) -> Result<(i32, i64)> {
    let message = timeout(PATIENCE, reader.next()).await.unwrap().unwrap()?;
    Ok((message.partition(), message.offset()))
}

async fn nexts(reader: &mut Reader, count: usize) -> Result<Vec<(i32, i64)>> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(next(reader).await?);
    }
    Ok(all)
}

/// The next event: a record's partition and offset, or those of an end.
async fn event(reader: &mut Reader) -> Result<(&'static str, i32, i64)> {
    Ok(match timeout(PATIENCE, reader.next_event()).await.unwrap().unwrap()? {
        Event::Record(message) => ("record", message.partition(), message.offset()),
        Event::End { partition, offset } => ("end", partition.partition(), offset),
        other => panic!("{other:?}"),
    })
}

#[tokio::test]
async fn each_end_of_a_partition_is_an_event_and_next_passes_over_it() -> Result<()> {
    for version in everywhere() {
        let test = "control::each_end_of_a_partition_is_an_event_and_next_passes_over_it";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "ends", 2).await?;
        fill(&kafka, &topic, 0..1, 5).await?;
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).await?;
        let mut events = BTreeSet::new();
        for _ in 0..7 {
            events.insert(event(&mut reader).await?);
        }
        let records = (0..5).map(|offset| ("record", 0, offset));
        assert_eq!(events, records.chain([("end", 0, 5), ("end", 1, 0)]).collect());
        assert!(reader.next_event().now_or_never().is_none(), "once");
        fill(&kafka, &topic, 0..1, 1).await?;
        assert_eq!(event(&mut reader).await?, ("record", 0, 5));
        assert_eq!(event(&mut reader).await?, ("end", 0, 6));
        fill(&kafka, &topic, 0..2, 1).await?;
        let mut passed = nexts(&mut reader, 2).await?;
        passed.sort_unstable();
        assert_eq!(passed, [(0, 6), (1, 0)]);
        // Where a reader stops at the end, that comes for each partition before it is over.
        let mut stopping = kafka.reader().topic(&topic, Offset::Latest).stop_at_end().await?;
        let ends = BTreeSet::from([event(&mut stopping).await?, event(&mut stopping).await?]);
        assert_eq!(ends, BTreeSet::from([("end", 0, 7), ("end", 1, 1)]));
        assert!(stopping.next_event().await.is_none());
    }
    Ok(())
}

#[tokio::test]
async fn a_reader_ends_when_nothing_comes_and_can_go_on() -> Result<()> {
    for version in everywhere() {
        let test = "control::a_reader_ends_when_nothing_comes_and_can_go_on";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "idle", 1).await?;
        fill(&kafka, &topic, 0..1, 3).await?;
        let idle = Duration::from_millis(400);
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).stop_after_idle(idle).await?;
        assert_eq!(nexts(&mut reader, 3).await?, [(0, 0), (0, 1), (0, 2)]);
        let waits = Instant::now();
        assert!(reader.next().await.is_none());
        assert!(waits.elapsed() >= idle, "{:?}", waits.elapsed());
        fill(&kafka, &topic, 0..1, 1).await?;
        assert_eq!(next(&mut reader).await?, (0, 3));
        assert!(reader.next_batch().await.is_none() && reader.next_event().await.is_none());
    }
    Ok(())
}

#[tokio::test]
async fn a_seek_leads_to_each_kind_of_place() -> Result<()> {
    for version in everywhere() {
        let Some(kafka) = kafka(version, "control::a_seek_leads_to_each_kind_of_place").await else {
            return Ok(());
        };
        let topic = new_topic(&kafka, "seek", 1).await?;
        let partition = (topic.as_str(), 0);
        fill(&kafka, &topic, 0..1, 500).await?;
        let mut reader =
            kafka.reader().topic(&topic, Offset::Earliest).fetch_max_wait(Duration::ZERO).await?;
        assert_eq!(next(&mut reader).await?, (0, 0));
        let second_of = |n: i64| Offset::After(Timestamp::from_millis(n * 1_000));
        for (place, found) in [
            (Offset::At(300), 300),
            (Offset::At(1), 1),
            (Offset::Last(10), 490),
            (Offset::Earliest, 0),
            (second_of(123), 123),
            (Offset::At(0), 0),
        ] {
            reader.seek(partition, place).await?;
            assert_eq!(reader.positions().get(&partition.into()), Some(found));
            assert_eq!(nexts(&mut reader, 2).await?, [(0, found), (0, found + 1)], "{place:?}");
        }
        reader.seek(partition, 200).await?;
        let batch = timeout(PATIENCE, reader.next_batch()).await.unwrap().unwrap()?;
        assert_eq!(batch.iter().next().unwrap().offset(), 200, "in the middle of a batch");
        for place in [Offset::Latest, second_of(1_000)] {
            reader.seek(partition, place).await?;
            assert!(reader.next().now_or_never().is_none());
        }
        fill(&kafka, &topic, 0..1, 1).await?;
        assert_eq!(next(&mut reader).await?, (0, 500));
    }
    Ok(())
}

#[tokio::test]
async fn a_paused_partition_is_silent_and_goes_on_where_it_was() -> Result<()> {
    for version in everywhere() {
        let test = "control::a_paused_partition_is_silent_and_goes_on_where_it_was";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "pause", 2).await?;
        fill(&kafka, &topic, 0..2, 300).await?;
        // Room for a part of it, so that there is still something to be fetched.
        let builder = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end();
        let mut reader = builder.partition_max_bytes(4_000).fetch_buffer(8_000).await?;
        let paused = next(&mut reader).await?.0;
        reader.pause([(topic.as_str(), paused)])?;
        assert_eq!(reader.control().paused(), [(topic.as_str(), paused).into()]);
        let other = 1 - paused;
        let all_of_the_other: Vec<_> = (0..300).map(|offset| (other, offset)).collect();
        assert_eq!(nexts(&mut reader, 300).await?, all_of_the_other);
        assert!(reader.next().now_or_never().is_none());
        reader.resume([(topic.as_str(), paused)])?;
        let rest: Vec<_> = (1..300).map(|offset| (paused, offset)).collect();
        assert_eq!(nexts(&mut reader, 299).await?, rest);
        assert!(timeout(PATIENCE, reader.next()).await.unwrap().is_none());
    }
    Ok(())
}

async fn add_partitions(kafka: &Kafka, topic: &str, count: i32) -> Result<()> {
    let topic = CreatePartitionsTopic { name: topic.to_owned(), count, assignments: None };
    let request = CreatePartitionsRequest { topics: vec![topic], timeout_ms: 10_000, ..Default::default() };
    let answer = kafka.raw().call(&Route::Controller, PATIENCE, |_| request.clone()).await?;
    assert_eq!(answer.results[0].error_code, ErrorCode::NONE);
    Ok(())
}

#[tokio::test]
async fn partitions_and_topics_come_and_go_while_it_reads() -> Result<()> {
    for version in everywhere() {
        let test = "control::partitions_and_topics_come_and_go_while_it_reads";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let (first, second) = (new_topic(&kafka, "first", 2).await?, new_topic(&kafka, "second", 1).await?);
        fill(&kafka, &first, 0..2, 200).await?;
        fill(&kafka, &second, 0..1, 50).await?;
        let p = |topic: &str, number: i32| TopicPartition::from((topic, number));
        let mut reader = kafka.reader().assign([(p(&first, 0), Offset::Earliest)]).await?;
        assert_eq!(nexts(&mut reader, 2).await?, [(0, 0), (0, 1)]);
        reader.assign([(p(&first, 1), 195)]).await?;
        reader.unassign([p(&first, 0)])?;
        assert_eq!(nexts(&mut reader, 5).await?, (195..200).map(|n| (1, n)).collect::<Vec<_>>());
        reader.assign_topic(&second, Offset::Last(3)).await?;
        assert_eq!(nexts(&mut reader, 3).await?, [(0, 47), (0, 48), (0, 49)]);
        assert_eq!(reader.control().assignment(), [p(&first, 1), p(&second, 0)]);
        // A topic that has grown is taken in again, and what is read of it goes on as it is.
        add_partitions(&kafka, &second, 2).await?;
        until("the new partition is known", async || {
            reader.assign_topic(&second, Offset::Earliest).await?;
            Ok(reader.control().assignment().len() == 3)
        })
        .await?;
        let producer = kafka.producer().await?;
        until("it can be written", async || {
            Ok(producer.send(&second, Record::new("0").partition(1)).await.is_ok())
        })
        .await?;
        assert_eq!(next(&mut reader).await?, (1, 0));
        // With nothing left it waits, and goes on with what is given to it.
        reader.unassign(reader.control().assignment())?;
        assert!(reader.positions().is_empty() && reader.next().now_or_never().is_none());
        reader.assign([(p(&first, 0), 100)]).await?;
        assert_eq!(next(&mut reader).await?, (0, 100));
    }
    Ok(())
}

#[tokio::test]
async fn other_tasks_change_what_a_waiting_next_gives() -> Result<()> {
    for version in everywhere() {
        let test = "control::other_tasks_change_what_a_waiting_next_gives";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "tasks", 1).await?;
        fill(&kafka, &topic, 0..1, 10).await?;
        let mut reader = kafka.reader().topic(&topic, Offset::Latest).await?;
        let control = reader.control();
        let waiting = tokio::spawn(async move {
            let first = next(&mut reader).await?;
            reader.pause([(topic.as_str(), 0)])?;
            let end = timeout(PATIENCE, reader.next()).await.unwrap();
            assert!(end.is_none() && reader.next().await.is_none(), "for good");
            Result::Ok((first, reader.positions()))
        });
        let partition = control.assignment().remove(0);
        control.seek(partition.clone(), 4).await?;
        until("it is read", async || Ok(control.paused().len() == 1)).await?;
        control.stop();
        let (first, positions) = waiting.await.unwrap()?;
        assert_eq!((first, positions.get(&partition)), ((0, 4), Some(5)));
        assert_eq!(control.positions(), positions, "also when the reader has gone");
        assert_eq!(control.seek(partition, 0).await.unwrap_err().kind(), ErrorKind::Closed);
    }
    Ok(())
}

#[tokio::test]
async fn watermarks_and_lag_are_those_of_the_last_answer() -> Result<()> {
    for version in everywhere() {
        let test = "control::watermarks_and_lag_are_those_of_the_last_answer";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "lag", 2).await?;
        fill(&kafka, &topic, 0..1, 10).await?;
        let p = |number| (topic.as_str(), number);
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).await?;
        let control = reader.control();
        nexts(&mut reader, 4).await?;
        let watermarks = control.watermarks(p(0)).unwrap();
        assert_eq!((watermarks.low, watermarks.high), (0, 10));
        assert_eq!(control.lag_of(p(0)), Some(6));
        until("both have answered", async || Ok(control.lag().is_some())).await?;
        assert_eq!((control.lag(), control.lag_of(p(1))), (Some(6), Some(0)));
        nexts(&mut reader, 6).await?;
        assert_eq!(reader.lag(), Some(0));
        fill(&kafka, &topic, 1..2, 3).await?;
        next(&mut reader).await?;
        assert_eq!(reader.lag(), Some(2));
        assert_eq!((control.watermarks(p(7)), control.lag_of(p(7))), (None, None), "not assigned");
        let unreachable = kafka.reader().topic(&topic, Offset::Earliest).await?;
        assert_eq!(unreachable.lag(), None, "before the first answer");
    }
    Ok(())
}

#[tokio::test]
async fn who_reads_committed_has_the_lag_and_the_end_of_the_last_stable_offset() -> Result<()> {
    for version in [OLDEST, NEWEST] {
        let test = "control::who_reads_committed_has_the_lag_and_the_end_of_the_last_stable_offset";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "stable", 1).await?;
        let partition = TopicPartition::from((topic.as_str(), 0));
        fill(&kafka, &topic, 0..1, 5).await?;
        let mut open = Transactional::new(&kafka, &unique("lag")).await?;
        open.write(&partition, &["a".to_owned(), "b".to_owned()]).await?;
        let builder = kafka.reader().topic(&topic, Offset::Earliest);
        let mut reader = builder.isolation(Isolation::ReadCommitted).await?;
        assert_eq!(event(&mut reader).await?, ("record", 0, 0));
        let watermarks = reader.control().watermarks(partition.clone()).unwrap();
        assert_eq!((watermarks.high, watermarks.last_stable, reader.lag()), (7, 5, Some(4)));
        for _ in 1..5 {
            event(&mut reader).await?;
        }
        assert_eq!(event(&mut reader).await?, ("end", 0, 5));
        open.end(Outcome::Commit).await?;
        assert_eq!(event(&mut reader).await?, ("record", 0, 5));
        assert_eq!(event(&mut reader).await?, ("record", 0, 6));
        assert_eq!(event(&mut reader).await?, ("end", 0, 8), "behind the marker");
        assert_eq!(reader.lag(), Some(0));
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_says_so() -> Result<()> {
    let Some(kafka) = kafka(EMBEDDED, "control::what_cannot_be_is_refused_and_says_so").await else {
        return Ok(());
    };
    let topic = new_topic(&kafka, "refused", 1).await?;
    let reader = kafka.reader().topic(&topic, Offset::Earliest).await?;
    let other = (topic.as_str(), 3);
    for error in [
        reader.seek(other, 0).await.unwrap_err(),
        reader.pause([other]).unwrap_err(),
        reader.resume([other]).unwrap_err(),
        reader.unassign([other]).unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.partition()), (ErrorKind::State, Some(3)));
        let text = format!(
            "{topic}-3 is not assigned at present: a reader adds it by assign(..), a consumer is given it by its group"
        );
        assert_eq!(error.to_string(), text);
    }
    let own = (topic.as_str(), 0);
    let negative = reader.seek(own, -1).await.unwrap_err();
    assert_eq!(
        (negative.kind(), negative.to_string().as_str()),
        (
            ErrorKind::Settings,
            "there is no offset -1: the first one is 0; the ends have names, Offset::Earliest and Offset::Latest"
        )
    );
    let early = reader.seek(own, Offset::After(Timestamp::from_millis(-1))).await.unwrap_err();
    assert_eq!(early.kind(), ErrorKind::Settings);
    let twice = reader.assign([(own, 0)]).await.unwrap_err();
    assert_eq!(twice.to_string(), format!("{topic}-0 is assigned to this reader already: seek(..) moves it"));
    assert_eq!(reader.assign([(other, 0)]).await.unwrap_err().kind(), ErrorKind::Settings, "there is none");
    assert!(reader.assign_topic(unique("missing"), 0).await.is_err());
    let idle = kafka.reader().topic(&topic, 0).stop_after_idle(Duration::ZERO).await.unwrap_err();
    assert_eq!(idle.kind(), ErrorKind::Settings);
    Ok(())
}

#[tokio::test]
async fn a_dropped_seek_or_assign_changes_nothing() -> Result<()> {
    for version in everywhere() {
        let Some(broker) = broker(version, "control::a_dropped_seek_or_assign_changes_nothing").await else {
            return Ok(());
        };
        let direct = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&direct, "dropped", 2).await?;
        fill(&direct, &topic, 0..2, 20).await?;
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let mut reader = kafka.reader().assign([((topic.as_str(), 0), 5)]).await?;
        next(&mut reader).await?;
        let hold = || proxy.intercept(Rule::on(Api::ListOffsets).react(Reaction::HoldAnswer)).unwrap();
        let control = reader.control();
        let held = hold();
        let mut seek = Box::pin(control.seek((topic.as_str(), 0), Offset::Earliest));
        until("the seek has asked", async || {
            assert!(seek.as_mut().now_or_never().is_none());
            Ok(held.hits() == 1)
        })
        .await?;
        drop(seek);
        held.release();
        let held = hold();
        let mut assign = Box::pin(control.assign([((topic.as_str(), 1), Offset::Earliest)]));
        until("the assign has asked", async || {
            assert!(assign.as_mut().now_or_never().is_none());
            Ok(held.hits() == 1)
        })
        .await?;
        drop(assign);
        held.release();
        assert_eq!(nexts(&mut reader, 14).await?, (6..20).map(|n| (0, n)).collect::<Vec<_>>());
        assert_eq!(control.assignment().len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_stream_of_an_idle_reader_ends() -> Result<()> {
    let Some(kafka) = kafka(EMBEDDED, "control::a_stream_of_an_idle_reader_ends").await else {
        return Ok(());
    };
    let topic = new_topic(&kafka, "stream", 1).await?;
    fill(&kafka, &topic, 0..1, 3).await?;
    let builder = kafka.reader().topic(&topic, Offset::Earliest);
    let read: Vec<Message> = builder.stop_after_idle(Duration::from_millis(100)).await?.try_collect().await?;
    assert_eq!(read.len(), 3);
    Ok(())
}
