//! AlterConfigs: all settings of a topic at once.

use std::collections::BTreeMap;

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::alter_configs::{AlterConfigsResource, AlterConfigsResourceResponse};
use kafka_sdk_protocol::api::{AlterConfigsRequest, AlterConfigsResponse};

use super::describe_configs::{NODE, TOPIC};
use super::{Api, Call, Reply};
use crate::embedded::configs;
use crate::embedded::plan::Target;
use crate::embedded::state::topic::check_name;

impl Api for AlterConfigsRequest {
    fn targets(&self, _: &Call<'_>) -> Vec<Target> {
        self.resources.iter().map(|resource| (resource.resource_name.clone(), None)).collect()
    }

    fn answer(self, call: &mut Call<'_>) -> Reply<AlterConfigsResponse> {
        let alter = |resource: &AlterConfigsResource| {
            let altered = alter(resource, self.validate_only, call);
            let (error_code, message) = altered.err().unwrap_or_default();
            AlterConfigsResourceResponse {
                error_code,
                error_message: (error_code != ErrorCode::NONE).then_some(message),
                resource_type: resource.resource_type,
                resource_name: resource.resource_name.clone(),
            }
        };
        let responses = self.resources.iter().map(alter).collect();
        Reply::Now(AlterConfigsResponse { responses, ..Default::default() })
    }
}

fn alter(
    resource: &AlterConfigsResource,
    validate_only: bool,
    call: &mut Call<'_>,
) -> Result<(), (ErrorCode, String)> {
    check_resource(resource.resource_type, &resource.resource_name, call)?;
    let mut settings = BTreeMap::new();
    for config in &resource.configs {
        let value = config.value.clone().ok_or_else(|| {
            (ErrorCode::INVALID_REQUEST, format!("Null value not supported for : {}", config.name))
        })?;
        settings.insert(config.name.clone(), value);
    }
    set(&resource.resource_name, settings, validate_only, call)
}

/// Whether it is something that can be set.
pub(super) fn check_resource(kind: i8, name: &str, call: &Call<'_>) -> Result<(), (ErrorCode, String)> {
    let plain = |code: ErrorCode| (code, code.to_string());
    call.plan.refusal(name, None).map_err(plain)?;
    match kind {
        TOPIC => Ok(()),
        NODE => Err((ErrorCode::INVALID_REQUEST, "An embedded node is set at its start only.".into())),
        other => Err((ErrorCode::INVALID_REQUEST, format!("Unexpected resource type {other}"))),
    }
}

/// Gives a topic its settings.
pub(super) fn set(
    topic: &str,
    settings: BTreeMap<String, String>,
    validate_only: bool,
    call: &mut Call<'_>,
) -> Result<(), (ErrorCode, String)> {
    check(topic, &settings, call)?;
    let topic = call.state.topic_mut(topic).map_err(|code| (code, code.to_string()))?;
    if !validate_only {
        topic.configs = settings;
        call.changed = true;
    }
    Ok(())
}

/// Brokers look at the settings first, and then whether the topic is there; old ones the other way round, and they had
/// other codes.
fn check(
    topic: &str,
    settings: &BTreeMap<String, String>,
    call: &Call<'_>,
) -> Result<(), (ErrorCode, String)> {
    let release = call.state.release.number;
    let is_old = release < (2, 8);
    check_name(topic)?;
    if is_old && call.state.topic(topic).is_err() {
        return Err((ErrorCode::UNKNOWN_SERVER_ERROR, format!("Topic \"{topic}\" does not exist.")));
    }
    for (name, value) in settings {
        let is_known = configs::known(release).any(|known| known.name == name);
        let code = if is_old && is_known { ErrorCode::INVALID_REQUEST } else { ErrorCode::INVALID_CONFIG };
        configs::check(release, name, value).map_err(|text| (code, text))?;
    }
    Ok(())
}
