//! Who may commit offsets, and delete them.

use std::collections::BTreeSet;

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::ConsumerProtocolSubscription;
use kafka_sdk_protocol::message::Message;
use kafka_sdk_protocol::wire::Reader;

use super::{Classic, Phase};
use crate::embedded::state::groups::embedded_protocol::CONSUMER;

/// Who commits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Committer<'a> {
    pub(crate) member_id: &'a str,
    pub(crate) instance: Option<&'a str>,
    /// Generation or member epoch; less than 0: no member at all.
    pub(crate) generation: i32,
}

impl Classic {
    /// Whether offsets are taken from somebody. If they are, he is alive.
    pub(crate) fn commit(&mut self, by: Committer<'_>, now: i64) -> Result<(), ErrorCode> {
        self.check_commit(by)?;
        if matches!(self.phase, Phase::Stable | Phase::Preparing) {
            self.renew_session(by.member_id, now);
        }
        Ok(())
    }

    fn check_commit(&self, by: Committer<'_>) -> Result<(), ErrorCode> {
        if by.generation < 0 && self.phase == Phase::Empty {
            return Ok(());
        }
        let is_completing = self.phase == Phase::Completing;
        // Before KIP-345, it was the first thing to look at.
        if is_completing && self.settings.release < (2, 3) {
            return Err(ErrorCode::REBALANCE_IN_PROGRESS);
        }
        if by.generation >= 0 || !by.member_id.is_empty() || by.instance.is_some() {
            self.check_member(by.member_id, by.instance)?;
            self.check_generation(by.generation)?;
        } else {
            return Err(ErrorCode::UNKNOWN_MEMBER_ID);
        }
        if is_completing { Err(ErrorCode::REBALANCE_IN_PROGRESS) } else { Ok(()) }
    }

    /// Whether offsets may be deleted, of some topics at least.
    pub(crate) fn check_delete_offsets(&self) -> Result<(), ErrorCode> {
        let is_consumers = self.protocol_type.as_deref() == Some(CONSUMER);
        if self.phase == Phase::Empty || is_consumers { Ok(()) } else { Err(ErrorCode::NON_EMPTY_GROUP) }
    }

    /// Whether a member wants the topic. If what members say cannot be read, or none has been asked yet, they may.
    pub(crate) fn is_subscribed(&self, topic: &str) -> bool {
        let is_consumers = self.protocol_type.as_deref() == Some(CONSUMER);
        self.wanted.as_ref().map_or(is_consumers, |wanted| wanted.contains(topic))
    }

    /// What the members of this generation want, if that can be told.
    pub(super) fn wanted(&self) -> Option<BTreeSet<String>> {
        if self.protocol_type.as_deref() != Some(CONSUMER) {
            return None;
        }
        let protocol = self.protocol.as_deref();
        let topics = self.members.iter().map(|member| subscribed(&member.metadata(protocol)));
        let all: Option<Vec<Vec<String>>> = topics.collect();
        all.map(|all| all.into_iter().flatten().collect())
    }
}

/// The topics of a subscription.
fn subscribed(bytes: &Bytes) -> Option<Vec<String>> {
    let mut reader = Reader::new(bytes, false);
    reader.i16().ok()?;
    // All versions begin as the first.
    Some(ConsumerProtocolSubscription::decode_from(&mut reader, 0).ok()?.topics)
}
