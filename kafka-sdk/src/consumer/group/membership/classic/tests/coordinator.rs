//! A coordinator of classic groups, as brokers from 2.4 on have it: it forgets what it has not written down when it moves.

use super::super::super::testing::{Coordinator, Origin, assignment, subscription};
use super::super::super::{
    Call, Heartbeat, JoinGroup, Joined, LeadersWork, LeaveGroup, Member, Reply, Role, SyncGroup, Synced,
};
use crate::error::Error;
use crate::model::TopicPartition;
use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

pub(super) const SESSION: Duration = Duration::from_secs(10);
pub(super) const REBALANCE: Duration = Duration::from_secs(60);

#[derive(Clone, Debug)]
struct Seat {
    instance_id: Option<Arc<str>>,
    subscription: Bytes,
    session_ends: Instant,
    /// A join or a sync that waits.
    waiting: Option<Origin>,
    assignment: Vec<TopicPartition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Empty,
    Preparing(Instant),
    Completing(Instant),
    Stable,
}

/// What is written down.
#[derive(Clone, Debug)]
struct Group {
    state: State,
    generation: i32,
    leader: Arc<str>,
    seats: BTreeMap<Arc<str>, Seat>,
}

pub(super) struct ClassicCoordinator {
    protocol: &'static str,
    group: Group,
    written: Group,
    /// Member ids that were given, and have not come back.
    pending: BTreeMap<Arc<str>, Instant>,
    given: u32,
    loaded_at: Option<Instant>,
    answers: Vec<(Origin, Reply)>,
}

impl ClassicCoordinator {
    pub(super) fn new(protocol: &'static str) -> Self {
        let group = Group { state: State::Empty, generation: 0, leader: "".into(), seats: BTreeMap::new() };
        Self {
            protocol,
            written: group.clone(),
            group,
            pending: BTreeMap::new(),
            given: 0,
            loaded_at: None,
            answers: Vec::new(),
        }
    }

    fn refuse_join(&mut self, to: Origin, code: ErrorCode) {
        self.answers.push((to, Reply::Joined(to.ticket, Err(Error::of_code(code, "refused")))));
    }

    fn refuse_sync(&mut self, to: Origin, code: ErrorCode) {
        self.answers.push((to, Reply::Synced(to.ticket, Err(Error::of_code(code, "refused")))));
    }

    fn new_id(&mut self, from: Origin) -> Arc<str> {
        self.given += 1;
        format!("client-{}-{}", from.client, self.given).into()
    }

    fn join(&mut self, now: Instant, from: Origin, join: &JoinGroup, instance_id: Option<Arc<str>>) {
        let subscription = subscription(join);
        let seat = Seat {
            instance_id: instance_id.clone(),
            subscription: subscription.clone(),
            session_ends: now + SESSION,
            waiting: Some(from),
            assignment: Vec::new(),
        };
        if join.member_id.is_empty() {
            let id = self.new_id(from);
            let taken = instance_id.and_then(|instance| self.seat_of(&instance));
            match taken {
                Some(old) => self.replace(now, old, (id, seat)),
                None if seat.instance_id.is_some() => self.admit(now, id, seat),
                None => {
                    self.pending.insert(id.clone(), now + SESSION);
                    let known = Joined::Known { member_id: id };
                    self.answers.push((from, Reply::Joined(from.ticket, Ok(known))));
                }
            }
            return;
        }
        if self.pending.remove(&join.member_id).is_some() {
            return self.admit(now, join.member_id.clone(), seat);
        }
        let leads = self.group.leader == join.member_id;
        let Some(known) = self.group.seats.get_mut(&join.member_id) else {
            return self.refuse_join(from, ErrorCode::UNKNOWN_MEMBER_ID);
        };
        known.session_ends = now + SESSION;
        let changed = std::mem::replace(&mut known.subscription, subscription.clone()) != subscription;
        match self.group.state {
            State::Completing(_) if !changed => self.welcome(&join.member_id, from, LeadersWork::Assign),
            State::Stable if !changed && !leads => self.welcome(&join.member_id, from, LeadersWork::Assign),
            _ => {
                known.waiting = Some(from);
                self.prepare(now);
            }
        }
    }

