//! What the fetcher decides: what to fetch from whom when, and what an answer means. No socket, no clock.
//!
//! Each broker has one fetch at a time. The next one goes out as soon as an answer's batch headers have been walked;
//! checksums and records are the reader's business. A partition that has its share of the budget buffered is left out
//! until the reader has drained half of it.

use super::super::budget::Slot;
use super::super::chunk::Range;
use super::super::hand_out::{HandOut, Handed};
use super::super::offsets::Start;
use super::super::request::Request;
use super::super::settings::Settings;
use crate::cluster::{Answers, Leadership, Snapshot};
use crate::drive::Core;
use crate::error::{Advice, Error, ErrorKind};
use crate::link::{Link, Want};
use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::fetch::PartitionData;
use kafka_sdk_protocol::api::{ApiKey, FetchResponse};
use kafka_sdk_protocol::records::batches;
use kafka_sdk_protocol::wire::Uuid;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::mem;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tracing::{debug, warn};

/// What a broker waits at most while a partition is left out that may be wanted any moment: it serves one request at a
/// time, and the next one would wait behind. As long as nothing comes and nothing is drained, it is twice as long each
/// time.
const SHORT_WAIT: Duration = Duration::from_millis(10);
/// How often an answer is asked for again in which nothing can be found, before it is called corrupt: the fault may have
/// been on the way.
const ATTEMPTS: u32 = 3;

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
    leadership: Leadership,
    next: i64,
    end: Option<i64>,
    /// Counts the reader's rewinds. What was asked for in an earlier round is of no use.
    round: u64,
    finished: bool,
    in_flight: bool,
    /// Answers in a row with bytes that are not even one batch.
    cut: u32,
}

#[derive(Debug)]
struct Broker<L> {
    link: Link<L>,
    busy: bool,
    /// Fetches in a row that brought nothing.
    empty_answers: u32,
    /// Answers in a row that could not be read.
    garbled: u32,
    /// The slot that the next fetch begins with: the one behind the last that brought something.
    turn: usize,
}

#[derive(Debug)]
pub(in super::super) struct FetchCore<L> {
    settings: Settings,
    readings: Vec<Reading>,
    brokers: HashMap<i32, Broker<L>>,
    hand_out: HandOut,
    /// Bytes that the fetches under way may bring.
    reserved: usize,
    timers: BTreeSet<Instant>,
    calls: VecDeque<Call<L>>,
    random: fastrand::Rng,
    /// What is known of the leaders is not right: it is looked up once, whatever number of partitions said so.
    stale: bool,
}

impl<L: Clone> Core for FetchCore<L> {
    type Command = Command;
    type Call = Call<L>;
    type Reply = Reply<L>;

    fn command(&mut self, now: Instant, command: Command) {
        match command {
            Command::Request(Request::Drained) => {
                self.brokers.values_mut().for_each(|broker| broker.empty_answers = 0);
            }
            Command::Request(Request::Rewind { slot, offset, round }) => {
                if let Some(reading) = self.readings.get_mut(slot) {
                    reading.next = offset;
                    reading.round = round;
                    reading.finished = false;
                    self.pause(now, slot);
                }
            }
            Command::Snapshot(snapshot) => self.learn(&snapshot),
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
        self.fetch_all(now);
    }

    /// Nobody closes it: the reader ends its task.
    fn close(&mut self, _now: Instant) {}

    fn poll_call(&mut self, _now: Instant) -> Option<Call<L>> {
        self.calls.pop_front()
    }

    fn deadline(&self) -> Option<Instant> {
        self.timers.first().copied()
    }
}

impl<L: Clone> FetchCore<L> {
    pub(in super::super) fn new(settings: &Settings, readings: Vec<Reading>, hand_out: HandOut) -> Self {
        let mut core = Self {
            settings: settings.clone(),
            readings,
            brokers: HashMap::new(),
            hand_out,
            reserved: 0,
            timers: BTreeSet::new(),
            calls: VecDeque::new(),
            random: fastrand::Rng::new(),
            stale: false,
        };
        for slot in 0..core.readings.len() {
            core.finish_if_at_end(slot);
        }
        core
    }

