//! A member by the consumer protocol on made-up time.

mod coordinator;
mod fencing;
mod joining;
mod leaving;
mod reconciling;
mod simulation;

use super::super::testing::{SECOND, id, named, topics_of};
use super::super::{ConsumerHeard, ConsumerHeartbeat, Taken};
use super::target::ById;
use super::*;
use crate::backoff::Backoff;
use crate::error::ErrorKind;
use crate::model::TopicPartition;
use kafka_sdk_protocol::ErrorCode;
use std::time::Duration;

struct Alone {
    now: Instant,
    core: NextGen,
}

fn rules() -> NextGenRules {
    NextGenRules {
        common: Rules {
            group: "g".into(),
            instance_id: None,
            session_timeout: 45 * SECOND,
            rebalance_timeout: 300 * SECOND,
            retry: Backoff::RETRY,
        },
        assignor: Some("uniform".into()),
    }
}

fn a_static() -> NextGenRules {
    let mut rules = rules();
    rules.common.instance_id = Some("pod".into());
    rules
}

fn partitions(numbers: &[i32]) -> Vec<TopicPartition> {
    numbers.iter().map(|&number| ("t", number).into()).collect()
}

fn of_t(numbers: &[i32]) -> ById {
    if numbers.is_empty() { ById::new() } else { [(id("t"), numbers.to_vec())].into() }
}

fn good(epoch: i32, assignment: Option<&[i32]>) -> ConsumerHeard {
    ConsumerHeard {
        member_id: Some("m".into()),
        epoch,
        interval: 5 * SECOND,
        assignment: assignment.map(of_t),
    }
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
    fn new(rules: NextGenRules) -> Self {
        let core = NextGen::new(rules, fastrand::Rng::with_seed(7));
        let mut alone = Self { now: Instant::now(), core };
        assert!(alone.call().is_none(), "nothing is subscribed to");
        alone.tell(Command::Topics(topics_of(&[("t", 4)])));
        alone.tell(Command::Subscribe(Subscription::Topics(named(["t"]))));
        alone
    }

    /// A member of epoch 5 that owns these, which the coordinator knows.
    fn member(rules: NextGenRules, owned: &[i32]) -> Self {
        let mut alone = Self::new(rules);
        alone.answer(Ok(good(5, Some(owned))));
        alone.expect_assign(owned);
        if !owned.is_empty() {
            alone.answer(Ok(good(5, None)));
        }
        alone.reply(Reply::Assigned(Taken::All));
        alone.quiet();
        alone
    }

    fn owning(owned: &[i32]) -> Self {
        Self::member(rules(), owned)
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

    /// To when it wants to be woken.
    fn wait(&mut self) {
        self.now = self.core.deadline().expect("nothing is waited for");
        self.core.timeout(self.now);
    }

    fn expect_heartbeat(&mut self) -> ConsumerHeartbeat {
        next_call!(self, Call::ConsumerHeartbeat(heartbeat) => heartbeat)
    }

    fn expect_assign(&mut self, added: &[i32]) {
        next_call!(self, Call::Assign(all) => assert_eq!(all, partitions(added)));
    }

    fn expect_revoke(&mut self, revoked: &[i32]) {
        next_call!(self, Call::Revoke(all) => assert_eq!(all, partitions(revoked)));
    }

    fn expect_lose(&mut self, lost: &[i32]) {
        next_call!(self, Call::Lose(all) => assert_eq!(all, partitions(lost)));
    }

    fn heard(&mut self, heartbeat: &ConsumerHeartbeat, outcome: Result<ConsumerHeard, Error>) {
        self.reply(Reply::ConsumerHeard(heartbeat.ticket, outcome));
    }

    /// Answers the heartbeat that is due now.
    fn answer(&mut self, outcome: Result<ConsumerHeard, ErrorCode>) -> ConsumerHeartbeat {
        let heartbeat = self.expect_heartbeat();
        self.heard(&heartbeat, outcome.map_err(|code| Error::of_code(code, "refused")));
        heartbeat
    }

    /// Answers the next heartbeat; nothing else is to be done before.
    fn next(&mut self, outcome: Result<ConsumerHeard, ErrorCode>) -> ConsumerHeartbeat {
        self.quiet();
        self.wait();
        self.answer(outcome)
    }

    fn expect_failure(&mut self, code: ErrorCode) {
        let error = next_call!(self, Call::Fail(error) => error);
        assert!(error.is(code), "{error:?}");
        assert!(self.core.identity().is_none() && self.core.deadline().is_none());
        self.quiet();
    }
}
