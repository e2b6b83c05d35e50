//! A request as a function call.

use super::pool::Peer;
use super::{Cluster, Lane, Route};
use crate::clock::after;
use crate::error::{Advice, Error, ErrorKind, Result, Written};
use crate::net::{Address, Connection, Failure, first_success};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::message::Request;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// What to make of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the answer.
    Done,
    /// The broker cannot say yet.
    Retry(ErrorCode),
    /// Asked the wrong broker: metadata, or who coordinates, is out of date.
    Stale(ErrorCode),
}

/// How long a broker is asked alone before another one is asked besides.
const HEAD_START: Duration = Duration::from_secs(2);

/// Brokers that are being asked.
#[derive(Debug, Default)]
struct Asked(Mutex<Vec<Address>>);

impl Asked {
    fn addresses(&self) -> MutexGuard<'_, Vec<Address>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The limits of one attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    begun: Instant,
    deadline: Instant,
    /// To which a broker that reads nothing for a while (KIP-219) moves the deadline, at most.
    limit: Instant,
    pub(super) cap: Option<i16>,
}

impl Attempt {
    pub(super) fn until(deadline: Instant) -> Self {
        Self { begun: Instant::now(), deadline, limit: deadline, cap: None }
    }

    /// The error of an attempt whose time is up.
    fn late<R: Request>(&self, what: fmt::Arguments<'_>) -> Error {
        let within = self.deadline.saturating_duration_since(self.begun);
        let text = format!("{what} {} within {within:?}", R::KEY);
        Error::new(ErrorKind::Timeout, text).with_api(R::KEY)
    }
}

impl Cluster {
    /// A request, built once the version of its connection is known, and repeated until `judge` is content: for those
    /// that do no harm when they are sent twice. A broker that does not answer within `request.timeout.ms` is not waited
    /// for any longer. What an answer shows to be out of date is asked for again.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the connection as it is; the request may have been sent.
    pub(crate) async fn ask<R: Request>(
        &self,
        route: &Route,
        within: Duration,
        build: impl Fn(i16) -> R,
        judge: impl Fn(&R::Response) -> Verdict,
    ) -> Result<R::Response> {
        self.ask_up_to(None, route, within, build, judge).await
    }

    /// As [`Self::ask`], in no version above `cap`.
    pub(crate) async fn ask_up_to<R: Request>(
        &self,
        cap: Option<i16>,
        route: &Route,
        within: Duration,
        build: impl Fn(i16) -> R,
        judge: impl Fn(&R::Response) -> Verdict,
    ) -> Result<R::Response> {
        self.until_done(cap, route, within, build, judge).await.map(|(answer, _)| answer)
    }

    /// As [`Self::ask`], for requests that are answered otherwise when they come twice: gives besides whether an earlier
    /// attempt can have had an effect.
    pub(crate) async fn ask_minding_attempts<R: Request>(
        &self,
        route: &Route,
        within: Duration,
        build: impl Fn(i16) -> R,
        judge: impl Fn(&R::Response) -> Verdict,
    ) -> Result<(R::Response, Written)> {
        self.until_done(None, route, within, build, judge).await
    }

    async fn until_done<R: Request>(
        &self,
        cap: Option<i16>,
        route: &Route,
        within: Duration,
        build: impl Fn(i16) -> R,
        judge: impl Fn(&R::Response) -> Verdict,
    ) -> Result<(R::Response, Written)> {
        let mut attempts = self.attempts(within);
        let mut earlier = Written::No;
        loop {
            let error = match self.once_up_to(cap, route, attempts.left(), &build).await {
                Err(error) => {
                    if error.written() == Written::Maybe {
                        earlier = Written::Maybe;
                    }
                    error
                }
                Ok(answer) => {
                    let code = match judge(&answer) {
                        Verdict::Done => return Ok((answer, earlier)),
                        Verdict::Retry(code) => code,
                        Verdict::Stale(code) => {
                            self.refresh_soon();
                            self.forget_coordinator(route);
                            code
                        }
                    };
                    let text = format!("{} was answered with {code}", R::KEY);
                    Error::of_code(code, text).with_api(R::KEY).with_advice(Advice::Retry)
                }
            };
            attempts.pause(error).await.map_err(|error| match earlier {
                Written::Maybe => error.with_written(earlier),
                Written::No => error,
            })?;
        }
    }

    /// One attempt, of `request.timeout.ms` at most.
    pub(crate) async fn once<R: Request>(
        &self,
        route: &Route,
        within: Duration,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        self.once_up_to(None, route, within, build).await
    }

    /// As [`Self::once`], in no version above `cap`.
    pub(crate) async fn once_up_to<R: Request>(
        &self,
        cap: Option<i16>,
        route: &Route,
        within: Duration,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        let now = Instant::now();
        let deadline = after(now, within.min(self.settings().request_timeout));
        let attempt = Attempt { limit: after(now, within), cap, ..Attempt::until(deadline) };
        match route {
            Route::Any => self.attempt_at_any(attempt, build).await,
            _ => self.attempt(route, attempt, build).await,
        }
    }

