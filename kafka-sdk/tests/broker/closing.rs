//! How a producer ends, whatever the cluster does.

use crate::common::{broker, everywhere, new_topic, values};
use futures_util::{SinkExt, StreamExt, stream};
use kafka_sdk::{BatchReport, Delivery, ErrorKind, Kafka, Offset, Producer, Record, Result, Written};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::time::{Instant, timeout};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn with_a_broker_that_is_silent_closing_keeps_its_time_and_resolves_everything() -> Result<()> {
    for version in everywhere() {
        let test = "closing::with_a_broker_that_is_silent_closing_keeps_its_time_and_resolves_everything";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let name = new_topic(&kafka, "closing", 1).await?;
        let producer = kafka.producer().buffer_memory(1 << 20).await?;
        let topic = producer.topic(&name).await?;
        topic.send("first").await?;
        proxy.intercept(Rule::on(Api::Produce).always().react(Reaction::Swallow)).unwrap();
        let mut deliveries: Vec<Delivery> = Vec::new();
        while let Ok(delivery) = topic.try_enqueue(vec![0; 1_000]) {
            deliveries.push(delivery);
            // The sender has its turn: some of them are on their way.
            tokio::task::yield_now().await;
        }
        let start = Instant::now();
        let waiting = topic.enqueue(vec![0; 1_000]);
        // Twice at the same time, the buffer full and somebody waiting for room.
        let (waiting, one, two) =
            tokio::join!(waiting, producer.close_within(SECOND), producer.close_within(SECOND));
        assert!((SECOND..3 * SECOND).contains(&start.elapsed()), "{:?}", start.elapsed());
        assert_eq!(waiting.unwrap_err().kind(), ErrorKind::Closed);
        let late = [one, two].map(Result::unwrap_err);
        assert_eq!(late.each_ref().map(kafka_sdk::Error::kind), [ErrorKind::Timeout; 2]);
        let text = format!("{} records were given up", deliveries.len());
        assert!(late.iter().all(|error| error.to_string().starts_with(&text)), "{late:?}");
        let errors = deliveries.iter().map(|delivery| delivery.now().expect("resolved").unwrap_err());
        let written: Vec<Written> = errors.map(|error| error.written()).collect();
        assert!(written.contains(&Written::Maybe) && written.contains(&Written::No));
        producer.close().await?;
        assert_eq!(topic.send("late").await.unwrap_err().kind(), ErrorKind::Closed);
        let start = Instant::now();
        drop((topic, producer));
        assert!(start.elapsed() < SECOND / 10, "{:?}", start.elapsed());
    }
    Ok(())
}

#[tokio::test]
async fn the_function_for_batches_may_use_the_producer_that_calls_it() -> Result<()> {
    for version in everywhere() {
        let test = "closing::the_function_for_batches_may_use_the_producer_that_calls_it";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "closing", 1).await?;
        let own: Arc<OnceLock<Producer>> = Arc::default();
        let function = {
            let (own, topic) = (own.clone(), topic.clone());
            move |batch: &BatchReport<'_>| {
                let producer = own.get().unwrap().clone();
                if batch.result().is_ok_and(|base_offset| base_offset == 0) {
                    producer.try_enqueue(&topic, format!("{} queued", producer.queued())).unwrap().forget();
                }
                tokio::spawn(async move { producer.flush().await });
            }
        };
        let producer = kafka.producer().on_batch(function).await?;
        own.set(producer.clone()).unwrap();
        producer.send(&topic, "first").await?;
        timeout(20 * SECOND, producer.close()).await.expect("nobody waits for himself")?;
        let values = values(&kafka, &topic).await?;
        assert_eq!((values.len(), values[0].as_str()), (2, "first"), "{version}: {values:?}");
    }
    Ok(())
}

#[tokio::test]
async fn failed_records_are_in_the_report_and_can_be_sent_again() -> Result<()> {
    for version in everywhere() {
        let test = "closing::failed_records_are_in_the_report_and_can_be_sent_again";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "closing", 1).await?;
        let failed = Arc::new(Mutex::new(Vec::new()));
        let keep = failed.clone();
        let producer = kafka
            .producer()
            .compression(kafka_sdk::model::Compression::Lz4)
            .on_batch(move |batch| {
                assert!(batch.len() > 0 && batch.partition() == 0);
                if batch.result().is_err() {
                    let kept = batch.records().map(|record| Record::from(record).into_owned());
                    keep.lock().unwrap().extend(kept);
                }
            })
            .await?;
        producer.send(&topic, "written").await?;
        let refuse = Reaction::Answer(kafka_sdk::ErrorCode::INVALID_RECORD);
        proxy.intercept(Rule::on(Api::Produce).times(1).react(refuse)).unwrap();
        let lost = "lost ".repeat(100);
        for n in 0..5 {
            let record = Record::new(&lost).key("k").header("n", n.to_string());
            producer.enqueue(&topic, record).await?.forget();
        }
        producer.flush().await?;
        let records: Vec<Record<'static>> = failed.lock().unwrap().drain(..).collect();
        assert_eq!(records.len(), 5);
        for record in records {
            producer.send(&topic, record).await?;
        }
        producer.close().await?;
        let mut reader = kafka.reader().topic(&topic, Offset::At(1)).stop_at_end().await?;
        let mut n = 0;
        while let Some(message) = reader.next().await {
            let message = message?;
            assert_eq!((message.value().unwrap(), message.key()), (lost.as_bytes(), Some(&b"k"[..])));
            assert_eq!(message.header("n").unwrap(), n.to_string().as_bytes());
            n += 1;
        }
        assert_eq!(n, 5);
    }
    Ok(())
}

#[tokio::test]
async fn a_sink_writes_in_order_and_its_close_waits_for_the_acknowledgements() -> Result<()> {
    for version in everywhere() {
        let test = "closing::a_sink_writes_in_order_and_its_close_waits_for_the_acknowledgements";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let name = new_topic(&kafka, "closing", 1).await?;
        // Little memory: the sink has to wait for room.
        let producer = kafka.producer().buffer_memory(1 << 20).await?;
        let mut sink = producer.topic(&name).await?.sink();
        let value = |n: u32| [&n.to_be_bytes()[..], &[0; 1_000]].concat();
        sink.send_all(&mut stream::iter(0..5_000).map(|n| Ok(Record::new(value(n))))).await?;
        sink.close().await?;
        assert_eq!(producer.queued(), 0);
        let mut reader = kafka.reader().topic(&name, Offset::Earliest).stop_at_end().await?;
        let mut n = 0;
        while let Some(batch) = reader.next_batch().await {
            for message in &batch? {
                assert!(message.value() == Some(&value(n)));
                n += 1;
            }
        }
        assert_eq!(n, 5_000);
    }
    Ok(())
}
