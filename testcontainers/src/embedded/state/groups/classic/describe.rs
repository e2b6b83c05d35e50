//! What is told of a classic group.

use kafka_sdk_protocol::api::describe_groups::{DescribedGroup, DescribedGroupMember};

use super::member::Member;
use super::{Classic, Phase};

impl Classic {
    /// The name of the phase.
    pub(crate) fn state(&self) -> &'static str {
        match self.phase {
            Phase::Empty => "Empty",
            Phase::Preparing => "PreparingRebalance",
            Phase::Completing => "CompletingRebalance",
            Phase::Stable => "Stable",
        }
    }

    pub(crate) fn protocol_type(&self) -> &str {
        self.protocol_type.as_deref().unwrap_or_default()
    }

    /// All but its id.
    pub(crate) fn describe(&self) -> DescribedGroup {
        let protocol = self.protocol.as_deref().filter(|_| self.phase == Phase::Stable);
        // Until Kafka 4, assignments were told of a stable group only.
        let tells_assignments = protocol.is_some() || self.settings.is_new();
        let describe = |member: &Member| DescribedGroupMember {
            member_id: member.id.clone(),
            group_instance_id: member.instance.clone(),
            client_id: member.client.id.clone(),
            client_host: member.client.host.clone(),
            member_metadata: member.metadata(protocol),
            member_assignment: if tells_assignments { member.assignment.clone() } else { Default::default() },
        };
        DescribedGroup {
            group_state: self.state().into(),
            protocol_type: self.protocol_type().into(),
            protocol_data: protocol.unwrap_or_default().into(),
            members: self.members.iter().map(describe).collect(),
            ..Default::default()
        }
    }
}
