//! Which batches of which partitions go into the next request to a broker.

use super::outbox::Step;
use super::timers::Timer;
use super::{Call, SenderCore, Shipment};
use crate::error::Error;
use crate::link::{Link, Want, Wire};
use crate::model::Acks;
use std::collections::VecDeque;
use tokio::time::Instant;

/// What the sender knows of a broker.
pub(super) struct Broker<L> {
    pub(super) link: Link<L>,
    /// Requests without an answer.
    pub(super) in_flight: usize,
    /// Partitions with something to send, in turn.
    pub(super) ready: VecDeque<usize>,
}

impl<L> Default for Broker<L> {
    fn default() -> Self {
        Self { link: Link::default(), in_flight: 0, ready: VecDeque::new() }
    }
}

impl<L: Wire> SenderCore<L> {
    /// Sends what the broker can take now; what it cannot take goes on growing.
    pub(super) fn ship(&mut self, now: Instant, id: i32) {
        let mut took = false;
        while let Some((link, generation)) = self.free_link(now, id) {
            let shipments = self.fill_request(now, id);
            if shipments.is_empty() {
                continue;
            }
            took = true;
            if let Some(broker) = self.brokers.get_mut(&id) {
                broker.in_flight += 1;
            }
            self.calls.push_back(Call::Produce { broker: id, link, generation, shipments });
        }
        let Some(broker) = self.brokers.get(&id) else { return };
        self.shared.stalls.note(now, id, took, !broker.ready.is_empty());
        for &index in &broker.ready {
            if let Some(outbox) = self.outboxes.get_mut(index).and_then(Option::as_mut) {
                outbox.saturate();
            }
        }
    }

    /// The connection, if there is something to send and it can take another request; has it opened if need be.
    fn free_link(&mut self, now: Instant, id: i32) -> Option<(L, u64)> {
        let broker = self.brokers.get_mut(&id).filter(|broker| !broker.ready.is_empty())?;
        let up = broker.link.up();
        if up.is_none() {
            match broker.link.want(now) {
                Want::Nothing => {}
                Want::Open => self.calls.push_back(match self.shared.settings.acks {
                    Acks::None => Call::ConnectAndLookUp(id),
                    Acks::Leader | Acks::All => Call::Connect(id),
                }),
                Want::At(time) => self.timers.set(time, Timer::Ship(id)),
            }
        }
        up.filter(|_| broker.in_flight < self.shared.settings.max_in_flight)
    }

    /// One batch of each partition on the list, as far as the request's size allows. A partition that has more goes to
    /// the end of the list, so that each request begins with another.
    fn fill_request(&mut self, now: Instant, id: i32) -> Vec<Shipment> {
        let mut shipments = Vec::new();
        let (hurried_at, mut room) = (self.hurried_at, self.shared.settings.max_request_size);
        let listed = self.brokers.get_mut(&id).map(|broker| std::mem::take(&mut broker.ready));
        let mut listed = listed.unwrap_or_default();
        while let Some(index) = listed.pop_front() {
            let Some(outbox) = self.outbox(index).filter(|outbox| outbox.listed_at == Some(id)) else {
                continue;
            };
            if !shipments.is_empty() && outbox.next_size().is_some_and(|size| size > room) {
                listed.push_front(index);
                break;
            }
            outbox.listed_at = None;
            if outbox.next_step(now, hurried_at) == Step::Send(id)
                && let Some(shipment) = outbox.ship(index, id)
            {
                room = room.saturating_sub(shipment.bytes.len());
                shipments.push(shipment);
            }
        }
        if let Some(broker) = self.brokers.get_mut(&id) {
            broker.ready = listed;
        }
        for shipment in &shipments {
            self.consider(now, shipment.outbox);
        }
        shipments
    }

    pub(super) fn connected(&mut self, now: Instant, id: i32, outcome: Result<L, Error>) {
        let broker = self.brokers.entry(id).or_default();
        if let Err(error) = &outcome {
            for &index in &broker.ready {
                if let Some(outbox) = self.outboxes.get_mut(index).and_then(Option::as_mut) {
                    outbox.last_error = Some(error.clone());
                }
            }
            self.calls.push_back(Call::RefreshMetadata);
        }
        broker.link.opened(now, outcome.ok(), self.shared.settings.retry);
        self.ship_soon(id);
    }
}
