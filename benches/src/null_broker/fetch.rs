//! Fetch: canned batches, without an end. Sessions are declined, as a broker may: each request names all partitions.

use super::Shared;
use super::canned::Copies;
use super::cluster::END;
use kafka_sdk_protocol::api::fetch::{FetchPartition, FetchableTopicResponse, PartitionData};
use kafka_sdk_protocol::api::{FetchRequest, FetchResponse};

pub(super) fn answer(shared: &Shared, copies: &mut Copies, request: &FetchRequest) -> FetchResponse {
    shared.counters.fetches.add(1);
    let mut room = Room { left: to_size(request.max_bytes), nothing_yet: true };
    let responses = request.topics.iter().map(|topic| FetchableTopicResponse {
        topic: topic.topic.clone(),
        topic_id: topic.topic_id,
        partitions: topic.partitions.iter().map(|asked| fill(shared, copies, &mut room, asked)).collect(),
    });
    FetchResponse { responses: responses.collect(), ..Default::default() }
}

struct Room {
    left: usize,
    nothing_yet: bool,
}

/// Whole batches only. The first comes whatever the limits are (KIP-74), or a client might not get on.
fn fill(shared: &Shared, copies: &mut Copies, room: &mut Room, asked: &FetchPartition) -> PartitionData {
    let limit = room.left.min(to_size(asked.partition_max_bytes));
    let mut portion = shared.canned.portion(limit);
    if portion.records == 0 && room.nothing_yet {
        portion = shared.canned.one();
    }
    room.left = room.left.saturating_sub(portion.bytes);
    room.nothing_yet &= portion.records == 0;
    shared.counters.fetched_bytes.add(portion.bytes as u64);
    shared.counters.fetched_records.add(portion.records as u64);
    PartitionData {
        partition_index: asked.partition,
        high_watermark: END,
        last_stable_offset: END,
        log_start_offset: 0,
        aborted_transactions: None,
        preferred_read_replica: -1,
        records: Some(copies.lend(&shared.canned, portion, asked.fetch_offset)),
        ..Default::default()
    }
}

fn to_size(bytes: i32) -> usize {
    usize::try_from(bytes).unwrap_or_default()
}
