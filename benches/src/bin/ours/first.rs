use super::{NAME, connect};
use kafka_sdk::consumer::GroupProtocol;
use kafka_sdk::{Reset, Result};
use kafka_sdk_benches::harness::{Job, Protocol, Timings};
use std::time::Instant;

/// `first` is from subscribing on, as the client is connected by then; `connecting` is from before that.
pub(super) async fn run(job: &Job) -> Result<()> {
    println!("{NAME}");
    for group in job.group_names() {
        let began = Instant::now();
        let kafka = connect(job).await?;
        let subscribed = Instant::now();
        let consumer = kafka.consumer(&group).topics([&job.topic]).offset_reset(Reset::Earliest);
        let mut consumer = consumer.group_protocol(protocol(job.protocol)).await?;
        let first = consumer.next().await.transpose()?;
        let (first_in, connecting) = (subscribed.elapsed(), began.elapsed());
        assert!(first.is_some(), "a consumer that nobody has closed goes on");
        println!("{}", Timings::default().and("first", first_in).and("connecting", connecting));
        drop(first);
        consumer.close().await?;
    }
    Ok(())
}

fn protocol(protocol: Protocol) -> GroupProtocol {
    match protocol {
        Protocol::Classic => GroupProtocol::Classic,
        Protocol::Consumer => GroupProtocol::Consumer,
    }
}
