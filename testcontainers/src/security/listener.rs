//! What a listener is to be like.

use std::fmt;

use super::login::{Login, check_name};

/// How clients and a listener speak: Kafka's `security.protocol`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecurityProtocol {
    /// In the clear, for anybody.
    Plaintext,
    /// TLS.
    Ssl,
    /// SASL in the clear.
    SaslPlaintext,
    /// SASL within TLS.
    SaslSsl,
}

impl SecurityProtocol {
    /// Kafka's name of it, such as `SASL_SSL`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "PLAINTEXT",
            Self::Ssl => "SSL",
            Self::SaslPlaintext => "SASL_PLAINTEXT",
            Self::SaslSsl => "SASL_SSL",
        }
    }

    pub(crate) fn has_sasl(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }

    pub(crate) fn has_tls(self) -> bool {
        matches!(self, Self::Ssl | Self::SaslSsl)
    }
}

impl fmt::Display for SecurityProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A listener that every node gets besides the plain one, and who is let in there.
///
/// # Examples
/// ```
/// # #[cfg(feature = "tls")]
/// # fn example() -> kafka_sdk_testcontainers::TestKafkaBuilder {
/// use kafka_sdk_testcontainers::{Listener, TestKafka};
///
/// TestKafka::jvm()
///     .listener(Listener::sasl_ssl().scram_sha_256("alice", "secret").plain("bob", "secret"))
///     .listener(Listener::ssl().client_certificate("carol"))
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a listener is given to a cluster by `TestKafkaBuilder::listener`"]
pub struct Listener {
    protocol: SecurityProtocol,
    logins: Vec<Login>,
    certificates: Vec<String>,
}

impl Listener {
    /// TLS. Without [`client_certificate`](Self::client_certificate), any client is let in.
    #[cfg(feature = "tls")]
    pub fn ssl() -> Self {
        Self::new(SecurityProtocol::Ssl)
    }

    /// SASL in the clear.
    pub fn sasl_plaintext() -> Self {
        Self::new(SecurityProtocol::SaslPlaintext)
    }

    /// SASL within TLS.
    #[cfg(feature = "tls")]
    pub fn sasl_ssl() -> Self {
        Self::new(SecurityProtocol::SaslSsl)
    }

    fn new(protocol: SecurityProtocol) -> Self {
        Self { protocol, logins: Vec::new(), certificates: Vec::new() }
    }

    /// A user that PLAIN lets in.
    pub fn plain(self, user: &str, password: &str) -> Self {
        self.login(Login::plain(user, password))
    }

    /// A user that SCRAM-SHA-256 lets in. With KRaft, Kafka knows SCRAM since 3.5.
    pub fn scram_sha_256(self, user: &str, password: &str) -> Self {
        self.login(Login::scram_sha_256(user, password))
    }

    /// A user that SCRAM-SHA-512 lets in. With KRaft, Kafka knows SCRAM since 3.5.
    pub fn scram_sha_512(self, user: &str, password: &str) -> Self {
        self.login(Login::scram_sha_512(user, password))
    }

    /// OAUTHBEARER, with tokens that are not signed: any user that a token names is let in. This one is the one that
    /// [`ClientProperties`](crate::ClientProperties) name.
    pub fn oauthbearer(self, user: &str) -> Self {
        self.login(Login::oauthbearer(user))
    }

    /// A user that is let in.
    pub fn login(mut self, login: Login) -> Self {
        self.logins.push(login);
        self
    }

    /// Mutual TLS: lets only clients in that have a certificate, and makes one with the subject `CN=<name>`; the
    /// principal on an SSL listener is `User:CN=<name>`. With SASL too, Kafka asks for certificates since 2.8.
    #[cfg(feature = "tls")]
    pub fn client_certificate(mut self, name: &str) -> Self {
        self.certificates.push(name.into());
        self
    }

    pub(crate) fn protocol(&self) -> SecurityProtocol {
        self.protocol
    }

    pub(crate) fn logins(&self) -> &[Login] {
        &self.logins
    }

    /// The names that client certificates are made for.
    pub(crate) fn certificates(&self) -> &[String] {
        &self.certificates
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        if self.protocol.has_sasl() && self.logins.is_empty() {
            return Err("it lets nobody in: give it a user".into());
        }
        if !self.protocol.has_sasl() && !self.logins.is_empty() {
            return Err("it has no SASL, and so no users".into());
        }
        if !self.protocol.has_tls() && !self.certificates.is_empty() {
            return Err("it has no TLS, and so no certificates".into());
        }
        self.logins.iter().try_for_each(Login::check)?;
        self.certificates.iter().try_for_each(|name| check_name(name))
    }
}
