//! Taking partitions, and giving them up.

use super::Shell;
use super::commit::{Commit, Committing, Origin, ToCommit, fetch};
use super::listener::{News, Panicked};
use super::membership::{Command, Taken};
use super::standing::Standing;
use crate::clock::{after, coarse_millis};
use crate::cluster::Attempts;
use crate::consumer::assignment::slot::{Reached, Slot, Why};
use crate::consumer::start::position::Epoch;
use crate::consumer::start::{Ends, NamedBy, Start, Wanted};
use crate::error::{Advice, Error, ErrorKind, Result};
use crate::model::{CommittedOffset, Offset, Reset, Timestamp, TopicPartition};
use kafka_sdk_protocol::ErrorCode;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};

impl Shell {
    /// Where reading begins, the listener's word, and then reading begins.
    pub(super) async fn assign(self: Arc<Self>, partitions: Vec<TopicPartition>) -> Taken {
        let taken = self.take(partitions).await;
        self.taken.send_replace(true);
        taken
    }

    async fn take(self: &Arc<Self>, partitions: Vec<TopicPartition>) -> Taken {
        info!(target: "kafka_sdk::consumer", group = %self.group, ?partitions, "partitions assigned");
        let starts = tokio::select! {
            starts = self.starts(&partitions) => starts,
            () = self.expelled() => return Taken::None,
        };
        match starts.and_then(|starts| self.begin(starts)) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Closed => {}
            Err(error) => {
                self.fail(error);
                return Taken::All;
            }
        }
        if self.announce(News::Assigned, &partitions).await.is_err() {
            return Taken::All;
        }
        for slot in self.assignment.present(&partitions) {
            slot.release(Why::Beginning);
        }
        self.assignment.news().changed();
        Taken::All
    }

    fn begin(&self, starts: Vec<(Start, Option<i64>)>) -> Result<()> {
        let committed: BTreeMap<_, _> = starts
            .iter()
            .map(|(start, committed)| (start.partition.clone(), committed.unwrap_or(-1)))
            .collect();
        self.assignment.add_withheld(starts.into_iter().map(|(start, _)| start).collect())?;
        for (partition, offset) in committed {
            self.assignment.slot(&partition)?.found_committed(offset);
        }
        Ok(())
    }

    /// With what the group has committed of each. As long as it takes: brokers that cannot be reached are a passing
    /// trouble.
    async fn starts(&self, partitions: &[TopicPartition]) -> Result<Vec<(Start, Option<i64>)>> {
        let mut wanted: BTreeSet<TopicPartition> = partitions.iter().cloned().collect();
        let mut attempts = self.cluster.attempts(Duration::MAX);
        loop {
            let partitions: Vec<TopicPartition> = wanted.iter().cloned().collect();
            let error = match self.try_starts(&partitions).await {
                Ok(starts) => return Ok(starts),
                Err(error) => error,
            };
            match error.topic() {
                // It was deleted a moment ago; the group learns of that, and distributes anew.
                Some(topic) if error.is(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) => {
                    warn!(target: "kafka_sdk::consumer", topic, "assigned topic gone");
                    wanted.retain(|partition| partition.topic() != topic);
                }
                _ => attempts.pause(error).await?,
            }
        }
    }

    async fn try_starts(&self, partitions: &[TopicPartition]) -> Result<Vec<(Start, Option<i64>)>> {
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let committed = self.committed(partitions, self.cluster.attempts(Duration::MAX)).await?;
        let mut places = Vec::new();
        for partition in partitions {
            let place = match committed.get(partition).and_then(Option::as_ref) {
                Some(committed) => Offset::At(committed.offset),
                None => self.place_without_offset(partition)?,
            };
            places.push((partition.clone(), place));
        }
        let named_by = match self.standing() {
            Standing::Alone => NamedBy::Application,
            _ => NamedBy::Coordinator,
        };
        let wanted = Wanted { partitions: places, named_by, ..Wanted::default() };
        let starts = self.look_ups.starts(&wanted, Ends::Never).await?;
        let with = |mut start: Start| {
            let committed = committed.get(&start.partition).and_then(Option::as_ref);
            if let Some(epoch) = committed.and_then(|committed| committed.leader_epoch) {
                start.from.epoch = Epoch::of_record(epoch);
            }
            (start, committed.map(|committed| committed.offset))
        };
        Ok(starts.into_iter().map(with).collect())
    }

    /// Where to begin a partition of which nothing is committed. One that has come after the beginning is read from its
    /// first record: it was written while this group was there.
    fn place_without_offset(&self, partition: &TopicPartition) -> Result<Offset> {
        if self.reset != Reset::Fail && self.subscribed.is_new(partition) {
            return Ok(Offset::Earliest);
        }
        match self.reset {
            Reset::Earliest => Ok(Offset::Earliest),
            Reset::Latest => Ok(Offset::Latest),
            Reset::Within(time) => {
                let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
                Ok(Offset::After(Timestamp::from_millis(coarse_millis().saturating_sub(millis).max(0))))
            }
            Reset::Fail => {
                let text = format!(
                    "group \"{}\" has committed no offset of {partition}, and there is no other place to begin: set \
                     auto.offset.reset, or commit one",
                    self.group
                );
                let error = Error::new(ErrorKind::State, text);
                Err(error.with_topic(partition.shared_topic().clone()).with_partition(partition.partition()))
            }
        }
    }

    /// What the group has committed.
    ///
    /// # Errors
    /// What would not pass, or has not passed in time.
    pub(in super::super) async fn committed(
        &self,
        partitions: &[TopicPartition],
        mut attempts: Attempts,
    ) -> Result<BTreeMap<TopicPartition, Option<CommittedOffset>>> {
        loop {
            let standing = self.standing();
            match fetch(&self.cluster, &self.group, &standing, partitions, attempts.left()).await {
                Ok(committed) => return Ok(committed),
                // With what the coordinator says to that it is in order: as who this is then.
                Err(error) if doubts_membership(&error) => {
                    self.tell(Command::Doubt);
                    attempts.pause(error.with_advice(Advice::Retry)).await?;
                }
                // Asked as somebody who this is no more.
                Err(error) if error.advice() != Advice::Retry && self.standing() != standing => {
                    attempts.pause(error.with_advice(Advice::Retry)).await?;
                }
                Err(error) => attempts.pause(error).await?,
            }
        }
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
        loop {
            let next = self.assignment.news().next_settled();
            let mut next = std::pin::pin!(next);
            next.as_mut().enable();
            if self.assignment.is_stopped() || slots.iter().all(|slot| slot.is_settled()) {
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

/// Whether a coordinator takes the one who asks for nobody, or for somebody he was before.
fn doubts_membership(error: &Error) -> bool {
    let codes = [ErrorCode::STALE_MEMBER_EPOCH, ErrorCode::FENCED_MEMBER_EPOCH, ErrorCode::UNKNOWN_MEMBER_ID];
    codes.into_iter().any(|code| error.is(code))
}

/// The places of these.
pub(in super::super) fn committing(slots: &[Arc<Slot>], place: impl Fn(&Slot) -> Reached) -> Committing {
    let places = slots.iter().map(|slot| (slot, place(slot)));
    places
        .map(|(slot, Reached { offset, leader_epoch })| {
            let leader_epoch = Some(leader_epoch).filter(|epoch| *epoch >= 0);
            let committed = CommittedOffset { offset, leader_epoch, metadata: String::new() };
            (slot.topic_partition(), ToCommit { committed, origin: Origin::Position(slot.index) })
        })
        .collect()
}
