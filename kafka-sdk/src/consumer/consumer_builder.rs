use super::acked::Acked;
use super::consumer::{Consumer, Place};
use super::consumer_control::nothing_to_read;
use super::fetching::Fetching;
use super::group::assignor::{AssignmentStrategy, Assignors};
use super::group::{self, Listener, Parts, RebalanceListener, Shell, Wish};
use super::item::Item;
use super::properties::CONSUMER;
use super::settings::{Commit, ConsumerSettings, GroupProtocol};
use super::start::{Ends, LookUps};
use crate::cluster::{self, Cluster};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Isolation, Message, Reset, Switch, TopicPartition};
use crate::settings::{Layers, Source};
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::time::Duration;

/// Settings for a [`Consumer`]; awaiting it builds one.
///
/// ```no_run
/// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
/// let some = kafka.consumer("billing").topics(["orders", "refunds"]).await?;
/// let all = kafka.consumer("audit").topics_matching("^orders-").await?;
/// let own = kafka.consumer("tool").assign([("orders", 0)]).await?;
/// # Ok(()) }
/// ```
#[must_use = "a builder does nothing until it is awaited"]
pub struct ConsumerBuilder<M: Item = Message> {
    cluster: Cluster,
    settings: Layers<ConsumerSettings>,
    wishes: Vec<Result<What>>,
    listener: Option<Listener>,
    commit: Option<Commit>,
    hands_out: PhantomData<fn() -> M>,
}

/// What is to be read.
enum What {
    Subscribed(Wish),
    Assigned(Vec<TopicPartition>),
}

impl ConsumerBuilder {
    pub(crate) fn new(cluster: Cluster, source: Source, group: &str) -> Self {
        let mut settings = Layers::new(&CONSUMER, source);
        let of_client = cluster.clone();
        settings.by_code(move |s: &mut ConsumerSettings| {
            let cluster::Settings { retry, rack, metadata_max_age, .. } = of_client.settings();
            let reading = &mut s.reading;
            (reading.retry, reading.rack, reading.replica_max_age) =
                (*retry, rack.clone(), *metadata_max_age);
        });
        if !group.is_empty() {
            let group = std::sync::Arc::<str>::from(group);
            settings.by_code(move |s: &mut ConsumerSettings| s.group = group.clone());
        }
        Self { cluster, settings, wishes: Vec::new(), listener: None, commit: None, hands_out: PhantomData }
    }

    /// Hands out messages that have to be acknowledged, each by itself and in any order: see [`Acked`]. What is
    /// acknowledged without a gap is committed every [`Commit::Delivered`]'s time.
    ///
    /// Of each partition [`max_unacked`](Self::max_unacked) may be out without that; then it waits.
    pub fn acked(self) -> ConsumerBuilder<Acked<Message>> {
        let Self { cluster, settings, wishes, listener, commit, .. } = self;
        ConsumerBuilder { cluster, settings, wishes, listener, commit, hands_out: PhantomData }
    }

    /// When offsets are committed without being asked to. Together with [`acked`](Self::acked) it is refused.
    ///
    /// By default it is [`Commit::Delivered`]. Default: 5 s. Java: `auto.commit.interval.ms`.
    pub fn commit(mut self, commit: Commit) -> Self {
        self.commit = Some(commit);
        self.settings.by_code(move |s| match commit {
            Commit::Delivered { every } => {
                (s.auto_commit, s.auto_commit_interval) = (Switch::On, every);
            }
            Commit::Manual => s.auto_commit = Switch::Off,
        });
        self
    }
}

impl<M: Item> ConsumerBuilder<M> {
    /// Subscribes to these topics, as a member of the group: they are shared with its other members. Topics that do not
    /// exist yet, and partitions that are added, are found within
    /// [`metadata_max_age`](crate::KafkaBuilder::metadata_max_age).
    pub fn topics<T: AsRef<str>>(mut self, topics: impl IntoIterator<Item = T>) -> Self {
        self.wishes.push(Wish::topics(topics).map(What::Subscribed));
        self
    }

    /// Subscribes to all topics whose name this regular expression (of the `regex` crate) matches anywhere: `^` and `$`
    /// for the whole. Kafka's own topics are left out. Looked at anew every
    /// [`metadata_max_age`](crate::KafkaBuilder::metadata_max_age).
    pub fn topics_matching(mut self, pattern: &str) -> Self {
        self.wishes.push(Wish::matching(pattern).map(What::Subscribed));
        self
    }

    /// Reads exactly these partitions, whoever else does. It is no member of the group, which only keeps its offsets: two
    /// that commit the same partition overwrite each other. Java: `assign`.
    pub fn assign<T: Into<TopicPartition>>(mut self, partitions: impl IntoIterator<Item = T>) -> Self {
        let partitions = partitions.into_iter().map(Into::into).collect();
        self.wishes.push(Ok(What::Assigned(partitions)));
        self
    }