    fn seat_of(&self, instance: &Arc<str>) -> Option<Arc<str>> {
        let mut seats = self.group.seats.iter();
        seats.find(|(_, seat)| seat.instance_id.as_ref() == Some(instance)).map(|(id, _)| id.clone())
    }

    /// A static member has come back: it keeps what it had, if it wants the same.
    fn replace(&mut self, now: Instant, old: Arc<str>, (id, mut seat): (Arc<str>, Seat)) {
        let Some(before) = self.group.seats.remove(&old) else { return };
        let from = seat.waiting.take();
        seat.assignment = before.assignment;
        let topics = |bytes: &Bytes| bytes.split(|byte| *byte == b';').next().map(<[u8]>::to_vec);
        let same = topics(&before.subscription) == topics(&seat.subscription);
        if self.group.leader == old {
            self.group.leader = id.clone();
        }
        if let (State::Stable, true, Some(from)) = (self.group.state, same, from) {
            seat.subscription = before.subscription;
            self.group.seats.insert(id.clone(), seat);
            self.written = self.group.clone();
            return self.welcome(&id, from, LeadersWork::Watch);
        }
        seat.waiting = from;
        self.group.seats.insert(id, seat);
        self.prepare(now);
    }

    fn admit(&mut self, now: Instant, id: Arc<str>, seat: Seat) {
        self.group.seats.insert(id, seat);
        self.prepare(now);
    }

    /// Answers a join with the present generation.
    fn welcome(&mut self, id: &Arc<str>, to: Origin, work: LeadersWork) {
        let members = self.group.seats.iter().map(|(id, seat)| Member {
            member_id: id.clone(),
            instance_id: seat.instance_id.clone(),
            subscription: seat.subscription.clone(),
        });
        let role = if self.group.leader == *id {
            Role::Leader { members: members.collect(), work }
        } else {
            Role::Follower
        };
        let member = Joined::Member {
            member_id: id.clone(),
            generation: self.group.generation,
            protocol: self.protocol.into(),
            role,
        };
        self.answers.push((to, Reply::Joined(to.ticket, Ok(member))));
    }

    fn prepare(&mut self, now: Instant) {
        if let State::Completing(_) = self.group.state {
            let seats = self.group.seats.values_mut();
            let waiting: Vec<Origin> =
                seats.filter_map(|seat| seat.waiting.take_if(|origin| origin.life & SYNC != 0)).collect();
            for to in waiting {
                self.refuse_sync(unmarked(to), ErrorCode::REBALANCE_IN_PROGRESS);
            }
        }
        if !matches!(self.group.state, State::Preparing(_)) {
            self.group.state = State::Preparing(now + REBALANCE);
        }
        self.complete_join(now);
    }

    fn complete_join(&mut self, now: Instant) {
        let State::Preparing(deadline) = self.group.state else { return };
        let all = self.pending.is_empty() && self.group.seats.values().all(|seat| seat.waiting.is_some());
        if !all && now < deadline {
            return;
        }
        self.group.seats.retain(|_, seat| seat.waiting.is_some() || seat.instance_id.is_some());
        self.group.generation += 1;
        let joining = self.group.seats.iter().filter(|(_, seat)| seat.waiting.is_some());
        let joining: Vec<Arc<str>> = joining.map(|(id, _)| id.clone()).collect();
        if joining.is_empty() {
            self.group.state = State::Empty;
            self.written = self.group.clone();
            return;
        }
        if !joining.contains(&self.group.leader) {
            self.group.leader = joining[0].clone();
        }
        self.group.state = State::Completing(now + REBALANCE);
        for id in joining {
            let seat = self.group.seats.get_mut(&id);
            let from = seat.and_then(|seat| {
                seat.session_ends = now + SESSION;
                seat.waiting.take()
            });
            if let Some(from) = from {
                self.welcome(&id, from, LeadersWork::Assign);
            }
        }
    }

