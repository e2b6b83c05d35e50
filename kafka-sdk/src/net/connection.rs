use super::dial::{Dialer, Io};
use super::frame::{FramePool, FrameReader};
use super::handshake::{self, Greeting};
use super::versions::Versions;
use super::{Address, Failure, Unanswered};
use crate::clock::after;
use crate::link::Wire;
use crate::observe::{BrokerMeter, OpenMark, Pending, warn_seldom};
use bytes::{Buf, Bytes};
use kafka_sdk_protocol::message::{Request, Response, decode_response, request_frame};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
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
    /// A connection without a request for so long is closed.
    pub(crate) max_idle: Duration,
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
    /// A request was answered, after the greeting.
    answered: AtomicBool,
}

#[derive(Debug, Default)]
struct Queue {
    requests: VecDeque<Submitted>,
    next_correlation_id: i32,
    /// The broker reads nothing before then (KIP-219).
    muted_until: Option<Instant>,
    /// Why nothing can be submitted any more.
    over: Option<Failure>,
}

#[derive(Debug)]
struct Submitted {
    segments: Vec<Bytes>,
    until: Until,
    correlation_id: i32,
    /// How long the broker may take once the request is its turn.
    patience: Duration,
    answer: Promise,
    pending: Pending,
}

type Promise = oneshot::Sender<Result<Bytes, Unanswered>>;

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
    answer: Promise,
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
            answered: AtomicBool::new(false),
        });
        debug!(target: "kafka_sdk::net", %address, "connected");
        tokio::spawn(Driver::new(shared.clone(), socket, frames, setup.max_idle).run());
        Ok(Self(Arc::new(Handle { shared, versions, client_id: setup.client_id.clone() })))
    }

    pub(crate) fn address(&self) -> &Address {
        &self.0.shared.address
    }

    /// Whether it is over, and has been of use before: a request was answered, after the greeting.
    pub(crate) fn is_spent(&self) -> bool {
        !self.is_open() && self.0.shared.answered.load(Ordering::Relaxed)
    }

    /// For how long the broker reads nothing from now on.
    pub(crate) fn muted_for(&self) -> Duration {
        let muted_until = self.0.shared.queue().muted_until;
        muted_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()))
    }

    /// Has it closed once what was submitted is answered; nothing can be submitted any more.
    pub(crate) fn retire(&self) {
        self.0.shared.end(Failure::Retired);
    }

    /// The highest version of `R` that both sides speak, not above `cap`.
    pub(crate) fn version<R: Request>(&self, cap: Option<i16>) -> Result<i16, Failure> {
        self.0.versions.choose::<R>(cap)
    }

    /// Puts a request on the wire behind those submitted before. From then on the broker has `patience` to answer, or the
    /// connection is given up; while it is muted, time stands still. Dropping the reply leaves the connection as it is.
    pub(crate) fn submit<R: Request>(&self, request: &R, version: i16, patience: Duration) -> Reply<R> {
        let receiver = self.put(request, version, patience, Until::Answered);
        Reply { receiver, version, shared: self.0.shared.clone(), request: PhantomData }
    }

    /// As [`Self::submit`], for a request that the broker does not answer: ready when all of it was handed to the
    /// operating system.
    pub(crate) fn post<R: Request>(
        &self,
        request: &R,
        version: i16,
        patience: Duration,
    ) -> impl Future<Output = Result<(), Unanswered>> + use<R> {
        let receiver = self.put(request, version, patience, Until::Written);
        async move { receiver.await.unwrap_or_else(|_| Err(Unanswered::gone())).map(drop) }
    }

    fn put<R: Request>(
        &self,
        request: &R,
        version: i16,
        patience: Duration,
        until: Until,
    ) -> oneshot::Receiver<Result<Bytes, Unanswered>> {
        let (answer, receiver) = oneshot::channel();
        let shared = &self.0.shared;
        let correlation_id = shared.next_correlation_id();
        match request_frame(request, version, correlation_id, Some(&self.0.client_id)) {
            Ok(segments) => {
                let pending = Pending::new(shared.meter.clone(), R::KEY, Instant::now());
                shared.submit(Submitted { segments, until, correlation_id, patience, answer, pending });
            }
            Err(error) => drop(answer.send(Err(Unanswered::unsent(Failure::Encode(error))))),
        }
        receiver
    }
}

