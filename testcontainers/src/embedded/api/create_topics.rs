//! CreateTopics, and topics that come by being asked for.

use std::collections::BTreeMap;

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::create_topics::{CreatableTopic, CreatableTopicConfigs, CreatableTopicResult};
use kafka_sdk_protocol::api::{CreateTopicsRequest, CreateTopicsResponse};
use kafka_sdk_protocol::wire::Uuid;

use super::describe_configs::{described, source};
use super::{Api, Call, Reply};
use crate::embedded::configs;
use crate::embedded::plan::Target;
use crate::embedded::state::topic::{check_name, metric_name};
use crate::embedded::state::{State, new_topic_id};

type Refused = (ErrorCode, String);

impl Api for CreateTopicsRequest {
    fn targets(&self, _: &Call<'_>) -> Vec<Target> {
        self.topics.iter().map(|topic| (topic.name.clone(), None)).collect()
    }

    fn answer(self, call: &mut Call<'_>) -> Reply<CreateTopicsResponse> {
        let names: Vec<&str> = self.topics.iter().map(|topic| topic.name.as_str()).collect();
        let is_twice = |name: &str| names.iter().filter(|&&other| other == name).count() > 1;
        let mut topics: Vec<CreatableTopicResult> = Vec::new();
        for topic in &self.topics {
            if topics.iter().any(|done| done.name == topic.name) {
                continue;
            }
            let twice =
                is_twice(&topic.name).then(|| (ErrorCode::INVALID_REQUEST, "Duplicate topic name.".into()));
            let created = twice.map_or_else(|| create(topic, self.validate_only, call), Err);
            topics.push(created.unwrap_or_else(|refused| failed(topic, refused)));
        }
        Reply::Now(CreateTopicsResponse { topics, ..Default::default() })
    }
}

fn failed(topic: &CreatableTopic, (error_code, message): Refused) -> CreatableTopicResult {
    CreatableTopicResult {
        name: topic.name.clone(),
        error_code,
        error_message: Some(message),
        ..Default::default()
    }
}

fn create(
    topic: &CreatableTopic,
    validate_only: bool,
    call: &mut Call<'_>,
) -> Result<CreatableTopicResult, Refused> {
    let by_rule = |code: ErrorCode| (code, code.to_string());
    call.plan.refusal(&topic.name, None).map_err(by_rule)?;
    call.must_be_controller().map_err(by_rule)?;
    // Before KIP-464, a broker looked at settings and replicas first, and there were no defaults.
    let is_old = call.state.release.number < (2, 4);
    if is_old && topic.assignments.is_empty() {
        check_configs(topic, call.state)?;
        spread(topic.num_partitions.into(), topic.replication_factor.into(), call.state)?;
    }
    check_name(&topic.name)?;
    check_new(&topic.name, call.state)?;
    let configs = check_configs(topic, call.state)?;
    let replicas = replicas(topic, call.state)?;
    let (partitions, factor) = (replicas.len() as i32, replicas.first().map_or(0, Vec::len) as i16);
    let topic_id = if validate_only { Uuid::ZERO } else { new_topic_id() };
    let listed = listed(&configs, call.state);
    if !validate_only {
        call.state.add_topic(&topic.name, topic_id, replicas, configs);
        call.changed = true;
    }
    Ok(CreatableTopicResult {
        name: topic.name.clone(),
        topic_id,
        num_partitions: partitions,
        replication_factor: factor,
        configs: Some(listed),
        ..Default::default()
    })
}

fn check_new(name: &str, state: &State) -> Result<(), Refused> {
    if state.topics().contains_key(name) {
        return Err((ErrorCode::TOPIC_ALREADY_EXISTS, format!("Topic '{name}' already exists.")));
    }
    match state.topics().keys().find(|other| metric_name(other) == metric_name(name)) {
        Some(other) => Err((
            ErrorCode::INVALID_TOPIC_EXCEPTION,
            format!("Topic '{name}' collides with existing topic: {other}"),
        )),
        None => Ok(()),
    }
}

fn check_configs(topic: &CreatableTopic, state: &State) -> Result<BTreeMap<String, String>, Refused> {
    let mut configs = BTreeMap::new();
    for config in &topic.configs {
        let null = || format!("Null value not supported for topic configs: {}", config.name);
        let value = config.value.clone().ok_or_else(|| (ErrorCode::INVALID_CONFIG, null()))?;
        configs::check(state.release.number, &config.name, &value)
            .map_err(|text| (ErrorCode::INVALID_CONFIG, text))?;
        configs.insert(config.name.clone(), value);
    }
    Ok(configs)
}