    fn learn(&mut self, snapshot: &Snapshot) {
        let mut replaced = None;
        for reading in &mut self.readings {
            let before = reading.leadership.topic_id;
            reading.learn(snapshot);
            if !before.is_zero() && reading.leadership.topic_id != before && !reading.finished {
                replaced = Some(reading.slot.topic.clone());
            }
        }
        if let Some(topic) = replaced {
            let text = format!(
                "topic \"{topic}\" was deleted and created anew: the positions of this reader are not in it; build \
                 another one"
            );
            self.fail(Error::new(ErrorKind::State, text).with_advice(Advice::Rebuild).with_topic(topic));
        }
    }

    /// Sends what can be sent, to every broker that has nothing to do.
    fn fetch_all(&mut self, now: Instant) {
        let leaders: BTreeSet<i32> = self.readings.iter().filter_map(|reading| reading.wants(now)).collect();
        for leader in leaders {
            self.fetch(now, leader);
        }
        self.look_up_leaders(now);
    }

    /// Has the leaders looked up that are missing, after longer and longer pauses, or not right.
    fn look_up_leaders(&mut self, now: Instant) {
        for slot in 0..self.readings.len() {
            if self.readings[slot].is_leaderless() && self.readings[slot].leadership.paused(now).is_none() {
                self.pause(now, slot);
                self.stale = true;
            }
        }
        if mem::take(&mut self.stale) {
            self.calls.push_back(Call::RefreshMetadata);
        }
    }

    /// Lets some time pass before the partition is tried again.
    fn pause(&mut self, now: Instant, slot: usize) {
        if let Some(reading) = self.readings.get_mut(slot) {
            self.timers.insert(reading.leadership.failed(now, self.random.f64()));
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
        }
        for asked in &plan.asked {
            self.readings[asked.slot].in_flight = true;
        }
        self.calls.push_back(Call::Fetch { broker: id, link, generation, plan });
    }

    /// The partitions of a broker that are to be fetched, beginning with another one each time; none if there is no
    /// room for any.
    fn plan(&self, now: Instant, id: i32, turn: usize) -> Option<Plan> {
        let mut look = self.look(now, id, turn);
        if look.left_out {
            self.hand_out.budget.want_room();
            // Room may have come between looking and asking for it.
            look = self.look(now, id, turn);
        }
        let Look { asked, free, left_out } = look;
        let (wait, empty_answers) =
            (self.settings.fetch_max_wait, self.brokers.get(&id).map_or(0, |b| b.empty_answers));
        let short = SHORT_WAIT.saturating_mul(1 << empty_answers.min(20));
        let most = asked.len().saturating_mul(self.settings.partition_max_bytes);
        (!asked.is_empty()).then(|| Plan {
            max_wait: if left_out { wait.min(short) } else { wait },
            min_bytes: self.settings.fetch_min_bytes,
            max_bytes: most.min(self.settings.fetch_max_bytes).min(self.broker_share()).min(free),
            partition_max_bytes: self.settings.partition_max_bytes,
            asked,
        })
    }

    fn look(&self, now: Instant, id: i32, turn: usize) -> Look {
        let budget = &self.hand_out.budget;
        let free = budget.free(self.reserved);
        let mut look = Look { asked: Vec::new(), free, left_out: free == 0 };
        let (before, from_turn_on) = self.readings.split_at(turn.min(self.readings.len()));
        for reading in from_turn_on.iter().chain(before) {
            if reading.wants(now) != Some(id) {
                continue;
            }
            let has_room = free > 0 && !budget.is_over(&reading.slot);
            look.left_out |= !has_room;
            look.asked.extend(has_room.then(|| reading.ask()));
        }
        look
    }

    /// What one fetch may reserve, so that one broker leaves room for the others.
    fn broker_share(&self) -> usize {
        let leaders: BTreeSet<i32> =
            self.readings.iter().filter_map(|reading| reading.leadership.leader).collect();
        (self.settings.fetch_buffer / leaders.len().max(1)).max(self.settings.partition_max_bytes)
    }

