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
    broker: Option<i32>,
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
        state.used += charged;
        if let Some(broker) = broker {
            *state.held.entry(broker).or_default() += charged;
        }
        let class = CLASSES.iter().position(|&c| c == charged);
        let free = class.and_then(|class| state.free[class].pop());
        match &free {
            Some(_) => state.kept -= charged,
            None => state.shrink(self.0.limit),
        }
        drop(state);
        let bytes = free.unwrap_or_else(|| Vec::with_capacity(charged));
        Buffer { bytes, charged, broker, budget: self.clone() }
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

    /// This content in a buffer of its size: this one, or a smaller one in its place.
    pub(super) fn refilled(mut self, content: &[u8]) -> Self {
        let charged = class_size(content.len());
        if charged < self.charged {
            // The budget may be exceeded for a moment: until this buffer is back.
            self = self.budget.hand_out(self.budget.state(), charged, self.broker);
        }
        self.bytes.clear();
        self.bytes.extend_from_slice(content);
        self
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.budget.put(std::mem::take(&mut self.bytes), self.charged, self.broker);
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
        let first = buffers.take(1, None).unwrap();
        let second = buffers.take(16 * 1024 + 1, None).unwrap();
        assert_eq!(buffers.state().used, (16 + 64) << 10);
        assert!(buffers.take(20 << 10, None).is_err());
        drop(second);
        assert!(buffers.take(20 << 10, None).is_ok());
        drop(first);
        let state = buffers.state();
        assert_eq!((state.used, state.kept), (0, (16 + 64) << 10));
    }

    #[test]
    fn buffers_are_used_again_and_given_up_for_others() {
        let buffers = Buffers::new(80 << 10);
        let mut buffer = buffers.take(10, None).unwrap();
        let bytes = buffer.take_bytes();
        let address = bytes.as_ptr();
        buffer.put_back(bytes);
        drop(buffer);
        let mut again = buffers.take(10, None).unwrap();
        let bytes = again.take_bytes();
        assert_eq!(bytes.as_ptr(), address);
        again.put_back(bytes);
        drop(again);
        let large = buffers.take(70 << 10, None);
        assert!(large.is_err(), "256 KiB do not fit");
        let _large = buffers.take(60 << 10, None).unwrap();
        let state = buffers.state();
        assert!(state.used + state.kept <= 80 << 10);
    }

    #[test]
    fn a_record_over_the_largest_class_gets_a_buffer_of_its_own() {
        let buffers = Buffers::new(5 << 20);
        let buffer = buffers.take(3 << 20, None).unwrap();
        assert_eq!(buffers.state().used, 3 << 20);
        drop(buffer);
        assert_eq!(buffers.state().kept, 0);
    }

    #[test]
    fn less_content_gives_memory_back() {
        let buffers = Buffers::new(256 << 10);
        let buffer = buffers.take(200 << 10, None).unwrap().refilled(&[7; 40 << 10]);
        assert_eq!((buffer.as_ref(), buffers.state().used), (&[7; 40 << 10][..], 64 << 10));
        let buffer = buffer.refilled(&[8; 17 << 10]);
        assert_eq!((buffer.as_ref(), buffers.state().used), (&[8; 17 << 10][..], 64 << 10));
        drop(buffer);
        let state = buffers.state();
        assert!(state.used == 0 && state.kept <= 256 << 10);
    }

    #[test]
    fn room_is_given_in_the_order_of_asking() {
        let buffers = Buffers::new(16 << 10);
        let held = buffers.take(1, None).unwrap();
        let (a, b) = (buffers.queue(), buffers.queue());
        assert!(buffers.has_waiters());
        assert!(poll(&buffers, b).0.is_pending());
        let (turn, woken) = poll(&buffers, a);
        assert!(turn.is_ready() && buffers.take(1, None).is_err(), "its turn, but no room yet");
        drop(held);
        assert!(woken.0.load(Ordering::SeqCst));
        let (_, b_woken) = poll(&buffers, b);
        buffers.leave(a);
        assert!(b_woken.0.load(Ordering::SeqCst), "the next one is woken by one that leaves");
        buffers.leave(b);
        assert!(!buffers.has_waiters());
    }

    #[test]
    fn one_broker_of_several_gets_no_more_than_half() {
        let buffers = Buffers::new(64 << 10);
        buffers.share_among([1].into());
        let all: Vec<Buffer> = (0..4).map(|_| buffers.take(1, Some(1)).unwrap()).collect();
        assert_eq!(
            buffers.take(1, Some(1)).unwrap_err(),
            Shortage::Memory,
            "all of it, where there is no other"
        );
        drop(all);
        buffers.share_among([1, 2].into());
        let half: Vec<Buffer> = (0..2).map(|_| buffers.take(1, Some(1)).unwrap()).collect();
        let over = buffers.take(1, Some(1)).unwrap_err();
        assert_eq!(over, Shortage::Share { broker: 1, size: 16 << 10 });
        let (at_1, at_2) = (buffers.queue(), buffers.queue());
        assert!(!buffers.lacks(at_1, over));
        assert!(
            poll(&buffers, at_1).0.is_pending() && poll(&buffers, at_2).0.is_ready(),
            "nobody is behind it"
        );
        buffers.take(1, Some(2)).unwrap();
        buffers.leave(at_2);
        assert!(!buffers.has_waiters());
        let (_, woken) = poll(&buffers, at_1);
        drop(half);
        assert!(woken.0.load(Ordering::SeqCst) && buffers.has_waiters());
        assert!(poll(&buffers, at_1).0.is_ready() && buffers.take(1, Some(1)).is_ok());
    }

    #[test]
    fn who_lacks_a_share_that_has_come_meanwhile_looks_again() {
        let buffers = Buffers::new(64 << 10);
        buffers.share_among([1, 2].into());
        let half: Vec<Buffer> = (0..2).map(|_| buffers.take(1, Some(1)).unwrap()).collect();
        let (over, ticket) = (buffers.take(1, Some(1)).unwrap_err(), buffers.queue());
        drop(half);
        assert!(buffers.lacks(ticket, over));
    }

    #[test]
    fn a_record_that_is_larger_than_the_share_gets_its_buffer_alone() {
        let buffers = Buffers::new(4 << 20);
        buffers.share_among([1, 2].into());
        let large = buffers.take(3 << 20, Some(1)).unwrap();
        assert!(buffers.take(1, Some(1)).is_err() && buffers.take(1, Some(2)).is_ok());
        drop(large);
        assert!(buffers.take(3 << 20, Some(1)).is_ok());
    }
}
