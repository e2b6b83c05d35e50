//! Connections to servers that do as a script says.

mod ends;
mod greeting;
mod requests;
mod turns;

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
        expected: None,
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