    /// One attempt over a lane of one's own, of `within` at most, also where that is longer than `request.timeout.ms`: for
    /// a request that waits at the broker for others.
    pub(crate) async fn once_over<R: Request>(
        &self,
        lane: Lane,
        route: &Route,
        within: Duration,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        let attempt = Attempt::until(after(Instant::now(), within));
        self.attempt_over(attempt, route, || self.connect(route, lane), build).await
    }

    /// A broker that takes its time is not waited for alone, where any of them will do.
    async fn attempt_at_any<R: Request>(
        &self,
        attempt: Attempt,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        let asked = Asked::default();
        let besides = |turn| {
            let (build, asked) = (&build, &asked);
            async move {
                sleep(HEAD_START * turn).await;
                self.attempt_besides(asked, attempt, build).await
            }
        };
        // On the heap: they are begun seldom.
        let (mut second, mut third) = (Box::pin(besides(1)), Box::pin(besides(2)));
        tokio::select! {
            answered = self.attempt_besides(&asked, attempt, &build) => answered,
            Ok(answer) = &mut second => Ok(answer),
            Ok(answer) = &mut third => Ok(answer),
        }
    }

    /// At a broker that has not been asked.
    async fn attempt_besides<R: Request>(
        &self,
        asked: &Asked,
        attempt: Attempt,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        let connect = || async { self.connect_besides(asked, Lane::of(R::KEY)).await };
        self.attempt_over(attempt, &Route::Any, connect, build).await
    }

    pub(super) async fn attempt<R: Request>(
        &self,
        route: &Route,
        attempt: Attempt,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        self.attempt_over(attempt, route, || self.connect(route, Lane::of(R::KEY)), build).await
    }

    async fn attempt_over<R: Request, F: Future<Output = Result<Connection>>>(
        &self,
        attempt: Attempt,
        route: &Route,
        connect: impl Fn() -> F,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        let connect = || async {
            let connected = timeout_at(attempt.deadline, connect()).await;
            let connected = connected
                .unwrap_or_else(|_| Err(attempt.late::<R>(format_args!("no broker could be reached for"))));
            // Another one may coordinate by now.
            connected.inspect_err(|_| self.forget_coordinator(route))
        };
        let mut connection = connect().await?;
        let mut answered = self.request(&connection, attempt, &build).await;
        // The first request that finds an unused connection closed is not the one to suffer from it.
        if let Err(error) = &answered
            && error.written() == Written::No
            && connection.is_spent()
        {
            connection = connect().await?;
            answered = self.request(&connection, attempt, &build).await;
        }
        answered.map_err(|error| {
            self.forget_coordinator(route);
            error.with_broker(connection.address().to_string())
        })
    }

    /// A connection to one of the peers of the route: the first that can be had. Where it is one certain broker, it may
    /// have moved.
    async fn connect(&self, route: &Route, lane: Lane) -> Result<Connection> {
        let connected = self.connect_to(self.peers(route).await?, lane).await;
        if connected.is_err() && *route != Route::Any {
            self.refresh_soon();
        }
        connected
    }

    /// A connection to any broker but those that were asked; it is one of them from then on.
    async fn connect_besides(&self, asked: &Asked, lane: Lane) -> Result<Connection> {
        let snapshot = self.snapshot();
        let mut peers = self.peers(&Route::Any).await?;
        peers.retain(|&peer| {
            let address = self.inner.pool.address(peer, &snapshot);
            address.is_ok_and(|address| !asked.addresses().contains(&address))
        });
        let connection = self.connect_to(peers, lane).await?;
        asked.addresses().push(connection.address().clone());
        Ok(connection)
    }

    async fn connect_to(&self, peers: Vec<Peer>, lane: Lane) -> Result<Connection> {
        let snapshot = self.snapshot();
        let nobody = || Err(Error::new(ErrorKind::Connect, "no broker is known"));
        let connecting = peers.into_iter().map(|peer| self.inner.pool.connection(peer, lane, &snapshot));
        first_success(connecting).await.unwrap_or_else(nobody)
    }

    async fn request<R: Request>(
        &self,
        connection: &Connection,
        attempt: Attempt,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        let address = connection.address();
        let failed = |failure: Failure| failure.error(address).with_api(R::KEY);
        let version = connection.version::<R>(attempt.cap).map_err(failed)?;
        // The connection waits no shorter than for others: a caller in a hurry must not end it for them.
        let left = attempt.deadline.saturating_duration_since(Instant::now());
        let patience = left.max(self.settings().request_timeout);
        let deadline = after(attempt.deadline, connection.muted_for()).min(attempt.limit);
        let reply = connection.submit(&build(version), version, patience);
        match timeout_at(deadline, reply).await {
            Ok(answer) => answer.map_err(|unanswered| unanswered.error(address, R::KEY)),
            Err(_) => {
                Err(attempt.late::<R>(format_args!("{address} did not answer")).with_written(Written::Maybe))
            }
        }
    }
}
