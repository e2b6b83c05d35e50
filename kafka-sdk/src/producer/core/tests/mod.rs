//! The sender on made-up time, with made-up brokers.

mod batches;
mod compression;
mod ends;
mod failures;
mod leaders;
mod memory;

use super::super::partition::Refused;
use super::super::placing::TopicState;
use super::super::ready::ReadyStream;
use super::super::report::OnBatch;
use super::super::settings::Settings;
use super::*;
use crate::error::Written;
use crate::model::{Acks, Compression, Placed, Record};
use crate::producer::Delivery;
use futures_util::{FutureExt, StreamExt};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::records::{BatchHeader, batches};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

const MS: Duration = Duration::from_millis(1);

/// A sender whose connections are numbers, and what goes in and out of it.
struct World {
    /// Holds the made-up clock, which batches are stamped by; nothing runs on it.
    clock: Runtime,
    now: Instant,
    core: SenderCore<u32>,
    shared: Arc<Shared>,
    topics: Arc<Topics>,
    news: ReadyStream,
    topic: Arc<TopicState>,
    /// Calls that nobody has answered.
    calls: Vec<Call<u32>>,
}

struct Options {
    partitions: usize,
    linger: Duration,
    batch_size: usize,
    buffer_memory: usize,
    availability_timeout: Duration,
    compression: Compression,
    acks: Acks,
    on_batch: Option<OnBatch>,
}

const DEFAULT: Options = Options {
    partitions: 1,
    linger: Duration::ZERO,
    batch_size: 16 << 10,
    buffer_memory: 32 << 20,
    availability_timeout: Duration::ZERO,
    compression: Compression::None,
    acks: Acks::All,
    on_batch: None,
};

impl World {
    fn new(options: &Options) -> Self {
        let (shared, news) = Shared::new(Settings {
            buffer_memory: options.buffer_memory,
            batch_size: options.batch_size,
            linger: options.linger,
            availability_timeout: options.availability_timeout,
            compression: options.compression,
            acks: options.acks,
            on_batch: options.on_batch.clone(),
            ..Settings::default()
        });
        let shared = Arc::new(shared);
        let topics = Arc::new(Topics::new(shared.clone()));
        let known = Snapshot::led_by(Uuid::ZERO, &vec![1; options.partitions], 0);
        let topic = topics.insert(known.topic("t").unwrap(), None);
        let core = SenderCore::new(shared.clone(), topics.clone());
        let clock = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let now = clock.block_on(async { Instant::now() });
        let mut world = Self { clock, now, core, shared, topics, news, topic, calls: Vec::new() };
        world.learn(known);
        world
    }

    /// As [`Self::new`], with a connection to broker 1 and a producer id, and the first batch of every partition
    /// acknowledged.
    fn running(options: &Options) -> Self {
        let mut world = Self::new(options);
        let deliveries: Vec<Delivery> =
            (0..options.partitions).map(|p| world.append(p as i32, "first")).collect();
        world.pass(options.linger);
        assert!(matches!(world.calls.remove(0), Call::Identify));
        world.reply(Reply::Identified(Ok(Identity { id: 7, epoch: 0 })));
        world.compress_all();
        assert!(matches!(world.calls.remove(0), Call::Connect(1)));
        world.reply(Reply::Connected { broker: 1, outcome: Ok(0) });
        world.acknowledge_all();
        deliveries.into_iter().for_each(|delivery| assert!(world.outcome(delivery).is_ok()));
        world
    }

    fn append(&mut self, partition: i32, value: &str) -> Delivery {
        self.try_append(partition, value).unwrap()
    }

    fn put(&mut self, partition: i32, value: &str) {
        self.append(partition, value).forget();
    }

    fn try_append(&mut self, partition: i32, value: &str) -> Result<Delivery, Refused> {
        self.try_append_record(&Record::new(value.as_bytes()).partition(partition))
    }

    fn try_append_record(&mut self, record: &Record<'_>) -> Result<Delivery, Refused> {
        let delivery = {
            let _clock = self.clock.enter();
            self.topic.append(record, 0, None)
        };
        self.settle();
        delivery
    }

    /// Enqueues records of a batch each without a key; gives how many of them were acknowledged, by a broker at once.
    fn spread(&mut self, records: usize) -> usize {
        let mut acknowledged = 0;
        for _ in 0..records {
            assert!(self.try_append_record(&Record::new("x".repeat(1_000))).is_ok());
            while let Some(request) = self.request() {
                acknowledged += request.values().len();
                self.answer(request, WRITTEN);
            }
        }
        acknowledged
    }

