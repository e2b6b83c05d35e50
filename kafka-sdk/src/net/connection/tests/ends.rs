//! Idle, closed, retired and silent connections.

use super::*;

#[tokio::test]
async fn a_connection_that_is_not_used_is_closed_after_a_while() {
    let (address, served) = server(async |_, mut peer| {
        peer.greet().await;
        while let Some(header) = peer.request().await {
            peer.answer_heartbeat(&header, 0).await;
        }
    })
    .await;
    let idle = Duration::from_millis(400);
    let connection = Connection::open(&Setup { max_idle: idle, ..setup() }, &address, A_WHILE).await.unwrap();
    for _ in 0..5 {
        tokio::time::sleep(idle / 4).await;
        heartbeat(&connection).await.unwrap();
    }
    let used = Instant::now();
    assert!(connection.is_open());
    served.scripts(1).await;
    assert!(connection.is_spent());
    assert!(used.elapsed() >= idle * 9 / 10, "{:?}", used.elapsed());
    assert!(!heartbeat(&connection).await.unwrap_err().sent);
}

#[tokio::test]
async fn what_the_peer_closed_before_it_was_written_to_was_not_sent() {
    let (address, served) = server(async |_, mut peer| assert_eq!(peer.greet().await, 3)).await;
    let connection = open(&address).await.unwrap();
    served.scripts(1).await;
    // The end of the connection is there, but this task has not given way to the one that would see it.
    std::thread::sleep(Duration::from_millis(50));
    let unanswered = heartbeat(&connection).await.unwrap_err();
    assert!(!unanswered.sent, "{unanswered:?}");
}

#[tokio::test]
async fn a_retired_connection_answers_what_was_asked_and_then_closes() {
    let (address, served) = server(async |_, mut peer| {
        peer.greet().await;
        let header = peer.request().await.unwrap();
        peer.answer_heartbeat(&header, 0).await;
        assert!(peer.request().await.is_none());
    })
    .await;
    let connection = open(&address).await.unwrap();
    let before = heartbeat(&connection);
    connection.retire();
    assert!(!connection.is_open());
    let after = heartbeat(&connection).await.unwrap_err();
    assert!(!after.sent && matches!(after.failure, Failure::Retired), "{after:?}");
    before.await.unwrap();
    served.scripts(1).await;
}

#[tokio::test]
async fn a_connection_without_handles_is_closed_at_once_when_nobody_waits_for_what_is_in_flight() {
    let (asked, mut was_asked) = watch::channel(false);
    let (address, served) = server(move |_, mut peer| {
        let asked = asked.clone();
        async move {
            peer.greet().await;
            peer.request().await.unwrap();
            asked.send_replace(true);
            // Not answered.
            assert!(peer.request().await.is_none());
        }
    })
    .await;
    let connection = open(&address).await.unwrap();
    let waiting = heartbeat(&connection);
    was_asked.wait_for(|asked| *asked).await.unwrap();
    drop(connection);
    tokio::task::yield_now().await;
    drop(waiting);
    timeout(Duration::from_secs(2), served.scripts(1)).await.unwrap();
}

#[tokio::test]
async fn a_throttled_connection_is_silent_and_time_stands_still_on_it() {
    const THROTTLE: Duration = Duration::from_millis(900);
    const PATIENCE: Duration = Duration::from_millis(450);
    let (address, served) = server(async |_, mut peer| {
        peer.greet().await;
        let first = peer.request().await.unwrap();
        let second = peer.request().await.unwrap();
        let start = Instant::now();
        peer.answer_heartbeat(&first, THROTTLE.as_millis() as i32).await;
        let third = peer.request().await.unwrap();
        assert!(start.elapsed() >= THROTTLE, "{:?}", start.elapsed());
        peer.answer_heartbeat(&second, 0).await;
        peer.answer_heartbeat(&third, 0).await;
        // Not answered.
        peer.request().await.unwrap();
        assert!(peer.request().await.is_none());
    })
    .await;
    let connection = open(&address).await.unwrap();
    let heartbeat = || connection.submit(&HeartbeatRequest::default(), 1, PATIENCE);
    let (first, second) = (heartbeat(), heartbeat());
    first.await.unwrap();
    assert!(connection.muted_for() > THROTTLE / 2);
    let third = heartbeat();
    second.await.unwrap();
    third.await.unwrap();
    let start = Instant::now();
    let unanswered = heartbeat().await.unwrap_err();
    assert!(matches!(unanswered.failure, Failure::Timeout));
    assert!(start.elapsed() < THROTTLE, "as before: {:?}", start.elapsed());
    served.scripts(1).await;
}

#[tokio::test]
async fn no_broker_silences_a_connection_for_more_than_a_minute() {
    let (address, _served) = server(async |_, mut peer| {
        peer.greet().await;
        let first = peer.request().await.unwrap();
        peer.answer_heartbeat(&first, i32::MAX).await;
        assert!(peer.request().await.is_none());
    })
    .await;
    let connection = open(&address).await.unwrap();
    heartbeat(&connection).await.unwrap();
    let (muted, a_minute) = (connection.muted_for(), Duration::from_secs(60));
    assert!(muted > a_minute / 2 && muted <= a_minute, "{muted:?}");
}
