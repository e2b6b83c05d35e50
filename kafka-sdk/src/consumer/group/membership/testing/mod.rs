//! Members of a group on made-up time, with a made-up coordinator, while things go wrong.
//!
//! A run is given by its seed. It ends with the first thing that must not be, in words, or with what was done.

mod application;
mod network;
pub(super) mod planted;
mod scenario;
mod topics;
mod watch;

use super::{Call, Command, Leaving, Membership, Reply, Subscription, Ticket};
use crate::model::TopicPartition;
use application::Application;
use kafka_sdk_protocol::ErrorCode;
use network::Network;
pub(super) use scenario::{Fault, Plan};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;
pub(super) use topics::{assignment, id, named, subscription, topics_of};
use watch::Watch;

pub(super) const MS: Duration = Duration::from_millis(1);
pub(super) const SECOND: Duration = Duration::from_secs(1);

/// What is found to be wrong.
pub(super) type Found = Result<(), String>;

/// Which request is answered: of a client, of one of its lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Origin {
    pub(super) client: usize,
    pub(super) life: u32,
    pub(super) ticket: Ticket,
}

/// The coordinator of the group, wherever it is.
pub(super) trait Coordinator {
    fn request(&mut self, now: Instant, from: Origin, call: Call);
    fn timeout(&mut self, now: Instant);
    fn deadline(&self) -> Option<Instant>;
    /// What it has answered since.
    fn answers(&mut self) -> Vec<(Origin, Reply)>;
    /// Moves to another broker, which knows what was written down, and answers nothing for a while.
    fn moves(&mut self, now: Instant, loaded_at: Instant);
    /// How many partitions topics have now.
    fn topics(&mut self, now: Instant, counts: &BTreeMap<&'static str, usize>);
}

/// One consumer, which may be killed and come back.
struct Client<M> {
    core: M,
    life: u32,
    state: State,
    application: Application,
    /// What came while it was frozen.
    waiting: Vec<Input>,
    frozen_until: Option<Instant>,
    cut_off_until: Option<Instant>,
    back_at: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Alive,
    Leaving,
    Dead,
}

enum Input {
    Command(Command),
    Reply(Reply),
}

pub(super) struct World<M, C> {
    pub(super) now: Instant,
    plan: Plan,
    random: fastrand::Rng,
    make: Box<dyn Fn(usize, fastrand::Rng) -> M>,
    clients: Vec<Client<M>>,
    coordinator: C,
    network: Network,
    watch: Watch,
    counts: BTreeMap<&'static str, usize>,
    subscribed: BTreeSet<&'static str>,
    /// When applications ask for records again.
    active_at: Vec<(Instant, usize)>,
}

/// What was done in a run, so that one in which nothing happened is noticed.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) assignments: usize,
    pub(super) revocations: usize,
    pub(super) losses: usize,
    pub(super) holds: usize,
    pub(super) faults: BTreeMap<String, usize>,
}

impl Done {
    pub(super) fn add(&mut self, other: Self) {
        self.assignments += other.assignments;
        self.revocations += other.revocations;
        self.losses += other.losses;
        self.holds += other.holds;
        for (fault, times) in other.faults {
            *self.faults.entry(fault).or_default() += times;
        }
    }
}

impl<M: Membership, C: Coordinator> World<M, C> {
    pub(super) fn new(
        plan: Plan,
        coordinator: C,
        make: impl Fn(usize, fastrand::Rng) -> M + 'static,
    ) -> Self {
        let mut random = fastrand::Rng::with_seed(plan.seed);
        let client = |index: usize, random: &mut fastrand::Rng| Client {
            core: make(index, random.fork()),
            life: 0,
            state: State::Dead,
            application: Application::default(),
            waiting: Vec::new(),
            frozen_until: None,
            cut_off_until: None,
            back_at: None,
        };
        let clients = (0..plan.clients).map(|index| client(index, &mut random)).collect();
        Self {
            now: Instant::now(),
            network: Network::new(random.fork(), plan.loss),
            watch: Watch::default(),
            counts: BTreeMap::from([("a", 5), ("b", 3)]),
            subscribed: BTreeSet::from(["a", "b"]),
            active_at: Vec::new(),
            make: Box::new(make),
            random,
            clients,
            coordinator,
            plan,
        }
    }

