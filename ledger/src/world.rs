//! The brokers, the proxy in front of them, and what can be done to both while a client is at work.

use crate::witness::Ends;
use kafka_sdk::Kafka;
use kafka_sdk::admin::NewTopic;
use kafka_sdk::raw::Route;
use kafka_sdk_protocol::api::ListOffsetsRequest;
use kafka_sdk_protocol::api::list_offsets::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_sdk_testcontainers::{Api, ErrorCode, Reaction, Rule, TestKafka, TestProxy};
use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout};

/// What the brokers, the proxy or a tool say when they do not do as they are told.
pub type Trouble = Box<dyn Error + Send + Sync>;
/// What came of a fault.
pub type Outcome = Result<Effect, Trouble>;

/// Whether a fault counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Requests were in flight, and a retry, an error or a new connection followed.
    Felt,
    /// Nobody was hurt.
    None,
}

/// How long the client waits for an answer.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the brokers may take to be well again.
const HEALING: Duration = Duration::from_secs(60);
/// How long after a fault the client may take to run into it.
const REACTION: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);
const NODES: usize = 3;
/// As whom the log's end is asked for, and which offset: Kafka's words.
const DEBUGGING: i32 = -2;
const LATEST: i64 = -1;

/// Three real brokers, and a proxy in front of them: they serve any number of runs, one after the other.
pub struct Brokers {
    kafka: TestKafka,
    proxy: TestProxy,
    /// Past the proxy.
    direct: Kafka,
}

impl Brokers {
    /// Starts the brokers of a version.
    ///
    /// # Errors
    /// Of the brokers or the proxy.
    pub async fn start(version: &str) -> Result<Self, Trouble> {
        let kafka = TestKafka::jvm().version(version).nodes(NODES).start().await?;
        let proxy = TestProxy::in_front_of(kafka.bootstrap_servers()).start().await?;
        let direct = Kafka::connect(kafka.bootstrap_servers()).await?;
        Ok(Self { kafka, proxy, direct })
    }

    /// New topics with three replicas, and a client that has not done anything.
    ///
    /// # Errors
    /// Of the brokers.
    pub async fn world(&self, name: &str) -> Result<World<'_>, Trouble> {
        let (topics, partitions) = (vec![format!("{name}-red"), format!("{name}-green")], 3);
        let new = |name: &String| NewTopic::new(name).partitions(partitions).replication(NODES as i16);
        self.direct.admin().create_topics(topics.iter().map(new)).await?.all()?;
        let client = Kafka::builder(self.proxy.bootstrap_servers())
            .request_timeout(REQUEST_TIMEOUT)
            .connect_timeout(REQUEST_TIMEOUT)
            .await?;
        let Self { kafka, proxy, direct } = self;
        Ok(World { kafka, proxy, direct, client, topics, partitions })
    }
}

/// What one run takes place in.
pub struct World<'b> {
    kafka: &'b TestKafka,
    proxy: &'b TestProxy,
    direct: &'b Kafka,
    /// Through the proxy: this is whom the faults are for.
    client: Kafka,
    topics: Vec<String>,
    partitions: i32,
}

