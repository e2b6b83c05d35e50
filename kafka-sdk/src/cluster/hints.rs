//! Leaders that an answer names beside its refusal (KIP-951): who has moved is found without asking for metadata.

use super::{Cluster, Snapshot};
use crate::net::Address;
use kafka_sdk_protocol::ErrorCode;
use std::sync::Arc;

/// Who leads a partition now, as a broker says that does not.
#[derive(Clone, Debug)]
pub(crate) struct LeaderHint {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    pub(crate) leader: i32,
    pub(crate) leader_epoch: i32,
}

/// Whether an answer with this code may name the leader.
pub(crate) fn names_leader(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::NOT_LEADER_OR_FOLLOWER | ErrorCode::FENCED_LEADER_EPOCH)
}

impl Cluster {
    /// Takes over the leaders that are newer than what is known, and where they are. Gives the picture if there are any
    /// hints: somebody else may have had the same before.
    pub(crate) fn learn_leaders(
        &self,
        hints: &[LeaderHint],
        endpoints: impl IntoIterator<Item = (i32, String, i32)>,
    ) -> Option<Snapshot> {
        if hints.is_empty() {
            return None;
        }
        let endpoints: Vec<(i32, Address)> = endpoints.into_iter().filter_map(endpoint).collect();
        if let Some(learnt) = self.inner.metadata.change(|snapshot| snapshot.hinted(hints, &endpoints)) {
            self.inner.pool.follow(&learnt);
        }
        Some(self.snapshot())
    }
}

fn endpoint((id, host, port): (i32, String, i32)) -> Option<(i32, Address)> {
    Some((id, Address { host: host.into(), port: u16::try_from(port).ok()? }))
}
