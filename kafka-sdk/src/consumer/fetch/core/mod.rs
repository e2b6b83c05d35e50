//! What the fetcher decides: what to fetch from whom when; [`answer`] has what an answer means. No socket, no clock.
//!
//! Each broker has one fetch at a time. The next one goes out as soon as an answer's batch headers have been walked;
//! checksums and records are the reader's business. A partition that has its share of the budget buffered is left out
//! until the reader has drained half of it.

mod answer;
mod closing;
mod doubts;
mod ends;
mod reading;
mod readings;
mod replica;
mod standing;

use super::super::hand_out::HandOut;
use super::super::position::Position;
use super::super::request::Request;
use super::super::settings::Settings;
use super::asked::Asked;
use super::session::{Question, Session};
use crate::cluster::Snapshot;
use crate::drive::Core;
use crate::error::Error;
use crate::link::{Link, Want, Wire};
use crate::model::{Isolation, TopicPartition};
use crate::observe::Seldom;
pub(super) use doubts::Doubt;
use kafka_sdk_protocol::api::{FetchResponse, OffsetForLeaderEpochResponse};
use reading::{Bounds, Reading};
use readings::Readings;
pub(super) use standing::{LogRange, Restart};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::mem;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What a broker waits at most while a partition is left out that may be wanted any moment: it serves one request at a
/// time, and the next one would wait behind. Also while another broker waits for the room that it has. As long as nothing comes and nothing is drained, it is twice as long each
/// time.
const SHORT_WAIT: Duration = Duration::from_millis(10);

pub(in super::super) enum Command {
    Request(Request),
    Snapshot(Snapshot),
}

/// `L` is a connection; tests use something simpler.
#[derive(Debug)]
pub(in super::super) enum Call<L> {
    Connect(i32),
    Fetch {
        broker: i32,
        link: L,
        generation: u64,
        plan: Plan,
    },
    /// Where the epochs end that positions were read in.
    EpochEnds {
        leader: i32,
        doubts: Vec<Doubt>,
    },
    /// Where a lost position goes on.
    Restart {
        slot: usize,
        round: u64,
        partition: TopicPartition,
        isolation: Isolation,
        restart: Restart,
    },
    /// Where the log begins and ends that does not have a position.
    Range {
        slot: usize,
        round: u64,
        partition: TopicPartition,
    },
    RefreshMetadata,
    /// The broker need not keep it.
    EndSession {
        link: L,
        version: i16,
        session_id: i32,
    },
}

#[derive(Debug)]
pub(in super::super) enum Reply<L> {
    /// With the newest version of Fetch that both sides know.
    Connected {
        broker: i32,
        outcome: Result<(L, i16), Error>,
    },
    Fetched {
        broker: i32,
        generation: u64,
        plan: Plan,
        outcome: Result<FetchResponse, Error>,
        /// The picture of the cluster with the leaders that the answer names, where it names any.
        leaders: Option<Snapshot>,
    },
    EpochEnds {
        doubts: Vec<Doubt>,
        outcome: Result<OffsetForLeaderEpochResponse, Error>,
    },
    Restart {
        slot: usize,
        round: u64,
        outcome: Result<Position, Error>,
    },
    Range {
        slot: usize,
        round: u64,
        /// None where nobody has said.
        range: Option<LogRange>,
    },
    Nothing,
}

/// One fetch.
#[derive(Clone, Debug)]
pub(in super::super) struct Plan {
    pub(super) max_wait: Duration,
    pub(super) min_bytes: usize,
    pub(super) isolation: Isolation,
    /// Empty where the broker is not to name another one.
    pub(super) rack: Arc<str>,
    /// Reserved out of the budget.
    pub(super) max_bytes: usize,
    pub(super) asked: Vec<Asked>,
    pub(super) question: Question,
}

#[derive(Debug)]
struct Broker<L> {
    link: Link<L>,
    /// Of Fetch, on the present connection.
    version: i16,
    session: Session,
    busy: bool,
    /// Fetches in a row that brought nothing.
    empty_answers: u32,
    /// Answers in a row that could not be read.
    unreadable: u32,
    /// The slot that the next fetch begins with: the one behind the last that brought something.
    turn: usize,
    /// About fetches that have failed.
    warnings: Seldom,
}

#[derive(Debug)]
pub(in super::super) struct FetchCore<L> {
    settings: Settings,
    readings: Readings,
    snapshot: Snapshot,
    brokers: HashMap<i32, Broker<L>>,
    hand_out: HandOut,
    /// Bytes that the fetches under way may bring.
    reserved: usize,
    /// The broker that was asked last: the one behind it is next where there is not room for all.
    last_asked: i32,
    timers: BTreeSet<Instant>,
    calls: VecDeque<Call<L>>,
    random: fastrand::Rng,
    /// What is known of the leaders is not right: it is looked up once, whatever number of partitions said so.
    stale: bool,
    /// The reader has gone.
    has_ended: bool,
}

impl<L: Wire> Core for FetchCore<L> {
    type Command = Command;
    type Call = Call<L>;
    type Reply = Reply<L>;

