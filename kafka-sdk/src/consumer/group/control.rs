//! The handle to a consumer for other tasks: it commits, which a reader cannot.

use crate::consumer::assignment::slot::Slot;
use crate::consumer::group::{Leaving, Origin, Shell, ToCommit, Wish, committing};
use crate::consumer::reader::control::{all, sum};
use crate::consumer::settings::GroupProtocol;
use crate::consumer::start::check;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{CommittedOffset, Offset, Offsets, TopicName, TopicPartition, Watermarks};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything but receiving: commits, where a consumer stands, and what it reads. A cheap clone, for other tasks and for
/// rebalance listeners.
///
/// ```no_run
/// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
/// use kafka_sdk::consumer::Commit;
/// let mut consumer = kafka.consumer("billing").topics(["orders"]).commit(Commit::Manual).await?;
/// let control = consumer.control();
/// let mut read = 0;
/// while let Some(message) = consumer.next().await {
///     println!("{:?}", message?.value());
///     read += 1;
///     if read % 100 == 0 {
///         control.commit().await?;
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ConsumerControl {
    shell: Arc<Shell>,
}

/// As whom a consumer is in its group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupMetadata {
    /// The group.
    pub group: String,
    /// By which protocol it is a member: [`GroupProtocol::Classic`] or [`GroupProtocol::Consumer`], whichever
    /// [`GroupProtocol::Auto`] has found.
    pub protocol: GroupProtocol,
    /// The member, as the coordinator knows it.
    pub member_id: String,
    /// The generation; under KIP-848 the member's epoch.
    pub generation: i32,
    /// Of a static member.
    pub instance_id: Option<String>,
}

impl ConsumerControl {
    pub(in super::super) fn new(shell: Arc<Shell>) -> Self {
        Self { shell }
    }

    /// Commits everything that was handed out so far, whether or not the next record has been asked for; on an acked
    /// consumer what is acknowledged without a gap. Waits until the coordinator has it, behind all commits from before.
    ///
    /// What a broker refuses for now, as during a rebalance, is sent again, for up to
    /// [`api_timeout`](crate::KafkaBuilder::api_timeout); but never once the group has thrown this member out.
    ///
    /// # Errors
    /// Kind [`State`](crate::ErrorKind::State): this is no member at present, or has not joined yet; or it had to give a partition
    /// up after this was called and before the coordinator had the commit, and its place there is not committed. The error
    /// names the first such partition; the others are committed all the same, and what is read from now on can be. Kind
    /// [`Broker`](crate::ErrorKind::Broker) with `UNKNOWN_MEMBER_ID` or `FENCED_INSTANCE_ID`: the group has thrown it out. Kind
    /// [`Authorize`](crate::ErrorKind::Authorize); kind [`Closed`](crate::ErrorKind::Closed): the consumer has ended.
    ///
    /// # Cancel safety
    /// Dropping the future does not stop the commit.
    pub async fn commit(&self) -> Result<()> {
        // One who has been thrown out has no partitions any more: there is something to be told all the same.
        self.shell.check_member()?;
        let offsets = committing(&self.shell.assignment.seen(), Slot::cover);
        self.shell.commit(offsets).await
    }

    /// Commits these offsets: for each partition the next one to read, with whatever is to be kept with it. The partitions
    /// need not be assigned.
    ///
    /// # Errors
    /// Kind [`Settings`](crate::ErrorKind::Settings): a negative offset. Otherwise those of [`Self::commit`].
    ///
    /// # Cancel safety
    /// Dropping the future does not stop the commit.
    pub async fn commit_offsets<T: Into<TopicPartition>, O: Into<CommittedOffset>>(
        &self,
        offsets: impl IntoIterator<Item = (T, O)>,
    ) -> Result<()> {
        let origin = Origin::Given { expulsions: self.shell.expulsions() };
        let to_commit =
            |(partition, offset): (T, O)| (partition.into(), ToCommit { committed: offset.into(), origin });
        let offsets: BTreeMap<_, _> = offsets.into_iter().map(to_commit).collect();
        offsets.values().try_for_each(|to_commit| check(Offset::At(to_commit.committed.offset)))?;
        offsets.keys().try_for_each(check_partition)?;
        self.shell.commit(offsets).await
    }

