//! The fetcher on made-up time, with made-up brokers.

use super::super::super::budget::Budget;
use super::super::super::chunk::Chunk;
use super::super::super::hand_out::{Handed, TakeOver, hand_out};
use super::super::super::offsets::Start;
use super::super::super::slot::Slot;
use super::*;
use crate::error::ErrorKind;
use crate::mailbox::Mail;
use crate::model::TopicPartition;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::MetadataResponse;
use kafka_sdk_protocol::api::fetch::{FetchableTopicResponse, PartitionData};
use kafka_sdk_protocol::api::metadata::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp};
use kafka_sdk_protocol::wire::Uuid;
use std::sync::Arc;

mod positions;
mod replicas;
mod sessions;

const MS: Duration = Duration::from_millis(1);

struct World {
    now: Instant,
    core: FetchCore<u32>,
    reader: TakeOver,
    requests: Mail<Request>,
    budget: Arc<Budget>,
    calls: Vec<Call<u32>>,
}

fn snapshot(leaders: &[i32], epoch: i32) -> Snapshot {
    snapshot_with_id(leaders, epoch, 0)
}

fn snapshot_with_id(leaders: &[i32], epoch: i32, id: u8) -> Snapshot {
    let partition = |(index, &leader_id): (usize, &i32)| MetadataResponsePartition {
        partition_index: index as i32,
        leader_id,
        leader_epoch: epoch,
        ..Default::default()
    };
    let broker =
        |&id: &i32| MetadataResponseBroker { node_id: id, host: "h".into(), port: 1, ..Default::default() };
    let topic = MetadataResponseTopic {
        name: Some("t".into()),
        topic_id: Uuid([id; 16]),
        partitions: leaders.iter().enumerate().map(partition).collect(),
        ..Default::default()
    };
    let brokers = leaders.iter().map(broker).collect();
    Snapshot::default().merged(&MetadataResponse { brokers, topics: vec![topic], ..Default::default() })
}

/// `n` batches of one record of `size` bytes, from `offset` on.
fn records(offset: i64, n: i64, size: usize) -> Bytes {
    let batch = |i: i64| {
        let mut builder = BatchBuilder::new(Vec::new());
        builder.append(0, None, Some(&vec![0; size]), std::iter::empty());
        let mut batch = builder.seal(ProducerStamp::NONE);
        batch[..8].copy_from_slice(&(offset + i).to_be_bytes());
        batch
    };
    (0..n).flat_map(batch).collect::<Vec<u8>>().into()
}

impl World {
    /// Reads partitions of these leaders from offset 0 on, to this end; all connections are open, to brokers without
    /// fetch sessions.
    fn new(leaders: &[i32], end: Option<i64>, fetch_buffer: usize) -> Self {
        Self::speaking(6, leaders, end, fetch_buffer)
    }

    /// With this version of Fetch.
    fn speaking(version: i16, leaders: &[i32], end: Option<i64>, fetch_buffer: usize) -> Self {
        let settings = Settings { fetch_buffer, partition_max_bytes: 1_000, ..Settings::default() };
        let budget = Budget::new(fetch_buffer, settings.partition_max_bytes);
        let (hand_out, reader, requests) = hand_out(budget);
        let budget = hand_out.budget.clone();
        let core = FetchCore::new(&settings, snapshot(leaders, 0), hand_out);
        let mut world = Self { now: Instant::now(), core, reader, requests, budget, calls: Vec::new() };
        for index in 0..leaders.len() {
            world.assign(index, end);
        }
        for call in mem::take(&mut world.calls) {
            let Call::Connect(broker) = call else { panic!("{call:?}") };
            world.reply(Reply::Connected { broker, outcome: Ok((0, version)) });
        }
        world
    }

    fn assign(&mut self, index: usize, end: Option<i64>) {
        let start =
            Start { partition: TopicPartition::new("t", index as i32), offset: 0, end, interest: None };
        let slot = Arc::new(Slot::new(index, &start.partition, 0));
        self.command(Command::Request(Request::Assign { slot, start }));
    }