    /// Hears of partitions that come and go.
    pub fn on_rebalance(mut self, listener: impl RebalanceListener) -> Self {
        self.listener = Some(Listener::new(listener));
        self
    }

    /// By which rule partitions are distributed in a group of the classic protocol, the best one first; all members need
    /// one in common.
    ///
    /// Default: range, then cooperative-sticky. Java: `partition.assignment.strategy`.
    pub fn assignors<A: Into<AssignmentStrategy>>(mut self, assignors: impl IntoIterator<Item = A>) -> Self {
        let assignors: Vec<AssignmentStrategy> = assignors.into_iter().map(Into::into).collect();
        self.settings.by_code(move |s| s.assignors.clone_from(&assignors));
        self
    }

    /// Makes it a static member (KIP-345): it keeps its partitions while it is away for less than the session timeout, and
    /// does not leave when it is closed. No two consumers of a group may have the same.
    ///
    /// Default: none. Java: `group.instance.id`.
    pub fn instance_id(mut self, id: impl Into<String>) -> Self {
        let id: std::sync::Arc<str> = id.into().into();
        self.settings.by_code(move |s| s.instance_id = id.clone());
        self
    }

    /// Which protocol the group speaks. In this version [`GroupProtocol::Consumer`] is refused, and
    /// [`GroupProtocol::Auto`] is the classic one.
    ///
    /// Default: [`GroupProtocol::Classic`]. Java: `group.protocol`.
    pub fn group_protocol(mut self, protocol: GroupProtocol) -> Self {
        self.settings.by_code(move |s| s.protocol = protocol);
        self
    }

    /// After how long without a heartbeat the coordinator gives this member's partitions to others.
    ///
    /// From 1 ms to 24 hours, and between the brokers' `group.min.session.timeout.ms` and `group.max.session.timeout.ms`.
    /// Default: 45 s. Java: `session.timeout.ms`.
    pub fn session_timeout(mut self, timeout: Duration) -> Self {
        self.settings.by_code(move |s| s.session_timeout = timeout);
        self
    }

    /// How often the coordinator is told that this member is there, and how soon it hears of a rebalance.
    ///
    /// From 1 ms to 24 hours, less than the session timeout. Default: 3 s. Java: `heartbeat.interval.ms`.
    pub fn heartbeat_interval(mut self, interval: Duration) -> Self {
        self.settings.by_code(move |s| s.heartbeat_interval = interval);
        self
    }

    /// How long the application may take until it asks for the next record: after that it is taken for dead, and its
    /// partitions go to others until it asks again. Also how long a rebalance waits for each member.
    ///
    /// From 1 ms to 24 hours. Default: 300 s. Java: `max.poll.interval.ms`.
    pub fn max_poll_interval(mut self, interval: Duration) -> Self {
        self.settings.by_code(move |s| s.max_poll_interval = interval);
        self
    }

    /// How many records of a partition may be out without being acknowledged, of an acked consumer; then the partition
    /// waits until half of them are.
    ///
    /// From 1 to 1,073,741,824. Default: 10,000.
    pub fn max_unacked(mut self, count: usize) -> Self {
        self.settings.by_code(move |s| s.max_unacked = count);
        self
    }

    /// Where to begin a partition of which the group has committed no offset, and where to go on when it no longer has the
    /// position: see [`ReaderBuilder::offset_reset`](super::ReaderBuilder::offset_reset).
    ///
    /// A partition that is added to a topic after this consumer has subscribed to it begins at its first record all the
    /// same, unless this is [`Reset::Fail`]: what is written to it before it is noticed would be lost.
    ///
    /// Default: [`Reset::Latest`]. Java: `auto.offset.reset`.
    pub fn offset_reset(mut self, reset: Reset) -> Self {
        self.settings.by_code(move |s| s.reading.offset_reset = reset);
        self
    }

