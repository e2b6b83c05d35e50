//! Topics: create, delete, list, describe.

use super::{Admin, PerItem};
use crate::cluster::{Attempts, Route, Verdict};
use crate::error::{Advice, Error, Result, Written};
use crate::model::TopicName;
use crate::net::introduction;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::create_topics::{CreatableTopic, CreatableTopicConfig, CreatableTopicResult};
use kafka_sdk_protocol::api::delete_topics::{DeletableTopicResult, DeleteTopicState};
use kafka_sdk_protocol::api::describe_configs::DescribeConfigsResource;
use kafka_sdk_protocol::api::metadata::{
    MetadataRequestTopic, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_sdk_protocol::api::{
    ApiKey, CreateTopicsRequest, CreateTopicsResponse, DeleteTopicsRequest, DeleteTopicsResponse,
    DescribeConfigsRequest, MetadataRequest, MetadataResponse,
};
use kafka_sdk_protocol::wire::Uuid;
use std::collections::BTreeMap;
use std::time::Duration;

/// A topic to create.
#[derive(Clone, Debug)]
#[must_use = "it is created by `Admin::create_topics`"]
pub struct NewTopic {
    name: String,
    partitions: Option<i32>,
    replication: Option<i16>,
    configs: Vec<(String, String)>,
}

impl NewTopic {
    /// With as many partitions and replicas as the brokers are set to give (`num.partitions`,
    /// `default.replication.factor`).
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), partitions: None, replication: None, configs: Vec::new() }
    }

    /// Sets the number of partitions.
    pub fn partitions(mut self, partitions: i32) -> Self {
        self.partitions = Some(partitions);
        self
    }

    /// Sets the number of replicas of each partition.
    pub fn replication(mut self, replicas: i16) -> Self {
        self.replication = Some(replicas);
        self
    }

    /// Sets a configuration of the topic, by Kafka's name: `retention.ms`, `cleanup.policy`, …
    pub fn config(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.configs.push((name.into(), value.to_string()));
        self
    }
}

impl From<&str> for NewTopic {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for NewTopic {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

/// A topic, as the brokers describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TopicDescription {
    /// Its name.
    pub name: String,
    /// What tells it from others that had or will have its name (KIP-516); none on brokers before 2.8.
    pub id: Option<Uuid>,
    /// Whether it is one of Kafka's own.
    pub internal: bool,
    /// Its partitions by number.
    pub partitions: BTreeMap<i32, PartitionDescription>,
}

/// A partition, as the brokers describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartitionDescription {
    /// The broker that leads it; none while there is none.
    pub leader: Option<i32>,
    /// The brokers that hold it, the preferred leader first.
    pub replicas: Vec<i32>,
    /// Those of them that are in sync.
    pub in_sync: Vec<i32>,
}

impl Admin {
    /// Creates topics. Another client may not see one at once: brokers learn of it one after the other.
    ///
    /// # Errors
    /// The cluster could not be reached within [`api_timeout`](crate::KafkaBuilder::api_timeout)
    /// (`default.api.timeout.ms`). What concerns one topic ([`TOPIC_ALREADY_EXISTS`](ErrorCode::TOPIC_ALREADY_EXISTS),
    /// [`INVALID_REPLICATION_FACTOR`](ErrorCode::INVALID_REPLICATION_FACTOR), an illegal name …) is in its item. A topic
    /// whose creation was repeated because an answer was lost can be reported as existing, as in Java: [`Error::written`]
    /// is [`Written::Maybe`] then, and [`Written::No`] where this call has certainly not created it. A name that is given
    /// twice can be reported as existing too, or be called an error by the brokers.
    ///
    /// # Cancel safety
    /// The topics may be created although the future was dropped.
    pub async fn create_topics<T: Into<NewTopic>>(
        &self,
        topics: impl IntoIterator<Item = T>,
    ) -> Result<PerItem<String, ()>> {
        let topics: Vec<NewTopic> = topics.into_iter().map(Into::into).collect();
        let (legal, names) = sort_out(topics, |topic| &topic.name);
        let mut attempts = self.attempts();
        let defaults = self.defaults_for(&legal, &attempts).await?;
        let topics = legal.into_iter().map(|topic| topic.creatable(defaults)).collect();
        let create = |topics: Vec<CreatableTopic>, within| async move {
            let timeout_ms = self.timeout_ms();
            let request =
                |_| CreateTopicsRequest { topics: topics.clone(), timeout_ms, ..Default::default() };
            let judge = |r: &CreateTopicsResponse| judge(r.topics.iter().map(|t| t.error_code));
            let asked = self.cluster.ask_minding_attempts(&Route::Controller, within, request, judge);
            let (response, earlier) = asked.await?;
            let answer = |topic: CreatableTopicResult| Answer {
                topic: topic.name,
                code: topic.error_code,
                message: topic.error_message,
                earlier,
            };
            Ok(response.topics.into_iter().map(answer).collect())
        };
        let mut answers = until_answered(&mut attempts, topics, |topic| &topic.name, create).await?;
        Ok(per_topic(names, |name| outcome("create", name, answers.remove(name))))
    }

