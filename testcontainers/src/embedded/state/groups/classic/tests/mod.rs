//! Classic groups on made-up time.

mod membership;
mod rebalances;
mod statics;

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::join_group::JoinGroupRequestProtocol;
use kafka_sdk_protocol::api::sync_group::SyncGroupRequestAssignment;
use kafka_sdk_protocol::api::{JoinGroupResponse, SyncGroupResponse};
use tokio::sync::oneshot;

use super::{Classic, Join, Phase, Sync};
use crate::embedded::state::groups::Client;
use crate::embedded::state::groups::settings::Settings;

const SESSION: i64 = 10_000;
const REBALANCE: i64 = 60_000;

type Joining = oneshot::Receiver<JoinGroupResponse>;
type Syncing = oneshot::Receiver<SyncGroupResponse>;

/// A group and the time.
struct Made {
    group: Classic,
    now: i64,
}

impl Made {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(set: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new((4, 4), &[].into());
        settings.initial_delay = 0;
        set(&mut settings);
        Self { group: Classic::new(settings), now: 0 }
    }

    fn pass(&mut self, time: i64) {
        self.now += time;
        self.group.advance(self.now);
    }

    fn join(&mut self, id: &str, instance: Option<&str>) -> Joining {
        self.join_by(id, instance, &["range"], 3)
    }

    fn join_by(&mut self, id: &str, instance: Option<&str>, protocols: &[&str], version: i16) -> Joining {
        let protocol =
            |name: &&str| JoinGroupRequestProtocol { name: (*name).into(), metadata: Bytes::new() };
        let (promise, answer) = oneshot::channel();
        let join = Join {
            member_id: id.into(),
            instance: instance.map(str::to_owned),
            client: Client { id: "test".into(), host: "/127.0.0.1".into() },
            session_timeout: SESSION,
            rebalance_timeout: REBALANCE,
            protocol_type: "consumer".into(),
            protocols: protocols.iter().map(protocol).collect(),
            version,
            promise,
        };
        self.group.join(join, self.now);
        self.group.advance(self.now);
        answer
    }

    fn sync(&mut self, id: &str, shares: &[(&str, &'static str)]) -> Syncing {
        let share = |&(id, share): &(&str, &'static str)| SyncGroupRequestAssignment {
            member_id: id.into(),
            assignment: Bytes::from_static(share.as_bytes()),
        };
        let (promise, answer) = oneshot::channel();
        let sync = Sync {
            member_id: id.into(),
            instance: None,
            generation: self.group.generation,
            protocol_type: None,
            protocol: None,
            assignments: shares.iter().map(share).collect(),
            promise,
        };
        self.group.sync(sync, self.now);
        answer
    }

    fn beat(&mut self, id: &str) -> ErrorCode {
        let generation = self.group.generation;
        self.group.heartbeat(id, None, generation, self.now).err().unwrap_or_default()
    }

    /// A stable group of so many members, the leader first.
    fn stable(&mut self, count: usize) -> Vec<String> {
        let mut joining = vec![self.join("", None)];
        let mut ids = vec![joined(&mut joining[0]).member_id];
        for _ in 1..count {
            joining = vec![self.join("", None)];
            joining.extend(ids.clone().iter().map(|id| self.join(id, None)));
            ids = joining.iter_mut().rev().map(|one| joined(one).member_id).collect();
            ids.sort_by_key(|id| !self.group.is_leader(id));
        }
        let shares: Vec<(&str, &'static str)> = ids.iter().map(|id| (id.as_str(), "share")).collect();
        for id in ids.iter().rev() {
            drop(self.sync(id, &shares));
        }
        assert_eq!(self.group.phase, Phase::Stable);
        ids
    }
}

/// The answer, which is there.
fn joined(joining: &mut Joining) -> JoinGroupResponse {
    joining.try_recv().unwrap()
}

fn synced(syncing: &mut Syncing) -> SyncGroupResponse {
    syncing.try_recv().unwrap()
}

/// Whether there is no answer yet.
fn waits<T>(promised: &mut oneshot::Receiver<T>) -> bool {
    matches!(promised.try_recv(), Err(oneshot::error::TryRecvError::Empty))
}
