use super::{Member, Rounds, good};
use kafka_sdk::Result;
use kafka_sdk_protocol::api::ConsumerGroupHeartbeatRequest;
use kafka_sdk_protocol::wire::Uuid;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The epochs of who joins and of who leaves.
const JOINS: i32 = 0;
const LEAVES: i32 = -1;

impl Rounds<'_> {
    /// Heartbeats, as far apart as the coordinator says, until one is answered with all partitions.
    pub(super) async fn join_next_gen(&mut self) -> Result<Member> {
        let mut heartbeat = ConsumerGroupHeartbeatRequest {
            group_id: self.group.clone(),
            member_id: random_id(),
            member_epoch: JOINS,
            rebalance_timeout_ms: 300_000,
            subscribed_topic_names: Some(vec![self.topic.name.clone()]),
            topic_partitions: Some(Vec::new()),
            ..Default::default()
        };
        loop {
            let answer = self.ask("ConsumerGroupHeartbeat", heartbeat.clone()).await?;
            good(answer.error_code);
            let topics = answer.assignment.iter().flat_map(|assignment| &assignment.topic_partitions);
            let count: usize = topics.map(|topic| topic.partitions.len()).sum();
            if count == self.topic.partitions.len() {
                return Ok(Member { id: heartbeat.member_id, epoch: answer.member_epoch });
            }
            heartbeat = ConsumerGroupHeartbeatRequest {
                group_id: heartbeat.group_id,
                member_id: heartbeat.member_id,
                member_epoch: answer.member_epoch,
                ..Default::default()
            };
            let millis = u64::try_from(answer.heartbeat_interval_ms).expect("an interval");
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
    }

    pub(super) async fn leave_next_gen(&mut self, member: &Member) -> Result<()> {
        let leave = ConsumerGroupHeartbeatRequest {
            group_id: self.group.clone(),
            member_id: member.id.clone(),
            member_epoch: LEAVES,
            ..Default::default()
        };
        good(self.ask("ConsumerGroupHeartbeat", leave).await?.error_code);
        Ok(())
    }
}

/// No other member of a group of one has it.
fn random_id() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Uuid(now.as_nanos().to_be_bytes()).to_string()
}
