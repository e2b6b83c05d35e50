//! What is logged: the events of `docs/observability.md`, with the levels and fields that stand there, and no others.

use crate::common::{
    EMBEDDED, NEWEST, OLDEST, broker, everywhere, fill, member, new_topic, next, unique, until,
};
use crate::throttling::set_quota;
use kafka_sdk::admin::NewTopic;
use kafka_sdk::{ErrorCode, ErrorKind, Kafka, Offset, Reset, Result};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestKafka, TestProxy};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;
use tokio::net::TcpListener;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, set_global_default};
use tracing::{Event, Metadata, Subscriber};

/// What was logged by this test's thread, on which all tasks of its runtime run.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Logged>>>);

#[derive(Clone, Debug)]
struct Logged {
    target: &'static str,
    level: String,
    fields: BTreeMap<&'static str, String>,
}

impl Logged {
    fn message(&self) -> &str {
        self.fields.get("message").map_or("", String::as_str)
    }
}

impl Visit for Logged {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }
}

thread_local! {
    /// Of the test that runs in this thread.
    static LOG: RefCell<Option<Log>> = const { RefCell::new(None) };
}

/// One for all threads: where each test has its own, the first to come upon an event may settle that nobody wants it.
struct Collector;

/// Until it is dropped, the log of its thread goes on.
struct Collecting;

impl Drop for Collecting {
    fn drop(&mut self) {
        LOG.set(None);
    }
}

fn collected(logged: Logged) {
    LOG.with_borrow(|log| {
        if let Some(Log(all)) = log {
            all.lock().unwrap().push(logged);
        }
    });
}

impl Subscriber for Collector {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target().starts_with("kafka_sdk") { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("kafka_sdk")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let metadata = span.metadata();
        let fields = BTreeMap::from([("message", format!("span {}", metadata.name()))]);
        collected(Logged { target: metadata.target(), level: "span".to_owned(), fields });
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        if LOG.with_borrow(Option::is_none) {
            return;
        }
        let metadata = event.metadata();
        let level = metadata.level().to_string().to_lowercase();
        let mut logged = Logged { target: metadata.target(), level, fields: BTreeMap::new() };
        event.record(&mut logged);
        collected(logged);
    }
}

impl Log {
    fn start() -> (Self, Collecting) {
        static COLLECTOR: Once = Once::new();
        COLLECTOR.call_once(|| set_global_default(Collector).unwrap());
        let log = Self::default();
        LOG.set(Some(log.clone()));
        (log, Collecting)
    }

    fn all(&self) -> Vec<Logged> {
        self.0.lock().unwrap().clone()
    }

    fn with(&self, message: &str) -> Vec<Logged> {
        self.all().into_iter().filter(|logged| logged.message() == message).collect()
    }

    /// Of this broker: clients that were dropped a moment ago may still lose connections.
    async fn wait_for_of(&self, message: &str, address: &str) -> Result<Logged> {
        let found = || self.with(message).into_iter().find(|logged| logged.fields["address"] == address);
        until(message, async || Ok(found().is_some())).await?;
        Ok(found().unwrap())
    }

    async fn wait_for(&self, message: &str) -> Result<Logged> {
        until(message, async || Ok(!self.with(message).is_empty())).await?;
        Ok(self.with(message).remove(0))
    }

    /// Everything stands in the page as it is, and nothing of it gives `secret` away.
    fn check(&self, secret: &str) {
        let page = page();
        for logged in self.all().iter().filter(|logged| logged.level != "span") {
            let key = (logged.target.to_owned(), logged.message().to_owned());
            let (levels, fields) = page.get(&key).unwrap_or_else(|| panic!("not in the page: {logged:?}"));
            assert!(levels.contains(&logged.level), "{logged:?}: the page says {levels:?}");
            let has: BTreeSet<&str> =
                logged.fields.keys().copied().filter(|name| *name != "message").collect();
            let optional = BTreeSet::from(["left_out", "broker", "to"]);
            let said: BTreeSet<&str> = fields.iter().map(String::as_str).collect();
            assert!(
                has.symmetric_difference(&said).all(|field| optional.contains(field)),
                "{logged:?}: {fields:?}"
            );
            assert_eq!(has.contains("left_out"), logged.level == "warn" && levels.len() > 1, "{logged:?}");
            assert!(logged.fields.values().all(|value| !value.contains(secret)), "{logged:?}");
        }
    }
}

