//! DeleteTopics.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::delete_topics::{DeletableTopicResult, DeleteTopicState};
use kafka_sdk_protocol::api::{DeleteTopicsRequest, DeleteTopicsResponse};

use super::{Api, Call, Reply};
use crate::embedded::plan::Target;

impl Api for DeleteTopicsRequest {
    fn targets(&self, call: &Call<'_>) -> Vec<Target> {
        let by_state = self.topics.iter().filter_map(|topic| name(topic, call).ok());
        self.topic_names.iter().cloned().chain(by_state).map(|name| (name, None)).collect()
    }

    fn answer(self, call: &mut Call<'_>) -> Reply<DeleteTopicsResponse> {
        let by_name = self
            .topic_names
            .into_iter()
            .map(|name| DeleteTopicState { name: Some(name), ..Default::default() });
        let wanted: Vec<DeleteTopicState> = by_name.chain(self.topics).collect();
        let responses = wanted.into_iter().map(|topic| delete(topic, call)).collect();
        Reply::Now(DeleteTopicsResponse { responses, ..Default::default() })
    }
}

fn delete(wanted: DeleteTopicState, call: &mut Call<'_>) -> DeletableTopicResult {
    let deleted = name(&wanted, call).and_then(|name| delete_named(&name, call).map(|id| (name, id)));
    match deleted {
        Ok((name, topic_id)) => DeletableTopicResult { name: Some(name), topic_id, ..Default::default() },
        Err(error_code) => DeletableTopicResult {
            name: wanted.name,
            topic_id: wanted.topic_id,
            error_code,
            error_message: error_code.name().map(str::to_owned),
        },
    }
}

fn name(wanted: &DeleteTopicState, call: &Call<'_>) -> Result<String, ErrorCode> {
    match &wanted.name {
        Some(name) if wanted.topic_id.is_zero() => Ok(name.clone()),
        Some(_) => Err(ErrorCode::INVALID_REQUEST),
        None => call.topic_name("", wanted.topic_id),
    }
}

fn delete_named(name: &str, call: &mut Call<'_>) -> Result<kafka_sdk_protocol::wire::Uuid, ErrorCode> {
    call.plan.refusal(name, None)?;
    call.must_be_controller()?;
    let topic = call.state.remove_topic(name).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
    call.changed = true;
    Ok(topic.id)
}
