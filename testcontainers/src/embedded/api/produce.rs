//! Produce: checks batches as a broker does, and appends them.

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::produce::{
    LeaderIdAndEpoch, NodeEndpoint, PartitionProduceData, PartitionProduceResponse, TopicProduceData,
    TopicProduceResponse,
};
use kafka_sdk_protocol::api::{ProduceRequest, ProduceResponse};
use kafka_sdk_protocol::records::{BatchHeader, RecordBatch, Records, batches, restamp};

use super::{Api, Call, Reply, targets};
use crate::embedded::folder::Appended;
use crate::embedded::plan::Target;
use crate::embedded::state::producers::Verdict;

const ATTRIBUTES_AT: usize = 21;
const MAX_TIMESTAMP_AT: usize = 35;
const LOG_APPEND_TIME: u8 = 0x08;
/// The release with a code for bad records.
const KIP_467: (u8, u8) = (2, 4);
const NO_TIME: i64 = -1;

/// What is answered for records that are in the log.
struct Written {
    base_offset: i64,
    log_append_time: i64,
    log_start: i64,
}

/// What is answered for records that are not.
#[derive(Clone, Copy)]
struct Refused {
    code: ErrorCode,
    log_start: i64,
}

impl From<ErrorCode> for Refused {
    fn from(code: ErrorCode) -> Self {
        Self { code, log_start: -1 }
    }
}

impl Refused {
    /// A log that refuses a batch says where it begins, but for some reasons.
    fn by_log(code: ErrorCode, log_start: i64, call: &Call<'_>) -> Self {
        let is_silent = matches!(code, ErrorCode::CORRUPT_MESSAGE | ErrorCode::MESSAGE_TOO_LARGE);
        let is_old = call.state.release.number < KIP_467 && code == ErrorCode::INVALID_TIMESTAMP;
        if is_silent || is_old { code.into() } else { Self { code, log_start } }
    }

    /// Until there was a code of its own for bad records, they had that of a checksum that does not fit.
    fn in_words_of(self, release: (u8, u8)) -> Self {
        let is_newer = self.code == ErrorCode::INVALID_RECORD && release < KIP_467;
        if is_newer { ErrorCode::CORRUPT_MESSAGE.into() } else { self }
    }
}

impl Api for ProduceRequest {
    fn targets(&self, call: &Call<'_>) -> Vec<Target> {
        let of_topic = |data: &TopicProduceData| {
            let name = call.topic_name(&data.name, data.topic_id).unwrap_or_default();
            targets(&name, data.partition_data.iter().map(|it| it.index))
        };
        self.topic_data.iter().flat_map(of_topic).collect()
    }

    fn answer(self, call: &mut Call<'_>) -> Reply<ProduceResponse> {
        // An old broker does not take this for a request.
        if call.state.release.number < KIP_467 && has_no_records(&self) {
            return Reply::Close;
        }
        let mut response = ProduceResponse::default();
        response.responses = self.topic_data.iter().map(|data| of_topic(data, self.acks, call)).collect();
        response.node_endpoints = endpoints(&response, call);
        if self.acks == 0 { Reply::Nothing } else { Reply::Now(response) }
    }
}

/// Whether there is nothing for some partition.
fn has_no_records(request: &ProduceRequest) -> bool {
    let mut partitions = request.topic_data.iter().flat_map(|data| &data.partition_data);
    partitions.any(|it| it.records.as_ref().is_none_or(Bytes::is_empty))
}

fn of_topic(data: &TopicProduceData, acks: i16, call: &mut Call<'_>) -> TopicProduceResponse {
    let name = call.topic_name(&data.name, data.topic_id);
    let answer = |it: &PartitionProduceData| {
        let written = name.clone().map_err(Refused::from).and_then(|name| write(&name, it, acks, call));
        let written = written.map_err(|refused| refused.in_words_of(call.state.release.number));
        let refused = name
            .as_ref()
            .map_or_else(|_| LeaderIdAndEpoch::default(), |name| hint(name, it.index, &written, call));
        PartitionProduceResponse { current_leader: refused, ..answer(it.index, written) }
    };
    let partition_responses = data.partition_data.iter().map(answer).collect();
    TopicProduceResponse { name: data.name.clone(), topic_id: data.topic_id, partition_responses }
}

