//! Sequence numbers and epochs at their ends, and brokers that have forgotten a producer.

use crate::common::{EMBEDDED, NEWEST, OLDEST, broker, delete_before, everywhere, kafka, new_topic, values};
use bytes::Bytes;
use kafka_sdk::raw::Route;
use kafka_sdk::{ErrorCode, Kafka, Result, Written};
use kafka_sdk_protocol::api::produce::{PartitionProduceData, TopicProduceData};
use kafka_sdk_protocol::api::{InitProducerIdRequest, InitProducerIdResponse, ProduceRequest};
use kafka_sdk_protocol::message::response_frame;
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(10);

/// A producer id that nobody uses.
async fn new_id(kafka: &Kafka) -> Result<i64> {
    let request = |_| InitProducerIdRequest {
        transactional_id: None,
        transaction_timeout_ms: i32::MAX,
        ..Default::default()
    };
    let response = kafka.raw().call(&Route::Any, WITHIN, request).await?;
    assert_eq!(response.error_code, ErrorCode::NONE);
    Ok(response.producer_id)
}

/// Older brokers take no large number as a producer's first.
#[tokio::test]
async fn behind_the_largest_sequence_comes_0_also_for_brokers() -> Result<()> {
    for version in [EMBEDDED, NEWEST] {
        let test = "sequences::behind_the_largest_sequence_comes_0_also_for_brokers";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "wrap", 1).await?;
        let id = new_id(&kafka).await?;
        let route = Route::Leader((topic.as_str(), 0).into());
        for (base_sequence, expected) in [
            (i32::MAX - 1, ErrorCode::NONE),
            // Three records before were MAX - 1, MAX and 0.
            (2, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER),
            (1, ErrorCode::NONE),
        ] {
            let mut batch = BatchBuilder::new(Vec::new());
            for _ in 0..3 {
                batch.append(0, None, Some(b"x"), std::iter::empty());
            }
            let bytes: Bytes = batch.seal(ProducerStamp { id, epoch: 0, base_sequence }).into();
            let partition = PartitionProduceData { index: 0, records: Some(bytes) };
            let data = TopicProduceData {
                name: topic.clone(),
                partition_data: vec![partition],
                ..Default::default()
            };
            let request = |_| ProduceRequest {
                transactional_id: None,
                acks: -1,
                timeout_ms: 5_000,
                topic_data: vec![data.clone()],
            };
            // Up to version 12 topics go by name.
            let response = kafka.raw().call_up_to(12, &route, WITHIN, request).await?;
            let code = response.responses[0].partition_responses[0].error_code;
            assert_eq!(code, expected, "{version}: {base_sequence}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn when_the_epochs_run_out_another_id_is_asked_for() -> Result<()> {
    for version in everywhere() {
        let test = "sequences::when_the_epochs_run_out_another_id_is_asked_for";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let direct = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&direct, "epochs", 1).await?;
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let last = InitProducerIdResponse {
            producer_id: new_id(&direct).await?,
            producer_epoch: i16::MAX - 1,
            ..Default::default()
        };
        // Version 1 is what all of them speak; later ones are flexible.
        let api_version = if version == OLDEST { 1 } else { 5 };
        let frame = response_frame::<InitProducerIdRequest>(&last, api_version, 0).unwrap().concat();
        let asked =
            proxy.intercept(Rule::on(Api::InitProducerId).react(Reaction::Replace(frame[8..].to_vec())));
        let asked = asked.unwrap();
        let producer = Kafka::connect(proxy.bootstrap_servers()).await?.producer().await?;
        producer.send(&topic, "under the last epoch but one").await?;
        assert_eq!(asked.hits(), 1);
        let again = proxy.intercept(Rule::on(Api::InitProducerId).always()).unwrap();
        for n in 0..2 {
            let refusal = Reaction::Answer(ErrorCode::INVALID_RECORD);
            proxy.intercept(Rule::on(Api::Produce).topic(&topic).react(refusal)).unwrap();
            let error = producer.send(&topic, "refused").await.unwrap_err();
            assert_eq!(error.written(), Written::No, "{error}");
            assert_eq!(again.hits(), 0);
            producer.send(&topic, format!("after refusal {n}")).await?;
        }
        assert_eq!(again.hits(), 1, "{version}: an epoch was left, and then none");
        let expected = ["under the last epoch but one", "after refusal 0", "after refusal 1"];
        assert_eq!(values(&direct, &topic).await?, expected, "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn an_id_that_a_young_broker_cannot_give_yet_is_asked_for_again() -> Result<()> {
    for version in everywhere() {
        let test = "sequences::an_id_that_a_young_broker_cannot_give_yet_is_asked_for_again";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let loading = Reaction::Answer(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS);
        let asked = proxy.intercept(Rule::on(Api::InitProducerId).times(3).react(loading)).unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "young", 1).await?;
        kafka.producer().await?.send(&topic, "x").await?;
        assert_eq!(asked.hits(), 3, "{version}");
    }
    Ok(())
}

/// Up to 2.4 a broker forgets a producer of which no record is left.
#[tokio::test]
async fn a_producer_whose_records_are_all_deleted_goes_on() -> Result<()> {
    for version in everywhere() {
        let test = "sequences::a_producer_whose_records_are_all_deleted_goes_on";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = new_topic(&kafka, "deleted", 1).await?;
        let producer = kafka.producer().batch_size(1).await?;
        for n in 0..3 {
            producer.send(&topic, n.to_string()).await?;
        }
        delete_before(&kafka, &topic, -1).await?;
        let mut deliveries = Vec::new();
        for n in 3..20 {
            deliveries.push(producer.enqueue(&topic, n.to_string()).await?);
        }
        for (offset, delivery) in (3..).zip(deliveries) {
            assert_eq!(delivery.await?.offset, offset, "{version}");
        }
        assert!(values(&kafka, &topic).await?.into_iter().eq((3..20).map(|n| n.to_string())), "{version}");
    }
    Ok(())
}

#[tokio::test]
async fn a_broker_that_misses_what_it_acknowledged_is_no_success_and_what_follows_is_written() -> Result<()> {
    for version in everywhere() {
        let test =
            "sequences::a_broker_that_misses_what_it_acknowledged_is_no_success_and_what_follows_is_written";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let direct = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&direct, "misses", 1).await?;
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let on_produce = |reaction| Rule::on(Api::Produce).topic(&topic).react(reaction);
        let misses = on_produce(Reaction::Answer(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER));
        let producer = Kafka::connect(proxy.bootstrap_servers()).await?.producer().await?;
        producer.send(&topic, "first").await?;
        // It was not tried before, so it is certainly not there.
        proxy.intercept(misses.clone()).unwrap();
        let error = producer.send(&topic, "refused").await.unwrap_err();
        assert!(error.is(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER), "{error}");
        assert_eq!(error.written(), Written::No, "{version}");
        producer.send(&topic, "second").await?;
        // The first attempt may have been written, and here it was.
        proxy.intercept(on_produce(Reaction::ResetAfter)).unwrap();
        proxy.intercept(misses.nth(2)).unwrap();
        let error = producer.send(&topic, "in doubt").await.unwrap_err();
        assert!(error.is(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER), "{error}");
        assert_eq!(error.written(), Written::Maybe, "{version}");
        producer.send(&topic, "third").await?;
        assert_eq!(values(&direct, &topic).await?, ["first", "second", "in doubt", "third"], "{version}");
    }
    Ok(())
}
