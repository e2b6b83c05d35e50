//! The fetcher on made-up time, with made-up brokers.

mod budget;
mod ends;
mod failures;
mod fetches;
mod leaders;
mod positions;
mod replicas;
mod rounds;
mod sessions;
mod unreadable;

use super::super::asked::Asked;
use super::*;
use crate::consumer::assignment::slot::Slot;
use crate::consumer::fetched::budget::Budget;
use crate::consumer::fetched::chunk::Chunk;
use crate::consumer::fetched::{FromFetcher, Handed, channel};
use crate::error::ErrorKind;
use crate::mailbox::Mail;
use crate::model::TopicPartition;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::fetch::{FetchableTopicResponse, PartitionData};
use kafka_sdk_protocol::api::{FetchResponse, OffsetForLeaderEpochResponse};
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp};
use kafka_sdk_protocol::wire::Uuid;
use std::sync::Arc;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

struct World {
    now: Instant,
    core: FetchCore<u32>,
    reader: FromFetcher,
    requests: Mail<Request>,
    budget: Arc<Budget>,
    calls: Vec<Call<u32>>,
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
        let (to_reader, reader, requests) = channel(budget);
        let budget = to_reader.budget.clone();
        let core = FetchCore::new(&settings, Snapshot::led_by(Uuid::ZERO, leaders, 0), to_reader);
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
        let partition = TopicPartition::new("t", index as i32);
        let slot = Arc::new(Slot::new(index, &partition, 0, Arc::default()));
        self.command(Command::Request(Request::Assign { slot, from: Position::at(0), end }));
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
