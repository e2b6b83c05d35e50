use super::Address;
use crate::error::{Error, ErrorKind, Written};
use kafka_sdk_protocol::api::ApiKey;
use kafka_sdk_protocol::{DecodeError, EncodeError};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Why there is no connection, or no longer one.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// The name could not be resolved, or nothing could be reached there.
    Dial(Arc<io::Error>),
    /// Nothing came of it within this time.
    SetupTimeout(Duration),
    /// The peer answered with TLS.
    Tls,
    /// The peer answered with something that is no Kafka.
    NotKafka,
    /// The peer closed the connection before it had answered the first request.
    ClosedDuringSetup,
    /// The connection broke, or the peer closed it.
    Closed(Option<Arc<io::Error>>),
    /// The first unanswered request ran out of time.
    Timeout,
    /// A frame that is longer than allowed.
    FrameSize(i32),
    /// The answer to another request.
    Correlation,
    /// An answer that cannot be read.
    Decode(DecodeError),
    /// A request that cannot be written in the version that the broker speaks.
    Encode(EncodeError),
    /// The broker lacks the API, or speaks none of its versions.
    Unsupported(String),
    /// The client is closing.
    Dropped,
}

/// A request that got no answer, and why.
#[derive(Clone, Debug)]
pub(crate) struct Unanswered {
    pub(crate) failure: Failure,
    /// Whether any of it may have reached the broker.
    pub(crate) sent: bool,
}

impl Unanswered {
    pub(crate) fn unsent(failure: Failure) -> Self {
        Self { failure, sent: false }
    }

    /// As a public error of a request to `address`.
    pub(crate) fn error(&self, address: &Address, api: ApiKey) -> Error {
        let written = if self.sent { Written::Maybe } else { Written::No };
        self.failure.error(address).with_api(api).with_written(written)
    }
}

impl Failure {
    /// As a public error that concerns `address`.
    pub(crate) fn error(&self, address: &Address) -> Error {
        let (kind, text) = match self {
            Self::Dial(e) if e.kind() == io::ErrorKind::ConnectionRefused => (
                ErrorKind::Connect,
                format!("nothing listens at {address}: is the broker running, and the port right?"),
            ),
            Self::Dial(e) => (ErrorKind::Connect, format!("cannot connect to {address}: {e}")),
            Self::SetupTimeout(after) => (
                ErrorKind::Connect,
                format!(
                    "{address} did not answer within {after:?}: is it a Kafka broker, and is nothing in between?"
                ),
            ),
            Self::Tls => (
                ErrorKind::Connect,
                format!(
                    "{address} is a TLS listener, and was spoken to in plaintext: use its plaintext port"
                ),
            ),
            Self::NotKafka => (
                ErrorKind::Connect,
                format!("{address} does not speak Kafka: it answered with something else"),
            ),
            Self::ClosedDuringSetup => (
                ErrorKind::Connect,
                format!(
                    "{address} closed the connection at the first request: it may be a TLS listener, \
                     or not a Kafka broker"
                ),
            ),
            Self::Closed(_) => (ErrorKind::Connect, format!("the connection to {address} was closed")),
            Self::Timeout => (ErrorKind::Timeout, format!("{address} did not answer in time")),
            Self::FrameSize(size) => {
                (ErrorKind::Decode, format!("{address} sent a frame of {size} bytes, which is out of bounds"))
            }
            Self::Correlation => {
                (ErrorKind::Decode, format!("{address} answered a request that was not the next one"))
            }
            Self::Decode(_) => (ErrorKind::Decode, format!("{address} sent an answer that cannot be read")),
            Self::Encode(e) => {
                (ErrorKind::Unsupported, format!("the request cannot be sent to {address}: {e}"))
            }
            Self::Unsupported(what) => (ErrorKind::Unsupported, format!("{address} {what}")),
            Self::Dropped => (ErrorKind::Closed, "the client was closed".to_owned()),
        };
        let error = Error::new(kind, text).with_broker(address.to_string());
        match self {
            Self::Dial(e) | Self::Closed(Some(e)) => error.with_source(e.clone()),
            Self::Decode(e) => error.with_source(*e),
            Self::Encode(e) => error.with_source(*e),
            _ => error,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Closed(Some(Arc::new(error)))
    }
}
