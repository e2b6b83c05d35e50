use super::dial::{Dialer, Io};
use super::frame::{FramePool, FrameReader};
use super::handshake::{self, Greeting};
use super::versions::Versions;
use super::{Address, Failure, Unanswered};
use crate::observe::{BrokerMeter, OpenMark, Pending, warn_seldom};
use bytes::{Buf, Bytes};
use kafka_sdk_protocol::message::{Request, decode_response, request_frame};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::AsyncWrite;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::debug;

/// The longest answer to a greeting.
const GREETING_LIMIT: usize = 1 << 20;
/// The longest frame on a connection: twice the most that a fetch asks for, because the first batch comes whole.
const FRAME_LIMIT: usize = 200 << 20;
/// Slices that one write takes.
const SLICES: usize = 128;

/// How a connection is made.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) dialer: Dialer,
    pub(crate) client_id: Arc<str>,
    pub(crate) frames: FramePool,
    pub(crate) meter: Arc<BrokerMeter>,
}

/// A connection to a broker. Requests are answered in the order in which they were submitted.
///
/// When the last clone goes, the socket is closed.
#[derive(Clone, Debug)]
pub(crate) struct Connection(Arc<Handle>);

#[derive(Debug)]
struct Handle {
    shared: Arc<Shared>,
    versions: Versions,
    client_id: Arc<str>,
}

/// What handle and driver share.
#[derive(Debug)]
struct Shared {
    address: Address,
    meter: Arc<BrokerMeter>,
    queue: Mutex<Queue>,
    submitted: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    requests: VecDeque<Submitted>,
    next_correlation_id: i32,
    /// Why nothing can be submitted any more.
    over: Option<Failure>,
}

#[derive(Debug)]
struct Submitted {
    segments: Vec<Bytes>,
    until: Until,
    waiting: Waiting,
}

/// What a submitted request waits for.
#[derive(Debug)]
enum Until {
    Answered,
    /// The broker does not answer it.
    Written,
}

/// A request whose answer has not come.
#[derive(Debug)]
struct Waiting {
    correlation_id: i32,
    deadline: Instant,
    answer: oneshot::Sender<Result<Bytes, Unanswered>>,
    pending: Pending,
}

impl Connection {
    /// Dials and greets, all within this time, and starts the driver.
    pub(crate) async fn open(setup: &Setup, address: &Address, within: Duration) -> Result<Self, Failure> {
        let (socket, mut frames, versions) =
            timeout(within, set_up(setup, address)).await.unwrap_or(Err(Failure::SetupTimeout(within)))?;
        frames.set_limit(FRAME_LIMIT);
        let shared = Arc::new(Shared {
            address: address.clone(),
            meter: setup.meter.clone(),
            queue: Mutex::new(Queue::default()),
            submitted: Notify::new(),
        });
        debug!(target: "kafka_sdk::net", %address, "connected");
        tokio::spawn(Driver::new(shared.clone(), socket, frames).run());
        Ok(Self(Arc::new(Handle { shared, versions, client_id: setup.client_id.clone() })))
    }

    pub(crate) fn address(&self) -> &Address {
        &self.0.shared.address
    }

    /// Whether it has not failed yet.
    pub(crate) fn is_open(&self) -> bool {
        self.0.shared.queue().over.is_none()
    }

    /// The highest version of `R` that both sides speak, not above `cap`.
    pub(crate) fn version<R: Request>(&self, cap: Option<i16>) -> Result<i16, Failure> {
        self.0.versions.choose::<R>(cap)
    }

    /// Puts a request on the wire behind those submitted before; the answer is to come before `deadline`, or the
    /// connection is given up. Dropping the reply leaves the connection as it is.
    pub(crate) fn submit<R: Request>(&self, request: &R, version: i16, deadline: Instant) -> Reply<R> {
        let receiver = self.put(request, version, deadline, Until::Answered);
        Reply { receiver, version, request: PhantomData }
    }

    /// As [`Self::submit`], for a request that the broker does not answer: ready when all of it was handed to the
    /// operating system.
    pub(crate) fn post<R: Request>(
        &self,
        request: &R,
        version: i16,
        deadline: Instant,
    ) -> impl Future<Output = Result<(), Unanswered>> + use<R> {
        let receiver = self.put(request, version, deadline, Until::Written);
        async move { receiver.await.unwrap_or_else(|_| Err(Unanswered::gone())).map(drop) }
    }

