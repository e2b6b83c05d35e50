//! What the fetcher decides: what to fetch from whom when; [`answer`] has what an answer means. No socket, no clock.
//!
//! Each broker has one fetch at a time. The next one goes out as soon as an answer's batch headers have been walked;
//! checksums and records are the reader's business. A partition that has its share of the budget buffered is left out
//! until the reader has drained half of it.

mod answer;
mod calls;
mod closing;
mod doubts;
mod ends;
mod planning;
mod reading;
mod readings;
mod replica;
mod soundness;

use super::super::settings::Settings;
use super::session::Session;
use crate::cluster::Snapshot;
use crate::consumer::fetched::ToReader;
use crate::consumer::fetched::request::Request;
use crate::consumer::start::position::Position;
use crate::drive::Core;
use crate::error::Error;
use crate::link::{Link, Wire};
use crate::observe::Seldom;
pub(super) use calls::{Call, Command, Plan, Reply};
pub(super) use doubts::Doubt;
use reading::Reading;
use readings::Readings;
pub(super) use soundness::{LogRange, Restart};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::mem;
use tokio::time::Instant;

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
    reader: ToReader,
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

    /// Sessions are ended after the last answers.
    fn is_over(&self) -> bool {
        false
    }
}

impl<L: Wire> FetchCore<L> {
    pub(in super::super) fn new(settings: &Settings, snapshot: Snapshot, reader: ToReader) -> Self {
        Self {
            settings: settings.clone(),
            readings: Readings::default(),
            snapshot,
            brokers: HashMap::new(),
            reader,
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
            Request::Assign { slot, from, end } => self.assign(Reading::new(slot, from, end)),
            Request::Unassign { slot } => {
                self.readings.remove(slot);
                self.reader.budget.divide(self.readings.len());
            }
            Request::Pause { slot } => self.readings.get_mut(slot).into_iter().for_each(Reading::pause),
            Request::Resume { slot } => self.readings.get_mut(slot).into_iter().for_each(Reading::resume),
        }
    }

    fn assign(&mut self, mut reading: Reading) {
        let slot = reading.slot.index;
        reading.learn(&self.snapshot);
        self.readings.insert(reading);
        self.reader.budget.divide(self.readings.len());
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

    fn connected(&mut self, now: Instant, id: i32, outcome: Result<(L, i16), Error>) {
        let opened = outcome.map_err(|error| self.unreachable(now, id, error)).ok();
        let broker = self.brokers.entry(id).or_default();
        broker.session.lost();
        broker.version = opened.as_ref().map_or(0, |(_, version)| *version);
        broker.link.opened(now, opened.map(|(link, _)| link), self.settings.retry);
    }
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
