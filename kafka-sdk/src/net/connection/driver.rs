//! The task that owns the socket: writes in order of submission, reads, and matches the answers.

use super::super::dial::Io;
use super::super::frame::FrameReader;
use super::super::{Failure, Unanswered};
use super::queue::{Promise, Shared, Submitted};
use super::turns::Turns;
use crate::clock::after;
use crate::helper::end_of_step;
use crate::observe::{OpenMark, Pending, warn_seldom};
use bytes::{Buf, Bytes};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::AsyncWrite;
use tokio::sync::futures::Notified;
use tokio::time::{Instant, Sleep, sleep_until};
use tracing::debug;

/// Slices that one write takes.
const SLICES: usize = 128;

/// A request whose answer has not come.
#[derive(Debug)]
struct Waiting {
    correlation_id: i32,
    answer: Promise,
    pending: Pending,
}

/// The task that owns the socket.
pub(super) struct Driver {
    shared: Arc<Shared>,
    socket: Box<dyn Io>,
    frames: FrameReader,
    /// What is being written.
    out: VecDeque<Bytes>,
    /// What was taken over for writing, and is not done.
    turns: Turns<Waiting>,
    /// Nothing more will be submitted, and what was is taken over.
    ended: bool,
    /// Nothing of what was taken over on an idle connection has been written yet.
    unwritten: bool,
    max_idle: Duration,
    /// Since when nothing is in flight, where that is so.
    idle_since: Instant,
    /// What has been allowed for: the broker reads nothing before then.
    muted_until: Option<Instant>,
    open: OpenMark,
    /// What those hear that wait when it is over, unless it was ended by the handle.
    outcome: Option<Failure>,
}

enum Event {
    Wrote(usize),
    Read(usize),
    Submitted,
    DeadlineReached,
    /// The last handle is gone, and nobody waits for an answer any more.
    Abandoned,
}

impl Driver {
    pub(super) fn new(
        shared: Arc<Shared>,
        socket: Box<dyn Io>,
        frames: FrameReader,
        max_idle: Duration,
    ) -> Self {
        let open = shared.meter.opened();
        Self {
            shared,
            socket,
            frames,
            out: VecDeque::new(),
            turns: Turns::new(),
            ended: false,
            unwritten: false,
            max_idle,
            idle_since: Instant::now(),
            muted_until: None,
            open,
            outcome: None,
        }
    }

    pub(super) async fn run(mut self) {
        if let Err(failure) = self.drive().await {
            self.outcome = Some(failure);
        }
        self.report();
    }

    /// That it is over: worth a warning if somebody waits for an answer.
    fn report(&mut self) {
        let (address, in_flight) = (&self.shared.address, self.turns.len());
        let Some(failure) = &self.outcome else {
            debug!(target: "kafka_sdk::net", %address, "connection closed");
            return;
        };
        let error = failure.error(address);
        let error = error.whole();
        match in_flight {
            // Brokers close what is idle.
            0 => debug!(target: "kafka_sdk::net", %address, %error, in_flight, "connection lost"),
            _ => {
                let warnings = &self.shared.meter.warnings;
                warn_seldom!(warnings, target: "kafka_sdk::net", { %address, %error, in_flight }, "connection lost");
            }
        }
    }

    /// Until the connection fails, or the last handle is gone and everything is answered that somebody waits for.
    async fn drive(&mut self) -> Result<(), Failure> {
        // One timer, set again only when it has fired or is late: most requests never touch it.
        let mut timer = pin!(sleep_until(Instant::now()));
        let mut timer_runs = false;
        let shared = self.shared.clone();
        loop {
            self.ended = self.take_submitted(&shared);
            if self.ended && self.turns.is_empty() {
                return Ok(());
            }
            let due = self.due();
            if !timer_runs || due < timer.deadline() {
                timer.as_mut().reset(due);
                timer_runs = true;
            }
            let mut submitted = pin!(shared.submitted.notified());
            let event = poll_fn(|cx| self.poll_event(cx, submitted.as_mut(), timer.as_mut()));
            match event.await? {
                Event::Wrote(n) => self.wrote(n, Instant::now()),
                Event::Read(0) if self.is_refused() => return Err(Failure::ClosedAtFirstRequest),
                Event::Read(0) => return Err(Failure::Closed(None)),
                Event::Read(n) => {
                    self.open.read(n);
                    self.answer(Instant::now())?;
                }
                Event::Submitted => {}
                Event::Abandoned => return Ok(()),
                Event::DeadlineReached => {
                    timer_runs = false;
                    let now = Instant::now();
                    if self.turns.deadline().is_some_and(|first| first <= now) {
                        return Err(Failure::Timeout);
                    }
                    if self.turns.is_empty() && self.idle_until() <= now {
                        self.shared.end_if_unused();
                    }
                }
            }
            end_of_step().await;
        }
    }

