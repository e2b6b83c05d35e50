//! What a reader reads at present: shared by the reader and its controls, and changed by them.
//!
//! A change is made here first, then the fetcher hears of it. The reader sees by the number of
//! [`changes`](Assignment::changes) that it has to look at what it holds; so nothing from before a change is handed out
//! after it.

pub(super) mod changes;
pub(super) mod lease;
pub(super) mod pulse;
pub(super) mod slot;
pub(super) mod tracker;

use super::fetched::FromFetcher;
use super::fetched::request::Request;
use super::start::position::Position;
use super::start::{Ends, Start};
use crate::cluster::Interest;
use crate::error::{Advice, Error, ErrorKind, Result};
use crate::mailbox::Mailbox;
use crate::model::TopicPartition;
use changes::Changes;
use slot::{Slot, Turn, Why};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Debug)]
pub(super) struct Assignment {
    ends: Ends,
    table: Mutex<Table>,
    changes: Arc<Changes>,
    stopped: AtomicBool,
    fetcher: Mailbox<Request>,
}

#[derive(Debug, Default)]
struct Table {
    partitions: BTreeMap<TopicPartition, Entry>,
    next_index: usize,
    /// The reader is at its end for good, or gone.
    closed: bool,
}

#[derive(Debug)]
struct Entry {
    slot: Arc<Slot>,
    #[allow(dead_code, reason = "it is there to be dropped")]
    interest: Option<Arc<Interest>>,
}

