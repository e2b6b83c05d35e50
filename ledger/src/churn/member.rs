//! One member of the group, a process of its own: tells what it does, and does as it is told by its standard input.

use super::defects::{Defect, commit_ahead, commit_later, hoard};
use super::line::{Line, Stamp, What, now};
use super::orders::{Orders, Protocol, Reading};
use crate::world::Trouble;
use kafka_sdk::consumer::assignor::AssignmentStrategy;
use kafka_sdk::consumer::{Commit, ConsumerControl, GroupProtocol, RebalanceListener};
use kafka_sdk::{Acked, Consumer, Error, Kafka, Message, Reset, TopicPartition};
use std::future::poll_fn;
use std::io::Write;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Of every member. The application is idle after `IDLE`.
pub const SESSION: Duration = Duration::from_secs(6);
/// `max.poll.interval.ms`.
pub const IDLE: Duration = Duration::from_secs(8);
/// How often members commit.
const COMMIT: Duration = Duration::from_millis(500);
/// How many records of a partition are out at most where they are acknowledged: few, so that partitions stop and go on.
const UNACKED: usize = 8;

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
        .on_rebalance(Told { defect: orders.defect, held_back: Vec::new() });
    if !orders.instance_id.is_empty() {
        builder = builder.instance_id(orders.instance_id.as_str());
    }
    let doze = Arc::new(AtomicU64::new(0));
    let outcome = if orders.reading == Reading::Acked {
        let builder = builder.set("auto.commit.interval.ms", &COMMIT.as_millis().to_string());
        let consumer = builder.acked().max_unacked(UNACKED).await?;
        tokio::spawn(obey(consumer.control(), doze.clone()));
        read_acked(consumer, &doze).await
    } else {
        let consumer = builder.commit(commit).await?;
        tokio::spawn(obey(consumer.control(), doze.clone()));
        match orders.defect {
            Defect::LateHandOut => hoard(consumer).await.map(|()| What::Closed),
            defect => read(consumer, defect, &doze).await,
        }
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

/// What comes next, and a time that is not after it was handed out.
async fn next<T>(next: impl Future<Output = Option<Result<T, Error>>>) -> Option<(Stamp, Result<T, Error>)> {
    let mut next = pin!(next);
    poll_fn(|cx| {
        let at = now();
        next.as_mut().poll(cx).map(|message| Some((at, message?)))
    })
    .await
}

/// To have something to do with a record now and then, and for as long as it was told.
async fn work(doze: &AtomicU64) {
    match doze.swap(0, Ordering::Relaxed) {
        0 if fastrand::u32(..20) == 0 => sleep(Duration::from_millis(fastrand::u64(..20))).await,
        0 => {}
        millis => sleep(Duration::from_millis(millis)).await,
    }
}

/// How it has parted from the group in the end.
async fn read(mut consumer: Consumer, defect: Defect, doze: &AtomicU64) -> Result<What, Error> {
    let control = consumer.control();
    while let Some((at, message)) = next(consumer.next()).await {
        let message = message?;
        let (partition, offset) = (message.partition(), message.offset());
        tell(at, What::Handed(partition, offset));
        work(doze).await;
        if defect == Defect::CommitAhead {
            commit_ahead(&control, &message).await;
        }
        tell(now(), What::Processed(partition, offset));
    }
    Ok(parted(consumer.close().await))
}

/// As [`read`], but what is done with a record is a task of its own.
async fn read_acked(mut consumer: Consumer<Acked<Message>>, doze: &AtomicU64) -> Result<What, Error> {
    let mut at_work = JoinSet::new();
    while let Some((at, message)) = next(consumer.next()).await {
        let (message, ack) = message?.into_parts();
        let (partition, offset) = (message.partition(), message.offset());
        tell(at, What::Handed(partition, offset));
        at_work.spawn(async move {
            sleep(Duration::from_millis(fastrand::u64(..20))).await;
            tell(now(), What::Processed(partition, offset));
            ack.ack();
        });
        work(doze).await;
        while at_work.try_join_next().is_some() {}
    }
    // To close commits what is acknowledged by then.
    at_work.join_all().await;
    Ok(parted(consumer.close().await))
}

fn parted(closed: Result<(), Error>) -> What {
    closed.map_or_else(|error| What::Refused(format!("{error:#}")), |()| What::Closed)
}
