//! What the core is told, what it has done, and what it hears of that.

use super::super::asked::Asked;
use super::super::session::Question;
use super::doubts::Doubt;
use super::soundness::{LogRange, Restart};
use crate::cluster::Snapshot;
use crate::consumer::fetched::request::Request;
use crate::consumer::start::position::Position;
use crate::error::Error;
use crate::model::{Isolation, TopicPartition};
use kafka_sdk_protocol::api::{FetchResponse, OffsetForLeaderEpochResponse};
use std::sync::Arc;
use std::time::Duration;

pub(in super::super::super) enum Command {
    Request(Request),
    Snapshot(Snapshot),
}

/// `L` is a connection; tests use something simpler.
#[derive(Debug)]
pub(in super::super::super) enum Call<L> {
    Connect(i32),
    Fetch {
        broker: i32,
        link: L,
        generation: u64,
        plan: Plan,
    },
    /// Where the epochs end that positions were read in.
    EpochEnds {
        leader: i32,
        doubts: Vec<Doubt>,
    },
    /// Where a lost position goes on.
    Restart {
        slot: usize,
        round: u64,
        partition: TopicPartition,
        isolation: Isolation,
        restart: Restart,
    },
    /// Where the log begins and ends that does not have a position.
    Range {
        slot: usize,
        round: u64,
        partition: TopicPartition,
    },
    RefreshMetadata,
    /// The broker need not keep it.
    EndSession {
        link: L,
        version: i16,
        session_id: i32,
    },
}

#[derive(Debug)]
pub(in super::super::super) enum Reply<L> {
    /// With the newest version of Fetch that both sides know.
    Connected {
        broker: i32,
        outcome: Result<(L, i16), Error>,
    },
    Fetched {
        broker: i32,
        generation: u64,
        plan: Plan,
        outcome: Result<FetchResponse, Error>,
        /// The picture of the cluster with the leaders that the answer names, where it names any.
        leaders: Option<Snapshot>,
    },
    EpochEnds {
        doubts: Vec<Doubt>,
        outcome: Result<OffsetForLeaderEpochResponse, Error>,
    },
    Restart {
        slot: usize,
        round: u64,
        outcome: Result<Position, Error>,
    },
    Range {
        slot: usize,
        round: u64,
        /// None where nobody has said.
        range: Option<LogRange>,
    },
    Nothing,
}

/// One fetch.
#[derive(Clone, Debug)]
pub(in super::super::super) struct Plan {
    pub(in super::super) max_wait: Duration,
    pub(in super::super) min_bytes: usize,
    pub(in super::super) isolation: Isolation,
    /// Empty where the broker is not to name another one.
    pub(in super::super) rack: Arc<str>,
    /// Reserved out of the budget.
    pub(in super::super) max_bytes: usize,
    pub(in super::super) asked: Vec<Asked>,
    pub(in super::super) question: Question,
}
