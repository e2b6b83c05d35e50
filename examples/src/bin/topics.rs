//! Lists the topics of a cluster, or describes those that are named, in the words of Kafka's own tool.
//!
//! `topics` lists, `topics NAME...` describes; `KAFKA_BROKER` is one address of the cluster.

use kafka_sdk::Kafka;
use kafka_sdk::admin::{PartitionDescription, TopicDescription};
use std::env;
use std::process::ExitCode;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(outcome) => outcome,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<ExitCode> {
    let broker = env::var("KAFKA_BROKER")
        .map_err(|_| "KAFKA_BROKER is not set: it is the address of a broker, such as kafka:9092")?;
    let admin = Kafka::connect(&broker).await?.admin();
    let names: Vec<String> = env::args().skip(1).collect();
    if names.is_empty() {
        admin.list_topics().await?.iter().for_each(|name| println!("{name}"));
        return Ok(ExitCode::SUCCESS);
    }
    let mut outcome = ExitCode::SUCCESS;
    for (_, described) in admin.describe_topics(names).await? {
        match described {
            Ok(topic) => print(&topic),
            Err(error) => {
                eprintln!("error: {error}");
                outcome = ExitCode::FAILURE;
            }
        }
    }
    Ok(outcome)
}

fn print(topic: &TopicDescription) {
    let name = &topic.name;
    let id = topic.id.map_or_else(String::new, |id| format!("TopicId: {id}\t"));
    let replicas = topic.partitions.values().map(|partition| partition.replicas.len()).max().unwrap_or(0);
    let count = topic.partitions.len();
    println!("Topic: {name}\t{id}PartitionCount: {count}\tReplicationFactor: {replicas}");
    for (number, PartitionDescription { leader, replicas, in_sync, .. }) in &topic.partitions {
        let leader = leader.map_or_else(|| "none".to_owned(), |id| id.to_string());
        let (replicas, in_sync) = (ids(replicas), ids(in_sync));
        println!(
            "\tTopic: {name}\tPartition: {number}\tLeader: {leader}\tReplicas: {replicas}\tIsr: {in_sync}"
        );
    }
}

fn ids(brokers: &[i32]) -> String {
    brokers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
