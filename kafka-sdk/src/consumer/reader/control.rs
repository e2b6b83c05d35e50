//! The handle to a reader for other tasks: what is read, and from where.

use crate::consumer::assignment::Assignment;
use crate::consumer::start::{LookUps, Wanted, check};
use crate::error::Result;
use crate::model::{Offset, Offsets, TopicPartition, Watermarks};
use std::sync::Arc;

/// Everything but receiving: what a reader reads, from where, and how far it has come. A cheap clone, for other tasks.
///
/// What is changed here holds for what is handed out from then on, however much has been fetched ahead.
///
/// ```no_run
/// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
/// use kafka_sdk::Offset;
/// let mut reader = kafka.reader().topic("orders", Offset::Latest).await?;
/// let control = reader.control();
/// tokio::spawn(async move {
///     tokio::time::sleep(std::time::Duration::from_secs(60)).await;
///     control.stop();
/// });
/// while let Some(message) = reader.next().await {
///     println!("{:?}", message?);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Control {
    look_ups: LookUps,
    assignment: Arc<Assignment>,
}

impl Control {
    pub(in super::super) fn new(look_ups: LookUps, assignment: Arc<Assignment>) -> Self {
        Self { look_ups, assignment }
    }

    /// Has reading of a partition go on from another place: no record from before comes after this has returned. A
    /// partition that is paused stays so.
    ///
    /// Only a fetch that is on its way is waited for, for up to
    /// [`fetch_max_wait`](crate::consumer::ReaderBuilder::fetch_max_wait).
    ///
    /// # Errors
    /// Kind [`State`](crate::ErrorKind::State): the partition is not assigned. Kind
    /// [`Settings`](crate::ErrorKind::Settings): a negative offset, or a time before 1970. Kind
    /// [`Closed`](crate::ErrorKind::Closed): the reader has ended. Where a place has to be looked up also those of
    /// [`ReaderBuilder::build`](crate::consumer::ReaderBuilder::build). An offset that the partition does not have is the reader's
    /// trouble, not this call's.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the partition where it was. For an offset there is nothing to look up, and nothing to
    /// wait for.
    pub async fn seek(&self, partition: impl Into<TopicPartition>, to: impl Into<Offset>) -> Result<()> {
        let (partition, to) = (partition.into(), to.into());
        let slot = self.assignment.slot(&partition)?;
        check(to)?;
        self.assignment.seek(&slot, self.look_ups.position(&partition, to).await?)
    }

    /// Hands nothing out of these partitions until they are resumed. What has been fetched of them is kept, up to half
    /// of [`fetch_buffer`](crate::consumer::ReaderBuilder::fetch_buffer) as long as others are read.
    ///
    /// # Errors
    /// Kind [`State`](crate::ErrorKind::State): a partition is not assigned; then none is paused. Kind
    /// [`Closed`](crate::ErrorKind::Closed): the reader has ended.
    pub fn pause<T: Into<TopicPartition>>(&self, partitions: impl IntoIterator<Item = T>) -> Result<()> {
        self.assignment.pause(&all(partitions))
    }

    /// Goes on where these partitions were paused; one that is not paused goes on as it is.
    ///
    /// # Errors
    /// As [`Self::pause`].
    pub fn resume<T: Into<TopicPartition>>(&self, partitions: impl IntoIterator<Item = T>) -> Result<()> {
        self.assignment.resume(&all(partitions))
    }

    /// Reads these partitions as well, all or, where there is an error, none of them. Under
    /// [`stop_at_end`](crate::consumer::ReaderBuilder::stop_at_end), each ends where its end is now.
    ///
    /// # Errors
    /// Kind [`State`](crate::ErrorKind::State): a partition is assigned already. Kind
    /// [`Closed`](crate::ErrorKind::Closed): the reader has ended. Otherwise those of
    /// [`ReaderBuilder::build`](crate::consumer::ReaderBuilder::build).
    ///
    /// # Cancel safety
    /// Dropping the future assigns nothing.
    pub async fn assign<T: Into<TopicPartition>, O: Into<Offset>>(
        &self,
        partitions: impl IntoIterator<Item = (T, O)>,
    ) -> Result<()> {
        let partitions = partitions.into_iter().map(|(partition, from)| (partition.into(), from.into()));
        let wanted = Wanted { partitions: partitions.collect(), ..Wanted::default() };
        self.assignment.add(self.look_ups.starts(&wanted, self.assignment.ends()).await?)
    }

