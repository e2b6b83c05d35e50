//! Names and addresses, and what is behind them.

use crate::common::{EMBEDDED, broker, everywhere};
use kafka_sdk::model::AddressFamily;
use kafka_sdk::{ErrorKind, Kafka, Result};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

fn port(bootstrap: &str) -> u16 {
    bootstrap.rsplit_once(':').unwrap().1.parse().unwrap()
}

#[tokio::test]
async fn names_are_resolved_also_with_a_dot_at_the_end_and_in_one_family_only() -> Result<()> {
    let test = "connecting::names_are_resolved_also_with_a_dot_at_the_end_and_in_one_family_only";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let port = port(broker.bootstrap_servers());
        for host in ["localhost", "localhost.", "127.0.0.1"] {
            let kafka = Kafka::builder(&format!("{host}:{port}")).address_family(AddressFamily::V4).await?;
            kafka.admin().list_topics().await?;
        }
        let only_v6 = Kafka::builder(&format!("127.0.0.1:{port}")).address_family(AddressFamily::V6);
        let error = only_v6.connect_timeout(Duration::from_millis(300)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect);
    }
    Ok(())
}

/// Passes what comes at `[::1]` on to a port of 127.0.0.1; the port that it listens at.
async fn in_ipv6(port: u16) -> u16 {
    let listener = TcpListener::bind("[::1]:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        for _ in 0..100 {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut near, &mut far).await });
        }
    });
    own
}

#[tokio::test]
async fn an_ipv6_address_is_dialled_as_it_is() -> Result<()> {
    let Some(broker) = broker(EMBEDDED, "connecting::an_ipv6_address_is_dialled_as_it_is").await else {
        return Ok(());
    };
    let port = in_ipv6(port(broker.bootstrap_servers())).await;
    Kafka::connect(&format!("[::1]:{port}")).await?.admin().list_topics().await?;
    Ok(())
}

/// An address at which connecting hangs: a listener that accepts nobody, with no room for more to wait.
async fn black_hole() -> (SocketAddr, Vec<TcpStream>, TcpListener) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..10 {
        match timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
            Ok(stream) => waiting.push(stream.unwrap()),
            Err(_) => return (address, waiting, listener),
        }
    }
    panic!("the backlog does not fill up");
}

#[tokio::test]
async fn an_address_that_swallows_connections_holds_up_the_others_only_for_a_moment() -> Result<()> {
    let test = "connecting::an_address_that_swallows_connections_holds_up_the_others_only_for_a_moment";
    let Some(broker) = broker(EMBEDDED, test).await else { return Ok(()) };
    let (hole, _waiting, _listener) = black_hole().await;
    let good = SocketAddr::from((Ipv4Addr::LOCALHOST, port(broker.bootstrap_servers())));
    let start = Instant::now();
    let resolve = move |_: &str, _| Ok(vec![hole, hole, good]);
    Kafka::builder("all.test:9092").resolver(resolve).await?.admin().list_topics().await?;
    let of_bootstrap = format!("{hole},{good}");
    Kafka::builder(&of_bootstrap).await?.admin().list_topics().await?;
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());

    let start = Instant::now();
    let alone = Kafka::builder(&hole.to_string()).connect_timeout(Duration::from_millis(700));
    let error = alone.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.to_string().contains(&hole.to_string()), "{error}");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    Ok(())
}
