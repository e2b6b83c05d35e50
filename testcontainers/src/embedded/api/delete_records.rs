//! DeleteRecords: a log begins later.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::delete_records::{
    DeleteRecordsPartition, DeleteRecordsPartitionResult, DeleteRecordsTopic, DeleteRecordsTopicResult,
};
use kafka_sdk_protocol::api::{DeleteRecordsRequest, DeleteRecordsResponse};

use super::{Api, Call, Reply, targets};
use crate::embedded::plan::Target;

/// Stands for the end of the log.
const HIGH_WATERMARK: i64 = -1;
const NO_OFFSET: i64 = -1;

impl Api for DeleteRecordsRequest {
    fn targets(&self, _: &Call<'_>) -> Vec<Target> {
        let of_topic =
            |it: &DeleteRecordsTopic| targets(&it.name, it.partitions.iter().map(|it| it.partition_index));
        self.topics.iter().flat_map(of_topic).collect()
    }

    fn answer(self, call: &mut Call<'_>) -> Reply<DeleteRecordsResponse> {
        let mut one = |topic: &DeleteRecordsTopic| DeleteRecordsTopicResult {
            name: topic.name.clone(),
            partitions: topic.partitions.iter().map(|it| answer(&topic.name, it, call)).collect(),
        };
        let topics = self.topics.iter().map(&mut one).collect();
        Reply::Now(DeleteRecordsResponse { topics, ..Default::default() })
    }
}

fn answer(topic: &str, wanted: &DeleteRecordsPartition, call: &mut Call<'_>) -> DeleteRecordsPartitionResult {
    let deleted = delete(topic, wanted, call);
    DeleteRecordsPartitionResult {
        partition_index: wanted.partition_index,
        low_watermark: deleted.unwrap_or(NO_OFFSET),
        error_code: deleted.err().unwrap_or_default(),
    }
}

fn delete(topic: &str, wanted: &DeleteRecordsPartition, call: &mut Call<'_>) -> Result<i64, ErrorCode> {
    call.led_partition(topic, wanted.partition_index, -1)?;
    let config = call.state.topic_config(call.state.topic(topic)?, "cleanup.policy");
    if config == "compact" {
        return Err(ErrorCode::POLICY_VIOLATION);
    }
    let forgets = call.state.release.number < (2, 4);
    let partition = call.state.partition_mut(topic, wanted.partition_index)?;
    let end = partition.log.end();
    let offset = if wanted.offset == HIGH_WATERMARK { end } else { wanted.offset };
    if !(0..=end).contains(&offset) {
        return Err(ErrorCode::OFFSET_OUT_OF_RANGE);
    }
    partition.log.truncate_before(offset);
    if forgets {
        partition.producers.forget_before(offset);
    }
    call.changed = true;
    Ok(partition_start(topic, wanted.partition_index, call))
}

fn partition_start(topic: &str, index: i32, call: &Call<'_>) -> i64 {
    call.state.partition(topic, index).map_or(NO_OFFSET, |partition| partition.log.start())
}
