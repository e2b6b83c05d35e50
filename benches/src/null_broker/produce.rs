//! Produce: counted, checked if asked to, not stored.

use super::Shared;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::produce::{
    PartitionProduceData, PartitionProduceResponse, TopicProduceData, TopicProduceResponse,
};
use kafka_sdk_protocol::api::{ProduceRequest, ProduceResponse};

pub(super) fn answer(shared: &Shared, request: &ProduceRequest) -> ProduceResponse {
    shared.counters.produces.add(1);
    let responses = request.topic_data.iter().map(|topic| TopicProduceResponse {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        partition_responses: topic.partition_data.iter().map(|data| take(shared, topic, data)).collect(),
    });
    ProduceResponse { responses: responses.collect(), ..Default::default() }
}

/// As brokers do, it takes one batch for each partition.
fn take(shared: &Shared, topic: &TopicProduceData, data: &PartitionProduceData) -> PartitionProduceResponse {
    let batch = data.records.as_deref().unwrap_or_default();
    let mut response = PartitionProduceResponse {
        index: data.index,
        log_append_time_ms: -1,
        log_start_offset: 0,
        ..Default::default()
    };
    let Some(records) = record_count(batch) else {
        shared.counters.fault(format!("{} bytes for partition {} are no batch", batch.len(), data.index));
        response.error_code = ErrorCode::CORRUPT_MESSAGE;
        return response;
    };
    shared.counters.batches.add(1);
    shared.counters.records.add(u64::from(records));
    shared.counters.bytes.add(batch.len() as u64);
    if let Some(checks) = &shared.checks {
        let mut checks = checks.lock().unwrap_or_else(|e| e.into_inner());
        if let Err(fault) = checks.check(&topic.name, topic.topic_id, data.index, batch) {
            shared.counters.fault(fault);
            response.error_code = ErrorCode::CORRUPT_MESSAGE;
        }
    }
    response.base_offset = shared.append(data.index, i64::from(records));
    response
}

/// As the header says. The only byte that is looked at otherwise is the one that names the format.
fn record_count(batch: &[u8]) -> Option<u32> {
    let (header, _) = batch.split_first_chunk::<61>()?;
    (header[16] == 2).then(|| u32::from_be_bytes([header[57], header[58], header[59], header[60]]))
}