    /// Deletes topics, with all that is in them.
    ///
    /// # Errors
    /// The cluster could not be reached within [`api_timeout`](crate::KafkaBuilder::api_timeout)
    /// (`default.api.timeout.ms`). What concerns one topic
    /// ([`UNKNOWN_TOPIC_OR_PARTITION`](ErrorCode::UNKNOWN_TOPIC_OR_PARTITION), …) is in its item. Where [`Error::written`]
    /// is [`Written::Maybe`] with that code, an attempt of this call that got no answer may have deleted the topic.
    ///
    /// # Cancel safety
    /// The topics may be deleted although the future was dropped.
    pub async fn delete_topics<T: AsRef<str>>(
        &self,
        names: impl IntoIterator<Item = T>,
    ) -> Result<PerItem<String, ()>> {
        let names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
        let (legal, names) = sort_out(names, |name| name);
        let delete = |names: Vec<String>, within| async move {
            let timeout_ms = self.timeout_ms();
            // Version 6 can name topics by id as well, and has another field for that.
            let request = |version| match version {
                ..6 => DeleteTopicsRequest { topic_names: names.clone(), timeout_ms, ..Default::default() },
                _ => DeleteTopicsRequest {
                    topics: names.iter().map(|name| by_name(name)).collect(),
                    timeout_ms,
                    ..Default::default()
                },
            };
            let judge = |r: &DeleteTopicsResponse| judge(r.responses.iter().map(|t| t.error_code));
            let asked = self.cluster.ask_minding_attempts(&Route::Controller, within, request, judge);
            let (response, earlier) = asked.await?;
            let answer = |topic: DeletableTopicResult| Answer {
                topic: topic.name.unwrap_or_default(),
                code: topic.error_code,
                message: topic.error_message,
                earlier,
            };
            Ok(response.responses.into_iter().map(answer).collect())
        };
        let mut answers = until_answered(&mut self.attempts(), legal, |name| name, delete).await?;
        Ok(per_topic(names, |name| outcome("delete", name, answers.remove(name))))
    }

    /// The names of all topics that this client may see, Kafka's own left out.
    ///
    /// # Errors
    /// The cluster could not be reached within [`api_timeout`](crate::KafkaBuilder::api_timeout)
    /// (`default.api.timeout.ms`).
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn list_topics(&self) -> Result<Vec<String>> {
        let response = self.metadata(None).await?;
        let visible = response.topics.into_iter().filter(|topic| !topic.is_internal);
        let mut names: Vec<String> = visible.filter_map(|topic| topic.name).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Partitions, leaders and replicas of topics.
    ///
    /// # Errors
    /// The cluster could not be reached within [`api_timeout`](crate::KafkaBuilder::api_timeout)
    /// (`default.api.timeout.ms`). A topic that does not exist, or may not be seen, is an error in its item.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn describe_topics<T: AsRef<str>>(
        &self,
        names: impl IntoIterator<Item = T>,
    ) -> Result<PerItem<String, TopicDescription>> {
        let names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
        let (legal, names) = sort_out(names, |name| name);
        let response = self.metadata(Some(legal)).await?;
        let mut answers: BTreeMap<String, MetadataResponseTopic> =
            response.topics.into_iter().filter_map(|topic| Some((topic.name.clone()?, topic))).collect();
        Ok(per_topic(names, |name| {
            let Some(topic) = answers.remove(name) else { return Err(left_out(name)) };
            accepted("describe", name, topic.error_code, None)?;
            Ok(description(topic))
        }))
    }

