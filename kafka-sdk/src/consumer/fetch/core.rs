//! What the fetcher decides: what to fetch from whom when, and what an answer means. No socket, no clock.
//!
//! Each broker has one fetch at a time. The next one goes out as soon as an answer's batch headers have been walked;
//! checksums and records are the reader's business. A partition that has its share of the budget buffered is left out
//! until the reader has drained half of it.

use super::super::hand_out::{Budget, Chunk, Handed, Range, Request, Slot};
use super::super::reader::Start;
use super::super::settings::Settings;
use crate::backoff::Backoff;
use crate::cluster::Snapshot;
use crate::drive::Core;
use crate::error::Error;
use crate::link::{Link, Want};
use crate::mailbox::Mailbox;
use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::fetch::PartitionData;
use kafka_sdk_protocol::api::{ApiKey, FetchResponse};
use kafka_sdk_protocol::records::batches;
use kafka_sdk_protocol::wire::Uuid;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What a broker waits at most while a partition is left out that may be wanted any moment: it serves one request at a
/// time, and the next one would wait behind.
const SHORT_WAIT: Duration = Duration::from_millis(10);

pub(in super::super) enum Command {
    Request(Request),
    Snapshot(Snapshot),
}

/// `L` is a connection; tests use something simpler.
#[derive(Debug)]
pub(in super::super) enum Call<L> {
    Connect(i32),
    Fetch { broker: i32, link: L, generation: u64, plan: Plan },
    RefreshMetadata,
}

#[derive(Debug)]
pub(in super::super) enum Reply<L> {
    Connected { broker: i32, outcome: Result<L, Error> },
    Fetched { broker: i32, generation: u64, plan: Plan, outcome: Result<FetchResponse, Error> },
    Nothing,
}

/// One fetch.
#[derive(Clone, Debug)]
pub(in super::super) struct Plan {
    pub(super) max_wait: Duration,
    pub(super) min_bytes: usize,
    /// Reserved out of the budget.
    pub(super) max_bytes: usize,
    pub(super) partition_max_bytes: usize,
    pub(super) asked: Vec<Asked>,
}

/// A partition in a fetch.
#[derive(Clone, Debug)]
pub(in super::super) struct Asked {
    slot: usize,
    round: u64,
    pub(super) topic: Arc<str>,
    /// [`Uuid::ZERO`] where it is not known.
    pub(super) topic_id: Uuid,
    pub(super) partition: i32,
    pub(super) leader_epoch: i32,
    pub(super) offset: i64,
}

/// A partition as the fetcher sees it.
#[derive(Debug)]
pub(in super::super) struct Reading {
    slot: Arc<Slot>,
    topic_id: Uuid,
    leader: Option<i32>,
    leader_epoch: i32,
    next: i64,
    end: Option<i64>,
    finished: bool,
    in_flight: bool,
    failures: u32,
    paused_until: Option<Instant>,
}

#[derive(Debug)]
struct Broker<L> {
    link: Link<L>,
    busy: bool,
    /// The slot that the next fetch begins with.
    turn: usize,
}

#[derive(Debug)]
pub(in super::super) struct Fetcher<L> {
    settings: Settings,
    readings: Vec<Reading>,
    brokers: HashMap<i32, Broker<L>>,
    budget: Arc<Budget>,
    hand_out: Mailbox<Handed>,
    fetcher: Mailbox<Request>,
    /// Bytes that the fetches under way may bring.
    reserved: usize,
    timers: BTreeSet<Instant>,
    calls: VecDeque<Call<L>>,
    closing: bool,
}

impl<L: Clone> Core for Fetcher<L> {
    type Command = Command;
    type Call = Call<L>;
    type Reply = Reply<L>;

