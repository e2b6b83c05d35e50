//! Settings and subscription of a consumer, and what of them contradicts each other.

use crate::cluster::{self, Cluster};
use crate::consumer::feed::acked::Acked;
use crate::consumer::feed::item::{Decoder, Item, Raw};
use crate::consumer::fetch::fetching::Fetching;
use crate::consumer::group::assignor::{AssignmentStrategy, Assignors};
use crate::consumer::group::{self, Listener, Parts, RebalanceListener, Shell, Wish};
use crate::consumer::member::wishes::{What, the_only_one};
use crate::consumer::member::{Consumer, Place};
use crate::consumer::properties::CONSUMER;
use crate::consumer::settings::{Commit, ConsumerSettings, GroupProtocol};
use crate::consumer::start::{Ends, LookUps};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Isolation, Message, Reset, Switch, TopicPartition};
use crate::settings::{Layers, Source};
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::future::IntoFuture;
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
    decoder: M::Decoder,
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
        Self { cluster, settings, wishes: Vec::new(), listener: None, commit: None, decoder: () }
    }

    /// Hands out messages that have to be acknowledged, each by itself and in any order: see [`Acked`]. Only these have
    /// [`ack`](Acked::ack), and only such a consumer has [`run`](Consumer::run). What is
    /// acknowledged without a gap is committed every `auto.commit.interval.ms` (5 s), and nothing by itself where
    /// `enable.auto.commit` is `false`: see [`set`](Self::set).
    ///
    /// Of each partition [`max_unacked`](Self::max_unacked) may be out without that; then it waits.
    pub fn acked(self) -> ConsumerBuilder<Acked<Message>> {
        self.handing_out(())
    }
}

impl<M: Item> ConsumerBuilder<M> {
    /// The same, to hand out something else.
    pub(crate) fn handing_out<N: Item>(self, decoder: N::Decoder) -> ConsumerBuilder<N> {
        let Self { cluster, settings, wishes, listener, commit, .. } = self;
        ConsumerBuilder { cluster, settings, wishes, listener, commit, decoder }
    }

    /// When offsets are committed without being asked to. Together with `acked` it is refused: the settings
    /// of Java's names say it there.
    ///
    /// With [`Commit::Manual`] nothing is committed by itself, as with `enable.auto.commit` set to `false`.
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

    pub(crate) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    pub(crate) fn source(&self) -> &Source {
        self.settings.source()
    }

    pub(crate) fn decoder(&self) -> &M::Decoder {
        &self.decoder
    }

    pub(crate) fn decoder_mut(&mut self) -> &mut M::Decoder {
        &mut self.decoder
    }

    /// Subscribes to these topics, as a member of the group: they are shared with its other members. Topics that do not
    /// exist yet are found within a second or so, and partitions that are added within
    /// [`metadata_max_age`](crate::KafkaBuilder::metadata_max_age).
    pub fn topics<T: AsRef<str>>(mut self, topics: impl IntoIterator<Item = T>) -> Self {
        self.wishes.push(Wish::topics(topics).map(What::Subscribed));
        self
    }

    /// Subscribes to all topics whose name this regular expression (of the `regex` crate) matches anywhere: `^` and `$`
    /// for the whole. Kafka's own topics are left out. Looked at anew every
    /// [`metadata_max_age`](crate::KafkaBuilder::metadata_max_age); under the consumer protocol the brokers look, within
    /// seconds of a change, unless the pattern has something that their RE2/J does not have or means otherwise.
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

    /// Which protocol this member speaks to its group's coordinator. Members of both can be in one group while it changes
    /// over, if the brokers allow that (`group.consumer.migration.policy`).
    ///
    /// Default: [`GroupProtocol::Classic`]. Java: `group.protocol`.
    pub fn group_protocol(mut self, protocol: GroupProtocol) -> Self {
        self.settings.by_code(move |s| s.protocol = protocol);
        self
    }

    /// How the brokers distribute partitions in a group of the consumer protocol (KIP-848): `uniform` or `range`, or what
    /// else they have (`group.consumer.assignors`). The one that most members ask for counts.
    ///
    /// Default: none, the first one that the brokers have. Java: `group.remote.assignor`.
    pub fn remote_assignor(mut self, name: impl Into<String>) -> Self {
        let name: std::sync::Arc<str> = name.into().into();
        self.settings.by_code(move |s| s.remote_assignor = name.clone());
        self
    }

    /// After how long without a heartbeat the coordinator gives this member's partitions to others. Under the consumer
    /// protocol that is the brokers' affair (`group.consumer.session.timeout.ms`, 45 s unless set), which they do not tell:
    /// this is what is assumed then, after which nothing is handed out until the coordinator has answered. Set it to no
    /// more than what the brokers have.
    ///
    /// From 1 ms to 24 hours, and between the brokers' `group.min.session.timeout.ms` and `group.max.session.timeout.ms`.
    /// Default: 45 s. Java: `session.timeout.ms`.
    pub fn session_timeout(mut self, timeout: Duration) -> Self {
        self.settings.by_code(move |s| s.session_timeout = timeout);
        self
    }

