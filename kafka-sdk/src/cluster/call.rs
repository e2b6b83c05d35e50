//! A request as a function call.

use super::{Cluster, Lane, Route};
use crate::clock::after;
use crate::error::{Advice, Error, ErrorKind, Result, Written};
use crate::net::{Connection, Failure, first_success};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::message::Request;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long a call may take, and which version it may use at most.
#[cfg_attr(not(feature = "raw"), allow(dead_code, reason = "raw calls set it"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Within {
    pub(crate) time: Duration,
    pub(crate) cap: Option<i16>,
}

/// What to make of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// It is the answer.
    Done,
    /// The broker cannot say yet.
    Retry(ErrorCode),
    /// Asked the wrong broker: metadata is out of date.
    Stale(ErrorCode),
}

/// The limits of one attempt.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    begun: Instant,
    deadline: Instant,
    /// To which a broker that reads nothing for a while (KIP-219) moves the deadline, at most.
    limit: Instant,
    cap: Option<i16>,
}

impl Attempt {
    fn until(deadline: Instant) -> Self {
        Self { begun: Instant::now(), deadline, limit: deadline, cap: None }
    }

    /// The error of an attempt whose time is up.
    fn late<R: Request>(&self, who: &str) -> Error {
        let within = self.deadline.saturating_duration_since(self.begun);
        Error::new(ErrorKind::Timeout, format!("{who} did not answer {} within {within:?}", R::KEY))
            .with_api(R::KEY)
    }
}

impl Cluster {
    /// One request: built once the version of its connection is known, and built again while it certainly has not
    /// been sent. For a request that may be sent twice there is [`Self::ask`].
    ///
    /// # Cancel safety
    /// Dropping the future leaves the connection as it is; the request may have been sent.
    #[cfg_attr(not(feature = "raw"), allow(dead_code, reason = "what we send ourselves may be sent twice"))]
    pub(crate) async fn call<R: Request>(
        &self,
        route: &Route,
        within: Within,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        let mut attempts = self.attempts(within.time);
        loop {
            let attempt = Attempt { cap: within.cap, ..Attempt::until(attempts.deadline()) };
            match self.attempt(route, attempt, &build).await {
                Err(error) if error.written() == Written::No => attempts.pause(error).await?,
                answered => return answered,
            }
        }
    }

    /// As [`Self::call`], repeated until `judge` is content: for requests that do no harm when they are sent twice. A
    /// broker that does not answer within `request.timeout.ms` is not waited for any longer. What an answer shows to
    /// be out of date is asked for again.
    pub(crate) async fn ask<R: Request>(
        &self,
        route: &Route,
        within: Duration,
        build: impl Fn(i16) -> R,
        judge: impl Fn(&R::Response) -> Judgement,
    ) -> Result<R::Response> {
        let mut attempts = self.attempts(within);
        loop {
            let error = match self.once(route, attempts.left(), &build).await {
                Err(error) => error,
                Ok(answer) => {
                    let code = match judge(&answer) {
                        Judgement::Done => return Ok(answer),
                        Judgement::Retry(code) => code,
                        Judgement::Stale(code) => {
                            self.refresh_soon();
                            code
                        }
                    };
                    let text = format!("{} was answered with {code}", R::KEY);
                    Error::broker(code, text).with_api(R::KEY).with_advice(Advice::Retry)
                }
            };
            attempts.pause(error).await?;
        }
    }

    /// One attempt, of `request.timeout.ms` at most.
    pub(crate) async fn once<R: Request>(
        &self,
        route: &Route,
        within: Duration,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        let now = Instant::now();
        let deadline = after(now, within.min(self.settings().request_timeout));
        self.attempt(route, Attempt { limit: after(now, within), ..Attempt::until(deadline) }, build).await
    }

    async fn attempt<R: Request>(
        &self,
        route: &Route,
        attempt: Attempt,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        let connect = || async {
            let connected = timeout_at(attempt.deadline, self.connect(route, Lane::of(R::KEY))).await;
            connected.unwrap_or_else(|_| Err(attempt.late::<R>("no broker in reach")))
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
        answered.map_err(|error| error.with_broker(connection.address().to_string()))
    }

    /// A connection to one of the peers of the route: the first that can be had.
    async fn connect(&self, route: &Route, lane: Lane) -> Result<Connection> {
        let peers = self.peers(route).await?;
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
            Err(_) => Err(attempt.late::<R>(&address.to_string()).with_written(Written::Maybe)),
        }
    }
}
