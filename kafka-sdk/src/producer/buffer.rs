//! The memory of a producer: buffers of a few sizes, out of one budget, handed out in the order of asking.

use super::waiters::{Ticket, Waiters};
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Sizes of buffers; a record that is larger than the last gets a buffer of its own size.
const CLASSES: [usize; 4] = [16 << 10, 64 << 10, 256 << 10, 1 << 20];

/// The budget. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Buffers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limit: usize,
    state: Mutex<State>,
    /// How many wait, to be read without the lock.
    waiting: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes of the buffers that are out.
    used: usize,
    /// Bytes of the buffers in `free`.
    kept: usize,
    /// Buffers to be used again, by class.
    free: [Vec<Vec<u8>>; CLASSES.len()],
    waiters: Waiters,
    /// Bytes of the buffers that are out, by the broker that the records are for.
    held: HashMap<i32, usize>,
    /// The brokers that lead a partition of this producer's topics.
    leaders: BTreeSet<i32>,
}

/// Why there is no buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shortage {
    /// All memory is used.
    Memory,
    /// The records for this broker have half of the memory, and there are other brokers to write to.
    Share { broker: i32, size: usize },
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("buffer.memory is full of records that are not acknowledged yet"),
            Self::Share { broker, .. } => write!(
                f,
                "half of buffer.memory is full of records that broker {broker} has not acknowledged yet, and one \
                 broker of several gets no more"
            ),
        }
    }
}

/// Memory out of the budget: returns to it when dropped.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    charged: usize,
    account: Account,
}

/// Which budget a buffer is out of, and whose share of it counts.
#[derive(Clone, Debug)]
pub(super) struct Account {
    budget: Buffers,
    broker: Option<i32>,
}

/// The size of the buffer that holds `size` bytes.
pub(super) fn class_size(size: usize) -> usize {
    CLASSES.into_iter().find(|&class| class >= size).unwrap_or(size)
}

impl Buffers {
    /// A budget of `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self(Arc::new(Shared { limit, state: Mutex::default(), waiting: AtomicUsize::new(0) }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What of it is out.
    pub(super) fn used(&self) -> usize {
        self.state().used
    }

    /// The whole budget.
    pub(super) fn limit(&self) -> usize {
        self.0.limit
    }

    /// Whether anybody waits for room.
    #[inline]
    pub(super) fn has_waiters(&self) -> bool {
        self.0.waiting.load(Ordering::Acquire) > 0
    }

    /// A buffer of at least `size` bytes for records to `broker`, if there is room.
    pub(super) fn take(&self, size: usize, broker: Option<i32>) -> Result<Buffer, Shortage> {
        let (charged, limit) = (class_size(size), self.0.limit);
        let state = self.state();
        if state.used.saturating_add(charged) > limit {
            return Err(Shortage::Memory);
        }
        if let Some(broker) = broker.filter(|&broker| state.is_over_share(limit, broker, charged)) {
            return Err(Shortage::Share { broker, size: charged });
        }
        Ok(self.hand_out(state, charged, broker))
    }

    fn hand_out(&self, mut state: MutexGuard<'_, State>, charged: usize, broker: Option<i32>) -> Buffer {
        state.charge(charged, broker);
        let class = CLASSES.iter().position(|&c| c == charged);
        let free = class.and_then(|class| state.free[class].pop());
        match &free {
            Some(_) => state.kept -= charged,
            None => state.shrink(self.0.limit),
        }
        drop(state);
        let bytes = free.unwrap_or_else(|| Vec::with_capacity(charged));
        Buffer { bytes, charged, account: Account { budget: self.clone(), broker } }
    }

    /// Who leads the partitions that are written to: where there are several, none of them gets more than half.
    pub(super) fn share_among(&self, leaders: BTreeSet<i32>) {
        let mut state = self.state();
        state.leaders = leaders;
        self.next(state);
    }

    /// Takes a place in the queue for room.
    pub(super) fn queue(&self) -> Ticket {
        let mut state = self.state();
        let ticket = state.waiters.join();
        self.0.waiting.store(state.waiters.len(), Ordering::Release);
        ticket
    }

    /// Ready when the place is the first: room is to be looked for then, and again at each wake-up.
    pub(super) fn poll_turn(&self, ticket: Ticket, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        let first = state.waiters.is_first(ticket);
        let before = state.waiters.wake_by(ticket, cx.waker());
        drop(state);
        drop(before);
        if first { Poll::Ready(()) } else { Poll::Pending }
    }

