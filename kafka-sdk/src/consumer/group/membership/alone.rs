//! Given partitions without membership: the group only keeps the offsets. Pure.

use super::{Call, Command, Identity, Membership, Reply};
use crate::drive::Core;
use crate::model::TopicPartition;
use std::collections::VecDeque;
use tokio::time::Instant;

/// Has its partitions from the beginning to the end.
#[derive(Debug)]
pub(in super::super) struct Alone {
    partitions: Vec<TopicPartition>,
    calls: VecDeque<Call>,
    /// They are being taken, and left after that.
    taking: bool,
    leaving: bool,
}

impl Alone {
    pub(in super::super) fn new(partitions: Vec<TopicPartition>) -> Self {
        let calls = [Call::Assign(partitions.clone())].into();
        Self { partitions, calls, taking: true, leaving: false }
    }

    fn leave(&mut self) {
        self.leaving = true;
        if !self.taking && !self.partitions.is_empty() {
            self.calls.push_back(Call::Revoke(std::mem::take(&mut self.partitions)));
        }
    }
}

impl Core for Alone {
    type Command = Command;
    type Call = Call;
    type Reply = Reply;

    fn command(&mut self, _now: Instant, command: Command) {
        if let Command::Leave(_) = command {
            self.leave();
        }
    }

    fn reply(&mut self, _now: Instant, reply: Reply) {
        if let Reply::Assigned(_) = reply {
            self.taking = false;
            if self.leaving {
                self.leave();
            }
        }
    }

    fn timeout(&mut self, _now: Instant) {}

    fn close(&mut self, _now: Instant) {
        self.leave();
    }

    fn poll_call(&mut self, _now: Instant) -> Option<Call> {
        self.calls.pop_front()
    }

    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// What is taken is given up afterwards.
    fn is_over(&self) -> bool {
        false
    }
}

impl Membership for Alone {
    fn identity(&self) -> Option<Identity> {
        None
    }

    fn session_ends(&self) -> Option<Instant> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Leaving, Taken};
    use super::*;

    #[tokio::test]
    async fn partitions_are_taken_once_and_given_up_once() {
        let now = Instant::now();
        let mut alone = Alone::new(vec![("t", 0).into()]);
        assert!(matches!(alone.poll_call(now), Some(Call::Assign(_))));
        alone.command(now, Command::Leave(Leaving::Default));
        assert!(alone.poll_call(now).is_none(), "not while they are being taken");
        alone.reply(now, Reply::Assigned(Taken::All));
        assert!(matches!(alone.poll_call(now), Some(Call::Revoke(_))));
        alone.close(now);
        assert!(alone.poll_call(now).is_none());
    }
}
