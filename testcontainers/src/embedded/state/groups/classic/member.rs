//! A member of a classic group.

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::join_group::JoinGroupRequestProtocol;
use kafka_sdk_protocol::api::{JoinGroupResponse, SyncGroupResponse};

use crate::embedded::state::groups::{Client, Promise};

/// A member.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) instance: Option<String>,
    pub(super) client: Client,
    pub(super) session_timeout: i64,
    pub(super) rebalance_timeout: i64,
    pub(super) protocols: Vec<JoinGroupRequestProtocol>,
    pub(super) assignment: Bytes,
    /// It has not been through a rebalance yet.
    pub(super) is_new: bool,
    /// When its session ends.
    pub(super) expires: Option<i64>,
    pub(super) joining: Option<Promise<JoinGroupResponse>>,
    pub(super) syncing: Option<Promise<SyncGroupResponse>>,
}

impl Member {
    /// What it says of itself for a protocol.
    pub(super) fn metadata(&self, protocol: Option<&str>) -> Bytes {
        let known = self.protocols.iter().find(|known| Some(known.name.as_str()) == protocol);
        known.map(|known| known.metadata.clone()).unwrap_or_default()
    }

    pub(super) fn knows(&self, protocol: &str) -> bool {
        self.protocols.iter().any(|known| known.name == protocol)
    }

    /// Whether nothing need be heard of it: it waits for others. A new one may have gone away meanwhile.
    pub(super) fn is_excused(&self) -> bool {
        !self.is_new && (self.joining.is_some() || self.syncing.is_some())
    }

    pub(super) fn answer_join(&mut self, answer: JoinGroupResponse) {
        if let Some(promise) = self.joining.take() {
            // It may have gone away.
            let _ = promise.send(answer);
        }
    }

    /// Whether it has waited for that.
    pub(super) fn answer_sync(&mut self, answer: SyncGroupResponse) -> bool {
        self.syncing.take().is_some_and(|promise| {
            let _ = promise.send(answer);
            true
        })
    }
}

/// A JoinGroup that is refused.
pub(crate) fn join_refused(member_id: &str, error_code: ErrorCode) -> JoinGroupResponse {
    JoinGroupResponse {
        error_code,
        member_id: member_id.into(),
        generation_id: -1,
        protocol_name: None,
        ..Default::default()
    }
}

/// A SyncGroup that is refused.
pub(super) fn sync_refused(error_code: ErrorCode) -> SyncGroupResponse {
    SyncGroupResponse { error_code, ..Default::default() }
}
