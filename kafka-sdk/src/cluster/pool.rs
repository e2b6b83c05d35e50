//! One connection for each broker and lane, opened when first used.

use super::{Settings, Snapshot};
use crate::backoff::Backoff;
use crate::error::{Error, ErrorKind, Result};
use crate::link::Wire;
use crate::model::Switch;
use crate::net::{Address, Connection, Expected, Failure, Setup, WITH_IDENTITY};
use crate::observe::{BrokerMeter, BrokerMetrics, warn_seldom};
use kafka_sdk_protocol::api::{ApiKey, ApiVersionsRequest};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// What a connection is for. A broker serves one request at a time on a connection: behind a fetch that waits for
/// data, a heartbeat on the same socket waits as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lane {
    /// One producer's: its requests in flight are counted by connection.
    Produce(Owner),
    /// One reader's: behind its waiting fetch another reader's would wait too.
    Fetch(Owner),
    /// One group member's: joining and synchronising a group wait for minutes.
    Group(Owner),
    /// Requests that carry a timeout, after which the broker answers.
    Slow,
    /// Everything else.
    Normal,
}

/// Whose lane it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Owner(u64);

impl Owner {
    /// Of raw calls.
    const SHARED: Self = Self(0);

    /// One that there has not been before.
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl Lane {
    /// The lane on which requests of an API travel that are sent by a call.
    pub(crate) fn of(api: ApiKey) -> Self {
        match api {
            ApiKey::PRODUCE => Self::Produce(Owner::SHARED),
            ApiKey::FETCH | ApiKey::SHARE_FETCH => Self::Fetch(Owner::SHARED),
            ApiKey::JOIN_GROUP | ApiKey::SYNC_GROUP => Self::Group(Owner::SHARED),
            // Of a time in a tiered topic it waits (KIP-1075), and heartbeats are not to wait behind it.
            ApiKey::LIST_OFFSETS
            | ApiKey::CREATE_TOPICS
            | ApiKey::DELETE_TOPICS
            | ApiKey::CREATE_PARTITIONS
            | ApiKey::DELETE_RECORDS
            | ApiKey::ELECT_LEADERS
            | ApiKey::ALTER_PARTITION_REASSIGNMENTS
            | ApiKey::LIST_PARTITION_REASSIGNMENTS
            | ApiKey::UPDATE_FEATURES => Self::Slow,
            _ => Self::Normal,
        }
    }
}

/// Whom a connection leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Peer {
    /// A broker of the snapshot.
    Broker(i32),
    /// One of the addresses that the client was given.
    Seed(usize),
}

/// All connections of a client.
pub(super) struct Pool {
    runtime: Handle,
    setup: Setup,
    seeds: Arc<[Address]>,
    /// For one attempt.
    timeout: Backoff,
    /// Between attempts.
    pause: Backoff,
    /// Whether brokers are told whom we take them for.
    check: Switch,
    /// The newest version in which the broker that was greeted last can be greeted.
    greeting: Arc<AtomicI16>,
    states: Mutex<HashMap<(Peer, Lane), SharedState>>,
    meters: Mutex<HashMap<Peer, Arc<BrokerMeter>>>,
}

type SharedState = Arc<watch::Sender<State>>;

/// The state of a connection. Who changes it publishes it; who needs it waits for it.
#[derive(Debug)]
enum State {
    /// Not dialled before `not_before`, after a number of failures in a row.
    Closed {
        failures: u32,
        not_before: Instant,
    },
    /// A task dials.
    Dialling {
        failures: u32,
    },
    /// The last attempt has failed: who waited for it takes the error.
    Failed {
        failures: u32,
        not_before: Instant,
        error: Error,
    },
    Open(Connection),
}

impl Pool {
    /// Connections live on this runtime: one that only used them may end before the others that do.
    pub(super) fn new(runtime: Handle, setup: Setup, settings: &Settings) -> Self {
        let (timeout, pause) = (settings.connect_timeout, settings.reconnect);
        let (seeds, check) = (settings.bootstrap.as_slice().into(), settings.identity_check());
        let (greeting, states, meters) = Default::default();
        Self { runtime, setup, seeds, timeout, pause, check, greeting, states, meters }
    }

    fn states(&self) -> MutexGuard<'_, HashMap<(Peer, Lane), SharedState>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the peer's normal lane is.
    pub(super) fn health(&self, peer: Peer) -> Health {
        match self.states().get(&(peer, Lane::Normal)).map(|state| state.borrow()).as_deref() {
            Some(State::Open(connection)) if connection.is_open() => Health::Open,
            Some(State::Failed { .. }) => Health::Failed,
            _ => Health::Untried,
        }
    }

