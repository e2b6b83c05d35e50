//! Each reaction, and what it does.

use std::time::Duration;

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::{InitProducerIdRequest, MetadataRequest, ProduceRequest};
use kafka_sdk_protocol::message::decode_response;
use kafka_sdk_protocol::records::batches;
use kafka_sdk_testcontainers::{Api, ApiKey, Error, Reaction, Rule, TestKafka};
use tokio::time::{Instant, timeout};

use crate::common::{Client, FETCH_BY_NAME, PRODUCE_BY_NAME, TestResult, fetch, plain, produce, records};

/// How many records partition 0 has.
async fn written(kafka: &TestKafka) -> std::io::Result<i64> {
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    Ok(client.list_offset("orders", 0, -1).await?.offset)
}

#[tokio::test]
async fn an_error_is_answered_for_the_partition_and_nothing_is_written() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 2).start().await?;
    let reaction = Reaction::Answer(ErrorCode::NOT_ENOUGH_REPLICAS);
    let rule = Rule::on(ApiKey::PRODUCE).topic("orders").partition(0).times(1).react(reaction);
    let armed = kafka.intercept(rule)?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let mut both = produce("orders", 0, plain(&["x"]), -1);
    both.topic_data[0]
        .partition_data
        .extend(produce("orders", 1, plain(&["y"]), -1).topic_data.remove(0).partition_data);
    let answer = client.ask(&both, PRODUCE_BY_NAME).await?;
    let codes: Vec<ErrorCode> =
        answer.responses[0].partition_responses.iter().map(|it| it.error_code).collect();
    assert_eq!(codes, [ErrorCode::NOT_ENOUGH_REPLICAS, ErrorCode::NONE]);
    assert_eq!((written(&kafka).await?, armed.hits()), (0, 1));
    assert_eq!(client.produce("orders", 0, plain(&["x"])).await?.error_code, ErrorCode::NONE);
    Ok(())
}

#[tokio::test]
async fn an_error_is_answered_by_apis_without_topics_too() -> TestResult {
    let kafka = TestKafka::embedded().start().await?;
    let loading = ErrorCode::COORDINATOR_LOAD_IN_PROGRESS;
    kafka.intercept(Rule::on(ApiKey::INIT_PRODUCER_ID).nth(2).react(Reaction::Answer(loading)))?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let request = InitProducerIdRequest { transactional_id: None, ..Default::default() };
    for code in [ErrorCode::NONE, loading, ErrorCode::NONE] {
        assert_eq!(client.ask(&request, 4).await?.error_code, code);
    }
    Ok(())
}

#[tokio::test]
async fn a_delayed_request_is_carried_out_at_once_and_answered_later() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let delay = Duration::from_millis(300);
    let armed = kafka.intercept(Rule::on(ApiKey::PRODUCE).react(Reaction::Delay(delay)))?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let begin = Instant::now();
    client.send(&produce("orders", 0, plain(&["x"]), -1), PRODUCE_BY_NAME).await?;
    while written(&kafka).await? == 0 {}
    assert!(begin.elapsed() < delay);
    let answer = client.receive::<ProduceRequest>(PRODUCE_BY_NAME).await?;
    assert!(begin.elapsed() >= delay);
    assert_eq!(answer.responses[0].partition_responses[0].error_code, ErrorCode::NONE);
    assert_eq!(armed.hits(), 1);
    Ok(())
}

