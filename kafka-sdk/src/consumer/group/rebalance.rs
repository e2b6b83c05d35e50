//! Taking partitions, and giving them up.

use super::Shell;
use super::commit::{Commit, Committing, Origin, ToCommit};
use super::listener::{News, Panicked};
use super::membership::Taken;
use super::standing::Standing;
use crate::clock::after;
use crate::cluster::Interest;
use crate::consumer::assignment::slot::{Reached, Slot, Why};
use crate::error::{Advice, Error, ErrorKind, Result};
use crate::model::{CommittedOffset, TopicPartition};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{info, warn};

/// How long the listener's word waits for the places where partitions begin.
const FIRST_LOOK: Duration = Duration::from_secs(1);

impl Shell {
    /// Where reading begins, the listener's word, and then reading begins.
    pub(super) async fn assign(self: Arc<Self>, partitions: Vec<TopicPartition>) -> Taken {
        let taken = self.take(partitions).await;
        self.taken.send_replace(true);
        taken
    }

    async fn take(self: &Arc<Self>, partitions: Vec<TopicPartition>) -> Taken {
        info!(target: "kafka_sdk::consumer", group = %self.group, ?partitions, "partitions assigned");
        let with_interest = self.with_interest(&partitions);
        let added = with_interest.and_then(|partitions| self.assignment.add_unplaced(partitions));
        // Also where nothing is read any more, what is given up later was assigned before.
        let slots = added.unwrap_or_else(|error| {
            self.fail_unless_closed(error);
            Vec::new()
        });
        let found = self.look(&slots).await;
        if matches!(found, Ok(Taken::None)) {
            self.assignment.forget(&partitions);
            return Taken::None;
        }
        self.assignment.show(&slots);
        let open = self.assignment.unplaced(&slots).len();
        if self.announce(News::Assigned, &partitions).await.is_err() {
            return Taken::All;
        }
        if let Err(error) = found {
            let still_open = self.assignment.unplaced(&slots);
            // The listener may have said where to begin.
            let outcome = if still_open.len() < open { self.look(&still_open).await } else { Err(error) };
            if let Err(error) = outcome {
                self.fail_unless_closed(error);
                return Taken::All;
            }
        }
        for slot in self.assignment.present(&partitions) {
            slot.release(Why::Beginning);
        }
        self.assignment.news().changed();
        Taken::All
    }

    fn fail_unless_closed(&self, error: Error) {
        if error.kind() != ErrorKind::Closed {
            self.fail(error);
        }
    }

    /// Looks where they begin. Those of which it takes longer to know that are left to themselves: others are not to wait
    /// for them, nor the next rebalance.
    async fn look(self: &Arc<Self>, slots: &[Arc<Slot>]) -> Result<Taken> {
        let mut begun = self.clone().begin_each(slots.to_vec()).boxed();
        tokio::select! {
            outcome = &mut begun => outcome?,
            () = sleep(FIRST_LOOK) => self.leave_to_themselves(slots.to_vec(), begun),
            () = self.expelled() => return Ok(Taken::None),
        }
        Ok(Taken::All)
    }

    fn with_interest(&self, partitions: &[TopicPartition]) -> Result<Vec<(TopicPartition, Arc<Interest>)>> {
        let mut interests = BTreeMap::new();
        for partition in partitions {
            if !interests.contains_key(partition.topic()) {
                let interest = self.cluster.interest(partition.topic())?;
                interests.insert(partition.topic(), Arc::new(interest));
            }
        }
        let with = |partition: &TopicPartition| (partition.clone(), interests[partition.topic()].clone());
        Ok(partitions.iter().map(with).collect())
    }

    /// Until they are given up.
    fn leave_to_themselves(self: &Arc<Self>, slots: Vec<Arc<Slot>>, begun: BoxFuture<'static, Result<()>>) {
        let shell = self.clone();
        self.cluster.spawn(async move {
            let all_placed = shell.until(|| shell.assignment.unplaced(&slots).is_empty());
            tokio::select! {
                Err(error) = begun => shell.fail_unless_closed(error),
                () = all_placed => {}
            }
        });
    }

    /// Nothing more is handed out, what is out is waited for and committed, then the listener's word. The coordinator's
    /// time has begun before, and what is processed is to be committed within it.
    pub(super) async fn revoke(self: Arc<Self>, partitions: Vec<TopicPartition>) {
        info!(target: "kafka_sdk::consumer", group = %self.group, ?partitions, "partitions revoked");
        let slots = self.withdraw(&partitions);
        let begun = Instant::now();
        let deadline = after(begun, self.rebalance_timeout / 10 * 9);
        let until = after(begun, self.rebalance_timeout);
        tokio::select! {
            _ = timeout_at(deadline, self.settled(&slots)) => {}
            () = self.expelled() => {}
        }
        if self.commit_every.is_some() {
            let commit =
                self.commit_within(self.processed(&slots), until.saturating_duration_since(Instant::now()));
            let outcome = tokio::select! {
                outcome = commit => outcome,
                // It will not be sent, or not be taken.
                () = self.expelled() => self.check_member(),
            };
            if let Err(error) = &outcome {
                warn!(target: "kafka_sdk::consumer", group = %self.group, error = %error.whole(), "last commit failed");
            }
            self.note(outcome);
        }
        let news = if self.check_member().is_ok() { News::Revoked } else { News::Lost };
        let _ = self.announce(news, &partitions).await;
        self.assignment.forget(&partitions);
    }

