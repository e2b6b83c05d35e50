//! What is to be done next.

use super::super::{Call, JoinGroup, Names, RebalanceProtocol, Subscription, Topics};
use super::{Classic, Past, Sent, Stage, after_all};
use crate::model::TopicPartition;
use std::sync::Arc;
use tokio::time::Instant;

impl Classic {
    /// What is to be done now. Handing out comes first: the rest may take its time.
    pub(super) fn next(&mut self, now: Instant) -> Option<Call> {
        if matches!(self.stage, Stage::Over) {
            return None;
        }
        self.notice(now);
        self.hand_out(now)
            .or_else(|| self.change())
            .or_else(|| self.part(now))
            .or_else(|| self.calls.pop_front())
            .or_else(|| self.join(now))
            .or_else(|| self.beat(now))
    }

    /// Whether what is owned may be handed out. One who is no member any more loses it, as soon as no other change is
    /// under way.
    fn hand_out(&mut self, now: Instant) -> Option<Call> {
        let doubtful = match self.generation {
            Some(_) => self.ownership.is_in_use(),
            None => self.ownership.is_negotiated(),
        };
        self.session.release(now).or_else(|| if doubtful { self.session.hold(now) } else { None })
    }

    /// Finds out whether the assignment is still that of what is subscribed to, and of what there is.
    fn notice(&mut self, now: Instant) {
        if !matches!(self.stage, Stage::Stable) || self.reason.is_some() {
            return;
        }
        let wanted = self.subscription.as_ref().and_then(names);
        let partitions = |topics: &Topics, name: &Arc<str>| topics.get(name).map(|facts| facts.racks.clone());
        if wanted.is_some_and(|names| *names != self.joined) {
            self.reason = Some("subscription has changed".into());
        } else if self.watched.keys().any(|name| {
            partitions(&self.watched, name).unwrap_or_default()
                != partitions(&self.topics, name).unwrap_or_default()
        }) {
            self.reason = Some("cached metadata has changed".into());
        } else if matches!(self.past, Past::SettledAt(time) if time <= now) {
            self.reason = Some("partitions of a former life may be left over".into());
        }
    }

    /// The next change of what is owned, if there is none under way.
    pub(super) fn change(&mut self) -> Option<Call> {
        if self.ownership.is_changing() {
            return None;
        }
        if self.generation.is_none() || self.ending.is_failing() {
            return (!self.ownership.owned().is_empty()).then(|| self.ownership.lose_all());
        }
        let surplus = self.surplus();
        if !surplus.is_empty() {
            if matches!(self.stage, Stage::Taking(_)) {
                self.reason = Some("need to revoke partitions and re-join".into());
            }
            return Some(self.ownership.revoke(surplus));
        }
        if self.ending.leaving().is_some() {
            return None;
        }
        let Stage::Taking(target) = &self.stage else { return None };
        let added = target.difference(self.ownership.owned()).cloned().collect();
        self.stage = Stage::Stable;
        Some(self.ownership.assign(added))
    }

    /// What is owned and has to be given up now.
    fn surplus(&self) -> Vec<TopicPartition> {
        let owned = self.ownership.owned().iter();
        match &self.stage {
            _ if self.ending.leaving().is_some() => owned.cloned().collect(),
            Stage::Taking(target) => owned.filter(|partition| !target.contains(partition)).cloned().collect(),
            Stage::Stable if self.reason.is_some() => match self.rules.protocol {
                RebalanceProtocol::Eager => owned.cloned().collect(),
                RebalanceProtocol::Cooperative => {
                    let wanted = self.subscription.as_ref().and_then(names);
                    let gone = |p: &&TopicPartition| wanted.is_some_and(|names| !names.contains(p.topic()));
                    owned.filter(gone).cloned().collect()
                }
            },
            _ => Vec::new(),
        }
    }

    fn join(&mut self, now: Instant) -> Option<Call> {
        let due = match self.stage {
            Stage::Unjoined => self.ownership.owned().is_empty(),
            Stage::Stable => self.reason.is_some(),
            _ => false,
        };
        if !due || self.ownership.is_changing() || self.ending.is_wanted() || !self.pace.may_go(now) {
            return None;
        }
        let topics = self.subscription.as_ref().and_then(names)?.clone();
        let sent = Sent { ticket: self.tickets.next(), at: now };
        self.stage = Stage::Joining(sent);
        self.joined = topics.clone();
        self.watched = Topics::default();
        Some(Call::Join(JoinGroup {
            ticket: sent.ticket,
            within: after_all(self.rules.common.rebalance_timeout),
            member_id: self.member_id.clone(),
            topics,
            owned: self.ownership.owned().iter().cloned().collect(),
            generation: self.generation.unwrap_or(-1),
            last: self.last.clone(),
            reason: self.reason.take().unwrap_or_default(),
        }))
    }
}

/// The topics to name in a join.
fn names(subscription: &Subscription) -> Option<&Names> {
    match subscription {
        Subscription::Topics(names) | Subscription::Matching(names) => Some(names),
        Subscription::Pattern(_) => None,
    }
}
