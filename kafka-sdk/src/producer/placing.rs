//! Which partition of a topic a record goes to.

use super::attention::Attention;
use super::batch::usual_size;
use super::delivery::Delivery;
use super::partition::{Partition, Refused};
use super::partitioner::{Partitioning, Partitions, Spreading, Sticky, next_sticky};
use super::shared::Shared;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Record;
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use tokio::time::Instant;

/// What the handles on a topic share.
pub(super) struct TopicState {
    pub(super) name: Arc<str>,
    pub(super) slots: ArcSwap<Slots>,
    pub(super) attention: Arc<Attention>,
    sticky: Sticky,
    /// Counts the records that were placed in turn.
    turn: AtomicU32,
    shared: Arc<Shared>,
}

/// The partitions by number, and who leads them.
pub(super) struct Slots {
    /// Also those that the topic does not have any more, since it was created anew: sequence numbers go on where they
    /// were, should it get them again.
    pub(super) all: Vec<Arc<Partition>>,
    /// Of the partitions that there are.
    pub(super) leaders: Vec<Option<i32>>,
    /// Those that have a leader.
    led: Vec<u32>,
}

impl Slots {
    pub(super) fn new(all: Vec<Arc<Partition>>, leaders: Vec<Option<i32>>) -> Self {
        let led = (0..).zip(&leaders).filter(|(_, leader)| leader.is_some()).map(|(number, _)| number);
        Self { led: led.collect(), leaders, all }
    }

    pub(super) fn partitions(&self) -> &[Arc<Partition>] {
        self.all.get(..self.leaders.len()).unwrap_or_default()
    }

    #[inline]
    fn view(&self) -> Partitions<'_> {
        Partitions::new(&self.leaders, &self.led)
    }
}

impl TopicState {
    pub(super) fn new(attention: Arc<Attention>, slots: Slots, shared: Arc<Shared>) -> Self {
        Self {
            name: attention.topic.clone(),
            slots: ArcSwap::from_pointee(slots),
            attention,
            sticky: Sticky::new(shared.settings.full_size()),
            turn: AtomicU32::new(fastrand::u32(..)),
            shared,
        }
    }

    /// Encodes the record into the batch of its partition: `earlier`, if that was found before.
    pub(super) fn append(
        &self,
        record: &Record<'_>,
        timestamp: i64,
        earlier: Option<i32>,
    ) -> std::result::Result<Delivery, Refused> {
        let slots = self.slots.load();
        let partition = self.choose(&slots, record, earlier).map_err(Refused::Never)?;
        partition.append(record, timestamp)
    }

    #[inline]
    fn choose<'s>(
        &self,
        slots: &'s Slots,
        record: &Record<'_>,
        earlier: Option<i32>,
    ) -> Result<&'s Arc<Partition>> {
        let own = record.chosen_partition();
        // Should the topic have been created anew meanwhile, with fewer partitions, another one is found.
        let earlier = earlier.filter(|&number| number < slots.view().count());
        let place = || self.partitioning().place(&self.name, record.key_bytes(), slots.view(), &self.turn);
        let number = match own.or(earlier).or_else(place) {
            Some(number) => number,
            None => self.spread(slots, usual_size(record)),
        };
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        slots.partitions().get(index).ok_or_else(|| match own {
            Some(number) => self.no_such_partition(slots, number),
            None => self.bad_place(slots, number),
        })
    }

    /// The partition for a record of this size that nothing places.
    #[inline]
    fn spread(&self, slots: &Slots, size: usize) -> i32 {
        let has_leader = |number: u32| slots.view().leader(number.cast_signed()).is_some();
        self.sticky.next(size, has_leader, || self.next_sticky(slots)).cast_signed()
    }

    fn next_sticky(&self, slots: &Slots) -> u32 {
        if self.shared.settings.spreading == Spreading::Uniform {
            return next_sticky(slots.view(), &[], None::<fn(u32) -> usize>);
        }
        let load = |number: u32| slots.all.get(number as usize).map_or(0, |partition| partition.load());
        next_sticky(slots.view(), &self.shared.stalls.stalled(Instant::now()), Some(load))
    }

    fn partitioning(&self) -> &Partitioning {
        &self.shared.settings.partitioning
    }

    fn no_such_partition(&self, slots: &Slots, number: i32) -> Error {
        let count = slots.leaders.len();
        let text = format!("topic \"{}\" has {count} partitions, and none with number {number}", self.name);
        Error::new(ErrorKind::Settings, text).with_topic(self.name.clone()).with_partition(number)
    }

    fn bad_place(&self, slots: &Slots, number: i32) -> Error {
        let count = slots.leaders.len();
        let text = format!(
            "the partitioner answers {number} for a record to topic \"{}\", which has {count} partitions, from 0",
            self.name
        );
        Error::new(ErrorKind::Settings, text).with_topic(self.name.clone())
    }
}
