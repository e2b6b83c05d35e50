use super::{config, is_best, report};
use kafka_sdk_benches::harness::{
    Codec, Held, Job, Latencies, Meter, POOL, Pacer, Payloads, Report, resident_bytes,
};
use rdkafka::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// What it tells of records: those that failed, and how long they took where that is asked for.
struct Reports {
    failed: AtomicU64,
    begun: Instant,
    latencies: Option<Mutex<Latencies>>,
}

impl ClientContext for Reports {}

/// When a record was due, in nanoseconds from the beginning; 0 for one whose latency does not count.
type Due = usize;

impl ProducerContext for Reports {
    type DeliveryOpaque = Due;

    fn delivery(&self, result: &DeliveryResult<'_>, due: Due) {
        if result.is_err() {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        if let (Some(latencies), 1..) = (&self.latencies, due) {
            let latency = self.begun.elapsed().saturating_sub(Duration::from_nanos(due as u64));
            latencies.lock().expect("nobody panics with it").record(latency);
        }
    }
}

struct Producer {
    producer: BaseProducer<Reports>,
    topic: String,
    queue_full: AtomicU64,
}

impl Producer {
    fn new(job: &Job, latencies: Option<Mutex<Latencies>>) -> Self {
        let mut config = config(job);
        config.set("acks", "all").set("enable.idempotence", job.idempotent.to_string());
        if let Some(bytes) = job.batch_bytes {
            config.set("batch.size", bytes.to_string());
            config.set("message.max.bytes", bytes.max(1_000_000).to_string());
        }
        if let Some(linger) = job.linger_ms {
            config.set("linger.ms", linger.to_string());
        }
        if let Some(records) = job.records {
            config.set("queue.buffering.max.messages", records.to_string());
        }
        if job.compression == Codec::Lz4 {
            config.set("compression.type", "lz4");
        }
        config.set("socket.nagle.disable", "true");
        if is_best(job) {
            // Those who want to know each record's fate need the reports; the throughput tasks here do not.
            config.set("delivery.report.only.error", latencies.is_none().to_string());
        }
        let reports = Reports { failed: AtomicU64::new(0), begun: Instant::now(), latencies };
        let producer = config.create_with_context(reports).expect("the settings are right");
        Self { producer, topic: job.topic.clone(), queue_full: AtomicU64::new(0) }
    }

    /// Offers the record again until there is room: only what was taken counts.
    fn send(&self, (value, partition): (&[u8], i32), due: Due) {
        while !self.try_send((value, partition), due) {
            self.queue_full.fetch_add(1, Ordering::Relaxed);
            self.producer.poll(Duration::from_millis(1));
        }
    }

    fn try_send(&self, (value, partition): (&[u8], i32), due: Due) -> bool {
        let record: BaseRecord<'_, (), [u8], Due> =
            BaseRecord::with_opaque_to(&self.topic, due).payload(value).partition(partition);
        match self.producer.send(record) {
            Ok(()) => true,
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => false,
            Err((error, _)) => panic!("{error}"),
        }
    }

    fn send_for(&self, payloads: &mut Payloads, time: Duration) -> u64 {
        let begun = Instant::now();
        let mut records = 0;
        while begun.elapsed() < time {
            for _ in 0..POOL {
                self.send(payloads.take(), 0);
            }
            self.producer.poll(Duration::ZERO);
            records += POOL as u64;
        }
        records
    }

    fn flush(&self) {
        self.producer.flush(Duration::from_secs(60)).expect("everything is acknowledged");
    }

    fn finish(&self, report: Report) -> Report {
        Report {
            failed: self.producer.context().failed.load(Ordering::Relaxed),
            queue_full: self.queue_full.load(Ordering::Relaxed),
            ..report
        }
    }
}

pub(super) fn produce(job: &Job) -> Report {
    let producer = Producer::new(job, None);
    let mut payloads = Payloads::of(job);
    let warm_up_records = producer.send_for(&mut payloads, job.warm_up());
    producer.flush();
    let meter = Meter::start();
    let records = producer.send_for(&mut payloads, job.duration());
    producer.flush();
    producer.finish(report(warm_up_records, meter.stop(records)))
}

/// The reports come in a thread of their own, as with the crate's `ThreadedProducer`.
pub(super) fn latency(job: &Job) -> Report {
    let producer = Arc::new(Producer::new(job, Some(Mutex::default())));
    let mut payloads = Payloads::of(job);
    // The first record asks for metadata and a producer id.
    producer.send(payloads.take(), 0);
    producer.flush();
    let over = AtomicBool::new(false);
    let (pacer, meter) = (Pacer::new(job), OnceLock::new());
    let lateness = thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                producer.producer.poll(Duration::from_millis(100));
            }
        });
        let pacing = scope.spawn(|| {
            pacer.run(job.pacer_core, |number, due| {
                if number == pacer.warm_up() {
                    meter.get_or_init(Meter::start);
                }
                let counts = number >= pacer.warm_up();
                let due = due.duration_since(producer.producer.context().begun).as_nanos() as usize;
                producer.send(payloads.take(), if counts { due } else { 0 });
            })
        });
        let lateness = pacing.join().expect("the pacer does not panic");
        while producer.producer.in_flight_count() > 0 {
            thread::sleep(Duration::from_millis(10));
        }
        over.store(true, Ordering::Relaxed);
        lateness
    });
    let latencies = producer.producer.context().latencies.as_ref().expect("it was asked for");
    let latency = latencies.lock().expect("nobody panics with it").summary(&lateness);
    let measured = meter.get().expect("the warm-up has an end").stop(pacer.records());
    producer.finish(Report { latency: Some(latency), ..report(pacer.warm_up() + 1, measured) })
}

pub(super) fn fill(job: &Job) -> Report {
    let producer = Producer::new(job, None);
    let mut payloads = Payloads::of(job);
    let (resident, meter) = (resident_bytes(), Meter::start());
    let (mut records, mut held, mut full) = (0, Vec::new(), false);
    while !full && records < job.records.unwrap_or(u64::MAX) {
        full = !producer.try_send(payloads.take(), 0);
        records += u64::from(!full);
        if full || records % 10_000 == 0 {
            thread::sleep(Duration::from_millis(20));
            let resident_bytes = resident_bytes().saturating_sub(resident);
            held.push(Held { records, heap_bytes: None, resident_bytes });
        }
    }
    let report = Report { held, queue_full: u64::from(full), ..report(0, meter.stop(records)) };
    report.print();
    // Giving up what is queued would take a while, and is not asked for.
    std::process::exit(0);
}