#[tokio::test]
async fn a_connection_is_dropped_before_or_after_the_records_are_written() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let before = kafka.intercept(Rule::on(ApiKey::PRODUCE).nth(1).react(Reaction::DropBefore))?;
    let after = kafka.intercept(Rule::on(ApiKey::PRODUCE).nth(2).react(Reaction::DropAfter))?;
    for expected in [0, 1] {
        let mut client = Client::connect(kafka.bootstrap_servers()).await?;
        client.send(&produce("orders", 0, plain(&["x"]), -1), PRODUCE_BY_NAME).await?;
        assert!(client.is_closed().await);
        assert_eq!(written(&kafka).await?, expected);
    }
    assert_eq!((before.hits(), after.hits()), (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_held_request_is_carried_out_when_it_is_released_even_if_its_connection_is_gone() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let armed = kafka.intercept(Rule::on(ApiKey::PRODUCE).nth(1).react(Reaction::Hold))?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    client.send(&produce("orders", 0, plain(&["x"]), -1), PRODUCE_BY_NAME).await?;
    let nothing = client.receive::<ProduceRequest>(PRODUCE_BY_NAME);
    assert!(timeout(Duration::from_millis(50), nothing).await.is_err());
    assert_eq!((written(&kafka).await?, armed.hits()), (0, 1));
    drop(client);
    armed.release();
    let begin = Instant::now();
    while written(&kafka).await? == 0 {
        assert!(begin.elapsed() < Duration::from_secs(10));
    }
    Ok(())
}

#[tokio::test]
async fn corrupt_records_have_a_wrong_checksum_and_the_log_is_as_it_was() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    client.produce("orders", 0, plain(&["x"])).await?;
    let armed = kafka.intercept(Rule::on(Api::Fetch).topic("orders").react(Reaction::FlipRecordBit))?;
    let bent = client.fetch("orders", 0, 0).await?;
    assert_eq!(bent.error_code, ErrorCode::NONE);
    let batch = batches(bent.records.as_ref().ok_or("no records")?).next().ok_or("no batch")??;
    assert!(batch.check().is_err());
    assert_eq!(records(&client.fetch("orders", 0, 0).await?).len(), 1);
    assert_eq!(armed.hits(), 1);
    Ok(())
}

#[tokio::test]
async fn a_corrupt_answer_of_another_api_cannot_be_read() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    // The first bit of a length, behind correlation id, tagged fields and throttle time.
    kafka.intercept(Rule::on(Api::Metadata).react(Reaction::FlipBit(8 * 9)))?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    client.send(&MetadataRequest::default(), 12).await?;
    let frame = client.receive_frame().await?;
    assert_eq!(frame[..4], 7i32.to_be_bytes());
    assert!(decode_response::<MetadataRequest>(&frame, 12).is_err());
    Ok(())
}

#[tokio::test]
async fn a_leadership_moves_before_the_request_is_carried_out() -> TestResult {
    let kafka = TestKafka::embedded().nodes(3).topic("orders", 2).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let leader = client.metadata(&["orders"]).await?.topics[0].partitions[0].leader_id;
    let rule = Rule::on(ApiKey::PRODUCE).topic("orders").partition(0).nth(1).react(Reaction::MoveLeader);
    kafka.intercept(rule)?;
    let mut at_leader = Client::connect(kafka.node(leader)?.address()).await?;
    let refused = at_leader.produce("orders", 0, plain(&["x"])).await?;
    assert_eq!(refused.error_code, ErrorCode::NOT_LEADER_OR_FOLLOWER);
    let seen = client.metadata(&["orders"]).await?.topics.remove(0).partitions;
    assert_eq!((seen[0].leader_epoch, seen[1].leader_epoch), (1, 0));
    assert_eq!(refused.current_leader.leader_id, seen[0].leader_id);
    assert_ne!(seen[0].leader_id, leader);
    let mut old = fetch("orders", &[(0, 0)]);
    old.topics[0].partitions[0].current_leader_epoch = 0;
    let fenced = at_leader.ask(&old, FETCH_BY_NAME).await?;
    assert_eq!(fenced.responses[0].partitions[0].error_code, ErrorCode::FENCED_LEADER_EPOCH);
    Ok(())
}

#[tokio::test]
async fn a_rule_for_one_node_leaves_the_others_alone() -> TestResult {
    let kafka = TestKafka::embedded().nodes(2).start().await?;
    let armed = kafka.intercept(Rule::on(ApiKey::METADATA).node(2).react(Reaction::DropBefore))?;
    Client::connect(kafka.node(1)?.address()).await?.metadata(&[]).await?;
    assert!(Client::connect(kafka.node(2)?.address()).await?.metadata(&[]).await.is_err());
    assert_eq!(armed.hits(), 1);
    armed.disarm();
    Client::connect(kafka.node(2)?.address()).await?.metadata(&[]).await?;
    Ok(())
}

#[tokio::test]
async fn a_reaction_that_concerns_the_wire_is_not_armed() -> TestResult {
    let kafka = TestKafka::embedded().start().await?;
    let refused = kafka.intercept(Rule::on(Api::Fetch).react(Reaction::ResetAfter));
    assert!(matches!(refused, Err(Error::Rule { .. })), "{refused:?}");
    Ok(())
}