/// Levels and fields by target and message.
fn page() -> BTreeMap<(String, String), (Vec<String>, Vec<String>)> {
    let words = |cell: &str| -> Vec<String> {
        cell.split(", ")
            .map(|word| word.trim_matches('`').to_owned())
            .filter(|word| !word.is_empty())
            .collect()
    };
    let rows = include_str!("../../../docs/observability.md")
        .lines()
        .filter(|line| line.starts_with("| `kafka_sdk::"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        ((cells[1].trim_matches('`').to_owned(), cells[3].to_owned()), (words(cells[2]), words(cells[4])))
    };
    rows.map(row).collect()
}

const SECRET: &str = "the-payload-7731";

#[tokio::test]
async fn what_happens_to_connections_and_batches_is_logged_as_the_page_says() -> Result<()> {
    for version in everywhere() {
        let test = "events::what_happens_to_connections_and_batches_is_logged_as_the_page_says";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let (log, _guard) = Log::start();
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topic = unique("events");
        let new = NewTopic::new(&topic).partitions(1).config("max.message.bytes", 10_000);
        kafka.admin().create_topics([new]).await?.all()?;
        let producer = kafka.producer().linger(Duration::from_millis(20)).batch_size(1 << 20).await?;
        let handle = producer.topic(&topic).await?;
        let on_produce = |reaction| proxy.intercept(Rule::on(Api::Produce).react(reaction)).unwrap();

        handle.send(SECRET).await?;
        assert_eq!(log.with("connected")[0].fields["address"], proxy.bootstrap_servers());
        assert!(!log.with("metadata refreshed").is_empty() && !log.with("producer id received").is_empty());
        assert_eq!(log.with("span producer").len(), 1);

        on_produce(Reaction::Answer(ErrorCode::NOT_ENOUGH_REPLICAS));
        handle.send(SECRET).await?;
        let again = log.wait_for("batch refused, and sent again").await?;
        assert_eq!((again.fields["topic"].as_str(), again.fields["partition"].as_str()), (&*topic, "0"));
        assert!(again.fields["error"].contains("NOT_ENOUGH_REPLICAS (19)"), "{again:?}");

        on_produce(Reaction::ResetAfter);
        handle.send(SECRET).await?;
        let lost = log.wait_for_of("connection lost", proxy.bootstrap_servers()).await?;
        assert_eq!((lost.level.as_str(), lost.fields["in_flight"].as_str()), ("warn", "1"), "{lost:?}");

        on_produce(Reaction::Answer(ErrorCode::INVALID_RECORD));
        handle.send(SECRET).await.unwrap_err();
        let failed = log.wait_for("batch failed").await?;
        assert_eq!((failed.level.as_str(), failed.fields["records"].as_str()), ("warn", "1"));
        assert_eq!((failed.fields["written"].as_str(), failed.fields["left_out"].as_str()), ("No", "0"));
        assert_eq!(log.wait_for("epoch bumped").await?.fields["epoch"], "1");

        let parts = [handle.enqueue(vec![b'x'; 6_000]).await?, handle.enqueue(vec![b'x'; 6_000]).await?];
        for part in parts {
            part.await?;
        }
        assert_eq!(log.wait_for("batch split").await?.level, "info");

        let on_fetch = |reaction| proxy.intercept(Rule::on(Api::Fetch).react(reaction)).unwrap();
        on_fetch(Reaction::FlipRecordBit);
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).await?;
        assert_eq!(log.with("span reader").len(), 1);
        for _ in 0..5 {
            reader.next().await.unwrap()?;
        }
        assert_eq!(log.with("batch unreadable")[0].fields["topic"], topic);
        on_fetch(Reaction::ResetBefore);
        handle.send(SECRET).await?;
        reader.next().await.unwrap()?;
        assert_eq!(log.wait_for("fetch failed").await?.fields["broker"], "1");
        let far = kafka.reader().topic(&topic, Offset::At(9_999)).offset_reset(Reset::Earliest);
        far.await?.next().await.unwrap()?;
        assert_eq!(log.with("position lost")[0].fields["offset"], "9999");
        log.check(SECRET);
    }
    Ok(())
}