    /// Closes the connections of a lane that nobody will use again.
    pub(super) fn close_lane(&self, lane: Lane) {
        self.states().retain(|(_, of), _| *of != lane);
    }

    /// Closes all connections once they are answered.
    pub(super) fn retire_all(&self) {
        for state in self.states().values() {
            if let State::Open(connection) = &*state.borrow() {
                connection.retire();
            }
        }
    }

    /// Closes the connections that lead to where a broker no longer is: another one may listen there now. Forgets
    /// brokers that are not in the cluster, once nothing is open to them.
    pub(super) fn follow(&self, snapshot: &Snapshot) {
        self.states().retain(|(peer, _), state| {
            let Peer::Broker(id) = peer else { return true };
            let Some(address) = snapshot.brokers().get(id) else { return is_in_use(state) };
            if let State::Open(connection) = &*state.borrow()
                && connection.address() != address
            {
                connection.retire();
            }
            true
        });
    }

    pub(super) fn address(&self, peer: Peer, snapshot: &Snapshot) -> Result<Address> {
        let address = match peer {
            Peer::Seed(i) => self.seeds.get(i),
            Peer::Broker(id) => snapshot.brokers().get(&id),
        };
        address.cloned().ok_or_else(|| {
            let text = match peer {
                Peer::Broker(id) => format!("broker {id} is not in the cluster at the moment"),
                Peer::Seed(i) => format!("there is no bootstrap address {i}"),
            };
            Error::new(ErrorKind::Connect, text)
        })
    }

    /// The open connection, or the outcome of one attempt to open it. The attempt is a task of its own: it goes on when
    /// the caller does not, and serves all callers.
    pub(super) async fn connection(&self, peer: Peer, lane: Lane, snapshot: &Snapshot) -> Result<Connection> {
        let address = self.address(peer, snapshot)?;
        let state = self.state(peer, lane);
        let mut changes = state.subscribe();
        loop {
            let mut dialled_after = None;
            state.send_if_modified(|state| {
                dialled_after = state.begin(&address, self.pause);
                dialled_after.is_some()
            });
            let next = match dialled_after {
                Some(failures) => {
                    let (state, address) = (state.clone(), address.clone());
                    let attempt =
                        Attempt { peer, state, address, seeds: self.seeds.clone(), pause: self.pause };
                    self.dial(attempt, failures, self.expected(peer, snapshot));
                    // Its outcome is there already where the runtime has ended.
                    Next::Wait
                }
                None => Next::of(&changes.borrow_and_update()),
            };
            match next {
                Next::Use(connection) => return Ok(connection),
                Next::Pause(until) => sleep_until(until).await,
                Next::Wait => match outcome(&mut changes).await {
                    Some(error) => return Err(error),
                    None => continue,
                },
            }
        }
    }

    fn state(&self, peer: Peer, lane: Lane) -> SharedState {
        let never = || State::Closed { failures: 0, not_before: Instant::now() };
        self.states().entry((peer, lane)).or_insert_with(|| Arc::new(watch::Sender::new(never()))).clone()
    }

    fn meter(&self, peer: Peer) -> Arc<BrokerMeter> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner).entry(peer).or_default().clone()
    }

    /// Bytes of memory that long answers are in.
    pub(super) fn answer_bytes(&self) -> usize {
        self.setup.frames.held()
    }

    /// Of all peers that are known, or that there are connections to.
    pub(super) fn metrics(&self, snapshot: &Snapshot) -> Vec<BrokerMetrics> {
        let mut meters = self.meters.lock().unwrap_or_else(PoisonError::into_inner);
        meters.retain(|&peer, meter| meter.is_used() || self.address(peer, snapshot).is_ok());
        let id = |peer| match peer {
            Peer::Broker(id) => Some(id),
            Peer::Seed(_) => None,
        };
        let address = |peer| self.address(peer, snapshot).map_or_else(|_| String::new(), |a| a.to_string());
        let mut metrics: Vec<BrokerMetrics> =
            meters.iter().map(|(&peer, meter)| meter.read(id(peer), address(peer))).collect();
        metrics.sort_by(|a, b| (a.broker, &a.address).cmp(&(b.broker, &b.address)));
        metrics
    }

    /// Whom a broker is told that we take it for (KIP-1242). Older brokers would not understand it.
    fn expected(&self, peer: Peer, snapshot: &Snapshot) -> Option<Expected> {
        let Peer::Broker(broker) = peer else { return None };
        let cluster_id = snapshot.cluster_id()?.clone();
        let is_told = self.check == Switch::On && self.greeting.load(Ordering::Relaxed) >= WITH_IDENTITY;
        is_told.then_some(Expected { cluster_id, broker })
    }

    fn dial(&self, attempt: Attempt, failures: u32, expected: Option<Expected>) {
        let setup = Setup { meter: self.meter(attempt.peer), expected, ..self.setup.clone() };
        let within = self.timeout.steady(failures + 1);
        let greeting = self.greeting.clone();
        self.runtime.spawn(async move {
            let outcome = Connection::open(&setup, &attempt.address, within).await;
            match &outcome {
                Ok(connection) => {
                    let newest = connection.version::<ApiVersionsRequest>(None).unwrap_or_default();
                    greeting.store(newest, Ordering::Relaxed);
                }
                Err(failure) => attempt.report(failure, &setup.meter),
            }
            attempt.end(outcome);
        });
    }
}

