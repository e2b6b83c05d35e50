//! TLS that ends at the proxy, with an authority of its own: each proxy makes one up.

use std::io;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

pub(super) type TlsStream = tokio_rustls::server::TlsStream<TcpStream>;

/// Where clients reach a proxy.
const NAMES: [&str; 2] = ["localhost", "127.0.0.1"];

/// Accepts TLS, and tells whom to trust.
pub(super) struct Tls {
    acceptor: TlsAcceptor,
    authority: String,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// A new authority, and a certificate for the loopback.
    pub(super) fn new() -> io::Result<Self> {
        let (authority, chain, key) = certificates().map_err(io::Error::other)?;
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![chain.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .map_err(io::Error::other)?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), authority })
    }

    /// The authority's certificate, as PEM.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    pub(super) async fn accept(&self, client: TcpStream) -> io::Result<TlsStream> {
        self.acceptor.accept(client).await
    }
}

/// The authority's certificate as PEM; and a certificate for the proxy, with its key.
fn certificates() -> Result<(String, rcgen::Certificate, KeyPair), rcgen::Error> {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "an authority for one test");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority_key = KeyPair::generate()?;
    let pem = authority.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(NAMES.map(str::to_owned))?.signed_by(&key, &issuer)?;
    Ok((pem, certificate, key))
}
