//! Producers without a linger time: who enqueues sends, where nothing else is on its way.

use crate::common::{EMBEDDED, broker, everywhere, kafka, new_topic, values, values_by_java};
use kafka_sdk::{Kafka, Result};
use std::thread;
use std::time::Duration;
use tokio::runtime::Handle;

#[tokio::test]
async fn a_record_to_an_idle_producer_is_written_by_who_enqueues_it() -> Result<()> {
    let test = "at_once::a_record_to_an_idle_producer_is_written_by_who_enqueues_it";
    for version in everywhere() {
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "at-once", 1).await?;
        let producer = kafka.producer().linger(Duration::ZERO).await?;
        let handle = producer.topic(&topic).await?;
        handle.send("first").await?;
        let bytes_out = || kafka.metrics().brokers.iter().map(|broker| broker.bytes_out).sum::<u64>();
        // There is one thread, so no task does anything in between.
        for _ in 0..20 {
            let before = bytes_out();
            let delivery = handle.try_enqueue("next")?;
            let after = bytes_out();
            assert!(after > before, "{version}");
            let another = handle.try_enqueue("behind it")?;
            assert_eq!(bytes_out(), after, "{version}: something is on its way");
            delivery.await?;
            another.await?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_that_send_by_themselves_lose_double_and_swap_nothing() -> Result<()> {
    const THREADS: u32 = 4;
    const RECORDS: u32 = 300;
    let test = "at_once::threads_that_send_by_themselves_lose_double_and_swap_nothing";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "at-once", 1).await?;
        let producer = kafka.producer().linger(Duration::ZERO).await?;
        let handle = producer.topic(&topic).await?;
        let runtime = Handle::current();
        let threads = (0..THREADS).map(|own| {
            let (handle, runtime) = (handle.clone(), runtime.clone());
            thread::spawn(move || {
                for n in 0..RECORDS {
                    let delivery = handle.try_enqueue(format!("{own} {n}"))?;
                    // At times it is idle, at others not.
                    if n % 3 == 0 {
                        runtime.block_on(delivery)?;
                    }
                }
                Ok(())
            })
        });
        let threads: Vec<thread::JoinHandle<Result<()>>> = threads.collect();
        for thread in threads {
            tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap()?;
        }
        producer.flush().await?;
        let read = match version {
            EMBEDDED => values(&kafka, &topic).await?,
            _ => values_by_java(broker, &topic).await,
        };
        assert_eq!(read.len(), (THREADS * RECORDS) as usize, "{version}");
        for own in 0..THREADS {
            let of_thread = read.iter().filter_map(|value| value.strip_prefix(&format!("{own} ")));
            assert!(of_thread.eq((0..RECORDS).map(|n| n.to_string())), "{version}");
        }
    }
    Ok(())
}
