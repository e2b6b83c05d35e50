//! What can go wrong, and what to do about it. Imports nothing of ours, so that every module can fail with it.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::ApiKey;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// `Result` with this crate's [`Error`]. It has one parameter, so that `kafka_sdk::Result::Ok(())` in a spawned block
/// names the error type.
pub type Result<T> = std::result::Result<T, Error>;

/// Anything that this crate reports as failed: cheap to clone, and never holds a secret or a payload.
///
/// `Display` is one sentence, with what to do about it where that is known; causes are behind
/// [`source`](StdError::source), and `{:#}` shows them all, with colons in between.
///
/// ```
/// use kafka_sdk::{Advice, Error, Written};
///
/// fn worth_another_try(error: &Error) -> bool {
///     error.advice() == Advice::Retry && error.written() == Written::No
/// }
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    text: Cow<'static, str>,
    written: Written,
    advice: Option<Advice>,
    code: Option<ErrorCode>,
    api: Option<ApiKey>,
    broker: Option<Arc<str>>,
    topic: Option<Arc<str>>,
    partition: Option<i32>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A broker answered with an error code; see [`Error::code`].
    Broker,
    /// No connection: nothing listens, the name is unknown, the peer does not speak Kafka.
    Connect,
    /// The broker does not accept who we are.
    Authenticate,
    /// The broker does not allow this.
    Authorize,
    /// The time was up.
    Timeout,
    /// There is no room right now, and the call does not wait.
    Full,
    /// The client was closed, or dropped, before this was done.
    Closed,
    /// A setting or an argument that cannot be.
    Settings,
    /// Bytes that are not what they should be.
    Decode,
    /// Not possible in this state.
    State,
    /// The broker is too old, too new, or lacks the feature.
    Unsupported,
}

/// What to do about an error: one value, so that advice cannot contradict itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Advice {
    /// The same call may succeed later.
    Retry,
    /// Abort the transaction, then start it again.
    AbortTransaction,
    /// This handle is of no more use; build another one.
    Rebuild,
    /// It will not work without a change.
    GiveUp,
}

/// Whether a request that failed can have had an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Written {
    /// Certainly not.
    No,
    /// It is not known: the request was sent, and no answer came that says so.
    Maybe,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, text: impl Into<Cow<'static, str>>) -> Self {
        Self(Arc::new(Inner {
            kind,
            text: text.into(),
            written: Written::No,
            advice: None,
            code: None,
            api: None,
            broker: None,
            topic: None,
            partition: None,
            source: None,
        }))
    }

    /// Of a broker's error code: the kind follows from it.
    pub(crate) fn of_code(code: ErrorCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(kind_of(code), text).with(|e| e.code = Some(code))
    }

    /// Of a broker that does not let this client do something, for want of a permission.
    pub(crate) fn not_allowed(
        code: ErrorCode,
        what: impl fmt::Display,
        permission: impl fmt::Display,
    ) -> Self {
        // Brokers do not say whom they took the client for. Without a login, that is always the same.
        let text = format!(
            "{what} is not allowed ({code}): User:ANONYMOUS, as whom this client acts without a login, needs the \
             {permission}"
        );
        Self::of_code(code, text)
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    pub(crate) fn with_written(self, written: Written) -> Self {
        self.with(|e| e.written = written)
    }

    pub(crate) fn with_advice(self, advice: Advice) -> Self {
        self.with(|e| e.advice = Some(advice))
    }

    pub(crate) fn with_code(self, code: ErrorCode) -> Self {
        self.with(|e| e.code = Some(code))
    }

    pub(crate) fn with_api(self, api: ApiKey) -> Self {
        self.with(|e| e.api = Some(api))
    }

    pub(crate) fn with_broker(self, broker: impl Into<Arc<str>>) -> Self {
        self.with(|e| e.broker = Some(broker.into()))
    }

    pub(crate) fn with_topic(self, topic: impl Into<Arc<str>>) -> Self {
        self.with(|e| e.topic = Some(topic.into()))
    }

    pub(crate) fn with_partition(self, partition: i32) -> Self {
        self.with(|e| e.partition = Some(partition))
    }

    pub(crate) fn with_source(self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.with(|e| e.source = Some(Arc::new(source)))
    }

    pub(crate) fn with_boxed_source(self, source: Box<dyn StdError + Send + Sync>) -> Self {
        self.with(|e| e.source = Some(source.into()))
    }

    /// With all its causes, for the log.
    pub(crate) fn whole(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(move |f| write!(f, "{self:#}"))
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> Advice {
        self.0.advice.unwrap_or_else(|| match self.0.kind {
            ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Full => Advice::Retry,
            ErrorKind::Broker if self.0.code.is_some_and(ErrorCode::is_retriable) => Advice::Retry,
            ErrorKind::Closed => Advice::Rebuild,
            _ => Advice::GiveUp,
        })
    }

    /// Whether what failed can have had an effect all the same.
    #[must_use]
    pub fn written(&self) -> Written {
        self.0.written
    }

    /// The broker's error code, if it was a broker that said no; also the one that it would have given for what was refused
    /// before it was sent.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        self.0.code
    }

    /// Whether the broker's error code is `code`.
    #[must_use]
    pub fn is(&self, code: ErrorCode) -> bool {
        self.0.code == Some(code)
    }

    /// The API that was called.
    #[must_use]
    pub fn api(&self) -> Option<ApiKey> {
        self.0.api
    }

    /// The broker concerned: its id or its address.
    #[must_use]
    pub fn broker(&self) -> Option<&str> {
        self.0.broker.as_deref()
    }

    /// The topic concerned.
    #[must_use]
    pub fn topic(&self) -> Option<&str> {
        self.0.topic.as_deref()
    }

    /// The partition concerned.
    #[must_use]
    pub fn partition(&self) -> Option<i32> {
        self.0.partition
    }

    /// A sensible pause before another try, the same for all errors: 100 ms. None where there is no point in one, as
    /// [`Self::advice`] says.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        (self.advice() == Advice::Retry).then_some(Duration::from_millis(100))
    }
}