#[tokio::test]
async fn a_coordinator_that_fails_at_a_rebalance_is_logged() -> Result<()> {
    for version in everywhere() {
        let test = "events::a_coordinator_that_fails_at_a_rebalance_is_logged";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let (log, _guard) = Log::start();
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let (topic, group) = (new_topic(&kafka, "events", 1).await?, unique("events"));
        for api in [Api::JoinGroup, Api::SyncGroup] {
            let answer = Reaction::Answer(ErrorCode::UNKNOWN_SERVER_ERROR);
            proxy.intercept(Rule::on(api).react(answer).times(1)).unwrap();
        }
        fill(&kafka, &topic, 1, 1).await?;
        let mut consumer = member(&kafka, &group, &topic).await?;
        assert_eq!(next(&mut consumer).await?, (0, 0), "{version}");
        let failed = log.with("group not joined");
        assert_eq!(failed[0].fields["group"], group, "{version}");
        assert!(failed[0].fields["error"].contains("JoinGroup"), "{failed:?}");
        assert!(failed[0].fields["error"].contains("UNKNOWN_SERVER_ERROR"), "{failed:?}");
        let levels: Vec<&str> = failed.iter().map(|logged| logged.level.as_str()).collect();
        assert_eq!(levels, ["warn", "debug"], "{version}: {failed:?}");
        consumer.close().await?;
        log.check(SECRET);
    }
    Ok(())
}

#[tokio::test]
async fn throttling_is_logged_and_counted() -> Result<()> {
    for version in [OLDEST, NEWEST] {
        let test = "events::throttling_is_logged_and_counted";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let (log, _guard) = Log::start();
        let client_id = unique("throttled");
        set_quota(broker, &client_id, "producer_byte_rate=1000").await;
        let kafka = Kafka::builder(broker.bootstrap_servers()).client_id(&client_id).await?;
        let topic = new_topic(&kafka, "throttled", 1).await?;
        let producer = kafka.producer().await?;
        until("it is throttled", async || {
            producer.send(&topic, vec![b'x'; 5_000]).await?;
            Ok(!log.with("throttled").is_empty())
        })
        .await?;
        let throttled = log.with("throttled").remove(0);
        assert_eq!(throttled.fields["api"], "Produce");
        let asked: u64 = throttled.fields["throttle_ms"].parse().unwrap();
        let counted: Duration = kafka.metrics().brokers.iter().map(|broker| broker.throttled).sum();
        assert_eq!(counted, Duration::from_millis(asked), "{version}");
        log.check(SECRET);
    }
    Ok(())
}

#[tokio::test]
async fn a_topic_that_is_gone_is_logged() -> Result<()> {
    for version in everywhere() {
        let test = "events::a_topic_that_is_gone_is_logged";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let (log, _guard) = Log::start();
        let kafka =
            Kafka::builder(broker.bootstrap_servers()).metadata_max_age(Duration::from_millis(50)).await?;
        let topic = new_topic(&kafka, "gone", 1).await?;
        let _reader = kafka.reader().topic(&topic, Offset::Earliest).await?;
        kafka.admin().delete_topics([&topic]).await?.all()?;
        let gone = log.wait_for("topic gone").await?;
        assert_eq!((gone.target, gone.level.as_str()), ("kafka_sdk::cluster", "warn"));
        assert_eq!(gone.fields["topic"], topic, "{version}");
        let refused = log.wait_for("partition refused: was the topic deleted?").await?;
        assert_eq!((refused.target, refused.fields["topic"].as_str()), ("kafka_sdk::consumer", &*topic));
        log.check(SECRET);
    }
    Ok(())
}