fn answer(index: i32, written: Result<Written, Refused>) -> PartitionProduceResponse {
    let (error_code, log_start_offset) = match &written {
        Ok(written) => (ErrorCode::NONE, written.log_start),
        Err(refused) => (refused.code, refused.log_start),
    };
    let place = written.map_or((-1, NO_TIME), |written| (written.base_offset, written.log_append_time));
    let (base_offset, log_append_time_ms) = place;
    PartitionProduceResponse {
        index,
        error_code,
        base_offset,
        log_append_time_ms,
        log_start_offset,
        ..Default::default()
    }
}

/// Who leads now, for a client that has asked the wrong node (KIP-951).
fn hint(topic: &str, index: i32, written: &Result<Written, Refused>, call: &Call<'_>) -> LeaderIdAndEpoch {
    let knows_hints = call.version >= 10;
    match (written, call.state.partition(topic, index)) {
        (Err(Refused { code: ErrorCode::NOT_LEADER_OR_FOLLOWER, .. }), Ok(partition)) if knows_hints => {
            LeaderIdAndEpoch { leader_id: partition.leader, leader_epoch: partition.epoch }
        }
        _ => LeaderIdAndEpoch::default(),
    }
}

fn endpoints(response: &ProduceResponse, call: &Call<'_>) -> Vec<NodeEndpoint> {
    let partitions = || response.responses.iter().flat_map(|topic| &topic.partition_responses);
    let is_hinted = |id: i32| partitions().any(|partition| partition.current_leader.leader_id == id);
    let hinted = call.state.nodes.iter().filter(|node| is_hinted(node.id));
    let endpoint = |node: &crate::embedded::state::Member| NodeEndpoint {
        node_id: node.id,
        host: "127.0.0.1".into(),
        port: node.port.into(),
        rack: node.rack.clone(),
    };
    hinted.map(endpoint).collect()
}

fn write(
    topic: &str,
    data: &PartitionProduceData,
    acks: i16,
    call: &mut Call<'_>,
) -> Result<Written, Refused> {
    call.plan.refusal(topic, Some(data.index))?;
    call.state.partition(topic, data.index)?;
    let batch = the_batch(data.records.as_ref())?;
    if !(-1..=1).contains(&acks) {
        return Err(ErrorCode::INVALID_REQUIRED_ACKS.into());
    }
    call.led_partition(topic, data.index, -1)?;
    let log_start = call.state.partition(topic, data.index)?.log.start();
    append(topic, data.index, batch, acks, call).map_err(|code| Refused::by_log(code, log_start, call))
}

fn append(
    topic: &str,
    index: i32,
    batch: RecordBatch,
    acks: i16,
    call: &mut Call<'_>,
) -> Result<Written, ErrorCode> {
    let limits = Limits::of(topic, call)?;
    limits.check_replicas(call.state.partition(topic, index)?.in_sync.len(), acks)?;
    let batch = limits.check(batch, call.now)?;
    let strict = call.state.release.number < (2, 5);
    let partition = call.state.partition_mut(topic, index)?;
    let log_start = partition.log.start();
    match partition.producers.judge(&batch.header, strict) {
        Verdict::Refuse(code) => Err(code),
        Verdict::Duplicate(known) => {
            Ok(Written { base_offset: known.first_offset, log_append_time: known.timestamp, log_start })
        }
        Verdict::Append => {
            let (base_offset, bytes) = partition.append(&batch.header, &batch.bytes);
            call.appended.push(Appended { topic: topic.into(), partition: index, bytes });
            call.changed = true;
            Ok(Written { base_offset, log_append_time: batch.log_append_time, log_start })
        }
    }
}

/// The one batch that a request may hold for a partition.
fn the_batch(records: Option<&Bytes>) -> Result<RecordBatch, ErrorCode> {
    let mut all = batches(records.ok_or(ErrorCode::INVALID_RECORD)?);
    let first = all.next().ok_or(ErrorCode::INVALID_RECORD)?.map_err(|_| ErrorCode::CORRUPT_MESSAGE)?;
    if all.next().is_some() { Err(ErrorCode::INVALID_RECORD) } else { Ok(first) }
}

/// A batch that may be appended.
struct Checked {
    header: BatchHeader,
    bytes: Bytes,
    log_append_time: i64,
}

/// What a topic asks of batches.
struct Limits {
    min_in_sync: i64,
    max_bytes: i64,
    /// How much later than now, or earlier, a timestamp may be.
    max_ahead: i64,
    max_behind: i64,
    is_log_append_time: bool,
    is_compacted: bool,
}