    fn command(&mut self, now: Instant, command: Command) {
        match command {
            Command::Request(Request::Drained) => {}
            Command::Request(Request::Rewind { slot, offset }) => {
                if let Some(reading) = self.readings.get_mut(slot) {
                    reading.next = offset;
                    reading.finished = false;
                    reading.pause(now, &mut self.timers);
                }
            }
            Command::Snapshot(snapshot) => {
                self.readings.iter_mut().for_each(|reading| reading.learn(&snapshot))
            }
        }
        self.fetch_all(now);
    }

    fn reply(&mut self, now: Instant, reply: Reply<L>) {
        match reply {
            Reply::Connected { broker, outcome } => self.connected(now, broker, outcome),
            Reply::Fetched { broker, generation, plan, outcome } => {
                self.fetched(now, broker, generation, plan, outcome);
            }
            Reply::Nothing => {}
        }
        self.fetch_all(now);
    }

    fn timeout(&mut self, now: Instant) {
        while self.timers.first().is_some_and(|first| *first <= now) {
            self.timers.pop_first();
        }
        if self.readings.iter().any(|reading| !reading.finished && reading.leader.is_none()) {
            self.calls.push_back(Call::RefreshMetadata);
        }
        self.fetch_all(now);
    }

    fn close(&mut self, _now: Instant) {
        self.closing = true;
    }

    fn poll_call(&mut self, _now: Instant) -> Option<Call<L>> {
        self.calls.pop_front()
    }

    fn deadline(&self) -> Option<Instant> {
        self.timers.first().copied().filter(|_| !self.closing)
    }
}

impl<L: Clone> Fetcher<L> {
    pub(in super::super) fn new(
        settings: &Settings,
        readings: Vec<Reading>,
        budget: Arc<Budget>,
        hand_out: Mailbox<Handed>,
        fetcher: Mailbox<Request>,
    ) -> Self {
        let mut core = Self {
            settings: settings.clone(),
            readings,
            brokers: HashMap::new(),
            budget,
            hand_out,
            fetcher,
            reserved: 0,
            timers: BTreeSet::new(),
            calls: VecDeque::new(),
            closing: false,
        };
        for slot in 0..core.readings.len() {
            core.finish_if_at_end(slot);
        }
        core
    }

    /// Sends what can be sent, to every broker that has nothing to do.
    fn fetch_all(&mut self, now: Instant) {
        if self.closing {
            return;
        }
        let leaders: BTreeSet<i32> = self.readings.iter().filter_map(|reading| reading.wants(now)).collect();
        for leader in leaders {
            self.fetch(now, leader);
        }
        let lost = self.readings.iter().any(|reading| !reading.finished && reading.leader.is_none());
        if lost && self.timers.is_empty() {
            self.timers.insert(now + Backoff::RETRY.first);
        }
    }

    fn fetch(&mut self, now: Instant, id: i32) {
        let broker = self.brokers.entry(id).or_default();
        if broker.busy {
            return;
        }
        let turn = broker.turn;
        let Some((link, generation)) = broker.link.up() else {
            return match broker.link.want(now) {
                Want::Nothing => {}
                Want::Open => self.calls.push_back(Call::Connect(id)),
                Want::At(time) => drop(self.timers.insert(time)),
            };
        };
        let Some(plan) = self.plan(now, id, turn) else { return };
        self.reserved += plan.max_bytes;
        if let Some(broker) = self.brokers.get_mut(&id) {
            broker.busy = true;
            broker.turn = plan.asked.first().map_or(0, |first| first.slot + 1);
        }
        for asked in &plan.asked {
            self.readings[asked.slot].in_flight = true;
        }
        self.calls.push_back(Call::Fetch { broker: id, link, generation, plan });
    }

