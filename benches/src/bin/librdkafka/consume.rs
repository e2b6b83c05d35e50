use super::{config, is_best, report};
use kafka_sdk_benches::harness::{Drains, Job, Meter, POOL, Report, Way};
use rdkafka::bindings::{
    rd_kafka_consume_batch_queue, rd_kafka_message_destroy, rd_kafka_message_t, rd_kafka_queue_get_consumer,
    rd_kafka_queue_t,
};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Message, Offset, TopicPartitionList};
use std::ptr;
use std::thread;
use std::time::{Duration, Instant};

pub(super) fn run(job: &Job) -> Report {
    let consumer = consumer(job);
    let mut source: Box<dyn FnMut() -> u64> = match job.way {
        Way::BatchQueue => Box::new(batch_queue(&consumer)),
        _ => Box::new(|| poll(&consumer)),
    };
    let most = job.records.unwrap_or(u64::MAX);
    let mut warm_up_records = 0;
    if job.records.is_none() {
        // The time begins with the first records, as some clients take a second until then.
        while warm_up_records == 0 {
            warm_up_records += source();
        }
        let begun = Instant::now();
        while begun.elapsed() < job.warm_up() {
            warm_up_records += source();
        }
    }
    let meter = Meter::start();
    let (begun, mut records) = (Instant::now(), 0);
    while records < most && begun.elapsed() < job.duration() {
        records += source();
    }
    report(warm_up_records, meter.stop(records)).print();
    // Closing would wait for a group that is not there.
    std::process::exit(0);
}

pub(super) fn resume(job: &Job) -> Report {
    let consumer = consumer(job);
    // Some clients take a second until the first records come.
    while poll(&consumer) == 0 {}
    let (mut drains, meter) = (Drains::new(job), Meter::start());
    while let Some(pause) = drains.pause() {
        thread::sleep(pause);
        let until = drains.reading_until();
        while Instant::now() < until {
            let asked = Instant::now();
            let came = consumer.poll(Duration::from_secs(5)).expect("a record within 5 s");
            std::hint::black_box(came.expect("no error").payload().map_or(0, <[u8]>::len));
            drains.came(1, asked.elapsed());
        }
    }
    let measured = meter.stop(drains.records);
    Report { latency: Some(drains.waits()), ..report(drains.warm_up_records, measured) }.print();
    // Closing would wait for a group that is not there.
    std::process::exit(0);
}

fn consumer(job: &Job) -> BaseConsumer {
    let mut config = config(job);
    // Without a group's name the crate does not assign; it is not used.
    config
        .set("group.id", "none")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false");
    // As the other clients do.
    config.set("check.crcs", "true");
    if is_best(job) {
        config.set("queued.min.messages", "1000000").set("fetch.queue.backoff.ms", "1");
    }
    let consumer: BaseConsumer = config.create().expect("the settings are right");
    let mut partitions = TopicPartitionList::new();
    for partition in 0..job.partitions {
        partitions.add_partition_offset(&job.topic, partition, Offset::Beginning).expect("an offset");
    }
    consumer.assign(&partitions).expect("partitions");
    consumer
}

/// A message at a time, borrowed from librdkafka.
fn poll(consumer: &BaseConsumer) -> u64 {
    let (mut records, mut bytes) = (0, 0);
    while records < POOL as u64 {
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => {
                bytes += message.payload().map_or(0, <[u8]>::len);
                records += 1;
            }
            Some(Err(error)) => panic!("{error}"),
            None => break,
        }
    }
    std::hint::black_box(bytes);
    records
}

/// Many messages at a time, by C's function: the crate has none.
fn batch_queue(consumer: &BaseConsumer) -> impl FnMut() -> u64 {
    const MOST: usize = 10_000;
    // SAFETY: the client outlives the queue, which is never given back.
    let queue: *mut rd_kafka_queue_t = unsafe { rd_kafka_queue_get_consumer(consumer.client().native_ptr()) };
    let mut messages: Vec<*mut rd_kafka_message_t> = vec![ptr::null_mut(); MOST];
    move || {
        // SAFETY: there is room for as many messages as are asked for, and those that come are valid until destroyed.
        unsafe {
            let count = rd_kafka_consume_batch_queue(queue, 100, messages.as_mut_ptr(), MOST);
            let taken = &messages[..usize::try_from(count).expect("no error")];
            let (mut records, mut bytes) = (0, 0);
            for &message in taken {
                records += u64::from((*message).err as i32 == 0);
                bytes += (*message).len;
                rd_kafka_message_destroy(message);
            }
            std::hint::black_box(bytes);
            records
        }
    }
}
