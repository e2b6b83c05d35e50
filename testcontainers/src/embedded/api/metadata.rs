//! Metadata: nodes, and who leads what.

use std::collections::HashSet;

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::metadata::{
    MetadataRequestTopic, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_sdk_protocol::api::{MetadataRequest, MetadataResponse};

use super::create_topics::create_by_itself;
use super::{Api, Call, Reply};
use crate::embedded::plan::Target;
use crate::embedded::state::partition::{NOBODY, Partition};
use crate::embedded::state::topic::{self, Topic};
use crate::embedded::state::{Member, State};

/// Authorized operations that nobody has asked for.
const NOT_ASKED: i32 = i32::MIN;
/// All that a client may do to a topic, as bits: there are no ACLs.
const ALL_ON_TOPIC: i32 = 0xdf8;
/// As above, to a cluster.
const ALL_ON_CLUSTER: i32 = 0x1f98;

impl Api for MetadataRequest {
    fn targets(&self, call: &Call<'_>) -> Vec<Target> {
        match &self.topics {
            Some(topics) => topics.iter().filter_map(|topic| Some((name(topic, call)?, None))).collect(),
            None => call.state.topics().keys().map(|name| (name.clone(), None)).collect(),
        }
    }

    fn answer(self, call: &mut Call<'_>) -> Reply<MetadataResponse> {
        let topics = match &self.topics {
            None => all(call),
            // Version 0 has no null: an empty list stands for all.
            Some(none) if none.is_empty() && call.version == 0 => all(call),
            Some(topics) => different(topics).into_iter().map(|topic| one(topic, &self, call)).collect(),
        };
        let topics = topics.into_iter().map(|topic| with_operations(topic, &self)).collect();
        let asked = self.include_cluster_authorized_operations;
        Reply::Now(MetadataResponse {
            brokers: call.state.nodes.iter().filter(|node| node.is_up).map(broker).collect(),
            cluster_id: Some(call.state.cluster_id.clone()),
            controller_id: call.state.controller(),
            topics,
            cluster_authorized_operations: if asked { ALL_ON_CLUSTER } else { NOT_ASKED },
            ..Default::default()
        })
    }
}

fn all(call: &Call<'_>) -> Vec<MetadataResponseTopic> {
    let topics = call.state.topics().iter();
    topics
        .map(|(name, topic)| refused(name, call).unwrap_or_else(|| described(name, topic, call.state)))
        .collect()
}

/// Each topic is answered once, however often it is asked for.
fn different(asked: &[MetadataRequestTopic]) -> Vec<&MetadataRequestTopic> {
    let mut seen = HashSet::new();
    asked.iter().filter(|topic| seen.insert((&topic.name, topic.topic_id))).collect()
}

fn refused(name: &str, call: &Call<'_>) -> Option<MetadataResponseTopic> {
    let code = call.plan.refusal(name, None).err()?;
    Some(failed(Some(name.into()), code))
}

fn one(
    asked: &MetadataRequestTopic,
    request: &MetadataRequest,
    call: &mut Call<'_>,
) -> MetadataResponseTopic {
    let Some(name) = name(asked, call) else {
        let code = ErrorCode::UNKNOWN_TOPIC_ID;
        return MetadataResponseTopic { topic_id: asked.topic_id, ..failed(None, code) };
    };
    if let Some(refused) = refused(&name, call) {
        return refused;
    }
    match call.state.topic(&name) {
        Ok(topic) => described(&name, topic, call.state),
        Err(_) => unknown(name, request, call),
    }
}

/// The name of a topic that is asked for, unless that is by an id that is not known.
fn name(asked: &MetadataRequestTopic, call: &Call<'_>) -> Option<String> {
    asked.name.clone().or_else(|| call.state.name_of(asked.topic_id).map(str::to_owned))
}

/// A topic that is not there is created, if client and brokers want that. It is not led yet in this answer.
fn unknown(name: String, request: &MetadataRequest, call: &mut Call<'_>) -> MetadataResponseTopic {
    let is_created = request.allow_auto_topic_creation && call.state.is_set("auto.create.topics.enable");
    // Older brokers look at a name only when they create the topic.
    if (is_created || call.state.release.number >= (2, 8))
        && let Err((code, _)) = topic::check_name(&name)
    {
        return failed(Some(name), code);
    }
    if !is_created {
        return failed(Some(name), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
    }
    let created = create_by_itself(&name, call);
    failed(Some(name), not_yet(created, call.state))
}

/// With ZooKeeper, a broker creates the topic by itself and knows how that went; later, it asks the controller.
fn not_yet(created: Result<(), ErrorCode>, state: &State) -> ErrorCode {
    if state.release.has_zookeeper() {
        created.err().unwrap_or(ErrorCode::LEADER_NOT_AVAILABLE)
    } else {
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
    }
}

fn failed(name: Option<String>, error_code: ErrorCode) -> MetadataResponseTopic {
    MetadataResponseTopic { name, error_code, topic_authorized_operations: NOT_ASKED, ..Default::default() }
}

fn with_operations(topic: MetadataResponseTopic, request: &MetadataRequest) -> MetadataResponseTopic {
    let asked = request.include_topic_authorized_operations && topic.error_code == ErrorCode::NONE;
    MetadataResponseTopic {
        topic_authorized_operations: if asked { ALL_ON_TOPIC } else { NOT_ASKED },
        ..topic
    }
}

fn described(name: &str, topic: &Topic, state: &State) -> MetadataResponseTopic {
    let partitions = (0..).zip(&topic.partitions).map(|(index, it)| partition(index, it, state)).collect();
    MetadataResponseTopic {
        name: Some(name.into()),
        topic_id: topic.id,
        is_internal: name.starts_with("__consumer_offsets") || name.starts_with("__transaction_state"),
        partitions,
        ..failed(None, ErrorCode::NONE)
    }
}

fn partition(index: i32, partition: &Partition, state: &State) -> MetadataResponsePartition {
    let led = partition.leader != NOBODY;
    let offline = partition.replicas.iter().copied().filter(|&id| !state.is_up(id)).collect();
    MetadataResponsePartition {
        error_code: if led { ErrorCode::NONE } else { ErrorCode::LEADER_NOT_AVAILABLE },
        partition_index: index,
        leader_id: partition.leader,
        leader_epoch: partition.epoch,
        replica_nodes: partition.replicas.clone(),
        isr_nodes: partition.in_sync.clone(),
        offline_replicas: offline,
    }
}

fn broker(node: &Member) -> MetadataResponseBroker {
    MetadataResponseBroker {
        node_id: node.id,
        host: "127.0.0.1".into(),
        port: node.port.into(),
        rack: node.rack.clone(),
    }
}