    fn command(&mut self, command: Command) {
        self.core.command(self.now, command);
        self.collect();
    }

    fn reply(&mut self, reply: Reply<u32>) {
        self.core.reply(self.now, reply);
        self.collect();
    }

    fn collect(&mut self) {
        self.calls.extend(std::iter::from_fn(|| self.core.poll_call(self.now)));
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(deadline) = self.core.deadline().filter(|deadline| *deadline <= end) {
            self.now = self.now.max(deadline);
            self.core.timeout(self.now);
            self.collect();
        }
        self.now = end;
    }

    /// Takes the oldest fetch.
    fn fetch(&mut self) -> Option<(i32, u64, Plan)> {
        let at = self.calls.iter().position(|call| matches!(call, Call::Fetch { .. }))?;
        let Call::Fetch { broker, generation, plan, .. } = self.calls.remove(at) else { return None };
        Some((broker, generation, plan))
    }

    /// Answers with these records for each partition that was asked for, in the order of the question.
    fn answer(&mut self, (broker, generation, plan): (i32, u64, Plan), records: &[Bytes]) {
        let data = |(asked, records): (&Asked, &Bytes)| PartitionData {
            partition_index: asked.partition,
            records: Some(records.clone()),
            ..Default::default()
        };
        let partitions = plan.asked.iter().zip(records).map(data).collect();
        self.answer_with((broker, generation, plan), partitions);
    }

    fn refuse(&mut self, (broker, generation, plan): (i32, u64, Plan), error_code: ErrorCode) {
        let data = |asked: &Asked| PartitionData {
            partition_index: asked.partition,
            error_code,
            ..Default::default()
        };
        let partitions = plan.asked.iter().map(data).collect();
        self.answer_with((broker, generation, plan), partitions);
    }

    fn answer_with(&mut self, (broker, generation, plan): (i32, u64, Plan), partitions: Vec<PartitionData>) {
        let topic = FetchableTopicResponse { topic: "t".into(), partitions, ..Default::default() };
        let response = FetchResponse { responses: vec![topic], ..Default::default() };
        self.reply(Reply::Fetched { broker, generation, plan, outcome: Ok(response), leaders: None });
    }

    /// What was handed over besides the ends that were reached.
    fn handed(&mut self) -> Option<Handed> {
        let mut handed = std::iter::from_fn(|| self.reader.handed.next().now_or_never().flatten());
        handed.find(|handed| !matches!(handed, Handed::End { .. }))
    }

    /// Partition, round and offset of the ends that were reached.
    fn ends(&mut self) -> Vec<(i32, u64, i64)> {
        let handed = std::iter::from_fn(|| self.reader.handed.next().now_or_never().flatten());
        let end = |handed| match handed {
            Handed::End { slot, round, offset } => Some((slot.partition, round, offset)),
            _ => None,
        };
        handed.filter_map(end).collect()
    }

    fn request(&mut self, request: Request) {
        self.command(Command::Request(request));
    }

    /// Answers with `n` records of 10 bytes for each partition, where the partition ends at `high_watermark`.
    fn answer_up_to(&mut self, fetch: (i32, u64, Plan), n: i64, high_watermark: i64) {
        let data = |asked: &Asked| PartitionData {
            partition_index: asked.partition,
            high_watermark,
            log_start_offset: 0,
            records: (n > 0).then(|| records(asked.offset, n, 10)),
            ..Default::default()
        };
        let partitions = fetch.2.asked.iter().map(data).collect();
        self.answer_with(fetch, partitions);
    }

    fn chunk(&mut self) -> Chunk {
        match self.handed() {
            Some(Handed::Chunk(chunk)) => chunk,
            other => panic!("{other:?}"),
        }
    }

    fn deliver_requests(&mut self) {
        while let Some(Some(request)) = self.requests.next().now_or_never() {
            self.command(Command::Request(request));
        }
    }
}

fn positions(plan: &Plan) -> Vec<(i32, i64)> {
    plan.asked.iter().map(|asked| (asked.partition, asked.offset)).collect()
}

