//! The cluster that a client sees: its addresses are the proxy's, and stay so.

use kafka_sdk_protocol::api::{FindCoordinatorRequest, MetadataRequest};
use kafka_sdk_testcontainers::{Api, Error, ErrorCode, Reaction, Rule, TestProxy};
use tokio::net::TcpStream;

use crate::client::{Client, TestResult};
use crate::scripted::Scripted;

#[tokio::test]
async fn every_broker_has_a_listener_even_one_that_joins_later() -> TestResult {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    let later = Scripted::start().await;
    scripted.join(5, &later);
    let mut client = Client::to(&proxy).await?;
    let seen = client.call(&MetadataRequest::default(), 9).await?;
    let addresses = proxy.addresses();
    assert_eq!(addresses.keys().copied().collect::<Vec<_>>(), [1, 5]);
    for broker in seen.brokers {
        assert_eq!(addresses[&broker.node_id].to_string(), format!("{}:{}", broker.host, broker.port));
    }
    let mut client = Client::connect(&addresses[&5].to_string()).await?;
    client.beat(1).await?;
    assert_eq!(client.beaten().await?.0, 1);
    assert_eq!((later.ids(), proxy.connections()[&5]), (vec![1], 1));
    Ok(())
}

#[tokio::test]
async fn a_rule_for_a_node_leaves_the_others_alone() -> TestResult {
    let (one, other) = (Scripted::start().await, Scripted::start().await);
    one.join(2, &other);
    let code = ErrorCode::NOT_COORDINATOR;
    let rule = Rule::on(Api::Heartbeat).node(2).always().react(Reaction::Answer(code));
    let proxy = TestProxy::in_front_of(one.address()).rule(rule).start().await?;
    let mut codes = Vec::new();
    for address in proxy.addresses().values() {
        let mut client = Client::connect(&address.to_string()).await?;
        client.beat(1).await?;
        codes.push(client.beaten().await?.1.error_code);
    }
    assert_eq!(codes, [ErrorCode::NONE, code]);
    Ok(())
}

#[tokio::test]
async fn a_broker_that_moves_is_followed() -> TestResult {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    let elsewhere = Scripted::start().await;
    scripted.move_to(&elsewhere);
    let mut client = Client::to(&proxy).await?;
    let found = client.call(&FindCoordinatorRequest::default(), 2).await?;
    assert_eq!(format!("{}:{}", found.host, found.port), proxy.bootstrap_servers());
    let mut client = Client::to(&proxy).await?;
    client.beat(1).await?;
    client.beaten().await?;
    assert_eq!(elsewhere.ids(), [1]);
    Ok(())
}

#[tokio::test]
async fn the_end_of_a_connection_is_passed_on_both_ways() -> TestResult {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    let mut client = Client::to(&proxy).await?;
    client.beat(1).await?;
    client.beaten().await?;
    scripted.close();
    assert_eq!(client.rest_of_stream().await, (vec![], false));
    let mut client = Client::to(&proxy).await?;
    client.beat(2).await?;
    drop(client);
    scripted.until(|seen| seen.remains.len() == 2).await;
    assert_eq!(scripted.ids(), [1, 2]);
    Ok(())
}

#[tokio::test]
async fn a_dead_broker_resets() -> TestResult {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    drop(scripted);
    assert_eq!(Client::to(&proxy).await?.rest_of_stream().await, (vec![], true));
    Ok(())
}

#[tokio::test]
async fn all_connections_are_closed_or_reset_at_once_and_new_ones_are_not() -> TestResult {
    let (_scripted, proxy) = Scripted::behind_a_proxy().await;
    for reset in [false, true] {
        let (mut one, mut other) = (Client::to(&proxy).await?, Client::to(&proxy).await?);
        for client in [&mut one, &mut other] {
            client.beat(1).await?;
            client.beaten().await?;
        }
        if reset {
            proxy.reset_connections()
        } else {
            proxy.close_connections()
        }
        assert_eq!(one.rest_of_stream().await, (vec![], reset));
        assert_eq!(other.rest_of_stream().await, (vec![], reset));
    }
    let mut client = Client::to(&proxy).await?;
    client.beat(1).await?;
    client.beaten().await?;
    Ok(())
}

#[tokio::test]
async fn a_dropped_proxy_leaves_nothing() -> TestResult {
    let (scripted, proxy) = Scripted::behind_a_proxy().await;
    let mut client = Client::to(&proxy).await?;
    client.beat(1).await?;
    client.beaten().await?;
    let address = proxy.bootstrap_servers().to_owned();
    drop(proxy);
    client.rest_of_stream().await;
    scripted.until(|seen| seen.remains.len() == 1).await;
    assert!(TcpStream::connect(address).await.is_err());
    Ok(())
}

#[tokio::test]
async fn without_a_cluster_there_is_no_proxy() {
    let nowhere = TestProxy::in_front_of("127.0.0.1:1,127.0.0.1:2").start().await;
    let message = nowhere.map(drop).unwrap_err();
    assert!(matches!(&message, Error::NoBroker { .. }) && message.to_string().contains("127.0.0.1:2"));
}
