//! What to run, and on which brokers.

use super::crew::Crew;
use super::defects::Defect;
use super::events::Events;
use super::member::SESSION;
use super::orders::{Orders, Protocol, Reading};
use super::report::{Event, Report};
use super::run::Churn;
use super::topic::Topic;
use crate::world::Trouble;
use kafka_sdk::admin::NewTopic;
use kafka_sdk::{ErrorCode, Kafka, Written};
use kafka_sdk_testcontainers::TestKafka;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicI32;
use std::time::Duration;

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What happens when.
    pub seed: u64,
    /// How long things go wrong, and on until each kind of event has had its turn.
    pub time: Duration,
    /// Records in a second.
    pub rate: u32,
    /// What happens, each of it at least once.
    pub events: Vec<Event>,
    /// How many of them in a minute.
    pub pace: u32,
    /// How many members and partitions there are.
    pub size: Size,
    /// By which members join.
    pub mix: Mix,
    /// Of all members of a classic group.
    pub assignor: &'static str,
    /// Of all members.
    pub defect: Defect,
}

/// How many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Members, when all places are taken.
    pub members: usize,
    /// Partitions, before some are added.
    pub partitions: i32,
}

impl Default for Size {
    fn default() -> Self {
        Self { members: 10, partitions: 12 }
    }
}

/// By which protocol members join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mix {
    /// All by the classic one.
    Classic,
    /// All by the consumer protocol.
    Consumer,
    /// One by this, the next one by that: the group changes over, and back.
    Mixed,
}

impl Mix {
    /// The protocol of the `number`-th life.
    #[must_use]
    pub fn protocol(self, number: usize) -> Protocol {
        match self {
            Self::Classic => Protocol::Classic,
            Self::Consumer => Protocol::Consumer,
            Self::Mixed if number.is_multiple_of(2) => Protocol::Classic,
            Self::Mixed => Protocol::Consumer,
        }
    }
}

impl FromStr for Mix {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "classic" => Ok(Self::Classic),
            "consumer" => Ok(Self::Consumer),
            "mixed" => Ok(Self::Mixed),
            _ => Err(format!("there is no protocol {name}: classic, consumer, mixed")),
        }
    }
}

/// How long a group of ten may take to be well again.
const HEALING: Duration = Duration::from_secs(120);
/// With a defect it may never be.
const HEALING_OF_DEFECTS: Duration = Duration::from_secs(15);
/// How many are static, where brokers know that.
const STATIC: usize = 3;

impl Plan {
    pub(super) fn healing(&self) -> Duration {
        match self.defect {
            Defect::None => HEALING + Duration::from_secs(2) * u32::try_from(self.size.members).unwrap_or(0),
            _ => HEALING_OF_DEFECTS,
        }
    }

    /// Runs it on three brokers of a version. The program is one that is a member when its first argument says so.
    ///
    /// # Errors
    /// The brokers did not do as they were told, or a process did not.
    pub async fn run(&self, version: &str, program: &Path) -> Result<Report, Trouble> {
        let mut brokers = TestKafka::jvm().version(version).nodes(3).ready_within(HEALING);
        if self.mix != Mix::Classic {
            let session = SESSION.as_millis().to_string();
            for (name, value) in [
                ("group.consumer.min.session.timeout.ms", "1000"),
                ("group.consumer.session.timeout.ms", session.as_str()),
                ("group.consumer.min.heartbeat.interval.ms", "100"),
                ("group.consumer.heartbeat.interval.ms", "500"),
            ] {
                brokers = brokers.property(name, value);
            }
        }
        let kafka = brokers.start().await?;
        self.run_on(&kafka, program, "churn").await
    }

    /// Runs it on brokers that run, with a topic and a group of this name.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub async fn run_on(&self, brokers: &TestKafka, program: &Path, name: &str) -> Result<Report, Trouble> {
        let kafka =
            Kafka::builder(brokers.bootstrap_servers()).request_timeout(Duration::from_secs(5)).await?;
        let Size { members, partitions } = self.size;
        let new = NewTopic::new(name).partitions(partitions).replication(3).config("retention.ms", "-1");
        match kafka.admin().create_topics([new]).await?.all() {
            // Nobody else uses the name: an attempt that got no answer has created it.
            Err(error) if error.is(ErrorCode::TOPIC_ALREADY_EXISTS) && error.written() == Written::Maybe => {}
            outcome => drop(outcome?),
        }
        let lasting = if brokers.version() == "2.1.1" { 0 } else { STATIC };
        let orders = Orders {
            servers: brokers.bootstrap_servers().to_owned(),
            group: name.to_owned(),
            topic: name.to_owned(),
            protocol: Protocol::Classic,
            assignor: self.assignor.to_owned(),
            instance_id: String::new(),
            reading: Reading::InTurn,
            defect: self.defect,
        };
        let crew = Crew::new(program.to_owned(), orders, members, lasting, self.mix);
        let topic = Topic { kafka, name: name.to_owned(), partitions: Arc::new(AtomicI32::new(partitions)) };
        let events = Events::new(brokers, topic.clone(), self.size, self.seed);
        Churn::new(topic, crew, events).run(self).await
    }
}
