//! Fetch: limits, waiting, sessions.

use std::time::Duration;

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::fetch::{FetchTopic, ForgottenTopic};
use kafka_sdk_protocol::api::{FetchRequest, MetadataRequest};
use kafka_sdk_testcontainers::TestKafka;
use tokio::time::{Instant, sleep, timeout};

use crate::common::{Client, FETCH_BY_NAME, TestResult, fetch, plain, records};

#[tokio::test]
async fn a_fetch_waits_for_records_and_no_longer_than_it_says() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let mut reader = Client::connect(kafka.bootstrap_servers()).await?;
    let mut writer = Client::connect(kafka.bootstrap_servers()).await?;
    let request = |max_wait_ms| FetchRequest { max_wait_ms, min_bytes: 1, ..fetch("orders", &[(0, 0)]) };
    let begin = Instant::now();
    let empty = reader.ask(&request(100), FETCH_BY_NAME).await?;
    assert!(begin.elapsed() >= Duration::from_millis(100));
    assert_eq!(records(&empty.responses[0].partitions[0]), []);
    reader.send(&request(10_000), FETCH_BY_NAME).await?;
    sleep(Duration::from_millis(20)).await;
    writer.produce("orders", 0, plain(&["x"])).await?;
    let begin = Instant::now();
    let full = reader.receive::<FetchRequest>(FETCH_BY_NAME).await?;
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert_eq!(records(&full.responses[0].partitions[0]).len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_connection_serves_one_request_at_a_time() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let mut other = Client::connect(kafka.bootstrap_servers()).await?;
    let waiting = FetchRequest { max_wait_ms: 300, min_bytes: 1, ..fetch("orders", &[(0, 0)]) };
    let begin = Instant::now();
    client.send(&waiting, FETCH_BY_NAME).await?;
    client.send(&MetadataRequest::default(), 12).await?;
    other.metadata(&[]).await?;
    assert!(begin.elapsed() < Duration::from_millis(200), "another connection does not wait");
    client.receive::<FetchRequest>(FETCH_BY_NAME).await?;
    client.receive::<MetadataRequest>(12).await?;
    assert!(begin.elapsed() >= Duration::from_millis(300));
    Ok(())
}

#[tokio::test]
async fn the_first_batch_comes_whole_and_the_last_is_cut() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 2).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    for value in ["a", "b"] {
        client.produce("orders", 0, plain(&[value])).await?;
        client.produce("orders", 1, plain(&[value])).await?;
    }
    let size = plain(&["a"]).len();
    let sizes = async |client: &mut Client, max_bytes: usize| {
        let request = FetchRequest { max_bytes: max_bytes as i32, ..fetch("orders", &[(0, 0), (1, 0)]) };
        let partitions = client.ask(&request, FETCH_BY_NAME).await?.responses.remove(0).partitions;
        let size = |nth: usize| partitions[nth].records.as_ref().map_or(0, bytes::Bytes::len);
        Ok::<_, std::io::Error>([size(0), size(1)])
    };
    assert_eq!(sizes(&mut client, 10).await?, [size, 0]);
    assert_eq!(sizes(&mut client, size + 10).await?, [size + 10, 0]);
    assert_eq!(sizes(&mut client, 3 * size + 10).await?, [2 * size, size + 10]);
    Ok(())
}

#[tokio::test]
async fn an_offset_outside_of_the_log_and_another_epoch_are_refused() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    assert_eq!(client.fetch("orders", 0, 1).await?.error_code, ErrorCode::OFFSET_OUT_OF_RANGE);
    assert_eq!(client.fetch("orders", 0, -1).await?.error_code, ErrorCode::OFFSET_OUT_OF_RANGE);
    assert_eq!(client.fetch("orders", 7, 0).await?.error_code, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    let mut newer = fetch("orders", &[(0, 0)]);
    newer.topics[0].partitions[0].current_leader_epoch = 1;
    let answer = client.ask(&newer, FETCH_BY_NAME).await?;
    assert_eq!(answer.responses[0].partitions[0].error_code, ErrorCode::UNKNOWN_LEADER_EPOCH);
    Ok(())
}

