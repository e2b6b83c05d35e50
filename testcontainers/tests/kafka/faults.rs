//! What a test can do to a node.

use std::io;
use std::time::Duration;

use kafka_sdk_testcontainers::{Error, Node, TestKafka};
use tokio::time::{Instant, sleep};

use crate::common::{TestResult, listed, start};

/// Waits until a node lists just these.
async fn until_listed(node: &Node, wanted: &[i32]) -> TestResult {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let seen = listed(node.address());
        if seen.as_ref().is_ok_and(|seen| seen == wanted) {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(format!("node {} lists {seen:?}", node.id()).into());
        }
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_killed_node_comes_back_with_its_ports_and_its_data() -> TestResult {
    for version in ["4.4.0", "2.1.1"] {
        let builder = TestKafka::jvm().version(version).topic("orders", 2);
        let test = "a_killed_node_comes_back_with_its_ports_and_its_data";
        let Some(running) = start(test, builder).await? else { return Ok(()) };
        let node = running.kafka.node(1)?;
        let address = node.address().to_owned();
        node.kill().await?;
        node.kill().await?;
        assert!(!node.is_running());
        assert!(listed(&address).is_err());
        node.restart().await?;
        assert_eq!(node.address(), address);
        assert_eq!(listed(&address)?, [1]);
        let topics = crate::common::metadata(&address)?.topics;
        assert!(topics.iter().any(|topic| topic.name.as_deref() == Some("orders")), "{version}: {topics:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_others_notice_a_dead_node_soon_and_take_it_back() -> TestResult {
    for version in ["4.4.0", "2.1.1"] {
        let builder = TestKafka::jvm().version(version).nodes(3);
        let test = "the_others_notice_a_dead_node_soon_and_take_it_back";
        let Some(running) = start(test, builder).await? else { return Ok(()) };
        let [one, two, three] = running.kafka.nodes() else { return Err("not three".into()) };
        one.kill().await?;
        let killed = Instant::now();
        until_listed(two, &[2, 3]).await?;
        assert!(killed.elapsed() < Duration::from_secs(12), "{version}: {:?}", killed.elapsed());
        one.restart().await?;
        assert_eq!(listed(one.address())?, [1, 2, 3]);
        until_listed(three, &[1, 2, 3]).await?;
    }
    Ok(())
}

#[tokio::test]
async fn all_nodes_restart_at_the_same_time() -> TestResult {
    let builder = TestKafka::jvm().nodes(3);
    let Some(running) = start("all_nodes_restart_at_the_same_time", builder).await? else { return Ok(()) };
    let [one, two, three] = running.kafka.nodes() else { return Err("not three".into()) };
    tokio::try_join!(one.kill(), two.kill(), three.kill())?;
    tokio::try_join!(one.restart(), two.restart(), three.restart())?;
    for node in running.kafka.nodes() {
        assert_eq!(listed(node.address())?, [1, 2, 3]);
    }
    Ok(())
}

#[tokio::test]
async fn a_node_stops_in_an_orderly_way_even_if_it_is_paused() -> TestResult {
    let test = "a_node_stops_in_an_orderly_way_even_if_it_is_paused";
    let Some(running) = start(test, TestKafka::jvm().version("2.8.2")).await? else { return Ok(()) };
    let node = running.kafka.node(1)?;
    node.pause()?;
    node.stop().await?;
    assert!(!node.is_running());
    assert!(matches!(node.stop().await, Err(Error::Down { .. })));
    assert!(matches!(node.pause(), Err(Error::Down { .. })));
    node.restart().await?;
    assert_eq!(listed(node.address())?, [1]);
    Ok(())
}

#[tokio::test]
async fn a_paused_node_accepts_and_does_not_answer() -> TestResult {
    let test = "a_paused_node_accepts_and_does_not_answer";
    let Some(running) = start(test, TestKafka::jvm()).await? else { return Ok(()) };
    let node = running.kafka.node(1)?;
    node.pause()?;
    assert!(!node.is_running());
    let silence = listed(node.address()).map_err(|error| error.kind());
    assert!(matches!(silence, Err(io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)), "{silence:?}");
    node.resume()?;
    until_listed(node, &[1]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_a_task_of_their_own() -> TestResult {
    let builder = TestKafka::jvm().version("3.3.2");
    let Some(running) = tokio::spawn(start("faults_are_a_task_of_their_own", builder)).await?? else {
        return Ok(());
    };
    let node = running.kafka.node(1)?.clone();
    let faults = tokio::spawn(async move {
        node.stop().await?;
        node.restart().await
    });
    faults.await??;
    assert_eq!(listed(running.kafka.bootstrap_servers())?, [1]);
    Ok(())
}

#[tokio::test]
async fn a_node_handle_does_not_outlive_its_cluster() -> TestResult {
    let test = "a_node_handle_does_not_outlive_its_cluster";
    let Some(running) = start(test, TestKafka::jvm().version("2.1.1")).await? else { return Ok(()) };
    let node = running.kafka.node(1)?.clone();
    assert!(matches!(running.kafka.node(2), Err(Error::NoSuchNode { id: 2, nodes: 1 })));
    drop(running);
    assert!(!node.is_running());
    assert!(matches!(node.restart().await, Err(Error::Ended { .. })));
    assert!(matches!(node.kill().await, Err(Error::Ended { .. })));
    Ok(())
}
