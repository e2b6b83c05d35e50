//! Connections to servers that do as a script says.

use super::*;
use crate::error::ErrorKind;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::api_versions::ApiVersion;
use kafka_sdk_protocol::api::{
    ApiKey, ApiVersionsRequest, ApiVersionsResponse, HeartbeatRequest, HeartbeatResponse, RequestHeader,
};
use kafka_sdk_protocol::message::{Message, response_frame};
use kafka_sdk_protocol::wire::Reader;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A server that serves each connection by `script`, and counts the scripts that came to their end.
async fn server<F: Future<Output = ()> + Send>(
    script: impl Fn(usize, Peer) -> F + Send + 'static,
) -> (Address, Served) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (served, count) = watch::channel(0);
    tokio::spawn(async move {
        for connection in 0..10 {
            let (stream, _) = listener.accept().await.unwrap();
            script(connection, Peer(stream)).await;
            served.send_replace(connection + 1);
        }
    });
    (Address { host: "127.0.0.1".into(), port }, Served(count))
}

struct Served(watch::Receiver<usize>);

impl Served {
    /// Waits for so many scripts to end; panics when one of them has.
    async fn scripts(mut self, count: usize) {
        self.0.wait_for(|served| *served >= count).await.expect("a script has panicked");
    }
}

/// The server's end of a connection.
struct Peer(TcpStream);

impl Peer {
    /// The next request: its header, or none at the end.
    async fn request(&mut self) -> Option<RequestHeader> {
        let length = self.0.read_u32().await.ok()?;
        let mut frame = vec![0; length as usize];
        self.0.read_exact(&mut frame).await.ok()?;
        let frame = Bytes::from(frame);
        let flexible = i16::from_be_bytes([frame[0], frame[1]]) == 18 && frame[3] >= 3;
        let header =
            RequestHeader::decode_from(&mut Reader::new(&frame, false), if flexible { 2 } else { 1 });
        Some(header.unwrap())
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    async fn answer<R: Request>(&mut self, header: &RequestHeader, version: i16, response: &R::Response) {
        let frame = response_frame::<R>(response, version, header.correlation_id).unwrap().concat();
        self.send(&frame).await;
    }

    /// Answers the greeting, and gives the version in which it was asked.
    async fn greet(&mut self) -> i16 {
        let header = self.request().await.unwrap();
        let version = header.request_api_version;
        self.answer::<ApiVersionsRequest>(&header, version, &speaks_heartbeat()).await;
        version
    }

    async fn answer_heartbeat(&mut self, header: &RequestHeader, throttle_time_ms: i32) {
        let response = HeartbeatResponse { throttle_time_ms, ..Default::default() };
        self.answer::<HeartbeatRequest>(header, 1, &response).await;
    }
}

fn speaks_heartbeat() -> ApiVersionsResponse {
    let api = |key: ApiKey, max_version| ApiVersion { api_key: key.0, min_version: 0, max_version };
    let api_keys = vec![api(ApiKey::HEARTBEAT, 1), api(ApiKey::API_VERSIONS, 2)];
    ApiVersionsResponse { api_keys, ..Default::default() }
}

fn setup() -> Setup {
    Setup {
        dialer: Dialer::default(),
        client_id: "test".into(),
        frames: FramePool::default(),
        meter: Arc::default(),
        max_idle: Duration::from_secs(540),
    }
}

const A_WHILE: Duration = Duration::from_secs(5);

async fn open(address: &Address) -> Result<Connection, Failure> {
    Connection::open(&setup(), address, A_WHILE).await
}

async fn refused(address: &Address) -> crate::error::Error {
    open(address).await.unwrap_err().error(address)
}

fn heartbeat(connection: &Connection) -> Reply<HeartbeatRequest> {
    connection.submit(&HeartbeatRequest::default(), 1, Duration::from_secs(5))
}

#[tokio::test]
async fn a_broker_that_knows_our_version_is_asked_once() {
    let (address, served) = server(async |_, mut peer| assert_eq!(peer.greet().await, 3)).await;
    let connection = open(&address).await.unwrap();
    served.scripts(1).await;
    assert_eq!(connection.version::<HeartbeatRequest>(None).unwrap(), 1);
}

#[tokio::test]
async fn a_broker_that_refuses_our_version_is_asked_in_version_0() {
    let (address, served) = server(async |_, mut peer| {
        let header = peer.request().await.unwrap();
        let refusal =
            ApiVersionsResponse { error_code: ErrorCode::UNSUPPORTED_VERSION, ..speaks_heartbeat() };
        // As Kafka does it: in version 0, whatever was asked.
        peer.answer::<ApiVersionsRequest>(&header, 0, &refusal).await;
        assert_eq!(peer.greet().await, 0);
    })
    .await;
    open(&address).await.unwrap();
    served.scripts(1).await;
}

#[tokio::test]
async fn a_broker_that_refuses_in_the_version_it_was_asked_in_is_understood() {
    let (address, served) = server(async |_, mut peer| {
        let header = peer.request().await.unwrap();
        let refusal =
            ApiVersionsResponse { error_code: ErrorCode::UNSUPPORTED_VERSION, ..Default::default() };
        peer.answer::<ApiVersionsRequest>(&header, 3, &refusal).await;
        assert_eq!(peer.greet().await, 0);
    })
    .await;
    open(&address).await.unwrap();
    served.scripts(1).await;
}

#[tokio::test]
async fn a_broker_that_hangs_up_on_our_version_is_dialled_again() {
    let (address, served) = server(async |connection, mut peer| match connection {
        0 => drop(peer.request().await),
        _ => assert_eq!(peer.greet().await, 0),
    })
    .await;
    open(&address).await.unwrap();
    served.scripts(2).await;
}

#[tokio::test]
async fn nobody_there_is_said_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = Address { host: "127.0.0.1".into(), port: listener.local_addr().unwrap().port() };
    drop(listener);
    let error = refused(&address).await;
    let text = format!("nothing listens at {address}: is the broker running, and the port right?");
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Connect, text));
}

#[tokio::test]
async fn a_peer_that_is_no_kafka_is_recognised() {
    let (address, _server) = server(async |_, mut peer| {
        peer.request().await;
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    })
    .await;
    assert!(refused(&address).await.to_string().contains("does not speak Kafka"));
}

#[tokio::test]
async fn a_peer_that_answers_garbage_in_a_frame_is_recognised() {
    let (address, _server) = server(async |_, mut peer| {
        while peer.request().await.is_some() {
            peer.send(&[0, 0, 0, 4, 1, 2, 3, 4]).await;
        }
    })
    .await;
    assert!(refused(&address).await.to_string().contains("does not speak Kafka"));
}

#[tokio::test]
async fn a_tls_listener_is_recognised() {
    let (address, _server) = server(async |_, mut peer| {
        peer.request().await;
        peer.send(&[21, 3, 3, 0, 2, 2, 80]).await;
    })
    .await;
    assert!(refused(&address).await.to_string().contains("is a TLS listener"));
}

#[tokio::test]
async fn a_peer_that_only_hangs_up_is_called_what_it_may_be() {
    let (address, _server) = server(async |_, mut peer| drop(peer.request().await)).await;
    assert!(refused(&address).await.to_string().contains("it may be a TLS listener"));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_answers_is_given_up_in_time() {
    let (address, _server) = server(async |_, mut peer| while peer.request().await.is_some() {}).await;
    let start = Instant::now();
    let error = refused(&address).await;
    assert!(error.to_string().contains("did not answer within 5s"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(6));
}

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
