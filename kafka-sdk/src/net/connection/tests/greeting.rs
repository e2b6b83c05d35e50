//! Dialling and greeting.

use super::*;

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

fn expecting_broker_7() -> Setup {
    Setup { expected: Some(Expected { cluster_id: "c".into(), broker: 7 }), ..setup() }
}

#[tokio::test]
async fn a_broker_that_is_not_the_one_we_look_for_is_left() {
    let (address, served) = server(async |_, mut peer| {
        let header = peer.request().await.unwrap();
        assert_eq!(header.request_api_version, 5);
        let error_code = ErrorCode::REBOOTSTRAP_REQUIRED;
        let refusal = ApiVersionsResponse { error_code, ..Default::default() };
        peer.answer::<ApiVersionsRequest>(&header, 5, &refusal).await;
    })
    .await;
    let failure = Connection::open(&expecting_broker_7(), &address, A_WHILE).await.unwrap_err();
    let error = failure.error(&address);
    assert_eq!((error.kind(), error.advice()), (ErrorKind::Connect, crate::error::Advice::Retry));
    assert!(
        error.is(ErrorCode::REBOOTSTRAP_REQUIRED) && error.to_string().contains("another broker"),
        "{error}"
    );
    served.scripts(1).await;
}

#[tokio::test]
async fn a_broker_that_is_older_than_the_others_is_not_told_whom_we_look_for() {
    let (address, served) = server(async |_, mut peer| {
        let header = peer.request().await.unwrap();
        let refusal =
            ApiVersionsResponse { error_code: ErrorCode::UNSUPPORTED_VERSION, ..Default::default() };
        peer.answer::<ApiVersionsRequest>(&header, 0, &refusal).await;
        assert_eq!(peer.greet().await, 0);
    })
    .await;
    Connection::open(&expecting_broker_7(), &address, A_WHILE).await.unwrap();
    served.scripts(1).await;
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
