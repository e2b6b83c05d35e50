//! What becomes of a request to an embedded cluster, by the rule that reacts to it.

use kafka_sdk_protocol::ErrorCode;
use tokio::time::sleep;

use crate::Error;
use crate::rules::{Decision, Reaction, Rule, Subject};

/// A topic that a request names, with a partition where it names one.
pub(super) type Target = (String, Option<i32>);

/// Refuses a rule whose reaction concerns the wire alone.
///
/// # Errors
/// [`Error::Rule`].
pub(super) fn check(rule: &Rule) -> Result<(), Error> {
    match rule.reaction() {
        Reaction::Pass
        | Reaction::Answer(_)
        | Reaction::Delay(_)
        | Reaction::DelayRequest(_)
        | Reaction::Hold
        | Reaction::HoldAnswer
        | Reaction::DropBefore
        | Reaction::DropAfter
        | Reaction::FlipBit(_)
        | Reaction::FlipRecordBit
        | Reaction::MoveLeader => Ok(()),
        _ => Err(rule.refused("its reaction takes a TestProxy in front of the cluster")),
    }
}

/// What becomes of a request.
#[derive(Debug, Default)]
pub(super) struct Plan(Option<Decision>);

impl Plan {
    pub(super) fn new(decision: Option<Decision>) -> Self {
        Self(decision)
    }

    fn reaction(&self) -> Option<&Reaction> {
        self.0.as_ref().map(|decision| &decision.reaction)
    }

    /// Whether the rule is about this part of the request.
    fn is_about(&self, topic: &str, partition: Option<i32>) -> bool {
        let part = Subject { topic: Some(topic.into()), partition };
        self.0.as_ref().is_some_and(|decision| decision.scope.overlaps(&part))
    }

    /// Waits before the request is carried out.
    pub(super) async fn before(&mut self) {
        match &mut self.0 {
            Some(Decision { reaction: Reaction::DelayRequest(time), .. }) => sleep(*time).await,
            Some(Decision { reaction: Reaction::Hold, gate, .. }) => gate.opened().await,
            _ => {}
        }
    }

    /// Waits before it is answered.
    pub(super) async fn after(&mut self) {
        match &mut self.0 {
            Some(Decision { reaction: Reaction::Delay(time), .. }) => sleep(*time).await,
            Some(Decision { reaction: Reaction::HoldAnswer, gate, .. }) => gate.opened().await,
            _ => {}
        }
    }

    /// Whether it is not carried out, and the connection closed.
    pub(super) fn drops_before(&self) -> bool {
        self.reaction() == Some(&Reaction::DropBefore)
    }

    /// Whether the connection is closed in place of an answer.
    pub(super) fn drops_after(&self) -> bool {
        self.reaction() == Some(&Reaction::DropAfter)
    }

    fn answered_with(&self) -> Option<ErrorCode> {
        match self.reaction() {
            Some(Reaction::Answer(code)) => Some(*code),
            _ => None,
        }
    }

    /// What a part of the request is answered with instead of being carried out.
    pub(super) fn refusal(&self, topic: &str, partition: Option<i32>) -> Result<(), ErrorCode> {
        match self.answered_with() {
            Some(code) if self.is_about(topic, partition) => Err(code),
            _ => Ok(()),
        }
    }

    /// What all of the request is answered with.
    pub(super) fn refusal_of_all(&self) -> Result<(), ErrorCode> {
        let about_all = self.0.as_ref().is_some_and(|decision| decision.scope.is_all());
        self.answered_with().filter(|_| about_all).map_or(Ok(()), Err)
    }

    /// Whether a bit in the records of a partition is to be flipped.
    pub(super) fn flips_record_bit(&self, topic: &str, partition: i32) -> bool {
        self.reaction() == Some(&Reaction::FlipRecordBit) && self.is_about(topic, Some(partition))
    }

    /// Whether a target's leadership is to move.
    pub(super) fn moves(&self, (topic, partition): &Target) -> bool {
        self.reaction() == Some(&Reaction::MoveLeader) && self.is_about(topic, *partition)
    }

    /// The bit of the answer that is to be flipped, counted from behind its length.
    pub(super) fn flipped_bit(&self) -> Option<usize> {
        match self.reaction() {
            Some(Reaction::FlipBit(bit)) => Some(*bit),
            _ => None,
        }
    }
}