    fn put<R: Request>(
        &self,
        request: &R,
        version: i16,
        deadline: Instant,
        until: Until,
    ) -> oneshot::Receiver<Result<Bytes, Unanswered>> {
        let (answer, receiver) = oneshot::channel();
        let shared = &self.0.shared;
        let correlation_id = shared.next_correlation_id();
        match request_frame(request, version, correlation_id, Some(&self.0.client_id)) {
            Ok(segments) => {
                let pending = Pending::new(shared.meter.clone(), R::KEY, Instant::now());
                let waiting = Waiting { correlation_id, deadline, answer, pending };
                shared.submit(Submitted { segments, until, waiting });
            }
            Err(error) => drop(answer.send(Err(Unanswered::unsent(Failure::Encode(error))))),
        }
        receiver
    }
}

async fn set_up(setup: &Setup, address: &Address) -> Result<(Box<dyn Io>, FrameReader, Versions), Failure> {
    let mut socket = setup.dialer.dial(address).await?;
    let mut frames = FrameReader::new(setup.frames.clone(), GREETING_LIMIT);
    if let Greeting::Versions(versions) =
        handshake::greet(&mut *socket, &mut frames, &setup.client_id).await?
    {
        return Ok((socket, frames, versions));
    }
    let mut socket = setup.dialer.dial(address).await?;
    let mut frames = FrameReader::new(setup.frames.clone(), GREETING_LIMIT);
    let versions = handshake::greet_in_version_0(&mut *socket, &mut frames, &setup.client_id).await?;
    Ok((socket, frames, versions))
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.queue().over.get_or_insert(Failure::Dropped);
        self.shared.submitted.notify_one();
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_correlation_id(&self) -> i32 {
        let mut queue = self.queue();
        queue.next_correlation_id = queue.next_correlation_id.wrapping_add(1) & i32::MAX;
        queue.next_correlation_id
    }

    fn submit(&self, request: Submitted) {
        let mut queue = self.queue();
        if let Some(failure) = &queue.over {
            let _ = request.waiting.answer.send(Err(Unanswered::unsent(failure.clone())));
            return;
        }
        queue.requests.push_back(request);
        drop(queue);
        self.submitted.notify_one();
    }
}

/// The answer to a request, later. Always resolves: a connection that goes answers all that wait on it.
#[derive(Debug)]
#[must_use = "dropping a reply ignores the answer"]
pub(crate) struct Reply<R> {
    receiver: oneshot::Receiver<Result<Bytes, Unanswered>>,
    version: i16,
    request: PhantomData<fn() -> R>,
}

impl<R: Request> Future for Reply<R> {
    type Output = Result<R::Response, Unanswered>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(Pin::new(&mut self.receiver).poll(cx));
        let frame = answer.unwrap_or_else(|_| Err(Unanswered::gone()))?;
        let decoded = decode_response::<R>(&frame, self.version).map(|(_, response)| response);
        Poll::Ready(decoded.map_err(|e| Unanswered { failure: Failure::Decode(e), sent: true }))
    }
}

/// The task that owns the socket.
struct Driver {
    shared: Arc<Shared>,
    socket: Box<dyn Io>,
    frames: FrameReader,
    /// What is being written.
    out: VecDeque<Bytes>,
    /// What was handed to the socket, at least in part, in the order in which the answers come.
    in_flight: VecDeque<Waiting>,
    /// An answer has come, after the greeting.
    answered: bool,
    /// Requests that get no answer, and at how many bytes of `out` they end.
    posted: VecDeque<(usize, Waiting)>,
    open: OpenMark,
    /// What those hear that wait when it is over: that the client was closed, unless something happens before.
    outcome: Failure,
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
    fn new(shared: Arc<Shared>, socket: Box<dyn Io>, frames: FrameReader) -> Self {
        let (out, in_flight, posted) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        let (answered, open, outcome) = (false, shared.meter.opened(), Failure::Dropped);
        Self { shared, socket, frames, out, in_flight, posted, answered, open, outcome }
    }

    async fn run(mut self) {
        if let Err(failure) = self.drive().await {
            self.outcome = failure;
        }
        self.report();
    }

