//! The proxy in front of real brokers, the newest and the oldest.

use std::time::Duration;

use kafka_sdk_protocol::api::fetch::{FetchPartition, FetchTopic};
use kafka_sdk_protocol::api::metadata::MetadataRequestTopic;
use kafka_sdk_protocol::api::produce::{PartitionProduceData, TopicProduceData};
use kafka_sdk_protocol::api::{
    ApiVersionsRequest, DescribeClusterRequest, FetchRequest, FindCoordinatorRequest, MetadataRequest,
    ProduceRequest,
};
use kafka_sdk_protocol::records::batches;
use kafka_sdk_testcontainers::{Api, ApiKey, ErrorCode, Providers, Reaction, Rule, TestKafka, TestProxy};
use tokio::time::{sleep, timeout};

use crate::client::{Client, TestResult, hits, intercept};
use crate::kafka::{FETCH, PRODUCE, Topic, VERSIONS, broker, record};

/// No test takes longer on one version.
const BOUND: Duration = Duration::from_secs(120);

/// Runs a test against each version; leaves it out where there is no Java.
macro_rules! on_each_version {
    ($(async fn $test:ident($kafka:ident) $body:block)*) => {$(
        #[tokio::test]
        async fn $test() -> TestResult {
            for version in VERSIONS {
                let Some($kafka) = broker(version, stringify!($test)).await else { return Ok(()) };
                let result = timeout(BOUND, async { TestResult::from($body) }).await?;
                result.map_err(|error| format!("{version}: {error}"))?;
            }
            Ok(())
        }
    )*};
}

async fn in_front_of(kafka: &TestKafka) -> Result<TestProxy, kafka_sdk_testcontainers::Error> {
    TestProxy::in_front_of(kafka.bootstrap_servers()).start().await
}

/// What a client gets for its request.
#[derive(Debug, PartialEq)]
enum Gets {
    Code(ErrorCode),
    /// So many bytes, and then a FIN.
    Close(usize),
    /// So many bytes, and then an RST.
    Reset(usize),
    Silence,
    /// An answer with another correlation id.
    OtherId(i32),
}

/// Produces a record on a new connection, with this reaction: what the client gets.
async fn produce(proxy: &TestProxy, topic: &Topic, reaction: &Reaction) -> std::io::Result<Gets> {
    const ID: i32 = 8;
    let armed = intercept(proxy, Rule::on(Api::Produce).topic(&topic.name).react(reaction.clone()));
    let mut client = Client::to(proxy).await?;
    client.send(&topic.produce(), PRODUCE, ID).await?;
    hits(&armed, 1).await;
    Ok(match reaction {
        Reaction::Swallow | Reaction::StopReading | Reaction::Blackhole => {
            client.silence().await;
            Gets::Silence
        }
        Reaction::DropBefore | Reaction::DropAfter | Reaction::HalfClose => {
            let (bytes, reset) = client.rest_of_stream().await;
            assert!(!reset, "{reaction}");
            Gets::Close(bytes.len())
        }
        Reaction::ResetBefore | Reaction::ResetAfter | Reaction::CutRequest(_) | Reaction::CutAnswer(_) => {
            let (bytes, reset) = client.rest_of_stream().await;
            assert!(reset, "{reaction}");
            Gets::Reset(bytes.len())
        }
        _ => match client.answer::<ProduceRequest>(PRODUCE).await? {
            (ID, answer) => Gets::Code(answer.responses[0].partition_responses[0].error_code),
            (other, _) => Gets::OtherId(other),
        },
    })
}

/// The versions of an API that the broker knows.
async fn versions(client: &mut Client, api: ApiKey) -> std::io::Result<Vec<i16>> {
    let known = client.call(&ApiVersionsRequest::default(), 0).await?.api_keys;
    let known = known.into_iter().filter(|known| known.api_key == api.0);
    Ok(known.flat_map(|known| known.min_version..=known.max_version).collect())
}

