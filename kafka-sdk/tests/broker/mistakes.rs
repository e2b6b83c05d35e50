//! The commonest mistakes, each with what its error says: what is wrong, and what to do about it.

use crate::common::{NEWEST, OLDEST, broker, everywhere, guarded, kafka, new_topic, unique, until};
use crate::forwarder::{Advertised, Forwarder};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::raw::Route;
use kafka_sdk::{Advice, ApiKey, Error, ErrorCode, ErrorKind, Kafka, Offset, Result, Written};
use kafka_sdk_protocol::api::CreateAclsRequest;
use kafka_sdk_protocol::api::create_acls::AclCreation;
use kafka_sdk_testcontainers::{Api, Providers, Reaction, Rule, SecurityProtocol, TestKafka, TestProxy};
use std::error::Error as _;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

/// Of what kind the error is, what to do about it, whether anything was written; and that it says `text`, in one sentence
/// and on one level.
fn expect(error: &Error, what: (ErrorKind, Advice, Written), text: &str) {
    let shown = error.to_string();
    assert!(shown.contains(text), "{shown}\ndoes not say: {text}");
    assert_eq!((error.kind(), error.advice(), error.written()), what, "{error:#}");
    assert!(!shown.ends_with('.') && !shown.contains(". ") && !shown.contains('\n'), "one sentence: {shown}");
    let mut cause = error.source();
    while let Some(source) = cause {
        assert!(!shown.contains(&source.to_string()), "one level: {shown}");
        cause = source.source();
    }
    let debug = format!("{error:?} {error:#}");
    assert!(!debug.contains("secret"), "{debug}");
}

const CONNECT: (ErrorKind, Advice, Written) = (ErrorKind::Connect, Advice::Retry, Written::No);
const NOT_ALLOWED: (ErrorKind, Advice, Written) = (ErrorKind::Authorize, Advice::GiveUp, Written::No);
const REFUSED: (ErrorKind, Advice, Written) = (ErrorKind::Broker, Advice::GiveUp, Written::No);

async fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn nothing_listens_at_the_address() {
    let address = format!("127.0.0.1:{}", closed_port().await);
    let error = Kafka::builder(&address).connect_timeout(SECOND).await.unwrap_err();
    let text = format!("nothing listens at {address}: is the broker running, and the port right?");
    expect(&error, CONNECT, &text);
    assert_eq!(error.broker(), Some(address.as_str()));
    assert!(error.source().unwrap().to_string().contains("refused"), "{error:#}");
}

#[tokio::test]
async fn nobody_knows_the_name() {
    let error = Kafka::builder("no-such-host.invalid:9092").connect_timeout(SECOND).await.unwrap_err();
    expect(&error, CONNECT, "no address is known for the name in no-such-host.invalid:9092: is it right");
}

#[tokio::test]
async fn the_advertised_address_cannot_be_reached() -> Result<()> {
    for version in everywhere() {
        let test = "mistakes::the_advertised_address_cannot_be_reached";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let direct = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&direct, "advertised", 1).await?;
        let closed = closed_port().await;
        let forwarder = Forwarder::start(broker.bootstrap_servers(), Advertised::Other(closed)).await;
        let bootstrap = &forwarder.address;
        // The metadata comes from the bootstrap address; the leader is where nobody is.
        let builder = Kafka::builder(bootstrap).api_timeout(SECOND).request_timeout(SECOND / 2);
        let kafka = builder.await?;
        let error = kafka.reader().topic(&topic, Offset::Earliest).await.unwrap_err();
        let text = format!(
            "advertises 127.0.0.1:{closed}, and cannot be reached there, unlike the bootstrap \
                            address ({bootstrap}): is it running, and is its advertised.listeners right"
        );
        expect(&error, CONNECT, &text);
        assert!(error.source().unwrap().to_string().contains("nothing listens at"), "{error:#}");
        // A producer tries until the record's time is over; then that is the cause.
        let producer = kafka.producer().delivery_timeout(SECOND).await?;
        let error = producer.send(&topic, "v").await.unwrap_err();
        expect(
            &error,
            (ErrorKind::Timeout, Advice::Retry, Written::No),
            "not sent within delivery.timeout.ms (1s)",
        );
        assert!(format!("{error:#}").contains(&text), "{error:#}");
    }
    Ok(())
}

