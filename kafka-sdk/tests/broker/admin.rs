//! Topics: created, described, listed, deleted. And what calls say when nobody is there to ask.

use crate::common::{EMBEDDED, NEWEST, OLDEST, broker, everywhere, kafka, unique, until};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::{ErrorCode, ErrorKind, Kafka, Result, Written};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::time::Duration;

#[tokio::test]
async fn topics_live_and_die_on_4_4_0() -> Result<()> {
    match kafka(NEWEST, "admin::topics_live_and_die_on_4_4_0").await {
        Some(kafka) => topics_live_and_die(&kafka, Ids::Told).await,
        None => Ok(()),
    }
}

#[tokio::test]
async fn topics_live_and_die_in_the_embedded_broker() -> Result<()> {
    match kafka(EMBEDDED, "admin::topics_live_and_die_in_the_embedded_broker").await {
        Some(kafka) => topics_live_and_die(&kafka, Ids::Told).await,
        None => Ok(()),
    }
}

#[tokio::test]
async fn topics_live_and_die_on_2_1_1() -> Result<()> {
    match kafka(OLDEST, "admin::topics_live_and_die_on_2_1_1").await {
        Some(kafka) => topics_live_and_die(&kafka, Ids::Unknown).await,
        None => Ok(()),
    }
}

/// Whether brokers give topics ids.
#[derive(Debug, PartialEq, Eq)]
enum Ids {
    Told,
    Unknown,
}

async fn topics_live_and_die(kafka: &Kafka, ids: Ids) -> Result<()> {
    let admin = kafka.admin();
    let (three, plain, missing) = (unique("three"), unique("plain"), unique("missing"));

    let created = admin
        .create_topics([
            NewTopic::new(&three).partitions(3).replication(1).config("retention.ms", 3_600_000),
            NewTopic::new(&plain),
            NewTopic::new("not legal"),
            NewTopic::new(unique("replicas")).partitions(1).replication(9),
            NewTopic::new(unique("config")).partitions(1).replication(1).config("no.such.config", 1),
        ])
        .await?;
    let outcomes: Vec<_> = created.iter().map(|(_, outcome)| outcome.as_ref().err().cloned()).collect();
    assert!(outcomes[0].is_none() && outcomes[1].is_none(), "{outcomes:?}");
    assert_eq!(outcomes[2].as_ref().map(kafka_sdk::Error::kind), Some(ErrorKind::Settings));
    assert!(
        outcomes[3].as_ref().is_some_and(|e| e.is(ErrorCode::INVALID_REPLICATION_FACTOR)),
        "{outcomes:?}"
    );
    assert!(outcomes[4].as_ref().is_some_and(|e| e.is(ErrorCode::INVALID_CONFIG)), "{outcomes:?}");

    let again = admin.create_topics([three.as_str()]).await?;
    assert!(again.errors().all(|(_, error)| error.is(ErrorCode::TOPIC_ALREADY_EXISTS)));
    again.ignoring(ErrorCode::TOPIC_ALREADY_EXISTS).all()?;

    let described: Vec<_> = admin.describe_topics([&three, &plain, &missing]).await?.into_iter().collect();
    let topic = described[0].1.as_ref().unwrap();
    assert_eq!((topic.name.as_str(), topic.partitions.len(), topic.internal), (three.as_str(), 3, false));
    assert_eq!(topic.id.is_some(), ids == Ids::Told);
    let partition = &topic.partitions[&2];
    assert_eq!((partition.replicas.len(), partition.in_sync.len()), (1, 1));
    assert!(partition.leader.is_some());
    assert_eq!(described[1].1.as_ref().unwrap().partitions.len(), 1, "what the broker is set to give");
    assert!(described[2].1.as_ref().unwrap_err().is(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));

    let listed = admin.list_topics().await?;
    assert!(listed.contains(&three) && listed.contains(&plain) && !listed.contains(&missing), "{listed:?}");

    let deleted: Vec<_> = admin.delete_topics([&three, &missing]).await?.into_iter().collect();
    assert!(deleted[0].1.is_ok());
    assert!(deleted[1].1.as_ref().unwrap_err().is(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
    until("the topic is gone", async || Ok(!admin.list_topics().await?.contains(&three))).await
}

#[tokio::test]
async fn what_an_unanswered_attempt_may_have_done_is_told_from_what_was_so_before() -> Result<()> {
    let test = "admin::what_an_unanswered_attempt_may_have_done_is_told_from_what_was_so_before";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let (admin, topic) = (kafka.admin(), unique("twice"));
        let lost = |api| proxy.intercept(Rule::on(api).react(Reaction::DropAfter)).unwrap();
        let create =
            async || admin.create_topics([NewTopic::new(&topic).partitions(1)]).await?.all().map(drop);
        let delete = async || admin.delete_topics([&topic]).await?.all().map(drop);
        let seen = |outcome: Result<()>| {
            let error = outcome.unwrap_err();
            (error.code(), error.written(), error.to_string().contains("an earlier attempt of this call"))
        };

        let creation = lost(Api::CreateTopics);
        let exists = Some(ErrorCode::TOPIC_ALREADY_EXISTS);
        assert_eq!(seen(create().await), (exists, Written::Maybe, true), "{version}");
        assert_eq!(creation.hits(), 1);
        assert_eq!(seen(create().await), (exists, Written::No, false), "{version}");

        let deletion = lost(Api::DeleteTopics);
        let unknown = Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        assert_eq!(seen(delete().await), (unknown, Written::Maybe, true), "{version}");
        assert_eq!(deletion.hits(), 1);
        assert_eq!(seen(delete().await), (unknown, Written::No, false), "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn calls_about_topics_and_about_groups_fail_as_a_whole_where_no_broker_answers() -> Result<()> {
    let test = "admin::calls_about_topics_and_about_groups_fail_as_a_whole_where_no_broker_answers";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let hurried = Kafka::builder(proxy.bootstrap_servers()).api_timeout(Duration::from_secs(3));
        let (admin, missing) = (hurried.await?.admin(), [unique("nobody"), unique("nobody")]);
        let described = admin.describe_groups(&missing).await?;
        assert_eq!(described.errors().count(), 2, "{version}: each by itself, where a broker has answered");

        proxy.intercept(Rule::on(Api::DeleteGroups).always().react(Reaction::DropAfter)).unwrap();
        let error = admin.delete_groups(&missing).await.unwrap_err();
        assert_eq!((error.code(), error.written()), (None, Written::Maybe), "{version}: {error:#}");

        drop(proxy);
        let whole = [
            admin.describe_topics(&missing).await.map(drop),
            admin.describe_groups(&missing).await.map(drop),
            admin.delete_groups(&missing).await.map(drop),
        ];
        for outcome in whole {
            let error = outcome.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout), "{version}: {error:#}");
        }
    }
    Ok(())
}
