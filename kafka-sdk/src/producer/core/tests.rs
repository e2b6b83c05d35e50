//! The sender on made-up time, with made-up brokers.

use super::super::partition::Refused;
use super::super::ready::ReadyStream;
use super::super::report::OnBatch;
use super::super::settings::Settings;
use super::super::topic::TopicState;
use super::*;
use crate::error::Written;
use crate::model::{Compression, Placed, Record};
use crate::producer::Delivery;
use futures_util::{FutureExt, StreamExt};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::MetadataResponse;
use kafka_sdk_protocol::api::metadata::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
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
    on_batch: Option<OnBatch>,
}

const DEFAULT: Options = Options {
    partitions: 1,
    linger: Duration::ZERO,
    batch_size: 16 << 10,
    buffer_memory: 32 << 20,
    availability_timeout: Duration::ZERO,
    compression: Compression::None,
    on_batch: None,
};

/// A topic `t` whose partitions are led by these brokers in turn, in this leader epoch.
fn snapshot(partitions: usize, leaders: &[i32], epoch: i32) -> Snapshot {
    snapshot_of(Uuid::ZERO, partitions, leaders, epoch)
}

fn snapshot_of(topic_id: Uuid, partitions: usize, leaders: &[i32], epoch: i32) -> Snapshot {
    let partition = |index: usize| MetadataResponsePartition {
        partition_index: index as i32,
        leader_id: leaders[index % leaders.len()],
        leader_epoch: epoch,
        ..Default::default()
    };
    let broker =
        |&id: &i32| MetadataResponseBroker { node_id: id, host: "h".into(), port: 1, ..Default::default() };
    let topic = MetadataResponseTopic {
        name: Some("t".into()),
        topic_id,
        partitions: (0..partitions).map(partition).collect(),
        ..Default::default()
    };
    let brokers = leaders.iter().map(broker).collect();
    Snapshot::default().merged(&MetadataResponse { brokers, topics: vec![topic], ..Default::default() })
}

