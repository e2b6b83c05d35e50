use super::{producer, report};
use kafka_sdk::producer::Topic;
use kafka_sdk::{Record, Result};
use kafka_sdk_benches::harness::{Job, Meter, POOL, Payloads, Report};
use std::time::{Duration, Instant};

pub(super) async fn run(job: &Job) -> Result<Report> {
    let producer = producer(job).await?;
    let topic = producer.topic(&job.topic).await?;
    let mut payloads = Payloads::of(job);
    let warm_up_records = enqueue(&topic, &mut payloads, job.warm_up()).await?;
    producer.flush().await?;
    let meter = Meter::start();
    let records = enqueue(&topic, &mut payloads, job.duration()).await?;
    producer.flush().await?;
    Ok(report(warm_up_records, meter.stop(records)))
}

/// What becomes of a single record is not looked at: the broker counts.
async fn enqueue(topic: &Topic, payloads: &mut Payloads, time: Duration) -> Result<u64> {
    let begun = Instant::now();
    let mut records = 0;
    while begun.elapsed() < time {
        for _ in 0..POOL {
            let (value, partition) = payloads.take();
            topic.enqueue(Record::new(value).partition(partition)).await?.forget();
        }
        records += POOL as u64;
    }
    Ok(records)
}
