//! ListOffsets: where a log begins and ends, and what offset a time has.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::list_offsets::{
    ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsTopic, ListOffsetsTopicResponse,
};
use kafka_sdk_protocol::api::{ListOffsetsRequest, ListOffsetsResponse};

use super::{Api, Call, Reply, targets};
use crate::embedded::plan::Target;
use crate::embedded::state::log::{Found, Log};

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const LARGEST_TIME: i64 = -3;
const EARLIEST_LOCAL: i64 = -4;
/// Of tiered storage, which there is none of.
const TIERED: i64 = -5;
const EARLIEST_PENDING_UPLOAD: i64 = -6;
/// From this version on, epochs are answered.
const WITH_EPOCHS: i16 = 4;
/// What stands for no offset, no time and no epoch.
const NONE: Found = Found { offset: -1, timestamp: -1, epoch: -1 };

impl Api for ListOffsetsRequest {
    fn targets(&self, _: &Call<'_>) -> Vec<Target> {
        let of_topic =
            |it: &ListOffsetsTopic| targets(&it.name, it.partitions.iter().map(|it| it.partition_index));
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
    let found = check_kind(asked.timestamp, call).and_then(|()| {
        let partition = call.led_partition(topic, asked.partition_index, asked.current_leader_epoch)?;
        Ok(find(&partition.log, asked.timestamp, has_kinds(call)))
    });
    let Found { offset, timestamp, epoch } = found.unwrap_or(NONE);
    ListOffsetsPartitionResponse {
        partition_index: asked.partition_index,
        error_code: found.err().unwrap_or_default(),
        timestamp,
        offset,
        leader_epoch: if call.version < WITH_EPOCHS { NONE.epoch } else { epoch },
    }
}

/// Whether the version knows what is asked for.
fn check_kind(timestamp: i64, call: &Call<'_>) -> Result<(), ErrorCode> {
    let since = match timestamp {
        LARGEST_TIME => 7,
        EARLIEST_LOCAL => 8,
        TIERED => 9,
        EARLIEST_PENDING_UPLOAD => 11,
        ..EARLIEST_PENDING_UPLOAD => i16::MAX,
        _ => 0,
    };
    let fits = !has_kinds(call) || call.version >= since;
    if fits { Ok(()) } else { Err(ErrorCode::UNSUPPORTED_VERSION) }
}

/// Before KIP-734, there were two numbers with a meaning, and all others were times.
fn has_kinds(call: &Call<'_>) -> bool {
    call.state.release.number >= (3, 0)
}

fn find(log: &Log, timestamp: i64, has_kinds: bool) -> Found {
    let at = |offset, epoch: Option<i32>| Found {
        offset,
        timestamp: NONE.timestamp,
        epoch: epoch.unwrap_or(NONE.epoch),
    };
    match timestamp {
        LATEST => at(log.end(), log.epochs.latest()),
        EARLIEST => at(log.start(), log.epochs.earliest_at(log.start())),
        time if !has_kinds => log.find_time(time).unwrap_or(NONE),
        EARLIEST_LOCAL => at(log.start(), log.epochs.earliest_at(log.start())),
        LARGEST_TIME => log.find_largest_time().unwrap_or(NONE),
        TIERED | EARLIEST_PENDING_UPLOAD => NONE,
        time => log.find_time(time).unwrap_or(NONE),
    }
}
