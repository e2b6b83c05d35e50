//! The requests on a connection, in their order, and how long the broker still has. Pure.
//!
//! A request has its time from its last progress on: it was taken over, the socket took bytes that are in its way or its
//! own, the one before it was answered, bytes of its answer came. So a thin line only costs time, and a broker that has
//! stopped is noticed as soon as one that never answers. Bytes of later requests are none: a broker may go on reading
//! and never answer.

use super::queue::Until;
use crate::clock::after;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// Requests that were taken over for writing.
#[derive(Debug)]
pub(super) struct Turns<T> {
    /// In the order in which the answers come.
    answered: VecDeque<Turn<T>>,
    /// Those that get no answer: done when they are written.
    posted: VecDeque<Turn<T>>,
    /// Bytes that were taken over on this connection, and those of them that are written.
    taken: u64,
    written: u64,
}

#[derive(Debug)]
struct Turn<T> {
    request: T,
    /// At how many bytes written it is.
    end: u64,
    patience: Duration,
    progress: Instant,
}

impl<T> Turn<T> {
    fn progressed(&mut self, now: Instant) {
        // What was allowed for because of a quota may lie in the future.
        self.progress = self.progress.max(now);
    }

    fn deadline(&self) -> Instant {
        after(self.progress, self.patience)
    }
}

impl<T> Turns<T> {
    pub(super) fn new() -> Self {
        Self { answered: VecDeque::new(), posted: VecDeque::new(), taken: 0, written: 0 }
    }

    /// A request of so many bytes is to be written behind the others.
    pub(super) fn take(&mut self, request: T, until: Until, size: usize, patience: Duration, now: Instant) {
        self.taken += size as u64;
        let turn = Turn { request, end: self.taken, patience, progress: now };
        match until {
            Until::Answered => self.answered.push_back(turn),
            Until::Written => self.posted.push_back(turn),
        }
    }

    /// The socket took so many bytes.
    pub(super) fn wrote(&mut self, bytes: usize, now: Instant) {
        let before = self.written;
        self.written += bytes as u64;
        for first in [self.answered.front_mut(), self.posted.front_mut()].into_iter().flatten() {
            if first.end > before {
                first.progressed(now);
            }
        }
    }

    /// The next of those that get no answer and are written.
    pub(super) fn next_written(&mut self, now: Instant) -> Option<T> {
        let written = self.posted.pop_front_if(|first| first.end <= self.written)?;
        if let Some(next) = self.posted.front_mut() {
            next.progressed(now);
        }
        Some(written.request)
    }

    /// Bytes of the oldest request's answer came.
    pub(super) fn read(&mut self, now: Instant) {
        if let Some(first) = self.answered.front_mut() {
            first.progressed(now);
        }
    }

    /// The request whose answer comes next.
    pub(super) fn oldest(&self) -> Option<&T> {
        self.answered.front().map(|first| &first.request)
    }

    /// The oldest request is answered.
    pub(super) fn answered(&mut self, now: Instant) -> Option<T> {
        let answered = self.answered.pop_front()?;
        self.read(now);
        Some(answered.request)
    }

    /// The broker reads nothing for so long, and has so much longer to answer.
    pub(super) fn stand_still(&mut self, time: Duration) {
        for turn in self.answered.iter_mut().chain(&mut self.posted) {
            turn.progress = after(turn.progress, time);
        }
    }

    /// When the broker's time is up, if nothing happens before.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let firsts = [self.answered.front(), self.posted.front()];
        firsts.into_iter().flatten().map(Turn::deadline).min()
    }

    /// Whether an answer is to come.
    pub(super) fn awaits_answer(&self) -> bool {
        !self.answered.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.answered.len() + self.posted.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.answered.iter_mut().chain(&mut self.posted).map(|turn| &mut turn.request)
    }

    pub(super) fn drain(&mut self) -> impl Iterator<Item = T> {
        self.answered.drain(..).chain(self.posted.drain(..)).map(|turn| turn.request)
    }
}
