//! Applications that take their time: what is held for them, and how soon they have more.

use crate::common::{broker, everywhere, heavy, kafka, new_topic, until};
use kafka_sdk::{Kafka, Offset, Reader, Result};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Longer than anything should take.
const PATIENCE: Duration = Duration::from_secs(30);

async fn next(reader: &mut Reader) -> Result<(i32, i64)> {
    let message = timeout(PATIENCE, reader.next()).await.unwrap().unwrap()?;
    Ok((message.partition(), message.offset()))
}

/// Bytes that are held, were fetched and were handed out.
fn bytes(kafka: &Kafka) -> (usize, u64, u64) {
    let readers = kafka.metrics().readers;
    let partitions = readers[0].partitions.iter();
    let add = |(held, fetched, delivered), it: &kafka_sdk::observe::ReaderPartitionMetrics| {
        (held + it.buffered_bytes, fetched + it.fetched_bytes, delivered + it.delivered_bytes)
    };
    partitions.fold((0, 0, 0), add)
}

#[tokio::test]
async fn a_reader_that_sleeps_holds_its_budget_and_one_batch_and_goes_on_without_fetching_twice() -> Result<()>
{
    const PARTITIONS: i32 = 50;
    const EACH: i64 = 20;
    const BUDGET: usize = 300_000;
    /// No batch is larger. A fetch takes many of them: the one that is cut at its end comes again.
    const BATCH: usize = 3_000;
    const FETCH: usize = 24_000;
    let _turn = heavy().await;
    for version in everywhere() {
        let test = "slow_reader::a_reader_that_sleeps_holds_its_budget_and_one_batch_and_goes_on_without_fetching_twice";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "loaded", PARTITIONS).await?;
        let producer = kafka.producer().batch_size(2_000).await?;
        for _ in 0..EACH {
            for partition in 0..PARTITIONS {
                let record = kafka_sdk::Record::new(vec![7; 1_000]).partition(partition);
                producer.enqueue(&topic, record).await?.forget();
            }
        }
        producer.close().await?;
        let builder = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end();
        let mut reader = builder.partition_max_bytes(FETCH).fetch_buffer(BUDGET).await?;
        until("it is full", async || Ok(bytes(&kafka).0 + 2 * BATCH > BUDGET)).await?;
        // Nothing can show that no more comes but to wait.
        for _ in 0..50 {
            sleep(Duration::from_millis(10)).await;
            let (held, ..) = bytes(&kafka);
            assert!(held <= BUDGET + BATCH, "{held} bytes");
        }
        let mut read = vec![0; PARTITIONS as usize];
        // One of them is paused for a while: what it has fetched is kept.
        let (paused, _) = next(&mut reader).await?;
        read[paused as usize] += 1;
        reader.pause([(topic.as_str(), paused)])?;
        for n in 1..PARTITIONS as i64 * EACH {
            if n == 500 {
                reader.resume([(topic.as_str(), paused)])?;
            }
            let (partition, offset) = next(&mut reader).await?;
            assert_eq!(offset, read[partition as usize], "of partition {partition}");
            assert!(partition != paused || n >= 500);
            read[partition as usize] += 1;
        }
        assert!(reader.next().await.is_none());
        let (_, fetched, delivered) = bytes(&kafka);
        println!("{version}: {fetched} bytes were fetched, {delivered} handed out");
        assert!(fetched * 100 <= delivered * 105, "{fetched} bytes were fetched, {delivered} handed out");
    }
    Ok(())
}

/// A budget that is used up is waited for by nothing but the drain: between two records there is never more than the one
/// fetch that the drain has started, also where brokers would wait for a minute.
#[tokio::test]
async fn after_a_drain_the_next_records_are_one_round_trip_away() -> Result<()> {
    let round_trip = Duration::from_millis(300);
    let _turn = heavy().await;
    for version in everywhere() {
        let test = "slow_reader::after_a_drain_the_next_records_are_one_round_trip_away";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let direct = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&direct, "drain", 1).await?;
        let producer = direct.producer().batch_size(1_000).await?;
        for _ in 0..60 {
            producer.enqueue(&topic, vec![7; 1_000]).await?.forget();
        }
        producer.close().await?;
        let slow = Rule::on(Api::Fetch).always().react(Reaction::Delay(round_trip));
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).rule(slow).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let builder = kafka.reader().topic(&topic, Offset::Earliest).fetch_max_wait(Duration::from_secs(60));
        let mut reader = builder.partition_max_bytes(16_000).fetch_buffer(16_000).await?;
        next(&mut reader).await?;
        let (mut last, mut longest) = (Instant::now(), Duration::ZERO);
        for _ in 1..60 {
            next(&mut reader).await?;
            longest = longest.max(last.elapsed());
            last = Instant::now();
        }
        println!("{version}: at most {longest:?} between two records, at {round_trip:?} a round trip");
        assert!(longest < round_trip.mul_f64(1.8), "{longest:?}");
    }
    Ok(())
}
