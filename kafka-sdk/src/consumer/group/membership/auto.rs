//! The consumer protocol where the brokers have it, and otherwise the classic one. Pure.
//!
//! ```text
//!  consumer protocol ──refused: not there, or the group is a classic one that is not to change──> classic
//! ```
//!
//! Nothing is asked for beforehand: a broker that does not have the protocol says so to the first heartbeat, also one
//! where the feature `group.version` is not finalized. Once classic, it stays so.

use super::super::standing::Standing;
use super::classic::{Classic, ClassicRules};
use super::ending::Application;
use super::next_gen::{NextGen, NextGenRules};
use super::{Call, Command, Identity, Leaving, Membership, Reply, Subscription, Topics};
use crate::drive::Core;
use crate::error::{Error, ErrorKind};
use kafka_sdk_protocol::ErrorCode;
use tokio::time::Instant;
use tracing::info;

pub(in super::super) struct Auto {
    membership: Choice,
    /// What the classic one goes by.
    rules: ClassicRules,
    random: fastrand::Rng,
    told: Told,
}

enum Choice {
    NextGen(Box<NextGen>),
    Classic(Box<Classic>),
}

/// What another membership has to be told.
#[derive(Debug, Default)]
struct Told {
    subscription: Option<Subscription>,
    topics: Topics,
    application: Application,
    leaving: Option<Leaving>,
}

impl Told {
    fn note(&mut self, command: &Command) {
        match command {
            Command::Subscribe(subscription) => self.subscription = Some(subscription.clone()),
            Command::Topics(topics) => self.topics = topics.clone(),
            Command::Idle => self.application = Application::Idle,
            Command::Active => self.application = Application::Active,
            Command::Leave(leaving) => self.leaving = Some(*leaving),
            Command::Doubt => {}
        }
    }
}

impl Auto {
    pub(in super::super) fn new(
        next_gen: NextGenRules,
        classic: ClassicRules,
        mut random: fastrand::Rng,
    ) -> Self {
        let membership = Choice::NextGen(Box::new(NextGen::new(next_gen, random.fork())));
        Self { membership, rules: classic, random, told: Told::default() }
    }

    pub(in super::super) fn standing(&self, identity: Identity) -> Standing {
        match &self.membership {
            Choice::NextGen(_) => Standing::NextGen(identity),
            Choice::Classic(_) => Standing::Classic(identity),
        }
    }

    fn as_core(&mut self) -> &mut dyn Core<Command = Command, Call = Call, Reply = Reply> {
        match &mut self.membership {
            Choice::NextGen(core) => core.as_mut(),
            Choice::Classic(core) => core.as_mut(),
        }
    }

    fn as_membership(&self) -> &dyn Membership {
        match &self.membership {
            Choice::NextGen(core) => core.as_ref(),
            Choice::Classic(core) => core.as_ref(),
        }
    }

    fn fall_back(&mut self, now: Instant) {
        let mut classic = Classic::new(self.rules.clone(), self.random.fork());
        if let Choice::NextGen(before) = &self.membership {
            classic.go_on_from(before.flow());
        }
        let Told { subscription, topics, application, leaving } = &self.told;
        classic.command(now, Command::Topics(topics.clone()));
        if let Some(subscription) = subscription.clone().filter(is_for_classic) {
            classic.command(now, Command::Subscribe(subscription));
        }
        if *application == Application::Idle {
            classic.command(now, Command::Idle);
        }
        if let Some(leaving) = leaving {
            classic.command(now, Command::Leave(*leaving));
        }
        self.membership = Choice::Classic(Box::new(classic));
    }
}

impl Membership for Auto {
    fn identity(&self) -> Option<Identity> {
        self.as_membership().identity()
    }

    fn session_ends(&self) -> Option<Instant> {
        self.as_membership().session_ends()
    }
}

impl Core for Auto {
    type Command = Command;
    type Call = Call;
    type Reply = Reply;

    fn command(&mut self, now: Instant, command: Command) {
        self.told.note(&command);
        match (&self.membership, &command) {
            // Of before it was known that this is a classic member; the names come.
            (Choice::Classic(_), Command::Subscribe(subscription)) if !is_for_classic(subscription) => {}
            _ => self.as_core().command(now, command),
        }
    }

    fn reply(&mut self, now: Instant, reply: Reply) {
        self.as_core().reply(now, reply);
    }

    fn timeout(&mut self, now: Instant) {
        self.as_core().timeout(now);
    }

    fn close(&mut self, now: Instant) {
        self.told.leaving.get_or_insert(Leaving::Default);
        self.as_core().close(now);
    }

