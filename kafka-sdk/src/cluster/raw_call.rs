//! A request that is sent once, as it is: for raw calls.

use super::call::Attempt;
use super::{Cluster, Route};
use crate::error::{Result, Written};
use kafka_sdk_protocol::message::Request;
use std::time::Duration;

/// How long a call may take, and which version it may use at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Within {
    pub(crate) time: Duration,
    pub(crate) cap: Option<i16>,
}

impl Cluster {
    /// One request: built once the version of its connection is known, and built again while it certainly has not
    /// been sent. For a request that may be sent twice there is [`Self::ask`].
    ///
    /// # Cancel safety
    /// Dropping the future leaves the connection as it is; the request may have been sent.
    pub(crate) async fn call<R: Request>(
        &self,
        route: &Route,
        within: Within,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        let mut attempts = self.attempts(within.time);
        loop {
            let mut attempt = Attempt::until(attempts.deadline());
            attempt.cap = within.cap;
            match self.attempt(route, attempt, &build).await {
                Err(error) if error.written() == Written::No => attempts.pause(error).await?,
                answered => return answered,
            }
        }
    }
}
