//! Commands for a core, as a stream: pushed from anywhere without waiting, taken by one task.
//!
//! It has no bound of its own. Who pushes sees to it that there is a bound: one item for something that is itself
//! bounded, like a batch.

use futures_util::Stream;
use futures_util::task::AtomicWaker;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

/// The end that pushes. Clones share it.
#[derive(Debug)]
pub(crate) struct Mailbox<T>(Arc<Shared<T>>);

/// The end that takes. When it goes, nothing can be pushed any more.
#[derive(Debug)]
pub(crate) struct Mail<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    state: Mutex<State<T>>,
    taker: AtomicWaker,
}

#[derive(Debug)]
struct State<T> {
    items: VecDeque<T>,
    /// Nothing more is to be pushed; what is there is taken.
    closed: bool,
    /// Nothing more is taken.
    ended: bool,
}

/// Both ends.
pub(crate) fn mailbox<T>() -> (Mailbox<T>, Mail<T>) {
    let state = State { items: VecDeque::new(), closed: false, ended: false };
    let shared = Arc::new(Shared { state: Mutex::new(state), taker: AtomicWaker::new() });
    (Mailbox(shared.clone()), Mail(shared))
}

impl<T> Shared<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll_take(&self) -> Poll<Option<T>> {
        let mut state = self.state();
        match state.items.pop_front() {
            Some(item) => Poll::Ready(Some(item)),
            None if state.closed => {
                state.ended = true;
                Poll::Ready(None)
            }
            None => Poll::Pending,
        }
    }
}

impl<T> Mailbox<T> {
    /// Gives the item back when nobody will take it.
    pub(crate) fn push(&self, item: T) -> Result<(), T> {
        self.put(item)?;
        self.wake();
        Ok(())
    }

    /// As [`Self::push`], and wakes nobody: the caller sees to that.
    pub(crate) fn put(&self, item: T) -> Result<(), T> {
        let mut state = self.0.state();
        if state.ended {
            return Err(item);
        }
        state.items.push_back(item);
        Ok(())
    }

    /// Wakes who waits at the other end, to look at something else.
    pub(crate) fn wake(&self) {
        self.0.taker.wake();
    }

    /// Ends the stream behind what is in it.
    pub(crate) fn close(&self) {
        self.0.state().closed = true;
        self.0.taker.wake();
    }
}

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Mail<T> {
    /// Takes no more; gives what was left.
    pub(crate) fn end(&self) -> VecDeque<T> {
        let mut state = self.0.state();
        state.ended = true;
        std::mem::take(&mut state.items)
    }
}

impl<T> Drop for Mail<T> {
    fn drop(&mut self) {
        drop(self.end());
    }
}

impl<T> Stream for Mail<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        if let Poll::Ready(item) = self.0.poll_take() {
            return Poll::Ready(item);
        }
        self.0.taker.register(cx.waker());
        // Something may have come before the waker was there.
        self.0.poll_take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{FutureExt, StreamExt};

    #[test]
    fn what_was_pushed_before_the_close_is_taken() {
        let (mailbox, mut mail) = mailbox();
        assert!(mail.next().now_or_never().is_none());
        mailbox.push(1).unwrap();
        mailbox.close();
        mailbox.push(2).unwrap();
        assert_eq!(mail.by_ref().collect::<Vec<_>>().now_or_never().unwrap(), [1, 2]);
        assert_eq!(mailbox.push(3), Err(3), "the stream has ended");
    }

    #[test]
    fn nothing_is_pushed_to_nobody() {
        let (mailbox, mail) = mailbox();
        drop(mail);
        assert_eq!(mailbox.push("x"), Err("x"));
    }
}