/// The replicas of each partition: as the request assigns them, or spread.
fn replicas(topic: &CreatableTopic, state: &mut State) -> Result<Vec<Vec<i32>>, Refused> {
    if !topic.assignments.is_empty() {
        return assigned(topic, state);
    }
    let partitions = match topic.num_partitions {
        -1 => state.number("num.partitions"),
        number => number.into(),
    };
    let factor = match topic.replication_factor {
        -1 => state.number("default.replication.factor"),
        number => number.into(),
    };
    spread(partitions, factor, state)
}

fn spread(partitions: i64, factor: i64, state: &mut State) -> Result<Vec<Vec<i32>>, Refused> {
    if partitions < 1 {
        let text = "Number of partitions must be larger than 0.";
        return Err((ErrorCode::INVALID_PARTITIONS, text.into()));
    }
    if factor < 1 || factor > state.up().count() as i64 {
        let text = format!("Unable to replicate the partition {factor} time(s).");
        return Err((ErrorCode::INVALID_REPLICATION_FACTOR, text));
    }
    Ok(state.spread(partitions as usize, factor as usize))
}

fn assigned(topic: &CreatableTopic, state: &State) -> Result<Vec<Vec<i32>>, Refused> {
    if topic.num_partitions != -1 || topic.replication_factor != -1 {
        let text =
            "A manual partition assignment was specified, but numPartitions or replicationFactor was not -1.";
        return Err((ErrorCode::INVALID_REQUEST, text.into()));
    }
    let bad = |text: &str| (ErrorCode::INVALID_REPLICA_ASSIGNMENT, text.to_owned());
    let mut all: Vec<_> = topic.assignments.iter().collect();
    all.sort_by_key(|assignment| assignment.partition_index);
    if !(0..).zip(&all).all(|(index, assignment)| assignment.partition_index == index) {
        return Err(bad("Partitions should be a consecutive 0-based integer sequence"));
    }
    let replicas: Vec<Vec<i32>> = all.iter().map(|assignment| assignment.broker_ids.clone()).collect();
    check_assignment(&replicas, replicas.first().map_or(0, Vec::len), state).map_err(|text| bad(&text))?;
    Ok(replicas)
}

/// Whether nodes can be assigned to partitions like that; if not, why.
pub(super) fn check_assignment(replicas: &[Vec<i32>], factor: usize, state: &State) -> Result<(), String> {
    for ids in replicas {
        let mut different = ids.clone();
        different.sort_unstable();
        different.dedup();
        if ids.is_empty() || different.len() != ids.len() || ids.len() != factor {
            return Err(format!("The manual partition assignment {ids:?} is not {factor} different nodes."));
        }
        if let Some(unknown) = ids.iter().find(|&&id| !state.nodes.iter().any(|node| node.id == id)) {
            return Err(format!(
                "The manual partition assignment includes broker {unknown}, which is unknown."
            ));
        }
    }
    Ok(())
}

fn listed(own: &BTreeMap<String, String>, state: &State) -> Vec<CreatableTopicConfigs> {
    let listed = |known: &configs::Known| {
        let value = described(known, own, state);
        CreatableTopicConfigs {
            name: known.name.into(),
            value: Some(value.to_owned()),
            read_only: false,
            config_source: source(known, own, state),
            is_sensitive: false,
        }
    };
    configs::known(state.release.number).map(|known| listed(&known)).collect()
}

/// Creates a topic that somebody has asked for.
pub(super) fn create_by_itself(name: &str, call: &mut Call<'_>) -> Result<(), ErrorCode> {
    create_with_defaults(name, -1, call.state).map_err(|(code, _)| code)?;
    call.changed = true;
    Ok(())
}

/// Creates a topic of a cluster that is about to start.
pub(in crate::embedded) fn create_at_start(
    name: &str,
    partitions: i32,
    state: &mut State,
) -> Result<(), String> {
    create_with_defaults(name, partitions, state).map_err(|(code, text)| format!("{code}: {text}"))
}

fn create_with_defaults(name: &str, num_partitions: i32, state: &mut State) -> Result<(), Refused> {
    check_name(name)?;
    check_new(name, state)?;
    let topic =
        CreatableTopic { name: name.into(), num_partitions, replication_factor: -1, ..Default::default() };
    let replicas = replicas(&topic, state)?;
    state.add_topic(name, new_topic_id(), replicas, BTreeMap::new());
    Ok(())
}
