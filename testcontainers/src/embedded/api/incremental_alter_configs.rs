//! IncrementalAlterConfigs: some settings of a topic (KIP-339).

use std::collections::BTreeMap;

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::incremental_alter_configs::{
    AlterConfigsResource, AlterConfigsResourceResponse, AlterableConfig,
};
use kafka_sdk_protocol::api::{IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse};

use super::alter_configs::{check_resource, set};
use super::{Api, Call, Reply};
use crate::embedded::configs::{self, Kind, Known};
use crate::embedded::plan::Target;

const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

type Refused = (ErrorCode, String);

impl Api for IncrementalAlterConfigsRequest {
    fn targets(&self, _: &Call<'_>) -> Vec<Target> {
        self.resources.iter().map(|resource| (resource.resource_name.clone(), None)).collect()
    }

    fn answer(self, call: &mut Call<'_>) -> Reply<IncrementalAlterConfigsResponse> {
        let alter = |resource: &AlterConfigsResource| {
            let (error_code, message) = alter(resource, self.validate_only, call).err().unwrap_or_default();
            AlterConfigsResourceResponse {
                error_code,
                error_message: (error_code != ErrorCode::NONE).then_some(message),
                resource_type: resource.resource_type,
                resource_name: resource.resource_name.clone(),
            }
        };
        let responses = self.resources.iter().map(alter).collect();
        Reply::Now(IncrementalAlterConfigsResponse { responses, ..Default::default() })
    }
}

fn alter(resource: &AlterConfigsResource, validate_only: bool, call: &mut Call<'_>) -> Result<(), Refused> {
    let name = &resource.resource_name;
    // A broker looks at the operations first.
    let topic = call.state.topic(name).ok();
    let mut settings = topic.map(|topic| topic.configs.clone()).unwrap_or_default();
    for config in &resource.configs {
        let known = configs::known(call.state.release.number).find(|known| known.name == config.name);
        let now = topic.zip(known).map(|(topic, known)| call.state.topic_config(topic, known.name));
        apply(config, known, now.unwrap_or_default(), &mut settings)?;
    }
    check_resource(resource.resource_type, name, call)?;
    set(name, settings, validate_only, call)
}

fn apply(
    config: &AlterableConfig,
    known: Option<Known>,
    now: &str,
    settings: &mut BTreeMap<String, String>,
) -> Result<(), Refused> {
    if config.config_operation == DELETE {
        settings.remove(&config.name);
        return Ok(());
    }
    let null = || (ErrorCode::INVALID_REQUEST, format!("Null value not supported for : {}", config.name));
    let value = config.value.as_deref().ok_or_else(null)?;
    let is_list = known.is_some_and(|known| known.kind == Kind::List);
    let parts = now.split(',').filter(|part| !part.is_empty());
    let given: Vec<&str> = value.split(',').collect();
    let value = match config.config_operation {
        SET => value.to_owned(),
        APPEND if is_list => {
            let new = given.iter().copied().filter(|part| !now.split(',').any(|old| old == *part));
            parts.chain(new).collect::<Vec<_>>().join(",")
        }
        SUBTRACT if is_list => parts.filter(|part| !given.contains(part)).collect::<Vec<_>>().join(","),
        APPEND | SUBTRACT => {
            let text = format!("Can't append to or subtract from {}: it is no list", config.name);
            return Err((ErrorCode::INVALID_CONFIG, text));
        }
        other => return Err((ErrorCode::UNKNOWN_SERVER_ERROR, format!("Unknown operation type {other}"))),
    };
    settings.insert(config.name.clone(), value);
    Ok(())
}
