//! Produce, and what the broker remembers of producers.

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::records::ProducerStamp;
use kafka_sdk_testcontainers::TestKafka;

use crate::common::{Client, TestResult, batch, plain, produce, records};

#[tokio::test]
async fn what_is_produced_is_fetched() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    assert_eq!(client.produce("orders", 0, plain(&["a", "b"])).await?.base_offset, 0);
    assert_eq!(client.produce("orders", 0, plain(&["c"])).await?.base_offset, 2);
    let fetched = client.fetch("orders", 0, 0).await?;
    assert_eq!(records(&fetched), [(0, "a".into()), (1, "b".into()), (2, "c".into())]);
    assert_eq!((fetched.high_watermark, fetched.log_start_offset), (3, 0));
    Ok(())
}

#[tokio::test]
async fn a_duplicate_gets_the_offset_of_the_first_try_and_is_written_once() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let id = client.producer_id().await?;
    let stamped = |base_sequence| batch(&["x", "y"], ProducerStamp { id, epoch: 0, base_sequence });
    for nth in 0..6 {
        assert_eq!(client.produce("orders", 0, stamped(nth * 2)).await?.base_offset, i64::from(nth * 2));
    }
    for nth in 1..6 {
        assert_eq!(client.produce("orders", 0, stamped(nth * 2)).await?.base_offset, i64::from(nth * 2));
    }
    let forgotten = client.produce("orders", 0, stamped(0)).await?;
    assert_eq!(forgotten.error_code, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_eq!(client.fetch("orders", 0, 0).await?.high_watermark, 12);
    Ok(())
}

#[tokio::test]
async fn gaps_and_old_epochs_are_refused() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let id = client.producer_id().await?;
    assert_ne!(client.producer_id().await?, id);
    for (epoch, base_sequence, code) in [
        (1, 0, ErrorCode::NONE),
        (1, 2, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER),
        (0, 1, ErrorCode::INVALID_PRODUCER_EPOCH),
        (2, 1, ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER),
        (2, 0, ErrorCode::NONE),
        (2, 1, ErrorCode::NONE),
    ] {
        let stamp = ProducerStamp { id, epoch, base_sequence };
        let answer = client.produce("orders", 0, batch(&["x"], stamp)).await?;
        assert_eq!(answer.error_code, code, "{stamp:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_good_batch_is_refused_and_not_written() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).property("message.max.bytes", "200").start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let mut corrupt = plain(&["x"]).to_vec();
    corrupt[65] ^= 1;
    let two = Bytes::from([plain(&["x"]), plain(&["y"])].concat());
    for (name, records, code) in [
        ("corrupt", corrupt.into(), ErrorCode::CORRUPT_MESSAGE),
        ("two", two, ErrorCode::INVALID_RECORD),
        ("none", Bytes::new(), ErrorCode::INVALID_RECORD),
        ("large", plain(&["x".repeat(200).as_str()]), ErrorCode::MESSAGE_TOO_LARGE),
    ] {
        assert_eq!(client.produce("orders", 0, records).await?.error_code, code, "{name}");
    }
    let unknown = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    assert_eq!(client.produce("orders", 1, plain(&["x"])).await?.error_code, unknown);
    assert_eq!(client.produce("others", 0, plain(&["x"])).await?.error_code, unknown);
    let acks = client.produce_with("orders", 0, plain(&["x"]), 2).await?;
    assert_eq!(acks.error_code, ErrorCode::INVALID_REQUIRED_ACKS);
    assert_eq!(client.fetch("orders", 0, 0).await?.high_watermark, 0);
    Ok(())
}

#[tokio::test]
async fn without_acks_nothing_is_answered_and_the_records_are_there() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    client.send(&produce("orders", 0, plain(&["x"]), 0), 12).await?;
    assert_eq!(client.fetch("orders", 0, 0).await?.high_watermark, 1);
    Ok(())
}

#[tokio::test]
async fn a_node_that_does_not_lead_says_who_does() -> TestResult {
    let kafka = TestKafka::embedded().nodes(2).topic("orders", 1).start().await?;
    let mut first = Client::connect(kafka.node(1)?.address()).await?;
    let leader = first.metadata(&["orders"]).await?.topics[0].partitions[0].leader_id;
    let mut other = Client::connect(kafka.node(3 - leader)?.address()).await?;
    let response = other.ask(&produce("orders", 0, plain(&["x"]), -1), 12).await?;
    let refused = &response.responses[0].partition_responses[0];
    assert_eq!(refused.error_code, ErrorCode::NOT_LEADER_OR_FOLLOWER);
    assert_eq!((refused.current_leader.leader_id, refused.current_leader.leader_epoch), (leader, 0));
    let endpoint = &response.node_endpoints[0];
    assert_eq!(format!("{}:{}", endpoint.host, endpoint.port), kafka.node(leader)?.address());
    Ok(())
}