    fn sync(&mut self, now: Instant, from: Origin, sync: &SyncGroup) {
        let generation = self.group.generation;
        let Some(seat) = self.group.seats.get_mut(&sync.identity.member_id) else {
            return self.refuse_sync(from, ErrorCode::UNKNOWN_MEMBER_ID);
        };
        if sync.identity.epoch != generation {
            return self.refuse_sync(from, ErrorCode::ILLEGAL_GENERATION);
        }
        seat.session_ends = now + SESSION;
        match self.group.state {
            State::Preparing(_) => self.refuse_sync(from, ErrorCode::REBALANCE_IN_PROGRESS),
            State::Empty => self.refuse_sync(from, ErrorCode::UNKNOWN_MEMBER_ID),
            State::Stable => {
                let partitions = seat.assignment.clone();
                self.synced(from, partitions);
            }
            State::Completing(_) => {
                seat.waiting = Some(marked(from));
                if self.group.leader == sync.identity.member_id {
                    self.distributed(now, sync);
                }
            }
        }
    }

    /// The leader has said who gets what.
    fn distributed(&mut self, now: Instant, sync: &SyncGroup) {
        for seat in self.group.seats.values_mut() {
            seat.assignment.clear();
        }
        for (id, bytes) in &sync.assignments {
            if let Some(seat) = self.group.seats.get_mut(id) {
                seat.assignment = assignment(bytes);
            }
        }
        self.group.state = State::Stable;
        let mut waiting = Vec::new();
        for seat in self.group.seats.values_mut() {
            if let Some(to) = seat.waiting.take() {
                seat.session_ends = now + SESSION;
                waiting.push((unmarked(to), seat.assignment.clone()));
            }
        }
        self.written = self.group.clone();
        waiting.into_iter().for_each(|(to, partitions)| self.synced(to, partitions));
    }

    fn synced(&mut self, to: Origin, partitions: Vec<TopicPartition>) {
        let synced = Synced { protocol: Some(self.protocol.into()), partitions };
        self.answers.push((to, Reply::Synced(to.ticket, Ok(synced))));
    }

    fn heartbeat(&mut self, now: Instant, heartbeat: &Heartbeat) -> Result<(), ErrorCode> {
        let seat = self.group.seats.get_mut(&heartbeat.identity.member_id);
        let seat = seat.ok_or(ErrorCode::UNKNOWN_MEMBER_ID)?;
        if heartbeat.identity.epoch != self.group.generation {
            return Err(ErrorCode::ILLEGAL_GENERATION);
        }
        seat.session_ends = now + SESSION;
        match self.group.state {
            State::Preparing(_) => Err(ErrorCode::REBALANCE_IN_PROGRESS),
            _ => Ok(()),
        }
    }

    fn leave(&mut self, now: Instant, leave: &LeaveGroup) -> Result<(), ErrorCode> {
        self.pending.remove(&leave.member_id);
        if !self.group.seats.contains_key(&leave.member_id) {
            return Err(ErrorCode::UNKNOWN_MEMBER_ID);
        }
        self.remove(now, &leave.member_id);
        Ok(())
    }

    fn remove(&mut self, now: Instant, id: &Arc<str>) {
        let Some(seat) = self.group.seats.remove(id) else { return };
        if let Some(waiting) = seat.waiting.filter(|origin| origin.life & SYNC == 0) {
            self.refuse_join(waiting, ErrorCode::UNKNOWN_MEMBER_ID);
        }
        match self.group.state {
            State::Stable | State::Completing(_) => self.prepare(now),
            State::Preparing(_) => self.complete_join(now),
            State::Empty => {}
        }
    }

    fn is_away(&self, now: Instant) -> bool {
        self.loaded_at.is_some_and(|at| now < at)
    }
}

/// A sync that waits is told from a join by a mark.
const SYNC: u32 = 1 << 31;

