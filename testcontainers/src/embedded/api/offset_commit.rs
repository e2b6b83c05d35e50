//! OffsetCommit: how far a group is.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::offset_commit::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
};
use kafka_sdk_protocol::api::{OffsetCommitRequest, OffsetCommitResponse};
use kafka_sdk_protocol::wire::Uuid;

use super::{Api, Call, Reply, targets};
use crate::embedded::plan::Target;
use crate::embedded::state::groups::Members;
use crate::embedded::state::groups::classic::Committer;
use crate::embedded::state::groups::offsets::Committed;

/// From this version on, a group that is not there is called so.
const WITH_UNKNOWN: i16 = 9;

impl Api for OffsetCommitRequest {
    fn targets(&self, call: &Call<'_>) -> Vec<Target> {
        let of_topic = |topic: &OffsetCommitRequestTopic| {
            let name = call.topic_name(&topic.name, topic.topic_id).unwrap_or_default();
            targets(&name, topic.partitions.iter().map(|it| it.partition_index))
        };
        self.topics.iter().flat_map(of_topic).collect()
    }

    fn answer(self, call: &mut Call<'_>) -> Reply<OffsetCommitResponse> {
        let mut answer = Answer::default();
        // What cannot be committed is sorted out first, and answered first.
        let mut good = Vec::new();
        for topic in &self.topics {
            let name = call.topic_name(&topic.name, topic.topic_id);
            for partition in &topic.partitions {
                let checked = name.clone().and_then(|name| check(&name, partition, call).map(|()| name));
                match checked {
                    Ok(name) => good.push((topic, partition, name)),
                    Err(code) => answer.add(topic, partition, code),
                }
            }
        }
        if !good.is_empty() {
            let id = |name: &String| call.state.topic(name).map_or(Uuid::ZERO, |topic| topic.id);
            let named = good.iter().map(|(_, partition, name)| (id(name), partition.partition_index));
            let named: Vec<(Uuid, i32)> = named.collect();
            let permitted = permit(&self, &named, call);
            for (topic, partition, name) in good {
                let code = permitted.and_then(|()| commit(&self.group_id, &name, partition, call));
                answer.add(topic, partition, code.err().unwrap_or_default());
            }
        }
        Reply::Now(OffsetCommitResponse { topics: answer.0, ..Default::default() })
    }
}

/// The topics that are answered, in the order in which they came up.
#[derive(Default)]
struct Answer(Vec<OffsetCommitResponseTopic>);

impl Answer {
    fn add(
        &mut self,
        topic: &OffsetCommitRequestTopic,
        partition: &OffsetCommitRequestPartition,
        code: ErrorCode,
    ) {
        let is_same = |it: &OffsetCommitResponseTopic| it.name == topic.name && it.topic_id == topic.topic_id;
        let at = self.0.iter().position(is_same).unwrap_or_else(|| {
            let (name, topic_id) = (topic.name.clone(), topic.topic_id);
            self.0.push(OffsetCommitResponseTopic { name, topic_id, ..Default::default() });
            self.0.len() - 1
        });
        let partition_index = partition.partition_index;
        let done = OffsetCommitResponsePartition { partition_index, error_code: code };
        self.0[at].partitions.push(done);
    }
}

fn check(topic: &str, partition: &OffsetCommitRequestPartition, call: &Call<'_>) -> Result<(), ErrorCode> {
    call.partition(topic, partition.partition_index).map(drop)
}

/// Whether the group takes offsets from who sends them.
fn permit(
    request: &OffsetCommitRequest,
    named: &[(Uuid, i32)],
    call: &mut Call<'_>,
) -> Result<(), ErrorCode> {
    let (group, now, version) = (&request.group_id, call.now, call.version);
    let by = Committer {
        member_id: &request.member_id,
        instance: request.group_instance_id.as_deref(),
        generation: request.generation_id_or_member_epoch,
    };
    let groups = call.coordinated(group)?;
    if groups.get(group).is_none() && by.generation >= 0 {
        let is_told = version >= WITH_UNKNOWN;
        return Err(if is_told { ErrorCode::GROUP_ID_NOT_FOUND } else { ErrorCode::ILLEGAL_GENERATION });
    }
    // Who is no member makes a group by committing.
    match &mut groups.get_or_create(group).members {
        Members::Classic(classic) => classic.commit(by, now),
        Members::Consumer(consumer) => consumer.check_commit(by, version, named),
    }
}

fn commit(
    group: &str,
    topic: &str,
    partition: &OffsetCommitRequestPartition,
    call: &mut Call<'_>,
) -> Result<(), ErrorCode> {
    let metadata = partition.committed_metadata.clone().unwrap_or_default();
    if metadata.encode_utf16().count() > call.state.group_settings().metadata_max {
        return Err(ErrorCode::OFFSET_METADATA_TOO_LARGE);
    }
    let (offset, leader_epoch) = (partition.committed_offset, partition.committed_leader_epoch);
    let committed = Committed { offset, leader_epoch, metadata };
    let groups = call.coordinated(group)?;
    groups.get_or_create(group).offsets.put(topic, partition.partition_index, committed);
    Ok(())
}
