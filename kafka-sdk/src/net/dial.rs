use super::race::first_success;
use super::{Address, Failure};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A byte stream to a broker.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Opens sockets.
#[derive(Clone, Debug)]
pub(crate) struct Dialer {
    /// The most that dialling and greeting take together.
    pub(crate) timeout: Duration,
}

impl Dialer {
    /// Tries the addresses that the name stands for, without waiting long for one that does not answer.
    pub(super) async fn dial(&self, address: &Address) -> Result<Box<dyn Io>, Failure> {
        let dial = |e| Failure::Dial(Arc::new(e));
        let host = address.host.as_ref();
        let resolve = |e| Failure::Resolve(Arc::new(e));
        let resolved = tokio::net::lookup_host((host, address.port)).await.map_err(resolve)?;
        let connected = first_success(resolved.map(TcpStream::connect)).await;
        let nowhere = || Err(io::Error::new(io::ErrorKind::NotFound, "the name stands for no address"));
        let stream = connected.unwrap_or_else(nowhere).map_err(dial)?;
        // Whole requests are written at once: waiting for more would only add latency.
        stream.set_nodelay(true).map_err(dial)?;
        Ok(Box::new(stream))
    }
}
