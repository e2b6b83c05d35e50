//! What goes wrong in a run.

use super::super::{Command, Leaving, Membership, Subscription};
use super::{Coordinator, Found, MS, SECOND, State, World, named, topics};
use std::time::Duration;

/// The kind of run.
#[derive(Clone, Debug)]
pub(in super::super) struct Plan {
    pub(in super::super) seed: u64,
    pub(in super::super) clients: usize,
    /// How many of a hundred requests, and of a hundred answers, are lost.
    pub(in super::super) loss: u8,
    /// One of these, every few seconds.
    pub(in super::super) faults: &'static [Fault],
    pub(in super::super) faults_for: Duration,
    pub(in super::super) peace_for: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Fault {
    /// A process stands still, and goes on.
    Freeze,
    /// It is no more, without a word; another one comes.
    Kill,
    /// It closes its consumer; another one comes.
    Close,
    /// It does not reach the coordinator for a while.
    CutOff,
    /// Another broker is the coordinator.
    Move,
    /// A topic gets more partitions.
    Grow,
    /// All members subscribe to something else.
    Resubscribe,
    /// The application stops asking for records, and goes on.
    Idle,
    /// A commit was refused.
    Doubt,
}

impl Fault {
    pub(in super::super) const ALL: &'static [Self] = &[
        Self::Freeze,
        Self::Kill,
        Self::Close,
        Self::CutOff,
        Self::Move,
        Self::Grow,
        Self::Resubscribe,
        Self::Idle,
        Self::Doubt,
    ];
}

impl<M: Membership, C: Coordinator> World<M, C> {
    pub(super) fn fault(&mut self) -> Found {
        let fault = self.plan.faults[self.random.usize(0..self.plan.faults.len())];
        let index = self.random.usize(0..self.clients.len());
        let time = self.random.u64(100..20_000) as u32 * MS;
        let until = self.now + time;
        *self.watch.done.faults.entry(format!("{fault:?}")).or_default() += 1;
        match fault {
            Fault::Freeze if self.clients[index].state != State::Dead => {
                self.clients[index].frozen_until = Some(until);
            }
            Fault::Kill if self.clients[index].state != State::Dead => self.end(index),
            Fault::Freeze | Fault::Kill => {}
            Fault::Close => {
                let ways = [Leaving::Default, Leaving::Leave, Leaving::Remain];
                let leaving = ways[self.random.usize(0..ways.len())];
                self.close(index, leaving);
            }
            Fault::CutOff => self.clients[index].cut_off_until = Some(until),
            Fault::Move => self.coordinator.moves(self.now, self.now + time.min(3 * SECOND)),
            Fault::Grow => {
                let name = if self.random.bool() { "a" } else { "b" };
                if let Some(count) = self.counts.get_mut(name).filter(|count| **count < 12) {
                    *count += 1;
                }
                self.coordinator.topics(self.now, &self.counts);
                let known = topics::facts(&self.counts);
                (0..self.clients.len()).for_each(|client| self.tell(client, Command::Topics(known.clone())));
            }
            Fault::Resubscribe => {
                self.subscribed = if self.random.bool() { ["a"].into() } else { ["a", "b"].into() };
                let names = named(self.subscribed.iter().copied());
                for client in 0..self.clients.len() {
                    self.tell(client, Command::Subscribe(Subscription::Topics(names.clone())));
                }
            }
            Fault::Idle => {
                self.tell(index, Command::Idle);
                self.active_at.push((until, index));
            }
            Fault::Doubt => self.tell(index, Command::Doubt),
        }
        Ok(())
    }
}