    /// Reads all partitions of the topic that are not read yet; those that are go on as they are. A reader does not follow
    /// partitions that are added to a topic: this is the way to take them in.
    ///
    /// # Errors
    /// As [`Self::assign`].
    ///
    /// # Cancel safety
    /// Dropping the future assigns nothing.
    pub async fn assign_topic(&self, name: impl Into<String>, from: impl Into<Offset>) -> Result<()> {
        let wanted = Wanted { topics: vec![(name.into(), from.into())], ..Wanted::default() };
        let mut starts = self.look_ups.starts(&wanted, self.assignment.ends()).await?;
        starts.retain(|start| self.assignment.slot(&start.partition).is_err());
        self.assignment.add(starts)
    }

    /// Reads these partitions no longer: no record of them comes after this has returned. With no partition left, a reader
    /// waits for [`assign`](Self::assign); under [`stop_at_end`](crate::consumer::ReaderBuilder::stop_at_end) it ends.
    ///
    /// # Errors
    /// Kind [`State`](crate::ErrorKind::State): a partition is not assigned; then all stay. Kind
    /// [`Closed`](crate::ErrorKind::Closed): the reader has ended.
    pub fn unassign<T: Into<TopicPartition>>(&self, partitions: impl IntoIterator<Item = T>) -> Result<()> {
        self.assignment.remove(&all(partitions))
    }

    /// What is read, paused or not.
    #[must_use]
    pub fn assignment(&self) -> Vec<TopicPartition> {
        self.assignment.slots().iter().map(|slot| slot.topic_partition()).collect()
    }

    /// What is paused.
    #[must_use]
    pub fn paused(&self) -> Vec<TopicPartition> {
        let slots = self.assignment.slots().into_iter();
        slots.filter(|slot| slot.is_paused()).map(|slot| slot.topic_partition()).collect()
    }

    /// Where a reader would have to begin to go on after this one:
    /// `kafka.reader().assign(control.positions()).await`. Also when the reader has ended.
    ///
    /// For each partition the offset after the last message that was handed out, or where reading began. Markers,
    /// compacted records and the rest of a fetched batch that was not handed out do not count until they are passed.
    #[must_use]
    pub fn positions(&self) -> Offsets {
        let slots = self.assignment.slots().into_iter();
        slots.map(|slot| (slot.topic_partition(), slot.position())).collect()
    }

    /// Where a partition begins and ends, as its leader has told last; none before the first answer to a fetch, and for a
    /// partition that is not assigned. [`Kafka::offsets`](crate::Kafka::offsets) asks for the present ones.
    #[must_use]
    pub fn watermarks(&self, partition: impl Into<TopicPartition>) -> Option<Watermarks> {
        self.assignment.slot(&partition.into()).ok()?.watermarks()
    }

    /// How many offsets the partition's end is ahead of what was handed out: the high watermark or, for who reads committed,
    /// the last stable offset. None where there are no [`watermarks`](Self::watermarks). Compacted records and the markers of transactions count.
    #[must_use]
    pub fn lag_of(&self, partition: impl Into<TopicPartition>) -> Option<u64> {
        self.assignment.slot(&partition.into()).ok()?.lag(self.look_ups.isolation)
    }

    /// The sum of [`lag_of`](Self::lag_of) over all partitions; none until all of them have one.
    #[must_use]
    pub fn lag(&self) -> Option<u64> {
        sum(self.assignment.slots().iter().map(|slot| slot.lag(self.look_ups.isolation)))
    }

    /// Ends the reader after what was handed out: [`next`](crate::consumer::Reader::next) gives none, also where it waits. What was
    /// fetched ahead is not handed out; [`positions`](Self::positions) stay.
    pub fn stop(&self) {
        self.assignment.stop();
    }
}

/// What brokers say may be anything: it stops at the greatest number.
pub(in super::super) fn sum(mut lags: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    lags.try_fold(0u64, |sum, lag| Some(sum.saturating_add(lag?)))
}

pub(in super::super) fn all<T: Into<TopicPartition>>(
    partitions: impl IntoIterator<Item = T>,
) -> Vec<TopicPartition> {
    partitions.into_iter().map(Into::into).collect()
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control").field("positions", &self.positions()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_of_lags_stops_at_the_greatest_and_there_is_none_while_one_is_not_known() {
        let lag = u64::try_from(i64::MAX).unwrap();
        assert_eq!(sum([Some(lag), Some(lag), Some(lag)].into_iter()), Some(u64::MAX));
        assert_eq!(sum([Some(1), Some(2)].into_iter()), Some(3));
        assert_eq!(sum([Some(1), None].into_iter()), None);
    }
}
