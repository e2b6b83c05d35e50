//! Where assigned partitions begin, each by itself: one of which that is not known holds no other one up.
//!
//! ```text
//! coordinator ──has an offset of it──> it begins there
//!   ^      └──has none, and the policy names a place──> its leader ──> it begins there
//!   └──after a pause: what is not known for now─────────────┘
//! ```

use super::Shell;
use super::commit::{Fetched, fetch};
use super::membership::Command;
use super::standing::Standing;
use crate::clock::coarse_millis;
use crate::cluster::{Attempts, Snapshot};
use crate::consumer::assignment::slot::{ATTEMPTS_TO_READ, Slot};
use crate::consumer::start::position::{Epoch, Position};
use crate::consumer::start::{no_leader, no_such_partition};
use crate::error::{Advice, Error, ErrorKind, Result};
use crate::model::{CommittedOffset, Offset, Reset, Timestamp, TopicPartition};
use crate::observe::{Seldom, warn_seldom};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use kafka_sdk_protocol::ErrorCode;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long partitions that have a leader wait for metadata about others.
const METADATA_WITHIN: Duration = Duration::from_secs(1);

/// Partitions whose places are asked for together.
struct Search {
    slots: Vec<Arc<Slot>>,
    asked: Asked,
    attempts: Attempts,
    /// Why the last attempt was in vain.
    trouble: Option<Error>,
}

/// Who is asked.
enum Asked {
    Coordinator,
    /// The leader of all of them, for these places.
    Leader(Vec<Offset>),
}

/// What an attempt has left open.
struct Open<'s> {
    search: &'s Search,
    slots: Vec<Arc<Slot>>,
    trouble: Option<Error>,
}

impl<'s> Open<'s> {
    fn of(search: &'s Search) -> Self {
        Self { search, slots: Vec::new(), trouble: None }
    }

    /// # Errors
    /// This one, where another attempt would not mend it.
    fn later(&mut self, slot: Arc<Slot>, error: Error) -> Result<()> {
        let once_more = may_pass(&error) && self.search.attempts.failures() + 1 < ATTEMPTS_TO_READ;
        if error.advice() != Advice::Retry && !once_more {
            return Err(error);
        }
        self.slots.push(slot);
        self.trouble.get_or_insert(error.with_advice(Advice::Retry));
        Ok(())
    }

    fn search(self) -> Option<Search> {
        let Self { search, slots, trouble } = self;
        let attempts = search.attempts.clone();
        trouble.map(|error| Search { slots, asked: Asked::Coordinator, attempts, trouble: Some(error) })
    }
}

impl Shell {
    /// Has each begin where the group has committed, or where its reset policy says. As long as it takes: brokers that
    /// cannot be reached are a passing trouble.
    ///
    /// # Errors
    /// What would not pass: there is no place to begin, or it must not be read.
    pub(super) async fn begin_each(self: Arc<Self>, slots: Vec<Arc<Slot>>) -> Result<()> {
        let (attempts, warnings) = (self.cluster.attempts(Duration::MAX), Seldom::default());
        let first = Search { slots, asked: Asked::Coordinator, attempts, trouble: None };
        let mut searches = FuturesUnordered::from_iter([self.search(first, &warnings)]);
        while let Some(open) = searches.next().await {
            searches.extend(open?.into_iter().map(|search| self.search(search, &warnings)));
        }
        Ok(())
    }

    /// One attempt; gives what is to be asked next.
    async fn search(&self, mut search: Search, warnings: &Seldom) -> Result<Vec<Search>> {
        if let Some(error) = search.trouble.take() {
            warn_seldom!(warnings, target: "kafka_sdk::consumer", {
                group = %self.group, partitions = ?names(&search.slots), error = %error.whole()
            }, "beginnings not known yet");
            self.cluster.refresh_soon();
            search.attempts.pause(error).await?;
        }
        match &search.asked {
            Asked::Coordinator => {
                search.slots = self.assignment.unplaced(&search.slots);
                if search.slots.is_empty() {
                    return Ok(Vec::new());
                }
                self.ask_coordinator(&search).await
            }
            Asked::Leader(places) => self.ask_leader(&search, places).await,
        }
    }

    async fn ask_coordinator(&self, search: &Search) -> Result<Vec<Search>> {
        let mut open = Open::of(search);
        let within = self.cluster.settings().request_timeout;
        let mut committed = match self.try_committed(&names(&search.slots), within).await {
            Ok(committed) => committed,
            Err(error) => {
                search.slots.iter().try_for_each(|slot| open.later(slot.clone(), error.clone()))?;
                BTreeMap::new()
            }
        };
        let mut without = Vec::new();
        for slot in &search.slots {
            match committed.remove(&slot.topic_partition()) {
                Some(Ok(Some(committed))) => self.begin_at_committed(slot, committed),
                Some(Ok(None)) => {
                    without.push((slot.clone(), self.place_without_offset(&slot.topic_partition())?));
                }
                Some(Err(error)) => open.later(slot.clone(), error)?,
                None => {}
            }
        }
        let mut by_leader: BTreeMap<i32, (Vec<Arc<Slot>>, Vec<Offset>)> = BTreeMap::new();
        let snapshot = self.snapshot_of(&without).await;
        for (slot, place) in without {
            match self.leader(&snapshot, &slot)? {
                Ok(leader) => {
                    let (slots, places) = by_leader.entry(leader).or_default();
                    slots.push(slot);
                    places.push(place);
                }
                Err(error) => open.later(slot, error)?,
            }
        }
        let attempts = &search.attempts;
        let of_leader = |(slots, places)| Search {
            slots,
            asked: Asked::Leader(places),
            attempts: attempts.clone(),
            trouble: None,
        };
        Ok(open.search().into_iter().chain(by_leader.into_values().map(of_leader)).collect())
    }