#[tokio::test]
async fn a_tls_listener_is_spoken_to_in_plaintext() {
    for version in [OLDEST, NEWEST] {
        let test = "mistakes::a_tls_listener_is_spoken_to_in_plaintext";
        let Some(cluster) = guarded(version, test).await else { return };
        for protocol in [SecurityProtocol::Ssl, SecurityProtocol::SaslSsl] {
            let address = cluster.endpoint(protocol).unwrap().bootstrap_servers();
            let start = Instant::now();
            let error = Kafka::connect(address).await.unwrap_err();
            assert!(start.elapsed() < 5 * SECOND, "it does not try again: {:?}", start.elapsed());
            let text = format!(
                "{address} is a TLS listener, and was spoken to in plaintext: use the broker's \
                                plaintext port"
            );
            expect(&error, (ErrorKind::Connect, Advice::GiveUp, Written::No), &text);
        }
    }
}

#[tokio::test]
async fn a_listener_wants_a_login() {
    for version in [OLDEST, NEWEST] {
        let Some(cluster) = guarded(version, "mistakes::a_listener_wants_a_login").await else { return };
        let address = cluster.endpoint(SecurityProtocol::SaslPlaintext).unwrap().bootstrap_servers();
        let error = Kafka::builder(address).connect_timeout(SECOND).await.unwrap_err();
        expect(
            &error,
            CONNECT,
            &format!(
                "{address} told its versions, and closed the connection at the next request: \
                                          it wants a login (SASL)"
            ),
        );
    }
}

