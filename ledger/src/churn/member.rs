//! One member of the group, a process of its own: tells what it does, and does as it is told by its standard input.

use super::defects::{Defect, commit_ahead, commit_later, hoard};
use super::line::{Line, Stamp, What, now};
use crate::world::Trouble;
use kafka_sdk::consumer::assignor::AssignmentStrategy;
use kafka_sdk::consumer::{Commit, ConsumerControl, GroupProtocol, RebalanceListener};
use kafka_sdk::{Consumer, Error, Kafka, Message, Reset, TopicPartition};
use std::future::poll_fn;
use std::io::Write;
use std::pin::pin;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::time::sleep;

/// Of every member. The application is idle after `IDLE`.
pub const SESSION: Duration = Duration::from_secs(6);
/// `max.poll.interval.ms`.
pub const IDLE: Duration = Duration::from_secs(8);
/// How often members commit.
const COMMIT: Duration = Duration::from_millis(500);

/// By which protocol it joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The members distribute the partitions.
    Classic,
    /// The brokers do (KIP-848).
    Consumer,
}

impl FromStr for Protocol {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let mut all = [Self::Classic, Self::Consumer].into_iter();
        all.find(|protocol| format!("{protocol:?}") == name)
            .ok_or_else(|| format!("there is no protocol {name}"))
    }
}

/// What a member is started with: its arguments, one for each field.
#[derive(Clone, Debug)]
pub struct Orders {
    /// Where the brokers are.
    pub servers: String,
    /// The group.
    pub group: String,
    /// The topic.
    pub topic: String,
    /// By which it joins.
    pub protocol: Protocol,
    /// The assignor.
    pub assignor: String,
    /// Of a static member; empty for others.
    pub instance_id: String,
    /// What is wrong with it.
    pub defect: Defect,
}

impl Orders {
    /// As arguments.
    #[must_use]
    pub fn args(&self) -> [String; 7] {
        let Self { servers, group, topic, protocol, assignor, instance_id, defect } = self.clone();
        [servers, group, topic, format!("{protocol:?}"), assignor, instance_id, format!("{defect:?}")]
    }

    /// From arguments.
    ///
    /// # Errors
    /// There are others than [`Self::args`] gives.
    pub fn of(args: Vec<String>) -> Result<Self, Trouble> {
        let args =
            <[String; 7]>::try_from(args).map_err(|args| format!("not a member's arguments: {args:?}"))?;
        let [servers, group, topic, protocol, assignor, instance_id, defect] = args;
        let (protocol, defect) = (protocol.parse()?, defect.parse()?);
        Ok(Self { servers, group, topic, protocol, assignor, instance_id, defect })
    }
}

pub(super) fn tell(at: Stamp, what: What) {
    // Who does not listen any more will end this.
    let _ = writeln!(std::io::stdout(), "{}", Line { at, what });
}

/// Tells of partitions that come and go.
struct Told {
    defect: Defect,
    held_back: Vec<What>,
}

impl Told {
    fn give_up(&mut self, what: What) {
        match self.defect {
            Defect::LateListener => self.held_back.push(what),
            _ => tell(now(), what),
        }
    }
}

fn numbers(partitions: &[TopicPartition]) -> Vec<i32> {
    partitions.iter().map(TopicPartition::partition).collect()
}

impl RebalanceListener for Told {
    async fn assigned(&mut self, _: &ConsumerControl, partitions: &[TopicPartition]) {
        tell(now(), What::Assigned(numbers(partitions)));
        for what in self.held_back.drain(..) {
            tell(now(), what);
        }
    }

    async fn revoked(&mut self, consumer: &ConsumerControl, partitions: &[TopicPartition]) {
        if self.defect == Defect::StaleCommit {
            commit_later(consumer, partitions);
        }
        self.give_up(What::Revoked(numbers(partitions)));
    }

