use super::{config, name};
use kafka_sdk_benches::harness::{Job, Protocol, Timings};
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::time::{Duration, Instant};

/// The client is there when it subscribes; it connects then.
pub(super) fn run(job: &Job) {
    println!("{}", name());
    for group in job.group_names() {
        let mut config = config(job);
        config.set("group.id", &group).set("auto.offset.reset", "earliest").set("check.crcs", "true");
        let protocol = match job.protocol {
            Protocol::Classic => "classic",
            Protocol::Consumer => "consumer",
        };
        let consumer: BaseConsumer =
            config.set("group.protocol", protocol).create().expect("the settings are right");
        let subscribed = Instant::now();
        consumer.subscribe(&[&job.topic]).expect("a topic");
        // It gives nothing, too, when it has served a rebalance.
        let first = std::iter::repeat_with(|| consumer.poll(Duration::from_secs(30)));
        let first = first.flatten().next().expect("it is polled until a record comes");
        let first_in = subscribed.elapsed();
        drop(first.expect("no error"));
        println!("{}", Timings::default().and("first", first_in));
    }
}
