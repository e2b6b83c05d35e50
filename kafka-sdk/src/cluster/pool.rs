//! One connection for each broker and lane, opened when first used.

use super::Snapshot;
use crate::backoff::Backoff;
use crate::error::{Error, ErrorKind, Result};
use crate::net::{Address, Connection, Setup};
use kafka_sdk_protocol::api::ApiKey;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// What a connection is for. A broker serves one request at a time on a connection: behind a fetch that waits for
/// data, a heartbeat on the same socket waits as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lane {
    Produce,
    Fetch,
    /// Joining and synchronising a group block for minutes.
    Group,
    /// Requests that carry a timeout, after which the broker answers.
    Slow,
    /// Everything else.
    Normal,
}

impl Lane {
    /// The lane on which requests of an API travel.
    pub(crate) fn of(api: ApiKey) -> Self {
        match api {
            ApiKey::PRODUCE => Self::Produce,
            ApiKey::FETCH | ApiKey::SHARE_FETCH => Self::Fetch,
            ApiKey::JOIN_GROUP | ApiKey::SYNC_GROUP => Self::Group,
            ApiKey::CREATE_TOPICS
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
    setup: Setup,
    seeds: Vec<Address>,
    slots: Mutex<HashMap<(Peer, Lane), SharedSlot>>,
}

type SharedSlot = Arc<watch::Sender<Slot>>;

/// The state of a connection. Who changes it publishes it; who needs it waits for it.
#[derive(Debug)]
enum Slot {
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
    pub(super) fn new(setup: Setup, seeds: Vec<Address>) -> Self {
        Self { setup, seeds, slots: Mutex::default() }
    }

    /// How the peer's normal lane is.
    pub(super) fn health(&self, peer: Peer) -> Health {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        match slots.get(&(peer, Lane::Normal)).map(|slot| slot.borrow()).as_deref() {
            Some(Slot::Open(connection)) if connection.is_open() => Health::Open,
            Some(Slot::Failed { .. }) => Health::Failed,
            _ => Health::Untried,
        }
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
        let slot = self.slot(peer, lane);
        let mut states = slot.subscribe();
        loop {
            if slot.send_if_modified(|state| state.begin(&address)) {
                self.dial(slot.clone(), address.clone());
            }
            let step = Step::of(&states.borrow_and_update());
            match step {
                Step::Use(connection) => return Ok(connection),
                Step::Pause(until) => sleep_until(until).await,
                Step::Wait => match outcome(&mut states).await {
                    Some(error) => return Err(error),
                    None => continue,
                },
            }
        }
    }

    fn slot(&self, peer: Peer, lane: Lane) -> SharedSlot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let never = || Slot::Closed { failures: 0, not_before: Instant::now() };
        slots.entry((peer, lane)).or_insert_with(|| Arc::new(watch::Sender::new(never()))).clone()
    }

    fn dial(&self, slot: SharedSlot, address: Address) {
        let setup = self.setup.clone();
        tokio::spawn(async move {
            let outcome = Connection::open(&setup, &address).await;
            slot.send_modify(|state| {
                *state = match outcome {
                    Ok(connection) => Slot::Open(connection),
                    Err(failure) => state.failed(failure.error(&address)),
                };
            });
        });
    }
}

/// How likely a peer is to answer, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Health {
    Open,
    Untried,
    Failed,
}

/// The error of the attempt that is under way, if that is what comes of it.
async fn outcome(states: &mut watch::Receiver<Slot>) -> Option<Error> {
    // The caller holds the sender, so this cannot end without an outcome.
    let state = states.wait_for(|state| !matches!(state, Slot::Dialling { .. })).await.ok()?;
    match &*state {
        Slot::Failed { error, .. } => Some(error.clone()),
        _ => None,
    }
}

/// What to do next for a connection.
enum Step {
    Use(Connection),
    Pause(Instant),
    Wait,
}

impl Step {
    fn of(state: &Slot) -> Self {
        match state {
            Slot::Open(connection) => Self::Use(connection.clone()),
            Slot::Dialling { .. } => Self::Wait,
            Slot::Closed { not_before, .. } | Slot::Failed { not_before, .. } => Self::Pause(*not_before),
        }
    }
}

impl Slot {
    /// Turns to dialling, if it is time for it; says whether it did.
    fn begin(&mut self, address: &Address) -> bool {
        let now = Instant::now();
        match self {
            Self::Open(connection) if connection.address() != address => {
                *self = Self::Dialling { failures: 0 };
                true
            }
            Self::Open(connection) if !connection.is_open() => {
                // The first reconnect waits too: a broker that closes at once must not be dialled in a loop.
                *self = Self::Closed { failures: 1, not_before: now + delay(1) };
                false
            }
            Self::Closed { failures, not_before } | Self::Failed { failures, not_before, .. }
                if *not_before <= now =>
            {
                *self = Self::Dialling { failures: *failures };
                true
            }
            _ => false,
        }
    }

    fn failed(&self, error: Error) -> Self {
        let failures = match self {
            Self::Dialling { failures } => failures + 1,
            _ => 1,
        };
        Self::Failed { failures, not_before: Instant::now() + delay(failures), error }
    }
}

fn delay(failures: u32) -> std::time::Duration {
    Backoff::RECONNECT.delay(failures, fastrand::f64())
}
