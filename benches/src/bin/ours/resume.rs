use super::{connect, report};
use kafka_sdk::{Offset, Result};
use kafka_sdk_benches::harness::{Drains, Job, Meter, Report};
use std::time::Instant;
use tokio::time::sleep;

pub(super) async fn run(job: &Job) -> Result<Report> {
    let mut reader = connect(job).await?.reader().topic(&job.topic, Offset::Earliest).await?;
    let (mut drains, meter) = (Drains::new(job), Meter::start());
    while let Some(pause) = drains.pause() {
        sleep(pause).await;
        let until = drains.reading_until();
        while Instant::now() < until {
            let asked = Instant::now();
            let Some(batch) = reader.next_batch().await.transpose()? else { break };
            drains.came(batch.len() as u64, asked.elapsed());
        }
    }
    let measured = meter.stop(drains.records);
    Ok(Report { latency: Some(drains.waits()), ..report(drains.warm_up_records, measured) })
}