    async fn metadata(&self, names: Option<Vec<String>>) -> Result<MetadataResponse> {
        let topic = |name: String| MetadataRequestTopic { name: Some(name), ..Default::default() };
        let topics = names.map(|names| names.into_iter().map(topic).collect::<Vec<_>>());
        let request = |_| MetadataRequest {
            topics: topics.clone(),
            allow_auto_topic_creation: false,
            ..Default::default()
        };
        self.cluster.ask(&Route::Any, self.timeout(), request, |_| Verdict::Done).await
    }

    /// Brokers before 2.4 want to be told the number of partitions and replicas (KIP-464): what they would give by
    /// themselves is in their configuration.
    async fn defaults_for(&self, topics: &[NewTopic], attempts: &Attempts) -> Result<Defaults> {
        let complete = topics.iter().all(|t| t.partitions.is_some() && t.replication.is_some());
        if complete || self.fills_in_defaults(attempts).await? {
            return Ok(Defaults::BROKERS);
        }
        let broker = self.cluster.snapshot().controller().unwrap_or_default();
        let request = |_| DescribeConfigsRequest {
            resources: vec![DescribeConfigsResource {
                resource_type: BROKER_RESOURCE,
                resource_name: broker.to_string(),
                configuration_keys: None,
            }],
            ..Default::default()
        };
        let route = Route::Broker(broker);
        let response = self.cluster.ask(&route, attempts.left(), request, |_| Verdict::Done).await?;
        let configs = response.results.into_iter().flat_map(|result| result.configs);
        let values: BTreeMap<String, Option<String>> = configs.map(|c| (c.name, c.value)).collect();
        let value = |name: &str| values.get(name).cloned().flatten();
        Ok(Defaults {
            partitions: value("num.partitions").and_then(|v| v.parse().ok()).unwrap_or(1),
            replication: value("default.replication.factor").and_then(|v| v.parse().ok()).unwrap_or(1),
        })
    }

    /// Whether the controller is of 2.4 or later.
    async fn fills_in_defaults(&self, attempts: &Attempts) -> Result<bool> {
        const SINCE: i16 = 4;
        let (route, within) = (Route::Controller, attempts.left());
        let versions = self.cluster.ask(&route, within, |_| introduction(), |_| Verdict::Done).await?;
        let api = versions.api_keys.iter().find(|api| api.api_key == ApiKey::CREATE_TOPICS.0);
        Ok(api.is_some_and(|api| api.max_version >= SINCE))
    }
}

const BROKER_RESOURCE: i8 = 4;

/// What a topic gets that does not say.
#[derive(Clone, Copy)]
struct Defaults {
    partitions: i32,
    replication: i16,
}

impl Defaults {
    /// The broker fills them in.
    const BROKERS: Self = Self { partitions: -1, replication: -1 };
}

impl NewTopic {
    fn creatable(self, defaults: Defaults) -> CreatableTopic {
        let config = |(name, value)| CreatableTopicConfig { name, value: Some(value) };
        CreatableTopic {
            name: self.name,
            num_partitions: self.partitions.unwrap_or(defaults.partitions),
            replication_factor: self.replication.unwrap_or(defaults.replication),
            configs: self.configs.into_iter().map(config).collect(),
            ..Default::default()
        }
    }
}

fn by_name(name: &str) -> DeleteTopicState {
    DeleteTopicState { name: Some(name.to_owned()), ..Default::default() }
}

/// The items with a legal topic name, and for all in order the name or what is wrong with it.
fn sort_out<T>(items: Vec<T>, name: impl Fn(&T) -> &String) -> (Vec<T>, Vec<(String, Result<()>)>) {
    let (mut legal, mut names) = (Vec::new(), Vec::new());
    for item in items {
        let checked = TopicName::try_from(name(&item).as_str()).map(drop);
        let ok = checked.is_ok();
        names.push((name(&item).clone(), checked));
        if ok {
            legal.push(item);
        }
    }
    (legal, names)
}

fn per_topic<V>(
    names: Vec<(String, Result<()>)>,
    mut answer: impl FnMut(&str) -> Result<V>,
) -> PerItem<String, V> {
    let each = names.into_iter().map(|(name, legal)| {
        let outcome = legal.and_then(|()| answer(&name));
        (name, outcome)
    });
    each.collect()
}

