//! What the tests share: one broker of each version for the whole run, and names that nobody else uses.

mod clusters;
mod java_groups;
mod java_members;
mod members;
mod records;
mod relay;
mod replicas;
mod versions;

pub(crate) use clusters::{attentive, broker, guarded, three_nodes};
pub(crate) use java_groups::{groups_by_java, kind_by_java};
pub(crate) use java_members::{Java, JavaProtocol};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::{ErrorCode, Kafka, Result, Written};
pub(crate) use members::{
    Heard, PATIENCE, Place, Running, Writing, all, committed_by_java, fill, member, next, take,
};
pub(crate) use records::{alter_topic, delete_before, first_values_by_java, values, values_by_java};
pub(crate) use relay::{Forgery, Relay};
pub(crate) use replicas::{in_sync, lead, leader};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep};
pub(crate) use versions::{
    EMBEDDED, NEWEST, OLDEST, everywhere, halting, halts, is_since, next_gen, next_gen_or_named, real,
    real_or_named,
};

/// A client of the shared broker of this version.
pub(crate) async fn kafka(version: &'static str, test: &str) -> Option<Kafka> {
    let broker = broker(version, test).await?;
    Some(Kafka::connect(broker.bootstrap_servers()).await.unwrap())
}

/// A name that no other test uses.
pub(crate) fn unique(name: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{name}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A new topic with a name of its own. It keeps its records, whatever their timestamps: half a minute after its start a
/// broker throws away what is older than a week.
pub(crate) async fn new_topic(kafka: &Kafka, name: &str, partitions: i32) -> Result<String> {
    let name = unique(name);
    let topic = NewTopic::new(&name).partitions(partitions).config("retention.ms", "-1");
    match kafka.admin().create_topics([topic]).await?.all() {
        // Nobody else uses the name: an attempt that got no answer has created it.
        Err(error) if error.is(ErrorCode::TOPIC_ALREADY_EXISTS) && error.written() == Written::Maybe => {}
        outcome => drop(outcome?),
    }
    // Brokers learn of it a little later than the controller, and much later where they get no processor.
    let deadline = Instant::now() + PATIENCE;
    while !has_leaders(kafka, &name).await? {
        assert!(Instant::now() < deadline, "{name} has no leaders");
        sleep(Duration::from_millis(20)).await;
    }
    Ok(name)
}

async fn has_leaders(kafka: &Kafka, topic: &str) -> Result<bool> {
    let described = kafka.admin().describe_topics([topic.to_owned()]).await?.all().unwrap_or_default();
    let mut partitions = described.iter().flat_map(|(_, topic)| topic.partitions.values()).peekable();
    Ok(partitions.peek().is_some() && partitions.all(|partition| partition.leader.is_some()))
}

/// A turn to do something heavy: with several at once the machine would be measured, not the client.
pub(crate) async fn heavy() -> SemaphorePermit<'static> {
    static TURN: Semaphore = Semaphore::const_new(1);
    TURN.acquire().await.unwrap()
}

/// A turn with a cluster of several nodes, of which some may be killed: mostly waiting, so that something [`heavy`] may go on
/// beside it.
pub(crate) async fn several_nodes() -> SemaphorePermit<'static> {
    static TURN: Semaphore = Semaphore::const_new(1);
    TURN.acquire().await.unwrap()
}

/// Looks again and again, for half a minute at most, until `condition` holds.
pub(crate) async fn until(what: &str, mut condition: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition().await? {
        assert!(Instant::now() < deadline, "not within half a minute: {what}");
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
