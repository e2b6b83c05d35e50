//! Why a connection failed, and whether what was sent on it may have been done.

use super::Address;
use crate::error::{Advice, Error, ErrorKind, Written};
use kafka_sdk_protocol::api::ApiKey;
use kafka_sdk_protocol::{DecodeError, EncodeError, ErrorCode};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Why there is no connection, or no longer one.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// The name stands for no address.
    Resolve(Arc<io::Error>),
    /// Nothing could be reached there.
    Dial(Arc<io::Error>),
    /// Nothing came of it within this time.
    SetupTimeout(Duration),
    /// The peer answered with TLS.
    Tls,
    /// The peer answered with something that is no Kafka.
    NotKafka,
    /// The peer closed the connection before it had answered the first request.
    ClosedDuringSetup,
    /// Another broker listens there than the one that was looked for, and says so.
    Misrouted,
    /// The connection broke, or the peer closed it.
    Closed(Option<Arc<io::Error>>),
    /// The peer told its versions, and closed the connection over the first request after that: so do listeners that want
    /// a login first.
    ClosedAtFirstRequest,
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
    /// We closed it: it was idle, or leads to where the broker no longer is.
    Retired,
    /// The client is closing, or its runtime has ended.
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

    /// Its connection has gone without a word: that happens only with its runtime.
    pub(crate) fn gone() -> Self {
        Self { failure: Failure::Dropped, sent: true }
    }

    /// As a public error of a request to `address`.
    pub(crate) fn error(&self, address: &Address, api: ApiKey) -> Error {
        let written = if self.sent { Written::Maybe } else { Written::No };
        self.failure.error(address).with_api(api).with_written(written)
    }
}

impl Failure {
    /// Whether nothing that speaks Kafka was found there.
    pub(crate) fn is_out_of_reach(&self) -> bool {
        matches!(
            self,
            Self::Resolve(_)
                | Self::Dial(_)
                | Self::SetupTimeout(_)
                | Self::NotKafka
                | Self::ClosedDuringSetup
        )
    }

    /// As a public error that concerns `address`.
    pub(crate) fn error(&self, address: &Address) -> Error {
        let (kind, text) = match self {
            Self::Dial(e) if e.kind() == io::ErrorKind::ConnectionRefused => (
                ErrorKind::Connect,
                format!("nothing listens at {address}: is the broker running, and the port right?"),
            ),
            Self::Resolve(_) => (
                ErrorKind::Connect,
                format!(
                    "no address is known for the name in {address}: is it right, and does the DNS know it?"
                ),
            ),
            Self::Dial(_) => (
                ErrorKind::Connect,
                format!("cannot connect to {address}: can it be reached from this machine?"),
            ),
            Self::SetupTimeout(after) => (
                ErrorKind::Connect,
                format!(
                    "{address} did not answer within {after:?}: is it a Kafka broker, and is nothing in between?"
                ),
            ),
            Self::Tls => (
                ErrorKind::Connect,
                format!(
                    "{address} is a TLS listener, and was spoken to in plaintext: use the broker's plaintext port"
                ),
            ),
            Self::NotKafka => (
                ErrorKind::Connect,
                format!("{address} does not speak Kafka: it answered with something else"),
            ),
            Self::ClosedDuringSetup => (
                ErrorKind::Connect,
                format!(
                    "{address} closed the connection at the first request: it may be a TLS listener, which was spoken to \
                     in plaintext, or not a Kafka broker"
                ),
            ),
            Self::Misrouted => (
                ErrorKind::Connect,
                format!(
                    "{address} leads to another broker than it should, or to another cluster: do its DNS entry, proxy or \
                     load balancer lead where the brokers say that they are (advertised.listeners)?"
                ),
            ),
            Self::Closed(_) | Self::Retired => {
                (ErrorKind::Connect, format!("the connection to {address} was closed"))
            }
            Self::ClosedAtFirstRequest => (
                ErrorKind::Connect,
                format!(
                    "{address} told its versions, and closed the connection at the next request: it wants a login (SASL), \
                     which this client does not have, or is shutting down; use a listener without SASL"
                ),
            ),
            Self::Timeout => (
                ErrorKind::Timeout,
                format!("{address} did not answer in time (request.timeout.ms): the connection was given up"),
            ),
            Self::FrameSize(size) => {
                (ErrorKind::Decode, format!("{address} sent a frame of {size} bytes, which is out of bounds"))
            }
            Self::Correlation => {
                (ErrorKind::Decode, format!("{address} answered a request that was not the next one"))
            }
            Self::Decode(_) => (ErrorKind::Decode, format!("{address} sent an answer that cannot be read")),
            Self::Encode(_) => {
                let text = format!("the request cannot be said in the version that {address} speaks");
                (ErrorKind::Unsupported, text)
            }
            Self::Unsupported(what) => (ErrorKind::Unsupported, format!("{address} {what}")),
            Self::Dropped => {
                let text = "the client was closed, or the runtime on which it was built has ended";
                (ErrorKind::Closed, text.to_owned())
            }
        };
        let error = Error::new(kind, text).with_broker(address.to_string());
        match self {
            Self::Resolve(e) | Self::Dial(e) | Self::Closed(Some(e)) => error.with_source(e.clone()),
            Self::Decode(e) => error.with_source(*e),
            Self::Encode(e) => error.with_source(*e),
            // No attempt later would be better understood.
            Self::Tls => error.with_advice(Advice::GiveUp),
            // It is out of step, and closed; another one is not.
            Self::Correlation => error.with_advice(Advice::Retry),
            Self::Misrouted => error.with_code(ErrorCode::REBOOTSTRAP_REQUIRED).with_advice(Advice::Retry),
            _ => error,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Closed(Some(Arc::new(error)))
    }
}
