//! DescribeConfigs, of topics and of nodes.

use std::collections::BTreeMap;

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::describe_configs::{
    DescribeConfigsResource, DescribeConfigsResourceResult, DescribeConfigsResult, DescribeConfigsSynonym,
};
use kafka_sdk_protocol::api::{DescribeConfigsRequest, DescribeConfigsResponse};

use super::{Api, Call, Reply};
use crate::embedded::configs::{self, Kind, Known};
use crate::embedded::plan::Target;
use crate::embedded::state::State;
use crate::embedded::state::topic::check_name;

/// Kinds of resources.
pub(super) const TOPIC: i8 = 2;
pub(super) const NODE: i8 = 4;

/// Where a value comes from.
const OF_TOPIC: i8 = 1;
const OF_FILE: i8 = 4;
const OF_KAFKA: i8 = 5;

impl Api for DescribeConfigsRequest {
    fn targets(&self, _: &Call<'_>) -> Vec<Target> {
        let topics = self.resources.iter().filter(|resource| resource.resource_type == TOPIC);
        topics.map(|topic| (topic.resource_name.clone(), None)).collect()
    }

    fn answer(self, call: &mut Call<'_>) -> Reply<DescribeConfigsResponse> {
        let describe = |resource: &DescribeConfigsResource| {
            let described = describe(resource, self.include_synonyms, call);
            let (error_code, configs) = match described {
                Ok(configs) => (ErrorCode::NONE, configs),
                Err(code) => (code, Vec::new()),
            };
            DescribeConfigsResult {
                error_code,
                error_message: error_code.ok().err().and_then(ErrorCode::name).map(str::to_owned),
                resource_type: resource.resource_type,
                resource_name: resource.resource_name.clone(),
                configs,
            }
        };
        let results = self.resources.iter().map(describe).collect();
        Reply::Now(DescribeConfigsResponse { results, ..Default::default() })
    }
}

fn describe(
    resource: &DescribeConfigsResource,
    synonyms: bool,
    call: &Call<'_>,
) -> Result<Vec<DescribeConfigsResourceResult>, ErrorCode> {
    call.plan.refusal(&resource.resource_name, None)?;
    let state = &*call.state;
    let all = match resource.resource_type {
        TOPIC => of_topic(&resource.resource_name, synonyms, state)?,
        NODE => of_node(&resource.resource_name, call)?,
        _ => return Err(ErrorCode::INVALID_REQUEST),
    };
    let is_wanted = |config: &DescribeConfigsResourceResult| match &resource.configuration_keys {
        Some(keys) if !keys.is_empty() => keys.contains(&config.name),
        _ => true,
    };
    Ok(all.into_iter().filter(is_wanted).collect())
}

fn of_topic(
    name: &str,
    synonyms: bool,
    state: &State,
) -> Result<Vec<DescribeConfigsResourceResult>, ErrorCode> {
    check_name(name).map_err(|(code, _)| code)?;
    let own = &state.topic(name)?.configs;
    let describe = |known: Known| DescribeConfigsResourceResult {
        name: known.name.into(),
        value: Some(described(&known, own, state).into()),
        config_source: source(&known, own, state),
        synonyms: if synonyms { all_synonyms(&known, own, state) } else { Vec::new() },
        config_type: known.kind as i8,
        documentation: None,
        ..Default::default()
    };
    Ok(configs::known(state.release.number).map(describe).collect())
}

/// The value of a topic's setting.
pub(super) fn described<'a>(known: &Known, own: &'a BTreeMap<String, String>, state: &'a State) -> &'a str {
    let inherited = || state.properties.get(known.property).map_or(known.default, String::as_str);
    own.get(known.name).map_or_else(inherited, String::as_str)
}

/// Where the value of a topic's setting comes from.
pub(super) fn source(known: &Known, own: &BTreeMap<String, String>, state: &State) -> i8 {
    match (own.contains_key(known.name), state.properties.contains_key(known.property)) {
        (true, _) => OF_TOPIC,
        (false, true) => OF_FILE,
        (false, false) => OF_KAFKA,
    }
}

fn all_synonyms(known: &Known, own: &BTreeMap<String, String>, state: &State) -> Vec<DescribeConfigsSynonym> {
    let own = own.get(known.name).map(|value| (known.name, value.as_str(), OF_TOPIC));
    let file = state.properties.get(known.property).map(|value| (known.property, value.as_str(), OF_FILE));
    let kafka = known.has_broker_default().then_some((known.property, known.default, OF_KAFKA));
    let all = own.into_iter().chain(file).chain(kafka);
    all.map(|(name, value, source)| DescribeConfigsSynonym {
        name: name.into(),
        value: Some(value.into()),
        source,
    })
    .collect()
}

/// A node is asked for its own settings only.
fn of_node(name: &str, call: &Call<'_>) -> Result<Vec<DescribeConfigsResourceResult>, ErrorCode> {
    if name.parse() != Ok(call.node) {
        return Err(ErrorCode::INVALID_REQUEST);
    }
    let all = configs::of_brokers(call.state.release.number, &call.state.properties);
    let describe = |(name, value): (&str, &str)| DescribeConfigsResourceResult {
        name: name.into(),
        value: Some(value.into()),
        read_only: true,
        config_source: if call.state.properties.contains_key(name) { OF_FILE } else { OF_KAFKA },
        config_type: Kind::Text as i8,
        documentation: None,
        ..Default::default()
    };
    Ok(all.into_iter().map(describe).collect())
}
