//! Performs what the commits want done.

use super::Shell;
use super::commit::{self, Call, Committing, Newer, Origin, Outcome, Reply, Verdict, verdict};
use super::membership::Command;
use super::standing::Standing;
use crate::cluster::{CoordinatorKind, Route};
use crate::error::{Advice, Error, ErrorKind};
use crate::model::TopicPartition;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::ApiKey;
use std::sync::Arc;
use tracing::warn;

pub(super) async fn perform(shell: Arc<Shell>, call: Call) -> Reply {
    match call {
        Call::Collect => Reply::Collected(shell.processed(&shell.assignment.slots())),
        Call::Send(offsets, origin) => Reply::Sent(shell.send(offsets, origin).await),
    }
}

impl Shell {
    async fn send(&self, mut offsets: Committing, origin: Origin) -> Vec<(TopicPartition, Outcome)> {
        let mut outcomes = Vec::new();
        let standing = self.standing();
        if standing == Standing::Nobody {
            let failed = |partition| (partition, Outcome::Failed(self.no_member()));
            return offsets.into_keys().map(failed).collect();
        }
        if origin == Origin::Positions {
            // Somebody else may have committed since these were given up.
            offsets.retain(|partition, _| {
                let is_ours = self.assignment.slot(partition).is_ok();
                if !is_ours {
                    outcomes.push((partition.clone(), Outcome::Committed));
                }
                is_ours
            });
        }
        if offsets.is_empty() {
            return outcomes;
        }
        match commit::commit(&self.cluster, &self.group, &standing, &offsets).await {
            Ok(codes) => {
                for (partition, code) in codes {
                    let outcome = self.outcome(&partition, code, &standing);
                    if let (Outcome::Committed, Some(committed), Ok(slot)) =
                        (&outcome, offsets.get(&partition), self.assignment.slot(&partition))
                    {
                        slot.set_committed(committed.offset);
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

    fn outcome(&self, partition: &TopicPartition, code: ErrorCode, sent_as: &Standing) -> Outcome {
        let newer = if self.standing() == *sent_as { Newer::No } else { Newer::Yes };
        let verdict = verdict(code, newer);
        if verdict == Verdict::Done {
            return Outcome::Committed;
        }
        let error = commit::refusal(&self.group, code, "committing the offset", Some(partition));
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

    fn no_member(&self) -> Error {
        let text = format!(
            "the consumer is no member of group \"{}\" at present: others may have its partitions, and nothing can be \
             committed",
            self.group
        );
        Error::new(ErrorKind::State, text).with_advice(Advice::Retry)
    }
}
