//! A listener of a cluster that runs, as clients see it.

use std::sync::Arc;

use super::client_properties::ClientProperties;
use super::listener::{Listener, SecurityProtocol};
use super::login::Login;
use super::tls::Certificates;
use crate::Error;

/// A listener of a cluster that runs: where its nodes are reached, and what a client needs to be let in. Given by
/// [`TestKafka::endpoint`](crate::TestKafka::endpoint).
#[derive(Debug, Clone)]
pub struct Endpoint {
    protocol: SecurityProtocol,
    bootstrap_servers: String,
    logins: Vec<Login>,
    /// The names of those that have a client certificate for it.
    names: Vec<String>,
    certificates: Option<Arc<Certificates>>,
}

impl Endpoint {
    /// The listener that lets anybody in.
    pub(crate) fn plaintext(bootstrap_servers: String) -> Self {
        let (logins, names) = (Vec::new(), Vec::new());
        Self { protocol: SecurityProtocol::Plaintext, bootstrap_servers, logins, names, certificates: None }
    }

    pub(crate) fn new(
        listener: &Listener,
        bootstrap_servers: String,
        certificates: Option<Arc<Certificates>>,
    ) -> Self {
        Self {
            protocol: listener.protocol(),
            bootstrap_servers,
            logins: listener.logins().to_vec(),
            names: listener.certificates().to_vec(),
            certificates: certificates.filter(|_| listener.protocol().has_tls()),
        }
    }

    /// How it is spoken to.
    pub fn protocol(&self) -> SecurityProtocol {
        self.protocol
    }

    /// The addresses of all nodes, `127.0.0.1:<port>`, with commas between them. Those of certificates are `127.0.0.1`
    /// and `localhost`.
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    /// The certificate of the authority that has signed all others, as PEM. `None` without TLS.
    #[cfg(feature = "tls")]
    pub fn ca_certificate(&self) -> Option<&str> {
        self.certificates.as_ref().map(|certificates| certificates.authority())
    }

    /// The client certificate that was asked for by that name, with its key.
    ///
    /// # Errors
    /// Fails if none was.
    #[cfg(feature = "tls")]
    pub fn client_certificate(&self, name: &str) -> Result<&super::ClientCertificate, Error> {
        let known = self.names.iter().any(|known| known == name);
        let found = self.certificates.as_ref().filter(|_| known).and_then(|made| made.client(name));
        found.ok_or_else(|| self.no_user(name))
    }

    /// What a Java client needs to be let in as the first user that the listener was given, with the first client
    /// certificate.
    pub fn client_properties(&self) -> ClientProperties {
        self.properties(self.logins.first(), self.names.first())
    }

    /// What a Java client needs to be let in as that user or with that client certificate.
    ///
    /// # Errors
    /// Fails if the listener was given neither.
    pub fn client_properties_of(&self, name: &str) -> Result<ClientProperties, Error> {
        let login = self.logins.iter().find(|login| login.user() == name);
        let certificate = self.names.iter().find(|&known| known == name);
        if login.is_none() && certificate.is_none() {
            return Err(self.no_user(name));
        }
        Ok(self.properties(login.or(self.logins.first()), certificate.or(self.names.first())))
    }

    fn properties(&self, login: Option<&Login>, certificate: Option<&String>) -> ClientProperties {
        let pairs = [
            ("bootstrap.servers", self.bootstrap_servers.clone()),
            ("security.protocol", self.protocol.name().into()),
        ];
        let tls = self.certificates.iter().flat_map(|made| made.client_properties(certificate));
        let properties = ClientProperties::new(pairs.into_iter().chain(tls));
        login.into_iter().fold(properties, ClientProperties::login)
    }

    fn no_user(&self, name: &str) -> Error {
        Error::NoSuchUser { protocol: self.protocol, name: name.into() }
    }
}