    async fn ask_leader(&self, search: &Search, places: &[Offset]) -> Result<Vec<Search>> {
        let mut open = Open::of(search);
        let wanted: Vec<_> = names(&search.slots).into_iter().zip(places.iter().copied()).collect();
        let located = self.look_ups.locate_once(&wanted).await;
        for (slot, (partition, place)) in search.slots.iter().zip(wanted) {
            match located.position(&partition, place) {
                Ok(position) => self.begin_at(slot, position, None),
                Err(error) => open.later(slot.clone(), error)?,
            }
        }
        Ok(open.search().into_iter().collect())
    }

    fn begin_at_committed(
        &self,
        slot: &Arc<Slot>,
        CommittedOffset { offset, leader_epoch, .. }: CommittedOffset,
    ) {
        let epoch = leader_epoch.map_or(Epoch::Unknown, Epoch::of_record);
        self.begin_at(slot, Position { offset, epoch }, Some(offset));
    }

    fn begin_at(&self, slot: &Arc<Slot>, position: Position, committed: Option<i64>) {
        // The application may have said meanwhile where.
        if slot.is_unplaced() {
            slot.found_committed(committed.unwrap_or(-1));
            self.assignment.begin(slot, position);
        }
    }

    /// A picture of the cluster with the topics of these, if that can be had soon.
    async fn snapshot_of(&self, places: &[(Arc<Slot>, Offset)]) -> Snapshot {
        let snapshot = self.cluster.snapshot();
        let topics: BTreeSet<&Arc<str>> = places.iter().map(|(slot, _)| &slot.topic).collect();
        if topics.iter().all(|topic| snapshot.topic(topic).is_some()) {
            return snapshot;
        }
        let refreshed = timeout(METADATA_WITHIN, self.cluster.refreshed_for(topics)).await;
        refreshed.ok().and_then(Result::ok).unwrap_or(snapshot)
    }

    /// Who is to be asked; or why nobody can be, for now.
    ///
    /// # Errors
    /// The application has named a partition that does not exist. What a coordinator assigns does: a broker that does not
    /// know of it will.
    fn leader(&self, snapshot: &Snapshot, slot: &Slot) -> Result<Result<i32>> {
        let partition = slot.topic_partition();
        let known = snapshot.partition(&slot.topic, slot.partition);
        if let (Standing::Alone, None, Some(topic)) = (self.standing(), known, snapshot.topic(&slot.topic)) {
            let count = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
            return Err(no_such_partition(&partition, count));
        }
        Ok(known.and_then(|known| known.leader).ok_or_else(|| no_leader(&partition)))
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

    /// What the group has committed. Offsets that an open transaction is about to change are waited for (KIP-447).
    ///
    /// # Errors
    /// What would not pass, or has not passed in time.
    pub(in super::super) async fn committed(
        &self,
        partitions: &[TopicPartition],
        mut attempts: Attempts,
    ) -> Result<BTreeMap<TopicPartition, Option<CommittedOffset>>> {
        let mut found = BTreeMap::new();
        let mut open: BTreeSet<TopicPartition> = partitions.iter().cloned().collect();
        while !open.is_empty() {
            let mut trouble = None;
            let asked: Vec<_> = open.iter().cloned().collect();
            match self.try_committed(&asked, attempts.left()).await {
                Ok(committed) => {
                    for (partition, committed) in committed {
                        match committed {
                            Ok(committed) => {
                                open.remove(&partition);
                                found.insert(partition, committed);
                            }
                            Err(error) if error.advice() != Advice::Retry => return Err(error),
                            Err(error) => drop(trouble.get_or_insert(error)),
                        }
                    }
                }
                Err(error) => trouble = Some(error),
            }
            if let Some(error) = trouble {
                attempts.pause(error).await?;
            }
        }
        Ok(found)
    }

    /// As who this is at present.
    async fn try_committed(&self, partitions: &[TopicPartition], within: Duration) -> Result<Fetched> {
        let standing = self.standing();
        let fetched = fetch(&self.cluster, &self.group, &standing, partitions, within).await;
        fetched.map_err(|error| {
            // With what the coordinator says to that it is in order: as who this is then.
            if doubts_membership(&error) {
                self.tell(Command::Doubt);
                return error.with_advice(Advice::Retry);
            }
            // Asked as somebody who this is no more.
            if self.standing() != standing { error.with_advice(Advice::Retry) } else { error }
        })
    }
}

fn names(slots: &[Arc<Slot>]) -> Vec<TopicPartition> {
    slots.iter().map(|slot| slot.topic_partition()).collect()
}

/// The fault may have been on the way, or the broker's for a moment.
fn may_pass(error: &Error) -> bool {
    error.kind() == ErrorKind::Decode || error.is(ErrorCode::UNKNOWN_SERVER_ERROR)
}

/// Whether a coordinator takes the one who asks for nobody, or for somebody he was before.
fn doubts_membership(error: &Error) -> bool {
    let codes = [ErrorCode::STALE_MEMBER_EPOCH, ErrorCode::FENCED_MEMBER_EPOCH, ErrorCode::UNKNOWN_MEMBER_ID];
    codes.into_iter().any(|code| error.is(code))
}
