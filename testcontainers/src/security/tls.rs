//! Certificates of a cluster's own, made anew at each start.
//!
//! One authority signs one certificate for all nodes, which is good for 127.0.0.1 and localhost, and one for each client
//! that was asked for. Kafka reads PEM since 2.7 (KIP-651), straight out of the properties; before, keystores of Java's
//! own format.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, KeyUsagePurpose,
};

use super::{Listener, jks};
use crate::Error;

/// Java's own format has to have one; it protects nothing here.
const STORE_PASSWORD: &str = "kafka-sdk";

/// All certificates of a cluster.
#[derive(Debug)]
pub(crate) struct Certificates {
    authority: String,
    node: ClientCertificate,
    clients: Vec<ClientCertificate>,
    /// Where the keystores are, if they are files.
    folder: Option<PathBuf>,
}

/// A client's certificate and its key. Its `Debug` does not show the key.
#[derive(Clone)]
pub struct ClientCertificate {
    name: String,
    certificate: String,
    key: String,
}

impl ClientCertificate {
    /// The certificate, as PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Its private key, as PEM of PKCS #8. It is a secret.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Certificates {
    /// Makes what the listeners need; nothing if that is nothing. A folder is for keystores in Java's own format,
    /// instead of PEM.
    pub(crate) fn make(listeners: &[Listener], folder: Option<&Path>) -> Result<Option<Arc<Self>>, Error> {
        if !listeners.iter().any(|listener| listener.protocol().has_tls()) {
            return Ok(None);
        }
        let mut names: Vec<&String> = listeners.iter().flat_map(Listener::certificates).collect();
        names.sort_unstable();
        names.dedup();
        Maker::new(folder)?.make(&names).map(|made| Some(Arc::new(made)))
    }

    /// The authority's certificate, as PEM.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    pub(crate) fn client(&self, name: &str) -> Option<&ClientCertificate> {
        self.clients.iter().find(|client| client.name == name)
    }

    /// What a broker is to be told.
    pub(crate) fn node_properties(&self) -> Vec<(&'static str, String)> {
        [self.trust(), self.identity(&self.node)].concat()
    }

    /// What a client is to be told, which is one of those with a certificate or has none.
    pub(crate) fn client_properties(&self, name: Option<&String>) -> Vec<(&'static str, String)> {
        let identity = name.and_then(|name| self.client(name)).map(|client| self.identity(client));
        [self.trust(), identity.unwrap_or_default()].concat()
    }

    fn trust(&self) -> Vec<(&'static str, String)> {
        match &self.folder {
            None => vec![
                ("ssl.truststore.type", "PEM".into()),
                ("ssl.truststore.certificates", self.authority.clone()),
            ],
            Some(folder) => vec![
                ("ssl.truststore.type", "JKS".into()),
                ("ssl.truststore.location", trust_store(folder).display().to_string()),
                ("ssl.truststore.password", STORE_PASSWORD.into()),
            ],
        }
    }

    fn identity(&self, whose: &ClientCertificate) -> Vec<(&'static str, String)> {
        match &self.folder {
            None => vec![
                ("ssl.keystore.type", "PEM".into()),
                ("ssl.keystore.certificate.chain", whose.certificate.clone()),
                ("ssl.keystore.key", whose.key.clone()),
            ],
            Some(folder) => vec![
                ("ssl.keystore.type", "JKS".into()),
                ("ssl.keystore.location", key_store(folder, &whose.name).display().to_string()),
                ("ssl.keystore.password", STORE_PASSWORD.into()),
                ("ssl.key.password", STORE_PASSWORD.into()),
            ],
        }
    }
}

fn trust_store(folder: &Path) -> PathBuf {
    folder.join("trust.jks")
}

fn key_store(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("key-{name}.jks"))
}

/// An authority at work.
struct Maker<'a> {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: Option<&'a Path>,
}

impl<'a> Maker<'a> {
    fn new(folder: Option<&'a Path>) -> Result<Self, Error> {
        let mut params = params("kafka-sdk test authority", &[])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, key()?).map_err(trouble)?;
        Ok(Self { issuer, folder })
    }

    fn make(&self, names: &[&String]) -> Result<Certificates, Error> {
        if let Some(folder) = self.folder {
            write(&trust_store(folder), &jks::trust(self.issuer.der(), STORE_PASSWORD))?;
        }
        let clients = names.iter().map(|name| self.issue(name, &[])).collect::<Result<_, _>>()?;
        Ok(Certificates {
            authority: self.issuer.pem(),
            node: self.issue("the nodes", &["localhost", "127.0.0.1"])?,
            clients,
            folder: self.folder.map(Path::to_owned),
        })
    }

    fn issue(&self, name: &str, hosts: &[&str]) -> Result<ClientCertificate, Error> {
        let key = key()?;
        let mut params = params(name, hosts)?;
        let usages = [ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let skip = usize::from(hosts.is_empty());
        params.extended_key_usages = usages.into_iter().skip(skip).collect();
        params.use_authority_key_identifier_extension = true;
        let made = params.signed_by(&key, &self.issuer).map_err(trouble)?;
        if let Some(folder) = self.folder {
            let chain = [made.der().as_ref(), self.issuer.der().as_ref()];
            write(&key_store(folder, name), &jks::key(key.serialized_der(), &chain, STORE_PASSWORD))?;
        }
        Ok(ClientCertificate { name: name.into(), certificate: made.pem(), key: key.serialize_pem() })
    }
}

fn params(name: &str, hosts: &[&str]) -> Result<CertificateParams, Error> {
    let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    let mut params = CertificateParams::new(hosts).map_err(trouble)?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

fn key() -> Result<KeyPair, Error> {
    KeyPair::generate().map_err(trouble)
}

fn trouble(error: rcgen::Error) -> Error {
    Error::Certificates(error.to_string())
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(file, bytes).map_err(Error::io("write", file))
}
