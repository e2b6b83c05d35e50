//! Who waits for memory, in the order of asking. Pure: whoever calls it wakes.

use std::collections::BTreeMap;
use std::task::Waker;

/// A place in the queue for room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

/// Those who wait for any memory, and aside those who wait for the share of a broker that has used it up: nobody else
/// waits behind them. Who comes back from there is at his old place.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    next: u64,
    queue: BTreeMap<Ticket, Option<Waker>>,
    aside: BTreeMap<i32, BTreeMap<Ticket, Option<Waker>>>,
}

impl Waiters {
    /// How many wait for any memory.
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn join(&mut self) -> Ticket {
        let ticket = Ticket(self.next);
        self.next += 1;
        self.queue.insert(ticket, None);
        ticket
    }

    /// Whether it is the turn of this ticket.
    pub(super) fn is_first(&self, ticket: Ticket) -> bool {
        self.queue.keys().next() == Some(&ticket)
    }

    /// Keeps who is to be woken; gives the one before, to be dropped without a lock.
    pub(super) fn wake_by(&mut self, ticket: Ticket, waker: &Waker) -> Option<Waker> {
        let mut aside = self.aside.values_mut().filter_map(|waiting| waiting.get_mut(&ticket));
        let place = self.queue.get_mut(&ticket).or_else(|| aside.next())?;
        place.replace(waker.clone())
    }

    /// The ticket waits for the share of `broker` from here on.
    pub(super) fn step_aside(&mut self, ticket: Ticket, broker: i32) {
        if let Some(waker) = self.queue.remove(&ticket) {
            self.aside.entry(broker).or_default().insert(ticket, waker);
        }
    }

    /// Brings back the first that waits for the share of each broker that has `room`.
    pub(super) fn come_back(&mut self, room: impl Fn(i32) -> bool) {
        for (_, waiting) in self.aside.iter_mut().filter(|(broker, _)| room(**broker)) {
            self.queue.extend(waiting.pop_first());
        }
        self.aside.retain(|_, waiting| !waiting.is_empty());
    }

    pub(super) fn leave(&mut self, ticket: Ticket) -> Option<Waker> {
        let mut aside = self.aside.values_mut();
        self.queue.remove(&ticket).or_else(|| aside.find_map(|waiting| waiting.remove(&ticket)))?
    }

    /// The waker of the first in the queue.
    pub(super) fn first_waker(&mut self) -> Option<Waker> {
        self.queue.values_mut().next()?.take()
    }

    /// All wakers.
    pub(super) fn wakers(&mut self) -> Vec<Waker> {
        let aside = self.aside.values_mut().flat_map(BTreeMap::values_mut);
        self.queue.values_mut().chain(aside).filter_map(Option::take).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_behind_those_who_wait_for_the_share_of_a_broker() {
        let mut waiters = Waiters::default();
        let (a, b, c) = (waiters.join(), waiters.join(), waiters.join());
        assert!(waiters.is_first(a) && !waiters.is_first(b));
        waiters.step_aside(a, 7);
        waiters.step_aside(b, 7);
        assert!(waiters.is_first(c) && waiters.len() == 1);
        waiters.come_back(|broker| broker == 8);
        assert!(waiters.is_first(c), "another broker has room");
        waiters.come_back(|broker| broker == 7);
        assert!(waiters.is_first(a) && waiters.len() == 2, "one of them, at its old place");
        waiters.leave(a);
        waiters.leave(b);
        assert!(waiters.is_first(c));
        waiters.come_back(|_| true);
        assert_eq!(waiters.len(), 1);
    }
}