impl World<'_> {
    /// The client under test.
    #[must_use]
    pub fn client(&self) -> &Kafka {
        &self.client
    }

    /// The brokers.
    #[must_use]
    pub fn brokers(&self) -> &TestKafka {
        self.kafka
    }

    /// The topics that are written.
    #[must_use]
    pub fn topics(&self) -> &[String] {
        &self.topics
    }

    /// How many partitions each has.
    #[must_use]
    pub fn partitions(&self) -> i32 {
        self.partitions
    }

    /// The ids of all brokers.
    #[must_use]
    pub fn ids(&self) -> Vec<i32> {
        self.kafka.nodes().iter().map(|node| node.id()).collect()
    }

    /// Longer than the client waits for an answer.
    #[must_use]
    pub fn late(&self) -> Duration {
        REQUEST_TIMEOUT + Duration::from_millis(500)
    }

    /// Where the log of each partition ends, with what consumers do not see yet because not all replicas have it: a replica
    /// that has just come back is in sync before it has caught up.
    pub(crate) async fn log_ends(&self) -> Result<Ends, Trouble> {
        let described = self.direct.admin().describe_topics(self.topics.iter().map(String::as_str)).await?;
        let mut ends = Ends::new();
        for (name, topic) in described.all()? {
            for (partition, described) in topic.partitions {
                let leader = described.leader.ok_or_else(|| format!("{name}-{partition} has no leader"))?;
                let end = self.log_end(leader, &name, partition).await?;
                ends.insert((name.clone(), partition), end);
            }
        }
        Ok(ends)
    }

    /// On this broker, which answers also where it is not the leader.
    async fn log_end(&self, broker: i32, topic: &str, partition: i32) -> Result<i64, Trouble> {
        let asked =
            ListOffsetsPartition { partition_index: partition, timestamp: LATEST, ..Default::default() };
        let asked = ListOffsetsTopic { name: topic.to_owned(), partitions: vec![asked] };
        let request = |_| ListOffsetsRequest {
            replica_id: DEBUGGING,
            topics: vec![asked.clone()],
            ..Default::default()
        };
        let answer = self.direct.raw().call(&Route::Broker(broker), HEALING, request).await?;
        let told = answer.topics.iter().flat_map(|topic| &topic.partitions).next();
        match told {
            Some(told) if told.error_code == ErrorCode::NONE => Ok(told.offset),
            _ => Err(format!("the end of {topic}-{partition} is not told: {told:?}").into()),
        }
    }

    /// The leader of one of the partitions.
    pub(crate) async fn some_leader(&self) -> Result<i32, Trouble> {
        let partition = fastrand::i32(0..self.partitions);
        let topic = fastrand::choice(&self.topics).ok_or("no topics")?;
        let deadline = Instant::now() + HEALING;
        while Instant::now() < deadline {
            let described = self.direct.admin().describe_topics([topic.as_str()]).await?.all()?;
            let leader = described.iter().find_map(|(_, topic)| topic.partitions.get(&partition)?.leader);
            if let Some(leader) = leader {
                return Ok(leader);
            }
            sleep(PAUSE).await;
        }
        Err("a partition has no leader".into())
    }

    /// All brokers but the leader of one of the partitions.
    pub(crate) async fn followers(&self) -> Result<Vec<i32>, Trouble> {
        let leader = self.some_leader().await?;
        Ok(self.ids().into_iter().filter(|id| *id != leader).collect())
    }

    pub(crate) async fn killed(&self, broker: i32) -> Outcome {
        let node = self.kafka.node(broker)?;
        self.hurt(async || Ok(node.kill().await?), async || Ok(node.restart().await?)).await
    }

    pub(crate) async fn stopped(&self, broker: i32) -> Outcome {
        let node = self.kafka.node(broker)?;
        self.hurt(async || Ok(node.stop().await?), async || Ok(node.restart().await?)).await
    }

    pub(crate) async fn frozen(&self, brokers: &[i32], time: Duration) -> Outcome {
        let freeze = async || {
            for id in brokers {
                self.kafka.node(*id)?.pause()?;
            }
            sleep(time).await;
            Ok(())
        };
        let thaw = async || {
            for id in brokers {
                self.kafka.node(*id)?.resume()?;
            }
            Ok(())
        };
        self.hurt(freeze, thaw).await
    }

    /// Does something to brokers that are busy, waits until the client has met it, undoes it, and lets them get well.
    async fn hurt(
        &self,
        harm: impl AsyncFnOnce() -> Result<(), Trouble>,
        mend: impl AsyncFnOnce() -> Result<(), Trouble>,
    ) -> Outcome {
        self.busy().await;
        let before = self.troubles();
        harm().await?;
        let effect = self.effect(before).await;
        mend().await?;
        self.heal().await?;
        Ok(effect)
    }

    /// Requests run into the rule.
    pub(crate) async fn meets(&self, rule: Rule, patience: Duration) -> Outcome {
        let before = self.troubles();
        let armed = self.proxy.intercept(rule)?;
        let hit = timeout(patience, armed.wait_for_hits(1)).await.is_ok();
        let effect = if hit { self.effect(before).await } else { Effect::None };
        armed.disarm();
        armed.release();
        Ok(effect)
    }

    /// A fetch runs into the rule: its answer is what is wrong, and another fetch follows.
    pub(crate) async fn fetched(&self, rule: Rule) -> Outcome {
        let armed = self.proxy.intercept(rule)?;
        let hit = timeout(REACTION, armed.wait_for_hits(1)).await.is_ok();
        armed.disarm();
        Ok(if hit { Effect::Felt } else { Effect::None })
    }

    /// Three batches are answered with a code.
    pub(crate) async fn refused(&self, code: ErrorCode, reaction: fn(ErrorCode) -> Reaction) -> Outcome {
        self.meets(Rule::on(Api::Produce).times(3).react(reaction(code)), REACTION).await
    }

    /// All connections end in some way.
    pub(crate) async fn connections_end(&self, end: impl FnOnce(&TestProxy)) -> Outcome {
        self.busy().await;
        let before = self.troubles();
        end(self.proxy);
        Ok(self.effect(before).await)
    }

    /// Brokers that have just started know no topic for a while.
    pub(crate) async fn topic_unknown(&self) -> Outcome {
        let topic = fastrand::choice(&self.topics).ok_or("no topics")?;
        let unknown = Reaction::Answer(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        let unknown = self.proxy.intercept(Rule::on(Api::Metadata).always().react(unknown))?;
        let moved = Reaction::Answer(ErrorCode::NOT_LEADER_OR_FOLLOWER);
        let refused = self.meets(Rule::on(Api::Produce).topic(topic).times(2).react(moved), REACTION).await?;
        let asked = timeout(REACTION, unknown.wait_for_hits(1)).await.is_ok();
        unknown.disarm();
        Ok(if asked { refused } else { Effect::None })
    }

    /// How often the client has tried again, failed or opened a connection so far.
    fn troubles(&self) -> u64 {
        let metrics = self.client.metrics();
        let brokers = metrics.brokers.iter().map(|it| it.connections_opened + it.connections_failed);
        let partitions = metrics.producers.iter().flat_map(|producer| &producer.partitions);
        brokers.chain(partitions.map(|it| it.retries + it.failed_records)).sum()
    }

    /// Waits until batches are on their way, a little while at most.
    async fn busy(&self) {
        let deadline = Instant::now() + REACTION;
        let is_busy = |client: &Kafka| {
            let producers = client.metrics().producers;
            producers.iter().flat_map(|it| &it.partitions).any(|it| it.in_flight_batches > 0)
        };
        while !is_busy(&self.client) && Instant::now() < deadline {
            yield_now().await;
        }
    }

    /// Whether the client has had trouble since.
    async fn effect(&self, before: u64) -> Effect {
        let deadline = Instant::now() + REACTION;
        let mut least = before;
        while Instant::now() < deadline {
            let now = self.troubles();
            if now > least {
                return Effect::Felt;
            }
            // The counts of a producer go with it.
            least = now;
            sleep(PAUSE).await;
        }
        Effect::None
    }

    /// Waits until all replicas are in sync.
    ///
    /// # Errors
    /// They were not within a minute.
    pub async fn heal(&self) -> Result<(), Trouble> {
        let deadline = Instant::now() + HEALING;
        while Instant::now() < deadline {
            let described = self.direct.admin().describe_topics(self.topics.iter().map(String::as_str)).await;
            let described = described.and_then(|topics| topics.all()).unwrap_or_default();
            let in_sync: BTreeSet<usize> = described
                .iter()
                .flat_map(|(_, topic)| topic.partitions.values())
                .map(|partition| partition.in_sync.len())
                .collect();
            if in_sync == BTreeSet::from([NODES]) {
                return Ok(());
            }
            sleep(PAUSE).await;
        }
        Err("not all replicas came back in sync".into())
    }
}
