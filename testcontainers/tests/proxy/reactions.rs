//! What each reaction to a request does to a client and to a broker.

use std::time::Duration;

use kafka_sdk_protocol::api::{FetchRequest, HeartbeatRequest, ProduceRequest};
use kafka_sdk_protocol::records::batches;
use kafka_sdk_testcontainers::{Api, ErrorCode, Reaction, Rule};
use tokio::time::Instant;

use crate::client::{BEAT, Client, TestResult, hits, intercept};
use crate::scripted::Scripted;

/// Reacts to the second heartbeat of three that are sent at once: what comes back, and whether a reset ends it.
async fn second_of_three(reaction: Reaction) -> (Vec<i32>, Vec<i32>, bool) {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    let armed = intercept(&proxy, Rule::on(Api::Heartbeat).nth(2).react(reaction));
    let mut client = Client::to(&proxy).await.unwrap();
    client.beat(1).await.unwrap();
    assert_eq!(client.beaten().await.unwrap().0, 1);
    client.beat(2).await.unwrap();
    hits(&armed, 1).await;
    let (bytes, reset) = client.rest_of_stream().await;
    scripted.until(|seen| seen.remains.len() == 1).await;
    (scripted.ids(), bytes.iter().map(|&byte| i32::from(byte)).collect(), reset)
}

#[tokio::test]
async fn drop_before_closes_and_the_broker_sees_nothing() {
    assert_eq!(second_of_three(Reaction::DropBefore).await, (vec![1], vec![], false));
}

#[tokio::test]
async fn drop_after_closes_in_place_of_an_answer() {
    assert_eq!(second_of_three(Reaction::DropAfter).await, (vec![1, 2], vec![], false));
}

#[tokio::test]
async fn reset_before_resets_and_the_broker_sees_nothing() {
    assert_eq!(second_of_three(Reaction::ResetBefore).await, (vec![1], vec![], true));
}

#[tokio::test]
async fn reset_after_resets_in_place_of_an_answer() {
    assert_eq!(second_of_three(Reaction::ResetAfter).await, (vec![1, 2], vec![], true));
}

#[tokio::test]
async fn answer_is_made_up_in_its_turn_and_the_broker_sees_nothing() -> TestResult {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    let code = ErrorCode::REBALANCE_IN_PROGRESS;
    intercept(&proxy, Rule::on(Api::Heartbeat).nth(2).react(Reaction::Answer(code)));
    intercept(&proxy, Rule::on(Api::Heartbeat).react(Reaction::Delay(Duration::from_millis(100))));
    let mut client = Client::to(&proxy).await?;
    for id in [11, 12, 13] {
        client.beat(id).await?;
    }
    let mut answers = Vec::new();
    for _ in 0..3 {
        let (id, answer) = client.beaten().await?;
        answers.push((id, answer.error_code, answer.throttle_time_ms));
    }
    let none = ErrorCode::NONE;
    assert_eq!(answers, [(11, none, 11), (12, code, 0), (13, none, 13)]);
    assert_eq!(scripted.ids(), [11, 13]);
    Ok(())
}

#[tokio::test]
async fn answer_after_is_made_up_and_the_broker_has_handled_the_request() -> TestResult {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    let code = ErrorCode::REBALANCE_IN_PROGRESS;
    intercept(&proxy, Rule::on(Api::Heartbeat).react(Reaction::AnswerAfter(code)));
    let mut client = Client::to(&proxy).await?;
    assert_eq!(client.call(&HeartbeatRequest::default(), BEAT).await?.error_code, code);
    assert_eq!(client.call(&HeartbeatRequest::default(), BEAT).await?.error_code, ErrorCode::NONE);
    assert_eq!(scripted.ids().len(), 2);
    Ok(())
}

#[tokio::test]
async fn delays_of_answers_do_not_add_up() -> TestResult {
    const DELAY: Duration = Duration::from_millis(300);
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    intercept(&proxy, Rule::on(Api::Heartbeat).times(5).react(Reaction::Delay(DELAY)));
    let mut client = Client::to(&proxy).await?;
    let begun = Instant::now();
    for id in 0..5 {
        client.beat(id).await?;
    }
    scripted.until(|seen| seen.requests.len() == 5).await;
    assert!(begun.elapsed() < DELAY, "requests are not held up");
    for id in 0..5 {
        assert_eq!(client.beaten().await?.0, id);
    }
    assert!(begun.elapsed() >= DELAY && begun.elapsed() < DELAY * 3, "{:?}", begun.elapsed());
    Ok(())
}

