//! Clusters that all tests share: they are started for the first test that wants them, and live as long as the process.

use super::EMBEDDED;
use kafka_sdk_testcontainers::{Listener, Providers, TestKafka};
use std::collections::BTreeMap;
use std::sync::Mutex;
use tokio::sync::OnceCell;

/// Those of one kind, by version.
struct Shared(Mutex<BTreeMap<&'static str, &'static OnceCell<TestKafka>>>);

impl Shared {
    const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    async fn get(&self, version: &'static str, start: impl Future<Output = TestKafka>) -> &'static TestKafka {
        let cell = *self.0.lock().unwrap().entry(version).or_insert_with(|| Box::leak(Box::default()));
        cell.get_or_init(|| start).await
    }
}

/// The broker of this version, one node. None: `test` is left out here, and that has been said.
pub(crate) async fn broker(version: &'static str, test: &str) -> Option<&'static TestKafka> {
    static BROKERS: Shared = Shared::new();
    if version != EMBEDDED && !Providers::here().run_jvm(test).unwrap() {
        return None;
    }
    let start = Box::pin(async {
        match version {
            EMBEDDED => TestKafka::embedded().start().await.unwrap(),
            real => TestKafka::jvm().version(real).start().await.unwrap(),
        }
    });
    Some(BROKERS.get(version, start).await)
}

/// The broker of this version that tests of what is not allowed share: with listeners that want TLS or a login, with ACLs
/// that allow what they do not mention, and without topics that come by themselves.
pub(crate) async fn guarded(version: &'static str, test: &str) -> Option<&'static TestKafka> {
    static GUARDED: Shared = Shared::new();
    if !Providers::here().run_jvm(test).unwrap() {
        return None;
    }
    let start = Box::pin(async {
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
    });
    Some(GUARDED.get(version, start).await)
}

/// The broker of this version, one node, for groups of the consumer protocol: members are heard of five times a second, and
/// missed for six seconds.
pub(crate) async fn attentive(version: &'static str, test: &str) -> Option<&'static TestKafka> {
    static ATTENTIVE: Shared = Shared::new();
    const SET: [(&str, &str); 4] = [
        ("group.consumer.min.session.timeout.ms", "1000"),
        ("group.consumer.session.timeout.ms", "6000"),
        ("group.consumer.min.heartbeat.interval.ms", "100"),
        ("group.consumer.heartbeat.interval.ms", "200"),
    ];
    if version != EMBEDDED && !Providers::here().run_jvm(test).unwrap() {
        return None;
    }
    let start = Box::pin(async {
        if version == EMBEDDED {
            let builder = SET.iter().fold(TestKafka::embedded(), |it, (key, value)| it.property(key, value));
            return builder.start().await.unwrap();
        }
        let builder = TestKafka::jvm().version(version);
        SET.iter().fold(builder, |it, (key, value)| it.property(key, value)).start().await.unwrap()
    });
    Some(ATTENTIVE.get(version, start).await)
}

/// Three nodes of this version: who kills one has a turn of [`several_nodes`](super::several_nodes), and leaves all in sync.
pub(crate) async fn three_nodes(version: &'static str, test: &str) -> Option<&'static TestKafka> {
    static CLUSTERS: Shared = Shared::new();
    if version != EMBEDDED && !Providers::here().run_jvm(test).unwrap() {
        return None;
    }
    let start = Box::pin(async {
        match version {
            EMBEDDED => TestKafka::embedded().nodes(3).start().await.unwrap(),
            real => TestKafka::jvm().version(real).nodes(3).start().await.unwrap(),
        }
    });
    Some(CLUSTERS.get(version, start).await)
}