impl World {
    fn new(options: &Options) -> Self {
        let (shared, news) = Shared::new(Settings {
            buffer_memory: options.buffer_memory,
            batch_size: options.batch_size,
            linger: options.linger,
            availability_timeout: options.availability_timeout,
            compression: options.compression,
            on_batch: options.on_batch.clone(),
            ..Settings::default()
        });
        let shared = Arc::new(shared);
        let topics = Arc::new(Topics::new(shared.clone()));
        let known = snapshot(options.partitions, &[1], 0);
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
            Answer::Refused(code) => Some(Error::broker(code, "refused")),
            Answer::Lost | Answer::Unsent => Some(Error::new(ErrorKind::Connect, "gone")),
        };
        let answered = |shipment: Shipment| Answered { shipment, answer, error: error.clone() };
        let answers = request.shipments.into_iter().map(answered).collect();
        self.reply(Reply::Produced { broker: request.broker, generation: request.generation, answers });
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

#[test]
fn the_first_record_asks_for_an_id_and_a_connection_and_then_leaves() {
    let mut world = World::new(&DEFAULT);
    let delivery = world.append(0, "a");
    assert!(matches!(world.calls[..], [Call::Identify]));
    world.calls.clear();
    world.reply(Reply::Identified(Ok(Identity { id: 7, epoch: 3 })));
    assert!(matches!(world.calls[..], [Call::Connect(1)]));
    world.calls.clear();
    world.reply(Reply::Connected { broker: 1, outcome: Ok(0) });
    let request = world.request().unwrap();
    let stamp = request.headers()[0].1.producer;
    assert_eq!((stamp.id, stamp.epoch, stamp.base_sequence), (7, 3, 0));
    world.answer(request, WRITTEN);
    assert_eq!(world.outcome(delivery).unwrap().offset, 40);
}

#[test]
fn linger_is_an_upper_bound_and_records_travel_together() {
    let mut world = World::running(&Options { linger: 5 * MS, ..DEFAULT });
    world.put(0, "a");
    world.pass(4 * MS);
    world.put(0, "b");
    assert!(world.request().is_none());
    world.pass(MS);
    assert_eq!(world.request().unwrap().values(), ["a", "b"]);
}

#[test]
fn a_full_batch_does_not_linger() {
    let mut world = World::running(&Options { linger: 1_000 * MS, batch_size: 200, ..DEFAULT });
    world.put(0, "a");
    world.put(0, "b");
    assert!(world.request().is_none());
    world.put(0, &"x".repeat(125));
    assert_eq!(world.request().unwrap().values(), ["a", "b"], "the third does not fit any more");
    assert!(world.request().is_none(), "and lingers");
}

#[test]
fn a_flush_ends_the_lingering_of_what_is_there() {
    let mut world = World::running(&Options { linger: 1_000 * MS, ..DEFAULT });
    world.put(0, "a");
    world.hurry();
    assert_eq!(world.request().unwrap().values(), ["a"]);
    world.pass(MS);
    world.put(0, "b");
    assert!(world.request().is_none(), "what comes later lingers");
}

#[test]
fn partitions_that_become_due_together_travel_together() {
    let mut world = World::running(&Options { partitions: 10, linger: 5 * MS, ..DEFAULT });
    for partition in 0..10 {
        world.put(partition, "a");
    }
    world.pass(5 * MS);
    assert_eq!(world.request().unwrap().shipments.len(), 10);
    assert!(world.request().is_none());
}

#[test]
fn a_request_holds_no_more_than_its_size_and_the_next_begins_with_another_partition() {
    let mut world = World::running(&Options { partitions: 4, ..DEFAULT });
    (0..5).for_each(|_| world.put(3, "as many as may be in flight"));
    let in_flight: Vec<Request> = std::iter::from_fn(|| world.request()).collect();
    assert_eq!(in_flight.len(), 5);
    for partition in [0, 1, 2, 0, 1, 2] {
        world.put(partition, &"x".repeat(600_000));
    }
    assert!(world.request().is_none());
    in_flight.into_iter().for_each(|request| world.answer(request, WRITTEN));
    let requests: Vec<Request> = std::iter::from_fn(|| world.request()).collect();
    let partitions: Vec<i32> = requests.iter().flat_map(|r| &r.shipments).map(|s| s.partition).collect();
    assert_eq!((requests.len(), partitions), (5, vec![0, 1, 2, 0, 1]), "two would be more than 1 MiB");
}

#[test]
fn five_batches_are_in_flight_and_meanwhile_the_open_one_grows() {
    let mut world = World::running(&Options { batch_size: 1_000, ..DEFAULT });
    for i in 0..500 {
        world.put(0, &format!("{i:0100}"));
    }
    let requests: Vec<Request> = std::iter::from_fn(|| world.request()).collect();
    assert_eq!(requests.len(), 5);
    let sent: i32 = requests.iter().map(|request| request.headers()[0].1.count).sum();
    for request in requests {
        world.answer(request, WRITTEN);
    }
    // All that came meanwhile is in one batch now, or two.
    let counts: Vec<i32> =
        std::iter::from_fn(|| world.request()).map(|request| request.headers()[0].1.count).collect();
    assert_eq!(sent + counts.iter().sum::<i32>(), 500);
    assert!(counts.len() <= 2 && counts.iter().any(|&count| count > 400), "{counts:?}");
}

#[test]
fn a_moved_leader_is_looked_up_and_the_batches_follow_in_order() {
    let mut world = World::running(&DEFAULT);
    let deliveries = [world.append(0, "a"), world.append(0, "b")];
    let (a, b) = (world.request().unwrap(), world.request().unwrap());
    world.answer(a, Answer::Refused(ErrorCode::NOT_LEADER_OR_FOLLOWER));
    assert_eq!(world.refreshes(), 1);
    world.answer(b, Answer::Refused(ErrorCode::NOT_LEADER_OR_FOLLOWER));
    assert!(world.request().is_none(), "not before something has changed, or some time has passed");
    world.learn(snapshot(1, &[2], 1));
    assert!(matches!(world.calls.pop(), Some(Call::Connect(2))));
    world.reply(Reply::Connected { broker: 2, outcome: Ok(0) });
    let (a, b) = (world.request().unwrap(), world.request().unwrap());
    assert_eq!((a.broker, a.values(), b.values()), (2, vec!["a".into()], vec!["b".into()]));
    assert_eq!((a.headers()[0].1.producer.base_sequence, b.headers()[0].1.producer.base_sequence), (1, 2));
    world.answer(a, WRITTEN);
    world.answer(b, WRITTEN);
    deliveries.into_iter().for_each(|delivery| assert!(world.outcome(delivery).is_ok()));
}

#[test]
fn batches_go_to_a_new_leader_only_when_those_at_the_old_one_are_answered() {
    let mut world = World::running(&DEFAULT);
    world.put(0, "a");
    let a = world.request().unwrap();
    world.learn(snapshot(1, &[2], 1));
    world.put(0, "b");
    assert!(world.calls.is_empty(), "{:?}", world.calls);
    world.answer(a, Answer::Refused(ErrorCode::NOT_LEADER_OR_FOLLOWER));
    world.refreshes();
    world.pass(Duration::from_millis(200));
    assert!(matches!(world.calls.pop(), Some(Call::Connect(2))));
}

#[test]
fn after_a_lost_connection_the_same_bytes_are_sent_again() {
    let mut world = World::running(&DEFAULT);
    world.put(0, "a");
    let request = world.request().unwrap();
    let bytes = request.shipments[0].bytes.clone();
    world.answer(request, Answer::Lost);
    world.refreshes();
    world.pass(Duration::from_millis(200));
    assert!(matches!(world.calls.pop(), Some(Call::Connect(1))));
    world.reply(Reply::Connected { broker: 1, outcome: Ok(1) });
    assert_eq!(world.request().unwrap().shipments[0].bytes, bytes);
}

#[test]
fn pauses_grow_and_count_a_round_of_failures_once() {
    let mut world = World::running(&DEFAULT);
    (0..5).for_each(|_| world.put(0, "a"));
    let mut pauses = Vec::new();
    for _ in 0..5 {
        while let Some(request) = world.request() {
            world.answer(request, Answer::Refused(ErrorCode::NOT_ENOUGH_REPLICAS));
        }
        let start = world.now;
        while world.request_is_missing() {
            world.pass(MS);
        }
        pauses.push((world.now - start).as_millis());
    }
    for (pause, expected) in pauses.iter().zip([100, 200, 400, 800, 1_000]) {
        assert!((expected * 8 / 10..=expected * 12 / 10 + 1).contains(pause), "{pauses:?}");
    }
}

impl World {
    fn request_is_missing(&self) -> bool {
        !self.calls.iter().any(|call| matches!(call, Call::Produce { .. }))
    }
}

#[test]
fn a_broker_that_cannot_be_reached_is_not_dialled_in_a_loop() {
    let mut world = World::running(&DEFAULT);
    world.put(0, "x");
    let request = world.request().unwrap();
    world.answer(request, Answer::Lost);
    world.calls.clear();
    world.pass(Duration::from_millis(200));
    let mut attempts = 0;
    for _ in 0..10_000 {
        if world.calls.iter().any(|call| matches!(call, Call::Connect(1))) {
            attempts += 1;
            world.calls.clear();
            let gone = Error::new(ErrorKind::Connect, "not in the cluster at the moment");
            world.reply(Reply::Connected { broker: 1, outcome: Err(gone) });
        }
        world.pass(MS);
    }
    assert!((10..=200).contains(&attempts), "{attempts} attempts in 10 s");
}

#[test]
fn a_record_that_is_never_sent_fails_after_the_delivery_timeout_and_says_why() {
    let mut world = World::running(&DEFAULT);
    world.put(0, "x");
    let request = world.request().unwrap();
    world.answer(request, Answer::Unsent);
    world.calls.clear();
    let queued = world.append(0, "a");
    for _ in 0..1_000 {
        world.reply(Reply::Connected { broker: 1, outcome: Err(Error::new(ErrorKind::Connect, "nobody")) });
        world.calls.clear();
        world.pass(Duration::from_millis(120));
    }
    let error = world.outcome(queued).unwrap_err();
    assert_eq!((error.kind(), error.written()), (ErrorKind::Timeout, Written::No));
    assert!(format!("{error:#}").contains("could not be written to: nobody"), "{error:#}");
}

#[test]
fn a_record_in_flight_may_have_been_written_when_its_time_is_up() {
    let mut world = World::running(&DEFAULT);
    let delivery = world.append(0, "a");
    let request = world.request().unwrap();
    world.pass(Duration::from_secs(121));
    let error = world.outcome(delivery).unwrap_err();
    assert_eq!((error.kind(), error.written()), (ErrorKind::Timeout, Written::Maybe));
    assert!(error.to_string().contains("sent, and not acknowledged"), "{error}");
    // Its answer comes after all: what follows goes on with the next sequence.
    world.answer(request, WRITTEN);
    world.put(0, "b");
    let stamp = world.request().unwrap().headers()[0].1.producer;
    assert_eq!((stamp.epoch, stamp.base_sequence), (0, 2));
}

#[test]
fn a_record_that_waited_behind_others_says_so() {
    let mut world = World::running(&DEFAULT);
    let in_flight: Vec<_> = (0..5).map(|_| (world.append(0, "a"), world.request().unwrap())).collect();
    let behind = world.append(0, "b");
    world.pass(Duration::from_secs(121));
    let error = world.outcome(behind).unwrap_err();
    assert_eq!((error.kind(), error.written()), (ErrorKind::Timeout, Written::No));
    assert!(error.to_string().contains("it waited behind others"), "{error}");
    drop(in_flight);
}

#[test]
fn a_refused_record_fails_and_the_next_epoch_begins() {
    let mut world = World::running(&DEFAULT);
    let (a, b) = (world.append(0, "a"), world.append(0, "b"));
    let (first, second) = (world.request().unwrap(), world.request().unwrap());
    world.answer(first, Answer::Refused(ErrorCode::INVALID_RECORD));
    let error = world.outcome(a).unwrap_err();
    assert_eq!((error.code(), error.written()), (Some(ErrorCode::INVALID_RECORD), Written::No));
    world.answer(second, Answer::Refused(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER));
    world.pass(Duration::from_millis(200));
    let again = world.request().unwrap();
    let stamp = again.headers()[0].1.producer;
    assert_eq!((again.values(), stamp.epoch, stamp.base_sequence), (vec!["b".to_owned()], 1, 0));
    world.answer(again, WRITTEN);
    world.outcome(b).unwrap();
}

#[test]
fn a_batch_that_is_too_large_is_sent_in_halves_and_each_record_learns_its_offset() {
    let mut world = World::running(&Options { linger: 5 * MS, ..DEFAULT });
    let deliveries: Vec<Delivery> = (0..4).map(|i| world.append(0, &format!("{i}"))).collect();
    world.pass(5 * MS);
    let request = world.request().unwrap();
    world.answer(request, Answer::Refused(ErrorCode::MESSAGE_TOO_LARGE));
    let (left, right) = (world.request().unwrap(), world.request().unwrap());
    assert_eq!((left.values().concat(), right.values().concat()), ("01".into(), "23".into()));
    assert_eq!(right.headers()[0].1.producer.base_sequence, 3);
    world.answer(left, Answer::Written { base_offset: 10, log_append_time: None });
    world.answer(right, Answer::Written { base_offset: 20, log_append_time: None });
    let offsets: Vec<i64> = deliveries.into_iter().map(|d| world.outcome(d).unwrap().offset).collect();
    assert_eq!(offsets, [10, 11, 20, 21]);
}

#[test]
fn after_a_batch_that_is_too_large_smaller_ones_are_made_until_the_topic_takes_more() {
    let mut world = World::running(&Options { batch_size: 10_000, linger: 1_000 * MS, ..DEFAULT });
    let fill = |world: &mut World| {
        (0..200).for_each(|_| world.put(0, &"x".repeat(90)));
        world.hurry();
        world.pass(MS);
    };
    let sizes = |world: &mut World, takes: usize| {
        let mut sizes = Vec::new();
        while let Some(request) = world.request() {
            let size = request.shipments[0].bytes.len();
            let fits = size <= takes;
            sizes.push(size);
            world.answer(request, if fits { WRITTEN } else { Answer::Refused(ErrorCode::MESSAGE_TOO_LARGE) });
        }
        sizes
    };
    fill(&mut world);
    let first = sizes(&mut world, 4_000);
    assert!(first[0] > 9_000 && first.iter().any(|&size| size < 4_000), "{first:?}");
    fill(&mut world);
    assert!(sizes(&mut world, 4_000).iter().all(|&size| size <= 5_000));
    let mut largest = 0;
    for _ in 0..400 {
        fill(&mut world);
        largest = sizes(&mut world, usize::MAX).into_iter().max().unwrap();
    }
    assert!(largest > 9_000, "{largest}");
    assert_eq!(world.shared.outstanding.count(), 0);
}

#[test]
fn a_single_record_that_is_too_large_fails_alone() {
    let mut world = World::running(&Options { linger: 5 * MS, ..DEFAULT });
    let (small, large) = (world.append(0, "small"), world.append(0, "LARGE"));
    world.pass(5 * MS);
    let request = world.request().unwrap();
    world.answer(request, Answer::Refused(ErrorCode::MESSAGE_TOO_LARGE));
    let (first, second) = (world.request().unwrap(), world.request().unwrap());
    assert_eq!(second.values(), ["LARGE"]);
    world.answer(first, WRITTEN);
    world.answer(second, Answer::Refused(ErrorCode::MESSAGE_TOO_LARGE));
    world.outcome(small).unwrap();
    assert!(world.outcome(large).unwrap_err().is(ErrorCode::MESSAGE_TOO_LARGE));
}

#[test]
fn a_partition_without_a_leader_waits_for_one() {
    let mut world = World::running(&DEFAULT);
    world.learn(snapshot(1, &[-1], 1));
    world.put(0, "a");
    assert!(world.refreshes() > 0);
    world.pass(Duration::from_secs(10));
    let refreshes = world.refreshes();
    assert!((10..25).contains(&refreshes), "and asks again and again, less and less: {refreshes} in 10 s");
    world.learn(snapshot(1, &[1], 2));
    assert_eq!(world.request().unwrap().values(), ["a"]);
}

#[test]
fn one_broker_that_does_not_answer_holds_up_no_other() {
    let mut world = World::running(&Options { partitions: 2, ..DEFAULT });
    world.learn(snapshot(2, &[1, 2], 1));
    (0..20).for_each(|_| world.put(0, "stuck"));
    let stuck: Vec<Request> = std::iter::from_fn(|| world.request()).collect();
    assert_eq!(stuck.len(), 5);
    let delivery = world.append(1, "free");
    assert!(matches!(world.calls.pop(), Some(Call::Connect(2))));
    world.reply(Reply::Connected { broker: 2, outcome: Ok(0) });
    world.acknowledge_all();
    world.outcome(delivery).unwrap();
}

#[test]
fn an_id_that_is_not_allowed_fails_what_is_queued() {
    let mut world = World::new(&DEFAULT);
    let delivery = world.append(0, "a");
    world.calls.clear();
    let refusal = Error::broker(ErrorCode::CLUSTER_AUTHORIZATION_FAILED, "not allowed");
    world.reply(Reply::Identified(Err(refusal)));
    assert_eq!(world.outcome(delivery).unwrap_err().kind(), ErrorKind::Authorize);
    world.put(0, "b");
    assert!(world.calls.is_empty(), "{:?}", world.calls);
    world.pass(Duration::from_millis(120));
    assert!(matches!(world.calls[..], [Call::Identify]), "the next record asks again, and not at once");
}

#[test]
fn an_id_that_is_no_longer_allowed_fails_what_was_to_be_sent_again_under_another() {
    let mut world = World::running(&DEFAULT);
    let delivery = world.append(0, "a");
    let request = world.request().unwrap();
    world.answer(request, Answer::Refused(ErrorCode::INVALID_PRODUCER_EPOCH));
    assert!(matches!(world.calls.pop(), Some(Call::Identify)));
    let refusal = Error::broker(ErrorCode::CLUSTER_AUTHORIZATION_FAILED, "not allowed");
    world.reply(Reply::Identified(Err(refusal)));
    let error = world.outcome(delivery).unwrap_err();
    assert_eq!((error.kind(), error.written()), (ErrorKind::Authorize, Written::No));
    world.pass(Duration::from_secs(10));
    assert!(world.calls.is_empty(), "nobody wants an id: {:?}", world.calls);
}

#[test]
fn while_there_is_no_leader_batches_grow() {
    let mut world = World::running(&Options { batch_size: 1_000, ..DEFAULT });
    world.learn(snapshot(1, &[-1], 1));
    (0..500).for_each(|i| world.put(0, &format!("{i:0100}")));
    world.learn(snapshot(1, &[1], 2));
    let requests: Vec<Request> = std::iter::from_fn(|| world.request()).collect();
    let counts: Vec<i32> = requests.iter().map(|request| request.headers()[0].1.count).collect();
    assert!(counts.len() <= 2 && counts.iter().sum::<i32>() == 500, "{counts:?}");
}

#[test]
fn an_id_that_cannot_be_had_yet_is_asked_for_again() {
    let mut world = World::new(&DEFAULT);
    world.put(0, "a");
    world.calls.clear();
    world.reply(Reply::Identified(Err(Error::new(ErrorKind::Timeout, "loading"))));
    assert!(world.calls.is_empty());
    world.pass(Duration::from_millis(200));
    assert!(matches!(world.calls[..], [Call::Identify]));
}

#[test]
fn partitions_that_are_added_are_written_to() {
    let mut world = World::running(&DEFAULT);
    world.learn(snapshot(3, &[1], 0));
    world.put(2, "new");
    assert_eq!(world.request().unwrap().headers()[0].0, 2);
}

#[test]
fn a_partition_that_goes_and_comes_back_goes_on_with_its_sequence() {
    let mut world = World::running(&Options { partitions: 2, ..DEFAULT });
    world.learn(snapshot(1, &[1], 1));
    let gone = world.topic.append(&Record::new("x").partition(1), 0, None);
    assert!(matches!(gone, Err(Refused::Never(_))), "there is no such partition");
    world.learn(snapshot(2, &[1], 2));
    world.put(1, "again");
    let stamp = world.request().unwrap().headers()[0].1.producer;
    assert_eq!((stamp.epoch, stamp.base_sequence), (0, 1), "a second 0 would be taken for a duplicate");
}

#[test]
fn a_topic_that_was_created_again_gets_sequences_from_0_and_one_batch_first() {
    let mut world = World::running(&DEFAULT);
    world.learn(snapshot_of(Uuid([1; 16]), 1, &[1], 0));
    let (a, b) = (world.append(0, "a"), world.append(0, "b"));
    let (first, second) = (world.request().unwrap(), world.request().unwrap());
    assert_eq!(first.shipments[0].topic_id, Uuid([1; 16]));
    world.learn(snapshot_of(Uuid([2; 16]), 1, &[1], 0));
    let c = world.append(0, "c");
    assert!(world.request().is_none(), "not before the answers of the old topic");
    // The first is refused, and may have been written to the old topic; the second certainly was not.
    world.answer(first, Answer::Refused(ErrorCode::UNKNOWN_TOPIC_ID));
    world.answer(second, Answer::Refused(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER));
    world.pass(Duration::from_millis(200));
    let again = world.request().unwrap();
    let stamp = again.headers()[0].1.producer;
    assert_eq!((again.values(), stamp.epoch, stamp.base_sequence), (vec!["a".to_owned()], 0, 1));
    assert_eq!(again.shipments[0].topic_id, Uuid([2; 16]));
    world.answer(again, WRITTEN);
    for value in ["b", "c"] {
        let next = world.request().unwrap();
        assert_eq!((next.values(), next.headers()[0].1.producer.epoch), (vec![value.to_owned()], 1));
        assert!(
            world.request().is_none() || value == "c",
            "one, before the new partition knows the producer"
        );
        world.answer(next, WRITTEN);
    }
    [a, b, c].into_iter().for_each(|delivery| assert!(world.outcome(delivery).is_ok()));
}

#[test]
fn a_topic_that_is_not_written_to_is_forgotten_and_asked_for_again() {
    let mut world = World::running(&DEFAULT);
    let idle = world.shared.settings.metadata_max_idle;
    let watches = |world: &World| world.calls.iter().filter(|call| matches!(call, Call::Watch(_))).count();
    world.pass(idle - MS);
    world.put(0, "in use");
    world.acknowledge_all();
    world.pass(idle - MS);
    world.put(0, "still in use");
    world.acknowledge_all();
    assert_eq!(watches(&world), 0);
    world.pass(idle + MS);
    assert_eq!(world.core.deadline(), None, "nothing is left to be forgotten");
    let delivery = world.append(0, "again");
    assert_eq!(watches(&world), 1);
    assert_eq!(world.request().unwrap().headers()[0].1.producer.base_sequence, 3, "the broker remembers");
    drop(delivery);
    world.put(0, "more");
    assert_eq!(watches(&world), 1);
}

#[test]
fn a_turn_takes_as_long_with_many_partitions_as_with_few() {
    let time = |partitions: usize| {
        let mut world = World::running(&Options { partitions, linger: 5 * MS, ..DEFAULT });
        let start = Instant::now();
        for _ in 0..2_000 {
            world.put(0, "x");
            world.pass(5 * MS);
            world.acknowledge_all();
        }
        start.elapsed()
    };
    let (few, many) = (time(1), time(2_000));
    // 2,000 turns over all of them would be four million steps.
    assert!(many < few * 5 + 300 * MS, "{few:?} with one, {many:?} with 2,000");
}

#[test]
fn a_full_buffer_is_said_and_what_is_acknowledged_makes_room() {
    let mut world = World::running(&Options { buffer_memory: 64 << 10, batch_size: 1 << 10, ..DEFAULT });
    let value = "x".repeat(900);
    let mut accepted = 0;
    while world.try_append(0, &value).is_ok() {
        accepted += 1;
        assert!(accepted < 1_000);
    }
    world.acknowledge_all();
    assert!(world.try_append(0, &value).is_ok());
}

#[test]
fn when_the_sender_goes_everybody_is_told() {
    let mut world = World::running(&Options { linger: 1_000 * MS, ..DEFAULT });
    let (in_flight, queued) = {
        let in_flight = world.append(0, "a");
        world.hurry();
        world.pass(MS);
        (in_flight, world.append(0, "b"))
    };
    let World { core, calls, topic, .. } = world;
    drop((core, calls));
    for delivery in [in_flight, queued] {
        assert_eq!(delivery.now_or_never().unwrap().unwrap_err().kind(), ErrorKind::Closed);
    }
    let late = topic.append(&Record::new("c").partition(0), 0, None);
    assert!(late.is_err(), "nothing is taken for nobody");
}

#[test]
fn a_closed_sender_is_done_when_everything_is_resolved() {
    let mut world = World::running(&Options { linger: 1_000 * MS, ..DEFAULT });
    world.put(0, "a");
    world.core.close(world.now);
    world.settle();
    assert!(world.core.deadline().is_some());
    world.acknowledge_all();
    assert_eq!(world.core.deadline(), None);
}

#[test]
fn the_table_of_topics_is_shared() {
    let world = World::new(&DEFAULT);
    let again = world.topics.insert(snapshot(1, &[1], 0).topic("t").unwrap(), None);
    assert!(Arc::ptr_eq(&again, &world.topic));
}

#[test]
fn records_without_a_key_avoid_a_broker_that_takes_nothing() {
    let times = [Duration::ZERO, 1_000 * MS];
    let to_the_other = times.map(|availability_timeout| {
        let options = Options { partitions: 4, batch_size: 1_000, availability_timeout, ..DEFAULT };
        let mut world = World::running(&options);
        // The connection to broker 2 is never opened.
        world.learn(snapshot(4, &[1, 2, 2, 2], 1));
        let before = world.spread(100);
        assert!(before < 100, "some went to broker 2");
        world.pass(1_000 * MS);
        let stalled = world.spread(100);
        assert!(world.calls.iter().any(|call| matches!(call, Call::Connect(2))));
        world.reply(Reply::Connected { broker: 2, outcome: Ok(0) });
        assert!(world.spread(100) + world.spread(100) > 200, "broker 2 takes what is queued");
        stalled
    });
    assert!(to_the_other[0] < 100 && to_the_other[1] == 100, "{to_the_other:?}");
}

#[test]
fn records_without_a_key_go_less_to_a_partition_that_piles_up() {
    let mut world = World::running(&Options { partitions: 2, batch_size: 1_000, ..DEFAULT });
    world.learn(snapshot(2, &[1, 2], 1));
    assert!(world.spread(100) >= 98, "of two partitions the one with less in its queue");
}

fn codecs(request: &Request) -> Vec<u8> {
    request.headers().iter().map(|(_, header)| header.attributes.codec()).collect()
}

const SLOW: Options = Options { compression: Compression::Gzip, batch_size: 2_000, ..DEFAULT };

/// What compresses to a few bytes, and tells itself from others.
fn long(n: usize) -> String {
    format!("{n:02}").repeat(900)
}

#[cfg(feature = "gzip")]
#[test]
fn batches_are_compressed_side_by_side_and_sent_in_order() {
    let mut world = World::running(&SLOW);
    let deliveries: Vec<Delivery> = (0..4).map(|n| world.append(0, &long(n))).collect();
    let mut work = world.work_to_compress();
    assert_eq!(work.len(), 4, "all of them at a time");
    assert!(world.request().is_none());
    for at in [3, 1] {
        let last = work.remove(at);
        world.compressed(last);
        assert!(world.request().is_none(), "the first one is not back");
    }
    for (back, sent) in [(0, vec![0, 1]), (0, vec![2, 3])] {
        let next = work.remove(back);
        world.compressed(next);
        let requests: Vec<Request> = std::iter::from_fn(|| world.request()).collect();
        let values: Vec<String> = requests.iter().flat_map(Request::values).collect();
        assert_eq!(values, sent.iter().map(|&n| long(n)).collect::<Vec<_>>());
        assert!(requests.iter().all(|request| codecs(request) == [1]));
        requests.into_iter().for_each(|request| world.answer(request, WRITTEN));
    }
    assert!(deliveries.into_iter().all(|delivery| world.outcome(delivery).is_ok()));
}

#[cfg(feature = "gzip")]
#[test]
fn no_more_is_compressed_than_the_window_takes_and_the_rest_grows() {
    let mut world = World::running(&SLOW);
    (0..20).for_each(|n| world.put(0, &long(n)));
    assert_eq!(world.work_to_compress().len(), 5);
    let queued = world.core.outboxes[0].as_ref().unwrap().partition.peek().unwrap();
    assert!(queued.size > 10 * 1_800, "one batch, beyond its usual size: {queued:?}");
}

#[cfg(feature = "gzip")]
#[test]
fn a_batch_that_is_late_while_it_is_compressed_fails_and_the_next_one_is_sent() {
    let mut world = World::running(&SLOW);
    let late = world.append(0, &long(0));
    let work = world.work_to_compress();
    world.pass(Duration::from_secs(119));
    world.put(0, &long(1));
    world.pass(Duration::from_secs(1));
    let error = world.outcome(late).unwrap_err();
    assert_eq!((error.kind(), error.written()), (ErrorKind::Timeout, Written::No));
    work.into_iter().for_each(|work| world.compressed(work));
    world.compress_all();
    let request = world.request().unwrap();
    assert_eq!((request.values(), world.request().is_none()), (vec![long(1)], true));
}

#[cfg(feature = "gzip")]
#[test]
fn a_batch_that_is_lost_while_it_is_compressed_fails_and_the_next_one_is_sent() {
    let mut world = World::running(&SLOW);
    let (lost, next) = (world.append(0, &long(0)), world.append(0, &long(1)));
    let (outbox, id, _) = world.work_to_compress().remove(0);
    world.reply(Reply::Compressed { outbox, id, packed: None });
    let error = world.outcome(lost).unwrap_err();
    assert_eq!(error.written(), Written::No);
    assert!(next.now().is_none());
}

#[cfg(feature = "lz4")]
#[test]
fn fast_codecs_compress_what_is_sent_and_keep_no_more_memory_than_that() {
    let mut world = World::running(&Options { compression: Compression::Lz4, ..DEFAULT });
    world.put(0, &"x".repeat(200_000));
    let long = world.request().unwrap();
    assert_eq!((codecs(&long), long.values()[0].len()), (vec![3], 200_000));
    assert!(long.shipments[0].bytes.len() < 2_000);
    let (all, a_small_one) = (32 << 20, 16 << 10);
    assert!(world.shared.buffers.take(all - a_small_one, None).is_ok());
    assert!(world.shared.buffers.take(all - a_small_one + 1, None).is_err());
    world.put(0, "short");
    let short = world.request().unwrap();
    assert_eq!((codecs(&short), short.values()), (vec![0], vec!["short".to_owned()]), "it would get longer");
}

#[cfg(feature = "gzip")]
#[test]
fn a_compressed_batch_is_split_into_compressed_ones() {
    let mut world = World::running(&Options { linger: 1_000 * MS, batch_size: 100_000, ..SLOW });
    let deliveries: Vec<Delivery> = (0..10).map(|n| world.append(0, &long(n))).collect();
    world.pass(1_000 * MS);
    world.compress_all();
    let request = world.request().unwrap();
    assert_eq!(codecs(&request), [1]);
    world.answer(request, Answer::Refused(ErrorCode::MESSAGE_TOO_LARGE));
    world.pass(1_000 * MS);
    let mut values = Vec::new();
    while let Some(request) = world.request() {
        assert_eq!((codecs(&request), request.values().len()), (vec![1], 5));
        values.extend(request.values());
        world.answer(request, WRITTEN);
    }
    assert_eq!(values, (0..10).map(long).collect::<Vec<_>>());
    assert!(deliveries.into_iter().all(|delivery| world.outcome(delivery).is_ok()));
    // The limit is half of what the batch had before it was compressed.
    let outbox = world.core.outboxes[0].as_ref().unwrap();
    outbox.partition.saturate();
    (0..8).for_each(|n| drop(world.append(0, &long(n))));
    let queued = world.core.outboxes[0].as_ref().unwrap().partition.peek().unwrap();
    assert!((7_000..=9_100).contains(&queued.size), "{queued:?}");
}

#[test]
fn an_abort_resolves_everything_and_says_what_may_have_been_written() {
    let mut world = World::running(&Options { partitions: 3, linger: 1_000 * MS, ..DEFAULT });
    let in_flight = world.append(0, "a");
    world.hurry();
    assert!(world.request().is_some());
    world.pass(MS);
    let queued = world.append(0, "b");
    world.put(1, "c");
    world.shared.ready.abort();
    world.settle();
    let outcomes = [in_flight, queued].map(|delivery| world.outcome(delivery).unwrap_err());
    let kinds = outcomes.map(|error| (error.kind(), error.written()));
    assert_eq!(kinds, [(ErrorKind::Closed, Written::Maybe), (ErrorKind::Closed, Written::No)]);
    assert_eq!(world.shared.outstanding.count(), 0);
    assert!(world.try_append(0, "late").is_err());
    // Of a partition that the sender had not heard of.
    if let Ok(delivery) = world.try_append(2, "late") {
        assert_eq!(world.outcome(delivery).unwrap_err().kind(), ErrorKind::Closed);
    }
}

/// What a function of the user's is told: partition, offset or kind of error, values.
type Told = (i32, Result<i64, ErrorKind>, Vec<String>);

fn remember() -> (OnBatch, Arc<std::sync::Mutex<Vec<Told>>>) {
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let on_batch = OnBatch::new({
        let told = told.clone();
        move |report| {
            let value =
                |r: crate::model::MessageRef<'_>| String::from_utf8(r.value().unwrap().to_vec()).unwrap();
            let values: Vec<String> = report.records().map(value).collect();
            assert_eq!((report.topic(), report.len()), ("t", values.len()));
            told.lock().unwrap().push((report.partition(), report.result().map_err(Error::kind), values));
        }
    });
    (on_batch, told)
}

#[test]
fn each_batch_is_reported_once_with_its_records_sent_or_not() {
    let (on_batch, told) = remember();
    let options = Options { on_batch: Some(on_batch), linger: 1_000 * MS, partitions: 2, ..DEFAULT };
    let mut world = World::running(&options);
    told.lock().unwrap().clear();
    for (values, answer) in [(["a", "b"], WRITTEN), (["c", "d"], Answer::Refused(ErrorCode::INVALID_RECORD))]
    {
        world.pass(MS);
        values.into_iter().for_each(|value| world.put(1, value));
        world.hurry();
        let request = world.request().unwrap();
        world.answer(request, answer);
    }
    world.pass(MS);
    world.put(0, "never sent");
    world.shared.ready.abort();
    world.settle();
    let text = |values: &[&str]| values.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        *told.lock().unwrap(),
        [
            (1, Ok(40), text(&["a", "b"])),
            (1, Err(ErrorKind::Broker), text(&["c", "d"])),
            (0, Err(ErrorKind::Closed), text(&["never sent"])),
        ]
    );
}

#[cfg(feature = "gzip")]
#[test]
fn the_records_of_a_compressed_batch_are_reported() {
    let (on_batch, told) = remember();
    let mut world = World::running(&Options { on_batch: Some(on_batch), ..SLOW });
    told.lock().unwrap().clear();
    (0..2).for_each(|n| world.put(0, &long(n)));
    let mut work = world.work_to_compress();
    // The second is ready, and never sent: the first is not.
    world.compressed(work.remove(1));
    world.pass(Duration::from_secs(120));
    let told: Vec<Told> = told.lock().unwrap().drain(..).collect();
    assert_eq!(told, [(0, Err(ErrorKind::Timeout), vec![long(1)])]);
}

#[test]
fn a_panic_in_the_function_for_batches_ends_there() {
    let on_batch = OnBatch::new(|_| panic!("not today"));
    let mut world = World::running(&Options { on_batch: Some(on_batch), ..DEFAULT });
    let delivery = world.append(0, "a");
    world.acknowledge_all();
    assert!(world.outcome(delivery).is_ok());
}
