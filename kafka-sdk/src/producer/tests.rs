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
    topic_with(1, Settings { max_block, ..Settings::default() })
}

/// As [`topic`], with these settings otherwise.
fn topic_with(partitions: i32, settings: Settings) -> Topic {
    topic_of(partitions, Settings { buffer_memory: MEMORY, max_request_size: MEMORY, ..settings })
}

fn topic_of(partitions: i32, settings: Settings) -> Topic {
    let cluster = Cluster::new(crate::cluster::Settings {
        bootstrap: Address::parse_list("127.0.0.1:1").unwrap(),
        request_timeout: Duration::from_secs(1),
        api_timeout: Duration::from_secs(1),
        ..Default::default()
    });
    let producer = Producer::start(cluster, settings);
    let partition =
        |partition_index| MetadataResponsePartition { partition_index, leader_id: -1, ..Default::default() };
    let partitions = (0..partitions).map(partition).collect();
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
    let held = topic.producer.buffers().take(MEMORY, None).unwrap();
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
    let held = topic.producer.buffers().take(MEMORY, None).unwrap();
    let (mut first, mut second) = (topic.enqueue("a"), topic.enqueue("b"));
    assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
    drop((first, held));
    second.now_or_never().unwrap().unwrap().forget();
    assert_eq!(topic.producer.queued(), 1);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_room_ends_in_time() {
    let topic = topic(Duration::from_secs(3));
    let _held = topic.producer.buffers().take(MEMORY, None).unwrap();
    let start = tokio::time::Instant::now();
    let error = topic.enqueue("a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!((error.topic(), error.partition(), error.written()), (Some("t"), Some(0), Written::No));
    assert_eq!(
        error.to_string(),
        "no memory for a record to t-0 within max.block.ms (3s): buffer.memory is full of records that are not \
         acknowledged yet; raise buffer.memory, or enqueue less at once"
    );
    assert_eq!(start.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn waiting_behind_others_for_room_ends_in_time_too() {
    let topic = topic(Duration::from_secs(3));
    let _held = topic.producer.buffers().take(MEMORY, None).unwrap();
    let (first, second) = futures_util::future::join(topic.enqueue("a"), topic.enqueue("b")).await;
    assert_eq!(first.unwrap_err().partition(), Some(0));
    let error = second.unwrap_err();
    assert_eq!((error.kind(), error.topic()), (ErrorKind::Timeout, Some("t")));
    assert!(error.to_string().starts_with("no memory for a record to"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_topics_metadata_ends_in_time_and_says_so() {
    let topic = topic(Duration::from_secs(3));
    let start = tokio::time::Instant::now();
    let error = topic.producer.enqueue("elsewhere", "a").await.unwrap_err();
    assert_eq!((error.written(), error.topic()), (Written::No, Some("elsewhere")), "{error}");
    let all = error.whole().to_string();
    assert!(all.contains("metadata of topic \"elsewhere\"") && all.contains("max.block.ms (3s)"), "{all}");
    assert!(start.elapsed() <= Duration::from_millis(3_001), "{:?}", start.elapsed());
}

#[tokio::test]
async fn closing_ends_the_waiting() {
    let topic = topic(A_MINUTE);
    let _held = topic.producer.buffers().take(MEMORY, None).unwrap();
    let mut waiting = topic.enqueue("a");
    assert!((&mut waiting).now_or_never().is_none());
    let close = topic.producer.close();
    let (closed, refused) = futures_util::future::join(close, waiting).await;
    closed.unwrap();
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Closed);
}

#[tokio::test]
async fn a_loop_that_enqueues_gives_way_to_other_tasks() {
    // There is room for all.
    let topic = topic_of(1, Settings::default());
    // Few records in a batch, and many.
    for value in [&*"x".repeat(5_000), "x"] {
        let (other, mut enqueued) = (tokio::spawn(async {}), 0);
        while !other.is_finished() {
            topic.enqueue(value).await.unwrap().forget();
            enqueued += 1;
            assert!(enqueued < 3_000);
        }
    }
}

fn partitioned(own: impl Partitioner) -> Topic {
    topic_with(3, Settings { partitioning: own.into(), max_block: A_MINUTE, ..Settings::default() })
}

#[tokio::test]
async fn a_panic_of_a_partitioner_harms_nobody_else() {
    let topic = partitioned(|_: &str, key: Option<&[u8]>, _: Partitions<'_>| match key {
        Some(b"bad") => panic!("this record is not for anybody"),
        _ => Some(2),
    });
    let panics = |key: &'static str| {
        let enqueue = std::panic::AssertUnwindSafe(|| topic.try_enqueue(Record::new("v").key(key)));
        std::panic::catch_unwind(enqueue).is_err()
    };
    assert!(panics("bad"));
    assert!(!panics("good") && panics("bad"));
    topic.enqueue("a").await.unwrap().forget();
    assert_eq!(topic.producer.queued(), 2);
}

#[tokio::test]
async fn a_bad_answer_of_a_partitioner_is_an_error_for_that_record() {
    let topic = partitioned(|_: &str, key: Option<&[u8]>, _: Partitions<'_>| Some(key?.len() as i32 - 1));
    for key in ["", "1234"] {
        let error = topic.try_enqueue(Record::new("v").key(key)).unwrap_err();
        assert_eq!((error.kind(), error.topic()), (ErrorKind::Settings, Some("t")));
        assert!(error.to_string().contains(&format!("answers {} for", key.len() as i32 - 1)), "{error}");
    }
    let named = topic.try_enqueue(Record::new("v").key("1234").partition(0));
    assert!(named.is_ok(), "a record's own partition comes first");
}

#[tokio::test]
async fn a_partitioner_is_asked_once_for_a_record_that_waits() {
    let asked = Arc::new(AtomicBool::new(false));
    let topic = partitioned({
        let asked = asked.clone();
        move |_: &str, _: Option<&[u8]>, _: Partitions<'_>| {
            assert!(!asked.swap(true, Ordering::SeqCst), "asked before");
            Some(1)
        }
    });
    let held = topic.producer.buffers().take(MEMORY, None).unwrap();
    let mut waiting = topic.enqueue("a");
    for _ in 0..3 {
        assert!((&mut waiting).now_or_never().is_none());
    }
    drop(held);
    waiting.now_or_never().unwrap().unwrap().forget();
    assert!(asked.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_time_before_1970_is_refused() {
    let topic = topic(A_MINUTE);
    let at = |millis| topic.try_enqueue(Record::new("v").timestamp(Timestamp::from_millis(millis)));
    let error = at(-1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Settings);
    assert!(error.to_string().contains("-1 ms, before 1970"), "{error}");
    assert!(at(0).is_ok());
}

#[tokio::test(start_paused = true)]
async fn close_within_returns_in_time_and_resolves_everything() {
    let topic = topic(A_MINUTE);
    let delivery = topic.enqueue("never sent").await.unwrap();
    let _held = topic.producer.buffers().take(MEMORY, None);
    let start = tokio::time::Instant::now();
    let close = topic.producer.close_within(Duration::from_secs(2));
    let (closed, waiting) = futures_util::future::join(close, topic.enqueue(vec![0; MEMORY / 2])).await;
    assert_eq!(start.elapsed().as_secs(), 2);
    assert_eq!(waiting.unwrap_err().kind(), ErrorKind::Closed);
    let error = closed.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().starts_with("1 records were given up"), "{error}");
    let lost = delivery.now().unwrap().unwrap_err();
    assert_eq!((lost.kind(), lost.written()), (ErrorKind::Closed, Written::No));
    topic.producer.close().await.unwrap();
    let again = topic.producer.close_within(Duration::ZERO).await.unwrap_err();
    assert_eq!(again.to_string(), error.to_string(), "later calls are told the same");
}

#[tokio::test(start_paused = true)]
async fn all_who_close_at_once_end_with_the_first_and_are_told_the_same() {
    let topic = topic(A_MINUTE);
    let lost = [topic.enqueue("a").await.unwrap(), topic.enqueue("b").await.unwrap()];
    let start = tokio::time::Instant::now();
    let within = |seconds| topic.producer.close_within(Duration::from_secs(seconds));
    let (long, short, same) = futures_util::future::join3(within(50), within(2), within(2)).await;
    assert_eq!(start.elapsed().as_secs(), 2);
    for outcome in [long, short, same] {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.written()), (ErrorKind::Timeout, Written::Maybe));
        assert!(error.to_string().starts_with("2 records were given up"), "{error}");
        assert!(lost.iter().all(|delivery| delivery.now().is_some()), "nothing is left open");
    }
}

#[tokio::test]
async fn closing_without_loss_is_no_error_however_short_the_time() {
    let topic = topic(A_MINUTE);
    let within = || topic.producer.close_within(Duration::ZERO);
    let (first, second) = futures_util::future::join(within(), within()).await;
    first.and(second).unwrap();
}

#[tokio::test]
async fn a_sink_waits_in_turn_and_goes_on_after_an_error() {
    use futures_util::SinkExt;
    let topic = topic(A_MINUTE);
    let held = topic.producer.buffers().take(MEMORY, None).unwrap();
    let mut sink = topic.sink();
    sink.feed("a".into()).now_or_never().unwrap().unwrap();
    assert!(sink.feed("b".into()).now_or_never().is_none(), "the one before has no room");
    let mut behind = topic.enqueue("c");
    assert!((&mut behind).now_or_never().is_none());
    drop(held);
    assert!((&mut behind).now_or_never().is_none(), "it is the sink's turn");
    sink.feed("b".into()).now_or_never().unwrap().unwrap();
    behind.now_or_never().unwrap().unwrap().forget();
    assert_eq!(topic.producer.queued(), 2, "the sink's second waits behind that");
    let refused = sink.feed(Record::new("d").partition(9)).now_or_never().unwrap().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Settings);
    assert!(sink.flush().now_or_never().is_none(), "nothing is acknowledged");
    topic.producer.abort();
    for lost in 0..2 {
        let error = sink.close().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Closed, "{lost}");
    }
    sink.close().await.unwrap();
    let late = sink.feed("e".into()).now_or_never().unwrap().unwrap_err();
    assert_eq!(late.kind(), ErrorKind::State);
}