    fn learn(&mut self, snapshot: Snapshot) {
        self.core.command(self.now, Command::Snapshot(snapshot));
        self.settle();
    }

    fn reply(&mut self, reply: Reply<u32>) {
        self.core.reply(self.now, reply);
        self.settle();
    }

    /// Hands over the news, and collects the calls.
    fn settle(&mut self) {
        while let Some(Some(news)) = self.news.next().now_or_never() {
            self.core.command(self.now, Command::News(news));
        }
        self.calls.extend(std::iter::from_fn(|| self.core.poll_call(self.now)));
    }

    /// Lets time pass, with a wake-up wherever the sender wants one.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(deadline) = self.core.deadline().filter(|deadline| *deadline <= end) {
            self.go_to(deadline);
            self.core.timeout(self.now);
            self.settle();
        }
        self.go_to(end);
    }

    fn go_to(&mut self, time: Instant) {
        self.clock.block_on(tokio::time::advance(time.saturating_duration_since(self.now)));
        self.now = self.now.max(time);
    }

    /// Takes the oldest unanswered produce request.
    fn request(&mut self) -> Option<Request> {
        let at = self.calls.iter().position(|call| matches!(call, Call::Produce { .. }))?;
        let Call::Produce { broker, generation, shipments, .. } = self.calls.remove(at) else { return None };
        Some(Request { broker, generation, shipments })
    }

    /// Takes the work of all calls to compress, with who is to get it back.
    fn work_to_compress(&mut self) -> Vec<(usize, u64, Unpacked)> {
        let mut work = Vec::new();
        for call in std::mem::take(&mut self.calls) {
            match call {
                Call::Compress { outbox, id, work: unpacked } => work.push((outbox, id, unpacked)),
                other => self.calls.push(other),
            }
        }
        work
    }

    fn compressed(&mut self, (outbox, id, work): (usize, u64, Unpacked)) {
        self.reply(Reply::Compressed { outbox, id, packed: work.pack() });
    }

    fn compress_all(&mut self) {
        self.work_to_compress().into_iter().for_each(|work| self.compressed(work));
    }

    fn answer(&mut self, request: Request, answer: Answer) {
        let error = match answer {
            Answer::Written { .. } => None,
            Answer::Refused(code) => Some(Error::of_code(code, "refused")),
            Answer::Lost | Answer::Unsent => Some(Error::new(ErrorKind::Connect, "gone")),
        };
        let answered = |shipment: Shipment| Answered { shipment, answer, error: error.clone() };
        let answers = request.shipments.into_iter().map(answered).collect();
        self.reply(Reply::Produced {
            broker: request.broker,
            generation: request.generation,
            answers,
            leaders: None,
        });
    }

    fn acknowledge_all(&mut self) {
        while let Some(request) = self.request() {
            self.answer(request, WRITTEN);
        }
    }

    fn outcome(&self, delivery: Delivery) -> crate::error::Result<Placed> {
        delivery.now_or_never().expect("resolved")
    }

    fn refreshes(&mut self) -> usize {
        let before = self.calls.len();
        self.calls.retain(|call| !matches!(call, Call::RefreshMetadata));
        before - self.calls.len()
    }

    fn hurry(&mut self) {
        self.shared.ready.hurry();
        self.settle();
    }
}

struct Request {
    broker: i32,
    generation: u64,
    shipments: Vec<Shipment>,
}

impl Request {
    fn headers(&self) -> Vec<(i32, BatchHeader)> {
        let header = |s: &Shipment| (s.partition, BatchHeader::read(&s.bytes).unwrap());
        self.shipments.iter().map(header).collect()
    }

    fn values(&self) -> Vec<String> {
        let mut values = Vec::new();
        for shipment in &self.shipments {
            for batch in batches(&shipment.bytes) {
                let batch = batch.unwrap();
                batch.check().unwrap();
                for record in &batch.records().unwrap() {
                    values.push(String::from_utf8(record.value.unwrap().to_vec()).unwrap());
                }
            }
        }
        values
    }
}

const WRITTEN: Answer = Answer::Written { base_offset: 40, log_append_time: None };

impl World {
    fn request_is_missing(&self) -> bool {
        !self.calls.iter().any(|call| matches!(call, Call::Produce { .. }))
    }
}

const SLOW: Options = Options { compression: Compression::Gzip, batch_size: 2_000, ..DEFAULT };

/// What compresses to a few bytes, and tells itself from others.
fn long(n: usize) -> String {
    format!("{n:02}").repeat(900)
}