impl Wire for Connection {
    /// Whether requests can be submitted: it has not failed, and was not closed.
    fn is_open(&self) -> bool {
        self.0.shared.queue().over.is_none()
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
        self.shared.end(Failure::Dropped);
    }
}

impl Shared {
    /// Nothing can be submitted any more; what was is still answered.
    fn end(&self, failure: Failure) {
        self.queue().over.get_or_insert(failure);
        self.submitted.notify_one();
    }

    /// The broker reads nothing for so long.
    fn mute(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut queue = self.queue();
        queue.muted_until = queue.muted_until.max(Some(until));
        drop(queue);
        self.submitted.notify_one();
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it, unless something was submitted this moment.
    fn end_if_unused(&self) {
        let mut queue = self.queue();
        if queue.requests.is_empty() {
            queue.over.get_or_insert(Failure::Retired);
        }
    }

    fn next_correlation_id(&self) -> i32 {
        let mut queue = self.queue();
        queue.next_correlation_id = queue.next_correlation_id.wrapping_add(1) & i32::MAX;
        queue.next_correlation_id
    }

    fn submit(&self, request: Submitted) {
        let mut queue = self.queue();
        if let Some(failure) = &queue.over {
            let _ = request.answer.send(Err(Unanswered::unsent(failure.clone())));
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
    shared: Arc<Shared>,
    request: PhantomData<fn() -> R>,
}

impl<R: Request> Future for Reply<R> {
    type Output = Result<R::Response, Unanswered>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(Pin::new(&mut self.receiver).poll(cx));
        let frame = answer.unwrap_or_else(|_| Err(Unanswered::gone()))?;
        let decoded = decode_response::<R>(&frame, self.version);
        let (_, response) = decoded.map_err(|e| Unanswered { failure: Failure::Decode(e), sent: true })?;
        if let Some(millis) = u64::try_from(response.throttle_time_ms()).ok().filter(|millis| *millis > 0) {
            self.shared.mute(Duration::from_millis(millis));
            self.shared.meter.throttled(millis);
            let (address, api) = (&self.shared.address, R::KEY);
            debug!(target: "kafka_sdk::net", %address, %api, throttle_ms = millis, "throttled");
        }
        Poll::Ready(Ok(response))
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
    /// Nothing of what was taken over on an idle connection has been written yet.
    unwritten: bool,
    max_idle: Duration,
    /// Since when nothing is in flight, where that is so.
    idle_since: Instant,
    /// What has been allowed for: the broker reads nothing before then.
    muted_until: Option<Instant>,
    /// Requests that get no answer, and at how many bytes of `out` they end.
    posted: VecDeque<(usize, Waiting)>,
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
    fn new(shared: Arc<Shared>, socket: Box<dyn Io>, frames: FrameReader, max_idle: Duration) -> Self {
        let open = shared.meter.opened();
        Self {
            shared,
            socket,
            frames,
            out: VecDeque::new(),
            in_flight: VecDeque::new(),
            posted: VecDeque::new(),
            unwritten: false,
            max_idle,
            idle_since: Instant::now(),
            muted_until: None,
            open,
            outcome: None,
        }
    }

    async fn run(mut self) {
        if let Err(failure) = self.drive().await {
            self.outcome = Some(failure);
        }
        self.report();
    }

    /// That it is over: worth a warning if somebody waits for an answer.
    fn report(&mut self) {
        let (address, in_flight) = (&self.shared.address, self.in_flight.len() + self.posted.len());
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
            let over = self.take_submitted(&shared);
            if over && self.is_idle() {
                return Ok(());
            }
            let due = self.due();
            if !timer_runs || due < timer.deadline() {
                timer.as_mut().reset(due);
                timer_runs = true;
            }
            let mut submitted = pin!(shared.submitted.notified());
            let event = poll_fn(|cx| {
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
                if self.out.is_empty() && submitted.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Ok(Event::Submitted));
                }
                if timer.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Ok(Event::DeadlineReached));
                }
                if over && self.waiting().all(|waiting| waiting.answer.poll_closed(cx).is_ready()) {
                    return Poll::Ready(Ok(Event::Abandoned));
                }
                Poll::Pending
            });
            match event.await? {
                Event::Wrote(n) => self.wrote(n),
                Event::Read(0) if self.is_refused() => return Err(Failure::ClosedAtFirstRequest),
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
                    if self.is_idle() && self.idle_until() <= now {
                        self.shared.end_if_unused();
                    }
                }
            }
        }
    }

    /// All that somebody may wait for.
    fn waiting(&mut self) -> impl Iterator<Item = &mut Waiting> {
        self.in_flight.iter_mut().chain(self.posted.iter_mut().map(|(_, waiting)| waiting))
    }

    fn is_idle(&self) -> bool {
        self.in_flight.is_empty() && self.posted.is_empty()
    }

    fn idle_until(&self) -> Instant {
        after(self.idle_since, self.max_idle)
    }

    /// The broker has answered nothing since the greeting, and has been asked.
    fn is_refused(&self) -> bool {
        !self.unwritten && !self.in_flight.is_empty() && !self.shared.answered.load(Ordering::Relaxed)
    }

    /// When something has to be done if nothing happens before.
    fn due(&self) -> Instant {
        let due = self.deadline().into_iter().chain(self.muted_until).min();
        due.unwrap_or_else(|| self.idle_until())
    }

    /// Of the oldest request.
    fn deadline(&self) -> Option<Instant> {
        let posted = self.posted.front().map(|(_, waiting)| waiting.deadline);
        self.in_flight.front().map(|waiting| waiting.deadline).into_iter().chain(posted).min()
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
            self.unwritten = self.is_idle();
            self.take(&mut queue.requests, Instant::now());
        }
        queue.over.is_some()
    }

    fn take(&mut self, requests: &mut VecDeque<Submitted>, now: Instant) {
        let mut end = 0;
        for Submitted { segments, until, correlation_id, patience, answer, pending } in requests.drain(..) {
            end += segments.iter().map(Bytes::len).sum::<usize>();
            self.out.extend(segments);
            let deadline = after(now, patience);
            let waiting = Waiting { correlation_id, deadline, answer, pending };
            match until {
                Until::Answered => self.in_flight.push_back(waiting),
                Until::Written => self.posted.push_back((end, waiting)),
            }
        }
    }

    /// The broker reads what is on its way to it only then: it has so much longer to answer.
    fn allow_for_mute(&mut self, now: Instant, until: Instant) {
        let before = self.muted_until.unwrap_or(now).max(now);
        let longer = until.saturating_duration_since(before);
        for waiting in self.waiting() {
            waiting.deadline += longer;
        }
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
    fn wrote(&mut self, mut n: usize) {
        self.open.wrote(n);
        self.unwritten = false;
        for (end, _) in &mut self.posted {
            *end = end.saturating_sub(n);
        }
        while let Some((_, posted)) = self.posted.pop_front_if(|(end, _)| *end == 0) {
            let _ = posted.answer.send(Ok(Bytes::new()));
            self.idle_since = Instant::now();
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
            self.shared.answered.store(true, Ordering::Relaxed);
            if let Some(waiting) = self.in_flight.pop_front() {
                waiting.pending.answered(now);
                // Whoever asked may have gone meanwhile.
                let _ = waiting.answer.send(Ok(frame));
            }
        }
        if self.in_flight.is_empty() {
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
        let posted = self.posted.drain(..).map(|(_, waiting)| waiting);
        for waiting in self.in_flight.drain(..).chain(posted) {
            let _ = waiting.answer.send(Err(Unanswered { failure: failure.clone(), sent: !self.unwritten }));
        }
        for request in untaken {
            let _ = request.answer.send(Err(Unanswered::unsent(failure.clone())));
        }
    }
}

#[cfg(test)]
mod tests;
