use super::{connect, report};
use kafka_sdk::{Offset, Reader, Result};
use kafka_sdk_benches::harness::{Job, Meter, POOL, Report, Way};
use std::time::Instant;

pub(super) async fn run(job: &Job) -> Result<Report> {
    let mut reader = connect(job).await?.reader().topic(&job.topic, Offset::Earliest).await?;
    let most = job.records.unwrap_or(u64::MAX);
    let mut warm_up_records = 0;
    let begun = Instant::now();
    while job.records.is_none() && begun.elapsed() < job.warm_up() {
        warm_up_records += some(&mut reader, job.way).await?;
    }
    let meter = Meter::start();
    let (begun, mut records) = (Instant::now(), 0);
    while records < most && begun.elapsed() < job.duration() {
        records += some(&mut reader, job.way).await?;
    }
    Ok(report(warm_up_records, meter.stop(records)))
}

/// So many that reading the clock after them does not count.
async fn some(reader: &mut Reader, way: Way) -> Result<u64> {
    if way == Way::Borrowed { borrowed(reader).await } else { owned(reader).await }
}

async fn borrowed(reader: &mut Reader) -> Result<u64> {
    let Some(batch) = reader.next_batch().await.transpose()? else { return Ok(0) };
    let bytes: usize = batch.iter().filter_map(|message| message.value()).map(<[u8]>::len).sum();
    std::hint::black_box(bytes);
    Ok(batch.len() as u64)
}

async fn owned(reader: &mut Reader) -> Result<u64> {
    let mut bytes = 0;
    for _ in 0..POOL {
        let Some(message) = reader.next().await.transpose()? else { break };
        bytes += message.value().map_or(0, <[u8]>::len);
    }
    std::hint::black_box(bytes);
    Ok(POOL as u64)
}