fn marked(origin: Origin) -> Origin {
    Origin { life: origin.life | SYNC, ..origin }
}

fn unmarked(origin: Origin) -> Origin {
    Origin { life: origin.life & !SYNC, ..origin }
}

impl Coordinator for ClassicCoordinator {
    fn request(&mut self, now: Instant, from: Origin, call: Call) {
        let away = self.is_away(now).then_some(ErrorCode::NOT_COORDINATOR);
        let outcome = |result: Result<(), ErrorCode>| result.map_err(|code| Error::of_code(code, "refused"));
        match (call, away) {
            (Call::Join(_), Some(code)) => self.refuse_join(from, code),
            (Call::Sync(_), Some(code)) => self.refuse_sync(from, code),
            (Call::Join(join), None) => self.join(now, from, &join, instance_of(from)),
            (Call::Sync(sync), None) => self.sync(now, from, &sync),
            (Call::Heartbeat(heartbeat), away) => {
                let result = away.map_or_else(|| self.heartbeat(now, &heartbeat), Err);
                self.answers.push((from, Reply::Heard(from.ticket, outcome(result))));
            }
            (Call::Leave(leave), away) => {
                let result = away.map_or_else(|| self.leave(now, &leave), Err);
                self.answers.push((from, Reply::Left(from.ticket, outcome(result))));
            }
            _ => {}
        }
    }

    fn timeout(&mut self, now: Instant) {
        if self.is_away(now) {
            return;
        }
        if self.loaded_at.take().is_some() {
            self.group.seats.values_mut().for_each(|seat| seat.session_ends = now + SESSION);
        }
        self.pending.retain(|_, ends| *ends > now);
        let over =
            self.group.seats.iter().filter(|(_, seat)| seat.waiting.is_none() && seat.session_ends <= now);
        let over: Vec<Arc<str>> = over.map(|(id, _)| id.clone()).collect();
        over.iter().for_each(|id| self.remove(now, id));
        if let State::Completing(deadline) = self.group.state
            && deadline <= now
        {
            let silent = self.group.seats.iter().filter(|(_, seat)| seat.waiting.is_none());
            let silent: Vec<Arc<str>> = silent.map(|(id, _)| id.clone()).collect();
            silent.iter().for_each(|id| self.remove(now, id));
        }
        self.complete_join(now);
    }

    fn deadline(&self) -> Option<Instant> {
        if self.loaded_at.is_some() {
            return self.loaded_at;
        }
        let state = match self.group.state {
            State::Preparing(deadline) | State::Completing(deadline) => Some(deadline),
            State::Empty | State::Stable => None,
        };
        let seats = self.group.seats.values().filter(|seat| seat.waiting.is_none());
        seats.map(|seat| seat.session_ends).chain(self.pending.values().copied()).chain(state).min()
    }

    fn answers(&mut self) -> Vec<(Origin, Reply)> {
        std::mem::take(&mut self.answers)
    }

    fn moves(&mut self, _now: Instant, loaded_at: Instant) {
        for seat in self.group.seats.values_mut() {
            let Some(to) = seat.waiting.take() else { continue };
            let error = Error::of_code(ErrorCode::NOT_COORDINATOR, "refused");
            let reply = match to.life & SYNC {
                0 => Reply::Joined(to.ticket, Err(error)),
                _ => Reply::Synced(to.ticket, Err(error)),
            };
            self.answers.push((unmarked(to), reply));
        }
        self.pending.clear();
        self.group = self.written.clone();
        if self.group.seats.is_empty() {
            self.group.state = State::Empty;
        }
        self.loaded_at = Some(loaded_at);
    }

    fn topics(&mut self, _now: Instant, _counts: &BTreeMap<&'static str, usize>) {}
}

/// The last client is a static member.
pub(super) fn instance_of(from: Origin) -> Option<Arc<str>> {
    (from.client == STATIC).then(|| "pod".into())
}

pub(super) const STATIC: usize = 3;