#[test]
fn the_next_fetch_goes_out_on_the_strength_of_the_headers() {
    let mut world = World::new(&[1], None, 1 << 20);
    let first = world.fetch().unwrap();
    assert_eq!(positions(&first.2), [(0, 0)]);
    world.answer(first, &[records(0, 5, 10)]);
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 5)], "nothing has been taken out yet");
    assert_eq!(world.chunk().position(), 0);
}

#[test]
fn each_broker_has_one_fetch_at_a_time_and_each_begins_with_another_partition() {
    let mut world = World::new(&[1, 1, 2], None, 1 << 20);
    let (one, two) = (world.fetch().unwrap(), world.fetch().unwrap());
    assert!(world.fetch().is_none());
    assert_eq!((positions(&one.2), positions(&two.2)), (vec![(0, 0), (1, 0)], vec![(2, 0)]));
    world.answer(one, &[records(0, 1, 10), Bytes::new()]);
    let second = world.fetch().unwrap();
    assert_eq!(positions(&second.2), [(1, 0), (0, 1)], "the one behind the last that brought something");
    world.answer(second, &[records(0, 1, 10), records(1, 1, 10)]);
    assert_eq!(positions(&world.fetch().unwrap().2), [(1, 1), (0, 2)]);
}

#[test]
fn a_partition_that_fills_its_answers_is_asked_for_more_up_to_half_its_share() {
    let asked = |fetch_buffer| {
        let mut world = World::new(&[1], None, fetch_buffer);
        let mut next = 0;
        let ask = |_| {
            let fetch = world.fetch().unwrap();
            let most = fetch.2.asked[0].max_bytes;
            world.answer(fetch, &[records(next, 1, most)]);
            next += 1;
            drop(world.chunk());
            world.deliver_requests();
            most
        };
        (0..6).map(ask).collect::<Vec<_>>()
    };
    assert_eq!(asked(1 << 20), [1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    assert_eq!(asked(6_000), [1_000, 2_000, 3_000, 3_000, 3_000, 3_000]);
    assert_eq!(asked(1_000), [1_000; 6], "never less than what was set");
}

#[test]
fn a_fragment_of_a_batch_is_fetched_again() {
    let mut world = World::new(&[1], None, 1 << 20);
    let first = world.fetch().unwrap();
    let two = records(0, 2, 10);
    world.answer(first, &[two.slice(..two.len() - 1)]);
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 1)]);
}

#[test]
fn a_partition_with_its_share_waits_for_the_drain_that_makes_room() {
    let mut world = World::new(&[1, 1], None, 4_000);
    let first = world.fetch().unwrap();
    assert_eq!(first.2.max_bytes, 2_000, "no more than two partitions bring");
    world.answer(first, &[records(0, 3, 1_000), records(0, 1, 10)]);
    let second = world.fetch().unwrap();
    assert_eq!(positions(&second.2), [(1, 1)]);
    assert_eq!(second.2.max_wait, SHORT_WAIT, "the other one may be wanted any moment");
    assert!(second.2.max_bytes < 1_000, "what is there already counts");
    let chunk = world.chunk();
    world.answer(second, &[Bytes::new()]);
    let third = world.fetch().unwrap();
    assert_eq!(positions(&third.2), [(1, 1)], "as long as it is not drained");
    drop(chunk);
    world.deliver_requests();
    world.answer(third, &[Bytes::new()]);
    let fourth = world.fetch().unwrap();
    assert_eq!(positions(&fourth.2), [(0, 3), (1, 1)]);
    assert_eq!(fourth.2.max_wait, Settings::default().fetch_max_wait, "nothing is left out");
    assert_eq!(world.budget.free(0), 4_000 - records(0, 1, 10).len());
}

#[test]
fn when_the_budget_is_used_up_the_drain_starts_the_next_fetch() {
    let mut world = World::new(&[1], None, 2_000);
    let first = world.fetch().unwrap();
    world.answer(first, &[records(0, 3, 1_000)]);
    assert!(world.fetch().is_none());
    let chunk = world.chunk();
    assert!(world.core.deadline().is_none(), "no timer: it hears of the drain");
    drop(chunk);
    world.deliver_requests();
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 3)]);
}