    /// See [`ReaderBuilder::isolation`](super::ReaderBuilder::isolation).
    ///
    /// Default: [`Isolation::ReadUncommitted`]. Java: `isolation.level`.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.settings.by_code(move |s| s.reading.isolation = isolation);
        self
    }

    /// See [`ReaderBuilder::crc_checks`](super::ReaderBuilder::crc_checks).
    ///
    /// Default: [`Switch::On`]. Java: `check.crcs`.
    pub fn crc_checks(mut self, checks: Switch) -> Self {
        self.settings.by_code(move |s| s.reading.crc_checks = checks);
        self
    }

    /// See [`ReaderBuilder::fetch_max_wait`](super::ReaderBuilder::fetch_max_wait).
    ///
    /// From 0 to 10 minutes. Default: 500 ms. Java: `fetch.max.wait.ms`.
    pub fn fetch_max_wait(mut self, wait: Duration) -> Self {
        self.settings.by_code(move |s| s.reading.fetch_max_wait = wait);
        self
    }

    /// See [`ReaderBuilder::fetch_min_bytes`](super::ReaderBuilder::fetch_min_bytes).
    ///
    /// From 0 to 104,857,600. Default: 1. Java: `fetch.min.bytes`.
    pub fn fetch_min_bytes(mut self, bytes: usize) -> Self {
        self.settings.by_code(move |s| s.reading.fetch_min_bytes = bytes);
        self
    }

    /// See [`ReaderBuilder::fetch_max_bytes`](super::ReaderBuilder::fetch_max_bytes).
    ///
    /// From 1 to 104,857,600. Default: 52,428,800. Java: `fetch.max.bytes`.
    pub fn fetch_max_bytes(mut self, bytes: usize) -> Self {
        self.settings.by_code(move |s| s.reading.fetch_max_bytes = bytes);
        self
    }

    /// See [`ReaderBuilder::partition_max_bytes`](super::ReaderBuilder::partition_max_bytes).
    ///
    /// From 1 to 104,857,600. Default: 1,048,576. Java: `max.partition.fetch.bytes`.
    pub fn partition_max_bytes(mut self, bytes: usize) -> Self {
        self.settings.by_code(move |s| s.reading.partition_max_bytes = bytes);
        self
    }

    /// See [`ReaderBuilder::fetch_buffer`](super::ReaderBuilder::fetch_buffer).
    ///
    /// At least [`partition_max_bytes`](Self::partition_max_bytes). Default: 33,554,432. librdkafka:
    /// `queued.max.messages.kbytes`.
    pub fn fetch_buffer(mut self, bytes: usize) -> Self {
        self.settings.by_code(move |s| s.reading.fetch_buffer = bytes);
        self
    }

    /// Sets what has this name in Java or librdkafka: see [`ReaderBuilder::set`](super::ReaderBuilder::set).
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.by_name(name, value);
        self
    }

    /// Warns of names that are none of a setting, instead of refusing them.
    pub fn allow_unknown(mut self) -> Self {
        self.settings.allow_unknown();
        self
    }

    /// The consumer's settings by their names, with the values that count.
    ///
    /// # Errors
    /// Those of [`Self::build`] that are about one setting.
    pub fn effective_config(&self) -> Result<BTreeMap<&'static str, String>> {
        self.settings.effective()
    }

    /// Begins to join the group, and waits for nothing; with [`assign`](Self::assign), until the places to begin are
    /// known. What goes wrong after that, [`Consumer::next`] says.
    ///
    /// # Errors
    /// Kind [`Settings`](ErrorKind::Settings): no group, nothing to read or more than one of `topics`, `topics_matching` and
    /// `assign`, a name or a pattern that is none, a setting out of range, settings that contradict each other.
    ///
    /// # Cancel safety
    /// Dropping the future builds nothing.
    pub async fn build(self) -> Result<Consumer<M>> {
        let settings = self.settings.build()?;
        settings.check()?;
        if settings.protocol == GroupProtocol::Consumer {
            let text = "groups of the consumer protocol (KIP-848) are not in this version: set group.protocol to classic";
            return Err(Error::new(ErrorKind::Unsupported, text));
        }
        let contradiction = |text| Err(Error::new(ErrorKind::Settings, text));
        if M::IS_ACKED && self.commit.is_some() {
            return contradiction("acked() says what is committed: leave out commit(..)");
        }
        let [what] = <[_; 1]>::try_from(self.wishes).map_err(|_| nothing_to_read())?;
        let what = what?;
        let alone = matches!(what, What::Assigned(_));
        if alone && (self.listener.is_some() || !settings.instance_id.is_empty()) {
            return contradiction(
                "with assign(..) there is no membership: leave out on_rebalance(..) and instance_id(..)",
            );
        }
        let (wish, manner) = match what {
            What::Subscribed(Wish::Topics(names)) if names.is_empty() => return Err(nothing_to_read()),
            What::Subscribed(wish) => {
                (wish, group::Manner::Classic { heartbeat_interval: settings.heartbeat_interval })
            }
            What::Assigned(partitions) if partitions.is_empty() => return Err(nothing_to_read()),
            What::Assigned(partitions) => (Wish::topics::<&str>([])?, group::Manner::Alone(partitions)),
        };
        let look_ups = LookUps { cluster: self.cluster, isolation: settings.reading.isolation };
        let fetching = Fetching::start(&look_ups.cluster, &settings.reading, Ends::Never);
        let parts = Parts {
            look_ups,
            assignment: fetching.assignment.clone(),
            wish,
            assignors: Assignors::new(settings.assignors.clone())?,
            listener: self.listener.unwrap_or_default(),
        };
        let (shell, ended) = Shell::start(parts, &settings, manner);
        let place = Place::new(shell, ended);
        if alone {
            place.shell.taken().await;
        }
        Ok(Consumer::new(fetching, place, settings.max_unacked))
    }
}

impl<M: Item> IntoFuture for ConsumerBuilder<M> {
    type Output = Result<Consumer<M>>;
    type IntoFuture = BoxFuture<'static, Result<Consumer<M>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.build())
    }
}

impl<M: Item> std::fmt::Debug for ConsumerBuilder<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsumerBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}
