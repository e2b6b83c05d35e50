//! OffsetForLeaderEpoch: where an epoch ended, so that a client notices records that are gone (KIP-320).

use kafka_sdk_protocol::api::offset_for_leader_epoch::{
    EpochEndOffset, OffsetForLeaderPartition, OffsetForLeaderTopic, OffsetForLeaderTopicResult,
};
use kafka_sdk_protocol::api::{OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse};

use super::{Api, Call, Reply, targets};
use crate::embedded::plan::Target;

/// What stands for no epoch and no offset.
const NONE: (i32, i64) = (-1, -1);

impl Api for OffsetForLeaderEpochRequest {
    fn targets(&self, _: &Call<'_>) -> Vec<Target> {
        let of_topic =
            |it: &OffsetForLeaderTopic| targets(&it.topic, it.partitions.iter().map(|it| it.partition));
        self.topics.iter().flat_map(of_topic).collect()
    }

    fn answer(self, call: &mut Call<'_>) -> Reply<OffsetForLeaderEpochResponse> {
        let one = |it: &OffsetForLeaderTopic| OffsetForLeaderTopicResult {
            topic: it.topic.clone(),
            partitions: it.partitions.iter().map(|partition| answer(&it.topic, partition, call)).collect(),
        };
        let topics = self.topics.iter().map(one).collect();
        Reply::Now(OffsetForLeaderEpochResponse { topics, ..Default::default() })
    }
}

fn answer(topic: &str, asked: &OffsetForLeaderPartition, call: &Call<'_>) -> EpochEndOffset {
    let partition = call.led_partition(topic, asked.partition, asked.current_leader_epoch);
    let end = partition.map(|it| it.log.epochs.end_of(asked.leader_epoch, it.log.end()).unwrap_or(NONE));
    let (leader_epoch, end_offset) = end.unwrap_or(NONE);
    let error_code = end.err().unwrap_or_default();
    EpochEndOffset { error_code, partition: asked.partition, leader_epoch, end_offset }
}
