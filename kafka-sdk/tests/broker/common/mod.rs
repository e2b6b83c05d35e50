//! What the tests share: one broker of each version for the whole run, and names that nobody else uses.

mod records;
mod replicas;

use kafka_sdk::admin::NewTopic;
use kafka_sdk::{ErrorCode, Kafka, Result, Written};
use kafka_sdk_testcontainers::{Listener, Providers, TestKafka};
pub(crate) use records::{delete_before, first_values_by_java, values, values_by_java};
pub(crate) use replicas::{in_sync, lead, leader};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep};

pub(crate) const OLDEST: &str = "2.1.1";
pub(crate) const NEWEST: &str = "4.4.0";
/// The broker inside of the test process, which every machine has.
pub(crate) const EMBEDDED: &str = "embedded";
/// Where what the client does by itself is tested.
pub(crate) const EVERYWHERE: [&str; 3] = [EMBEDDED, OLDEST, NEWEST];

type Cell = Arc<OnceCell<TestKafka>>;
static BROKERS: LazyLock<Mutex<HashMap<&'static str, Cell>>> = LazyLock::new(Mutex::default);

/// The broker of this version, one node, which all tests share. None: `test` is left out here, and that has been said.
pub(crate) async fn broker(version: &'static str, test: &str) -> Option<&'static TestKafka> {
    if version != EMBEDDED && !Providers::here().run_jvm(test).unwrap() {
        return None;
    }
    let cell = BROKERS.lock().unwrap().entry(version).or_default().clone();
    // A few of them, which live as long as the process.
    let cell: &'static Cell = Box::leak(Box::new(cell));
    let start = || async {
        match version {
            EMBEDDED => TestKafka::embedded().start().await.unwrap(),
            real => TestKafka::jvm().version(real).start().await.unwrap(),
        }
    };
    Some(cell.get_or_init(start).await)
}

/// The broker of this version that tests of what is not allowed share: with listeners that want TLS or a login, with ACLs
/// that allow what they do not mention, and without topics that come by themselves.
pub(crate) async fn guarded(version: &'static str, test: &str) -> Option<&'static TestKafka> {
    static GUARDED: LazyLock<Mutex<HashMap<&'static str, Cell>>> = LazyLock::new(Mutex::default);
    if !Providers::here().run_jvm(test).unwrap() {
        return None;
    }
    let cell = GUARDED.lock().unwrap().entry(version).or_default().clone();
    let cell: &'static Cell = Box::leak(Box::new(cell));
    let start = || async {
        let builder = TestKafka::jvm()
            .version(version)
            .listener(Listener::ssl())
            .listener(Listener::sasl_plaintext().plain("alice", "secret"))
            .listener(Listener::sasl_ssl().plain("alice", "secret"))
            .acls()
            .property("super.users", "User:nobody")
            .property("allow.everyone.if.no.acl.found", "true")
            .property("auto.create.topics.enable", "false");
        builder.start().await.unwrap()
    };
    Some(cell.get_or_init(start).await)
}

/// Three nodes of this version, which some tests share: who kills one has a [`heavy`] turn, and leaves all in sync.
pub(crate) async fn three_nodes(version: &'static str, test: &str) -> Option<&'static TestKafka> {
    static CLUSTERS: LazyLock<Mutex<HashMap<&'static str, &'static OnceCell<TestKafka>>>> =
        LazyLock::new(Mutex::default);
    if !Providers::here().run_jvm(test).unwrap() {
        return None;
    }
    // A few of them, which live as long as the process.
    let cell = *CLUSTERS.lock().unwrap().entry(version).or_insert_with(|| Box::leak(Box::default()));
    let start = || async { TestKafka::jvm().version(version).nodes(3).start().await.unwrap() };
    Some(cell.get_or_init(start).await)
}

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
    Ok(name)
}

/// A turn to do something heavy: with several at once the machine would be measured, not the client.
pub(crate) async fn heavy() -> SemaphorePermit<'static> {
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