/// Where the coordinator of some group is.
async fn coordinator(client: &mut Client, version: i16) -> std::io::Result<Result<String, ErrorCode>> {
    let group = "some-group".to_owned();
    let request = match version {
        ..=3 => FindCoordinatorRequest { key: group, ..Default::default() },
        _ => FindCoordinatorRequest { coordinator_keys: vec![group], ..Default::default() },
    };
    let answer = client.call(&request, version).await?;
    let (code, host, port) = match answer.coordinators.first() {
        None => (answer.error_code, &answer.host, answer.port),
        Some(found) => (found.error_code, &found.host, found.port),
    };
    Ok(code.ok().map(|()| format!("{host}:{port}")))
}

on_each_version! {
    async fn each_reaction_gives_the_client_and_the_log_what_it_says(kafka) {
        const CODE: ErrorCode = ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND;
        const SOME: Duration = Duration::from_millis(100);
        let done = || Gets::Code(ErrorCode::NONE);
        let proxy = in_front_of(kafka).await?;
        let mut topic = Topic::create(kafka).await?;
        for (reaction, gets, written) in [
            (Reaction::Pass, done(), 1),
            (Reaction::Answer(CODE), Gets::Code(CODE), 0),
            (Reaction::AnswerAfter(CODE), Gets::Code(CODE), 1),
            (Reaction::Delay(SOME), done(), 1),
            (Reaction::DelayRequest(SOME), done(), 1),
            (Reaction::Swallow, Gets::Silence, 0),
            (Reaction::DropBefore, Gets::Close(0), 0),
            (Reaction::DropAfter, Gets::Close(0), 1),
            (Reaction::ResetBefore, Gets::Reset(0), 0),
            (Reaction::ResetAfter, Gets::Reset(0), 1),
            (Reaction::HalfClose, Gets::Close(0), 1),
            (Reaction::StopReading, Gets::Silence, 0),
            (Reaction::Blackhole, Gets::Silence, 0),
            (Reaction::CutRequest(30), Gets::Reset(0), 0),
            (Reaction::CutAnswer(9), Gets::Reset(9), 1),
            (Reaction::Throttle(2_000), done(), 1),
            (Reaction::Chunks(1), done(), 1),
            (Reaction::FlipBit(31), Gets::OtherId(9), 1),
            (Reaction::Overwrite { at: 4, bytes: vec![0, 0, 1, 0] }, Gets::OtherId(256), 1),
        ] {
            let before = topic.offset().await?;
            assert_eq!(produce(&proxy, &topic, &reaction).await?, gets, "{reaction}");
            assert_eq!(topic.offset().await? - before, written, "{reaction}");
        }
        Ok(())
    }

    async fn a_held_record_is_written_after_its_client_has_gone(kafka) {
        let proxy = in_front_of(kafka).await?;
        let mut topic = Topic::create(kafka).await?;
        let held = intercept(&proxy, Rule::on(Api::Produce).react(Reaction::Hold));
        let mut client = Client::to(&proxy).await?;
        client.send(&topic.produce(), PRODUCE, 1).await?;
        hits(&held, 1).await;
        drop(client);
        let mut client = Client::to(&proxy).await?;
        let answer = client.call(&topic.produce(), PRODUCE).await?;
        assert_eq!(answer.responses[0].partition_responses[0].base_offset, 0, "it has overtaken the other");
        held.release();
        while topic.offset().await? < 2 {
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    async fn a_held_answer_is_to_a_record_that_is_written(kafka) {
        let proxy = in_front_of(kafka).await?;
        let mut topic = Topic::create(kafka).await?;
        let held = intercept(&proxy, Rule::on(Api::Produce).react(Reaction::HoldAnswer));
        let mut client = Client::to(&proxy).await?;
        client.send(&topic.produce(), PRODUCE, 1).await?;
        client.silence().await;
        assert_eq!(topic.offset().await?, 1);
        held.release();
        assert_eq!(client.answer::<ProduceRequest>(PRODUCE).await?.0, 1);
        Ok(())
    }

    async fn answers_swap_their_correlation_ids(kafka) {
        let proxy = in_front_of(kafka).await?;
        let topic = Topic::create(kafka).await?;
        intercept(&proxy, Rule::on(Api::Produce).react(Reaction::SwapCorrelationIds));
        let mut client = Client::to(&proxy).await?;
        let mut offsets = Vec::new();
        for id in [1, 2] {
            client.send(&topic.produce(), PRODUCE, id).await?;
        }
        for _ in [1, 2] {
            let (id, answer) = client.answer::<ProduceRequest>(PRODUCE).await?;
            offsets.push((id, answer.responses[0].partition_responses[0].base_offset));
        }
        assert_eq!(offsets, [(2, 0), (1, 1)]);
        Ok(())
    }

    async fn a_bit_is_flipped_in_records_of_a_session(kafka) {
        let proxy = in_front_of(kafka).await?;
        let topic = Topic::create(kafka).await?;
        let mut client = Client::to(&proxy).await?;
        client.call(&topic.produce(), PRODUCE).await?;
        let flip = Rule::on(Api::Fetch).topic(&topic.name).nth(2).react(Reaction::FlipRecordBit);
        let flipped = intercept(&proxy, flip);
        let counted = intercept(&proxy, Rule::on(Api::Fetch).topic(&topic.name));
        let first = client.call(&topic.fetch(0), FETCH).await?;
        assert_ne!(first.session_id, 0);
        // The second names no partition: the session holds it.
        let again = FetchRequest {
            session_id: first.session_id,
            topics: vec![],
            ..topic.fetch(1)
        };
        let second = client.call(&again, FETCH).await?;
        let whole = [&first, &second].map(|answer| {
            let records = answer.responses[0].partitions[0].records.clone().unwrap();
            batches(&records).next().unwrap().is_ok_and(|batch| batch.check().is_ok())
        });
        assert_eq!((whole, flipped.hits(), counted.hits()), ([true, false], 1, 2));
        Ok(())
    }

    async fn metadata_names_the_proxy_in_every_version(kafka) {
        let proxy = in_front_of(kafka).await?;
        assert_ne!(proxy.bootstrap_servers(), kafka.bootstrap_servers());
        let mut client = Client::to(&proxy).await?;
        for version in versions(&mut client, ApiKey::METADATA).await? {
            let seen = client.call(&MetadataRequest::default(), version).await?;
            let [broker] = seen.brokers.as_slice() else { return Err("not one broker".into()) };
            assert_eq!(format!("{}:{}", broker.host, broker.port), proxy.bootstrap_servers(), "{version}");
        }
        Ok(())
    }

    async fn coordinators_are_at_the_proxy_in_every_version(kafka) {
        let proxy = in_front_of(kafka).await?;
        let mut client = Client::to(&proxy).await?;
        for version in versions(&mut client, ApiKey::FIND_COORDINATOR).await? {
            let address = loop {
                match coordinator(&mut client, version).await? {
                    Err(ErrorCode::COORDINATOR_NOT_AVAILABLE) => sleep(Duration::from_millis(50)).await,
                    found => break found,
                }
            };
            assert_eq!(address, Ok(proxy.bootstrap_servers().to_owned()), "{version}");
        }
        Ok(())
    }

    async fn describe_cluster_names_the_proxy_in_every_version(kafka) {
        let proxy = in_front_of(kafka).await?;
        let mut client = Client::to(&proxy).await?;
        for version in versions(&mut client, ApiKey::DESCRIBE_CLUSTER).await? {
            let seen = client.call(&DescribeClusterRequest::default(), version).await?;
            let [broker] = seen.brokers.as_slice() else { return Err("not one broker".into()) };
            assert_eq!(format!("{}:{}", broker.host, broker.port), proxy.bootstrap_servers(), "{version}");
        }
        Ok(())
    }

    async fn javas_tools_go_through_the_proxy_and_not_around_it(kafka) {
        let proxy = in_front_of(kafka).await?;
        let topic = Topic::create(kafka).await?;
        let count = |api| intercept(&proxy, Rule::on(api).topic(&topic.name));
        let (produced, fetched) = (count(Api::Produce), count(Api::Fetch));
        let producer = kafka.console_producer_at(proxy.bootstrap_servers()).args(["--topic", &topic.name]);
        let written = producer.stdin("a\nb\nc\n").run().await?;
        assert!(written.success(), "{written:?}");
        let connected = proxy.connections()[&1];
        assert!(produced.hits() >= 1 && connected >= 1, "{} {connected}", produced.hits());

        let read = |limit: &'static str| {
            let consumer = kafka.console_consumer_at(proxy.bootstrap_servers());
            consumer.args(["--topic", &topic.name, "--from-beginning", "--max-messages", "3", "--timeout-ms", limit])
        };
        let all = read("20000").run().await?;
        assert_eq!(all.text(), "a\nb\nc\n", "{all:?}");
        assert!(fetched.hits() >= 1 && proxy.connections()[&1] > connected, "{}", fetched.hits());

        // If there were a way around, records would come.
        intercept(&proxy, Rule::on(Api::Fetch).topic(&topic.name).always().react(Reaction::ResetBefore));
        let nothing = read("3000").run().await?;
        assert_eq!(nothing.text(), "", "{nothing:?}");
        Ok(())
    }

    async fn javas_producer_survives_what_chance_does_to_it(kafka) {
        let resets = Rule::on(Api::Produce).chance(0.3).react(Reaction::ResetAfter);
        let cuts = Rule::on_any().chance(0.05).react(Reaction::CutAnswer(40));
        let proxy = TestProxy::in_front_of(kafka.bootstrap_servers()).seed(7).rule(resets).rule(cuts).start().await?;
        let mut topic = Topic::create(kafka).await?;
        let lines: String = (0..50).map(|line| format!("{line}\n")).collect();
        let producer = kafka.console_producer_at(proxy.bootstrap_servers()).args(["--topic", &topic.name]);
        let producer = producer
            .args(["--producer-property", "enable.idempotence=true", "--request-required-acks", "all"])
            .args(["--message-send-max-retries", "1000", "--max-partition-memory-bytes", "100"]);
        let written = producer.stdin(lines).run().await?;
        assert!(written.success(), "{written:?}");
        assert_eq!(topic.offset().await?, 50, "{}\n{written:?}", proxy.log());
        assert!(!proxy.log().actions().is_empty());
        Ok(())
    }
}

/// A follower names the leader in its refusal (KIP-951).
#[tokio::test]
async fn a_new_leader_is_at_the_proxy() -> TestResult {
    if !Providers::here().run_jvm("a_new_leader_is_at_the_proxy")? {
        return Ok(());
    }
    let kafka = TestKafka::jvm().nodes(2).topic("orders", 1).start().await?;
    let proxy = in_front_of(&kafka).await?;
    let mut client = Client::to(&proxy).await?;
    let topic = MetadataRequestTopic { name: Some("orders".into()), ..Default::default() };
    let request = MetadataRequest { topics: Some(vec![topic]), ..Default::default() };
    let topic = client.call(&request, 12).await?.topics.remove(0);
    let leader = topic.partitions[0].leader_id;
    let addresses = proxy.addresses();
    let follower = addresses.iter().find(|(id, _)| **id != leader).ok_or("no follower")?.1;
    let at_proxy = (leader, addresses[&leader].to_string());

    let mut client = Client::connect(&follower.to_string()).await?;
    let partition_data = vec![PartitionProduceData { index: 0, records: Some(record()) }];
    let named = TopicProduceData { name: "orders".into(), partition_data, ..Default::default() };
    let request =
        ProduceRequest { acks: -1, timeout_ms: 5_000, topic_data: vec![named], ..Default::default() };
    let answer = client.call(&request, 12).await?;
    let code = answer.responses[0].partition_responses[0].error_code;
    assert_eq!(code, ErrorCode::NOT_LEADER_OR_FOLLOWER);
    let [node] = answer.node_endpoints.as_slice() else { return Err("no endpoint".into()) };
    assert_eq!((node.node_id, format!("{}:{}", node.host, node.port)), at_proxy);

    let partition = FetchPartition::default();
    let topics =
        vec![FetchTopic { topic_id: topic.topic_id, partitions: vec![partition], ..Default::default() }];
    let request = FetchRequest { max_wait_ms: 100, max_bytes: 1000, topics, ..Default::default() };
    let counted = intercept(&proxy, Rule::on(Api::Fetch).topic("orders"));
    client.call(&request, 16).await?;
    assert_eq!(counted.hits(), 1, "the topic is known by its id");
    Ok(())
}