    /// The partitions of a broker that are to be fetched, beginning with another one each time; none if there is no
    /// room for any.
    fn plan(&mut self, now: Instant, id: i32, turn: usize) -> Option<Plan> {
        let free = self.budget.free(self.reserved);
        let count = self.readings.len();
        let in_turn = (0..count).map(|i| (turn + i) % count);
        let (mut asked, mut left_out) = (Vec::new(), free == 0);
        for slot in in_turn {
            let reading = &self.readings[slot];
            if reading.wants(now) != Some(id) {
                left_out |= reading.leader == Some(id) && !reading.finished;
            } else if self.budget.is_over(&reading.slot) {
                left_out = true;
            } else if free > 0 {
                asked.push(reading.ask());
            }
        }
        if left_out {
            self.budget.want_room();
        }
        // Room may have come between looking and asking for it.
        if asked.is_empty() && left_out && self.budget.free(self.reserved) > free {
            let _ = self.fetcher.push(Request::Drained);
        }
        asked.sort_by(|a, b| a.topic.cmp(&b.topic));
        let wait = self.settings.fetch_max_wait;
        let most = asked.len().saturating_mul(self.settings.partition_max_bytes);
        (!asked.is_empty()).then(|| Plan {
            max_wait: if left_out { wait.min(SHORT_WAIT) } else { wait },
            min_bytes: self.settings.fetch_min_bytes,
            max_bytes: most.min(self.settings.fetch_max_bytes).min(self.broker_share()).min(free),
            partition_max_bytes: self.settings.partition_max_bytes,
            asked,
        })
    }

    /// What one fetch may reserve, so that one broker leaves room for the others.
    fn broker_share(&self) -> usize {
        let leaders: BTreeSet<i32> = self.readings.iter().filter_map(|reading| reading.leader).collect();
        (self.settings.fetch_buffer / leaders.len().max(1)).max(self.settings.partition_max_bytes)
    }

    fn connected(&mut self, now: Instant, id: i32, outcome: Result<L, Error>) {
        if outcome.is_err() {
            self.calls.push_back(Call::RefreshMetadata);
        }
        self.brokers.entry(id).or_default().link.opened(now, outcome.ok());
    }

    fn fetched(
        &mut self,
        now: Instant,
        id: i32,
        generation: u64,
        plan: Plan,
        outcome: Result<FetchResponse, Error>,
    ) {
        self.reserved -= plan.max_bytes;
        let broker = self.brokers.entry(id).or_default();
        broker.busy = false;
        if outcome.is_err() {
            broker.link.lost(generation);
        }
        let response = outcome.unwrap_or_else(|_| {
            self.calls.push_back(Call::RefreshMetadata);
            FetchResponse::default()
        });
        let mut answers = by_partition(response);
        for asked in plan.asked {
            let answer = answers
                .remove(&(Key::Name(asked.topic.clone()), asked.partition))
                .or_else(|| answers.remove(&(Key::Id(asked.topic_id), asked.partition)));
            let Some(reading) = self.readings.get_mut(asked.slot) else { continue };
            reading.in_flight = false;
            match answer {
                // Of before a rewind.
                Some(_) if asked.round != reading.slot.round() => {}
                Some(answer) if answer.error_code == ErrorCode::NONE => {
                    reading.failures = 0;
                    self.take(now, asked.slot, answer.records.unwrap_or_default());
                }
                Some(answer) => self.refused(now, &asked, answer.error_code),
                None => reading.pause(now, &mut self.timers),
            }
        }
    }

    /// Hands the records over, and goes on behind them: only the headers of their batches have been read.
    fn take(&mut self, now: Instant, slot: usize, records: Bytes) {
        let Some(reading) = self.readings.get_mut(slot) else { return };
        if records.is_empty() {
            return;
        }
        let from = reading.next;
        for batch in batches(&records) {
            match batch {
                Ok(batch) => reading.next = reading.next.max(batch.header().next_offset()),
                // The reader finds it as well, and has it fetched again.
                Err(_) => {
                    reading.pause(now, &mut self.timers);
                    break;
                }
            }
        }
        let range = Range { from, until: reading.end.unwrap_or(i64::MAX) };
        let (budget, fetcher) = (self.budget.clone(), self.fetcher.clone());
        let chunk = Chunk::new(reading.slot.clone(), budget, fetcher, &records, range);
        let _ = self.hand_out.push(Handed::Chunk(chunk));
        self.finish_if_at_end(slot);
    }

