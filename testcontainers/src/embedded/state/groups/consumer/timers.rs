//! What happens to a group of the consumer protocol though nobody asks.

use super::member::Member;
use super::{Consumer, Topics};

impl Consumer {
    /// When there is something to do.
    pub(crate) fn due(&self) -> Option<i64> {
        self.members.values().flat_map(Member::limits).chain(self.put_off).min()
    }

    /// Does what time has come for: who is not heard of is out, and so is who does not give up what it has to, or does not
    /// join or sync.
    pub(crate) fn advance(&mut self, topics: &Topics, now: i64) {
        let is_over = |member: &&Member| member.limits().any(|at| at <= now);
        while let Some(over) = self.members.values().find(is_over).map(|member| member.id.clone()) {
            self.fence(&[over], topics);
            if self.downgrade.is_some() {
                return;
            }
        }
        if self.put_off.is_some_and(|at| at <= now) {
            self.put_off = None;
            self.make_target(topics, now);
        }
    }

    /// All sessions begin anew.
    pub(crate) fn renew_sessions(&mut self, now: i64) {
        let session = self.settings.consumer_session;
        for member in self.members.values_mut() {
            let session = member.classic.as_ref().map_or(session, |classic| classic.session_timeout);
            member.session_until = Some(now + session);
        }
    }
}
