//! Where readers begin, how they go on, and where they end.

use crate::common::{NEWEST, OLDEST, broker, everywhere, kafka, new_topic, unique};
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::{Kafka, Message, Offset, Reader, Record, Result};
use kafka_sdk_testcontainers::TestKafka;

async fn fill(kafka: &Kafka, topic: &str, numbers: std::ops::Range<i64>) -> Result<()> {
    let producer = kafka.producer().batch_size(300).await?;
    for n in numbers {
        producer.enqueue(topic, Record::new(n.to_string()).partition(0)).await?.forget();
    }
    producer.close().await
}

async fn rest(reader: &mut Reader) -> Result<Vec<i64>> {
    let mut offsets = Vec::new();
    while let Some(message) = reader.next().await {
        let message = message?;
        assert_eq!(message.value().unwrap(), message.offset().to_string().as_bytes());
        offsets.push(message.offset());
    }
    Ok(offsets)
}

#[tokio::test]
async fn readers_begin_where_they_are_told_to() -> Result<()> {
    for version in everywhere() {
        let Some(kafka) = kafka(version, "reading::readers_begin_where_they_are_told_to").await else {
            return Ok(());
        };
        let topic = new_topic(&kafka, "begin", 1).await?;
        fill(&kafka, &topic, 0..100).await?;
        let from = async |offset| {
            let mut reader = kafka.reader().topic(&topic, offset).stop_at_end().await?;
            rest(&mut reader).await
        };
        assert_eq!(from(Offset::Earliest).await?, (0..100).collect::<Vec<_>>());
        assert_eq!(
            from(Offset::At(37)).await?,
            (37..100).collect::<Vec<_>>(),
            "also in the middle of a batch"
        );
        assert_eq!(from(Offset::At(100)).await?, Vec::<i64>::new());
        assert_eq!(from(Offset::Latest).await?, Vec::<i64>::new());

        let mut latest = kafka.reader().topic(&topic, Offset::Latest).await?;
        assert!(latest.next().now_or_never().is_none());
        fill(&kafka, &topic, 100..101).await?;
        assert_eq!(latest.next().await.unwrap()?.offset(), 100);
    }
    Ok(())
}

#[tokio::test]
async fn the_end_is_looked_up_once() -> Result<()> {
    let Some(kafka) = kafka(NEWEST, "reading::the_end_is_looked_up_once").await else { return Ok(()) };
    let topic = new_topic(&kafka, "end", 1).await?;
    fill(&kafka, &topic, 0..10).await?;
    let mut reader = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
    fill(&kafka, &topic, 10..50).await?;
    assert_eq!(rest(&mut reader).await?, (0..10).collect::<Vec<_>>());
    assert!(reader.next().await.is_none() && reader.next_batch().await.is_none(), "it stays at its end");
    Ok(())
}

#[tokio::test]
async fn messages_batches_and_the_stream_mix_and_positions_follow_what_was_handed_out() -> Result<()> {
    let test = "reading::messages_batches_and_the_stream_mix_and_positions_follow_what_was_handed_out";
    let Some(kafka) = kafka(NEWEST, test).await else { return Ok(()) };
    let topic = new_topic(&kafka, "mix", 1).await?;
    fill(&kafka, &topic, 0..200).await?;
    let mut reader = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
    let position = |reader: &Reader| reader.positions().get(&(topic.as_str(), 0).into()).unwrap();
    assert_eq!(position(&reader), 0);
    let first = reader.next().await.unwrap()?;
    assert_eq!((first.offset(), position(&reader)), (0, 1));
    let batch = reader.next_batch().await.unwrap()?;
    let offsets: Vec<i64> = batch.iter().map(|message| message.offset()).collect();
    assert_eq!(offsets[0], 1, "the rest of the first message's batch");
    assert_eq!(position(&reader), offsets.last().unwrap() + 1);
    let some: Vec<i64> = reader.by_ref().take(20).map_ok(|m| m.offset()).try_collect().await?;
    assert_eq!(some[0], offsets.last().unwrap() + 1);
    assert_eq!(position(&reader), some.last().unwrap() + 1);
    assert_eq!(rest(&mut reader).await?, (some.last().unwrap() + 1..200).collect::<Vec<_>>());
    assert_eq!(position(&reader), 200);
    // A message outlives the reader, and forwards.
    drop((reader, batch));
    assert_eq!(first.value(), Some(&b"0"[..]));
    let copy = new_topic(&kafka, "copy", 1).await?;
    kafka.producer().await?.send(&copy, &first).await?;
    Ok(())
}

