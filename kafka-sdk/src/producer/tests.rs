//! Enqueuing, without a cluster.

use super::*;
use crate::cluster::Snapshot;
use crate::net::Address;
use futures_util::FutureExt;
use kafka_sdk_protocol::api::MetadataResponse;
use kafka_sdk_protocol::api::metadata::{MetadataResponsePartition, MetadataResponseTopic};

const MEMORY: usize = 16 << 10;

/// A producer to nowhere, with memory for one batch, and a topic with one partition.
fn topic(max_block: Duration) -> Topic {
    let cluster = Cluster::new(crate::cluster::Settings {
        bootstrap: Address::parse_list("127.0.0.1:1").unwrap(),
        client_id: "test".into(),
        connect_timeout: Duration::from_secs(1),
        request_timeout: Duration::from_secs(1),
        api_timeout: Duration::from_secs(1),
        metadata_max_age: Duration::from_secs(300),
    });
    let settings =
        Settings { buffer_memory: MEMORY, max_request_size: MEMORY, max_block, ..Settings::default() };
    let producer = Producer::start(cluster, settings);
    let partitions = vec![MetadataResponsePartition { leader_id: -1, ..Default::default() }];
    let topic = MetadataResponseTopic { name: Some("t".into()), partitions, ..Default::default() };
    let snapshot =
        Snapshot::default().merged(&MetadataResponse { topics: vec![topic], ..Default::default() });
    let state = producer.0.topics.insert(snapshot.topic("t").unwrap(), None);
    Topic::new(producer, state)
}

const A_MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn who_has_got_room_makes_way_for_the_next_although_the_future_is_kept() {
    let topic = topic(A_MINUTE);
    let held = topic.producer.buffers().take(MEMORY).unwrap();
    let (mut first, mut second) = (topic.enqueue("a"), topic.enqueue("b"));
    assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
    assert_eq!(topic.try_enqueue("c").unwrap_err().kind(), ErrorKind::Full);
    drop(held);
    assert!((&mut second).now_or_never().is_none(), "it is not its turn");
    (&mut first).now_or_never().unwrap().unwrap().forget();
    (&mut second).now_or_never().unwrap().unwrap().forget();
    topic.try_enqueue("c").unwrap().forget();
    assert_eq!(topic.producer.queued(), 3);
    let again = (&mut first).now_or_never().unwrap().unwrap_err();
    assert_eq!(again.kind(), ErrorKind::State);
}

#[tokio::test]
async fn a_place_that_is_given_up_goes_to_the_next() {
    let topic = topic(A_MINUTE);
    let held = topic.producer.buffers().take(MEMORY).unwrap();
    let (mut first, mut second) = (topic.enqueue("a"), topic.enqueue("b"));
    assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
    drop((first, held));
    second.now_or_never().unwrap().unwrap().forget();
    assert_eq!(topic.producer.queued(), 1);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_room_ends_in_time() {
    let topic = topic(Duration::from_secs(3));
    let _held = topic.producer.buffers().take(MEMORY).unwrap();
    let start = tokio::time::Instant::now();
    let error = topic.enqueue("a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("max.block.ms (3s)"), "{error}");
    assert_eq!(start.elapsed().as_secs(), 3);
}

#[tokio::test]
async fn closing_ends_the_waiting() {
    let topic = topic(A_MINUTE);
    let _held = topic.producer.buffers().take(MEMORY).unwrap();
    let mut waiting = topic.enqueue("a");
    assert!((&mut waiting).now_or_never().is_none());
    let close = topic.producer.close();
    let (closed, refused) = futures_util::future::join(close, waiting).await;
    closed.unwrap();
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Closed);
}

#[tokio::test]
async fn a_loop_that_enqueues_gives_way_to_other_tasks() {
    let topic = topic(A_MINUTE);
    let other = tokio::spawn(async {});
    let mut enqueued = 0;
    while !other.is_finished() {
        topic.enqueue("x").await.unwrap().forget();
        enqueued += 1;
        assert!(enqueued < 1_000);
    }
}