    /// What was looked for at this place is not there: for want of a broker's share, nobody else waits for it. Says whether
    /// to look again.
    pub(super) fn lacks(&self, ticket: Ticket, shortage: Shortage) -> bool {
        let Shortage::Share { broker, size } = shortage else { return false };
        let mut state = self.state();
        if !state.is_over_share(self.0.limit, broker, size) {
            return true;
        }
        state.waiters.step_aside(ticket, broker);
        self.wake_first(state);
        false
    }

    /// Gives up the place, got what it was for or not: the next one looks for room.
    pub(super) fn leave(&self, ticket: Ticket) {
        let mut state = self.state();
        let own = state.waiters.leave(ticket);
        self.next(state);
        drop(own);
    }

    /// There may be room for one more.
    fn next(&self, mut state: MutexGuard<'_, State>) {
        let State { waiters, held, leaders, .. } = &mut *state;
        let least = CLASSES[0];
        waiters.come_back(|broker| !is_over_share(self.0.limit, leaders, held, broker, least));
        self.wake_first(state);
    }

    fn wake_first(&self, mut state: MutexGuard<'_, State>) {
        self.0.waiting.store(state.waiters.len(), Ordering::Release);
        let first = state.waiters.first_waker();
        drop(state);
        first.into_iter().for_each(Waker::wake);
    }

    /// Wakes all that wait: they have to learn that the producer is closed.
    pub(super) fn wake_all(&self) {
        let wakers = self.state().waiters.wakers();
        wakers.into_iter().for_each(Waker::wake);
    }

    fn put(&self, mut bytes: Vec<u8>, charged: usize, broker: Option<i32>) {
        let mut state = self.state();
        state.used -= charged;
        if let Some(held) = broker.and_then(|broker| state.held.get_mut(&broker)) {
            *held -= charged;
        }
        let class = CLASSES.iter().position(|&c| c == charged && bytes.capacity() == charged);
        if let Some(class) = class {
            bytes.clear();
            state.kept += charged;
            state.free[class].push(bytes);
            state.shrink(self.0.limit);
        }
        self.next(state);
    }
}

impl State {
    fn charge(&mut self, bytes: usize, broker: Option<i32>) {
        self.used += bytes;
        if let Some(broker) = broker {
            *self.held.entry(broker).or_default() += bytes;
        }
    }

    /// Drops buffers kept for later, until those in use and those kept are within the limit together.
    fn shrink(&mut self, limit: usize) {
        for (class, free) in CLASSES.iter().zip(&mut self.free).rev() {
            while self.used + self.kept > limit && free.pop().is_some() {
                self.kept -= class;
            }
        }
    }

    fn is_over_share(&self, limit: usize, broker: i32, more: usize) -> bool {
        is_over_share(limit, &self.leaders, &self.held, broker, more)
    }
}

/// Whether `broker` would have more than its share with so much more. What a single record takes it gets in any case.
fn is_over_share(
    limit: usize,
    leaders: &BTreeSet<i32>,
    held: &HashMap<i32, usize>,
    broker: i32,
    more: usize,
) -> bool {
    let has_others = leaders.iter().any(|&leader| leader != broker);
    let held = held.get(&broker).copied().unwrap_or_default();
    has_others && held > 0 && held.saturating_add(more) > limit / 2
}

impl Buffer {
    /// The bytes, to be filled; what is charged for them stays charged until [`Self::put_back`] and drop.
    pub(super) fn take_bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// The filled bytes, so that they can be read, and return with the charge.
    pub(super) fn put_back(&mut self, bytes: Vec<u8>) {
        self.bytes = bytes;
    }

    /// Where it belongs.
    pub(super) fn account(&self) -> Account {
        self.account.clone()
    }

    /// This content in a buffer of its size: this one, or a smaller one in its place.
    pub(super) fn refilled(mut self, content: &[u8]) -> Self {
        let charged = class_size(content.len());
        if charged < self.charged {
            // The budget may be exceeded for a moment: until this buffer is back.
            let Account { budget, broker } = &self.account;
            self = budget.hand_out(budget.state(), charged, *broker);
        }
        self.bytes.clear();
        self.bytes.extend_from_slice(content);
        self
    }
}

impl Account {
    /// A buffer of just these bytes, which take the place of one that is about to go. Charged whether there is room or
    /// not: where there is none, nobody gets any before it is back.
    pub(super) fn charge(&self, mut bytes: Vec<u8>) -> Buffer {
        bytes.shrink_to_fit();
        let charged = bytes.capacity();
        let mut state = self.budget.state();
        state.charge(charged, self.broker);
        state.shrink(self.budget.limit());
        drop(state);
        Buffer { bytes, charged, account: self.clone() }
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let Account { budget, broker } = &self.account;
        budget.put(std::mem::take(&mut self.bytes), self.charged, *broker);
    }
}

#[cfg(test)]
mod tests;
