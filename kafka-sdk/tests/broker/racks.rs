//! Members of a group in racks get partitions with a replica in theirs (KIP-881).

use crate::common::{NEWEST, several_nodes, three_nodes, unique, until};
use kafka_sdk::consumer::assignor::AssignmentStrategy;
use kafka_sdk::raw::Route;
use kafka_sdk::{Admin, Consumer, ErrorCode, Kafka, Result};
use kafka_sdk_protocol::api::CreateTopicsRequest;
use kafka_sdk_protocol::api::create_topics::{CreatableReplicaAssignment, CreatableTopic};
use std::collections::BTreeMap;
use std::time::Duration;

/// Its brokers have racks, and know nothing of those of consumers.
const OLDER: &str = "2.8.2";

/// A topic of six partitions with one replica each, and the partitions of each rack. Neighbours are in different racks, so
/// that `range` without racks would bring nobody its own.
async fn placed(kafka: &Kafka) -> Result<(String, BTreeMap<String, Vec<i32>>)> {
    let topic = unique("racks");
    let at = |partition_index| CreatableReplicaAssignment {
        partition_index,
        broker_ids: vec![partition_index % 3 + 1],
    };
    let creatable = CreatableTopic {
        name: topic.clone(),
        num_partitions: -1,
        replication_factor: -1,
        assignments: (0..6).map(at).collect(),
        ..Default::default()
    };
    let request = CreateTopicsRequest { topics: vec![creatable], timeout_ms: 30_000, ..Default::default() };
    let within = Duration::from_secs(30);
    let answer = kafka.raw().call(&Route::Controller, within, |_| request.clone()).await?;
    assert_eq!(answer.topics[0].error_code, ErrorCode::NONE, "{answer:?}");
    let racks = (0..3).map(|number| (format!("rack-{}", number + 1), vec![number, number + 3]));
    Ok((topic, racks.collect()))
}

async fn member(servers: &str, rack: &str, group: &str, topic: &str) -> Result<Consumer> {
    let kafka = Kafka::builder(servers).rack(rack).client_id(rack).await?;
    kafka.consumer(group).topics([topic]).assignors([AssignmentStrategy::Range]).await
}

/// By client id, which is the rack.
async fn assignments(admin: &Admin, group: &str) -> Result<BTreeMap<String, Vec<i32>>> {
    let described = admin.describe_groups([group]).await?.all()?.remove(0).1;
    let numbers = |member: kafka_sdk::admin::MemberDescription| {
        let assigned = member.assignment.unwrap_or_default();
        (member.client_id, assigned.iter().map(kafka_sdk::TopicPartition::partition).collect())
    };
    Ok(described.members.into_iter().map(numbers).collect())
}

#[tokio::test]
async fn members_get_partitions_that_are_in_their_rack_also_on_older_brokers() -> Result<()> {
    for version in [OLDER, NEWEST] {
        let test = "racks::members_get_partitions_that_are_in_their_rack_also_on_older_brokers";
        let Some(cluster) = three_nodes(version, test).await else { return Ok(()) };
        let _turn = several_nodes().await;
        let servers = cluster.bootstrap_servers();
        let kafka = Kafka::connect(servers).await?;
        let (admin, group, (topic, expected)) = (kafka.admin(), unique("racks"), placed(&kafka).await?);
        let mut members = Vec::new();
        // The one that joins first leads, and has no rack: others have, all the same.
        for rack in ["", "rack-3", "rack-1", "rack-2"] {
            members.push(member(servers, rack, &group, &topic).await?);
            until("it is a member", async || {
                Ok(members.last().unwrap().control().group_metadata().is_some())
            })
            .await?;
        }
        until("the leader has left to others what is in their racks", async || {
            let assigned = assignments(&admin, &group).await?;
            let mut in_racks = expected.iter().map(|(rack, numbers)| (assigned.get(rack), numbers));
            Ok(in_racks.all(|(assigned, numbers)| {
                assigned.is_some_and(|them| !them.is_empty() && them.iter().all(|it| numbers.contains(it)))
            }))
        })
        .await?;
        members.remove(0).close().await?;
        until(&format!("{version}: each has what is in its rack"), async || {
            Ok(assignments(&admin, &group).await? == expected)
        })
        .await?;
        for member in members {
            member.close().await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn members_in_java_and_in_rust_get_what_is_in_their_racks() -> Result<()> {
    let test = "racks::members_in_java_and_in_rust_get_what_is_in_their_racks";
    let Some(cluster) = three_nodes(NEWEST, test).await else { return Ok(()) };
    let _turn = several_nodes().await;
    let servers = cluster.bootstrap_servers();
    let kafka = Kafka::connect(servers).await?;
    let (admin, group, (topic, expected)) = (kafka.admin(), unique("racks"), placed(&kafka).await?);
    let first = member(servers, "rack-1", &group, &topic).await?;
    until("it leads", async || Ok(!first.control().assignment().is_empty())).await?;
    let args = ["--topic", &topic, "--group", &group, "--timeout-ms", "60000"];
    let properties = ["client.rack=rack-2", "client.id=rack-2"];
    let properties = properties.iter().flat_map(|property| ["--command-property", property]);
    let java = cluster.console_consumer().args(args.into_iter().chain(properties)).lines().await.unwrap();
    let second = member(servers, "rack-3", &group, &topic).await?;
    until("each has what is in its rack", async || Ok(assignments(&admin, &group).await? == expected))
        .await?;
    // Whoever leads now, it is not the one in Rust that led.
    first.close().await?;
    let again = member(servers, "rack-1", &group, &topic).await?;
    until("so it is again", async || Ok(assignments(&admin, &group).await? == expected)).await?;
    drop(java);
    again.close().await?;
    second.close().await
}
