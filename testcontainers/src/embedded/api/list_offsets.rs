//! ListOffsets: where a log begins and ends, and what offset a time has.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::list_offsets::{
    ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsTopic, ListOffsetsTopicResponse,
};
use kafka_sdk_protocol::api::{ListOffsetsRequest, ListOffsetsResponse};

use super::{Api, Call, Reply};
use crate::embedded::plan::Target;
use crate::embedded::state::log::{Found, Log};

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const LARGEST_TIME: i64 = -3;
const EARLIEST_LOCAL: i64 = -4;
/// Of tiered storage, which there is none of.
const TIERED: i64 = -5;
const EARLIEST_PENDING_UPLOAD: i64 = -6;
/// What stands for no offset, no time and no epoch.
const NONE: Found = Found { offset: -1, timestamp: -1, epoch: -1 };

impl Api for ListOffsetsRequest {
    fn targets(&self, _: &Call<'_>) -> Vec<Target> {
        let of_topic = |topic: &ListOffsetsTopic| {
            let name = topic.name.clone();
            topic
                .partitions
                .iter()
                .map(move |it| (name.clone(), Some(it.partition_index)))
                .collect::<Vec<_>>()
        };
        self.topics.iter().flat_map(of_topic).collect()
    }

    fn answer(self, call: &mut Call<'_>) -> Reply<ListOffsetsResponse> {
        let one = |topic: &ListOffsetsTopic| ListOffsetsTopicResponse {
            name: topic.name.clone(),
            partitions: topic.partitions.iter().map(|it| answer(&topic.name, it, call)).collect(),
        };
        let topics = self.topics.iter().map(one).collect();
        Reply::Now(ListOffsetsResponse { topics, ..Default::default() })
    }
}

fn answer(topic: &str, asked: &ListOffsetsPartition, call: &Call<'_>) -> ListOffsetsPartitionResponse {
    let partition = call.led_partition(topic, asked.partition_index, asked.current_leader_epoch);
    let found = partition.and_then(|partition| find(&partition.log, asked.timestamp, call.version));
    let Found { offset, timestamp, epoch } = found.unwrap_or(NONE);
    ListOffsetsPartitionResponse {
        partition_index: asked.partition_index,
        error_code: found.err().unwrap_or_default(),
        timestamp,
        offset,
        leader_epoch: epoch,
    }
}

fn find(log: &Log, timestamp: i64, version: i16) -> Result<Found, ErrorCode> {
    let at = |offset, epoch: Option<i32>| Found {
        offset,
        timestamp: NONE.timestamp,
        epoch: epoch.unwrap_or(NONE.epoch),
    };
    match timestamp {
        LATEST => Ok(at(log.end(), log.epochs.latest())),
        EARLIEST => Ok(at(log.start(), log.epochs.earliest_at(log.start()))),
        LARGEST_TIME if version >= 7 => Ok(log.find_largest_time().unwrap_or(NONE)),
        EARLIEST_LOCAL if version >= 8 => Ok(at(log.start(), log.epochs.earliest_at(log.start()))),
        TIERED if version >= 9 => Ok(NONE),
        EARLIEST_PENDING_UPLOAD if version >= 11 => Ok(NONE),
        ..0 => Err(ErrorCode::UNSUPPORTED_VERSION),
        time => Ok(log.find_time(time).unwrap_or(NONE)),
    }
}
