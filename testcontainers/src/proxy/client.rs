//! The client's end: a plain socket, or one with TLS that ends here.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

#[cfg(feature = "tls")]
use super::tls::{Tls, TlsStream};

/// What a proxy says to a client before frames.
#[derive(Debug)]
pub(super) enum Greeter {
    Plain,
    #[cfg(feature = "tls")]
    Tls(Tls),
}

/// A socket on which frames come and go.
pub(super) enum Client {
    Plain(TcpStream),
    #[cfg(feature = "tls")]
    Tls(Box<TlsStream>),
}

impl Greeter {
    #[cfg_attr(not(feature = "tls"), allow(clippy::unused_async, reason = "TLS takes several turns"))]
    pub(super) async fn greeted(&self, client: TcpStream) -> io::Result<Client> {
        match self {
            Self::Plain => Ok(Client::Plain(client)),
            #[cfg(feature = "tls")]
            Self::Tls(tls) => Ok(Client::Tls(Box::new(tls.accept(client).await?))),
        }
    }
}

impl Client {
    pub(super) fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.get_ref().0,
        }
    }
}

/// Calls the same function of whichever stream it is.
macro_rules! delegate {
    ($self:ident.$function:ident($($argument:expr),*)) => {
        match $self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).$function($($argument),*),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Pin::new(stream).$function($($argument),*),
        }
    };
}

impl AsyncRead for Client {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        delegate!(self.poll_read(context, into))
    }
}

impl AsyncWrite for Client {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        delegate!(self.poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self.poll_shutdown(context))
    }
}