    /// Nothing more is handed out, at once.
    pub(super) async fn lose(self: Arc<Self>, partitions: Vec<TopicPartition>) {
        warn!(target: "kafka_sdk::consumer", group = %self.group, ?partitions, "partitions lost");
        self.withdraw(&partitions);
        let _ = self.announce(News::Lost, &partitions).await;
        self.assignment.forget(&partitions);
    }

    /// The listener's word.
    ///
    /// # Errors
    /// It panicked, and the consumer ends.
    async fn announce(
        self: &Arc<Self>,
        news: News,
        partitions: &[TopicPartition],
    ) -> std::result::Result<(), Panicked> {
        self.listener.tell(news, &self.control(), partitions).await.inspect_err(|_| {
            let text = "the rebalance listener has panicked, and the consumer is at its end";
            self.fail(Error::new(ErrorKind::Closed, text).with_advice(Advice::Rebuild));
        })
    }

    fn withdraw(&self, partitions: &[TopicPartition]) -> Vec<Arc<Slot>> {
        let slots = self.assignment.present(partitions);
        for slot in &slots {
            slot.withhold(Why::Leaving);
        }
        self.assignment.news().changed();
        slots
    }

    /// Nothing of these is out any more, or nobody will say so.
    async fn settled(&self, slots: &[Arc<Slot>]) {
        self.until(|| self.assignment.is_stopped() || slots.iter().all(|slot| slot.is_settled())).await;
    }

    /// Looks again whenever something is settled.
    async fn until(&self, is_so: impl Fn() -> bool) {
        loop {
            let next = self.assignment.news().next_settled();
            let mut next = std::pin::pin!(next);
            next.as_mut().enable();
            if is_so() {
                return;
            }
            next.await;
        }
    }

    /// What is processed of these, where it is not committed. Of partitions without membership all of it, as Java's
    /// consumer does: offsets of a group without members expire so long after each was committed last (KIP-211).
    pub(super) fn processed(&self, slots: &[Arc<Slot>]) -> Committing {
        if self.standing() == Standing::Alone {
            return committing(slots, Slot::processed);
        }
        let is_new = |slot: &&Arc<Slot>| !slot.is_committed(slot.processed().offset);
        let slots: Vec<Arc<Slot>> = slots.iter().filter(is_new).cloned().collect();
        committing(&slots, Slot::processed)
    }

    /// Commits behind all that was asked for before, and waits for it.
    ///
    /// # Errors
    /// It was refused, or there was no answer in time.
    pub(in super::super) async fn commit(&self, offsets: Committing) -> Result<()> {
        self.commit_within(offsets, Duration::MAX).await
    }

    /// As [`Self::commit`], and no longer than this.
    async fn commit_within(&self, offsets: Committing, most: Duration) -> Result<()> {
        let (promise, outcome) = oneshot::channel();
        let within = self.cluster.settings().api_timeout.min(most);
        self.ask_for(&offsets);
        // Who is not there any more does not answer.
        let _ = self.commits.push(Commit { offsets, within, promise: Some(promise) });
        outcome.await.unwrap_or_else(|_| {
            let text = "the consumer has ended: nothing is committed any more";
            Err(Error::new(ErrorKind::Closed, text))
        })
    }

    /// Notes what the group is to have.
    pub(super) fn ask_for(&self, offsets: &Committing) {
        for (partition, to_commit) in offsets {
            if let Ok(slot) = self.assignment.slot(partition) {
                slot.ask_for(to_commit.committed.offset);
            }
        }
    }

    /// Ready when this is no member any more.
    async fn expelled(&self) {
        let mut standing = self.standing.subscribe();
        // The sender is ours.
        let _ = standing.wait_for(|standing| *standing == Standing::Nobody).await;
    }
}

/// The places of these, where they have one.
pub(in super::super) fn committing(slots: &[Arc<Slot>], place: impl Fn(&Slot) -> Reached) -> Committing {
    let places = slots.iter().filter(|slot| !slot.is_unplaced()).map(|slot| (slot, place(slot)));
    places
        .map(|(slot, Reached { offset, leader_epoch })| {
            let leader_epoch = Some(leader_epoch).filter(|epoch| *epoch >= 0);
            let committed = CommittedOffset { offset, leader_epoch, metadata: String::new() };
            (slot.topic_partition(), ToCommit { committed, origin: Origin::Position(slot.index) })
        })
        .collect()
}