#[test]
fn a_tail_that_compaction_has_left_empty_counts_as_reached() {
    let mut world = World::new(&[1, 1], Some(10), 1 << 20);
    let first = world.fetch().unwrap();
    world.answer(first, &[records(0, 5, 10), Bytes::new()]);
    drop(world.chunk());
    let answer = |world: &mut World, high_watermark, filled: Option<i64>| {
        let fetch = world.fetch().unwrap();
        let data = |asked: &Asked| PartitionData {
            partition_index: asked.partition,
            high_watermark,
            records: filled.filter(|_| asked.partition == 1).map(|offset| records(offset, 1, 10)),
            ..Default::default()
        };
        let partitions = fetch.2.asked.iter().map(data).collect();
        world.answer_with(fetch, partitions);
    };
    answer(&mut world, 10, Some(0));
    drop(world.chunk());
    assert!(world.handed().is_none(), "the other one may have taken all the room in the answer");
    answer(&mut world, 9, None);
    assert!(world.handed().is_none(), "the broker has not got so far yet");
    answer(&mut world, 10, None);
    assert!(matches!(world.handed(), Some(Handed::Finished { .. })));
    assert!(matches!(world.handed(), Some(Handed::Finished { .. })));
    assert!(world.fetch().is_none());
}

#[test]
fn an_error_of_the_whole_answer_is_one_of_each_partition() {
    let answer = |error_code| {
        let mut world = World::new(&[1], None, 1 << 20);
        let (broker, generation, plan) = world.fetch().unwrap();
        let outcome = Ok(FetchResponse { error_code, ..Default::default() });
        world.reply(Reply::Fetched { broker, generation, plan, outcome, leaders: None });
        world
    };
    let mut refused = answer(ErrorCode::CLUSTER_AUTHORIZATION_FAILED);
    let Some(Handed::Failed(error)) = refused.handed() else { panic!() };
    assert_eq!(error.kind(), ErrorKind::Authorize);
    let mut passing = answer(ErrorCode::UNKNOWN_TOPIC_ID);
    assert!(passing.handed().is_none());
    assert!(matches!(passing.calls[..], [Call::RefreshMetadata]));
    passing.pass(200 * MS);
    assert!(passing.fetch().is_some());
}

#[test]
fn bytes_that_are_not_even_one_batch_are_no_reason_for_a_hot_loop() {
    let mut world = World::new(&[1], None, 1 << 20);
    let fragment = records(0, 1, 100).slice(..50);
    for _ in 0..2 {
        let fetch = world.fetch().unwrap();
        world.answer(fetch, std::slice::from_ref(&fragment));
        assert!(world.fetch().is_none(), "not at once");
        world.pass(500 * MS);
    }
    let fetch = world.fetch().unwrap();
    world.answer(fetch, &[fragment]);
    let Some(Handed::Failed(error)) = world.handed() else { panic!() };
    assert_eq!((error.kind(), error.partition()), (ErrorKind::Decode, Some(0)));
}

#[test]
fn an_answer_that_cannot_be_read_is_asked_for_again_and_not_for_ever() {
    let mut world = World::new(&[1], None, 1 << 20);
    let unreadable = || Err(Error::new(ErrorKind::Decode, "unreadable"));
    for attempt in 1..=3 {
        let (broker, generation, plan) = world.fetch().unwrap();
        world.reply(Reply::Fetched { broker, generation, plan, outcome: unreadable(), leaders: None });
        assert_eq!(world.handed().is_some(), attempt == 3);
        world.pass(1_500 * MS);
        if world.calls.iter().any(|call| matches!(call, Call::Connect(1))) {
            world.calls.clear();
            world.reply(Reply::Connected { broker: 1, outcome: Ok((0, 6)) });
        }
    }
}

