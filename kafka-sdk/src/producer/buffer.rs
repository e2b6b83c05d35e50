//! The memory of a producer: buffers of a few sizes, out of one budget, handed out in the order of asking.

use std::collections::BTreeMap;
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
    /// Who waits, in the order of asking.
    waiters: BTreeMap<Ticket, Option<Waker>>,
    next_ticket: u64,
}

/// A place in the queue for room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

/// Memory out of the budget: returns to it when dropped.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    charged: usize,
    budget: Buffers,
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

    /// A buffer of at least `size` bytes, if there is room.
    pub(super) fn take(&self, size: usize) -> Option<Buffer> {
        let charged = class_size(size);
        let mut state = self.state();
        if state.used.checked_add(charged)? > self.0.limit {
            return None;
        }
        state.used += charged;
        let class = CLASSES.iter().position(|&c| c == charged);
        let free = class.and_then(|class| state.free[class].pop());
        match &free {
            Some(_) => state.kept -= charged,
            None => state.shrink(self.0.limit),
        }
        drop(state);
        let bytes = free.unwrap_or_else(|| Vec::with_capacity(charged));
        Some(Buffer { bytes, charged, budget: self.clone() })
    }

    /// Takes a place in the queue for room.
    pub(super) fn queue(&self) -> Ticket {
        let mut state = self.state();
        let ticket = Ticket(state.next_ticket);
        state.next_ticket += 1;
        state.waiters.insert(ticket, None);
        self.0.waiting.store(state.waiters.len(), Ordering::Release);
        ticket
    }

    /// Ready when the place is the first: room is to be looked for then, and again at each wake-up.
    pub(super) fn poll_turn(&self, ticket: Ticket, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        let first = state.waiters.keys().next() == Some(&ticket);
        let before = state.waiters.get_mut(&ticket).and_then(|waker| waker.replace(cx.waker().clone()));
        drop(state);
        drop(before);
        if first { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Gives up the place, got what it was for or not: the next one looks for room.
    pub(super) fn leave(&self, ticket: Ticket) {
        let mut state = self.state();
        let own = state.waiters.remove(&ticket);
        self.0.waiting.store(state.waiters.len(), Ordering::Release);
        let next = state.first_waker();
        drop(state);
        drop(own);
        next.into_iter().for_each(Waker::wake);
    }

    /// Wakes all that wait: they have to learn that the producer is closed.
    pub(super) fn wake_all(&self) {
        let wakers: Vec<Waker> = self.state().waiters.values_mut().filter_map(Option::take).collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    fn put(&self, mut bytes: Vec<u8>, charged: usize) {
        let mut state = self.state();
        state.used -= charged;
        let class = CLASSES.iter().position(|&c| c == charged && bytes.capacity() == charged);
        if let Some(class) = class {
            bytes.clear();
            state.kept += charged;
            state.free[class].push(bytes);
        }
        let next = state.first_waker();
        drop(state);
        next.into_iter().for_each(Waker::wake);
    }
}

impl State {
    /// Drops buffers kept for later, until those in use and those kept are within the limit together.
    fn shrink(&mut self, limit: usize) {
        for (class, free) in CLASSES.iter().zip(&mut self.free).rev() {
            while self.used + self.kept > limit && free.pop().is_some() {
                self.kept -= class;
            }
        }
    }

    /// The waker of the first in the queue, to be woken without the lock.
    fn first_waker(&mut self) -> Option<Waker> {
        self.waiters.values_mut().next()?.take()
    }
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
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.budget.put(std::mem::take(&mut self.bytes), self.charged);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;
    use std::task::Wake;

    #[derive(Default)]
    struct Flag(AtomicBool);

    impl Wake for Flag {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    fn poll(buffers: &Buffers, ticket: Ticket) -> (Poll<()>, Arc<Flag>) {
        let flag = Arc::new(Flag::default());
        let waker = Waker::from(flag.clone());
        (buffers.poll_turn(ticket, &mut Context::from_waker(&waker)), flag)
    }

    #[test]
    fn the_budget_is_charged_by_class_and_never_exceeded() {
        let buffers = Buffers::new(100 << 10);
        let first = buffers.take(1).unwrap();
        let second = buffers.take(16 * 1024 + 1).unwrap();
        assert_eq!(buffers.state().used, (16 + 64) << 10);
        assert!(buffers.take(20 << 10).is_none());
        drop(second);
        assert!(buffers.take(20 << 10).is_some());
        drop(first);
        let state = buffers.state();
        assert_eq!((state.used, state.kept), (0, (16 + 64) << 10));
    }

    #[test]
    fn buffers_are_used_again_and_given_up_for_others() {
        let buffers = Buffers::new(80 << 10);
        let mut buffer = buffers.take(10).unwrap();
        let bytes = buffer.take_bytes();
        let address = bytes.as_ptr();
        buffer.put_back(bytes);
        drop(buffer);
        let mut again = buffers.take(10).unwrap();
        let bytes = again.take_bytes();
        assert_eq!(bytes.as_ptr(), address);
        again.put_back(bytes);
        drop(again);
        let large = buffers.take(70 << 10);
        assert!(large.is_none(), "256 KiB do not fit");
        let _large = buffers.take(60 << 10).unwrap();
        let state = buffers.state();
        assert!(state.used + state.kept <= 80 << 10);
    }

    #[test]
    fn a_record_over_the_largest_class_gets_a_buffer_of_its_own() {
        let buffers = Buffers::new(5 << 20);
        let buffer = buffers.take(3 << 20).unwrap();
        assert_eq!(buffers.state().used, 3 << 20);
        drop(buffer);
        assert_eq!(buffers.state().kept, 0);
    }

    #[test]
    fn room_is_given_in_the_order_of_asking() {
        let buffers = Buffers::new(16 << 10);
        let held = buffers.take(1).unwrap();
        let (a, b) = (buffers.queue(), buffers.queue());
        assert!(buffers.has_waiters());
        assert!(poll(&buffers, b).0.is_pending());
        let (turn, woken) = poll(&buffers, a);
        assert!(turn.is_ready() && buffers.take(1).is_none(), "its turn, but no room yet");
        drop(held);
        assert!(woken.0.load(Ordering::SeqCst));
        let (_, b_woken) = poll(&buffers, b);
        buffers.leave(a);
        assert!(b_woken.0.load(Ordering::SeqCst), "the next one is woken by one that leaves");
        buffers.leave(b);
        assert!(!buffers.has_waiters());
    }
}
