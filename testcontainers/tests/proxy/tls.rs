//! TLS that ends at the proxy.

use std::io;
use std::sync::Arc;

use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::client::{Client, TestResult, intercept};
use crate::kafka::{Topic, broker};
use crate::scripted::Scripted;

async fn connect(proxy: &TestProxy, authority: &str) -> io::Result<Client> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tcp = TcpStream::connect(proxy.bootstrap_servers()).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await.map(Client::over)
}

async fn with_tls(cluster: &str) -> TestProxy {
    TestProxy::in_front_of(cluster).tls().start().await.unwrap()
}

#[tokio::test]
async fn rules_see_through_tls() -> TestResult {
    let scripted = Scripted::start().await;
    let proxy = with_tls(scripted.address()).await;
    let mut client = connect(&proxy, proxy.authority_pem().unwrap()).await?;
    client.beat(1).await?;
    assert_eq!(client.beaten().await?.0, 1);
    intercept(&proxy, Rule::on(Api::Heartbeat).react(Reaction::CutAnswer(5)));
    client.beat(2).await?;
    assert_eq!(client.rest_of_stream().await, (vec![0, 0, 0, 12, 0], true));

    intercept(&proxy, Rule::on(Api::Heartbeat).react(Reaction::DropAfter));
    let mut client = connect(&proxy, proxy.authority_pem().unwrap()).await?;
    client.beat(3).await?;
    assert_eq!(client.rest_of_stream().await, (vec![], false));
    Ok(())
}

#[tokio::test]
async fn another_authority_is_not_trusted_and_plaintext_not_answered() -> TestResult {
    let scripted = Scripted::start().await;
    let (proxy, other) = (with_tls(scripted.address()).await, with_tls(scripted.address()).await);
    assert!(connect(&proxy, other.authority_pem().unwrap()).await.is_err());
    scripted.forget().await;
    let mut plain = Client::to(&proxy).await?;
    plain.beat(1).await?;
    plain.rest_of_stream().await;
    assert!(scripted.ids().is_empty());
    let plaintext = TestProxy::in_front_of(scripted.address()).start().await?;
    assert_eq!(plaintext.authority_pem(), None);
    Ok(())
}

#[tokio::test]
async fn javas_tools_speak_tls_with_the_proxy() -> TestResult {
    let Some(kafka) = broker("4.4.0", "javas_tools_speak_tls_with_the_proxy").await else { return Ok(()) };
    let proxy = with_tls(kafka.bootstrap_servers()).await;
    let mut topic = Topic::create(kafka).await?;
    let trusted = kafka.node(1)?.log_path().with_file_name("authority.pem");
    std::fs::write(&trusted, proxy.authority_pem().unwrap())?;
    let location = format!("ssl.truststore.location={}", trusted.display());
    let written = kafka
        .console_producer_at(proxy.bootstrap_servers())
        .args(["--topic", &topic.name, "--producer-property", "security.protocol=SSL"])
        .args(["--producer-property", "ssl.truststore.type=PEM", "--producer-property", &location])
        .stdin("a\nb\n")
        .run()
        .await?;
    assert!(written.success(), "{written:?}");
    assert_eq!(topic.offset().await?, 2);
    Ok(())
}
