//! Performs what the commits want done.

use super::super::Shell;
use super::super::membership::Command;
use super::super::standing::Standing;
use super::{
    Call, Committing, Newer, Origin, Outcome, Reply, ToCommit, Verdict, commit, counting, refusal, verdict,
};
use crate::cluster::{CoordinatorKind, Route};
use crate::error::{Advice, Error, ErrorKind, Result};
use crate::model::TopicPartition;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::ApiKey;
use std::sync::Arc;
use tracing::warn;

pub(in super::super) async fn perform(shell: Arc<Shell>, call: Call) -> Reply {
    match call {
        Call::Collect => {
            let offsets = shell.processed(&shell.assignment.slots());
            shell.ask_for(&offsets);
            Reply::Collected(offsets)
        }
        Call::Send(offsets) => Reply::Sent(shell.send(offsets).await),
    }
}

impl Shell {
    async fn send(&self, offsets: Committing) -> Vec<(TopicPartition, Outcome)> {
        let standing = self.standing();
        if standing == Standing::Nobody {
            let failed = |partition| (partition, Outcome::Failed(self.no_member()));
            return offsets.into_keys().map(failed).collect();
        }
        let is_present = |partition: &_, origin| self.is_present(partition, origin);
        let (offsets, mut outcomes) = counting(offsets, &self.group, is_present);
        if offsets.is_empty() {
            return outcomes;
        }
        self.learn(&offsets, |_| None);
        match commit(&self.cluster, &self.group, &standing, &offsets).await {
            Ok(codes) => {
                for (partition, code) in codes {
                    let outcome = self.outcome(&partition, code, &standing);
                    if matches!(outcome, Outcome::Committed) {
                        self.learn(offsets.get_key_value(&partition), Some);
                    }
                    outcomes.push((partition, outcome));
                }
            }
            Err(error) => {
                let outcome = || match error.advice() {
                    Advice::Retry => Outcome::Again(error.clone()),
                    _ => Outcome::Failed(error.clone()),
                };
                outcomes.extend(offsets.into_keys().map(|partition| (partition, outcome())));
            }
        }
        outcomes
    }

    /// Whether nothing has come in between: a partition that was given up, or an expulsion.
    fn is_present(&self, partition: &TopicPartition, origin: Origin) -> bool {
        match origin {
            Origin::Position(index) => self.assignment.slot(partition).is_ok_and(|slot| slot.index == index),
            Origin::Given { expulsions } => self.expulsions() == expulsions,
        }
    }

    /// What the group has of these, by the offset of a commit.
    fn learn<'a>(
        &self,
        of: impl IntoIterator<Item = (&'a TopicPartition, &'a ToCommit)>,
        has: impl Fn(i64) -> Option<i64>,
    ) {
        for (partition, to_commit) in of {
            if let Ok(slot) = self.assignment.slot(partition)
                && self.is_present(partition, to_commit.origin)
            {
                slot.set_committed(has(to_commit.committed.offset));
            }
        }
    }

    fn outcome(&self, partition: &TopicPartition, code: ErrorCode, sent_as: &Standing) -> Outcome {
        let newer = if self.standing() == *sent_as { Newer::No } else { Newer::Yes };
        let verdict = verdict(code, newer);
        if verdict == Verdict::Done {
            return Outcome::Committed;
        }
        let error = refusal(&self.group, code, "committing the offset", Some(partition));
        let error = error.with_api(ApiKey::OFFSET_COMMIT);
        if verdict == Verdict::Elsewhere {
            self.cluster.forget_coordinator(&Route::Coordinator(CoordinatorKind::Group, self.group.clone()));
        }
        if matches!(verdict, Verdict::Doubt | Verdict::Fenced) {
            let _ = self.commands.push(Command::Doubt);
        }
        if matches!(verdict, Verdict::Failed | Verdict::Fenced) {
            warn!(target: "kafka_sdk::consumer", %partition, error = %error.whole(), "commit refused");
            return Outcome::Failed(error);
        }
        Outcome::Again(error)
    }

    /// # Errors
    /// Kind [`ErrorKind::State`]: this is no member at present, and should be one. Kind [`ErrorKind::Closed`]: it never will
    /// be again.
    pub(in super::super) fn check_member(&self) -> Result<()> {
        if self.standing() != Standing::Nobody {
            return Ok(());
        }
        self.assignment.check_open()?;
        Err(self.no_member())
    }

    fn no_member(&self) -> Error {
        let group = &self.group;
        let text = if *self.taken.borrow() {
            format!(
                "the consumer is no member of group \"{group}\" at present: others may have its partitions, and nothing can \
                 be committed"
            )
        } else {
            format!(
                "the consumer has not joined group \"{group}\" yet: nothing can be committed before it has, and its first \
                 record comes after that"
            )
        };
        Error::new(ErrorKind::State, text).with_advice(Advice::Retry)
    }
}
