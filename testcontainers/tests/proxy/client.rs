//! A client without manners of its own: it sends and reads frames, and nothing else.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use kafka_sdk_protocol::api::{HeartbeatRequest, HeartbeatResponse};
use kafka_sdk_protocol::message::{Request, decode_response, request_frame};
use kafka_sdk_testcontainers::{Armed, Rule, TestProxy};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) type TestResult = Result<(), Box<dyn std::error::Error>>;

/// Whatever is to come, comes within this time.
const SOON: Duration = Duration::from_secs(10);
/// What has not come by now does not come.
const A_WHILE: Duration = Duration::from_millis(150);

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

pub(crate) struct Client(Box<dyn Stream>);

impl Client {
    pub(crate) async fn connect(address: &str) -> io::Result<Self> {
        let address = address.split(',').next().unwrap_or_default();
        TcpStream::connect(address).await.map(Self::over)
    }

    pub(crate) fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        Self(Box::new(stream))
    }

    pub(crate) async fn to(proxy: &TestProxy) -> io::Result<Self> {
        Self::connect(proxy.bootstrap_servers()).await
    }

    pub(crate) async fn send<R: Request>(&mut self, request: &R, version: i16, id: i32) -> io::Result<()> {
        let frame = request_frame(request, version, id, Some("test")).map_err(io::Error::other)?;
        self.send_bytes(&frame.concat()).await
    }

    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        within(self.0.write_all(bytes)).await
    }

    /// The next frame, without its length.
    pub(crate) async fn receive(&mut self) -> io::Result<Bytes> {
        let length = within(self.0.read_u32()).await? as usize;
        let mut frame = vec![0; length];
        within(self.0.read_exact(&mut frame)).await?;
        Ok(frame.into())
    }

    /// The correlation id and the fields of the next answer.
    pub(crate) async fn answer<R: Request>(&mut self, version: i16) -> io::Result<(i32, R::Response)> {
        decode_response::<R>(&self.receive().await?, version).map_err(io::Error::other)
    }

    pub(crate) async fn call<R: Request>(&mut self, request: &R, version: i16) -> io::Result<R::Response> {
        const ID: i32 = 1234;
        self.send(request, version, ID).await?;
        let (id, response) = self.answer::<R>(version).await?;
        assert_eq!(id, ID);
        Ok(response)
    }

    /// A heartbeat; whoever answers says by the time to throttle to which correlation id.
    pub(crate) async fn beat(&mut self, id: i32) -> io::Result<()> {
        self.send(&HeartbeatRequest::default(), BEAT, id).await
    }

    pub(crate) async fn beaten(&mut self) -> io::Result<(i32, HeartbeatResponse)> {
        self.answer::<HeartbeatRequest>(BEAT).await
    }

    /// All that comes to the end of the stream, and whether that is a reset.
    pub(crate) async fn rest_of_stream(&mut self) -> (Vec<u8>, bool) {
        let mut bytes = Vec::new();
        let end = within(self.0.read_to_end(&mut bytes)).await.map_err(|error| error.kind());
        let reset = match end {
            Ok(_) => false,
            Err(io::ErrorKind::ConnectionReset) => true,
            Err(other) => panic!("neither an end nor a reset: {other}"),
        };
        (bytes, reset)
    }

    /// Nothing comes, not even an end.
    pub(crate) async fn silence(&mut self) {
        let come = timeout(A_WHILE, self.0.read_u8()).await;
        assert!(come.is_err(), "{come:?}");
    }

    /// One read, of at most so many bytes.
    pub(crate) async fn read_some(&mut self, most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; most];
        let read = within(self.0.read(&mut bytes)).await?;
        bytes.truncate(read);
        Ok(bytes)
    }
}

/// The version of heartbeats here.
pub(crate) const BEAT: i16 = 4;

async fn within<T>(io: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(SOON, io).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Waits for a rule to react; panics when it does not.
pub(crate) async fn hits(armed: &Armed, hits: u64) {
    let waited = timeout(SOON, armed.wait_for_hits(hits)).await;
    assert!(waited.is_ok(), "{} hits instead of {hits}", armed.hits());
}

pub(crate) fn intercept(proxy: &TestProxy, rule: Rule) -> Armed {
    proxy.intercept(rule).unwrap()
}
