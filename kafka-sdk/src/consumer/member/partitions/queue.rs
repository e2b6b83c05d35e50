//! Messages between the task that reads and a stream: whoever has the stream keeps the partition.

use crate::consumer::assignment::changes::Changes;
use crate::consumer::assignment::lease::Glances;
use crate::consumer::assignment::tracker::Tracker;
use crate::consumer::feed::acked::Ack;
use crate::model::Message;
use futures_util::task::AtomicWaker;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

/// Messages on their way to a stream: as many as may be out of the partition.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<Queued>,
    taker: AtomicWaker,
}

#[derive(Default)]
struct Queued {
    messages: VecDeque<(Message, Ack)>,
    /// Where the last of them is acknowledged, which keeps the partition.
    kept: Option<Arc<Tracker>>,
    closed: bool,
}

impl Queue {
    /// Has whoever waits look again.
    pub(super) fn wake(&self) {
        self.taker.wake();
    }

    fn state(&self) -> MutexGuard<'_, Queued> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever has the stream keeps the partition until it is dropped.
    pub(super) fn push(&self, message: Message, ack: Ack) {
        let mut state = self.state();
        if state.closed {
            drop(state);
            return ack.give_back();
        }
        if !state.kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, ack.tracker())) {
            ack.tracker().keep();
            state.kept = Some(ack.tracker().clone());
        }
        state.messages.push_back((message, ack));
        drop(state);
        self.taker.wake();
    }

    /// Nothing more comes; what has not been taken is given back.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        let left = std::mem::take(&mut state.messages);
        drop(state);
        // Those from before a seek are nobody's any more.
        if let Some((_, first)) = left.into_iter().find(|(_, ack)| !ack.tracker().is_over()) {
            first.give_back();
        }
        self.taker.wake();
    }

    /// Nothing while others may have the partition; the pump wakes who waits when that has passed.
    pub(super) fn poll_unless_held(
        &self,
        cx: &mut Context<'_>,
        news: &Changes,
        glances: &mut Glances,
    ) -> Poll<Option<(Message, Ack)>> {
        if news.is_on_hold() || glances.glance(|| news.look_at_lease()) {
            self.taker.register(cx.waker());
            if news.is_held() && !self.state().closed {
                return Poll::Pending;
            }
        }
        let taken = self.poll_take(cx);
        if taken.is_pending() {
            glances.wait();
        }
        taken
    }

    fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Option<(Message, Ack)>> {
        self.taker.register(cx.waker());
        let mut state = self.state();
        while let Some((message, ack)) = state.messages.pop_front() {
            // From before a seek.
            if !ack.tracker().is_over() {
                return Poll::Ready(Some((message, ack)));
            }
        }
        if state.closed { Poll::Ready(None) } else { Poll::Pending }
    }
}