    /// Faults for a while, then peace, then everything has to be as it should.
    pub(super) fn run(mut self) -> Result<Done, String> {
        let start = self.now;
        self.coordinator.topics(self.now, &self.counts);
        for client in 0..self.clients.len() {
            let delay = self.random.u64(0..5_000) as u32 * MS;
            self.clients[client].back_at = Some(start + delay);
        }
        let (faults_end, end) =
            (start + self.plan.faults_for, start + self.plan.faults_for + self.plan.peace_for);
        let mut next_fault = start + 10 * SECOND;
        while self.now < end {
            let fault = (next_fault < faults_end).then_some(next_fault);
            let next = self.next_event().into_iter().chain(fault).chain([end]).min().unwrap_or(end);
            self.now = next.max(self.now);
            if fault.is_some_and(|at| at <= self.now) {
                self.fault()?;
                next_fault = self.now + self.random.u64(200..6_000) as u32 * MS;
            }
            if self.now >= faults_end {
                self.network.heal();
            }
            self.turn().map_err(|wrong| format!("after {:?}: {wrong}", self.now - start))?;
        }
        self.settled().map(|()| std::mem::take(&mut self.watch.done))
    }

    fn next_event(&self) -> Option<Instant> {
        let cores = self.clients.iter().filter(|client| client.runs(self.now));
        let deadlines = cores.filter_map(|client| client.core.deadline());
        let thaws = self.clients.iter().flat_map(|client| [client.frozen_until, client.back_at]).flatten();
        let busy = self.clients.iter().filter(|client| client.runs(self.now));
        let ends = busy.filter_map(|client| client.application.done_at());
        let others = [self.coordinator.deadline(), self.network.next()].into_iter().flatten();
        let active = self.active_at.iter().map(|(at, _)| *at);
        deadlines.chain(thaws).chain(ends).chain(others).chain(active).min()
    }

    /// Everything that happens at this time.
    fn turn(&mut self) -> Found {
        if self.coordinator.deadline().is_some_and(|at| at <= self.now) {
            self.coordinator.timeout(self.now);
        }
        for (from, call) in self.network.arrived(self.now) {
            self.coordinator.request(self.now, from, call);
        }
        for (to, reply) in self.coordinator.answers() {
            let cut_off = self.clients[to.client].is_cut_off(self.now);
            self.network.answer(self.now, to, reply, cut_off.into());
        }
        for (to, reply) in self.network.answered(self.now) {
            if self.clients[to.client].life == to.life {
                self.clients[to.client].waiting.push(Input::Reply(reply));
            }
        }
        let (due, later) = self.active_at.iter().partition(|(at, _)| *at <= self.now);
        self.active_at = later;
        let due: Vec<(Instant, usize)> = due;
        due.into_iter().for_each(|(_, index)| self.tell(index, Command::Active));
        for index in 0..self.clients.len() {
            self.client(index).map_err(|wrong| format!("client {index}: {wrong}"))?;
        }
        self.watch.exclusive(self.now, &self.clients)
    }

    fn client(&mut self, index: usize) -> Found {
        if self.clients[index].back_at.is_some_and(|at| at <= self.now) {
            self.begin(index);
        }
        if !self.clients[index].runs(self.now) {
            return Ok(());
        }
        let now = self.now;
        let client = &mut self.clients[index];
        client.frozen_until = None;
        if client.core.deadline().is_some_and(|at| at <= now) {
            client.core.timeout(now);
            self.calls(index)?;
        }
        for input in std::mem::take(&mut self.clients[index].waiting) {
            self.input(index, input)?;
        }
        let client = &mut self.clients[index];
        if client.core.identity().is_none() {
            client.application.give_up_waiting(now);
        }
        while let Some(reply) = self.clients[index].application.done(self.now) {
            self.input(index, Input::Reply(reply))?;
        }
        Ok(())
    }

    fn input(&mut self, index: usize, input: Input) -> Found {
        let (now, client) = (self.now, &mut self.clients[index]);
        match input {
            Input::Command(command) => client.core.command(now, command),
            Input::Reply(reply) => {
                self.watch.reply(index, &reply);
                if let Reply::Assigned(_) | Reply::Revoked | Reply::Lost = reply {
                    client.application.finish();
                }
                client.core.reply(now, reply);
            }
        }
        self.watch.identity(index, client.core.identity())?;
        self.calls(index)
    }

    fn calls(&mut self, index: usize) -> Found {
        while let Some(call) = self.clients[index].core.poll_call(self.now) {
            self.watch.call(self.now, index, &call)?;
            self.perform(index, call)?;
        }
        let client = &mut self.clients[index];
        let done = client.core.deadline().is_none() && client.application.is_free();
        if client.state == State::Leaving && done && !self.network.waits(index, client.life) {
            self.end(index);
        }
        Ok(())
    }

