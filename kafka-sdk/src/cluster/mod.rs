//! A cluster of brokers, and two ways to talk to it: [`Cluster::ask`] for one request and its answer, and
//! [`Cluster::connection`] for who must keep an order.
//!
//! Every request is built when the version of its connection is known, and finds its broker by a [`Route`].

mod answers;
mod call;
mod coordinator;
mod hints;
mod leadership;
mod metadata;
mod offsets;
mod pool;
mod properties;
#[cfg(feature = "raw")]
mod raw_call;
mod retry;
mod route;
mod snapshot;

use crate::backoff::Backoff;
use crate::error::{Error, Result};
use crate::helper::{Helper, helped};
use crate::model::{MetadataRecovery, Switch};
use crate::net::{Address, Connection, Dialer, FramePool, Setup};
use crate::observe::{Metrics, Registry, Source};
pub(crate) use answers::{Answers, are_in_order, by_topic, grouped};
pub(crate) use call::Verdict;
#[cfg_attr(not(feature = "raw"), allow(unreachable_pub, reason = "raw calls publish it"))]
pub use coordinator::CoordinatorKind;
use coordinator::Coordinators;
use futures_util::{Stream, stream};
pub(crate) use hints::{AnsweredPartition, names_leader};
pub(crate) use leadership::Leadership;
use metadata::Metadata;
pub(crate) use metadata::{Interest, LookUp};
pub(crate) use offsets::{
    FetchedOffsets, OFFSETS_BY_NAME, TopicOffsets, committed_codes, offsets_to_commit, offsets_to_fetch,
};
pub(crate) use pool::Lane;
use pool::Owner;
use pool::{Peer, Pool};
pub(crate) use properties::{NAMES, TABLE};
#[cfg(feature = "raw")]
pub(crate) use raw_call::Within;
pub(crate) use retry::Attempts;
#[cfg_attr(not(feature = "raw"), allow(unreachable_pub, reason = "raw calls publish it"))]
pub use route::Route;
pub(crate) use snapshot::{Snapshot, Topic};
use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// What a client needs to know of its cluster before it has spoken to it.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) bootstrap: Vec<Address>,
    pub(crate) client_id: Arc<str>,
    /// Where this client is; empty where that is not said. Java: `client.rack`.
    pub(crate) rack: Arc<str>,
    pub(crate) dialer: Dialer,
    /// To dial and greet a broker: twice as long after each failure in a row. Java: `socket.connection.setup.timeout.ms`,
    /// `socket.connection.setup.timeout.max.ms`.
    pub(crate) connect_timeout: Backoff,
    /// Between attempts to connect to one broker. Java: `reconnect.backoff.ms`, `reconnect.backoff.max.ms`.
    pub(crate) reconnect: Backoff,
    /// Between attempts of one request. Java: `retry.backoff.ms`, `retry.backoff.max.ms`.
    pub(crate) retry: Backoff,
    /// For the answer to one request. Java: `request.timeout.ms`.
    pub(crate) request_timeout: Duration,
    /// For one call of the application's, retries included. Java: `default.api.timeout.ms`.
    pub(crate) api_timeout: Duration,
    /// After which metadata is asked for again. Java: `metadata.max.age.ms`.
    pub(crate) metadata_max_age: Duration,
    /// Java: `metadata.recovery.strategy`.
    pub(crate) recovery: MetadataRecovery,
    /// Whether brokers are told whom we take them for. Java: `metadata.cluster.check.enable`.
    pub(crate) cluster_check: Switch,
    /// Without metadata for so long, the client begins again. Java: `metadata.recovery.rebootstrap.trigger.ms`.
    pub(crate) rebootstrap_trigger: Duration,
    /// Without a request for so long, a connection is closed; none: never. Java: `connections.max.idle.ms`.
    pub(crate) max_idle: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bootstrap: Vec::new(),
            client_id: "kafka-sdk".into(),
            rack: "".into(),
            dialer: Dialer::default(),
            connect_timeout: Backoff { first: Duration::from_secs(10), most: Duration::from_secs(30) },
            reconnect: Backoff::RECONNECT,
            retry: Backoff::RETRY,
            request_timeout: Duration::from_secs(30),
            api_timeout: Duration::from_secs(60),
            metadata_max_age: Duration::from_secs(300),
            recovery: MetadataRecovery::Rebootstrap,
            cluster_check: Switch::On,
            rebootstrap_trigger: Duration::from_secs(300),
            max_idle: Some(Duration::from_secs(540)),
        }
    }
}

impl Settings {
    /// As in Java, who is to stay with the brokers that are known takes them as they are.
    fn identity_check(&self) -> Switch {
        match self.recovery {
            MetadataRecovery::Rebootstrap => self.cluster_check,
            MetadataRecovery::None => Switch::Off,
        }
    }
}

/// A shared handle on a cluster. When the last one goes, connections and the refresher end.
#[derive(Clone)]
pub(crate) struct Cluster {
    inner: Arc<Inner>,
    /// Its receivers learn when the last handle goes.
    #[allow(dead_code, reason = "it is there to be dropped")]
    alive: Option<Arc<watch::Sender<()>>>,
}

struct Inner {
    settings: Settings,
    runtime: Handle,
    pool: Pool,
    metadata: Arc<Metadata>,
    coordinators: Coordinators,
    registry: Registry,
}

