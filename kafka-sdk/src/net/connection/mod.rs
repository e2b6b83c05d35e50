//! A connection as who uses it sees it: requests go in, replies come out.

mod driver;
mod queue;
mod turns;

use self::driver::Driver;
use self::queue::{Shared, Submitted, Until};
use super::dial::{Dialer, Io};
use super::frame::{FramePool, FrameReader};
use super::handshake::{self, Expected, Greeting};
use super::versions::Versions;
use super::{Address, Failure, Unanswered};
use crate::helper::helped;
use crate::link::Wire;
use crate::observe::{BrokerMeter, Pending};
use bytes::Bytes;
use kafka_sdk_protocol::message::{Request, Response, decode_response, request_frame};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::runtime::Handle as Runtime;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};
use tracing::debug;

/// The longest answer to a greeting.
const GREETING_LIMIT: usize = 1 << 20;
/// The longest frame on a connection: twice the most that a fetch asks for, because the first batch comes whole.
const FRAME_LIMIT: usize = 200 << 20;

/// The longest that a connection is silent because a broker asks for it. Brokers look back over some ten seconds, so who is
/// near his quota is asked for less; what is longer is likely a mistake, and could silence a connection for 25 days. Where
/// the broker means it, it does not read either, and requests run into their timeout, which is seen.
const MOST_THROTTLE_MILLIS: u64 = 60_000;

/// How a connection is made.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) dialer: Dialer,
    pub(crate) client_id: Arc<str>,
    pub(crate) frames: FramePool,
    pub(crate) meter: Arc<BrokerMeter>,
    /// A connection without a request for so long is closed.
    pub(crate) max_idle: Duration,
    /// None: whoever answers will do.
    pub(crate) expected: Option<Expected>,
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

impl Connection {
    /// Dials and greets, all within this time, and starts the driver.
    pub(crate) async fn open(setup: &Setup, address: &Address, within: Duration) -> Result<Self, Failure> {
        let (socket, mut frames, versions) =
            timeout(within, set_up(setup, address)).await.unwrap_or(Err(Failure::SetupTimeout(within)))?;
        frames.set_limit(FRAME_LIMIT);
        let shared = Arc::new(Shared::new(address.clone(), setup.meter.clone()));
        debug!(target: "kafka_sdk::net", %address, "connected");
        let driver = Driver::new(shared.clone(), socket, frames, setup.max_idle);
        let (driver, helper) = helped(Runtime::current(), driver.run());
        shared.set_driver(helper);
        tokio::spawn(driver);
        Ok(Self(Arc::new(Handle { shared, versions, client_id: setup.client_id.clone() })))
    }

    pub(crate) fn address(&self) -> &Address {
        &self.0.shared.address
    }

    /// Whether it is over, and has been of use before: a request was answered, after the greeting.
    pub(crate) fn is_spent(&self) -> bool {
        !self.is_open() && self.0.shared.has_answered()
    }

    /// For how long the broker reads nothing from now on.
    pub(crate) fn muted_for(&self) -> Duration {
        self.0.shared.muted_for()
    }

    /// Has it closed once what was submitted is answered; nothing can be submitted any more.
    pub(crate) fn retire(&self) {
        self.0.shared.end(Failure::Retired);
    }

    /// The highest version of `R` that both sides speak, not above `cap`.
    pub(crate) fn version<R: Request>(&self, cap: Option<i16>) -> Result<i16, Failure> {
        self.0.versions.choose::<R>(cap)
    }

    /// Puts a request on the wire behind those submitted before. When it is its turn the broker has `patience` to answer, or
    /// the connection is given up; each progress gives it that anew, and while it is muted, time stands still. Dropping the
    /// reply leaves the connection as it is.
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
        self.0.shared.is_open()
    }
}

async fn set_up(setup: &Setup, address: &Address) -> Result<(Box<dyn Io>, FrameReader, Versions), Failure> {
    let mut socket = setup.dialer.dial(address).await?;
    let mut frames = FrameReader::new(setup.frames.clone(), GREETING_LIMIT);
    if let Greeting::Versions(versions) = handshake::greet(&mut *socket, &mut frames, setup).await? {
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
        if let Some(asked) = u64::try_from(response.throttle_time_ms()).ok().filter(|millis| *millis > 0) {
            let millis = asked.min(MOST_THROTTLE_MILLIS);
            self.shared.mute(Duration::from_millis(millis));
            self.shared.meter.throttled(millis);
            let (address, api) = (&self.shared.address, R::KEY);
            debug!(target: "kafka_sdk::net", %address, %api, throttle_ms = asked, "throttled");
        }
        Poll::Ready(Ok(response))
    }
}

#[cfg(test)]
mod tests;