    /// What happens next: it writes before it reads, and looks at the rest when neither goes on.
    fn poll_event(
        &mut self,
        cx: &mut Context<'_>,
        submitted: Pin<&mut Notified<'_>>,
        timer: Pin<&mut Sleep>,
    ) -> Poll<io::Result<Event>> {
        // The broker may have closed it meanwhile: then what is not written yet can go elsewhere.
        if self.unwritten
            && let Poll::Ready(read) = self.frames.poll_fill(cx, &mut *self.socket)
        {
            return Poll::Ready(read.map(Event::Read));
        }
        if let Poll::Ready(wrote) = self.poll_write(cx) {
            return Poll::Ready(wrote.map(Event::Wrote));
        }
        if let Poll::Ready(read) = self.frames.poll_fill(cx, &mut *self.socket) {
            return Poll::Ready(read.map(Event::Read));
        }
        // Who helps does not notify.
        if self.out.is_empty() && (submitted.poll(cx).is_ready() || self.shared.has_requests()) {
            return Poll::Ready(Ok(Event::Submitted));
        }
        if timer.poll(cx).is_ready() {
            return Poll::Ready(Ok(Event::DeadlineReached));
        }
        if self.ended && self.turns.iter_mut().all(|waiting| waiting.answer.poll_closed(cx).is_ready()) {
            return Poll::Ready(Ok(Event::Abandoned));
        }
        Poll::Pending
    }

    fn idle_until(&self) -> Instant {
        after(self.idle_since, self.max_idle)
    }

    /// The broker has answered nothing since the greeting, and has been asked.
    fn is_refused(&self) -> bool {
        !self.unwritten && self.turns.awaits_answer() && !self.shared.has_answered()
    }

    /// When something has to be done if nothing happens before.
    fn due(&self) -> Instant {
        let due = self.turns.deadline().into_iter().chain(self.muted_until).min();
        due.unwrap_or_else(|| self.idle_until())
    }

    /// Takes over what was submitted since, once everything before is written and the broker reads again. True when
    /// nothing more will come.
    fn take_submitted(&mut self, shared: &Shared) -> bool {
        let mut queue = shared.queue();
        if let Some(until) = queue.muted_until {
            let now = Instant::now();
            self.allow_for_mute(now, until);
            if until > now {
                return queue.over.is_some() && queue.requests.is_empty();
            }
            (queue.muted_until, self.muted_until) = (None, None);
        }
        if !self.out.is_empty() {
            return false;
        }
        if !queue.requests.is_empty() {
            self.unwritten = self.turns.is_empty();
            self.take(&mut queue.requests, Instant::now());
        }
        queue.idle = self.turns.is_empty();
        queue.over.is_some()
    }

    fn take(&mut self, requests: &mut VecDeque<Submitted>, now: Instant) {
        for Submitted { segments, until, correlation_id, patience, answer, pending } in requests.drain(..) {
            let size = segments.iter().map(Bytes::len).sum();
            self.out.extend(segments);
            let waiting = Waiting { correlation_id, answer, pending };
            self.turns.take(waiting, until, size, patience, now);
        }
    }

    /// The broker reads what is on its way to it only then: it has so much longer to answer.
    fn allow_for_mute(&mut self, now: Instant, until: Instant) {
        let before = self.muted_until.unwrap_or(now).max(now);
        self.turns.stand_still(until.saturating_duration_since(before));
        self.muted_until = Some(until);
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.out.is_empty() {
            return Poll::Pending;
        }
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut used = 0;
        for (slice, segment) in slices.iter_mut().zip(&self.out) {
            *slice = IoSlice::new(segment);
            used += 1;
        }
        match ready!(Pin::new(&mut self.socket).poll_write_vectored(cx, &slices[..used]))? {
            0 => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            n => Poll::Ready(Ok(n)),
        }
    }

    /// Drops `n` written bytes, and answers what ends there and is answered by nobody else.
    fn wrote(&mut self, mut n: usize, now: Instant) {
        self.open.wrote(n);
        self.unwritten = false;
        self.turns.wrote(n, now);
        while let Some(posted) = self.turns.next_written(now) {
            let _ = posted.answer.send(Ok(Bytes::new()));
            self.idle_since = now;
        }
        while let Some(first) = self.out.front_mut() {
            if first.len() > n {
                first.advance(n);
                return;
            }
            n -= first.len();
            self.out.pop_front();
        }
    }

    /// Hands the frames that are complete to those that wait for them.
    fn answer(&mut self, now: Instant) -> Result<(), Failure> {
        self.turns.read(now);
        while let Some(frame) = self.frames.next()? {
            let id = frame.first_chunk().map(|id| i32::from_be_bytes(*id));
            let expected = self.turns.oldest().map(|waiting| waiting.correlation_id);
            if id.is_none() || id != expected {
                return Err(Failure::Correlation);
            }
            self.shared.note_answer();
            if let Some(waiting) = self.turns.answered(now) {
                waiting.pending.answered(now);
                // Whoever asked may have gone meanwhile.
                let _ = waiting.answer.send(Ok(frame));
            }
        }
        if !self.turns.awaits_answer() {
            self.idle_since = now;
        }
        Ok(())
    }
}

impl Drop for Driver {
    /// However it ends, also with its runtime, nobody is left waiting.
    fn drop(&mut self) {
        let mut queue = self.shared.queue();
        let failure = self.outcome.take().or(queue.over.take()).unwrap_or(Failure::Dropped);
        queue.over = Some(failure.clone());
        let untaken = std::mem::take(&mut queue.requests);
        drop(queue);
        for waiting in self.turns.drain() {
            let _ = waiting.answer.send(Err(Unanswered { failure: failure.clone(), sent: !self.unwritten }));
        }
        for request in untaken {
            let _ = request.answer.send(Err(Unanswered::unsent(failure.clone())));
        }
    }
}
