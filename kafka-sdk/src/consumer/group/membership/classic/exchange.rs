//! The exchange that makes a member of a generation: JoinGroup, the leader's part, SyncGroup.

use super::super::pace::Next;
use super::super::{
    Call, Distribute, Distributed, Joined, LastAssignment, RebalanceProtocol, Role, Rules, Subscription,
    SyncGroup, Synced, Ticket,
};
use super::verdict::{Verdict, joining, syncing};
use super::{Classic, Gone, Membership, Past, Sent, Stage, after_all};
use crate::clock::after;
use crate::error::{Advice, Error};
use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::time::Instant;

impl Classic {
    pub(super) fn joined(&mut self, now: Instant, ticket: Ticket, outcome: Result<Joined, Error>) {
        let Stage::Joining(sent) = self.stage else { return };
        if sent.ticket != ticket {
            return;
        }
        match outcome {
            Ok(Joined::Known { member_id }) => {
                // Asked for one that it has given, a broker might go on so for ever.
                let next = if self.member_id.is_empty() { Next::AtOnce } else { Next::Paused };
                let reason = format!("need to re-join with the given member-id: {member_id}");
                self.forget(Gone::MemberId);
                self.member_id = member_id;
                self.rejoin(now, next, reason);
            }
            Ok(Joined::Member { member_id, generation, protocol, role }) => {
                if !self.rules.assignors.contains(&protocol) {
                    return self.fail(self.no_such_assignor(&protocol));
                }
                self.member_id = member_id;
                self.generation = Some(generation);
                self.assignor = protocol;
                self.session.prove(sent.at);
                self.beat.start(now);
                match role {
                    Role::Follower => self.sync(now, Vec::new()),
                    Role::Leader { members, work } => {
                        let ticket = self.tickets.next();
                        self.stage = Stage::Distributing(ticket, self.topics.clone());
                        let protocol = self.assignor.clone();
                        self.calls.push_back(Call::Distribute(Distribute {
                            ticket,
                            generation,
                            protocol,
                            members,
                            work,
                        }));
                    }
                }
            }
            Err(error) => self.refused(now, joining(&error), error),
        }
    }

    pub(super) fn distributed(&mut self, now: Instant, ticket: Ticket, outcome: Result<Distributed, Error>) {
        let Stage::Distributing(awaited, known) = &self.stage else { return };
        if *awaited != ticket {
            return;
        }
        match outcome {
            Ok(Distributed { assignments, topics }) => {
                // It is newer than what this member has been told, unless it was told something meanwhile.
                if Arc::ptr_eq(&self.topics, known) {
                    let told = self.topics.iter().filter(|(name, _)| !topics.contains_key(*name));
                    let both = told.chain(topics.iter()).map(|(name, facts)| (name.clone(), facts.clone()));
                    self.topics = Arc::new(both.collect::<BTreeMap<_, _>>());
                }
                self.watched = topics;
                self.sync(now, assignments);
            }
            Err(error) if error.advice() == Advice::Retry => self.refused(now, Verdict::Retry, error),
            Err(error) => self.fail(error),
        }
    }

    fn sync(&mut self, now: Instant, assignments: Vec<(Arc<str>, Bytes)>) {
        let Some(identity) = self.identity() else { return };
        let sent = Sent { ticket: self.tickets.next(), at: now };
        self.stage = Stage::Syncing(sent);
        self.calls.push_back(Call::Sync(SyncGroup {
            ticket: sent.ticket,
            within: after_all(self.rules.common.rebalance_timeout),
            identity,
            protocol: self.assignor.clone(),
            assignments,
        }));
    }

    pub(super) fn synced(&mut self, now: Instant, ticket: Ticket, outcome: Result<Synced, Error>) {
        let Stage::Syncing(sent) = self.stage else { return };
        if sent.ticket != ticket {
            return;
        }
        match outcome {
            Ok(Synced { protocol, .. }) if protocol.as_ref().is_some_and(|name| *name != self.assignor) => {
                self.fail(self.no_such_assignor(protocol.as_deref().unwrap_or_default()));
            }
            Ok(Synced { mut partitions, .. }) => {
                // A pattern may match what the leader knows of and this member does not; a list says all.
                if let Some(Subscription::Topics(_)) = &self.subscription {
                    partitions.retain(|partition| self.joined.contains(partition.topic()));
                }
                self.session.prove(sent.at);
                self.pace.succeeded();
                self.failing = None;
                self.past = self.next_past(now);
                self.last =
                    LastAssignment { generation: self.generation, partitions: partitions.as_slice().into() };
                self.stage = Stage::Taking(partitions.into_iter().collect());
            }
            Err(error) => self.refused(now, syncing(&error), error),
        }
    }

    /// Each new generation settles what a former life has left behind.
    fn next_past(&self, now: Instant) -> Past {
        let Rules { instance_id, rebalance_timeout, .. } = &self.rules.common;
        let leaves_behind = instance_id.is_some() && self.rules.protocol == RebalanceProtocol::Cooperative;
        match self.past {
            Past::Unknown if leaves_behind => Past::SettledAt(after(now, *rebalance_timeout)),
            _ => Past::Settled,
        }
    }

    /// Begins again, if there is a point in it.
    fn refused(&mut self, now: Instant, verdict: Verdict, error: Error) {
        let reason = error.code().map_or_else(
            || format!("rebalance failed: {:?}", error.kind()),
            |code| format!("rebalance failed due to {code}"),
        );
        match verdict {
            Verdict::Retry => self.rejoin(now, Next::Paused, reason),
            Verdict::Rebalance => self.rejoin(now, Next::AtOnce, reason),
            Verdict::Outdated => {
                self.forget(Gone::Generation);
                self.rejoin(now, Next::AtOnce, reason);
            }
            Verdict::Unknown => {
                self.forget(Gone::MemberId);
                self.rejoin(now, Next::AtOnce, reason);
            }
            Verdict::Failed if self.has_failed_for_a_session(now) => self.fail(error),
            Verdict::Failed => self.rejoin(now, Next::Paused, reason),
            Verdict::Fatal => self.fail(error),
        }
    }

    /// Whether the coordinator fails for so long already, without a round that has come to its end.
    fn has_failed_for_a_session(&mut self, now: Instant) -> bool {
        let since = *self.failing.get_or_insert(now);
        now >= after(since, self.rules.common.session_timeout)
    }

    fn no_such_assignor(&self, named: &str) -> Error {
        let text = format!(
            "the coordinator of group {} has chosen the assignor {named:?}, which this member does not have",
            self.rules.common.group
        );
        Error::of_code(ErrorCode::INCONSISTENT_GROUP_PROTOCOL, text)
    }
}
