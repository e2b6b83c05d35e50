//! When a node is ready: it lists every node, and knows a controller. That its port accepts is not enough.

use std::time::Duration;

use kafka_sdk_protocol::api::{MetadataRequest, MetadataResponse, metadata::MetadataRequestTopic};

use crate::request::ask;

const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// Whether a node lists every node of `expected`; if not, what is missing.
pub(crate) async fn look(address: &str, expected: &[i32]) -> Result<(), String> {
    let seen = metadata(address, &[]).await?;
    let lists = |id: &i32| seen.brokers.iter().any(|broker| broker.node_id == *id);
    if let Some(missing) = expected.iter().find(|id| !lists(id)) {
        return Err(format!("{address} does not list node {missing}"));
    }
    if lists(&seen.controller_id) { Ok(()) } else { Err(format!("{address} knows no controller")) }
}

/// A node's view of the cluster and of some topics.
pub(crate) async fn metadata(address: &str, topics: &[&str]) -> Result<MetadataResponse, String> {
    let named = |&name: &&str| MetadataRequestTopic { name: Some(name.into()), ..Default::default() };
    let request = MetadataRequest {
        topics: Some(topics.iter().map(named).collect()),
        allow_auto_topic_creation: false,
        ..Default::default()
    };
    ask(address, &request, ANSWER_WITHIN).await.map_err(|error| format!("{address}: {error}"))
}
