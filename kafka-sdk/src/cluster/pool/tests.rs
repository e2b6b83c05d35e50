use super::*;
use crate::net::{Dialer, FramePool, introduction};
use futures_util::FutureExt;
use kafka_sdk_protocol::api::api_versions::ApiVersion;
use kafka_sdk_protocol::api::metadata::MetadataResponseBroker;
use kafka_sdk_protocol::api::{ApiVersionsRequest, ApiVersionsResponse, MetadataResponse};
use kafka_sdk_protocol::message::response_frame;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const MAX_IDLE: Duration = Duration::from_secs(20);

/// A server that greets, counts its connections, and hangs up when told to.
struct Server {
    address: Address,
    accepted: Arc<AtomicUsize>,
    hang_up: watch::Sender<usize>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (accepted, hang_up) = (Arc::new(AtomicUsize::new(0)), watch::Sender::new(0));
        let (count, mut told) = (accepted.clone(), hang_up.subscribe());
        tokio::spawn(async move {
            for _ in 0..1_000 {
                let (stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                told.mark_unchanged();
                let mut told = told.clone();
                tokio::spawn(async move {
                    let mut stream = stream;
                    // Each request is a greeting.
                    while let Some(()) = tokio::select! {
                        greeted = greet(&mut stream) => greeted,
                        _ = told.changed() => None,
                    } {}
                });
            }
        });
        Self { address: Address { host: "127.0.0.1".into(), port }, accepted, hang_up }
    }

    fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

async fn greet(stream: &mut TcpStream) -> Option<()> {
    let length = stream.read_u32().await.ok()?;
    let mut request = vec![0; length as usize];
    stream.read_exact(&mut request).await.ok()?;
    let id = i32::from_be_bytes(request[4..8].try_into().unwrap());
    let api = ApiVersion { api_key: 18, min_version: 0, max_version: 3 };
    let response = ApiVersionsResponse { api_keys: vec![api], ..Default::default() };
    let frame = response_frame::<ApiVersionsRequest>(&response, 3, id).unwrap().concat();
    stream.write_all(&frame).await.ok()
}

fn pool(seed: &Address) -> Pool {
    let setup = Setup {
        dialer: Dialer::default(),
        client_id: "test".into(),
        frames: FramePool::default(),
        meter: Arc::default(),
        expected: None,
        max_idle: MAX_IDLE,
    };
    Pool::new(Handle::current(), setup, &Settings { bootstrap: vec![seed.clone()], ..Settings::default() })
}

const SEED: Peer = Peer::Seed(0);

#[tokio::test]
async fn callers_share_a_connection_and_lanes_do_not() {
    let server = Server::start().await;
    let (pool, snapshot) = (pool(&server.address), Snapshot::default());
    let normal = || pool.connection(SEED, Lane::Normal, &snapshot);
    let (a, b) = tokio::join!(normal(), normal());
    assert!(a.is_ok() && b.is_ok() && normal().await.is_ok());
    assert_eq!((server.accepted(), pool.health(SEED)), (1, Health::Open));
    let (one, two) = (Lane::Fetch(Owner::new()), Lane::Fetch(Owner::new()));
    let first = pool.connection(SEED, one, &snapshot).await.unwrap();
    pool.connection(SEED, two, &snapshot).await.unwrap();
    assert_eq!(server.accepted(), 3, "each reader has its own");
    pool.close_lane(one);
    assert!(first.is_open(), "whoever holds it may finish");
    pool.connection(SEED, two, &snapshot).await.unwrap();
    pool.connection(SEED, one, &snapshot).await.unwrap();
    assert_eq!(server.accepted(), 4);
}

#[tokio::test]
async fn a_broken_connection_is_dialled_again_after_a_pause() {
    let server = Server::start().await;
    let (pool, snapshot) = (pool(&server.address), Snapshot::default());
    let connection = pool.connection(SEED, Lane::Normal, &snapshot).await.unwrap();
    server.hang_up.send_modify(|n| *n += 1);
    while connection.is_open() {
        tokio::task::yield_now().await;
    }
    let start = Instant::now();
    assert!(pool.connection(SEED, Lane::Normal, &snapshot).await.unwrap().is_open());
    assert!(start.elapsed() >= Duration::from_millis(40), "{:?}", start.elapsed());
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn a_connection_that_was_of_use_is_replaced_at_once() {
    let server = Server::start().await;
    let (pool, snapshot) = (pool(&server.address), Snapshot::default());
    let connection = pool.connection(SEED, Lane::Normal, &snapshot).await.unwrap();
    connection.submit(&introduction(), 3, Duration::from_secs(5)).await.unwrap();
    server.hang_up.send_modify(|n| *n += 1);
    while connection.is_open() {
        tokio::task::yield_now().await;
    }
    let start = Instant::now();
    assert!(pool.connection(SEED, Lane::Normal, &snapshot).await.unwrap().is_open());
    assert!(start.elapsed() < Duration::from_millis(40), "{:?}", start.elapsed());
}

#[test]
fn a_connection_outlives_the_runtime_that_only_asked_for_it() {
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (own, other) = (runtime(), runtime());
    let (server, pool) = own.block_on(async {
        let server = Server::start().await;
        let pool = pool(&server.address);
        (server, pool)
    });
    let snapshot = Snapshot::default();
    let asked = other.block_on(pool.connection(SEED, Lane::Normal, &snapshot)).unwrap();
    drop(other);
    assert!(asked.is_open());
    own.block_on(async {
        asked.submit(&introduction(), 3, Duration::from_secs(5)).await.unwrap();
        assert!(pool.connection(SEED, Lane::Normal, &snapshot).await.unwrap().is_open());
    });
    assert_eq!(server.accepted(), 1);
}

/// Where broker 7 is there.
fn at(address: &Address) -> Snapshot {
    let (host, port) = (address.host.as_ref().to_owned(), i32::from(address.port));
    let broker = MetadataResponseBroker { node_id: 7, host, port, ..Default::default() };
    Snapshot::default().merged(&MetadataResponse { brokers: vec![broker], ..Default::default() })
}

#[tokio::test]
async fn nothing_is_kept_of_a_broker_that_is_gone_once_its_connections_are_closed() {
    let server = Server::start().await;
    let (pool, known) = (pool(&server.address), at(&server.address));
    let connection = pool.connection(Peer::Broker(7), Lane::Normal, &known).await.unwrap();
    pool.connection(SEED, Lane::Normal, &known).await.unwrap();
    let follow = |snapshot: &Snapshot| {
        pool.follow(snapshot);
        pool.states().len()
    };
    assert_eq!(follow(&Snapshot::default()), 2, "it is open");
    server.hang_up.send_modify(|n| *n += 1);
    while connection.is_open() {
        tokio::task::yield_now().await;
    }
    assert_eq!(follow(&known), 2, "it is in the cluster");
    let awaited = pool.state(Peer::Broker(7), Lane::Normal);
    assert_eq!(follow(&Snapshot::default()), 2, "somebody waits for it");
    drop(awaited);
    assert_eq!(follow(&Snapshot::default()), 1);
    assert!(pool.states().contains_key(&(SEED, Lane::Normal)), "a bootstrap address is always there");
}

#[tokio::test]
async fn a_connection_to_where_the_broker_was_is_closed() {
    let (before, after) = (Server::start().await, Server::start().await);
    let pool = pool(&before.address);
    let first = pool.connection(Peer::Broker(7), Lane::Normal, &at(&before.address)).await.unwrap();
    pool.follow(&at(&before.address));
    assert!(first.is_open());
    pool.follow(&Snapshot::default());
    assert!(first.is_open(), "a broker that is not in the picture for a while has not moved");
    pool.follow(&at(&after.address));
    assert!(!first.is_open());
    let second = pool.connection(Peer::Broker(7), Lane::Normal, &at(&after.address)).await.unwrap();
    assert_eq!((second.address(), after.accepted()), (&after.address, 1));
}

#[tokio::test]
async fn a_caller_that_goes_does_not_end_the_attempt() {
    let server = Server::start().await;
    let (pool, snapshot) = (pool(&server.address), Snapshot::default());
    {
        let mut connecting = std::pin::pin!(pool.connection(SEED, Lane::Normal, &snapshot));
        assert!(connecting.as_mut().now_or_never().is_none());
    }
    pool.connection(SEED, Lane::Normal, &snapshot).await.unwrap();
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn failures_have_pauses_that_grow() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let pool = pool(&Address { host: "127.0.0.1".into(), port: nobody.port() });
    let (snapshot, start) = (Snapshot::default(), Instant::now());
    for _ in 0..4 {
        let error = pool.connection(SEED, Lane::Normal, &snapshot).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect);
    }
    assert_eq!(pool.health(SEED), Health::Failed);
    // 50, 100 and 200 ms, less a fifth.
    assert!(start.elapsed() >= Duration::from_millis(280), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_twice_the_time_of_the_one_before_it() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let pool = pool(&Address { host: "127.0.0.1".into(), port: silent.local_addr().unwrap().port() });
    let mut took = Vec::new();
    for _ in 0..4 {
        let start = Instant::now();
        let error = pool.connection(SEED, Lane::Normal, &Snapshot::default()).await.unwrap_err();
        assert!(error.to_string().contains("did not answer within"), "{error}");
        took.push(start.elapsed().as_secs());
    }
    assert_eq!(took, [10, 20, 30, 30]);
}

#[tokio::test]
async fn an_attempt_that_dies_is_an_answer() {
    let state = Arc::new(watch::Sender::new(State::Dialling { failures: 2 }));
    let mut changes = state.subscribe();
    drop(Attempt {
        peer: Peer::Seed(0),
        state: state.clone(),
        address: Address { host: "h".into(), port: 1 },
        seeds: [].into(),
        pause: Backoff::RECONNECT,
    });
    assert_eq!(outcome(&mut changes).await.unwrap().kind(), ErrorKind::Closed);
}

#[test]
fn every_api_has_the_lane_of_what_it_may_wait_for() {
    assert_eq!(Lane::of(ApiKey::HEARTBEAT), Lane::Normal);
    assert_eq!(Lane::of(ApiKey::METADATA), Lane::Normal);
    assert_eq!(Lane::of(ApiKey::JOIN_GROUP), Lane::Group(Owner::SHARED));
    assert_eq!(Lane::of(ApiKey::CREATE_TOPICS), Lane::Slow);
    assert!(matches!(Lane::of(ApiKey::FETCH), Lane::Fetch(_)));
    assert!(matches!(Lane::of(ApiKey::PRODUCE), Lane::Produce(_)));
}