#[tokio::test]
async fn a_delayed_request_reaches_the_broker_late() -> TestResult {
    const DELAY: Duration = Duration::from_millis(200);
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    intercept(&proxy, Rule::on(Api::Heartbeat).react(Reaction::DelayRequest(DELAY)));
    let mut client = Client::to(&proxy).await?;
    let begun = Instant::now();
    client.beat(1).await?;
    scripted.until(|seen| seen.requests.len() == 1).await;
    assert!(begun.elapsed() >= DELAY, "{:?}", begun.elapsed());
    assert_eq!(client.beaten().await?.0, 1);
    Ok(())
}

#[tokio::test]
async fn a_held_request_reaches_the_broker_after_the_client_has_gone() -> TestResult {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    let held = intercept(&proxy, Rule::on(Api::Heartbeat).react(Reaction::Hold));
    let mut client = Client::to(&proxy).await?;
    client.beat(1).await?;
    client.beat(2).await?;
    client.silence().await;
    drop(client);
    let mut other = Client::to(&proxy).await?;
    other.beat(3).await?;
    assert_eq!(other.beaten().await?.0, 3);
    assert_eq!(scripted.ids(), [3]);
    held.release();
    scripted.until(|seen| seen.requests.len() == 3).await;
    assert_eq!((scripted.ids(), held.hits()), (vec![3, 1, 2], 1));
    Ok(())
}

#[tokio::test]
async fn a_held_answer_comes_when_it_is_released() -> TestResult {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    let held = intercept(&proxy, Rule::on(Api::Heartbeat).react(Reaction::HoldAnswer));
    let mut client = Client::to(&proxy).await?;
    client.beat(1).await?;
    client.beat(2).await?;
    scripted.until(|seen| seen.requests.len() == 2).await;
    client.silence().await;
    held.release();
    assert_eq!((client.beaten().await?.0, client.beaten().await?.0), (1, 2));
    Ok(())
}

#[tokio::test]
async fn a_swallowed_request_is_not_answered_and_those_behind_it_are() -> TestResult {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    intercept(&proxy, Rule::on(Api::Heartbeat).react(Reaction::Swallow));
    let mut client = Client::to(&proxy).await?;
    client.beat(1).await?;
    client.beat(2).await?;
    assert_eq!(client.beaten().await?.0, 2);
    client.silence().await;
    assert_eq!(scripted.ids(), [2]);
    Ok(())
}

#[tokio::test]
async fn half_close_ends_the_answers_and_not_the_requests() -> TestResult {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    intercept(&proxy, Rule::on(Api::Heartbeat).react(Reaction::HalfClose));
    let mut client = Client::to(&proxy).await?;
    client.beat(1).await?;
    assert_eq!(client.rest_of_stream().await, (vec![], false));
    client.beat(2).await?;
    scripted.until(|seen| seen.requests.len() == 2).await;
    Ok(())
}

#[tokio::test]
async fn stop_reading_leaves_requests_in_the_buffers_and_lets_answers_through() -> TestResult {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    let delay = Reaction::Delay(Duration::from_millis(100));
    intercept(&proxy, Rule::on(Api::Heartbeat).react(delay));
    intercept(&proxy, Rule::on(Api::Heartbeat).nth(2).react(Reaction::StopReading));
    let mut client = Client::to(&proxy).await?;
    for id in [1, 2, 3] {
        client.beat(id).await?;
    }
    assert_eq!(client.beaten().await?.0, 1);
    client.silence().await;
    assert_eq!(scripted.ids(), [1]);
    let megabytes = vec![0; 64 << 20];
    let stuck = tokio::time::timeout(Duration::from_millis(500), client.send_bytes(&megabytes)).await;
    assert!(stuck.is_err(), "{stuck:?}");
    Ok(())
}

#[tokio::test]
async fn a_blackhole_takes_everything_and_gives_nothing_not_even_an_end() -> TestResult {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    let delay = Reaction::Delay(Duration::from_millis(50));
    intercept(&proxy, Rule::on(Api::Heartbeat).react(delay));
    intercept(&proxy, Rule::on(Api::Heartbeat).nth(2).react(Reaction::Blackhole));
    let mut client = Client::to(&proxy).await?;
    client.beat(1).await?;
    client.beat(2).await?;
    client.silence().await;
    client.send_bytes(&vec![0; 8 << 20]).await?;
    scripted.close();
    client.silence().await;
    assert_eq!(scripted.ids(), [1]);
    Ok(())
}