#[tokio::test]
async fn leaders_that_change_are_logged() -> Result<()> {
    let (log, _guard) = Log::start();
    let cluster = TestKafka::embedded().nodes(3).start().await.unwrap();
    let kafka =
        Kafka::builder(cluster.bootstrap_servers()).metadata_max_age(Duration::from_millis(50)).await?;
    let topic = new_topic(&kafka, "moves", 3).await?;
    let producer = kafka.producer().await?;
    producer.send(&topic, SECRET).await?;
    cluster.node(1).unwrap().kill().await.unwrap();
    let moved = log.wait_for("leader changed").await?;
    assert_eq!((moved.target, moved.level.as_str()), ("kafka_sdk::cluster", "debug"));
    assert_eq!(moved.fields["leader_epoch"], "1");
    log.check(SECRET);
    Ok(())
}

#[tokio::test]
async fn an_outage_does_not_fill_the_log() {
    let (log, _guard) = Log::start();
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    Kafka::builder(&address).connect_timeout(Duration::from_secs(2)).await.unwrap_err();
    let attempts = log.with("cannot connect");
    assert!(attempts.len() > 3, "{attempts:?}");
    for message in ["cannot connect", "metadata not refreshed"] {
        let warnings = log.with(message).into_iter().filter(|logged| logged.level == "warn").count();
        assert_eq!(warnings, 1, "{message}");
    }
    log.check(SECRET);
}

#[tokio::test]
async fn names_that_set_nothing_or_change_what_is_promised_are_logged_as_the_page_says() -> Result<()> {
    let test = "events::names_that_set_nothing_or_change_what_is_promised_are_logged_as_the_page_says";
    let Some(broker) = broker(EMBEDDED, test).await else { return Ok(()) };
    let (log, _guard) = Log::start();
    let pairs = [
        ("metadata.broker.list", broker.bootstrap_servers()),
        ("key.serializer", SECRET),
        ("schema.registry.basic.auth.user.info", SECRET),
        ("of.no.client", SECRET),
    ];
    let kafka = Kafka::from_properties(pairs).allow_unknown().await?;
    let ignored: Vec<String> =
        log.with("setting ignored").into_iter().map(|event| event.fields["setting"].clone()).collect();
    assert_eq!(ignored, [r#""key.serializer""#, r#""of.no.client""#]);
    let differing = log.with("defaults differ from those of librdkafka");
    assert_eq!(differing.len(), 1);
    assert!(differing[0].fields["differing"].contains("isolation.level"), "{differing:?}");

    let producer = kafka.producer().set("acks", "1").set("value.serializer", SECRET);
    assert_eq!(producer.effective_config()?["enable.idempotence"], "false");
    assert_eq!(log.with("setting ignored").len(), 2, "looking is no reason to warn");
    producer.await?;
    assert_eq!(log.with("setting ignored").len(), 3);
    let off = log.with("producer is not idempotent");
    assert_eq!(off.len(), 1);
    assert!(off[0].fields["reason"].contains("acks is 1"), "{off:?}");
    log.check(SECRET);
    Ok(())
}

#[tokio::test]
async fn what_turns_idempotence_off_is_told_once_for_each_producer_and_named() -> Result<()> {
    let test = "events::what_turns_idempotence_off_is_told_once_for_each_producer_and_named";
    let Some(broker) = broker(EMBEDDED, test).await else { return Ok(()) };
    let (log, _guard) = Log::start();
    let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
    let told = || log.with("producer is not idempotent");
    for (n, (name, value, reason)) in [
        ("acks", "0", "acks is 0"),
        ("acks", "1", "acks is 1"),
        ("retries", "0", "retries is 0"),
        ("max.in.flight.requests.per.connection", "6", "max.in.flight.requests.per.connection is 6"),
    ]
    .into_iter()
    .enumerate()
    {
        kafka.producer().set(name, value).await?;
        assert_eq!(told().len(), n + 1, "{name}={value}");
        assert!(told()[n].fields["reason"].contains(reason), "{:?}", told()[n]);
        // Asked for in so many words, there is nothing to tell; and both cannot be had.
        kafka.producer().set(name, value).set("enable.idempotence", "false").await?;
        let error = kafka.producer().set(name, value).set("enable.idempotence", "true").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Settings);
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(told().len(), n + 1, "{name}={value}");
    }
    Ok(())
}
