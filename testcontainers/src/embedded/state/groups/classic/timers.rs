//! What happens to a classic group though nobody asks.

use kafka_sdk_protocol::ErrorCode;

use super::member::join_refused;
use super::{Classic, Phase};

/// Until when a group waits for members to join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JoinTimer {
    /// An empty group gives others the time to come, and some more if somebody has.
    First { until: i64, delay: i64, left: i64 },
    /// The members of before have so long to join again.
    Others { until: i64 },
}

impl JoinTimer {
    pub(super) fn first(delay: i64, rebalance_timeout: i64, now: i64) -> Self {
        Self::First { until: now + delay, delay, left: (rebalance_timeout - delay).max(0) }
    }

    fn until(self) -> i64 {
        match self {
            Self::First { until, .. } | Self::Others { until } => until,
        }
    }
}

impl Classic {
    /// When there is something to do.
    pub(crate) fn due(&self) -> Option<i64> {
        let sessions = self.members.iter().filter_map(|member| member.expires);
        let pending = self.pending.values().copied();
        let join = self.join_timer.map(JoinTimer::until);
        sessions.chain(pending).chain(join).chain(self.sync_until).min()
    }

    /// Does what time has come for.
    pub(crate) fn advance(&mut self, now: i64) {
        while self.due().is_some_and(|due| due <= now) {
            self.expire_joins(now);
            self.expire_syncs(now);
            self.expire_pending(now);
            self.expire_sessions(now);
        }
    }

    pub(super) fn renew_session(&mut self, id: &str, now: i64) {
        if let Some(member) = self.member_mut(id) {
            member.expires = Some(now + member.session_timeout);
        }
    }

    /// All sessions begin anew.
    pub(crate) fn renew_sessions(&mut self, now: i64) {
        self.members.iter_mut().for_each(|member| member.expires = Some(now + member.session_timeout));
    }

    fn expire_joins(&mut self, now: i64) {
        match self.join_timer.filter(|timer| timer.until() <= now) {
            Some(JoinTimer::First { delay, left, .. }) if self.has_grown && left != 0 => {
                self.has_grown = false;
                let next = self.settings.initial_delay.min(left);
                let left = (left - delay).max(0);
                self.join_timer = Some(JoinTimer::First { until: now + next, delay: next, left });
            }
            Some(_) => self.complete(now),
            None => {}
        }
    }

    /// Who has not synced in the time of a rebalance is out.
    fn expire_syncs(&mut self, now: i64) {
        if self.sync_until.is_none_or(|until| until > now) {
            return;
        }
        self.sync_until = None;
        let late: Vec<String> = self.unsynced.iter().cloned().collect();
        if !late.is_empty() {
            late.iter().for_each(|id| self.remove(id));
            self.prepare(now);
        }
    }

    fn expire_pending(&mut self, now: i64) {
        let known = self.pending.len();
        self.pending.retain(|_, until| *until > now);
        if self.pending.len() < known && self.phase == Phase::Preparing && self.are_all_here() {
            self.complete(now);
        }
    }

    fn expire_sessions(&mut self, now: i64) {
        let is_over = |member: &&super::Member| member.expires.is_some_and(|at| at <= now);
        let over: Vec<String> = self.members.iter().filter(is_over).map(|member| member.id.clone()).collect();
        for id in over {
            let Some(member) = self.member_mut(&id) else { continue };
            member.expires = None;
            if !member.is_excused() {
                member.answer_join(join_refused("", ErrorCode::UNKNOWN_MEMBER_ID));
                self.remove(&id);
                self.go_on_without(now);
            }
        }
    }

    /// Somebody is gone.
    fn go_on_without(&mut self, now: i64) {
        match self.phase {
            Phase::Stable | Phase::Completing => self.prepare(now),
            Phase::Preparing if self.are_all_here() => self.complete(now),
            Phase::Preparing | Phase::Empty => {}
        }
    }
}