#[tokio::test]
async fn a_flipped_bit_is_where_it_was_asked_for() -> TestResult {
    let (_scripted, proxy) = Scripted::behind_a_proxy().await;
    intercept(&proxy, Rule::on(Api::Heartbeat).nth(2).react(Reaction::FlipBit(31)));
    let mut client = Client::to(&proxy).await?;
    client.beat(8).await?;
    let whole = client.receive().await?;
    client.beat(8).await?;
    let mut flipped = client.receive().await?.to_vec();
    assert_eq!(flipped[3], 9, "the last bit of the correlation id");
    flipped[3] = 8;
    assert_eq!(flipped, whole);
    Ok(())
}

#[tokio::test]
async fn a_flipped_bit_in_records_breaks_their_checksum_and_nothing_else() -> TestResult {
    let (_scripted, proxy) = Scripted::behind_a_proxy().await;
    intercept(&proxy, Rule::on(Api::Fetch).nth(2).react(Reaction::FlipRecordBit));
    let mut client = Client::to(&proxy).await?;
    let mut whole = Vec::new();
    for _ in 0..3 {
        let fetched = client.call(&FetchRequest::default(), 12).await?;
        let records = fetched.responses[0].partitions[0].records.clone().unwrap();
        let batch = batches(&records).next().unwrap()?;
        whole.push(batch.check().is_ok());
    }
    assert_eq!(whole, [true, false, true]);
    Ok(())
}

#[tokio::test]
async fn overwriting_makes_a_length_that_no_frame_has() -> TestResult {
    let (_scripted, proxy) = Scripted::behind_a_proxy().await;
    let minus_one = Reaction::Overwrite { at: 0, bytes: vec![255; 4] };
    intercept(&proxy, Rule::on(Api::Heartbeat).react(minus_one));
    let mut client = Client::to(&proxy).await?;
    client.beat(1).await?;
    assert_eq!(client.read_some(8).await?, [255, 255, 255, 255, 0, 0, 0, 1]);
    Ok(())
}

#[tokio::test]
async fn a_replaced_answer_has_the_right_correlation_id_and_the_bytes_of_the_test() -> TestResult {
    let (_scripted, proxy) = Scripted::behind_a_proxy().await;
    intercept(&proxy, Rule::on(Api::Heartbeat).react(Reaction::Replace(vec![0, 9, 9])));
    let mut client = Client::to(&proxy).await?;
    client.beat(5).await?;
    assert_eq!(client.receive().await?, &[0, 0, 0, 5, 0, 9, 9][..]);
    Ok(())
}

#[tokio::test]
async fn two_answers_swap_their_correlation_ids() -> TestResult {
    let (_scripted, proxy) = Scripted::behind_a_proxy().await;
    intercept(&proxy, Rule::on(Api::Heartbeat).react(Reaction::SwapCorrelationIds));
    let mut client = Client::to(&proxy).await?;
    client.beat(1).await?;
    client.silence().await;
    client.beat(2).await?;
    client.beat(3).await?;
    let mut answers = Vec::new();
    for _ in 0..3 {
        let (id, answer) = client.beaten().await?;
        answers.push((id, answer.throttle_time_ms));
    }
    assert_eq!(answers, [(2, 1), (1, 2), (3, 3)]);
    Ok(())
}

#[tokio::test]
async fn a_rule_without_a_reaction_counts() -> TestResult {
    let (_scripted, proxy) = Scripted::behind_a_proxy().await;
    let (beats, all) = (intercept(&proxy, Rule::on(Api::Heartbeat)), intercept(&proxy, Rule::on_any()));
    let mut client = Client::to(&proxy).await?;
    client.call(&HeartbeatRequest::default(), BEAT).await?;
    client.call(&FetchRequest::default(), 12).await?;
    assert_eq!((beats.hits(), all.hits()), (1, 2));
    assert_eq!(proxy.log().actions().len(), 0, "nothing was done");
    Ok(())
}

#[tokio::test]
async fn what_is_produced_without_acknowledgement_waits_for_no_answer() -> TestResult {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    let code = Reaction::Answer(ErrorCode::NOT_LEADER_OR_FOLLOWER);
    intercept(&proxy, Rule::on(Api::Produce).nth(2).react(code));
    let mut client = Client::to(&proxy).await?;
    let unacknowledged = ProduceRequest { acks: 0, ..Default::default() };
    client.send(&unacknowledged, 9, 1).await?;
    client.send(&unacknowledged, 9, 2).await?;
    client.beat(3).await?;
    assert_eq!(client.beaten().await?.0, 3);
    assert_eq!(scripted.ids(), [1, 3]);
    Ok(())
}
