//! Requests and their answers.

use super::*;

#[tokio::test]
async fn requests_are_written_in_order_and_answered_to_whom_they_belong() {
    let (address, _server) = server(async |_, mut peer| {
        peer.greet().await;
        let first = peer.request().await.unwrap();
        let second = peer.request().await.unwrap();
        peer.answer_heartbeat(&first, 1).await;
        peer.answer_heartbeat(&second, 2).await;
        peer.request().await;
    })
    .await;
    let connection = open(&address).await.unwrap();
    let (first, second) = (heartbeat(&connection), heartbeat(&connection));
    assert_eq!(second.await.unwrap().throttle_time_ms, 2);
    assert_eq!(first.await.unwrap().throttle_time_ms, 1);
}

#[tokio::test]
async fn a_request_to_an_idle_connection_is_written_by_who_submits_it() {
    let (address, _server) = server(async |_, mut peer| {
        peer.greet().await;
        while let Some(request) = peer.request().await {
            peer.answer_heartbeat(&request, 0).await;
        }
    })
    .await;
    let connection = open(&address).await.unwrap();
    let written = || connection.0.shared.meter.read(None, String::new()).bytes_out;
    while !connection.0.shared.queue().idle {
        tokio::task::yield_now().await;
    }
    // There is one thread, so nobody else does anything in between.
    for _ in 0..3 {
        let before = written();
        let first = heartbeat(&connection);
        let after_first = written();
        let second = heartbeat(&connection);
        assert!(after_first > before);
        assert_eq!(written(), after_first, "the connection is not idle");
        first.await.unwrap();
        second.await.unwrap();
    }
}

#[tokio::test]
async fn a_dropped_reply_leaves_the_connection_as_it_is() {
    let (address, _server) = server(async |_, mut peer| {
        peer.greet().await;
        for throttle in 1.. {
            let Some(header) = peer.request().await else { return };
            peer.answer_heartbeat(&header, throttle).await;
        }
    })
    .await;
    let connection = open(&address).await.unwrap();
    drop(heartbeat(&connection));
    assert_eq!(heartbeat(&connection).await.unwrap().throttle_time_ms, 2);
    assert!(connection.is_open());
}

#[tokio::test]
async fn an_answer_to_another_request_ends_the_connection() {
    let (address, _server) = server(async |_, mut peer| {
        peer.greet().await;
        let first = peer.request().await.unwrap();
        let second = peer.request().await.unwrap();
        peer.answer_heartbeat(&second, 2).await;
        peer.answer_heartbeat(&first, 1).await;
        peer.request().await;
    })
    .await;
    let connection = open(&address).await.unwrap();
    for reply in [heartbeat(&connection), heartbeat(&connection)] {
        let unanswered = reply.await.unwrap_err();
        assert!(matches!(unanswered.failure, Failure::Correlation) && unanswered.sent);
    }
    assert!(!connection.is_open());
    assert!(!heartbeat(&connection).await.unwrap_err().sent, "what comes later was never sent");
}

#[tokio::test]
async fn everybody_learns_that_the_connection_broke() {
    let (address, _server) = server(async |_, mut peer| {
        peer.greet().await;
        peer.request().await;
    })
    .await;
    let connection = open(&address).await.unwrap();
    let replies = [heartbeat(&connection), heartbeat(&connection)];
    for reply in replies {
        let unanswered = reply.await.unwrap_err();
        assert!(matches!(unanswered.failure, Failure::Closed(_)) && unanswered.sent, "{unanswered:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_request_ends_the_connection_at_its_deadline() {
    let (address, _server) = server(async |_, mut peer| {
        peer.greet().await;
        while peer.request().await.is_some() {}
    })
    .await;
    let connection = open(&address).await.unwrap();
    let late = connection.submit(&HeartbeatRequest::default(), 1, Duration::from_secs(60));
    drop(late);
    let start = Instant::now();
    let unanswered = heartbeat(&connection).await.unwrap_err();
    assert!(matches!(unanswered.failure, Failure::Timeout), "{unanswered:?}");
    // Answers come in order, so it is the first one's deadline that counts.
    assert!((59..=61).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_fails_only_its_own_request() {
    let (address, _server) = server(async |_, mut peer| {
        peer.greet().await;
        let first = peer.request().await.unwrap();
        let id = first.correlation_id.to_be_bytes();
        peer.send(&[&[0, 0, 0, 5][..], &id, &[9]].concat()).await;
        let second = peer.request().await.unwrap();
        peer.answer_heartbeat(&second, 2).await;
        peer.request().await;
    })
    .await;
    let connection = open(&address).await.unwrap();
    let (first, second) = (heartbeat(&connection), heartbeat(&connection));
    assert!(matches!(first.await.unwrap_err().failure, Failure::Decode(_)));
    assert_eq!(second.await.unwrap().throttle_time_ms, 2);
}

#[tokio::test]
async fn the_socket_closes_with_the_last_handle() {
    let (address, served) = server(async |_, mut peer| {
        peer.greet().await;
        assert!(peer.request().await.is_none());
    })
    .await;
    let connection = open(&address).await.unwrap();
    let clone = connection.clone();
    drop(connection);
    assert!(clone.is_open());
    drop(clone);
    served.scripts(1).await;
}

#[test]
fn a_connection_is_over_when_its_runtime_ends() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let connection = first.block_on(async {
        let (address, _served) = server(async |_, mut peer| {
            peer.greet().await;
            while peer.request().await.is_some() {}
        })
        .await;
        open(&address).await.unwrap()
    });
    let waiting = heartbeat(&connection);
    drop(first);
    assert!(!connection.is_open());
    runtime().block_on(async {
        assert!(matches!(waiting.await.unwrap_err().failure, Failure::Dropped));
        assert!(!heartbeat(&connection).await.unwrap_err().sent);
    });
}

#[tokio::test]
async fn a_request_without_an_answer_is_done_when_it_is_written() {
    let (address, served) = server(async |_, mut peer| {
        peer.greet().await;
        for _ in 0..2 {
            peer.request().await.unwrap();
        }
        let asked = peer.request().await.unwrap();
        peer.answer_heartbeat(&asked, 7).await;
    })
    .await;
    let connection = open(&address).await.unwrap();
    let post = || connection.post(&HeartbeatRequest::default(), 1, Duration::from_secs(5));
    let (first, second, answer) = (post(), post(), heartbeat(&connection));
    second.await.unwrap();
    first.await.unwrap();
    assert_eq!(answer.await.unwrap().throttle_time_ms, 7);
    served.scripts(1).await;
    while connection.is_open() {
        tokio::task::yield_now().await;
    }
    assert!(!post().await.unwrap_err().sent);
}

#[tokio::test]
async fn requests_that_nobody_takes_end_the_connection_at_their_deadline() {
    let (address, _served) = server(async |_, mut peer| {
        peer.greet().await;
        std::future::pending::<()>().await;
    })
    .await;
    let connection = open(&address).await.unwrap();
    let patience = Duration::from_millis(300);
    let large = HeartbeatRequest { group_id: "x".repeat(30_000), ..Default::default() };
    let posts: Vec<_> = (0..1_000).map(|_| connection.post(&large, 1, patience)).collect();
    let outcomes = futures_util::future::join_all(posts).await;
    assert!(outcomes.iter().any(Result::is_ok), "the operating system takes some");
    let failed: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
    assert!(!failed.is_empty() && failed.iter().all(|e| e.sent && matches!(e.failure, Failure::Timeout)));
}
