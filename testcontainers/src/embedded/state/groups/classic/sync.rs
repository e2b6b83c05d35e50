//! SyncGroup: the leader says who gets what, and everybody hears it.

use std::collections::HashMap;

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::SyncGroupResponse;
use kafka_sdk_protocol::api::sync_group::SyncGroupRequestAssignment;

use super::member::sync_refused;
use super::{Classic, Phase};
use crate::embedded::state::groups::Promise;

/// Who wants its assignment.
#[derive(Debug)]
pub(crate) struct Sync {
    pub(crate) member_id: String,
    pub(crate) instance: Option<String>,
    pub(crate) generation: i32,
    pub(crate) protocol_type: Option<String>,
    pub(crate) protocol: Option<String>,
    /// The leader's: who gets what.
    pub(crate) assignments: Vec<SyncGroupRequestAssignment>,
    pub(crate) promise: Promise<SyncGroupResponse>,
}

impl Sync {
    pub(in super::super) fn answer(self, answer: SyncGroupResponse) {
        let _ = self.promise.send(answer);
    }

    pub(in super::super) fn refuse(self, code: ErrorCode) {
        self.answer(sync_refused(code));
    }
}

impl Classic {
    /// Gives a member its assignment, now or when the leader has made it.
    pub(crate) fn sync(&mut self, sync: Sync, now: i64) {
        if let Err(code) = self.check_sync(&sync) {
            return sync.refuse(code);
        }
        self.unsynced.remove(&sync.member_id);
        if self.phase == Phase::Stable {
            let assignment = self.member(&sync.member_id).map(|member| member.assignment.clone());
            let answer = self.synced(&assignment.unwrap_or_default());
            return sync.answer(answer);
        }
        if let Some(member) = self.member_mut(&sync.member_id) {
            member.syncing = Some(sync.promise);
        }
        if self.is_leader(&sync.member_id) {
            let mut given: HashMap<String, Bytes> =
                sync.assignments.into_iter().map(|given| (given.member_id, given.assignment)).collect();
            for member in &mut self.members {
                member.assignment = given.remove(&member.id).unwrap_or_default();
            }
            self.answer_syncs(ErrorCode::NONE, now);
            self.enter(Phase::Stable);
        }
    }

    fn check_sync(&self, sync: &Sync) -> Result<(), ErrorCode> {
        if self.phase == Phase::Empty {
            return Err(ErrorCode::UNKNOWN_MEMBER_ID);
        }
        self.check_member(&sync.member_id, sync.instance.as_deref())?;
        self.check_generation(sync.generation)?;
        let differs = |told: &Option<String>, ours: &Option<String>| told.is_some() && told != ours;
        if differs(&sync.protocol_type, &self.protocol_type) || differs(&sync.protocol, &self.protocol) {
            return Err(ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
        }
        if self.phase == Phase::Preparing { Err(ErrorCode::REBALANCE_IN_PROGRESS) } else { Ok(()) }
    }
}
