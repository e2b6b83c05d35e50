//! Rebalances: all members join again, and a generation begins.

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::SyncGroupResponse;

use super::member::sync_refused;
use super::timers::JoinTimer;
use super::{Classic, Phase};

impl Classic {
    /// Begins a rebalance, or ends the one that is under way if nobody is missing any more.
    pub(super) fn rebalance(&mut self, now: i64) {
        if self.phase == Phase::Preparing { self.complete_if_all_are_here(now) } else { self.prepare(now) }
    }

    pub(in super::super) fn prepare(&mut self, now: i64) {
        if self.phase == Phase::Completing {
            self.members.iter_mut().for_each(|member| member.assignment = Bytes::new());
            self.answer_syncs(ErrorCode::REBALANCE_IN_PROGRESS, now);
        }
        self.unsynced.clear();
        self.sync_until = None;
        if self.phase == Phase::Empty {
            self.join_timer =
                Some(JoinTimer::first(self.settings.initial_delay, self.rebalance_timeout(), now));
            return self.enter(Phase::Preparing);
        }
        self.enter(Phase::Preparing);
        if self.are_all_here() {
            self.complete(now);
        } else {
            self.join_timer = Some(JoinTimer::Others { until: now + self.rebalance_timeout() });
        }
    }

    /// The first members of an empty group wait until their time is up: more may come.
    pub(super) fn complete_if_all_are_here(&mut self, now: i64) {
        if self.phase == Phase::Preparing && self.before != Phase::Empty && self.are_all_here() {
            self.complete(now);
        }
    }

    pub(super) fn are_all_here(&self) -> bool {
        self.pending.is_empty() && self.members.iter().all(|member| member.joining.is_some())
    }

    /// Goes on with those who have joined. Static members stay, though they have not.
    pub(super) fn complete(&mut self, now: i64) {
        self.join_timer = None;
        let is_away = |member: &&super::Member| member.joining.is_none() && member.instance.is_none();
        let away: Vec<String> = self.members.iter().filter(is_away).map(|member| member.id.clone()).collect();
        away.iter().for_each(|id| self.remove(id));
        if self.members.is_empty() {
            self.generation += 1;
            (self.protocol, self.leader) = (None, None);
            self.wanted = self.wanted();
            return self.enter(Phase::Empty);
        }
        if !self.elect() {
            self.join_timer = Some(JoinTimer::Others { until: now + self.rebalance_timeout() });
            return;
        }
        self.generation += 1;
        self.protocol = self.select_protocol();
        self.wanted = self.wanted();
        self.enter(Phase::Completing);
        self.unsynced = self.members.iter().map(|member| member.id.clone()).collect();
        self.sync_until = Some(now + self.rebalance_timeout());
        for id in self.unsynced.clone() {
            let answer = self.joined(&id);
            self.renew_session(&id, now);
            if let Some(member) = self.member_mut(&id) {
                member.answer_join(answer);
                member.is_new = false;
            }
        }
    }

    /// Has a leader among those who have joined. False: nobody has.
    fn elect(&mut self) -> bool {
        let is_here = |id: &str| self.member(id).is_some_and(|member| member.joining.is_some());
        if self.leader.as_deref().is_some_and(is_here) {
            return true;
        }
        let next =
            self.members.iter().find(|member| member.joining.is_some()).map(|member| member.id.clone());
        let is_found = next.is_some();
        self.leader = next.or_else(|| self.leader.take());
        is_found
    }

    /// How long members may take to join again: the longest that one of them asks for.
    pub(super) fn rebalance_timeout(&self) -> i64 {
        self.members.iter().map(|member| member.rebalance_timeout).max().unwrap_or_default()
    }

    /// Answers all who wait for their assignment.
    pub(super) fn answer_syncs(&mut self, code: ErrorCode, now: i64) {
        for at in 0..self.members.len() {
            let answer = if code == ErrorCode::NONE {
                self.synced(&self.members[at].assignment)
            } else {
                SyncGroupResponse { assignment: self.members[at].assignment.clone(), ..sync_refused(code) }
            };
            let member = &mut self.members[at];
            if member.answer_sync(answer) {
                member.expires = Some(now + member.session_timeout);
            }
        }
    }

    /// What a member is told that gets an assignment.
    pub(super) fn synced(&self, assignment: &Bytes) -> SyncGroupResponse {
        SyncGroupResponse {
            protocol_type: self.protocol_type.clone(),
            protocol_name: self.protocol.clone(),
            assignment: assignment.clone(),
            ..Default::default()
        }
    }
}