    fn connected(&mut self, now: Instant, id: i32, outcome: Result<L, Error>) {
        let link = outcome.map_err(|error| self.trouble(id, error)).ok();
        self.brokers.entry(id).or_default().link.opened(now, link);
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
        let response = match outcome {
            Ok(response) => {
                broker.garbled = 0;
                response
            }
            Err(error) => {
                broker.link.lost(generation);
                self.trouble(id, error);
                FetchResponse::default()
            }
        };
        let whole = Whole::of(&response);
        let mut answers = answers(response);
        let mut brought = None;
        for asked in plan.asked {
            let answer = answers.take(&asked.topic, asked.topic_id, asked.partition);
            let Some(reading) = self.readings.get_mut(asked.slot) else { continue };
            reading.in_flight = false;
            match answer {
                // Of before a rewind.
                Some(_) if asked.round != reading.round => {}
                Some(answer) if answer.error_code == ErrorCode::NONE => {
                    reading.leadership.succeeded();
                    let records = answer.records.unwrap_or_default();
                    if !records.is_empty() {
                        brought = Some(asked.slot);
                        self.take(now, asked.slot, &records);
                    } else if whole.is_empty && reading.end.is_some_and(|end| answer.high_watermark >= end) {
                        self.finish(asked.slot);
                    }
                }
                Some(answer) => self.refused(now, &asked, answer.error_code),
                None if whole.error_code != ErrorCode::NONE => self.refused(now, &asked, whole.error_code),
                None => {
                    self.pause(now, asked.slot);
                    self.stale = true;
                }
            }
        }
        if let Some(broker) = self.brokers.get_mut(&id) {
            match brought {
                Some(last) => (broker.turn, broker.empty_answers) = (last + 1, 0),
                None => broker.empty_answers += 1,
            }
        }
    }

    /// A broker could not be asked: passing trouble is tried again, any other ends the reading.
    fn trouble(&mut self, id: i32, error: Error) {
        let broker = self.brokers.entry(id).or_default();
        let passing = match error.kind() {
            ErrorKind::Decode => {
                broker.garbled += 1;
                broker.garbled < ATTEMPTS
            }
            _ => error.advice() == Advice::Retry,
        };
        if !passing {
            return self.fail(error);
        }
        debug!(target: "kafka_sdk::consumer", broker = id, %error, "no fetch");
        self.stale = true;
    }

    fn fail(&mut self, error: Error) {
        for reading in &mut self.readings {
            reading.finished = true;
        }
        self.hand_out.push(Handed::Failed(error));
    }

    /// Hands the records over, and goes on behind them: only the headers of their batches have been read.
    fn take(&mut self, now: Instant, slot: usize, records: &Bytes) {
        let Some(reading) = self.readings.get_mut(slot) else { return };
        let range =
            Range { round: reading.round, from: reading.next, until: reading.end.unwrap_or(i64::MAX) };
        let mut broken = false;
        for batch in batches(records) {
            match batch {
                Ok(batch) => reading.next = reading.next.max(batch.header().next_offset()),
                Err(_) => {
                    broken = true;
                    break;
                }
            }
        }
        if reading.next == range.from && !broken {
            return self.cut(now, slot);
        }
        reading.cut = 0;
        self.hand_out.chunk(&reading.slot, records, range);
        if broken {
            // The reader finds it as well, and has it fetched again.
            self.pause(now, slot);
        }
        self.finish_if_at_end(slot);
    }

    /// There were bytes, and not one whole batch: a length that lies looks like that.
    fn cut(&mut self, now: Instant, slot: usize) {
        let Some(reading) = self.readings.get_mut(slot) else { return };
        reading.cut += 1;
        if reading.cut < ATTEMPTS {
            return self.pause(now, slot);
        }
        let error = reading.slot.unreadable(reading.next);
        self.fail(error);
    }

    fn finish_if_at_end(&mut self, slot: usize) {
        if self.readings.get(slot).is_some_and(|reading| reading.end.is_some_and(|end| reading.next >= end)) {
            self.finish(slot);
        }
    }