#[test]
fn a_topic_that_was_created_anew_ends_the_reading() {
    let with_id = |id| snapshot_with_id(&[1], 0, id);
    let mut world = World::new(&[1], None, 1 << 20);
    world.command(Command::Snapshot(with_id(1)));
    world.command(Command::Snapshot(with_id(1)));
    assert!(world.handed().is_none());
    world.command(Command::Snapshot(with_id(2)));
    let Some(Handed::Failed(error)) = world.handed() else { panic!() };
    assert_eq!((error.kind(), error.topic()), (ErrorKind::State, Some("t")));
}

#[test]
fn short_waits_grow_while_nothing_comes_and_nothing_is_drained() {
    let mut world = World::new(&[1, 1], None, 4_000);
    let first = world.fetch().unwrap();
    world.answer(first, &[records(0, 3, 1_000), records(0, 1, 10)]);
    let mut waits = Vec::new();
    for _ in 0..8 {
        let fetch = world.fetch().unwrap();
        waits.push(fetch.2.max_wait.as_millis());
        world.answer(fetch, &[Bytes::new()]);
    }
    assert_eq!(waits, [10, 20, 40, 80, 160, 320, 500, 500]);
    world.command(Command::Request(Request::Drained));
    let fetch = world.fetch().unwrap();
    world.answer(fetch, &[Bytes::new()]);
    assert_eq!(world.fetch().unwrap().2.max_wait, SHORT_WAIT * 2);
}

#[test]
fn a_partition_ends_where_the_end_was_when_it_began() {
    let mut world = World::new(&[1], Some(3), 1 << 20);
    let first = world.fetch().unwrap();
    world.answer(first, &[records(0, 5, 10)]);
    drop(world.chunk());
    assert!(matches!(world.handed(), Some(Handed::Finished { round: 0, offset: 3, .. })));
    assert!(world.fetch().is_none() && world.calls.is_empty());
    let mut empty = World::new(&[1], Some(0), 1 << 20);
    assert!(matches!(empty.handed(), Some(Handed::Finished { .. })));
    assert!(empty.fetch().is_none());
}

#[test]
fn a_rewind_discards_what_is_on_its_way() {
    let mut world = World::new(&[1], None, 1 << 20);
    let first = world.fetch().unwrap();
    world.answer(first, &[records(0, 5, 10)]);
    let ahead = world.fetch().unwrap();
    drop(world.chunk());
    world.command(Command::Request(Request::Rewind { slot: 0, offset: 2, round: 1 }));
    world.answer(ahead, &[records(5, 5, 10)]);
    assert!(world.handed().is_none());
    assert!(world.fetch().is_none(), "not at once: it must not become a hot loop");
    world.pass(200 * MS);
    let again = world.fetch().unwrap();
    assert_eq!(positions(&again.2), [(0, 2)]);
    world.answer(again, &[records(2, 3, 10)]);
    let chunk = world.chunk();
    assert_eq!((chunk.round(), chunk.position()), (1, 2));
}

#[test]
fn what_was_handed_out_before_a_rewind_was_heard_is_of_the_round_before() {
    let mut world = World::new(&[1], None, 1 << 20);
    let first = world.fetch().unwrap();
    world.answer(first, &[records(0, 5, 10)]);
    let ahead = world.fetch().unwrap();
    drop(world.chunk());
    // The reader has found a batch unreadable, and says so; before that is heard the next answer comes.
    world.answer(ahead, &[records(5, 5, 10)]);
    let chunk = world.chunk();
    assert_eq!(
        (chunk.round(), chunk.position()),
        (0, 5),
        "the reader knows that this is not what it waits for"
    );
    world.command(Command::Request(Request::Rewind { slot: 0, offset: 2, round: 1 }));
    let stale = world.fetch().unwrap();
    assert_eq!(positions(&stale.2), [(0, 10)], "was on its way");
    world.answer(stale, &[records(10, 1, 10)]);
    world.pass(200 * MS);
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 2)]);
}

