//! A classic group that becomes one of the consumer protocol, or was one.

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;

use super::member::{Member, join_refused, sync_refused};
use super::{Classic, Phase};
use crate::embedded::state::groups::embedded_protocol::CONSUMER;
use crate::embedded::state::groups::migration::Migrant;
use crate::embedded::state::groups::settings::Settings;

impl Classic {
    pub(crate) fn settings(&self) -> Settings {
        self.settings
    }

    pub(crate) fn generation(&self) -> i32 {
        self.generation
    }

    /// Why it cannot become a group of the consumer protocol.
    pub(crate) fn check_upgrade(&self) -> Result<(), &'static str> {
        if !self.settings.migration.may_upgrade() {
            return Err("Its group is a classic one, and online upgrade is disabled.");
        }
        if self.protocol_type.as_deref() != Some(CONSUMER) {
            return Err("Its group is a classic one, and not of consumers.");
        }
        if self.members.len() > self.settings.max_consumers {
            return Err(
                "Its group is a classic one with more members than one of the consumer protocol may have.",
            );
        }
        Ok(())
    }

    /// Who waits for the others has to join again.
    pub(crate) fn call_off(&mut self, now: i64) {
        for member in &mut self.members {
            let refused = join_refused(&member.id, ErrorCode::REBALANCE_IN_PROGRESS);
            member.answer_join(refused);
            if member.answer_sync(sync_refused(ErrorCode::REBALANCE_IN_PROGRESS)) {
                member.expires = Some(now + member.session_timeout);
            }
        }
    }

    /// All members.
    pub(in super::super) fn migrants(&self) -> Vec<Migrant> {
        let migrate = |member: &Member| Migrant {
            id: member.id.clone(),
            instance: member.instance.clone(),
            client: member.client.clone(),
            session_timeout: member.session_timeout,
            rebalance_timeout: member.rebalance_timeout,
            protocols: member.protocols.clone(),
            assignment: member.assignment.clone(),
        };
        self.members.iter().map(migrate).collect()
    }

    /// What a member has said of itself for the protocol of the group.
    pub(in super::super) fn subscription(&self, migrant: &Migrant) -> Bytes {
        let is_it = |name: &str| self.protocol.as_deref().is_none_or(|protocol| protocol == name);
        let said = migrant.protocols.iter().find(|said| is_it(&said.name));
        said.map(|said| said.metadata.clone()).unwrap_or_default()
    }

    /// A group of the consumer protocol whose members all use the classic one by now.
    pub(in super::super) fn downgraded(
        settings: Settings,
        generation: i32,
        migrants: Vec<Migrant>,
        now: i64,
    ) -> Self {
        let member = |migrant: Migrant| Member {
            expires: Some(now + migrant.session_timeout),
            id: migrant.id,
            instance: migrant.instance,
            client: migrant.client,
            session_timeout: migrant.session_timeout,
            rebalance_timeout: migrant.rebalance_timeout,
            protocols: migrant.protocols,
            assignment: migrant.assignment,
            is_new: false,
            joining: None,
            syncing: None,
        };
        let mut group = Self {
            phase: Phase::Stable,
            generation,
            protocol_type: Some(CONSUMER.into()),
            members: migrants.into_iter().map(member).collect(),
            ..Self::new(settings)
        };
        group.leader = group.members.first().map(|member| member.id.clone());
        group.protocol = group.select_protocol();
        group.wanted = group.wanted();
        group
    }
}
