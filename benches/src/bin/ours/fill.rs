use super::{producer, report};
use kafka_sdk::{ErrorKind, Record, Result};
use kafka_sdk_benches::harness::{Heap, Held, Job, Meter, Payloads, Report, resident_bytes};
use std::time::Duration;
use tokio::time::sleep;

/// Records between two looks at the memory.
const STEP: u64 = 10_000;

pub(super) async fn run(job: &Job) -> Result<Report> {
    let producer = producer(job).await?;
    let topic = producer.topic(&job.topic).await?;
    let mut payloads = Payloads::of(job);
    let (heap, resident) = (Heap::bytes().unwrap_or_default(), resident_bytes());
    let meter = Meter::start();
    let (mut records, mut held, mut full) = (0, Vec::new(), false);
    while !full && records < job.records.unwrap_or(u64::MAX) {
        let (value, partition) = payloads.take();
        match topic.try_enqueue(Record::new(value).partition(partition)) {
            Ok(delivery) => delivery.forget(),
            Err(error) if error.kind() == ErrorKind::Full => full = true,
            Err(error) => return Err(error),
        }
        records += u64::from(!full);
        if full || records % STEP == 0 {
            // The sender takes what it is going to take.
            sleep(Duration::from_millis(20)).await;
            held.push(Held {
                records,
                heap_bytes: Heap::bytes().map(|now| (now - heap).max(0) as u64),
                resident_bytes: resident_bytes().saturating_sub(resident),
            });
        }
    }
    Ok(Report { held, queue_full: u64::from(full), ..report(0, meter.stop(records)) })
}