#[test]
fn one_answer_has_leaders_looked_up_once() {
    let mut refused = World::new(&[1, 1, 1], None, 1 << 20);
    let fetch = refused.fetch().unwrap();
    refused.refuse(fetch, ErrorCode::NOT_LEADER_OR_FOLLOWER);
    assert!(matches!(refused.calls[..], [Call::RefreshMetadata]), "{:?}", refused.calls);
    let mut left_out = World::new(&[1, 1, 1], None, 1 << 20);
    let fetch = left_out.fetch().unwrap();
    left_out.answer(fetch, &[]);
    assert!(matches!(left_out.calls[..], [Call::RefreshMetadata]), "{:?}", left_out.calls);
}

#[test]
fn a_moved_leader_is_followed() {
    let mut world = World::new(&[1], None, 1 << 20);
    let first = world.fetch().unwrap();
    world.refuse(first, ErrorCode::NOT_LEADER_OR_FOLLOWER);
    assert!(matches!(world.calls[..], [Call::RefreshMetadata]));
    world.calls.clear();
    world.command(Command::Snapshot(snapshot(&[2], 1)));
    assert!(matches!(world.calls[..], [Call::Connect(2)]));
    world.reply(Reply::Connected { broker: 2, outcome: Ok((0, 6)) });
    assert_eq!(world.fetch().unwrap().0, 2);
}

#[test]
fn a_lost_connection_is_opened_again() {
    let mut world = World::new(&[1], None, 1 << 20);
    let (broker, generation, plan) = world.fetch().unwrap();
    let outcome = Err(Error::new(ErrorKind::Connect, "gone"));
    world.reply(Reply::Fetched { broker, generation, plan, outcome, leaders: None });
    world.pass(200 * MS);
    assert!(world.calls.iter().any(|call| matches!(call, Call::Connect(1))), "{:?}", world.calls);
    world.reply(Reply::Connected { broker: 1, outcome: Ok((1, 6)) });
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 0)]);
    assert_eq!(world.core.reserved, 1_000, "what was reserved for the lost one was given back");
}

#[test]
fn a_broker_that_cannot_be_reached_is_not_dialled_in_a_loop() {
    let mut world = World::new(&[1], None, 1 << 20);
    let (broker, generation, plan) = world.fetch().unwrap();
    let gone = || Error::new(ErrorKind::Connect, "gone");
    world.reply(Reply::Fetched { broker, generation, plan, outcome: Err(gone()), leaders: None });
    let mut attempts = 0;
    for _ in 0..10_000 {
        if world.calls.iter().any(|call| matches!(call, Call::Connect(1))) {
            attempts += 1;
            world.calls.clear();
            world.reply(Reply::Connected { broker: 1, outcome: Err(gone()) });
        }
        world.pass(MS);
    }
    assert!((10..=200).contains(&attempts), "{attempts} attempts in 10 s");
}

#[test]
fn what_would_not_pass_is_handed_out_as_an_error() {
    let mut world = World::new(&[1], None, 1 << 20);
    let first = world.fetch().unwrap();
    world.refuse(first, ErrorCode::OFFSET_OUT_OF_RANGE);
    let Some(Handed::Failed(error)) = world.handed() else { panic!() };
    assert!(error.is(ErrorCode::OFFSET_OUT_OF_RANGE));
    assert_eq!((error.topic(), error.partition()), (Some("t"), Some(0)));
    world.pass(Duration::from_secs(10));
    assert!(world.fetch().is_none());
}

#[test]
fn a_broker_that_is_too_old_ends_the_reading_and_one_that_hangs_up_does_not() {
    let mut world = World::new(&[1], None, 1 << 20);
    let (broker, generation, plan) = world.fetch().unwrap();
    let passing = Err(Error::new(ErrorKind::Connect, "gone"));
    world.reply(Reply::Fetched { broker, generation, plan, outcome: passing, leaders: None });
    assert!(world.handed().is_none());
    world.pass(200 * MS);
    let outcome = Err(Error::new(ErrorKind::Unsupported, "too old"));
    world.reply(Reply::Connected { broker: 1, outcome });
    let Some(Handed::Failed(error)) = world.handed() else { panic!() };
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    world.pass(Duration::from_secs(10));
    assert!(world.fetch().is_none());
}