/// What the controller answered for a topic.
struct Answer {
    topic: String,
    code: ErrorCode,
    message: Option<String>,
    /// Whether an earlier attempt can have done it.
    earlier: Written,
}

/// The answers for all items. Those that the controller puts off because of a quota (KIP-599) are sent again, as long
/// as there is time, and only those.
async fn until_answered<T: Clone, F: Future<Output = Result<Vec<Answer>>>>(
    attempts: &mut Attempts,
    mut items: Vec<T>,
    name: impl Fn(&T) -> &str,
    send: impl Fn(Vec<T>, Duration) -> F,
) -> Result<BTreeMap<String, Answer>> {
    let mut answers = BTreeMap::new();
    while !items.is_empty() {
        let received = send(items.clone(), attempts.left()).await?;
        answers.extend(received.into_iter().map(|answer| (answer.topic.clone(), answer)));
        let code = ErrorCode::THROTTLING_QUOTA_EXCEEDED;
        items.retain(|item| answers.get(name(item)).is_some_and(|answer| answer.code == code));
        if !items.is_empty() && attempts.pause(Error::of_code(code, "put off")).await.is_err() {
            break;
        }
    }
    Ok(answers)
}

/// A request that reached a broker which is not the controller is repeated.
fn judge(mut codes: impl Iterator<Item = ErrorCode>) -> Verdict {
    match codes.any(|code| code == ErrorCode::NOT_CONTROLLER) {
        true => Verdict::Stale(ErrorCode::NOT_CONTROLLER),
        false => Verdict::Done,
    }
}

fn outcome(verb: &str, topic: &str, answer: Option<Answer>) -> Result<()> {
    let Answer { code, message, earlier, .. } = answer.ok_or_else(|| left_out(topic))?;
    accepted(verb, topic, code, message).map_err(|error| match (earlier, code) {
        (Written::Maybe, ErrorCode::TOPIC_ALREADY_EXISTS) => in_doubt(topic, code, "exists", "created"),
        (Written::Maybe, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) => {
            in_doubt(topic, code, "does not exist", "deleted")
        }
        _ => error,
    })
}

/// The error of what an earlier attempt may have done already.
fn in_doubt(topic: &str, code: ErrorCode, now: &str, done: &str) -> Error {
    let text = format!(
        "topic \"{topic}\" {now} ({code}): an earlier attempt of this call got no answer, and may have {done} it"
    );
    Error::of_code(code, text).with_topic(topic).with_written(Written::Maybe).with_advice(Advice::GiveUp)
}

fn accepted(verb: &str, topic: &str, code: ErrorCode, message: Option<String>) -> Result<()> {
    if code == ErrorCode::NONE {
        return Ok(());
    }
    let text = match (code, message) {
        (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, _) => format!("topic \"{topic}\" does not exist"),
        (_, Some(message)) => format!("cannot {verb} topic \"{topic}\": {code}: {message}"),
        (_, None) => format!("cannot {verb} topic \"{topic}\": {code}"),
    };
    let error = Error::of_code(code, text).with_topic(topic);
    match code {
        ErrorCode::TOPIC_AUTHORIZATION_FAILED | ErrorCode::CLUSTER_AUTHORIZATION_FAILED => {
            let permission = format!("permission to {verb} it");
            Err(Error::not_allowed(code, format_args!("to {verb} topic \"{topic}\""), permission)
                .with_topic(topic))
        }
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => Err(error.with_advice(Advice::GiveUp)),
        _ => Err(error),
    }
}

fn left_out(topic: &str) -> Error {
    let text = format!("the broker's answer leaves out topic \"{topic}\"");
    Error::new(crate::error::ErrorKind::Decode, text).with_topic(topic)
}

fn description(topic: MetadataResponseTopic) -> TopicDescription {
    let partition = |p: MetadataResponsePartition| {
        let leader = Some(p.leader_id).filter(|&id| id >= 0);
        (p.partition_index, PartitionDescription { leader, replicas: p.replica_nodes, in_sync: p.isr_nodes })
    };
    TopicDescription {
        name: topic.name.unwrap_or_default(),
        id: Some(topic.topic_id).filter(|id| !id.is_zero()),
        internal: topic.is_internal,
        partitions: topic.partitions.into_iter().map(partition).collect(),
    }
}
