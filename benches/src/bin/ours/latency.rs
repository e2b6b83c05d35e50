use super::{producer, report};
use kafka_sdk::{Record, Result};
use kafka_sdk_benches::harness::{Job, Latencies, Meter, Pacer, Payloads, Report};
use std::thread;
use tokio::sync::mpsc::unbounded_channel;

pub(super) async fn run(job: &Job) -> Result<Report> {
    let producer = producer(job).await?;
    let topic = producer.topic(&job.topic).await?;
    let pacer = Pacer::new(job);
    let warm_up = pacer.warm_up();
    let (sent, mut deliveries) = unbounded_channel();
    let (core, mut payloads) = (job.pacer_core, Payloads::of(job));
    let pacing = thread::spawn(move || {
        pacer.run(core, |number, due| {
            let (value, partition) = payloads.take();
            let delivery = topic.try_enqueue(Record::new(value).partition(partition));
            let _ = sent.send((number, due, delivery.expect("there is room")));
        })
    });
    let (mut latencies, mut meter, mut measured) = (Latencies::default(), Meter::start(), 0);
    while let Some((number, due, delivery)) = deliveries.recv().await {
        if number == warm_up {
            meter = Meter::start();
        }
        delivery.await?;
        if number >= warm_up {
            latencies.record(due.elapsed());
            measured += 1;
        }
    }
    let measured = meter.stop(measured);
    let lateness = pacing.join().expect("the pacer does not panic");
    Ok(Report { latency: Some(latencies.summary(&lateness)), ..report(warm_up, measured) })
}