    fn command(&mut self, now: Instant, command: Command) {
        match command {
            Command::Request(request) => self.request(now, request),
            Command::Snapshot(snapshot) => self.learn(snapshot),
        }
        self.fetch_all(now);
    }

    fn reply(&mut self, now: Instant, reply: Reply<L>) {
        match reply {
            Reply::Connected { broker, outcome } => self.connected(now, broker, outcome),
            Reply::Fetched { broker, generation, plan, outcome, .. } if self.has_ended => {
                self.last_answer(broker, generation, &plan, outcome);
            }
            Reply::Fetched { broker, generation, plan, outcome, leaders } => {
                if let Some(snapshot) = leaders {
                    self.learn(snapshot);
                }
                let failed = |error| self.fetch_failed(now, broker, generation, error);
                let response = outcome.map_err(failed).ok();
                self.fetched(now, broker, plan, response);
            }
            Reply::EpochEnds { doubts, outcome } => self.epochs_ended(now, doubts, outcome),
            Reply::Restart { slot, round, outcome } => self.restarted(now, slot, round, outcome),
            Reply::Range { slot, round, range } => self.out_of_range(slot, round, range),
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

    fn close(&mut self, _now: Instant) {
        self.end();
    }

    fn poll_call(&mut self, _now: Instant) -> Option<Call<L>> {
        self.calls.pop_front()
    }

    fn deadline(&self) -> Option<Instant> {
        self.timers.first().copied()
    }
}

impl<L: Wire> FetchCore<L> {
    pub(in super::super) fn new(settings: &Settings, snapshot: Snapshot, hand_out: HandOut) -> Self {
        Self {
            settings: settings.clone(),
            readings: Readings::default(),
            snapshot,
            brokers: HashMap::new(),
            hand_out,
            reserved: 0,
            last_asked: -1,
            timers: BTreeSet::new(),
            calls: VecDeque::new(),
            random: fastrand::Rng::new(),
            stale: false,
            has_ended: false,
        }
    }

    fn request(&mut self, now: Instant, request: Request) {
        match request {
            Request::Drained => {
                self.brokers.values_mut().for_each(|broker| broker.empty_answers = 0);
            }
            Request::Rewind { slot, offset, round } => {
                self.begin_round(slot, Position::at(offset), round);
                self.back_off(now, slot);
            }
            Request::Seek { slot, to, round } => self.begin_round(slot, to, round),
            Request::Assign { slot, start } => self.assign(Reading::new(slot, &start)),
            Request::Unassign { slot } => {
                self.readings.remove(slot);
                self.hand_out.budget.divide(self.readings.len());
            }
            Request::Pause { slot } => self.readings.get_mut(slot).into_iter().for_each(Reading::pause),
            Request::Resume { slot } => self.readings.get_mut(slot).into_iter().for_each(Reading::resume),
        }
    }

    fn assign(&mut self, mut reading: Reading) {
        let slot = reading.slot.index;
        reading.learn(&self.snapshot);
        self.readings.insert(reading);
        self.hand_out.budget.divide(self.readings.len());
        self.finish_if_at_end(slot);
    }

    /// Reads on from another place. Of two seeks at the same time, the first may come last.
    fn begin_round(&mut self, slot: usize, from: Position, round: u64) {
        if let Some(reading) = self.readings.get_mut(slot).filter(|reading| reading.round < round) {
            reading.begin_round(from, round);
            self.finish_if_at_end(slot);
        }
    }

    fn learn(&mut self, snapshot: Snapshot) {
        let mut replaced = Vec::new();
        for reading in self.readings.iter_mut() {
            let before = reading.leadership.topic_id;
            reading.learn(&snapshot);
            if !before.is_zero() && reading.leadership.topic_id != before && !reading.finished {
                replaced.push(reading.slot.index);
            }
        }
        self.snapshot = snapshot;
        replaced.into_iter().for_each(|slot| self.created_anew(slot));
    }

    /// Sends what can be sent, to every broker that has nothing to do: they take turns where room is short.
    fn fetch_all(&mut self, now: Instant) {
        let sources: BTreeSet<i32> = self.readings.iter().filter_map(|reading| reading.wants(now)).collect();
        let behind = (Bound::Excluded(self.last_asked), Bound::Unbounded);
        for source in sources.range(behind).chain(sources.range(..=self.last_asked)) {
            self.fetch(now, *source);
        }
        self.look_up_positions(now);
        self.look_up_leaders(now);
    }

    /// Has the leaders looked up that are missing, backing off longer and longer, or not right.
    fn look_up_leaders(&mut self, now: Instant) {
        let leaderless = self.readings.iter().filter(|reading| reading.is_leaderless(now));
        let leaderless: Vec<usize> = leaderless.map(|reading| reading.slot.index).collect();
        self.stale |= !leaderless.is_empty();
        leaderless.into_iter().for_each(|slot| self.back_off(now, slot));
        if mem::take(&mut self.stale) {
            self.calls.push_back(Call::RefreshMetadata);
        }
    }

    /// Lets some time pass before the partition is tried again.
    fn back_off(&mut self, now: Instant, slot: usize) {
        if let Some(reading) = self.readings.get_mut(slot) {
            let until = reading.leadership.failed(now, self.settings.retry, self.random.f64());
            self.timers.insert(until);
        }
    }

    fn fetch(&mut self, now: Instant, id: i32) {
        let broker = self.brokers.entry(id).or_default();
        if broker.busy {
            return;
        }
        let Some((link, generation)) = broker.link.up() else {
            return match broker.link.want(now) {
                Want::Nothing => {}
                Want::Open => self.calls.push_back(Call::Connect(id)),
                Want::At(time) => drop(self.timers.insert(time)),
            };
        };
        let Some(plan) = self.plan(now, id) else { return };
        self.reserved += plan.max_bytes;
        self.last_asked = id;
        for asked in &plan.asked {
            self.readings.get_mut(asked.slot).into_iter().for_each(|reading| reading.in_flight = true);
        }
        self.calls.push_back(Call::Fetch { broker: id, link, generation, plan });
    }

    /// The next fetch of a broker, which is busy with it from now on; none if there is no room for any partition.
    fn plan(&mut self, now: Instant, id: i32) -> Option<Plan> {
        let turn = self.brokers.get(&id)?.turn;
        let mut look = self.look(now, id, turn);
        if look.left_out {
            self.hand_out.budget.want_room();
            // Room may have come between looking and asking for it.
            look = self.look(now, id, turn);
        }
        let Look { asked, free, left_out, rack } = look;
        if asked.is_empty() {
            return None;
        }
        let most = asked.iter().fold(0usize, |sum, asked| sum.saturating_add(asked.max_bytes));
        let max_bytes = most.min(self.settings.fetch_max_bytes).min(self.broker_share(now)).min(free);
        let is_awaited = left_out || (max_bytes == free && self.others_want(now, id));
        let broker = self.brokers.get_mut(&id)?;
        broker.busy = true;
        let wait = self.settings.fetch_max_wait;
        let short = SHORT_WAIT.saturating_mul(1 << broker.empty_answers.min(20));
        Some(Plan {
            max_wait: if is_awaited { wait.min(short) } else { wait },
            min_bytes: self.settings.fetch_min_bytes,
            isolation: self.settings.isolation,
            rack,
            max_bytes,
            question: broker.session.ask(&asked, broker.version),
            asked,
        })
    }

    /// The partitions of a broker that are to be fetched, beginning with another one each time.
    fn look(&self, now: Instant, id: i32, turn: usize) -> Look {
        let budget = &self.hand_out.budget;
        let free = budget.free(self.reserved);
        let bytes = Bounds { first: self.settings.partition_max_bytes, most: budget.share() / 2 };
        let rack = self.settings.rack.clone();
        let mut look = Look { asked: Vec::new(), free, left_out: free == 0, rack };
        for reading in self.readings.beginning_with(turn) {
            if reading.wants(now) != Some(id) {
                continue;
            }
            let has_room = free > 0 && !budget.is_over(&reading.slot);
            look.left_out |= !has_room;
            if has_room {
                look.asked.push(reading.ask(id, &bytes));
            }
            if has_room && !reading.replica.may_be_named(now) {
                look.rack = "".into();
            }
        }
        look
    }

    /// Whether other brokers are to be asked as soon as there is room.
    fn others_want(&self, now: Instant, id: i32) -> bool {
        self.readings.iter().any(|reading| reading.wants(now).is_some_and(|other| other != id))
    }

    /// What one fetch may reserve, so that one broker leaves room for the others. It may be less than a partition is asked
    /// for, and less than one batch: the first one comes whole.
    fn broker_share(&self, now: Instant) -> usize {
        let sources: BTreeSet<i32> = self.readings.iter().filter_map(|reading| reading.source(now)).collect();
        (self.settings.fetch_buffer / sources.len().max(1)).max(1)
    }

    fn connected(&mut self, now: Instant, id: i32, outcome: Result<(L, i16), Error>) {
        let opened = outcome.map_err(|error| self.unreachable(now, id, error)).ok();
        let broker = self.brokers.entry(id).or_default();
        broker.session.lost();
        broker.version = opened.as_ref().map_or(0, |(_, version)| *version);
        broker.link.opened(now, opened.map(|(link, _)| link), self.settings.retry);
    }
}

/// What can be asked of a broker.
struct Look {
    asked: Vec<Asked>,
    /// Room in the budget.
    free: usize,
    /// A partition of the broker is not among them that may be wanted any moment.
    left_out: bool,
    /// Where the broker may name a replica to read from in its place; empty where it may not.
    rack: Arc<str>,
}

impl<L> Default for Broker<L> {
    fn default() -> Self {
        Self {
            link: Link::default(),
            version: 0,
            session: Session::none(),
            busy: false,
            warnings: Seldom::default(),
            empty_answers: 0,
            unreadable: 0,
            turn: 0,
        }
    }
}

#[cfg(test)]
mod tests;
