//! CreatePartitions.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::create_partitions::{CreatePartitionsTopic, CreatePartitionsTopicResult};
use kafka_sdk_protocol::api::{CreatePartitionsRequest, CreatePartitionsResponse};

use super::create_topics::check_assignment;
use super::{Api, Call, Reply};
use crate::embedded::plan::Target;

type Refused = (ErrorCode, String);

impl Api for CreatePartitionsRequest {
    fn targets(&self, _: &Call<'_>) -> Vec<Target> {
        self.topics.iter().map(|topic| (topic.name.clone(), None)).collect()
    }

    fn answer(self, call: &mut Call<'_>) -> Reply<CreatePartitionsResponse> {
        let create = |topic: &CreatePartitionsTopic| {
            let (error_code, message) = create(topic, self.validate_only, call).err().unwrap_or_default();
            let error_message = (error_code != ErrorCode::NONE).then_some(message);
            CreatePartitionsTopicResult { name: topic.name.clone(), error_code, error_message }
        };
        let results = self.topics.iter().map(create).collect();
        Reply::Now(CreatePartitionsResponse { results, ..Default::default() })
    }
}

fn create(wanted: &CreatePartitionsTopic, validate_only: bool, call: &mut Call<'_>) -> Result<(), Refused> {
    let plain = |code: ErrorCode| (code, code.to_string());
    call.plan.refusal(&wanted.name, None).map_err(plain)?;
    call.must_be_controller().map_err(plain)?;
    let topic = call.state.topic(&wanted.name).map_err(plain)?;
    let (count, factor) =
        (topic.partitions.len(), topic.partitions.first().map_or(0, |it| it.replicas.len()));
    let more = usize::try_from(wanted.count).ok().and_then(|wanted| wanted.checked_sub(count));
    let Some(more) = more.filter(|&more| more > 0) else {
        let text = format!("The topic has {count} partitions; {} would not be an increase.", wanted.count);
        return Err((ErrorCode::INVALID_PARTITIONS, text));
    };
    let replicas = match &wanted.assignments {
        None => call.state.spread(more, factor),
        Some(all) => all.iter().map(|assignment| assignment.broker_ids.clone()).collect(),
    };
    let trouble = match replicas.len() == more {
        true => check_assignment(&replicas, factor, call.state).err(),
        false => Some(format!("{more} partitions are added, and {} are assigned.", replicas.len())),
    };
    if let Some(text) = trouble {
        return Err((ErrorCode::INVALID_REPLICA_ASSIGNMENT, text));
    }
    if !validate_only {
        call.state.add_partitions(&wanted.name, replicas);
        call.changed = true;
    }
    Ok(())
}
