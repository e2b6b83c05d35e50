//! What a test can do to a node in Docker.

use std::net::TcpListener;
use std::time::Duration;

use kafka_sdk_testcontainers::{Error, TestKafka, ToolOutput};
use tokio::time::Instant;

use crate::common::{NEWEST, OLDEST, TestResult, docker, turn};

/// What a node answers to a tool that waits for three seconds.
async fn topics(kafka: &TestKafka, id: i32) -> Result<ToolOutput, Error> {
    let args = ["--bootstrap-server", kafka.node(id)?.address(), "--list"];
    let tool = kafka.tool("org.apache.kafka.tools.TopicCommand").args(args);
    tool.timeout(Duration::from_secs(8)).run().await
}

async fn lists_orders(kafka: &TestKafka, id: i32) -> TestResult {
    let listing = topics(kafka, id).await?;
    assert_eq!(listing.text().trim(), "orders", "{listing:?}");
    Ok(())
}

#[tokio::test]
async fn a_node_comes_back_with_its_port_and_its_data_however_it_went() -> TestResult {
    let test = "a_node_comes_back_with_its_port_and_its_data_however_it_went";
    let Some(_turn) = turn(test, OLDEST).await? else { return Ok(()) };
    let kafka = docker(OLDEST).topic("orders", 1).start().await?;
    let node = kafka.node(1)?;
    let address = node.address().to_owned();

    node.kill().await?;
    node.kill().await?;
    assert!(!node.is_running());
    assert!(matches!(node.pause(), Err(Error::Down { .. })));
    node.restart().await?;
    assert_eq!(node.address(), address);
    lists_orders(&kafka, 1).await?;

    node.pause()?;
    assert!(!node.is_running());
    assert!(matches!(topics(&kafka, 1).await, Err(Error::ToolTimeout { .. })));
    node.resume()?;
    node.resume()?;
    assert!(node.is_running());
    lists_orders(&kafka, 1).await?;

    node.pause()?;
    node.stop().await?;
    assert!(matches!(node.stop().await, Err(Error::Down { .. })));
    node.restart().await?;
    lists_orders(&kafka, 1).await?;
    assert!(node.log().matches("Performing controller activation").count() >= 2, "{}", node.log());

    node.pause()?;
    node.kill().await?;
    Ok(())
}

#[tokio::test]
async fn three_nodes_live_with_the_loss_of_one_and_take_it_back() -> TestResult {
    let test = "three_nodes_live_with_the_loss_of_one_and_take_it_back";
    let Some(_turn) = turn(test, NEWEST).await? else { return Ok(()) };
    let kafka = docker(NEWEST).nodes(3).topic("orders", 3).start().await?;
    kafka.node(1)?.kill().await?;
    let produced = kafka.console_producer().args(["--topic", "orders"]).stdin("a\n").run().await?;
    assert!(produced.success(), "{produced:?}");
    kafka.node(1)?.restart().await?;
    lists_orders(&kafka, 1).await
}

#[tokio::test]
async fn a_port_that_somebody_has_taken_meanwhile_is_named() -> TestResult {
    let test = "a_port_that_somebody_has_taken_meanwhile_is_named";
    let Some(_turn) = turn(test, NEWEST).await? else { return Ok(()) };
    let kafka = docker(NEWEST).start().await?;
    let node = kafka.node(1)?;
    node.kill().await?;
    let taken = TcpListener::bind(node.address())?;
    let Err(error) = node.restart().await else { return Err("it started".into()) };
    let port = taken.local_addr()?.port();
    assert!(matches!(error, Error::PortTaken { port: named, .. } if named == port), "{error}");
    assert!(error.to_string().contains(&format!("127.0.0.1:{port}")), "{error}");
    drop(taken);
    node.restart().await?;
    Ok(())
}

#[test]
fn a_cluster_outlives_the_runtime_that_started_it() -> TestResult {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    let first = runtime()?;
    let test = "a_cluster_outlives_the_runtime_that_started_it";
    let Some(turn) = first.block_on(turn(test, NEWEST))? else { return Ok(()) };
    let kafka = first.block_on(docker(NEWEST).start())?;
    drop(first);
    runtime()?.block_on(async {
        kafka.node(1)?.kill().await?;
        kafka.node(1)?.restart().await
    })?;
    let node = kafka.node(1)?.clone();
    let begun = Instant::now();
    drop(kafka);
    assert!(begun.elapsed() < Duration::from_millis(200));
    assert!(!node.is_running());
    assert!(matches!(runtime()?.block_on(node.restart()), Err(Error::Ended { .. })));
    drop(turn);
    Ok(())
}