    fn finish(&mut self, slot: usize) {
        let Some(reading) = self.readings.get_mut(slot).filter(|reading| !reading.finished) else { return };
        reading.finished = true;
        self.hand_out.push(Handed::Finished { slot, round: reading.round });
    }

    /// Trouble that may pass; a topic that is gone may well not.
    fn report(&self, asked: &Asked, code: ErrorCode) {
        let (topic, partition) = (&asked.topic, asked.partition);
        let begins = self.readings.get(asked.slot).is_some_and(|r| !r.leadership.is_failing());
        match code {
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::UNKNOWN_TOPIC_ID if begins => {
                warn!(target: "kafka_sdk::consumer", %topic, partition, %code, "was the topic deleted? trying again");
            }
            _ => debug!(target: "kafka_sdk::consumer", %topic, partition, %code, "no records"),
        }
    }

    fn refused(&mut self, now: Instant, asked: &Asked, code: ErrorCode) {
        if code.is_retriable() {
            self.report(asked, code);
            self.pause(now, asked.slot);
            self.stale = true;
            return;
        }
        let place = format!("{}-{}", asked.topic, asked.partition);
        let text = match code {
            ErrorCode::OFFSET_OUT_OF_RANGE => format!(
                "{place} has no offset {}: its log begins later (retention, deleted records, a topic created anew) or \
                 ends before; Offset::Earliest and Offset::Latest are always there",
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
        self.fail(error);
    }
}

/// What an answer says of all partitions.
struct Whole {
    error_code: ErrorCode,
    /// There are no records in any of them, and it is not the size or a quota that left them out: behind the position
    /// there is nothing up to the high watermark. Compaction, and markers that have gone, leave such a tail.
    is_empty: bool,
}

impl Whole {
    fn of(response: &FetchResponse) -> Self {
        let mut partitions = response.responses.iter().flat_map(|topic| &topic.partitions);
        let is_empty = |data: &PartitionData| {
            data.error_code == ErrorCode::NONE && data.records.as_ref().is_none_or(Bytes::is_empty)
        };
        Self {
            error_code: response.error_code,
            is_empty: response.throttle_time_ms == 0 && partitions.all(is_empty),
        }
    }
}

/// What can be asked of a broker.
struct Look {
    asked: Vec<Asked>,
    /// Room in the budget.
    free: usize,
    /// A partition of the broker is not among them that may be wanted any moment.
    left_out: bool,
}

impl Reading {
    pub(in super::super) fn new(slot: Arc<Slot>, start: &Start) -> Self {
        Self {
            slot,
            leadership: Leadership::unknown(),
            next: start.offset,
            end: start.end,
            round: 0,
            finished: false,
            in_flight: false,
            cut: 0,
        }
    }

    fn learn(&mut self, snapshot: &Snapshot) {
        self.leadership.learn(snapshot, &self.slot.topic, self.slot.partition);
    }

    fn is_leaderless(&self) -> bool {
        !self.finished && self.leadership.leader.is_none()
    }

    /// The broker to fetch it from, if it is to be fetched now.
    fn wants(&self, now: Instant) -> Option<i32> {
        let paused = self.leadership.paused(now).is_some();
        self.leadership.leader.filter(|_| !self.finished && !self.in_flight && !paused)
    }

    fn ask(&self) -> Asked {
        Asked {
            slot: self.slot.index,
            round: self.round,
            topic: self.slot.topic.clone(),
            topic_id: self.leadership.topic_id,
            partition: self.slot.partition,
            leader_epoch: self.leadership.epoch,
            offset: self.next,
        }
    }
}

impl<L> Default for Broker<L> {
    fn default() -> Self {
        Self { link: Link::default(), busy: false, empty_answers: 0, garbled: 0, turn: 0 }
    }
}

fn answers(response: FetchResponse) -> Answers<PartitionData> {
    let partition = |data: PartitionData| (data.partition_index, data);
    let topics = response.responses.into_iter();
    Answers::new(topics.map(|t| (t.topic, t.topic_id, t.partitions.into_iter().map(partition))))
}

#[cfg(test)]
mod tests;
