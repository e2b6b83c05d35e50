//! What a Java client has to be told to use a listener.

use std::fmt;

use super::login::Login;
use crate::java_properties::{self, Properties};

/// The properties that a Java client needs to use a listener: `bootstrap.servers`, `security.protocol`, and for SASL
/// and TLS `sasl.mechanism`, `sasl.jaas.config`, `ssl.truststore.*`, `ssl.keystore.*`.
///
/// Certificates are in the properties themselves, as PEM; for clusters with a node before 2.7, which cannot read that,
/// in files that live as long as the cluster. `Debug` does not show secrets, [`text`](Self::text) does.
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct ClientProperties(Properties);

impl ClientProperties {
    pub(crate) fn new(pairs: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// The addresses of all nodes, with commas between them.
    pub fn bootstrap_servers(&self) -> &str {
        self.get("bootstrap.servers").unwrap_or_default()
    }

    /// The value of a property.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// All of them, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Adds a property, or gives it another value.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.0.insert(key.into(), value.into());
        self
    }

    /// Without a property: to see what happens.
    pub fn without(mut self, key: &str) -> Self {
        self.0.remove(key);
        self
    }

    /// For another user, or with another password: such as one that is not let in.
    pub fn login(self, login: &Login) -> Self {
        self.set("sasl.mechanism", login.mechanism().name()).set("sasl.jaas.config", &login.jaas())
    }

    /// What a `.properties` file is to hold, secrets included.
    pub fn text(&self) -> String {
        java_properties::text(&self.0)
    }
}

impl fmt::Debug for ClientProperties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(key, value)| (key, if is_secret(key) { "(hidden)" } else { value });
        f.debug_map().entries(self.iter().map(shown)).finish()
    }
}

fn is_secret(key: &str) -> bool {
    key.ends_with("password") || key.ends_with("jaas.config") || key.ends_with("keystore.key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secrets() {
        let properties = ClientProperties::new([("ssl.keystore.key", "hunter2".to_owned())])
            .login(&Login::plain("alice", "hunter2"))
            .set("ssl.truststore.password", "hunter2")
            .set("client.id", "a");
        let shown = format!("{properties:?}");
        assert!(!shown.contains("hunter2") && shown.contains("PLAIN"), "{shown}");
        assert_eq!(properties.text().matches("hunter2").count(), 3);
        assert_eq!(properties.without("client.id").get("client.id"), None);
    }
}