impl Cluster {
    /// Starts the refresher on the runtime that this is called on, and keeps to it; connects to nothing yet.
    pub(crate) fn new(settings: Settings) -> Self {
        let setup = Setup {
            dialer: settings.dialer.clone(),
            client_id: settings.client_id.clone(),
            frames: FramePool::default(),
            meter: Arc::default(),
            max_idle: settings.max_idle.unwrap_or(Duration::MAX),
            expected: None,
        };
        let runtime = Handle::current();
        let pool = Pool::new(runtime.clone(), setup, &settings);
        let inner = Arc::new(Inner {
            settings,
            runtime,
            pool,
            metadata: Arc::default(),
            coordinators: Coordinators::default(),
            registry: Registry::default(),
        });
        let (alive, handles) = watch::channel(());
        // The refresher's own handle does not count as one.
        metadata::start_refresher(Self { inner: inner.clone(), alive: None }, handles);
        Self { inner, alive: Some(Arc::new(alive)) }
    }

    /// Runs a task where the cluster's own run.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        self.inner.runtime.spawn(task).abort_handle()
    }

    /// As [`Self::spawn`], for a task that is helped at times.
    pub(crate) fn spawn_helped(&self, task: impl Future<Output = ()> + Send + 'static) -> Helper {
        let (task, helper) = helped(self.inner.runtime.clone(), task);
        let _ = self.spawn(task);
        helper
    }

    /// Has this source in the metrics as long as it is there.
    pub(crate) fn observe(&self, source: Weak<dyn Source>) {
        self.inner.registry.add(source);
    }

    pub(crate) fn metrics(&self) -> Metrics {
        let pool = &self.inner.pool;
        let mut metrics = Metrics {
            brokers: pool.metrics(&self.snapshot()),
            answer_bytes: pool.answer_bytes(),
            ..Metrics::default()
        };
        self.inner.registry.read(&mut metrics);
        metrics
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Attempts of one call.
    pub(crate) fn attempts(&self, within: Duration) -> Attempts {
        Attempts::within(within, self.settings().retry)
    }

    /// The newest picture of the cluster.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.inner.metadata.snapshot()
    }

    /// The picture of the cluster, and those that follow.
    pub(crate) fn snapshots(&self) -> impl Stream<Item = Snapshot> + use<> {
        let mut receiver = self.inner.metadata.snapshots();
        receiver.mark_changed();
        stream::unfold(receiver, async |mut receiver| {
            receiver.changed().await.ok()?;
            let snapshot = receiver.borrow_and_update().clone();
            Some((snapshot, receiver))
        })
    }

    /// A picture that was asked for after this call.
    ///
    /// # Errors
    /// Why the brokers could not be asked.
    pub(crate) async fn refreshed(&self) -> Result<Snapshot> {
        self.inner.metadata.refreshed().await
    }

    /// A picture in which these topics, in which there is an interest, are as the brokers told after this call. Others
    /// are not asked for. Names that are not legal are left out.
    ///
    /// # Errors
    /// Why the brokers could not be asked.
    pub(crate) async fn refreshed_for(
        &self,
        topics: impl IntoIterator<Item = &Arc<str>>,
    ) -> Result<Snapshot> {
        self.inner.metadata.refreshed_for(topics).await
    }

    /// Forgets the brokers: what comes next begins with the addresses that the client was given, and what they stand for
    /// then (KIP-899, KIP-1102).
    fn rebootstrap(&self) {
        self.inner.metadata.change(|snapshot| Some(snapshot.without_brokers()));
        self.inner.pool.retire_all();
    }

    /// Has the metadata asked for again soon, and waits for nothing.
    pub(crate) fn refresh_soon(&self) {
        self.inner.metadata.refresh_soon();
    }

    /// Has a topic kept up to date in the snapshots, beginning soon, as long as the interest in it is there.
    ///
    /// # Errors
    /// A name that is not legal.
    pub(crate) fn interest(&self, topic: &str) -> Result<Interest> {
        self.inner.metadata.interest(topic)
    }

    /// Has these topics, in which there is an interest, looked for as long as one of them is not there. Ready with the
    /// error when the brokers will not tell of one, whenever that is.
    pub(crate) async fn look_out(&self, topics: &BTreeSet<Arc<str>>) -> Error {
        self.inner.metadata.look_out(topics, self.settings().retry).await
    }

    /// The topic, and the interest in it: as long as that is there, the topic is kept up to date in the snapshots.
    ///
    /// # Errors
    /// A name that is not legal, a topic that does not exist or may not be seen, no broker to ask.
    pub(crate) async fn topic(
        &self,
        name: &str,
        look_up: LookUp,
        within: Duration,
    ) -> Result<(Arc<Topic>, Interest)> {
        self.inner.metadata.topic(name, look_up, self.attempts(within)).await
    }

    /// The connection to a broker on a lane: opened if there is none, shared with who else uses the lane.
    ///
    /// # Errors
    /// A broker that is not in the snapshot, or cannot be reached: one attempt, after the back-off that earlier
    /// failures made due.
    pub(crate) async fn connection(&self, broker: i32, lane: Lane) -> Result<Connection> {
        self.inner.pool.connection(Peer::Broker(broker), lane, &self.snapshot()).await
    }

    /// A lane of one user, of this kind.
    pub(crate) fn own_lane(&self, kind: fn(Owner) -> Lane) -> OwnLane {
        OwnLane { lane: kind(Owner::new()), cluster: self.clone() }
    }
}

/// A lane whose connections are let go of with its user, however that ends.
pub(crate) struct OwnLane {
    lane: Lane,
    cluster: Cluster,
}

impl OwnLane {
    pub(crate) fn lane(&self) -> Lane {
        self.lane
    }
}

impl Drop for OwnLane {
    fn drop(&mut self) {
        self.cluster.inner.pool.close_lane(self.lane);
    }
}