#[test]
fn a_partition_left_out_of_the_answer_is_asked_for_again_after_a_back_off() {
    let mut world = World::new(&[1, 1], None, 1 << 20);
    let first = world.fetch().unwrap();
    world.answer(first, &[records(0, 1, 10)]);
    let second = world.fetch().unwrap();
    assert_eq!(positions(&second.2), [(0, 1)]);
    world.pass(200 * MS);
    assert!(world.fetch().is_none(), "the broker is busy");
    world.answer(second, &[Bytes::new()]);
    assert_eq!(positions(&world.fetch().unwrap().2), [(1, 0), (0, 1)]);
}

#[test]
fn a_partition_without_a_leader_is_looked_up_until_it_has_one() {
    let mut world = World::new(&[1], None, 1 << 20);
    let first = world.fetch().unwrap();
    world.command(Command::Snapshot(snapshot(&[-1], 1)));
    world.refuse(first, ErrorCode::NOT_LEADER_OR_FOLLOWER);
    world.pass(Duration::from_secs(10));
    let look_ups = world.calls.iter().filter(|call| matches!(call, Call::RefreshMetadata)).count();
    assert!((10..25).contains(&look_ups), "{look_ups} look-ups in 10 s");
}

#[test]
fn a_seek_discards_what_is_on_its_way_and_is_fetched_as_soon_as_the_broker_is_free() {
    let mut world = World::new(&[1, 1], None, 1 << 20);
    let on_its_way = world.fetch().unwrap();
    world.request(Request::Seek { slot: 0, offset: 7, round: 1 });
    assert!(world.fetch().is_none(), "the broker is busy");
    world.answer(on_its_way, &[records(0, 2, 10), records(0, 2, 10)]);
    let chunk = world.chunk();
    assert_eq!((chunk.slot().partition, world.handed().is_none()), (1, true), "the other one is left alone");
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 7), (1, 2)]);
}

#[test]
fn of_two_seeks_the_later_round_holds_whichever_is_heard_first() {
    let mut world = World::new(&[1], None, 1 << 20);
    world.request(Request::Seek { slot: 0, offset: 7, round: 2 });
    world.request(Request::Seek { slot: 0, offset: 3, round: 1 });
    let fetch = world.fetch().unwrap();
    world.answer(fetch, &[Bytes::new()]);
    let fetch = world.fetch().unwrap();
    assert_eq!(positions(&fetch.2), [(0, 7)]);
    world.answer(fetch, &[records(7, 1, 10)]);
    assert_eq!(world.chunk().round(), 2);
}

#[test]
fn a_paused_partition_is_not_fetched_and_the_others_are() {
    let mut world = World::new(&[1, 1], None, 1 << 20);
    let first = world.fetch().unwrap();
    world.request(Request::Pause { slot: 0 });
    world.answer(first, &[records(0, 2, 10), records(0, 2, 10)]);
    assert_eq!(world.chunk().slot().partition, 0, "what was on its way is kept");
    let second = world.fetch().unwrap();
    assert_eq!(positions(&second.2), [(1, 2)]);
    assert_eq!(second.2.max_wait, Settings::default().fetch_max_wait, "nobody waits for the other");
    world.request(Request::Resume { slot: 0 });
    world.answer(second, &[Bytes::new()]);
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 2), (1, 2)], "where it was");
}

#[test]
fn partitions_come_and_go_and_share_the_budget() {
    let mut world = World::new(&[1, 1, 1], None, 6_000);
    let first = world.fetch().unwrap();
    world.request(Request::Unassign { slot: 0 });
    world.request(Request::Unassign { slot: 1 });
    world.answer(first, &[records(0, 1, 10), records(0, 1, 10), records(0, 1, 10)]);
    assert_eq!(world.chunk().slot().partition, 2);
    assert!(world.handed().is_none(), "the others are not read any more");
    let alone = world.fetch().unwrap();
    world.answer(alone, &[records(1, 3, 1_000)]);
    assert_eq!(positions(&world.fetch().unwrap().2), [(2, 4)], "alone it may have it all");
    world.assign(3, None);
    let chunk = world.chunk();
    assert!(world.budget.is_over(chunk.slot()), "two share it");
}