/// An attempt to connect. Whoever waits for it learns of its end, also when its task is dropped.
struct Attempt {
    peer: Peer,
    state: SharedState,
    address: Address,
    seeds: Arc<[Address]>,
    pause: Backoff,
}

impl Attempt {
    fn report(&self, failure: &Failure, meter: &BrokerMeter) {
        meter.failed();
        let (address, error) = (&self.address, self.error(failure));
        let (warnings, error) = (&meter.warnings, error.whole());
        warn_seldom!(warnings, target: "kafka_sdk::net", { %address, %error }, "cannot connect");
    }

    fn end(&self, outcome: std::result::Result<Connection, Failure>) {
        self.state.send_if_modified(|state| {
            let State::Dialling { failures } = *state else { return false };
            *state = match outcome {
                Ok(connection) => State::Open(connection),
                Err(failure) => State::failed(failures + 1, self.error(&failure), self.pause),
            };
            true
        });
    }

    /// A broker may advertise an address that others can reach, and this client cannot.
    fn error(&self, failure: &Failure) -> Error {
        let (error, address) = (failure.error(&self.address), &self.address);
        match self.peer {
            Peer::Broker(id) if failure.is_out_of_reach() && !self.seeds.contains(address) => {
                let seeds: Vec<String> = self.seeds.iter().map(ToString::to_string).collect();
                let text = format!(
                    "broker {id} advertises {address}, and cannot be reached there, unlike the bootstrap address \
                     ({}): is it running, and is its advertised.listeners right for where this client runs?",
                    seeds.join(", ")
                );
                Error::new(ErrorKind::Connect, text).with_broker(address.to_string()).with_source(error)
            }
            _ => error,
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.end(Err(Failure::Dropped));
    }
}

/// How likely a peer is to answer, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Health {
    Open,
    Untried,
    Failed,
}

/// Whether it is open, or somebody dials or waits for it, who has a clone. Clones are made under the lock of the map.
fn is_in_use(state: &SharedState) -> bool {
    let is_open = matches!(&*state.borrow(), State::Open(connection) if connection.is_open());
    is_open || Arc::strong_count(state) > 1
}

/// The error of the attempt that is under way, if that is what comes of it.
async fn outcome(changes: &mut watch::Receiver<State>) -> Option<Error> {
    // The caller holds the sender, and an attempt always ends.
    let state = changes.wait_for(|state| !matches!(state, State::Dialling { .. })).await.ok()?;
    match &*state {
        State::Failed { error, .. } => Some(error.clone()),
        _ => None,
    }
}

/// What to do next for a connection.
enum Next {
    Use(Connection),
    Pause(Instant),
    Wait,
}

impl Next {
    fn of(state: &State) -> Self {
        match state {
            State::Open(connection) => Self::Use(connection.clone()),
            State::Dialling { .. } => Self::Wait,
            State::Closed { not_before, .. } | State::Failed { not_before, .. } => Self::Pause(*not_before),
        }
    }
}

impl State {
    /// Turns to dialling, if it is time for it; then it says after how many failures in a row.
    fn begin(&mut self, address: &Address, pause: Backoff) -> Option<u32> {
        let now = Instant::now();
        let failures = match self {
            Self::Open(connection) if connection.address() != address => 0,
            // It was of use, and then closed because it was idle, for example.
            Self::Open(connection) if connection.is_spent() => 0,
            Self::Open(connection) if !connection.is_open() => {
                // A broker that closes at once must not be dialled in a loop.
                *self = Self::Closed { failures: 1, not_before: now + pause.delay(1, fastrand::f64()) };
                return None;
            }
            Self::Closed { failures, not_before } | Self::Failed { failures, not_before, .. }
                if *not_before <= now =>
            {
                *failures
            }
            _ => return None,
        };
        *self = Self::Dialling { failures };
        Some(failures)
    }

    fn failed(failures: u32, error: Error, pause: Backoff) -> Self {
        let not_before = Instant::now() + pause.delay(failures, fastrand::f64());
        Self::Failed { failures, not_before, error }
    }
}

#[cfg(test)]
mod tests;
