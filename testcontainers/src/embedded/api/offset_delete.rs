//! OffsetDelete: what a group has committed of topics that none of its members wants.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::offset_delete::{
    OffsetDeleteRequestTopic, OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use kafka_sdk_protocol::api::{OffsetDeleteRequest, OffsetDeleteResponse};

use super::{Api, Call, Reply, targets};
use crate::embedded::plan::Target;
use crate::embedded::state::groups::classic::Classic;

impl Api for OffsetDeleteRequest {
    fn targets(&self, _: &Call<'_>) -> Vec<Target> {
        let of_topic = |it: &OffsetDeleteRequestTopic| {
            targets(&it.name, it.partitions.iter().map(|it| it.partition_index))
        };
        self.topics.iter().flat_map(of_topic).collect()
    }

    fn answer(self, call: &mut Call<'_>) -> Reply<OffsetDeleteResponse> {
        if let Err(error_code) = permit(&self.group_id, call) {
            return Reply::Now(OffsetDeleteResponse { error_code, ..Default::default() });
        }
        let mut topics: Vec<OffsetDeleteResponseTopic> = Vec::new();
        for topic in &self.topics {
            let delete = |index: i32, call: &mut Call<'_>| OffsetDeleteResponsePartition {
                partition_index: index,
                error_code: delete(&self.group_id, &topic.name, index, call).err().unwrap_or_default(),
            };
            let partitions = topic.partitions.iter().map(|it| delete(it.partition_index, call)).collect();
            topics.push(OffsetDeleteResponseTopic { name: topic.name.clone(), partitions });
        }
        Reply::Now(OffsetDeleteResponse { topics, ..Default::default() })
    }
}

fn permit(id: &str, call: &mut Call<'_>) -> Result<(), ErrorCode> {
    call.check_group_id(id)?;
    let group = call.coordinated(id)?.get(id).ok_or(ErrorCode::GROUP_ID_NOT_FOUND)?;
    group.classic().map_or(Ok(()), Classic::check_delete_offsets)
}

fn delete(id: &str, topic: &str, partition: i32, call: &mut Call<'_>) -> Result<(), ErrorCode> {
    call.partition(topic, partition)?;
    call.coordinated(id)?;
    let (groups, topics) = call.state.groups_and_topics(call.now);
    let group = groups.get_mut(id).ok_or(ErrorCode::GROUP_ID_NOT_FOUND)?;
    if group.is_subscribed(topic, topics) {
        return Err(ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC);
    }
    group.offsets.remove(topic, partition);
    Ok(())
}
