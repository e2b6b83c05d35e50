use super::{Member, Rounds, good};
use kafka_sdk::Result;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::consumer_protocol_assignment::TopicPartition;
use kafka_sdk_protocol::api::join_group::JoinGroupRequestProtocol;
use kafka_sdk_protocol::api::leave_group::MemberIdentity;
use kafka_sdk_protocol::api::sync_group::SyncGroupRequestAssignment;
use kafka_sdk_protocol::api::{
    ConsumerProtocolAssignment, ConsumerProtocolSubscription, JoinGroupRequest, LeaveGroupRequest,
    SyncGroupRequest,
};
use kafka_sdk_protocol::message::Message;
use kafka_sdk_protocol::wire::Writer;

const CONSUMER: &str = "consumer";
const RANGE: &str = "range";

impl Rounds<'_> {
    /// For a member id, with it, and for the partitions.
    pub(super) async fn join_classic(&mut self) -> Result<Member> {
        let subscription =
            ConsumerProtocolSubscription { topics: vec![self.topic.name.clone()], ..Default::default() };
        let protocol = JoinGroupRequestProtocol { name: RANGE.into(), metadata: bytes_of(&subscription) };
        let join = JoinGroupRequest {
            group_id: self.group.clone(),
            session_timeout_ms: 45_000,
            rebalance_timeout_ms: 300_000,
            protocol_type: CONSUMER.into(),
            protocols: vec![protocol],
            ..Default::default()
        };
        let answer = self.ask("JoinGroup-for-id", join.clone()).await?;
        assert_eq!(answer.error_code, ErrorCode::MEMBER_ID_REQUIRED);
        let join = JoinGroupRequest { member_id: answer.member_id, ..join };
        let answer = self.ask("JoinGroup", join).await?;
        good(answer.error_code);
        let member = Member { id: answer.member_id, epoch: answer.generation_id };

        let all =
            TopicPartition { topic: self.topic.name.clone(), partitions: self.topic.partitions.clone() };
        let assignment = ConsumerProtocolAssignment { assigned_partitions: vec![all], ..Default::default() };
        let assignment =
            SyncGroupRequestAssignment { member_id: member.id.clone(), assignment: bytes_of(&assignment) };
        let sync = SyncGroupRequest {
            group_id: self.group.clone(),
            generation_id: member.epoch,
            member_id: member.id.clone(),
            protocol_type: Some(CONSUMER.into()),
            protocol_name: Some(RANGE.into()),
            assignments: vec![assignment],
            ..Default::default()
        };
        good(self.ask("SyncGroup", sync).await?.error_code);
        // Of the consumer protocol only: a classic member's generation is not checked.
        Ok(Member { epoch: -1, ..member })
    }

    pub(super) async fn leave_classic(&mut self, member: &Member) -> Result<()> {
        let member = MemberIdentity { member_id: member.id.clone(), ..Default::default() };
        let group_id = self.group.clone();
        let leave = LeaveGroupRequest { group_id, members: vec![member], ..Default::default() };
        good(self.ask("LeaveGroup", leave).await?.error_code);
        Ok(())
    }
}

/// Behind its version, as members write what the coordinator only passes on.
fn bytes_of<M: Message>(message: &M) -> bytes::Bytes {
    let version = *M::VERSIONS.end();
    let mut writer = Writer::new(false);
    writer.i16(version);
    message.encode_to(&mut writer, version).expect("short names");
    writer.finish().expect("short names").concat().into()
}
