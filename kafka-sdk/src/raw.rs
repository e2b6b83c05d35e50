//! Calls of any API, for tools and experiments: typed by the protocol crate, and outside semantic versioning.

use crate::cluster::{Cluster, Within};
pub use crate::cluster::{CoordinatorKind, Route};
use crate::error::Result;
use kafka_sdk_protocol::message::Request;
use std::time::Duration;

/// Sends requests as they are. Obtained from [`Kafka::raw`](crate::Kafka::raw).
///
/// ```no_run
/// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
/// use kafka_sdk::raw::Route;
/// use kafka_sdk_protocol::api::ListGroupsRequest;
/// use std::time::Duration;
///
/// let within = Duration::from_secs(5);
/// let groups = kafka.raw().call(&Route::Broker(1), within, |_version| ListGroupsRequest::default()).await?;
/// println!("{}", groups.groups.len());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Raw(Cluster);

impl Raw {
    pub(crate) fn new(cluster: Cluster) -> Self {
        Self(cluster)
    }

    /// Sends one request, built once the version of the connection is known, and gives the answer as it is: error codes
    /// in it are the caller's business.
    ///
    /// # Errors
    /// No broker could be reached, the broker lacks the API, or there was no answer in time. With
    /// [`written`](crate::Error::written) `No` the request was not sent; it is tried again as long as that is so.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the connection as it is; the request may have been sent.
    pub async fn call<R: Request>(
        &self,
        route: &Route,
        within: Duration,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        self.0.call(route, Within { time: within, cap: None }, build).await
    }

    /// As [`Self::call`], in no version above `cap`.
    ///
    /// # Errors
    /// As [`Self::call`].
    ///
    /// # Cancel safety
    /// As [`Self::call`].
    pub async fn call_up_to<R: Request>(
        &self,
        cap: i16,
        route: &Route,
        within: Duration,
        build: impl Fn(i16) -> R,
    ) -> Result<R::Response> {
        self.0.call(route, Within { time: within, cap: Some(cap) }, build).await
    }
}

impl std::fmt::Debug for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Raw").finish_non_exhaustive()
    }
}