#[test]
fn a_partition_that_is_added_is_fetched_when_its_leader_is_known() {
    let mut world = World::new(&[1], None, 1 << 20);
    world.assign(1, None);
    assert!(matches!(world.calls[..], [_, Call::RefreshMetadata]), "{:?}", world.calls);
    world.calls.clear();
    world.command(Command::Snapshot(snapshot(&[1, 2], 0)));
    assert!(matches!(world.calls[..], [Call::Connect(2)]), "{:?}", world.calls);
}

#[test]
fn each_end_that_is_reached_is_told_once() {
    let mut world = World::new(&[1], None, 1 << 20);
    let mut answer = |n, high_watermark| {
        let fetch = world.fetch().unwrap();
        world.answer_up_to(fetch, n, high_watermark);
        world.ends()
    };
    assert_eq!(answer(3, 5), [], "there is more");
    assert_eq!(answer(2, 5), [(0, 0, 5)]);
    assert_eq!(answer(0, 5), []);
    assert_eq!(answer(1, 6), [(0, 0, 6)]);
    assert_eq!(answer(0, 9), [(0, 0, 9)], "a tail that compaction has left empty");
    world.request(Request::Seek { slot: 0, offset: 8, round: 1 });
    let stale = world.fetch().unwrap();
    world.answer_up_to(stale, 0, 9);
    assert_eq!(world.ends(), [], "of before the seek");
    let fetch = world.fetch().unwrap();
    world.answer_up_to(fetch, 1, 9);
    assert_eq!(world.ends(), [(0, 1, 9)]);
    let watermarks = world.core.readings.get(0).unwrap().slot.watermarks().unwrap();
    assert_eq!((watermarks.low, watermarks.high, watermarks.last_stable), (0, 9, -1));
}

#[test]
fn what_is_sent_to_its_end_or_behind_it_is_finished() {
    let mut world = World::new(&[1], Some(3), 1 << 20);
    let first = world.fetch().unwrap();
    world.request(Request::Seek { slot: 0, offset: 3, round: 1 });
    assert!(matches!(world.handed(), Some(Handed::Finished { round: 1, offset: 3, .. })));
    world.request(Request::Seek { slot: 0, offset: 1, round: 2 });
    world.answer(first, &[records(0, 3, 10)]);
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 1)], "and goes on when it is sent back");
}

/// Fifty partitions with plenty to read, and a reader that takes nothing.
#[test]
fn what_is_fetched_ahead_stays_within_the_budget_and_one_batch() {
    let (budget, batch) = (100_000, records(0, 1, 5_000).len());
    let mut world = World::new(&[1; 50], None, budget);
    let mut fetches = 0;
    for _ in 0..1_000 {
        let Some((broker, generation, plan)) = world.fetch() else { break };
        // As a broker does: the first batch comes whole, more come as long as there is room.
        let mut room = plan.max_bytes;
        let mut fill = |asked: &Asked| {
            let first = room == plan.max_bytes;
            let fits = room >= batch && asked.max_bytes >= batch;
            let fetched = if first || fits { records(asked.offset, 1, 5_000) } else { Bytes::new() };
            room = room.saturating_sub(fetched.len());
            fetched
        };
        let filled: Vec<Bytes> = plan.asked.iter().map(&mut fill).collect();
        world.answer((broker, generation, plan), &filled);
        fetches += 1;
    }
    assert!(
        fetches < 1_000 && world.fetch().is_none() && world.core.deadline().is_none(),
        "it waits for a drain"
    );
    let held = budget - world.budget.free(0);
    let chunks: Vec<Chunk> = std::iter::from_fn(|| match world.handed()? {
        Handed::Chunk(chunk) => Some(chunk),
        other => panic!("{other:?}"),
    })
    .collect();
    let bytes: usize = chunks.iter().map(Chunk::bytes).sum();
    assert!(held == budget && (budget..=budget + batch).contains(&bytes), "{bytes} bytes are held");
    drop(chunks);
    world.deliver_requests();
    assert!(world.fetch().is_some(), "and goes on at once");
}
