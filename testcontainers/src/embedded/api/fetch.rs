//! Fetch: reads logs, within sessions or without, and waits for more where there is too little.

use std::time::Duration;

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::fetch::{
    EpochEndOffset, FetchTopic, FetchableTopicResponse, ForgottenTopic, LeaderIdAndEpoch, NodeEndpoint,
    PartitionData,
};
use kafka_sdk_protocol::api::{FetchRequest, FetchResponse};
use kafka_sdk_protocol::wire::Uuid;
use tokio::time::Instant;

use super::{Api, Call, Reply, Waiting, bend, targets};
use crate::embedded::plan::Target;
use crate::embedded::state::partition::Partition;
use crate::embedded::state::sessions::{Ask, Key, Turn, Wanted};

/// From this version on, a replica in sync answers consumers too (KIP-392).
const FROM_FOLLOWERS: i16 = 11;
/// From this version on, topics are named by their ids.
const BY_ID: i16 = 13;
/// From this version on, the wrong node says who is the right one (KIP-951).
const WITH_HINTS: i16 = 16;
/// From this version on, records may be compressed with zstd.
const WITH_ZSTD: i16 = 10;
const READ_COMMITTED: i8 = 1;

impl Api for FetchRequest {
    fn targets(&self, call: &Call<'_>) -> Vec<Target> {
        let named = self.topics.iter().flat_map(|topic| {
            let name = call.topic_name(&topic.topic, topic.topic_id).unwrap_or_default();
            targets(&name, topic.partitions.iter().map(|it| it.partition))
        });
        let sessions = call.state.nodes.iter().filter(|node| node.id == call.node).map(|node| &node.sessions);
        let in_session = sessions
            .flat_map(|sessions| sessions.keys(self.session_id))
            .filter_map(|key| Some((call.topic_name(&key.topic, key.id).ok()?, Some(key.partition))));
        named.chain(in_session).collect()
    }

    fn answer(self, call: &mut Call<'_>) -> Reply<FetchResponse> {
        match Fetching::begin(self, call) {
            Ok(mut fetching) => match fetching.look(call, fetching.within.is_zero()) {
                Some(response) => Reply::Now(response),
                None => Reply::Wait { until: Instant::now() + fetching.within, waiting: Box::new(fetching) },
            },
            Err(error_code) => Reply::Now(FetchResponse { error_code, ..Default::default() }),
        }
    }

    fn flip_record_bits(response: &mut FetchResponse, call: &Call<'_>) {
        for topic in &mut response.responses {
            let name = call.topic_name(&topic.topic, topic.topic_id).unwrap_or_default();
            for partition in &mut topic.partitions {
                let is_hit = call.plan.flips_record_bit(&name, partition.partition_index);
                if let Some(records) =
                    partition.records.as_mut().filter(|records| is_hit && !records.is_empty())
                {
                    *records = bend(records).into();
                }
            }
        }
    }
}

/// A fetch that is under way.
struct Fetching {
    turn: Turn,
    min_bytes: usize,
    max_bytes: usize,
    committed: bool,
    within: Duration,
}

/// An answer for a partition, before it is known whether it is given.
struct Read {
    key: Key,
    told: Option<(i64, i64)>,
    news: bool,
    data: PartitionData,
}

impl Read {
    /// What a broker does not know it sorts out before it reads, and answers last.
    fn rank(&self) -> u8 {
        match self.data.error_code {
            ErrorCode::UNKNOWN_TOPIC_ID => 1,
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::UNSUPPORTED_COMPRESSION_TYPE => 2,
            _ => 0,
        }
    }
}

