//! Bytes that come cut, slowly, or in small pieces.

use std::time::Duration;

use kafka_sdk_protocol::api::produce::{PartitionProduceData, TopicProduceData};
use kafka_sdk_protocol::api::{FetchRequest, HeartbeatRequest, ProduceRequest};
use kafka_sdk_protocol::message::request_frame;
use kafka_sdk_testcontainers::{Api, Reaction, Rule};
use tokio::time::Instant;

use crate::client::{BEAT, Client, TestResult, intercept};
use crate::scripted::Scripted;

#[tokio::test]
async fn an_answer_is_cut_at_every_byte() -> TestResult {
    let (_scripted, proxy) = Scripted::behind_a_proxy().await;
    let mut client = Client::to(&proxy).await?;
    client.beat(7).await?;
    let answer = client.receive().await?;
    let frame = [&(answer.len() as u32).to_be_bytes()[..], &answer].concat();
    for at in 0..=frame.len() {
        intercept(&proxy, Rule::on(Api::Heartbeat).react(Reaction::CutAnswer(at)));
        let mut client = Client::to(&proxy).await?;
        client.beat(7).await?;
        // Data that came before a reset may be read before it, or not at all.
        let (bytes, reset) = client.rest_of_stream().await;
        assert!(reset && frame[..at] == bytes, "{at}: {bytes:?}");
    }
    Ok(())
}

#[tokio::test]
async fn answers_are_counted_by_their_api() -> TestResult {
    let (_scripted, proxy) = Scripted::behind_a_proxy().await;
    let mut client = Client::to(&proxy).await?;
    let mut bytes = 0;
    for id in 0..3 {
        client.beat(id).await?;
        bytes += client.receive().await?.len() as u64 + 4;
    }
    assert_eq!((proxy.answered_bytes(Api::Heartbeat), proxy.answered_bytes(Api::Fetch)), (bytes, 0));
    Ok(())
}

#[tokio::test]
async fn a_request_is_cut_at_every_byte() -> TestResult {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    let frame = request_frame(&HeartbeatRequest::default(), BEAT, 7, Some("test"))?.concat();
    for at in 0..frame.len() {
        intercept(&proxy, Rule::on(Api::Heartbeat).react(Reaction::CutRequest(at)));
        let mut client = Client::to(&proxy).await?;
        client.send_bytes(&frame).await?;
        assert_eq!(client.rest_of_stream().await, (vec![], true));
        let seen = scripted.until(|seen| seen.remains.len() == at + 1).await;
        assert_eq!(seen.remains.last().map(Vec::as_slice), Some(&frame[..at]));
    }
    assert!(scripted.ids().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_throttled_connection_keeps_its_rate() -> TestResult {
    let (_scripted, proxy) = Scripted::behind_a_proxy().await;
    let mut client = Client::to(&proxy).await?;
    client.send(&FetchRequest::default(), 12, 1).await?;
    let size = client.receive().await?.len() as u32;
    // Three answers take about 300 ms.
    intercept(&proxy, Rule::on(Api::Fetch).react(Reaction::Throttle(u64::from(size) * 10)));
    let begun = Instant::now();
    for id in 0..3 {
        client.send(&FetchRequest::default(), 12, id).await?;
        client.receive().await?;
    }
    let took = begun.elapsed();
    assert!(took > Duration::from_millis(250) && took < Duration::from_secs(3), "{took:?}");
    let mut other = Client::to(&proxy).await?;
    let begun = Instant::now();
    other.call(&FetchRequest::default(), 12).await?;
    assert!(begun.elapsed() < Duration::from_millis(100), "another connection is not slow");
    Ok(())
}

#[tokio::test]
async fn a_client_feels_that_its_requests_are_throttled() -> TestResult {
    const MEGABYTE: usize = 1 << 20;
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    intercept(&proxy, Rule::on(Api::Heartbeat).react(Reaction::Throttle(8 * MEGABYTE as u64)));
    let mut client = Client::to(&proxy).await?;
    client.beat(1).await?;
    client.beaten().await?;
    let batch = PartitionProduceData { records: Some(vec![0; MEGABYTE].into()), ..Default::default() };
    let topic = TopicProduceData { partition_data: vec![batch], ..Default::default() };
    let request = ProduceRequest { acks: -1, topic_data: vec![topic], ..Default::default() };
    let begun = Instant::now();
    for id in 2..18 {
        client.send(&request, 9, id).await?;
    }
    // The client's own buffer takes a few megabytes.
    assert!(begun.elapsed() > Duration::from_secs(1), "all went to buffers: {:?}", begun.elapsed());
    scripted.until(|seen| seen.requests.len() == 17).await;
    assert!(begun.elapsed() > Duration::from_millis(1900), "{:?}", begun.elapsed());
    Ok(())
}

#[tokio::test]
async fn answers_in_pieces_are_the_same_answers() -> TestResult {
    let (_scripted, proxy) = Scripted::behind_a_proxy().await;
    let mut client = Client::to(&proxy).await?;
    let whole = client.call(&FetchRequest::default(), 12).await?;
    for size in [1, 2, 3, 7, 1000] {
        intercept(&proxy, Rule::on(Api::Fetch).react(Reaction::Chunks(size)));
        assert_eq!(client.call(&FetchRequest::default(), 12).await?, whole);
    }
    Ok(())
}

#[tokio::test]
async fn a_request_in_pieces_is_the_same_request() -> TestResult {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    let frame = request_frame(&HeartbeatRequest::default(), BEAT, 7, Some("test"))?.concat();
    let mut client = Client::to(&proxy).await?;
    for byte in [&frame[..], &frame].concat().chunks(1) {
        client.send_bytes(byte).await?;
        tokio::task::yield_now().await;
    }
    assert_eq!((client.beaten().await?.0, client.beaten().await?.0), (7, 7));
    assert_eq!(scripted.ids(), [7, 7]);
    Ok(())
}

#[tokio::test]
async fn a_length_beyond_reason_ends_the_connection() -> TestResult {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    let mut client = Client::to(&proxy).await?;
    client.send_bytes(&[255; 100]).await?;
    client.rest_of_stream().await;
    scripted.until(|seen| seen.remains.len() == 1).await;
    Ok(())
}