    async fn lost(&mut self, _: &ConsumerControl, partitions: &[TopicPartition]) {
        self.give_up(What::Lost(numbers(partitions)));
    }
}

/// Reads until it is told to close, or fails.
///
/// # Errors
/// It could not begin.
pub async fn run(orders: Orders) -> Result<(), Trouble> {
    let kafka = Kafka::builder(&orders.servers)
        .request_timeout(Duration::from_secs(5))
        .metadata_max_age(Duration::from_secs(2))
        .await?;
    let assignor: AssignmentStrategy = match orders.assignor.as_str() {
        "range" => AssignmentStrategy::Range,
        "roundrobin" => AssignmentStrategy::RoundRobin,
        "sticky" => AssignmentStrategy::Sticky,
        _ => AssignmentStrategy::CooperativeSticky,
    };
    let commit = match orders.defect {
        Defect::CommitAhead => Commit::Manual,
        _ => Commit::Delivered { every: COMMIT },
    };
    let mut builder = kafka
        .consumer(&orders.group)
        .topics([&orders.topic])
        .offset_reset(Reset::Earliest)
        .group_protocol(match orders.protocol {
            Protocol::Classic => GroupProtocol::Classic,
            Protocol::Consumer => GroupProtocol::Consumer,
        })
        .assignors([assignor])
        .session_timeout(SESSION)
        .heartbeat_interval(Duration::from_millis(500))
        .max_poll_interval(IDLE)
        .commit(commit)
        .on_rebalance(Told { defect: orders.defect, held_back: Vec::new() });
    if !orders.instance_id.is_empty() {
        builder = builder.instance_id(orders.instance_id.as_str());
    }
    let consumer = builder.await?;
    let doze = Arc::new(AtomicU64::new(0));
    tokio::spawn(obey(consumer.control(), doze.clone()));
    let outcome = match orders.defect {
        Defect::LateHandOut => hoard(consumer).await.map(|()| What::Closed),
        defect => read(consumer, defect, &doze).await,
    };
    tell(now(), outcome.unwrap_or_else(|error| What::Failed(format!("{error:#}"))));
    Ok(())
}

/// Whoever has started this has gone: so does this.
async fn obey(control: ConsumerControl, doze: Arc<AtomicU64>) {
    let mut words = BufReader::new(stdin()).lines();
    while let Ok(Some(word)) = words.next_line().await {
        match word.as_str() {
            "close" => control.stop(),
            word => {
                let millis = word.strip_prefix("doze ").and_then(|millis| millis.parse().ok());
                doze.store(millis.unwrap_or_default(), Ordering::Relaxed);
            }
        }
    }
    std::process::exit(0);
}

/// The next message, and a time that is not after it was handed out.
async fn next(consumer: &mut Consumer) -> Option<(Stamp, Result<Message, Error>)> {
    let mut next = pin!(consumer.next());
    poll_fn(|cx| {
        let at = now();
        next.as_mut().poll(cx).map(|message| Some((at, message?)))
    })
    .await
}

/// How it has parted from the group in the end.
async fn read(mut consumer: Consumer, defect: Defect, doze: &AtomicU64) -> Result<What, Error> {
    let control = consumer.control();
    while let Some((at, message)) = next(&mut consumer).await {
        let message = message?;
        let (partition, offset) = (message.partition(), message.offset());
        tell(at, What::Handed(partition, offset));
        match doze.swap(0, Ordering::Relaxed) {
            0 if fastrand::u32(..20) == 0 => sleep(Duration::from_millis(fastrand::u64(..20))).await,
            0 => {}
            millis => sleep(Duration::from_millis(millis)).await,
        }
        if defect == Defect::CommitAhead {
            commit_ahead(&control, &message).await;
        }
        tell(now(), What::Processed(partition, offset));
    }
    let closed = consumer.close().await;
    Ok(closed.map_or_else(|error| What::Refused(format!("{error:#}")), |()| What::Closed))
}
