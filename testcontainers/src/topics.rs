//! Topics that are there when a cluster is handed out: created, led and in sync as every node sees it.

use std::time::Duration;

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::create_topics::CreatableTopic;
use kafka_sdk_protocol::api::metadata::MetadataResponseTopic;
use kafka_sdk_protocol::api::{CreateTopicsRequest, CreateTopicsResponse};

use crate::patience::Patience;
use crate::ready::metadata;
use crate::request::ask;
use crate::{Error, Node};

const CREATED_WITHIN: Duration = Duration::from_secs(10);

/// A topic to be created.
#[derive(Debug, Clone)]
pub(crate) struct NewTopic {
    pub(crate) name: String,
    pub(crate) partitions: i32,
}

impl NewTopic {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let trouble = format!("{} partitions are none: ask for 1 or more", self.partitions);
        if self.partitions > 0 { Ok(()) } else { Err(Error::Topic { topic: self.name.clone(), trouble }) }
    }
}

/// Why a topic is not there.
struct Trouble {
    topic: String,
    text: String,
    /// Whether another try may help.
    passing: bool,
}

impl Trouble {
    /// Waits before another try, if that may help and there is time.
    async fn wait(self, patience: Patience) -> Result<(), Error> {
        if self.passing && patience.another().await {
            return Ok(());
        }
        Err(Error::Topic { topic: self.topic, trouble: self.text })
    }
}

/// Creates the topics and waits until every node knows all about them.
pub(crate) async fn create(nodes: &[Node], topics: &[NewTopic], within: Duration) -> Result<(), Error> {
    if topics.is_empty() {
        return Ok(());
    }
    let patience = Patience::new(within);
    while let Err(trouble) = create_once(nodes, topics).await {
        trouble.wait(patience).await?;
    }
    for node in nodes {
        while let Err(trouble) = look(node, topics).await {
            trouble.wait(patience).await?;
        }
    }
    Ok(())
}

/// Before KRaft, only the controller creates topics.
async fn create_once(nodes: &[Node], topics: &[NewTopic]) -> Result<(), Trouble> {
    let passing = |text| Trouble { topic: topics[0].name.clone(), text, passing: true };
    let seen = metadata(nodes[0].address(), &[]).await.map_err(passing)?;
    let controller = nodes.iter().find(|node| node.id() == seen.controller_id);
    let controller = controller.ok_or_else(|| passing("there is no controller".into()))?;
    let request = request(nodes.len(), topics);
    let answered = ask(controller.address(), &request, CREATED_WITHIN * 2).await;
    judge(&answered.map_err(|error| passing(error.to_string()))?)
}

fn request(nodes: usize, topics: &[NewTopic]) -> CreateTopicsRequest {
    let replication_factor = if nodes < 3 { nodes as i16 } else { 3 };
    let topic = |topic: &NewTopic| CreatableTopic {
        name: topic.name.clone(),
        num_partitions: topic.partitions,
        replication_factor,
        ..Default::default()
    };
    CreateTopicsRequest {
        topics: topics.iter().map(topic).collect(),
        timeout_ms: CREATED_WITHIN.as_millis() as i32,
        ..Default::default()
    }
}

/// The cluster is new: a topic that exists is one that an earlier try created.
fn judge(response: &CreateTopicsResponse) -> Result<(), Trouble> {
    let created = [ErrorCode::NONE, ErrorCode::TOPIC_ALREADY_EXISTS];
    match response.topics.iter().find(|topic| !created.contains(&topic.error_code)) {
        None => Ok(()),
        Some(failed) => Err(Trouble {
            topic: failed.name.clone(),
            text: format!("{}: {}", failed.error_code, failed.error_message.as_deref().unwrap_or_default()),
            passing: failed.error_code.is_retriable(),
        }),
    }
}

async fn look(node: &Node, topics: &[NewTopic]) -> Result<(), Trouble> {
    let names: Vec<&str> = topics.iter().map(|topic| topic.name.as_str()).collect();
    let passing = |topic: &str, text| Trouble { topic: topic.into(), text, passing: true };
    let seen = metadata(node.address(), &names).await.map_err(|text| passing(names[0], text))?;
    for topic in topics {
        let described = seen.topics.iter().find(|seen| seen.name.as_deref() == Some(&topic.name));
        if !described.is_some_and(|seen| is_complete(seen, topic)) {
            return Err(passing(
                &topic.name,
                format!("node {} does not list all its replicas in sync", node.id()),
            ));
        }
    }
    Ok(())
}

fn is_complete(seen: &MetadataResponseTopic, wanted: &NewTopic) -> bool {
    let led = seen.partitions.iter().filter(|partition| {
        partition.leader_id >= 0 && partition.isr_nodes.len() == partition.replica_nodes.len()
    });
    led.count() as i64 == i64::from(wanted.partitions)
}