    /// What the group has committed of these partitions; none where it has nothing. Offsets that an open transaction is
    /// about to change are waited for (KIP-447).
    ///
    /// # Errors
    /// Kind [`Authorize`](crate::ErrorKind::Authorize), and no answer within [`api_timeout`](crate::KafkaBuilder::api_timeout).
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn committed<T: Into<TopicPartition>>(
        &self,
        partitions: impl IntoIterator<Item = T>,
    ) -> Result<BTreeMap<TopicPartition, Option<CommittedOffset>>> {
        let cluster = &self.shell.cluster;
        self.shell.committed(&all(partitions), cluster.attempts(cluster.settings().api_timeout)).await
    }

    /// Has reading of a partition go on from another place: see [`Control::seek`](crate::consumer::Control::seek). What was handed
    /// out before needs no acknowledgement any more.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn seek(&self, partition: impl Into<TopicPartition>, to: impl Into<Offset>) -> Result<()> {
        let (partition, to) = (partition.into(), to.into());
        let slot = self.shell.assignment.slot(&partition)?;
        check(to)?;
        self.shell.assignment.seek(&slot, self.shell.look_ups.position(&partition, to).await?)
    }

    /// Hands nothing out of these partitions until they are resumed, or given up.
    ///
    /// # Errors
    /// Kind [`State`](crate::ErrorKind::State): a partition is not assigned; then none is paused. Kind
    /// [`Closed`](crate::ErrorKind::Closed): the consumer has ended.
    pub fn pause<T: Into<TopicPartition>>(&self, partitions: impl IntoIterator<Item = T>) -> Result<()> {
        self.shell.assignment.pause(&all(partitions))
    }

    /// Goes on where these partitions were paused.
    ///
    /// # Errors
    /// As [`Self::pause`].
    pub fn resume<T: Into<TopicPartition>>(&self, partitions: impl IntoIterator<Item = T>) -> Result<()> {
        self.shell.assignment.resume(&all(partitions))
    }

    /// Subscribes to these topics, and no others from now on; the group distributes anew.
    ///
    /// # Errors
    /// Kind [`Settings`](crate::ErrorKind::Settings): a name that is not legal. Kind [`State`](crate::ErrorKind::State): this consumer
    /// reads partitions that it was given with [`assign`](crate::consumer::ConsumerBuilder::assign), and is no member. Kind
    /// [`Closed`](crate::ErrorKind::Closed): it has ended.
    pub fn subscribe<T: AsRef<str>>(&self, topics: impl IntoIterator<Item = T>) -> Result<()> {
        self.change(Wish::topics(topics)?)
    }

    /// As [`Self::subscribe`], to all topics whose name the pattern matches: see
    /// [`topics_matching`](crate::consumer::ConsumerBuilder::topics_matching).
    ///
    /// # Errors
    /// Kind [`Settings`](crate::ErrorKind::Settings): it is no regular expression. Kind [`State`](crate::ErrorKind::State) and
    /// [`Closed`](crate::ErrorKind::Closed): as there.
    pub fn subscribe_matching(&self, pattern: &str) -> Result<()> {
        self.change(Wish::matching(pattern)?)
    }

    fn change(&self, wish: Wish) -> Result<()> {
        self.shell.check_subscribes()?;
        self.shell.assignment.check_open()?;
        self.shell.subscribed.change(wish);
        Ok(())
    }

    fn slots(&self) -> Vec<Arc<Slot>> {
        self.shell.assignment.seen()
    }

    /// The partitions that are this consumer's at present, paused or not.
    #[must_use]
    pub fn assignment(&self) -> Vec<TopicPartition> {
        self.slots().iter().map(|slot| slot.topic_partition()).collect()
    }

    /// What is paused.
    #[must_use]
    pub fn paused(&self) -> Vec<TopicPartition> {
        self.slots().iter().filter(|slot| slot.is_paused()).map(|slot| slot.topic_partition()).collect()
    }

    /// For each partition the offset after the last message that was handed out, or where reading began. One of which it
    /// is not known yet where to begin is left out: it has no leader at the moment, or an open transaction is about to
    /// commit an offset of it.
    #[must_use]
    pub fn positions(&self) -> Offsets {
        self.places(Slot::position)
    }

    /// For each partition the offset after the last message that is processed: what is committed next. Those that
    /// [`Self::positions`] leaves out are left out.
    #[must_use]
    pub fn processed(&self) -> Offsets {
        self.places(|slot| slot.processed().offset)
    }

    fn places(&self, place: impl Fn(&Slot) -> i64) -> Offsets {
        let slots = self.slots();
        let placed = slots.iter().filter(|slot| !slot.is_unplaced());
        placed.map(|slot| (slot.topic_partition(), place(slot))).collect()
    }

    /// See [`Control::watermarks`](crate::consumer::Control::watermarks).
    #[must_use]
    pub fn watermarks(&self, partition: impl Into<TopicPartition>) -> Option<Watermarks> {
        self.shell.assignment.slot(&partition.into()).ok()?.watermarks()
    }

    /// See [`Control::lag_of`](crate::consumer::Control::lag_of).
    #[must_use]
    pub fn lag_of(&self, partition: impl Into<TopicPartition>) -> Option<u64> {
        self.shell.assignment.slot(&partition.into()).ok()?.lag(self.shell.look_ups.isolation)
    }

    /// The sum of [`lag_of`](Self::lag_of) over all partitions; none until all of them have one.
    #[must_use]
    pub fn lag(&self) -> Option<u64> {
        sum(self.slots().iter().map(|slot| slot.lag(self.shell.look_ups.isolation)))
    }

    /// As whom this is in the group; none while it is no member.
    #[must_use]
    pub fn group_metadata(&self) -> Option<GroupMetadata> {
        let (identity, protocol) = self.shell.identity()?;
        Some(GroupMetadata {
            group: self.shell.group.as_ref().to_owned(),
            protocol,
            member_id: identity.member_id.as_ref().to_owned(),
            generation: identity.epoch,
            instance_id: identity.instance_id.map(|id| id.as_ref().to_owned()),
        })
    }

    /// How many acknowledgements came after their partition had been given up, and did not count.
    #[must_use]
    pub fn late_acks(&self) -> u64 {
        self.shell.assignment.news().late_acks()
    }

    /// Says how the group is parted from when the consumer ends, however that comes: it is closed, dropped, or at the end of
    /// [`run`](crate::consumer::Consumer::run). What was said last counts; before, it is [`Leaving::Default`].
    ///
    /// ```no_run
    /// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
    /// use kafka_sdk::consumer::Leaving;
    /// let consumer = kafka.consumer("billing").topics(["orders"]).instance_id("host-7").await?;
    /// // This host will not come back: the others are not to wait for it.
    /// consumer.control().on_close(Leaving::Leave);
    /// consumer.close().await
    /// # }
    /// ```
    ///
    /// Java: `CloseOptions.groupMembershipOperation` (KIP-1092).
    pub fn on_close(&self, leaving: Leaving) {
        self.shell.on_close(leaving);
    }

    /// Ends the consumer after what was handed out: [`next`](crate::consumer::Consumer::next) gives none, also where it waits. It
    /// stays in the group until it is closed or dropped.
    pub fn stop(&self) {
        self.shell.assignment.stop();
    }
}

/// # Errors
/// Kind [`ErrorKind::Settings`]: there can be no such partition.
fn check_partition(partition: &TopicPartition) -> Result<()> {
    TopicName::try_from(partition.topic())?;
    if partition.partition() >= 0 {
        return Ok(());
    }
    let error =
        Error::new(ErrorKind::Settings, format!("there is no partition {partition}: the first one is 0"));
    Err(error.with_topic(partition.shared_topic().clone()).with_partition(partition.partition()))
}

impl std::fmt::Debug for ConsumerControl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsumerControl")
            .field("group", &self.shell.group)
            .field("positions", &self.positions())
            .finish_non_exhaustive()
    }
}
