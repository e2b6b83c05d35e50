//! A classic member on made-up time.

mod coordinator;
mod fencing;
mod joining;
mod leaving;
mod rebalancing;
mod simulation;

use super::super::testing::{SECOND, named, topics_of};
use super::super::{
    Distribute, Distributed, Heartbeat, JoinGroup, Joined, LeadersWork, LeaveGroup, Member, Role, SyncGroup,
    Synced, Taken,
};
use super::*;
use crate::backoff::Backoff;
use kafka_sdk_protocol::ErrorCode;

/// A member, and what it has asked for last.
struct Alone {
    now: Instant,
    core: Classic,
}

fn rules(protocol: RebalanceProtocol) -> ClassicRules {
    ClassicRules {
        common: Rules {
            group: "g".into(),
            instance_id: None,
            session_timeout: 45 * SECOND,
            rebalance_timeout: 300 * SECOND,
            retry: Backoff::RETRY,
        },
        heartbeat_interval: 3 * SECOND,
        protocol,
        assignors: vec!["range".into(), "sticky".into()],
    }
}

fn code(code: ErrorCode) -> Error {
    Error::of_code(code, "refused")
}

fn partitions(numbers: &[i32]) -> Vec<TopicPartition> {
    numbers.iter().map(|&number| ("t", number).into()).collect()
}

macro_rules! next_call {
    ($alone:expr, $pattern:pat => $value:expr) => {
        match $alone.call() {
            Some($pattern) => $value,
            other => panic!("instead there is {other:?}"),
        }
    };
}
use next_call;

impl Alone {
    fn new(rules: ClassicRules) -> Self {
        let core = Classic::new(rules, fastrand::Rng::with_seed(7));
        let mut alone = Self { now: Instant::now(), core };
        assert!(alone.call().is_none(), "nothing is subscribed to");
        alone.tell(Command::Topics(topics_of(&[("t", 4)])));
        alone.tell(Command::Subscribe(Subscription::Topics(named(["t"]))));
        alone
    }

    /// A follower that owns these.
    fn stable(rules: ClassicRules, owned: &[i32]) -> Self {
        let mut alone = Self::new(rules);
        alone.join_as("m", 5);
        alone.take(owned);
        alone
    }

    fn eager(owned: &[i32]) -> Self {
        Self::stable(rules(RebalanceProtocol::Eager), owned)
    }

    fn cooperative(owned: &[i32]) -> Self {
        Self::stable(rules(RebalanceProtocol::Cooperative), owned)
    }

    fn tell(&mut self, command: Command) {
        self.core.command(self.now, command);
    }

    fn reply(&mut self, reply: Reply) {
        self.core.reply(self.now, reply);
    }

    fn call(&mut self) -> Option<Call> {
        self.core.poll_call(self.now)
    }

    fn quiet(&mut self) {
        let call = self.call();
        assert!(call.is_none(), "unexpected {call:?}");
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.core.timeout(self.now);
    }

    /// To when it wants to be woken.
    fn wait(&mut self) {
        let deadline = self.core.deadline().expect("nothing is waited for");
        self.pass(deadline - self.now);
    }

    fn expect_join(&mut self) -> JoinGroup {
        next_call!(self, Call::Join(join) => join)
    }

    fn expect_sync(&mut self) -> SyncGroup {
        next_call!(self, Call::Sync(sync) => sync)
    }

    fn expect_heartbeat(&mut self) -> Heartbeat {
        next_call!(self, Call::Heartbeat(heartbeat) => heartbeat)
    }

    fn expect_leave(&mut self) -> LeaveGroup {
        next_call!(self, Call::Leave(leave) => leave)
    }

    fn expect_lose(&mut self, lost: &[i32]) {
        next_call!(self, Call::Lose(all) => assert_eq!(all, partitions(lost)));
    }

    fn expect_revoke(&mut self, revoked: &[i32]) {
        next_call!(self, Call::Revoke(all) => assert_eq!(all, partitions(revoked)));
    }

    fn joined(&mut self, join: &JoinGroup, member_id: &str, generation: i32, role: Role) {
        let member =
            Joined::Member { member_id: member_id.into(), generation, protocol: "range".into(), role };
        self.reply(Reply::Joined(join.ticket, Ok(member)));
    }

    /// A round of join and sync, up to the assignment.
    fn join_as(&mut self, member_id: &str, generation: i32) {
        let join = self.expect_join();
        self.joined(&join, member_id, generation, Role::Follower);
    }

    fn synced(&mut self, numbers: &[i32]) {
        let sync = self.expect_sync();
        let synced = Synced { protocol: None, partitions: partitions(numbers) };
        self.reply(Reply::Synced(sync.ticket, Ok(synced)));
    }

    fn take(&mut self, numbers: &[i32]) {
        self.synced(numbers);
        next_call!(self, Call::Assign(added) => assert_eq!(added, partitions(numbers)));
        self.reply(Reply::Assigned(Taken::All));
        self.quiet();
    }

    /// The next heartbeat, when it is due, and its answer; nothing else is to be done before.
    fn heartbeat(&mut self, outcome: Result<(), ErrorCode>) {
        self.quiet();
        self.wait();
        let heartbeat = self.expect_heartbeat();
        self.reply(Reply::Heard(heartbeat.ticket, outcome.map_err(code)));
    }

    /// What it comes to when it is refused for good.
    fn expect_failure(&mut self, code: ErrorCode) {
        let error = next_call!(self, Call::Fail(error) => error);
        assert!(error.is(code), "{error:?}");
        assert!(self.core.identity().is_none() && self.core.deadline().is_none());
        self.quiet();
    }

    fn owned(&self) -> Vec<TopicPartition> {
        self.core.ownership.owned().iter().cloned().collect()
    }
}