    /// That it is over: worth a warning if somebody waits for an answer.
    fn report(&mut self) {
        let (address, in_flight) = (&self.shared.address, self.in_flight.len() + self.posted.len());
        if let Failure::Dropped = self.outcome {
            debug!(target: "kafka_sdk::net", %address, "connection closed");
            return;
        }
        let error = self.outcome.error(address);
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
            let over = self.take_submitted();
            if over && self.waiting().next().is_none() {
                return Ok(());
            }
            if let Some(first) = self.deadline()
                && (!timer_runs || first < timer.deadline())
            {
                timer.as_mut().reset(first);
                timer_runs = true;
            }
            let mut submitted = pin!(shared.submitted.notified());
            let event = poll_fn(|cx| {
                if let Poll::Ready(wrote) = self.poll_write(cx) {
                    return Poll::Ready(wrote.map(Event::Wrote));
                }
                if let Poll::Ready(read) = self.frames.poll_fill(cx, &mut *self.socket) {
                    return Poll::Ready(read.map(Event::Read));
                }
                if self.out.is_empty() && submitted.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Ok(Event::Submitted));
                }
                if timer_runs && timer.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Ok(Event::DeadlineReached));
                }
                if over && self.waiting().all(|waiting| waiting.answer.poll_closed(cx).is_ready()) {
                    return Poll::Ready(Ok(Event::Abandoned));
                }
                Poll::Pending
            });
            match event.await? {
                Event::Wrote(n) => self.wrote(n),
                Event::Read(0) if !self.answered && !self.in_flight.is_empty() => {
                    return Err(Failure::ClosedAtFirstRequest);
                }
                Event::Read(0) => return Err(Failure::Closed(None)),
                Event::Read(n) => {
                    self.open.read(n);
                    self.answer()?;
                }
                Event::Submitted => {}
                Event::Abandoned => return Ok(()),
                Event::DeadlineReached => {
                    timer_runs = false;
                    let now = Instant::now();
                    if self.deadline().is_some_and(|first| first <= now) {
                        return Err(Failure::Timeout);
                    }
                }
            }
        }
    }

    /// All that somebody may wait for.
    fn waiting(&mut self) -> impl Iterator<Item = &mut Waiting> {
        self.in_flight.iter_mut().chain(self.posted.iter_mut().map(|(_, waiting)| waiting))
    }

    /// Of the oldest request.
    fn deadline(&self) -> Option<Instant> {
        let posted = self.posted.front().map(|(_, waiting)| waiting.deadline);
        self.in_flight.front().map(|waiting| waiting.deadline).into_iter().chain(posted).min()
    }

    /// Takes over what was submitted since, once everything before is written. True when nothing more will come.
    fn take_submitted(&mut self) -> bool {
        if !self.out.is_empty() {
            return false;
        }
        let mut queue = self.shared.queue();
        let mut end = 0;
        for request in queue.requests.drain(..) {
            end += request.segments.iter().map(Bytes::len).sum::<usize>();
            self.out.extend(request.segments);
            match request.until {
                Until::Answered => self.in_flight.push_back(request.waiting),
                Until::Written => self.posted.push_back((end, request.waiting)),
            }
        }
        queue.over.is_some()
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
    fn wrote(&mut self, mut n: usize) {
        self.open.wrote(n);
        for (end, _) in &mut self.posted {
            *end = end.saturating_sub(n);
        }
        while let Some((_, posted)) = self.posted.pop_front_if(|(end, _)| *end == 0) {
            let _ = posted.answer.send(Ok(Bytes::new()));
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
    fn answer(&mut self) -> Result<(), Failure> {
        let now = Instant::now();
        while let Some(frame) = self.frames.next()? {
            let id = frame.first_chunk().map(|id| i32::from_be_bytes(*id));
            let expected = self.in_flight.front().map(|waiting| waiting.correlation_id);
            if id.is_none() || id != expected {
                return Err(Failure::Correlation);
            }
            self.answered = true;
            if let Some(waiting) = self.in_flight.pop_front() {
                waiting.pending.answered(now);
                // Whoever asked may have gone meanwhile.
                let _ = waiting.answer.send(Ok(frame));
            }
        }
        Ok(())
    }
}

impl Drop for Driver {
    /// However it ends, also with its runtime, nobody is left waiting.
    fn drop(&mut self) {
        let unwritten = {
            let mut queue = self.shared.queue();
            queue.over = Some(self.outcome.clone());
            std::mem::take(&mut queue.requests)
        };
        let posted = self.posted.drain(..).map(|(_, waiting)| waiting);
        for waiting in self.in_flight.drain(..).chain(posted) {
            let _ = waiting.answer.send(Err(Unanswered { failure: self.outcome.clone(), sent: true }));
        }
        for request in unwritten {
            let _ = request.waiting.answer.send(Err(Unanswered::unsent(self.outcome.clone())));
        }
    }
}

#[cfg(test)]
mod tests;