impl Fetching {
    fn begin(request: FetchRequest, call: &mut Call<'_>) -> Result<Self, ErrorCode> {
        call.plan.refusal_of_all()?;
        let limit = call.state.number("fetch.max.bytes").min(request.max_bytes.into());
        let (slots, now, node) =
            (call.state.number("max.incremental.fetch.session.cache.slots"), call.now, call.node);
        let committed = request.isolation_level == READ_COMMITTED;
        let within = Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or_default());
        let min_bytes = i64::from(request.min_bytes).min(limit);
        let ask = ask(request, call.version);
        let sessions = call.state.sessions(node).ok_or(ErrorCode::BROKER_NOT_AVAILABLE)?;
        Ok(Self {
            turn: sessions.turn(ask, slots as usize, now)?,
            min_bytes: usize::try_from(min_bytes).unwrap_or_default(),
            max_bytes: usize::try_from(limit).unwrap_or_default(),
            committed,
            within,
        })
    }

    fn read(&self, call: &Call<'_>) -> Vec<Read> {
        let mut left = self.max_bytes;
        let mut is_first = true;
        let read = |wanted: &Wanted| {
            let read = read(wanted, left, is_first, self.committed, call);
            let size = read.data.records.as_ref().map_or(0, Bytes::len);
            left = left.saturating_sub(size);
            is_first &= size == 0;
            read
        };
        self.turn.wanted.iter().map(read).collect()
    }

    /// Whether there is enough to be answered at once.
    fn is_enough(&self, reads: &[Read]) -> bool {
        let bytes: usize = reads.iter().filter_map(|read| read.data.records.as_ref()).map(Bytes::len).sum();
        let urgent = |read: &Read| {
            read.data.error_code != ErrorCode::NONE || read.data.diverging_epoch != EpochEndOffset::default()
        };
        reads.is_empty() || bytes >= self.min_bytes || reads.iter().any(urgent)
    }

    fn respond(&self, reads: Vec<Read>, call: &mut Call<'_>) -> FetchResponse {
        let (node, incremental) = (call.node, self.turn.incremental);
        let mut answered: Vec<Read> = reads.into_iter().filter(|read| !incremental || read.news).collect();
        answered.sort_by_key(Read::rank);
        // Of old, whatever is answered goes to the end of the line; later only what had records does.
        let all_move = call.state.release.number < (2, 8);
        for read in &answered {
            let has_records = read.data.records.as_ref().is_some_and(|records| !records.is_empty());
            let moves = incremental && (all_move || has_records);
            if let Some(sessions) = call.state.sessions(node) {
                sessions.told(self.turn.session, &read.key, read.told, moves);
            }
        }
        let node_endpoints = endpoints(&answered, call);
        FetchResponse {
            session_id: self.turn.session,
            responses: by_topic(answered),
            node_endpoints,
            ..Default::default()
        }
    }
}

impl Waiting<FetchResponse> for Fetching {
    fn look(&mut self, call: &mut Call<'_>, run_out: bool) -> Option<FetchResponse> {
        let reads = self.read(call);
        (run_out || self.is_enough(&reads)).then(|| self.respond(reads, call))
    }
}

fn ask(request: FetchRequest, version: i16) -> Ask {
    Ask {
        id: request.session_id,
        epoch: request.session_epoch,
        by_id: version >= BY_ID,
        wanted: request.topics.into_iter().flat_map(wanted).collect(),
        forgotten: request.forgotten_topics_data.into_iter().flat_map(forgotten).collect(),
    }
}

fn wanted(topic: FetchTopic) -> impl Iterator<Item = Wanted> {
    let FetchTopic { topic, topic_id, partitions } = topic;
    partitions.into_iter().map(move |it| Wanted {
        key: Key { topic: topic.clone(), id: topic_id, partition: it.partition },
        offset: it.fetch_offset,
        max_bytes: it.partition_max_bytes,
        leader_epoch: it.current_leader_epoch,
        last_fetched_epoch: it.last_fetched_epoch,
        told: None,
    })
}

fn forgotten(topic: ForgottenTopic) -> impl Iterator<Item = Key> {
    let ForgottenTopic { topic, topic_id, partitions } = topic;
    partitions.into_iter().map(move |partition| Key { topic: topic.clone(), id: topic_id, partition })
}

fn read(wanted: &Wanted, left: usize, whole: bool, committed: bool, call: &Call<'_>) -> Read {
    let key = wanted.key.clone();
    match read_partition(wanted, left, whole, call) {
        Ok(data) => {
            let told = Some((data.high_watermark, data.log_start_offset));
            let has_records = data.records.as_ref().is_some_and(|records| !records.is_empty());
            let diverges = data.diverging_epoch != EpochEndOffset::default();
            let aborted_transactions = committed.then(Vec::new);
            let data = PartitionData { aborted_transactions, ..data };
            Read { key, told, news: has_records || diverges || told != wanted.told, data }
        }
        // What has failed is told again when it works.
        Err(code) => Read { data: failed(&key, code, call), key, told: None, news: true },
    }
}

fn read_partition(
    wanted: &Wanted,
    left: usize,
    whole: bool,
    call: &Call<'_>,
) -> Result<PartitionData, ErrorCode> {
    let partition = readable(wanted, call)?;
    let (start, end) = (partition.log.start(), partition.log.end());
    let answer = PartitionData {
        partition_index: wanted.key.partition,
        high_watermark: end,
        last_stable_offset: end,
        log_start_offset: start,
        preferred_read_replica: -1,
        records: Some(Bytes::new()),
        ..Default::default()
    };
    if let Some(diverging_epoch) = divergence(wanted, partition) {
        return Ok(PartitionData { diverging_epoch, ..answer });
    }
    if !(start..=end).contains(&wanted.offset) {
        return Err(ErrorCode::OFFSET_OUT_OF_RANGE);
    }
    let limit = left.min(usize::try_from(wanted.max_bytes).unwrap_or_default());
    Ok(PartitionData { records: Some(partition.log.read(wanted.offset, limit, whole)), ..answer })
}