    fn poll_call(&mut self, now: Instant) -> Option<Call> {
        match self.as_core().poll_call(now) {
            Some(Call::Fail(error))
                if matches!(self.membership, Choice::NextGen(_)) && wants_classic(&error) =>
            {
                let group = &self.rules.common.group;
                info!(target: "kafka_sdk::consumer", %group, error = %error.whole(), "classic protocol taken");
                self.fall_back(now);
                self.as_core().poll_call(now)
            }
            call => call,
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.as_membership().deadline()
    }

    fn is_over(&self) -> bool {
        self.as_membership().is_over()
    }
}

/// Brokers match no patterns for classic members.
fn is_for_classic(subscription: &Subscription) -> bool {
    !matches!(subscription, Subscription::Pattern(_))
}

/// Whether a classic member might be taken.
fn wants_classic(error: &Error) -> bool {
    error.kind() == ErrorKind::Unsupported || error.is(ErrorCode::GROUP_ID_NOT_FOUND)
}

#[cfg(test)]
mod tests {
    use super::super::super::assignor::RebalanceProtocol;
    use super::super::testing::{SECOND, id, named, topics_of};
    use super::super::{ConsumerHeard, JoinGroup, Joined, Role, Rules, Synced, Taken, Ticket};
    use super::*;
    use crate::backoff::Backoff;

    /// How far the assignment is when the protocol is refused.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Change {
        Done,
        UnderWay,
    }

    struct World {
        auto: Auto,
        now: Instant,
    }

    impl World {
        fn new(subscription: Subscription) -> Self {
            let common = Rules {
                group: "g".into(),
                instance_id: None,
                session_timeout: 45 * SECOND,
                rebalance_timeout: 300 * SECOND,
                retry: Backoff::RETRY,
            };
            let classic = ClassicRules {
                common: common.clone(),
                heartbeat_interval: 3 * SECOND,
                protocol: RebalanceProtocol::Eager,
                assignors: vec!["range".into()],
            };
            let next_gen = NextGenRules { common, assignor: None };
            let auto = Auto::new(next_gen, classic, fastrand::Rng::with_seed(7));
            let mut world = Self { auto, now: Instant::now() };
            world.tell(Command::Topics(topics_of(&[("t", 4)])));
            world.tell(Command::Subscribe(subscription));
            world
        }

        fn tell(&mut self, command: Command) {
            self.auto.command(self.now, command);
        }

        fn heartbeat(&mut self) -> Ticket {
            match self.auto.poll_call(self.now) {
                Some(Call::ConsumerHeartbeat(beat)) => beat.ticket,
                other => panic!("instead there is {other:?}"),
            }
        }

        fn answer(&mut self, outcome: Result<ConsumerHeard, Error>) {
            let ticket = self.heartbeat();
            self.auto.reply(self.now, Reply::ConsumerHeard(ticket, outcome));
        }

        /// Leaves, and is told that it has.
        fn part(&mut self) {
            self.tell(Command::Leave(Leaving::Default));
            let reply = match self.auto.poll_call(self.now) {
                Some(Call::Leave(leave)) => Reply::Left(leave.ticket, Ok(())),
                Some(Call::ConsumerHeartbeat(beat)) => {
                    let heard =
                        ConsumerHeard { member_id: None, epoch: -1, interval: SECOND, assignment: None };
                    Reply::ConsumerHeard(beat.ticket, Ok(heard))
                }
                other => panic!("instead there is {other:?}"),
            };
            assert!(!self.auto.is_over(), "it has not left yet");
            self.auto.reply(self.now, reply);
            assert!(self.auto.poll_call(self.now).is_none());
        }

        fn join(&mut self) -> Option<JoinGroup> {
            match self.auto.poll_call(self.now)? {
                Call::Join(join) => Some(join),
                other => panic!("instead there is {other:?}"),
            }
        }
    }

    fn of_t() -> Subscription {
        Subscription::Topics(named(["t"]))
    }

    fn refusals() -> [Error; 3] {
        [
            Error::new(ErrorKind::Unsupported, "does not offer it"),
            Error::of_code(ErrorCode::UNSUPPORTED_VERSION, "group.version is 0"),
            Error::of_code(ErrorCode::GROUP_ID_NOT_FOUND, "it is a classic group"),
        ]
    }

    #[tokio::test]
    async fn where_the_protocol_is_not_to_be_had_the_classic_one_is_taken_with_all_that_was_told() {
        for refusal in refusals() {
            let mut world = World::new(of_t());
            world.answer(Err(refusal));
            assert_eq!(world.join().unwrap().topics, named(["t"]));
            world.tell(Command::Leave(Leaving::Default));
        }
    }