    /// How often the coordinator is told that this member is there, and how soon it hears of a rebalance. Under the
    /// consumer protocol the brokers say how often (`group.consumer.heartbeat.interval.ms`).
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
    /// position: see [`ReaderBuilder::offset_reset`](crate::consumer::ReaderBuilder::offset_reset).
    ///
    /// A partition that is added to a topic after this consumer has subscribed to it begins at its first record all the
    /// same, unless this is [`Reset::Fail`]: what is written to it before it is noticed would be lost.
    ///
    /// Default: [`Reset::Latest`]. Java: `auto.offset.reset`.
    pub fn offset_reset(mut self, reset: Reset) -> Self {
        self.settings.by_code(move |s| s.reading.offset_reset = reset);
        self
    }

    /// See [`ReaderBuilder::isolation`](crate::consumer::ReaderBuilder::isolation).
    ///
    /// Default: [`Isolation::ReadUncommitted`]. Java: `isolation.level`.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.settings.by_code(move |s| s.reading.isolation = isolation);
        self
    }

    /// See [`ReaderBuilder::crc_checks`](crate::consumer::ReaderBuilder::crc_checks).
    ///
    /// Default: [`Switch::On`]. Java: `check.crcs`.
    pub fn crc_checks(mut self, checks: Switch) -> Self {
        self.settings.by_code(move |s| s.reading.crc_checks = checks);
        self
    }

    /// See [`ReaderBuilder::fetch_max_wait`](crate::consumer::ReaderBuilder::fetch_max_wait).
    ///
    /// From 0 to 10 minutes. Default: 500 ms. Java: `fetch.max.wait.ms`.
    pub fn fetch_max_wait(mut self, wait: Duration) -> Self {
        self.settings.by_code(move |s| s.reading.fetch_max_wait = wait);
        self
    }

    /// See [`ReaderBuilder::fetch_min_bytes`](crate::consumer::ReaderBuilder::fetch_min_bytes).
    ///
    /// From 0 to 104,857,600. Default: 1. Java: `fetch.min.bytes`.
    pub fn fetch_min_bytes(mut self, bytes: usize) -> Self {
        self.settings.by_code(move |s| s.reading.fetch_min_bytes = bytes);
        self
    }

    /// See [`ReaderBuilder::fetch_max_bytes`](crate::consumer::ReaderBuilder::fetch_max_bytes).
    ///
    /// From 1 to 104,857,600. Default: 52,428,800. Java: `fetch.max.bytes`.
    pub fn fetch_max_bytes(mut self, bytes: usize) -> Self {
        self.settings.by_code(move |s| s.reading.fetch_max_bytes = bytes);
        self
    }

    /// See [`ReaderBuilder::partition_max_bytes`](crate::consumer::ReaderBuilder::partition_max_bytes).
    ///
    /// From 1 to 104,857,600. Default: 1,048,576. Java: `max.partition.fetch.bytes`.
    pub fn partition_max_bytes(mut self, bytes: usize) -> Self {
        self.settings.by_code(move |s| s.reading.partition_max_bytes = bytes);
        self
    }

    /// See [`ReaderBuilder::fetch_buffer`](crate::consumer::ReaderBuilder::fetch_buffer).
    ///
    /// At least [`partition_max_bytes`](Self::partition_max_bytes). Default: 33,554,432. librdkafka:
    /// `queued.max.messages.kbytes`.
    pub fn fetch_buffer(mut self, bytes: usize) -> Self {
        self.settings.by_code(move |s| s.reading.fetch_buffer = bytes);
        self
    }

    /// Sets what has this name in Java or librdkafka: see [`ReaderBuilder::set`](crate::consumer::ReaderBuilder::set).
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

    /// What [`set`](Self::set) was given here and sets nothing, each with why: see
    /// [`KafkaBuilder::ignored_settings`](crate::KafkaBuilder::ignored_settings).
    ///
    /// # Errors
    /// Those of [`Self::build`] that are about one setting.
    pub fn ignored_settings(&self) -> Result<BTreeMap<String, &'static str>> {
        self.settings.ignored()
    }

    /// Begins to join the group, and waits for nothing; with [`assign`](Self::assign), until the places to begin are
    /// known, without a limit: brokers that cannot be reached are asked again as long as it takes. What goes wrong after
    /// that, [`Consumer::next`] says.
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
        let contradiction = |text| Err(Error::new(ErrorKind::Settings, text));
        if M::Raw::IS_ACKED && self.commit.is_some() {
            return contradiction(
                "acked() says what is committed: leave out commit(..); auto.commit.interval.ms and enable.auto.commit say when",
            );
        }
        let what = the_only_one(self.wishes)?;
        let alone = matches!(what, What::Assigned(_));
        if alone && (self.listener.is_some() || !settings.instance_id.is_empty()) {
            return contradiction(
                "with assign(..) there is no membership: leave out on_rebalance(..) and instance_id(..)",
            );
        }
        let (wish, manner) = match what {
            What::Subscribed(wish) => (wish, group::Manner::Member),
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
        let mut decoder = self.decoder;
        decoder.of_group(&settings.group);
        Ok(Consumer::new(fetching, place, settings.max_unacked, decoder))
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