/// The next request of a session.
fn next(session_id: i32, session_epoch: i32) -> FetchRequest {
    FetchRequest { session_id, session_epoch, topics: Vec::new(), ..fetch("orders", &[]) }
}

/// The partitions in an answer.
async fn answered(
    client: &mut Client,
    request: &FetchRequest,
) -> std::io::Result<(ErrorCode, i32, Vec<i32>)> {
    let answer = client.ask(request, FETCH_BY_NAME).await?;
    let partitions = answer.responses.iter().flat_map(|topic| &topic.partitions);
    Ok((answer.error_code, answer.session_id, partitions.map(|it| it.partition_index).collect()))
}

#[tokio::test]
async fn a_session_answers_what_is_new_and_goes_on_with_what_is_left_out() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 3).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let open = FetchRequest { session_epoch: 0, ..fetch("orders", &[(0, 0), (1, 0)]) };
    let (_, id, all) = answered(&mut client, &open).await?;
    assert!(id != 0);
    assert_eq!(all, [0, 1]);
    assert_eq!(answered(&mut client, &next(id, 1)).await?.2, [0; 0]);
    client.produce("orders", 1, plain(&["x"])).await?;
    client.produce("orders", 2, plain(&["x"])).await?;
    assert_eq!(answered(&mut client, &next(id, 2)).await?.2, [1], "left out, and not forgotten");
    let forgotten = ForgottenTopic { topic: "orders".into(), partitions: vec![1], ..Default::default() };
    let more = FetchRequest { forgotten_topics_data: vec![forgotten], ..fetch("orders", &[(2, 0)]) };
    let more = FetchRequest { session_id: id, session_epoch: 3, ..more };
    assert_eq!(answered(&mut client, &more).await?.2, [2]);
    client.produce("orders", 1, plain(&["x"])).await?;
    assert_eq!(answered(&mut client, &next(id, 4)).await?.2, [2], "as the position has not moved");
    Ok(())
}

#[tokio::test]
async fn a_session_has_epochs_and_ends() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let open = FetchRequest { session_epoch: 0, ..fetch("orders", &[(0, 0)]) };
    let (_, id, _) = answered(&mut client, &open).await?;
    assert_eq!(answered(&mut client, &next(id, 2)).await?.0, ErrorCode::INVALID_FETCH_SESSION_EPOCH);
    assert_eq!(answered(&mut client, &next(id, 1)).await?.0, ErrorCode::NONE);
    let last = FetchRequest { topics: Vec::new(), ..next(id, -1) };
    assert_eq!(answered(&mut client, &last).await?, (ErrorCode::NONE, 0, vec![]));
    assert_eq!(answered(&mut client, &next(id, 2)).await?.0, ErrorCode::FETCH_SESSION_ID_NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn a_topic_is_fetched_by_its_id() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    client.produce("orders", 0, plain(&["x"])).await?;
    let topic_id = client.metadata(&["orders"]).await?.topics[0].topic_id;
    let mut request = fetch("orders", &[(0, 0)]);
    request.topics[0] = FetchTopic { topic: String::new(), topic_id, ..request.topics[0].clone() };
    let answer = client.ask(&request, 18).await?;
    assert_eq!(answer.responses[0].topic_id, topic_id);
    assert_eq!(records(&answer.responses[0].partitions[0]).len(), 1);
    request.topics[0].topic_id.0[15] ^= 1;
    let answer = timeout(Duration::from_secs(5), client.ask(&request, 18)).await??;
    assert_eq!(answer.responses[0].partitions[0].error_code, ErrorCode::UNKNOWN_TOPIC_ID);
    Ok(())
}
