//! Which partition of a topic a record goes to.

use super::attention::Attention;
use super::batch::usual_size;
use super::delivery::Delivery;
use super::partition::{Partition, Refused};
use super::partition_list::PartitionList;
use super::partitioner::{Partitions, Place, Spreading, Sticky, next_sticky};
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
    pub(super) partitions: PartitionList,
    pub(super) leaders: ArcSwap<Leaders>,
    pub(super) attention: Arc<Attention>,
    sticky: Sticky,
    /// Counts the records that were placed in turn.
    turn: AtomicU32,
    shared: Arc<Shared>,
}

/// Who leads the partitions of a topic.
#[derive(Debug, Default)]
pub(super) struct Leaders {
    pub(super) all: Vec<Option<i32>>,
    /// Those that have one.
    led: Vec<u32>,
}

impl Leaders {
    pub(super) fn new(all: Vec<Option<i32>>) -> Self {
        let led = (0..).zip(&all).filter(|(_, leader)| leader.is_some()).map(|(number, _)| number);
        Self { led: led.collect(), all }
    }

    fn view(&self) -> Partitions<'_> {
        Partitions::new(&self.all, &self.led)
    }
}

impl TopicState {
    pub(super) fn new(attention: Arc<Attention>, shared: Arc<Shared>) -> Self {
        Self {
            name: attention.topic.clone(),
            partitions: PartitionList::default(),
            leaders: ArcSwap::default(),
            attention,
            sticky: Sticky::new(shared.settings.full_size()),
            turn: AtomicU32::new(fastrand::u32(..)),
            shared,
        }
    }

    /// Encodes the record into the batch of its partition: `earlier`, if that was found before.
    #[inline]
    pub(super) fn append(
        &self,
        record: &Record<'_>,
        timestamp: i64,
        earlier: Option<i32>,
    ) -> std::result::Result<Delivery, Refused> {
        match self.choose(record, earlier) {
            Ok(partition) => partition.append(record, timestamp),
            Err(error) => Err(Refused::Never(error)),
        }
    }

    #[inline]
    fn choose(&self, record: &Record<'_>, earlier: Option<i32>) -> Result<&Arc<Partition>> {
        let own = record.chosen_partition();
        let (number, count) = match own {
            Some(number) => (number, self.partitions.count()),
            None => self.place(record, earlier),
        };
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        let partition = if index < count { self.partitions.get(index) } else { None };
        partition.ok_or_else(|| match own {
            Some(number) => self.no_such_partition(count, number),
            None => self.bad_place(count, number),
        })
    }

    /// The number of the partition for a record that does not name one, out of how many.
    #[inline]
    fn place(&self, record: &Record<'_>, earlier: Option<i32>) -> (i32, usize) {
        let (key, count) = (record.placing_bytes(), self.partitions.count());
        // Should the topic have been created anew meanwhile, with fewer partitions, another one is found.
        let known = |number: &i32| usize::try_from(*number).is_ok_and(|number| number < count);
        if let Some(number) = earlier.filter(known) {
            return (number, count);
        }
        match self.shared.settings.partitioning.by_key(key, count) {
            Place::At(number) => (number, count),
            Place::Anywhere => self.spread(record, count),
            Place::ByLeaders(rule) => {
                let leaders = self.leaders.load();
                let count = leaders.all.len();
                let place = rule.place(&self.name, key, leaders.view(), &self.turn);
                place.map_or_else(|| self.spread(record, count), |number| (number, count))
            }
        }
    }

    /// The partition for a record that nothing places, out of how many.
    #[inline]
    fn spread(&self, record: &Record<'_>, mut count: usize) -> (i32, usize) {
        let holds = count;
        let still_holds = |number: u32| {
            let partition = self.partitions.get(number as usize).filter(|_| (number as usize) < holds);
            partition.is_some_and(|partition| partition.has_leader())
        };
        let another = || {
            let leaders = self.leaders.load();
            count = leaders.all.len();
            self.next_sticky(&leaders)
        };
        let number = self.sticky.next(usual_size(record), still_holds, another);
        (number.cast_signed(), count)
    }

    fn next_sticky(&self, leaders: &Leaders) -> u32 {
        if self.shared.settings.spreading == Spreading::Uniform {
            return next_sticky(leaders.view(), &[], None::<fn(u32) -> usize>);
        }
        let load = |number: u32| self.partitions.get(number as usize).map_or(0, |partition| partition.load());
        next_sticky(leaders.view(), &self.shared.stalls.stalled(Instant::now()), Some(load))
    }

    #[cold]
    fn no_such_partition(&self, count: usize, number: i32) -> Error {
        let text = format!("topic \"{}\" has {count} partitions, and none with number {number}", self.name);
        Error::new(ErrorKind::Settings, text).with_topic(self.name.clone()).with_partition(number)
    }

    #[cold]
    fn bad_place(&self, count: usize, number: i32) -> Error {
        let text = format!(
            "the partitioner answers {number} for a record to topic \"{}\", which has {count} partitions, from 0",
            self.name
        );
        Error::new(ErrorKind::Settings, text).with_topic(self.name.clone())
    }
}