#[tokio::test]
async fn a_dropped_next_loses_no_message() -> Result<()> {
    let Some(kafka) = kafka(NEWEST, "reading::a_dropped_next_loses_no_message").await else { return Ok(()) };
    let topic = new_topic(&kafka, "cancelled", 1).await?;
    let mut reader = kafka.reader().topic(&topic, Offset::Earliest).await?;
    let writing = fill(&kafka, &topic, 0..500);
    let mut seen = Vec::new();
    let reading = async {
        while seen.len() < 500 {
            tokio::select! {
                biased;
                message = reader.next() => seen.push(message.unwrap()?.offset()),
                () = tokio::task::yield_now() => {}
            }
        }
        Result::Ok(())
    };
    let (written, read) = tokio::join!(writing, reading);
    written.and(read)?;
    assert_eq!(seen, (0..500).collect::<Vec<_>>());
    Ok(())
}

#[tokio::test]
async fn a_small_budget_brings_everything_and_nothing_twice() -> Result<()> {
    for version in everywhere() {
        let test = "reading::a_small_budget_brings_everything_and_nothing_twice";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "budget", 4).await?;
        let producer = kafka.producer().await?;
        for n in 0..8_000u32 {
            let partition = (n % 4) as i32;
            let record = Record::new(vec![7; 500]).key(n.to_be_bytes().to_vec()).partition(partition);
            producer.enqueue(&topic, record).await?.forget();
        }
        producer.close().await?;
        let builder = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end();
        let mut reader = builder.partition_max_bytes(20_000).fetch_buffer(50_000).await?;
        let mut next = [0u32, 1, 2, 3];
        while let Some(message) = reader.next().await {
            let message = message?;
            let expected = &mut next[message.partition() as usize];
            assert_eq!(message.key().unwrap(), expected.to_be_bytes());
            *expected += 4;
        }
        assert_eq!(next, [8_000, 8_001, 8_002, 8_003]);
    }
    Ok(())
}

#[tokio::test]
async fn a_record_over_every_limit_is_read_all_the_same() -> Result<()> {
    for version in everywhere() {
        let test = "reading::a_record_over_every_limit_is_read_all_the_same";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "large", 1).await?;
        let producer = kafka.producer().await?;
        producer.send(&topic, vec![1; 700_000]).await?;
        producer.send(&topic, "small").await?;
        let builder = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end();
        let mut reader =
            builder.fetch_max_bytes(1_000).partition_max_bytes(1_000).fetch_buffer(1_000).await?;
        assert_eq!(reader.next().await.unwrap()?.value().unwrap().len(), 700_000);
        assert_eq!(reader.next().await.unwrap()?.value(), Some(&b"small"[..]));
        assert!(reader.next().await.is_none());
    }
    Ok(())
}

#[tokio::test]
async fn what_java_has_compressed_is_read() -> Result<()> {
    for version in [OLDEST, NEWEST] {
        let test = "reading::what_java_has_compressed_is_read";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        for codec in ["gzip", "snappy", "lz4", "zstd"] {
            java_writes_and_we_read(broker, NewTopic::new(unique(codec)), codec).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn old_formats_are_read() -> Result<()> {
    let Some(broker) = broker(OLDEST, "reading::old_formats_are_read").await else { return Ok(()) };
    for format in ["0.9.0", "0.10.2"] {
        for codec in ["none", "gzip", "snappy", "lz4"] {
            let topic = NewTopic::new(unique(codec)).config("message.format.version", format);
            java_writes_and_we_read(broker, topic, codec).await?;
        }
    }
    Ok(())
}

async fn java_writes_and_we_read(broker: &TestKafka, topic: NewTopic, codec: &str) -> Result<()> {
    let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
    let created = kafka.admin().create_topics([topic.partitions(1)]).await?.all()?;
    let topic = &created[0].0;
    let lines: Vec<String> = (0..3_000).map(|n| format!("{n} {}", "compressible ".repeat(n % 9))).collect();
    let args = ["--topic", topic, "--compression-codec", codec];
    broker.console_producer().args(args).stdin(lines.join("\n")).run().await.unwrap();
    let reader = kafka.reader().topic(topic, Offset::Earliest).stop_at_end().await?;
    let read: Vec<Message> = reader.try_collect().await?;
    let values = read.iter().map(|message| message.value().unwrap());
    assert!(values.eq(lines.iter().map(String::as_bytes)), "{topic}");
    // From the middle of a compressed batch as well.
    let reader = kafka.reader().assign([((topic.as_str(), 0), Offset::At(1_234))]).stop_at_end().await?;
    let rest: Vec<i64> = reader.map_ok(|message| message.offset()).try_collect().await?;
    assert!(rest.into_iter().eq(1_234..3_000), "{topic}");
    Ok(())
}
