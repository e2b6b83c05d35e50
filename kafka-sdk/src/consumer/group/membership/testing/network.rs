//! Requests and answers on their way; some are lost, and that is noticed sooner or later.

use super::super::{Call, Reply, Ticket};
use super::{MS, Origin, SECOND};
use crate::error::{Error, ErrorKind, Written};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// How long a LeaveGroup is waited for.
const LEAVE: Duration = Duration::from_secs(3);

pub(super) struct Network {
    random: fastrand::Rng,
    /// How many of a hundred are lost, each way.
    loss: u8,
    sequence: u64,
    /// By the time of arrival.
    requests: BTreeMap<(Instant, u64), (Origin, Call)>,
    answers: BTreeMap<(Instant, u64), (Origin, Reply)>,
    /// What is waited for: how it fails.
    open: BTreeMap<Origin, fn(Ticket, Error) -> Reply>,
}

/// Whether anything gets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Open,
    Closed,
}

impl From<bool> for Way {
    fn from(cut_off: bool) -> Self {
        if cut_off { Self::Closed } else { Self::Open }
    }
}

/// The ticket of a request, and how long its answer is waited for.
pub(super) fn request(call: &Call) -> Option<(Ticket, Duration)> {
    match call {
        Call::Join(join) => Some((join.ticket, join.within)),
        Call::Sync(sync) => Some((sync.ticket, sync.within)),
        Call::Heartbeat(heartbeat) => Some((heartbeat.ticket, heartbeat.within)),
        Call::ConsumerHeartbeat(heartbeat) => Some((heartbeat.ticket, heartbeat.within)),
        Call::Leave(leave) => Some((leave.ticket, LEAVE)),
        _ => None,
    }
}

fn failing(call: &Call) -> fn(Ticket, Error) -> Reply {
    match call {
        Call::Join(_) => |ticket, error| Reply::Joined(ticket, Err(error)),
        Call::Sync(_) => |ticket, error| Reply::Synced(ticket, Err(error)),
        Call::Heartbeat(_) => |ticket, error| Reply::Heard(ticket, Err(error)),
        Call::Leave(_) => |ticket, error| Reply::Left(ticket, Err(error)),
        _ => |ticket, error| Reply::ConsumerHeard(ticket, Err(error)),
    }
}

impl Network {
    pub(super) fn new(random: fastrand::Rng, loss: u8) -> Self {
        let (requests, answers, open) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { random, loss, sequence: 0, requests, answers, open }
    }

    /// Nothing is lost any more.
    pub(super) fn heal(&mut self) {
        self.loss = 0;
    }

    pub(super) fn send(&mut self, now: Instant, from: Origin, sent: (Call, Duration), way: Way) {
        let (call, within) = sent;
        let fail = failing(&call);
        self.open.insert(from, fail);
        self.later(now + within, from, fail(from.ticket, lost()));
        if self.is_lost(way) {
            self.noticed(now, from);
        } else {
            let at = now + self.latency();
            let key = self.key(at);
            self.requests.insert(key, (from, call));
        }
    }

    pub(super) fn answer(&mut self, now: Instant, to: Origin, reply: Reply, way: Way) {
        if self.is_lost(way) {
            self.noticed(now, to);
        } else {
            let at = now + self.latency();
            self.later(at, to, reply);
        }
    }

    /// The connection is found closed.
    fn noticed(&mut self, now: Instant, by: Origin) {
        let Some(fail) = self.open.get(&by).copied() else { return };
        let at = now + self.random.u64(1..2_000) as u32 * MS;
        self.later(at, by, fail(by.ticket, lost()));
    }

    pub(super) fn later(&mut self, at: Instant, to: Origin, reply: Reply) {
        if let Reply::Distributed(ticket, _) = reply {
            self.open.insert(Origin { ticket, ..to }, |_, _| Reply::Nothing);
        }
        let key = self.key(at);
        self.answers.insert(key, (to, reply));
    }

    /// Something happens at this time.
    pub(super) fn wake(&mut self, at: Instant) {
        let nobody = Origin { client: 0, life: u32::MAX, ticket: Ticket(0) };
        self.later(at, nobody, Reply::Nothing);
    }

    /// Whether this client waits for an answer.
    pub(super) fn waits(&self, client: usize, life: u32) -> bool {
        self.open.keys().any(|origin| (origin.client, origin.life) == (client, life))
    }

    pub(super) fn next(&self) -> Option<Instant> {
        let (request, answer) = (self.requests.first_key_value(), self.answers.first_key_value());
        request.map(|(key, _)| key.0).into_iter().chain(answer.map(|(key, _)| key.0)).min()
    }

    pub(super) fn arrived(&mut self, now: Instant) -> Vec<(Origin, Call)> {
        let mut arrived = Vec::new();
        while let Some(first) = self.requests.first_entry().filter(|first| first.key().0 <= now) {
            arrived.push(first.remove());
        }
        arrived
    }

    /// Each request is answered once, whatever comes first.
    pub(super) fn answered(&mut self, now: Instant) -> Vec<(Origin, Reply)> {
        let mut answered = Vec::new();
        while let Some(first) = self.answers.first_entry().filter(|first| first.key().0 <= now) {
            let (to, reply) = first.remove();
            if self.open.remove(&to).is_some() {
                answered.push((to, reply));
            }
        }
        answered
    }

    fn is_lost(&mut self, way: Way) -> bool {
        way == Way::Closed || self.random.u8(0..100) < self.loss
    }

    fn latency(&mut self) -> Duration {
        let slow = self.random.u8(0..100) < self.loss;
        self.random.u64(1..40) as u32 * MS + if slow { SECOND } else { Duration::ZERO }
    }

    fn key(&mut self, at: Instant) -> (Instant, u64) {
        self.sequence += 1;
        (at, self.sequence)
    }
}

fn lost() -> Error {
    Error::new(ErrorKind::Connect, "the connection was lost").with_written(Written::Maybe)
}
