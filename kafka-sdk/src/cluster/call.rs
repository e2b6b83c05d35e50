//! A request as a function call.

use super::pool::Peer;
use super::{Cluster, Lane, Route, Staleness};
use crate::backoff::Backoff;
use crate::error::{Advice, Error, ErrorKind, Result, Written};
use crate::net::{Address, Failure};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::message::Request;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::debug;

/// How long a call may take, and which version it may use at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Within {
    pub(crate) time: Duration,
    pub(crate) cap: Option<i16>,
}

impl From<Duration> for Within {
    fn from(time: Duration) -> Self {
        Self { time, cap: None }
    }
}

/// What to make of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the answer.
    Done,
    /// The broker cannot say yet.
    Retry(ErrorCode),
    /// Asked the wrong broker: what is known is out of date.
    Stale(Staleness, ErrorCode),
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
        within: impl Into<Within>,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        let mut budget = Budget::new(within.into());
        loop {
            match self.attempt(route, &budget, &build).await {
                Ok(answer) => return Ok(answer),
                Err(error) if error.written() == Written::No => budget.pause(error).await?,
                Err(error) => return Err(error),
            }
        }
    }

    /// As [`Self::call`], repeated until `judge` is content: for requests that do no harm when they are sent twice.
    /// What an answer shows to be out of date is asked for again.
    pub(crate) async fn ask<R: Request>(
        &self,
        route: &Route,
        within: impl Into<Within>,
        build: impl Fn(i16) -> R,
        judge: impl Fn(&R::Response) -> Verdict,
    ) -> Result<R::Response> {
        let mut budget = Budget::new(within.into());
        loop {
            let answer = match self.attempt(route, &budget, &build).await {
                Ok(answer) => answer,
                Err(error) => {
                    budget.pause(error).await?;
                    continue;
                }
            };
            let code = match judge(&answer) {
                Verdict::Done => return Ok(answer),
                Verdict::Retry(code) => code,
                Verdict::Stale(what, code) => {
                    self.forget(what);
                    code
                }
            };
            let error = Error::broker(code, format!("{} was answered with {code}", R::KEY)).with_api(R::KEY);
            budget.pause(error.with_advice(Advice::Retry)).await?;
        }
    }

    /// The highest version of `R` that both we and the broker of `route` speak.
    pub(crate) async fn highest_version<R: Request>(&self, route: &Route) -> Result<i16> {
        let snapshot = self.snapshot();
        let mut last = None;
        for peer in self.peers(route).await? {
            match self.inner.pool.connection(peer, Lane::of(R::KEY), &snapshot).await {
                Ok(connection) => {
                    let failed = |failure: Failure| failure.error(connection.address()).with_api(R::KEY);
                    return connection.version::<R>(None).map_err(failed);
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(nobody))
    }

    /// As [`Self::call`], but only one attempt at each peer of the route.
    pub(crate) async fn once<R: Request>(
        &self,
        route: &Route,
        within: Duration,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        self.attempt(route, &Budget::new(within.into()), build).await
    }

    /// Tries the peers of the route in turn, until one has the request.
    async fn attempt<R: Request>(
        &self,
        route: &Route,
        budget: &Budget,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        let late = |_| {
            Err(Error::new(ErrorKind::Timeout, format!("{}: no broker in time", R::KEY)).with_api(R::KEY))
        };
        let peers = timeout_at(budget.deadline, self.peers(route)).await.unwrap_or_else(late)?;
        let mut last = None;
        for peer in peers {
            match self.request(peer, budget, &build).await {
                Err(error) if error.written() == Written::No && error.advice() == Advice::Retry => {
                    debug!(target: "kafka_sdk::cluster", api = %R::KEY, %error, "peer not reached");
                    last = Some(error);
                }
                answered => return answered,
            }
        }
        Err(last.unwrap_or_else(nobody).with_api(R::KEY))
    }

    async fn request<R: Request>(
        &self,
        peer: Peer,
        budget: &Budget,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        let (snapshot, lane) = (self.snapshot(), Lane::of(R::KEY));
        let address = self.inner.pool.address(peer, &snapshot)?;
        let late = |written| late::<R>(&address, budget).with_written(written);
        let connecting = timeout_at(budget.deadline, self.inner.pool.connection(peer, lane, &snapshot));
        let connection = connecting.await.unwrap_or_else(|_| Err(late(Written::No)))?;
        let failed = |failure: Failure| failure.error(&address).with_api(R::KEY);
        let version = connection.version::<R>(budget.cap).map_err(failed)?;
        // The connection waits no shorter than for others: a caller in a hurry must not end it for them.
        let patience = self.settings().request_timeout.max(budget.time);
        let reply = connection.submit(&build(version), version, Instant::now() + patience);
        match timeout_at(budget.deadline, reply).await {
            Ok(answer) => answer.map_err(|unanswered| unanswered.error(&address, R::KEY)),
            Err(_) => Err(late(Written::Maybe)),
        }
    }
}

fn nobody() -> Error {
    Error::new(ErrorKind::Connect, "no broker is known")
}

fn late<R: Request>(address: &Address, budget: &Budget) -> Error {
    let text = format!("{address} did not answer {} within {:?}", R::KEY, budget.time);
    Error::new(ErrorKind::Timeout, text).with_broker(address.to_string()).with_api(R::KEY)
}

/// The time that a call has, and what it has used of it.
struct Budget {
    time: Duration,
    deadline: Instant,
    cap: Option<i16>,
    failures: u32,
}

impl Budget {
    fn new(within: Within) -> Self {
        Self { time: within.time, deadline: Instant::now() + within.time, cap: within.cap, failures: 0 }
    }

    /// Waits before the next attempt; `Err` with the error where there is no point in one, or no time left for it.
    async fn pause(&mut self, error: Error) -> Result<()> {
        self.failures += 1;
        let delay = Backoff::RETRY.delay(self.failures, fastrand::f64());
        if error.advice() != Advice::Retry || Instant::now() + delay >= self.deadline {
            return Err(error);
        }
        sleep(delay).await;
        Ok(())
    }
}
