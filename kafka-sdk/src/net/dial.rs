//! Sockets: the addresses that a name stands for, and how a connection to one of them is made.

use super::race::first_success;
use super::{Address, Failure};
use crate::model::{AddressFamily, Switch};
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};

/// A byte stream to a broker.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// How sockets are opened, and what is set on them.
#[derive(Clone, Debug)]
pub(crate) struct Dialer {
    pub(crate) family: AddressFamily,
    pub(crate) keepalive: Switch,
    pub(crate) nagle: Switch,
    /// None: what the operating system finds best, and adapts as it goes.
    pub(crate) send_buffer: Option<u32>,
    pub(crate) receive_buffer: Option<u32>,
    pub(crate) resolver: Resolver,
}

impl Default for Dialer {
    fn default() -> Self {
        Self {
            family: AddressFamily::Any,
            keepalive: Switch::On,
            nagle: Switch::Off,
            send_buffer: None,
            receive_buffer: None,
            resolver: Resolver::System,
        }
    }
}

/// The addresses of a host and a port.
type Resolve = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// Who knows what a name stands for.
#[derive(Clone)]
pub(crate) enum Resolver {
    System,
    #[cfg_attr(not(any(test, feature = "testing")), allow(dead_code, reason = "tests make up names"))]
    Own(Arc<Resolve>),
}

impl Resolver {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        match self {
            Self::System => Ok(tokio::net::lookup_host((host, port)).await?.collect()),
            Self::Own(resolve) => resolve(host, port),
        }
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Own(_) => "Own",
        })
    }
}

impl Dialer {
    /// Tries the addresses that the name stands for, without waiting long for one that does not answer.
    pub(super) async fn dial(&self, address: &Address) -> Result<Box<dyn Io>, Failure> {
        let dial = |e| Failure::Dial(Arc::new(e));
        let resolve = |e| Failure::Resolve(Arc::new(e));
        let addresses = self.addresses(address).await.map_err(resolve)?;
        let connected = first_success(addresses.into_iter().map(|address| self.connect(address))).await;
        let nowhere = || {
            let text = match self.family {
                AddressFamily::Any => "the name stands for no address",
                AddressFamily::V4 => "the name stands for no IPv4 address (broker.address.family is v4)",
                AddressFamily::V6 => "the name stands for no IPv6 address (broker.address.family is v6)",
            };
            Err(io::Error::new(io::ErrorKind::NotFound, text))
        };
        Ok(Box::new(connected.unwrap_or_else(nowhere).map_err(dial)?))
    }

    /// What the name stands for at this moment, in the order in which it is tried.
    async fn addresses(&self, Address { host, port }: &Address) -> io::Result<Vec<SocketAddr>> {
        let found = match host.parse::<IpAddr>() {
            Ok(ip) => vec![SocketAddr::new(ip, *port)],
            Err(_) => self.look_up(host, *port).await?,
        };
        let wanted = found.into_iter().filter(|address| match self.family {
            AddressFamily::Any => true,
            AddressFamily::V4 => address.is_ipv4(),
            AddressFamily::V6 => address.is_ipv6(),
        });
        Ok(by_turns(wanted.collect()))
    }

    /// A name that ends with a dot is complete, and not to be looked for in the local domain. A hosts file knows it
    /// without the dot.
    async fn look_up(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let found = self.resolver.resolve(host, port).await;
        match host.strip_suffix('.') {
            Some(bare) if found.is_err() && !bare.is_empty() => {
                self.resolver.resolve(bare, port).await.or(found)
            }
            _ => found,
        }
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_keepalive(self.keepalive == Switch::On)?;
        // Whole requests are written at once: waiting for more would only add latency.
        socket.set_nodelay(self.nagle == Switch::Off)?;
        if let Some(bytes) = self.send_buffer {
            socket.set_send_buffer_size(bytes)?;
        }
        if let Some(bytes) = self.receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        socket.connect(address).await
    }
}

/// One family after the other, beginning with the first (RFC 8305): where one of them leads nowhere, the other one's turn
/// comes soon.
fn by_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v4 = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv4() == first_is_v4);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut ordered = Vec::new();
    loop {
        let turn = [first.next(), second.next()];
        if turn == [None, None] {
            return ordered;
        }
        ordered.extend(turn.into_iter().flatten());
    }
}

#[cfg(test)]
mod tests;
