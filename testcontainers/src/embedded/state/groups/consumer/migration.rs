//! A group of the consumer protocol that was a classic one, or becomes one again.

use super::member::{ClassicSide, Member, State};
use super::{Consumer, Partitions, Topics};
use crate::embedded::state::groups::classic::Classic;
use crate::embedded::state::groups::embedded_protocol::{assignment, assignment_bytes, subscription};
use crate::embedded::state::groups::migration::Migrant;

/// How a group goes on that becomes a classic one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Downgrade {
    /// All have to join again.
    Rebalance,
    /// Each has what it has had.
    AsItIs,
}

impl Consumer {
    /// A classic group, as one of the consumer protocol, or why it cannot be that.
    pub(crate) fn upgraded(classic: &Classic, topics: &Topics, now: i64) -> Result<Self, &'static str> {
        let mut group = Self::new(classic.settings());
        group.epoch = classic.generation();
        group.target_epoch = group.epoch;
        for migrant in classic.migrants() {
            let bytes = classic.subscription(&migrant);
            let told = subscription(&bytes, topics).ok_or(MALFORMED)?;
            let (partitions, user_data) = assignment(&migrant.assignment, topics).ok_or(MALFORMED)?;
            if user_data.is_some() {
                return Err(CUSTOM_ASSIGNOR);
            }
            let since =
                |all: &std::collections::BTreeSet<i32>| all.iter().map(|&it| (it, group.epoch)).collect();
            let member = Member {
                id: migrant.id.clone(),
                instance: migrant.instance,
                rack: told.rack,
                client: migrant.client,
                rebalance_timeout: migrant.rebalance_timeout,
                names: told.names,
                state: State::Stable,
                epoch: group.epoch,
                previous_epoch: group.epoch,
                assigned: partitions.iter().map(|(&topic, all)| (topic, since(all))).collect(),
                session_until: Some(now + migrant.session_timeout),
                classic: Some(ClassicSide {
                    session_timeout: migrant.session_timeout,
                    protocols: migrant.protocols,
                    join_until: None,
                    sync_until: None,
                }),
                ..Default::default()
            };
            group.target.insert(migrant.id.clone(), partitions);
            group.members.insert(migrant.id, member);
        }
        group.seen = group.wanted(topics);
        Ok(group)
    }

    /// Whether, without these members, it goes on as a classic group of so many.
    pub(super) fn may_be_classic_without(&self, gone: &[&str], size: usize) -> bool {
        let mut rest = self.members.values().filter(|member| !gone.contains(&member.id.as_str()));
        self.settings.migration.may_downgrade()
            && (1..=self.settings.max_size).contains(&size)
            && rest.all(|member| member.classic.is_some())
    }

    /// The classic group as which it goes on, if it does.
    pub(crate) fn downgraded(&self, topics: &Topics, now: i64) -> Option<Classic> {
        let downgrade = self.downgrade?;
        let none = Partitions::new();
        let migrate = |member: &Member| {
            let classic = member.classic.as_ref()?;
            let said = classic.protocols.first()?;
            let target = self.target.get(&member.id).unwrap_or(&none);
            Some(Migrant {
                id: member.id.clone(),
                instance: member.instance.clone(),
                client: member.client.clone(),
                session_timeout: classic.session_timeout,
                rebalance_timeout: member.rebalance_timeout,
                protocols: classic.protocols.clone(),
                assignment: assignment_bytes(target, topics, &said.metadata),
            })
        };
        let migrants = self.members.values().filter_map(migrate).collect();
        let mut classic = Classic::downgraded(self.settings, self.epoch, migrants, now);
        if downgrade == Downgrade::Rebalance {
            classic.prepare(now);
        }
        Some(classic)
    }
}

const MALFORMED: &str = "What its members say cannot be read.";
const CUSTOM_ASSIGNOR: &str = "Its assignor adds to assignments what would be lost.";