    #[tokio::test]
    async fn where_it_is_had_it_is_kept_and_other_errors_are_errors() {
        let mut world = World::new(of_t());
        let heard = ConsumerHeard { member_id: None, epoch: 3, interval: SECOND, assignment: None };
        world.answer(Ok(heard));
        let identity = world.auto.identity().unwrap();
        assert_eq!(world.auto.standing(identity.clone()), Standing::NextGen(identity));
        let mut world = World::new(of_t());
        world.answer(Err(Error::of_code(ErrorCode::GROUP_AUTHORIZATION_FAILED, "x")));
        assert!(matches!(world.auto.poll_call(world.now), Some(Call::Fail(_))));
    }

    #[tokio::test]
    async fn who_has_left_waits_for_no_answer_that_is_still_to_come() {
        let mut world = World::new(of_t());
        let [refusal, ..] = refusals();
        world.answer(Err(refusal));
        let ticket = world.join().unwrap().ticket;
        let joined = Joined::Member {
            member_id: "m".into(),
            generation: 1,
            protocol: "range".into(),
            role: Role::Follower,
        };
        world.auto.reply(world.now, Reply::Joined(ticket, Ok(joined)));
        assert!(matches!(world.auto.poll_call(world.now), Some(Call::Sync(_))), "which is never answered");
        world.part();
        assert!(world.auto.is_over(), "as a classic member");

        let mut world = World::new(of_t());
        let heard = ConsumerHeard { member_id: None, epoch: 3, interval: SECOND, assignment: None };
        world.answer(Ok(heard));
        world.now += SECOND;
        world.auto.timeout(world.now);
        world.heartbeat();
        world.part();
        assert!(world.auto.is_over(), "by the consumer protocol");
    }

    #[tokio::test]
    async fn what_was_held_when_it_falls_back_is_handed_out_again_once_the_classic_member_has_joined() {
        for change in [Change::Done, Change::UnderWay] {
            let [_, refusal, _] = refusals();
            let mut world = World::new(of_t());
            let assignment = Some([(id("t"), vec![0])].into());
            world.answer(Ok(ConsumerHeard { member_id: None, epoch: 3, interval: SECOND, assignment }));
            assert!(matches!(world.auto.poll_call(world.now), Some(Call::Assign(_))));
            if change == Change::UnderWay {
                world.now += SECOND;
                world.answer(Err(refusal));
                assert!(matches!(world.auto.poll_call(world.now), Some(Call::Hold)));
                world.auto.reply(world.now, Reply::Assigned(Taken::None));
            } else {
                world.auto.reply(world.now, Reply::Assigned(Taken::All));
                world.now += 45 * SECOND;
                assert!(matches!(world.auto.poll_call(world.now), Some(Call::Hold)));
                world.answer(Err(refusal));
                assert!(matches!(world.auto.poll_call(world.now), Some(Call::Lose(_))));
                world.auto.reply(world.now, Reply::Lost);
            }
            let ticket = world.join().unwrap().ticket;
            let joined = Joined::Member {
                member_id: "m".into(),
                generation: 1,
                protocol: "range".into(),
                role: Role::Follower,
            };
            world.auto.reply(world.now, Reply::Joined(ticket, Ok(joined)));
            assert!(matches!(world.auto.poll_call(world.now), Some(Call::Release)), "{change:?}");
            let Some(Call::Sync(sync)) = world.auto.poll_call(world.now) else { panic!("no sync") };
            let synced = Synced { protocol: None, partitions: vec![("t", 0).into()] };
            world.auto.reply(world.now, Reply::Synced(sync.ticket, Ok(synced)));
            assert!(matches!(world.auto.poll_call(world.now), Some(Call::Assign(_))));
        }
    }

    #[tokio::test]
    async fn a_classic_member_waits_for_the_names_that_a_pattern_matches() {
        let mut world = World::new(Subscription::Pattern("t.*".into()));
        let [refusal, ..] = refusals();
        world.answer(Err(refusal));
        assert_eq!(world.join(), None);
        world.tell(Command::Subscribe(Subscription::Pattern("t.*".into())));
        assert_eq!(world.join(), None, "said before it was known");
        world.tell(Command::Subscribe(Subscription::Matching(named(["t"]))));
        assert_eq!(world.join().unwrap().topics, named(["t"]));
    }

    #[tokio::test]
    async fn who_leaves_or_is_idle_meanwhile_does_not_join() {
        for command in [Command::Leave(Leaving::Default), Command::Idle] {
            let mut world = World::new(of_t());
            let ticket = world.heartbeat();
            world.tell(command.clone());
            let [refusal, ..] = refusals();
            world.auto.reply(world.now, Reply::ConsumerHeard(ticket, Err(refusal)));
            assert_eq!(world.join(), None, "{command:?}");
            assert_eq!(world.auto.deadline(), None);
            world.tell(Command::Active);
            assert_eq!(world.join().is_some(), matches!(command, Command::Idle));
        }
    }
}