/// The partition, if this node may read it to consumers.
fn readable<'a>(wanted: &Wanted, call: &'a Call<'_>) -> Result<&'a Partition, ErrorCode> {
    let name = call.topic_name(&wanted.key.topic, wanted.key.id)?;
    let partition = call.partition(&name, wanted.key.partition)?;
    if !partition.replicas.contains(&call.node) {
        return Err(ErrorCode::NOT_LEADER_OR_FOLLOWER);
    }
    partition.check_epoch(wanted.leader_epoch)?;
    let follows = call.version >= FROM_FOLLOWERS && partition.in_sync.contains(&call.node);
    if follows { Ok(partition) } else { partition.check_leader(call.node).map(|()| partition) }
}

/// Where the client's log ceases to be that of the leader, if it says which epoch it has read last.
fn divergence(wanted: &Wanted, partition: &Partition) -> Option<EpochEndOffset> {
    if wanted.last_fetched_epoch < 0 {
        return None;
    }
    let end = partition.log.epochs.end_of(wanted.last_fetched_epoch, partition.log.end());
    let (epoch, end_offset) = end.unwrap_or((-1, -1));
    let diverges = epoch < wanted.last_fetched_epoch || end_offset < wanted.offset;
    diverges.then_some(EpochEndOffset { epoch, end_offset })
}

fn failed(key: &Key, code: ErrorCode, call: &Call<'_>) -> PartitionData {
    // Before 2.2, a broker took a log that it does not have for one of zstd, which older requests cannot get.
    let has_no_log = code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION && call.version < WITH_ZSTD;
    let is_taken_for_zstd = has_no_log && call.state.release.number < (2, 2);
    let error_code = if is_taken_for_zstd { ErrorCode::UNSUPPORTED_COMPRESSION_TYPE } else { code };
    PartitionData {
        partition_index: key.partition,
        error_code,
        high_watermark: -1,
        last_stable_offset: -1,
        log_start_offset: -1,
        preferred_read_replica: -1,
        current_leader: hint(key, error_code, call).unwrap_or_default(),
        records: Some(Bytes::new()),
        ..Default::default()
    }
}

fn hint(key: &Key, code: ErrorCode, call: &Call<'_>) -> Option<LeaderIdAndEpoch> {
    let is_moved = matches!(code, ErrorCode::NOT_LEADER_OR_FOLLOWER | ErrorCode::FENCED_LEADER_EPOCH);
    if call.version < WITH_HINTS || !is_moved {
        return None;
    }
    let name = call.topic_name(&key.topic, key.id).ok()?;
    let partition = call.state.partition(&name, key.partition).ok()?;
    Some(LeaderIdAndEpoch { leader_id: partition.leader, leader_epoch: partition.epoch })
}

fn endpoints(reads: &[Read], call: &Call<'_>) -> Vec<NodeEndpoint> {
    let is_hinted = |id: i32| reads.iter().any(|read| read.data.current_leader.leader_id == id);
    let hinted = call.state.nodes.iter().filter(|node| is_hinted(node.id));
    let endpoint = |node: &crate::embedded::state::Member| NodeEndpoint {
        node_id: node.id,
        host: "127.0.0.1".into(),
        port: node.port.into(),
        rack: node.rack.clone(),
    };
    hinted.map(endpoint).collect()
}

/// Neighbours of the same topic are answered together.
fn by_topic(reads: Vec<Read>) -> Vec<FetchableTopicResponse> {
    let mut topics: Vec<FetchableTopicResponse> = Vec::new();
    for Read { key, data, .. } in reads {
        let is_same =
            |topic: &&mut FetchableTopicResponse| (&topic.topic, topic.topic_id) == (&key.topic, key.id);
        match topics.last_mut().filter(is_same) {
            Some(topic) => topic.partitions.push(data),
            None => topics.push(new_topic(key.topic, key.id, data)),
        }
    }
    topics
}

fn new_topic(topic: String, topic_id: Uuid, data: PartitionData) -> FetchableTopicResponse {
    FetchableTopicResponse { topic, topic_id, partitions: vec![data] }
}