#[tokio::test]
async fn a_topic_does_not_exist_and_is_not_created() -> Result<()> {
    for version in [OLDEST, NEWEST] {
        let test = "mistakes::a_topic_does_not_exist_and_is_not_created";
        let Some(cluster) = guarded(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(cluster.bootstrap_servers()).await?;
        let hurried = kafka.producer().max_block(SECOND).await?;
        let start = Instant::now();
        let error = hurried.send("nowhere", "v").await.unwrap_err();
        assert!(start.elapsed() < 2 * SECOND);
        expect(
            &error,
            REFUSED,
            "topic \"nowhere\" does not exist, and the brokers do not create it by themselves \
                                 (auto.create.topics.enable): create it",
        );
        assert!(error.is(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
        assert_eq!((error.topic(), error.api()), (Some("nowhere"), Some(ApiKey::METADATA)));
        let patient = kafka.producer().await?;
        let start = Instant::now();
        assert!(patient.topic("nowhere").await.is_err());
        assert!(start.elapsed() < 7 * SECOND, "a minute would be too long for a typing error");
        let error = kafka.reader().topic("nowhere", Offset::Earliest).await.unwrap_err();
        expect(&error, REFUSED, "topic \"nowhere\" does not exist: create it");
    }
    Ok(())
}

/// Lets `principal` do `operation`, and nobody anything else.
pub(crate) async fn allow(kafka: &Kafka, resource: (i8, &str), principal: &str, operation: i8) -> Result<()> {
    let creation = AclCreation {
        resource_type: resource.0,
        resource_name: resource.1.to_owned(),
        resource_pattern_type: 3,
        principal: principal.to_owned(),
        host: "*".to_owned(),
        operation,
        permission_type: 3,
    };
    let request = CreateAclsRequest { creations: vec![creation] };
    let answer = kafka.raw().call(&Route::Controller, 10 * SECOND, |_| request.clone()).await?;
    assert_eq!(answer.results[0].error_code, ErrorCode::NONE, "{answer:?}");
    Ok(())
}

const TOPIC: i8 = 2;
const CLUSTER: i8 = 4;
const READ: i8 = 3;
const WRITE: i8 = 4;
const IDEMPOTENT_WRITE: i8 = 12;

/// Tries until it is not allowed: brokers learn of an ACL a little later.
async fn not_allowed(what: &str, attempt: impl AsyncFn() -> Result<()>) -> Result<Error> {
    let mut refused = None;
    until(what, async || {
        refused = attempt().await.err();
        Ok(refused.is_some())
    })
    .await?;
    Ok(refused.unwrap())
}

#[tokio::test]
async fn a_permission_is_missing() -> Result<()> {
    for version in [OLDEST, NEWEST] {
        let Some(cluster) = guarded(version, "mistakes::a_permission_is_missing").await else {
            return Ok(());
        };
        let kafka = Kafka::connect(cluster.bootstrap_servers()).await?;
        let nobody = "User:ANONYMOUS, as whom this client acts without a login, needs the";
        let producer = kafka.producer().await?;

        let topic = new_topic(&kafka, "read-only", 1).await?;
        producer.send(&topic, "before").await?;
        allow(&kafka, (TOPIC, &topic), "User:ANONYMOUS", READ).await?;
        let error = not_allowed("no write", async || producer.send(&topic, "v").await.map(drop)).await?;
        let text = format!(
            "writing to {topic}-0 is not allowed (TOPIC_AUTHORIZATION_FAILED (29)): {nobody} Write \
                            permission on topic \"{topic}\""
        );
        expect(&error, NOT_ALLOWED, &text);
        assert_eq!((error.topic(), error.partition()), (Some(topic.as_str()), Some(0)));
        assert_eq!((error.api(), error.code().map(|c| c.0)), (Some(ApiKey::PRODUCE), Some(29)));
        if version == OLDEST {
            // Later ones let whoever may delete in the cluster delete any topic.
            let error = kafka.admin().delete_topics([&topic]).await?.all().unwrap_err();
            expect(&error, NOT_ALLOWED, &format!("to delete topic \"{topic}\" is not allowed"));
        }

        let topic = new_topic(&kafka, "write-only", 1).await?;
        producer.send(&topic, "v").await?;
        allow(&kafka, (TOPIC, &topic), "User:ANONYMOUS", WRITE).await?;
        let error = not_allowed("no read", async || {
            let mut reader = kafka.reader().topic(&topic, Offset::Earliest).await?;
            reader.next().await.unwrap().map(drop)
        });
        let error = error.await?;
        let text = format!(
            "reading {topic}-0 is not allowed (TOPIC_AUTHORIZATION_FAILED (29)): {nobody} Read \
                            permission on topic \"{topic}\""
        );
        expect(&error, NOT_ALLOWED, &text);
        assert_eq!((error.topic(), error.api()), (Some(topic.as_str()), Some(ApiKey::FETCH)));

        let topic = new_topic(&kafka, "hidden", 1).await?;
        allow(&kafka, (TOPIC, &topic), "User:alice", READ).await?;
        let look_up = async || kafka.reader().topic(&topic, Offset::Earliest).await.map(drop);
        let error = not_allowed("hidden", look_up).await?;
        let text = format!(
            "looking up topic \"{topic}\" is not allowed (TOPIC_AUTHORIZATION_FAILED (29)): {nobody} \
                            Read permission (or Describe) on it"
        );
        expect(&error, NOT_ALLOWED, &text);
        // Another client: this one may have looked the topic up before the broker had the rule.
        let producer = Kafka::connect(cluster.bootstrap_servers()).await?.producer().await?;
        let error = producer.send(&topic, "v").await.unwrap_err();
        expect(&error, NOT_ALLOWED, "needs the Write permission (or Describe) on it");
    }
    Ok(())
}

/// On a broker of its own: others could do nothing on it afterwards.
#[tokio::test]
async fn an_idempotent_producer_is_not_allowed_on_an_old_broker() -> Result<()> {
    if !Providers::here().run_jvm("mistakes::an_idempotent_producer_is_not_allowed_on_an_old_broker").unwrap()
    {
        return Ok(());
    }
    let builder = TestKafka::jvm().version(OLDEST).acls().property("super.users", "User:nobody");
    let broker = builder.property("allow.everyone.if.no.acl.found", "true").start().await.unwrap();
    let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
    let topic = new_topic(&kafka, "not-idempotent", 1).await?;
    allow(&kafka, (CLUSTER, "kafka-cluster"), "User:alice", IDEMPOTENT_WRITE).await?;
    let attempt = async || kafka.producer().await?.send(&topic, "v").await.map(drop);
    let error = not_allowed("no producer id", attempt).await?;
    expect(&error, NOT_ALLOWED, "an idempotent producer is not allowed (CLUSTER_AUTHORIZATION_FAILED (31))");
    assert!(error.to_string().contains("IdempotentWrite permission on the cluster"), "{error}");
    assert_eq!(error.api(), Some(ApiKey::INIT_PRODUCER_ID));
    Ok(())
}

#[tokio::test]
async fn a_record_is_larger_than_the_producer_sends() -> Result<()> {
    let test = "mistakes::a_record_is_larger_than_the_producer_sends";
    let Some(kafka) = kafka(NEWEST, test).await else { return Ok(()) };
    let topic = new_topic(&kafka, "large", 1).await?;
    let error = kafka.producer().await?.send(&topic, vec![0; 2 << 20]).await.unwrap_err();
    let text = "max.request.size allows 1048576: send it in parts, or raise the setting";
    expect(&error, (ErrorKind::Settings, Advice::GiveUp, Written::No), text);
    assert_eq!((error.topic(), error.code()), (Some(topic.as_str()), Some(ErrorCode::MESSAGE_TOO_LARGE)));
    Ok(())
}

#[tokio::test]
async fn a_record_is_larger_than_the_topic_takes() -> Result<()> {
    for version in everywhere() {
        let test = "mistakes::a_record_is_larger_than_the_topic_takes";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = unique("small");
        let new = NewTopic::new(&topic).partitions(1).config("max.message.bytes", 10_000);
        kafka.admin().create_topics([new]).await?.all()?;
        // One too large among others that are not, in one batch: only that one fails.
        let producer = kafka.producer().linger(Duration::from_millis(50)).batch_size(1 << 20).await?;
        let handle = producer.topic(&topic).await?;
        let mut deliveries = Vec::new();
        for size in [100, 5_000, 20_000, 5_000, 100] {
            deliveries.push(handle.enqueue(vec![b'x'; size]).await?);
        }
        let mut outcomes = Vec::new();
        for delivery in deliveries {
            outcomes.push(delivery.await);
        }
        let failed: Vec<usize> = (0..5).filter(|&i| outcomes[i].is_err()).collect();
        assert_eq!(failed, [2], "{outcomes:?}");
        let error = outcomes[2].as_ref().unwrap_err();
        let text = format!(
            "{topic}-0: the record is larger than the topic takes (MESSAGE_TOO_LARGE (10)): send it in \
                            parts, or raise max.message.bytes of the topic"
        );
        expect(error, REFUSED, &text);
        assert_eq!((error.topic(), error.partition()), (Some(topic.as_str()), Some(0)));
        assert_eq!(error.api(), Some(ApiKey::PRODUCE));
        let offsets: Vec<i64> = outcomes.into_iter().flatten().map(|placed| placed.offset).collect();
        assert_eq!(offsets, [0, 1, 2, 3]);
    }
    Ok(())
}

#[tokio::test]
async fn a_record_runs_out_of_time_in_the_queue_or_in_flight() -> Result<()> {
    for version in everywhere() {
        let test = "mistakes::a_record_runs_out_of_time_in_the_queue_or_in_flight";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::builder(proxy.bootstrap_servers()).request_timeout(SECOND / 2).await?;
        let topic = new_topic(&kafka, "late", 1).await?;
        let producer = kafka.producer().linger(Duration::ZERO).delivery_timeout(SECOND).await?;
        let handle = producer.topic(&topic).await?;
        let swallowed = proxy.intercept(Rule::on(Api::Produce).always().react(Reaction::Swallow)).unwrap();
        let in_flight = handle.enqueue("in flight").await?;
        swallowed.wait_for_hits(1).await;
        // Before the first one is acknowledged, no second one is sent.
        let queued = handle.enqueue("queued").await?;
        let timeout = |written| (ErrorKind::Timeout, Advice::Retry, written);
        let error = in_flight.await.unwrap_err();
        let text = "sent, and not acknowledged within delivery.timeout.ms (1s): it may have been written";
        expect(&error, timeout(Written::Maybe), text);
        assert!(
            error.source().unwrap().to_string().contains("did not answer in time (request.timeout.ms)"),
            "{error:#}"
        );
        assert_eq!((error.topic(), error.partition()), (Some(topic.as_str()), Some(0)));
        let error = queued.await.unwrap_err();
        expect(&error, timeout(Written::No), "not sent within delivery.timeout.ms (1s)");
    }
    Ok(())
}

#[tokio::test]
async fn something_is_used_after_it_was_closed() -> Result<()> {
    let Some(kafka) = kafka(NEWEST, "mistakes::something_is_used_after_it_was_closed").await else {
        return Ok(());
    };
    let topic = new_topic(&kafka, "closed", 1).await?;
    let producer = kafka.producer().await?;
    producer.close().await?;
    let error = producer.send(&topic, "v").await.unwrap_err();
    let text = "the producer is closed, and takes no records: build another one";
    expect(&error, (ErrorKind::Closed, Advice::Rebuild, Written::No), text);
    Ok(())
}