    fn perform(&mut self, index: usize, call: Call) -> Found {
        let (now, life) = (self.now, self.clients[index].life);
        if let Some((ticket, within)) = network::request(&call) {
            let cut_off = self.clients[index].is_cut_off(now);
            self.network.send(now, Origin { client: index, life, ticket }, (call, within), cut_off.into());
            return Ok(());
        }
        match call {
            Call::Distribute(work) => {
                let time = self.random.u64(1..300) as u32 * MS;
                let distributed = topics::distribute(&work, &self.counts);
                let origin = Origin { client: index, life, ticket: work.ticket };
                self.network.later(now + time, origin, Reply::Distributed(work.ticket, Ok(distributed)));
                Ok(())
            }
            Call::Fail(error) if error.is(ErrorCode::UNRELEASED_INSTANCE_ID) => {
                self.end(index);
                Ok(())
            }
            Call::Fail(error) => Err(format!("failed: {error:#}")),
            Call::Resolve(ids) => {
                let known = topics::resolve(&ids, &self.counts);
                self.clients[index].waiting.push(Input::Command(Command::Topics(known)));
                self.network.wake(now + 20 * MS);
                Ok(())
            }
            call => self.clients[index].application.perform(now, call, &mut self.random),
        }
    }

    /// A new life of a client.
    fn begin(&mut self, index: usize) {
        let core = (self.make)(index, self.random.fork());
        let topics = topics::facts(&self.counts);
        let client = &mut self.clients[index];
        client.core = core;
        client.life += 1;
        client.state = State::Alive;
        client.back_at = None;
        client.application = Application::default();
        self.watch.begin(index);
        let subscription = Subscription::Topics(named(self.subscribed.iter().copied()));
        client.waiting =
            vec![Input::Command(Command::Topics(topics)), Input::Command(Command::Subscribe(subscription))];
    }

    /// The end of a life, whatever it was doing.
    fn end(&mut self, index: usize) {
        let back = self.now + self.random.u64(100..20_000) as u32 * MS;
        let client = &mut self.clients[index];
        client.life += 1;
        client.state = State::Dead;
        client.waiting.clear();
        client.frozen_until = None;
        client.application = Application::default();
        client.back_at = Some(back);
    }

    fn tell(&mut self, index: usize, command: Command) {
        if self.clients[index].state == State::Alive {
            self.clients[index].waiting.push(Input::Command(command));
        }
    }

    fn close(&mut self, index: usize, leaving: Leaving) {
        if self.clients[index].state == State::Alive {
            self.clients[index].waiting.push(Input::Command(Command::Leave(leaving)));
            self.clients[index].state = State::Leaving;
        }
    }

    /// In the end, each partition has one owner, and all members are of one generation.
    fn settled(&mut self) -> Found {
        let mut owners: BTreeMap<TopicPartition, usize> = BTreeMap::new();
        let mut epochs = BTreeSet::new();
        for (index, client) in self.clients.iter().enumerate() {
            if client.state != State::Alive {
                return Err(format!("client {index} is {:?} in the end", client.state));
            }
            let Some(identity) = client.core.identity() else {
                return Err(format!("client {index} is no member in the end"));
            };
            epochs.insert(identity.epoch);
            let handed_out = client.application.handed_out();
            if client.application.is_held() || !client.application.is_free() {
                return Err(format!("client {index} hands out nothing in the end"));
            }
            for partition in handed_out {
                *owners.entry(partition.clone()).or_default() += 1;
            }
        }
        let wanted = self.counts.iter().filter(|(name, _)| self.subscribed.contains(*name));
        let wanted: BTreeMap<TopicPartition, usize> = wanted
            .flat_map(|(name, count)| (0..*count).map(|p| (TopicPartition::new(*name, p as i32), 1)))
            .collect();
        if owners != wanted {
            return Err(format!("in the end the owners are {owners:?}"));
        }
        if epochs.len() != 1 {
            return Err(format!("in the end there are generations {epochs:?}"));
        }
        Ok(())
    }
}

impl<M> Client<M> {
    fn runs(&self, now: Instant) -> bool {
        self.state != State::Dead && self.frozen_until.is_none_or(|until| until <= now)
    }

    fn is_cut_off(&self, now: Instant) -> bool {
        self.cut_off_until.is_some_and(|until| now < until)
    }
}