    fn finish_if_at_end(&mut self, slot: usize) {
        let Some(reading) = self.readings.get_mut(slot) else { return };
        if !reading.finished && reading.end.is_some_and(|end| reading.next >= end) {
            reading.finished = true;
            let _ = self.hand_out.push(Handed::Finished { slot, round: reading.slot.round() });
        }
    }

    fn refused(&mut self, now: Instant, asked: &Asked, code: ErrorCode) {
        if code.is_retriable() {
            if let Some(reading) = self.readings.get_mut(asked.slot) {
                reading.pause(now, &mut self.timers);
            }
            self.calls.push_back(Call::RefreshMetadata);
            return;
        }
        let place = format!("{}-{}", asked.topic, asked.partition);
        let text = match code {
            ErrorCode::OFFSET_OUT_OF_RANGE => format!(
                "{place} has no offset {}: its records were deleted (retention), or the topic was created anew",
                asked.offset
            ),
            ErrorCode::TOPIC_AUTHORIZATION_FAILED => {
                format!(
                    "{place}: reading is not allowed ({code}): the Read permission on the topic is needed"
                )
            }
            _ => format!("{place} cannot be read: {code}"),
        };
        let error = Error::broker(code, text)
            .with_api(ApiKey::FETCH)
            .with_topic(asked.topic.clone())
            .with_partition(asked.partition);
        for reading in &mut self.readings {
            reading.finished = true;
        }
        let _ = self.hand_out.push(Handed::Failed(error));
    }
}

impl Reading {
    pub(in super::super) fn new(slot: Arc<Slot>, start: &Start) -> Self {
        Self {
            slot,
            topic_id: Uuid::ZERO,
            leader: None,
            leader_epoch: -1,
            next: start.offset,
            end: start.end,
            finished: false,
            in_flight: false,
            failures: 0,
            paused_until: None,
        }
    }

    fn learn(&mut self, snapshot: &Snapshot) {
        let Some(topic) = snapshot.topic(&self.slot.topic) else { return };
        self.topic_id = topic.id;
        let Some(partition) = snapshot.partition(&self.slot.topic, self.slot.partition) else { return };
        if (partition.leader, partition.leader_epoch) != (self.leader, self.leader_epoch) {
            self.paused_until = None;
        }
        self.leader = partition.leader;
        self.leader_epoch = partition.leader_epoch;
    }

    /// The broker to fetch it from, if it is to be fetched now.
    fn wants(&self, now: Instant) -> Option<i32> {
        let paused = self.paused_until.is_some_and(|until| until > now);
        self.leader.filter(|_| !self.finished && !self.in_flight && !paused)
    }

    fn ask(&self) -> Asked {
        Asked {
            slot: self.slot.index,
            round: self.slot.round(),
            topic: self.slot.topic.clone(),
            topic_id: self.topic_id,
            partition: self.slot.partition,
            leader_epoch: self.leader_epoch,
            offset: self.next,
        }
    }

    fn pause(&mut self, now: Instant, timers: &mut BTreeSet<Instant>) {
        self.failures += 1;
        let until = now + Backoff::RETRY.delay(self.failures, fastrand::f64());
        self.paused_until = Some(until);
        timers.insert(until);
    }
}

impl<L> Default for Broker<L> {
    fn default() -> Self {
        Self { link: Link::default(), busy: false, turn: 0 }
    }
}

#[derive(PartialEq, Eq, Hash)]
enum Key {
    Name(Arc<str>),
    Id(Uuid),
}

fn by_partition(response: FetchResponse) -> HashMap<(Key, i32), PartitionData> {
    let mut answers = HashMap::new();
    for topic in response.responses {
        for partition in topic.partitions {
            let key = match topic.topic_id.is_zero() {
                true => Key::Name(topic.topic.as_str().into()),
                false => Key::Id(topic.topic_id),
            };
            answers.insert((key, partition.partition_index), partition);
        }
    }
    answers
}

#[cfg(test)]
mod tests;