fn kind_of(code: ErrorCode) -> ErrorKind {
    match code {
        ErrorCode::TOPIC_AUTHORIZATION_FAILED
        | ErrorCode::GROUP_AUTHORIZATION_FAILED
        | ErrorCode::CLUSTER_AUTHORIZATION_FAILED
        | ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED
        | ErrorCode::DELEGATION_TOKEN_AUTHORIZATION_FAILED => ErrorKind::Authorize,
        ErrorCode::SASL_AUTHENTICATION_FAILED
        | ErrorCode::UNSUPPORTED_SASL_MECHANISM
        | ErrorCode::ILLEGAL_SASL_STATE => ErrorKind::Authenticate,
        ErrorCode::UNSUPPORTED_VERSION
        | ErrorCode::UNSUPPORTED_FOR_MESSAGE_FORMAT
        | ErrorCode::UNSUPPORTED_COMPRESSION_TYPE => ErrorKind::Unsupported,
        _ => ErrorKind::Broker,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)?;
        if f.alternate() {
            let (mut said, mut cause) = (self.0.text.to_string(), self.source());
            while let Some(shown) = cause {
                let text = shown.to_string();
                // Some sentences end with their cause.
                if !said.ends_with(&text) {
                    write!(f, ": {text}")?;
                    said = text;
                }
                cause = shown.source();
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Error");
        shown.field("kind", &self.0.kind).field("text", &self.0.text).field("written", &self.0.written);
        if let Some(code) = &self.0.code {
            shown.field("code", code);
        }
        if let Some(broker) = &self.0.broker {
            shown.field("broker", broker);
        }
        if let Some(source) = &self.0.source {
            shown.field("source", source);
        }
        shown.finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_and_advice_follow_from_the_code() {
        let of = |code| {
            let error = Error::of_code(code, "x");
            (error.kind(), error.advice())
        };
        assert_eq!(of(ErrorCode::NOT_LEADER_OR_FOLLOWER), (ErrorKind::Broker, Advice::Retry));
        assert_eq!(of(ErrorCode::MESSAGE_TOO_LARGE), (ErrorKind::Broker, Advice::GiveUp));
        assert_eq!(of(ErrorCode::TOPIC_AUTHORIZATION_FAILED), (ErrorKind::Authorize, Advice::GiveUp));
        assert!(Error::of_code(ErrorCode::MESSAGE_TOO_LARGE, "x").is(ErrorCode::MESSAGE_TOO_LARGE));
    }

    #[test]
    fn one_level_is_shown_and_all_of_them_on_request() {
        let io = std::io::Error::other("no route");
        let middle = Error::new(ErrorKind::Connect, "cannot connect").with_source(io);
        let error = Error::new(ErrorKind::Timeout, "not sent").with_source(middle);
        assert_eq!(error.to_string(), "not sent");
        assert_eq!(format!("{error:#}"), "not sent: cannot connect: no route");
    }

    #[test]
    fn a_cause_that_has_been_quoted_is_not_shown_twice() {
        let io = std::io::Error::other("no route");
        let middle = Error::new(ErrorKind::Connect, "cannot connect: no route").with_source(io);
        let error = Error::new(ErrorKind::Timeout, "not sent").with_source(middle);
        assert_eq!(format!("{error:#}"), "not sent: cannot connect: no route");
    }

    #[test]
    fn an_error_is_one_pointer() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }
}