impl Assignment {
    pub(super) fn new(ends: Ends, fetched: &FromFetcher) -> Self {
        Self {
            ends,
            table: Mutex::default(),
            changes: Arc::new(Changes::waking(fetched.reader.clone())),
            stopped: AtomicBool::new(false),
            fetcher: fetched.fetcher.clone(),
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ends(&self) -> Ends {
        self.ends
    }

    #[inline]
    pub(super) fn changes(&self) -> u64 {
        self.changes.count()
    }

    pub(super) fn news(&self) -> &Arc<Changes> {
        &self.changes
    }

    fn tell(&self, request: Request) {
        // A fetcher that has gone has nothing to do.
        let _ = self.fetcher.push(request);
    }

    /// Begins to read these, all or none of them.
    pub(super) fn add(&self, starts: Vec<Start>) -> Result<()> {
        let mut table = self.table();
        table.check_vacant(starts.iter().map(|start| &start.partition))?;
        for Start { partition, from, end, interest } in starts {
            let slot = table.insert(&partition, interest, &self.changes);
            slot.begin(from.offset);
            self.tell(Request::Assign { slot, from, end });
        }
        self.changes.changed();
        Ok(())
    }

    /// Takes these in, all or none of them. Each is read from where it [begins](Self::begin); they are [seen](Self::show)
    /// and handed out when that is said.
    pub(super) fn add_unplaced(
        &self,
        partitions: Vec<(TopicPartition, Arc<Interest>)>,
    ) -> Result<Vec<Arc<Slot>>> {
        let mut table = self.table();
        table.check_vacant(partitions.iter().map(|(partition, _)| partition))?;
        let insert = |(partition, interest): (TopicPartition, Arc<Interest>)| {
            let slot = table.insert(&partition, Some(interest), &self.changes);
            slot.withhold(Why::Unseen);
            slot.withhold(Why::Beginning);
            slot
        };
        Ok(partitions.into_iter().map(insert).collect())
    }

    /// From now on these are among [`Self::seen`].
    pub(super) fn show(&self, slots: &[Arc<Slot>]) {
        slots.iter().for_each(|slot| slot.release(Why::Unseen));
        self.changes.changed();
    }

    /// Reads this one from there, unless it begins somewhere already, or is given up.
    pub(super) fn begin(&self, slot: &Arc<Slot>, from: Position) {
        let table = self.table();
        if table.holds(slot) && slot.is_unplaced() && !table.closed {
            self.begin_unplaced(slot, from);
        }
    }

    fn begin_unplaced(&self, slot: &Arc<Slot>, from: Position) {
        slot.begin(from.offset);
        self.tell(Request::Assign { slot: slot.clone(), from, end: None });
        if slot.is_paused() {
            self.tell(Request::Pause { slot: slot.index });
        }
        self.changes.changed();
    }

    /// Those of them that begin nowhere yet, and are not given up.
    pub(super) fn unplaced(&self, slots: &[Arc<Slot>]) -> Vec<Arc<Slot>> {
        let table = self.table();
        slots.iter().filter(|slot| slot.is_unplaced() && table.holds(slot)).cloned().collect()
    }

    /// Reads these no longer.
    pub(super) fn remove(&self, partitions: &[TopicPartition]) -> Result<()> {
        let mut table = self.table();
        for slot in table.slots(partitions)? {
            slot.begin_round(slot.position(), Turn::Elsewhere);
            table.partitions.remove(&slot.topic_partition());
            self.tell(Request::Unassign { slot: slot.index });
        }
        self.changes.changed();
        Ok(())
    }

    /// Those of them that are read, also when the reader has ended.
    pub(super) fn present(&self, partitions: &[TopicPartition]) -> Vec<Arc<Slot>> {
        let table = self.table();
        partitions.iter().filter_map(|partition| table.slot(partition).ok()).collect()
    }

    /// As [`Self::remove`], for those of them that are read, also when the reader has ended.
    pub(super) fn forget(&self, partitions: &[TopicPartition]) {
        let slots = self.present(partitions);
        let mut table = self.table();
        for slot in slots {
            slot.begin_round(slot.position(), Turn::Elsewhere);
            table.partitions.remove(&slot.topic_partition());
            self.tell(Request::Unassign { slot: slot.index });
        }
        self.changes.changed();
        self.changes.settled();
    }

    pub(super) fn pause(&self, partitions: &[TopicPartition]) -> Result<()> {
        for slot in self.table().slots(partitions)? {
            slot.withhold(Why::Paused);
            self.tell(Request::Pause { slot: slot.index });
        }
        self.changes.changed();
        Ok(())
    }

    pub(super) fn resume(&self, partitions: &[TopicPartition]) -> Result<()> {
        for slot in self.table().slots(partitions)? {
            slot.release(Why::Paused);
            self.tell(Request::Resume { slot: slot.index });
        }
        self.changes.changed();
        Ok(())
    }

    /// Has reading go on from there. `slot` is what the partition was when the position was looked up.
    pub(super) fn seek(&self, slot: &Arc<Slot>, to: Position) -> Result<()> {
        let table = self.table();
        table.check_open()?;
        if !table.holds(slot) {
            return Err(not_assigned(&slot.topic_partition()));
        }
        if slot.is_unplaced() {
            self.begin_unplaced(slot, to);
            return Ok(());
        }
        self.go_on(slot, to, Turn::Elsewhere);
        self.changes.changed();
        Ok(())
    }

    /// What was fetched ahead is of no use any more.
    pub(super) fn begin_again(&self, slot: &Slot) {
        self.go_on(slot, Position::at(slot.position()), Turn::Onwards);
    }

    fn go_on(&self, slot: &Slot, to: Position, turn: Turn) {
        let round = slot.begin_round(to.offset, turn);
        self.tell(Request::Seek { slot: slot.index, to, round });
    }

    /// A partition that is read.
    pub(super) fn slot(&self, partition: &TopicPartition) -> Result<Arc<Slot>> {
        self.table().slot(partition)
    }

    /// All that are read.
    pub(super) fn slots(&self) -> Vec<Arc<Slot>> {
        self.table().partitions.values().map(|entry| entry.slot.clone()).collect()
    }

    /// All that are read, as others see it.
    pub(super) fn seen(&self) -> Vec<Arc<Slot>> {
        let mut slots = self.slots();
        slots.retain(|slot| !slot.is_unseen());
        slots
    }

    /// Nothing is handed out any more, and nothing can be changed.
    pub(super) fn stop(&self) {
        self.table().closed = true;
        self.fetcher.close();
        self.stopped.store(true, SeqCst);
        self.changes.changed();
    }

    /// # Errors
    /// Kind [`ErrorKind::Closed`]: the reader or consumer has ended.
    pub(super) fn check_open(&self) -> Result<()> {
        self.table().check_open()
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(SeqCst)
    }

    /// Whether all has been handed out that was to be read.
    pub(super) fn is_finished(&self) -> bool {
        self.ends == Ends::AsOfNow && self.table().partitions.values().all(|entry| entry.slot.is_finished())
    }

    /// Whether there is a partition that is not withheld.
    pub(super) fn reads_any(&self) -> bool {
        self.table().partitions.values().any(|entry| !entry.slot.is_withheld())
    }

    /// The reader is of no more use; where it stands can still be asked for.
    pub(super) fn close(&self) {
        let mut table = self.table();
        table.closed = true;
        self.fetcher.close();
        table.partitions.values_mut().for_each(|entry| entry.interest = None);
    }
}

impl Table {
    fn check_open(&self) -> Result<()> {
        if !self.closed {
            return Ok(());
        }
        let text = "this reader or consumer has ended: build another one";
        Err(Error::new(ErrorKind::Closed, text).with_advice(Advice::Rebuild))
    }

    fn check_vacant<'p>(&self, mut partitions: impl Iterator<Item = &'p TopicPartition>) -> Result<()> {
        self.check_open()?;
        match partitions.find(|partition| self.partitions.contains_key(partition)) {
            Some(twice) => Err(assigned_already(twice)),
            None => Ok(()),
        }
    }

    fn insert(
        &mut self,
        partition: &TopicPartition,
        interest: Option<Arc<Interest>>,
        changes: &Arc<Changes>,
    ) -> Arc<Slot> {
        let slot = Arc::new(Slot::unplaced(self.next_index, partition, changes.clone()));
        self.next_index += 1;
        self.partitions.insert(partition.clone(), Entry { slot: slot.clone(), interest });
        slot
    }

    /// Whether this is what a partition is read by now.
    fn holds(&self, slot: &Arc<Slot>) -> bool {
        self.slot(&slot.topic_partition()).is_ok_and(|present| Arc::ptr_eq(&present, slot))
    }

    fn slot(&self, partition: &TopicPartition) -> Result<Arc<Slot>> {
        let missing = || self.check_open().err().unwrap_or_else(|| not_assigned(partition));
        self.partitions.get(partition).map(|entry| entry.slot.clone()).ok_or_else(missing)
    }

    /// All of them; an error if one is not read.
    fn slots(&self, partitions: &[TopicPartition]) -> Result<Vec<Arc<Slot>>> {
        self.check_open()?;
        partitions.iter().map(|partition| self.slot(partition)).collect()
    }
}

fn not_assigned(partition: &TopicPartition) -> Error {
    let text = format!(
        "{partition} is not assigned at present: a reader adds it by assign(..), a consumer is given it by its group"
    );
    about(partition, text)
}

fn assigned_already(partition: &TopicPartition) -> Error {
    about(partition, format!("{partition} is assigned to this reader already: seek(..) moves it"))
}

fn about(partition: &TopicPartition, text: String) -> Error {
    Error::new(ErrorKind::State, text)
        .with_topic(partition.shared_topic().clone())
        .with_partition(partition.partition())
}
