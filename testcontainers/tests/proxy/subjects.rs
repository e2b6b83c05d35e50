//! Rules for topics and partitions.

use kafka_sdk_protocol::api::fetch::{FetchPartition, FetchTopic};
use kafka_sdk_protocol::api::metadata::MetadataRequestTopic;
use kafka_sdk_protocol::api::produce::{PartitionProduceData, TopicProduceData};
use kafka_sdk_protocol::api::{FetchRequest, MetadataRequest, ProduceRequest};
use kafka_sdk_testcontainers::{Api, ErrorCode, Reaction, Rule};

use crate::client::{Client, TestResult, intercept};
use crate::scripted::{SESSION, Scripted, TOPIC_ID};

fn produce(topic: TopicProduceData, index: i32) -> ProduceRequest {
    let partition_data = vec![PartitionProduceData { index, ..Default::default() }];
    let topic_data = vec![TopicProduceData { partition_data, ..topic }];
    ProduceRequest { acks: -1, topic_data, ..Default::default() }
}

#[tokio::test]
async fn a_rule_for_a_partition_sees_its_requests_by_name_and_by_id() -> TestResult {
    let (_scripted, proxy) = Scripted::behind_a_proxy().await;
    let mut client = Client::to(&proxy).await?;
    let topic = MetadataRequestTopic { name: Some("orders".into()), ..Default::default() };
    client.call(&MetadataRequest { topics: Some(vec![topic]), ..Default::default() }, 12).await?;
    let code = ErrorCode::NOT_LEADER_OR_FOLLOWER;
    let rule = Rule::on(Api::Produce).topic("orders").partition(1).times(2);
    let armed = intercept(&proxy, rule.react(Reaction::Answer(code)));
    let named = |name: &str| TopicProduceData { name: name.into(), ..Default::default() };
    let mut codes = Vec::new();
    for request in [produce(named("orders"), 0), produce(named("payments"), 1), produce(named("orders"), 1)] {
        let answer = client.call(&request, 9).await?;
        codes.extend(answer.responses.iter().flat_map(|it| &it.partition_responses).map(|it| it.error_code));
    }
    assert_eq!((armed.hits(), codes), (1, vec![code]));
    let by_id = TopicProduceData { topic_id: TOPIC_ID, ..Default::default() };
    let answer = client.call(&produce(by_id, 1), 13).await?;
    assert_eq!(answer.responses[0].partition_responses[0].error_code, code);
    assert_eq!((armed.hits(), answer.responses[0].topic_id), (2, TOPIC_ID));
    Ok(())
}

#[tokio::test]
async fn a_rule_for_a_topic_sees_fetches_that_leave_it_out_in_their_session() -> TestResult {
    let (_scripted, proxy) = Scripted::behind_a_proxy().await;
    let armed = intercept(&proxy, Rule::on(Api::Fetch).topic("orders").partition(3));
    let mut client = Client::to(&proxy).await?;
    let partitions = vec![FetchPartition { partition: 3, ..Default::default() }];
    let topics = vec![FetchTopic { topic: "orders".into(), partitions, ..Default::default() }];
    client.call(&FetchRequest { topics, session_epoch: 0, ..Default::default() }, 12).await?;
    let next = FetchRequest { session_id: SESSION, session_epoch: 1, ..Default::default() };
    client.call(&next, 12).await?;
    assert_eq!(armed.hits(), 2);
    let code = ErrorCode::NOT_LEADER_OR_FOLLOWER;
    intercept(&proxy, Rule::on(Api::Fetch).react(Reaction::Answer(code)));
    let refused = client.call(&FetchRequest { session_epoch: 2, ..next }, 12).await?;
    let partition = &refused.responses[0].partitions[0];
    assert_eq!((partition.partition_index, partition.error_code, refused.session_id), (3, code, 0));
    Ok(())
}