impl Limits {
    fn of(topic: &str, call: &Call<'_>) -> Result<Self, ErrorCode> {
        let state = &*call.state;
        let topic = state.topic(topic)?;
        let either_way = state.topic_limit(topic, "message.timestamp.difference.max.ms");
        Ok(Self {
            min_in_sync: state.topic_number(topic, "min.insync.replicas"),
            max_bytes: state.topic_number(topic, "max.message.bytes"),
            max_ahead: state.topic_limit(topic, "message.timestamp.after.max.ms").min(either_way),
            max_behind: state.topic_limit(topic, "message.timestamp.before.max.ms").min(either_way),
            is_log_append_time: state.topic_config(topic, "message.timestamp.type") == "LogAppendTime",
            is_compacted: state.topic_config(topic, "cleanup.policy").contains("compact"),
        })
    }

    fn check_replicas(&self, in_sync: usize, acks: i16) -> Result<(), ErrorCode> {
        let enough = acks != -1 || in_sync as i64 >= self.min_in_sync;
        if enough { Ok(()) } else { Err(ErrorCode::NOT_ENOUGH_REPLICAS) }
    }

    fn check(&self, batch: RecordBatch, now: i64) -> Result<Checked, ErrorCode> {
        if batch.bytes().len() as i64 > self.max_bytes {
            return Err(ErrorCode::MESSAGE_TOO_LARGE);
        }
        batch.check().map_err(|_| ErrorCode::CORRUPT_MESSAGE)?;
        check_header(batch.header())?;
        let records = batch.records().map_err(|_| ErrorCode::INVALID_RECORD)?;
        self.check_records(&records, now)?;
        if self.is_log_append_time { stamped(&batch, now) } else { Ok(Checked::as_it_is(&batch)) }
    }

    fn check_records(&self, records: &Records, now: i64) -> Result<(), ErrorCode> {
        if self.is_compacted && records.iter().any(|record| record.key.is_none()) {
            return Err(ErrorCode::INVALID_RECORD);
        }
        let is_unlimited =
            self.is_log_append_time || (self.max_ahead, self.max_behind) == (i64::MAX, i64::MAX);
        // The first timestamp and the largest are in the header; only a limit on old ones looks at each.
        if is_unlimited {
            return Ok(());
        }
        let is_late = |time: i64| time != NO_TIME && time.saturating_sub(now) > self.max_ahead;
        let is_early = |time: i64| time != NO_TIME && now.saturating_sub(time) > self.max_behind;
        let too_early = self.max_behind < i64::MAX && records.iter().any(|record| is_early(record.timestamp));
        if is_late(records.header().max_timestamp) || too_early {
            return Err(ErrorCode::INVALID_TIMESTAMP);
        }
        Ok(())
    }
}

fn check_header(header: &BatchHeader) -> Result<(), ErrorCode> {
    let is_counted = header.count > 0 && header.last_offset_delta.checked_add(1) == Some(header.count);
    let has_sequence = header.producer.id < 0 || header.producer.base_sequence >= 0;
    let is_a_clients = !header.attributes.is_control() && !header.attributes.is_log_append_time();
    match header.attributes.is_transactional() {
        // There is no transaction that it could belong to.
        true => Err(ErrorCode::INVALID_TXN_STATE),
        false if is_counted && has_sequence && is_a_clients => Ok(()),
        false => Err(ErrorCode::INVALID_RECORD),
    }
}

impl Checked {
    fn as_it_is(batch: &RecordBatch) -> Self {
        Self { header: *batch.header(), bytes: batch.bytes().clone(), log_append_time: NO_TIME }
    }
}

/// The batch with the broker's time in its header, and the checksum that goes with that.
fn stamped(batch: &RecordBatch, now: i64) -> Result<Checked, ErrorCode> {
    let mut bytes = batch.bytes().to_vec();
    bytes[ATTRIBUTES_AT + 1] |= LOG_APPEND_TIME;
    bytes[MAX_TIMESTAMP_AT..MAX_TIMESTAMP_AT + 8].copy_from_slice(&now.to_be_bytes());
    let bytes: Bytes = restamp(&bytes, batch.header().producer).into();
    let header = BatchHeader::read(&bytes).map_err(|_| ErrorCode::CORRUPT_MESSAGE)?;
    Ok(Checked { header, bytes, log_append_time: now })
}
