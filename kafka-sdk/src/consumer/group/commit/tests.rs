//! Commits on made-up time.

use super::*;
use kafka_sdk_protocol::ErrorCode;

const EVERY: Duration = Duration::from_secs(5);

struct World {
    core: CommitCore,
    now: Instant,
}

fn partition(number: i32) -> TopicPartition {
    ("t", number).into()
}

fn offsets(of: &[(i32, i64)]) -> Committing {
    let to_commit = |offset: i64| ToCommit { committed: offset.into(), origin: GIVEN };
    of.iter().map(|&(number, offset)| (partition(number), to_commit(offset))).collect()
}

fn refused(code: ErrorCode) -> Error {
    Error::of_code(code, "refused")
}

impl World {
    fn new(every: Option<Duration>) -> Self {
        let now = Instant::now();
        Self { core: CommitCore::new(every, Backoff::RETRY, now), now }
    }

    fn commit(&mut self, of: &[(i32, i64)]) -> oneshot::Receiver<Result<()>> {
        self.commit_all(offsets(of))
    }

    fn commit_all(&mut self, offsets: Committing) -> oneshot::Receiver<Result<()>> {
        let (promise, outcome) = oneshot::channel();
        let within = Duration::from_secs(60);
        let commit = Commit { offsets, within, promise: Some(promise) };
        self.core.command(self.now, commit);
        outcome
    }

    fn sent(&mut self) -> Option<Committing> {
        match self.core.poll_call(self.now)? {
            Call::Send(offsets) => Some(offsets),
            Call::Collect => panic!("nobody asked for that"),
        }
    }

    fn answer(&mut self, outcomes: Vec<(i32, Outcome)>) {
        let outcomes = outcomes.into_iter().map(|(number, outcome)| (partition(number), outcome));
        self.core.reply(self.now, Reply::Sent(outcomes.collect()));
    }

    fn wait(&mut self) {
        self.now = self.core.deadline().unwrap();
        self.core.timeout(self.now);
    }
}

#[tokio::test]
async fn commits_go_one_at_a_time_in_their_order() {
    let mut world = World::new(None);
    let mut first = world.commit(&[(0, 5)]);
    let mut second = world.commit(&[(0, 9)]);
    assert_eq!(world.sent(), Some(offsets(&[(0, 5)])));
    assert_eq!(world.sent(), None);
    world.answer(vec![(0, Outcome::Committed)]);
    assert!(first.try_recv().unwrap().is_ok());
    assert_eq!(world.sent(), Some(offsets(&[(0, 9)])));
    assert!(second.try_recv().is_err(), "not before it is done");
    world.answer(vec![(0, Outcome::Committed)]);
    assert!(second.try_recv().unwrap().is_ok());
}

#[tokio::test]
async fn what_is_refused_for_now_goes_again_before_what_was_asked_for_later() {
    let mut world = World::new(None);
    let mut first = world.commit(&[(0, 5), (1, 6)]);
    world.commit(&[(0, 9)]);
    world.sent();
    let again = Outcome::Again(refused(ErrorCode::REBALANCE_IN_PROGRESS));
    world.answer(vec![(0, again), (1, Outcome::Committed)]);
    assert_eq!(world.sent(), None, "there is a pause");
    world.wait();
    assert_eq!(world.sent(), Some(offsets(&[(0, 5)])), "what was committed is not sent again");
    world.answer(vec![(0, Outcome::Committed)]);
    assert!(first.try_recv().unwrap().is_ok());
    assert_eq!(world.sent(), Some(offsets(&[(0, 9)])));
}

/// Named by the application.
const GIVEN: Origin = Origin::Given { expulsions: 0 };

/// What of these goes to the coordinator, where the partitions 0, 1 and 2 have these slots; the others are answered.
fn counted(sent: &Committing, slots: [Option<usize>; 3]) -> (Vec<i32>, Vec<(TopicPartition, Outcome)>) {
    let is_present = |partition: &TopicPartition, origin| match origin {
        Origin::Position(slot) => slots[usize::try_from(partition.partition()).unwrap()] == Some(slot),
        given => given == GIVEN,
    };
    let (counts, outcomes) = counting(sent.clone(), "billing", is_present);
    (counts.into_keys().map(|partition| partition.partition()).collect(), outcomes)
}

fn read_and_given() -> Committing {
    let to_commit = |offset: i64, origin| ToCommit { committed: offset.into(), origin };
    Committing::from([
        (partition(0), to_commit(5, Origin::Position(3))),
        (partition(1), to_commit(6, Origin::Position(4))),
        (partition(2), to_commit(7, GIVEN)),
    ])
}

#[tokio::test]
async fn a_position_does_not_count_once_its_partition_has_been_given_up_also_if_that_has_come_back() {
    let mut world = World::new(None);
    world.commit_all(read_and_given());
    let sent = world.sent().unwrap();
    assert_eq!(counted(&sent, [Some(3), Some(4), None]).0, [0, 1, 2]);
    let again = || Outcome::Again(refused(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS));
    world.answer(vec![(0, again()), (1, again()), (2, again())]);
    world.wait();
    let sent = world.sent().unwrap();
    assert_eq!(counted(&sent, [None, Some(4), Some(5)]).0, [1, 2], "lost");
    // Each assignment of a partition makes another slot.
    assert_eq!(counted(&sent, [Some(6), Some(4), None]).0, [1, 2], "and assigned again");
}

#[test]
fn what_the_application_has_named_does_not_count_once_the_member_has_been_thrown_out() {
    let (counts, outcomes) = counting(read_and_given(), "billing", |_, origin| origin != GIVEN);
    assert_eq!(counts.into_keys().collect::<Vec<_>>(), [partition(0), partition(1)]);
    let [(of, Outcome::Failed(error))] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert_eq!((of, error.kind()), (&partition(2), ErrorKind::State));
    assert!(error.to_string().contains("thrown out of the group"), "{error}");
}

#[tokio::test]
async fn who_waits_for_a_position_that_does_not_count_any_more_is_told_so_when_the_others_are_committed() {
    for given_up in [[None, Some(4), None], [Some(6), Some(4), None]] {
        let mut world = World::new(None);
        let mut outcome = world.commit_all(read_and_given());
        let (counts, mut outcomes) = counted(&world.sent().unwrap(), given_up);
        assert_eq!(counts, [1, 2]);
        let again = Outcome::Again(refused(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS));
        outcomes.extend([(partition(1), Outcome::Committed), (partition(2), again)]);
        world.core.reply(world.now, Reply::Sent(outcomes));
        assert!(outcome.try_recv().is_err(), "one of them is not committed yet");
        world.wait();
        let sent = world.sent().unwrap();
        assert_eq!(sent.into_keys().map(|partition| partition.partition()).collect::<Vec<_>>(), [2]);
        world.answer(vec![(2, Outcome::Committed)]);
        let error = outcome.try_recv().unwrap().unwrap_err();
        assert_eq!((error.kind(), error.advice()), (ErrorKind::State, Advice::Retry));
        assert_eq!((error.topic(), error.partition()), (Some("t"), Some(0)));
        let text = error.to_string();
        assert!(text.contains("offset 5 of t-0 was not committed for group \"billing\""), "{text}");
    }
}

#[tokio::test]
async fn a_commit_whose_turn_does_not_come_ends_with_its_time() {
    let mut world = World::new(None);
    let mut first = world.commit(&[(0, 5)]);
    let mut second = world.commit(&[(0, 9)]);
    world.sent();
    let begun = world.now;
    world.wait();
    assert_eq!(world.now - begun, Duration::from_secs(60));
    assert_eq!(second.try_recv().unwrap().unwrap_err().kind(), ErrorKind::Timeout);
    assert!(first.try_recv().is_err(), "its answer may come yet");
    world.answer(vec![(0, Outcome::Committed)]);
    assert!(first.try_recv().unwrap().is_ok());
    assert_eq!(world.sent(), None);
}

#[tokio::test]
async fn a_topic_that_stays_unknown_holds_up_a_commit_for_five_seconds() {
    let mut world = World::new(None);
    let (mut outcome, begun) = (world.commit(&[(0, 5), (1, 6)]), world.now);
    let unknown = || Outcome::Again(refused(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
    world.sent();
    world.answer(vec![(0, unknown()), (1, Outcome::Committed)]);
    while world.now - begun < UNKNOWN_FOR {
        assert!(outcome.try_recv().is_err(), "it may be new");
        world.wait();
        assert_eq!(world.sent(), Some(offsets(&[(0, 5)])));
        world.answer(vec![(0, unknown())]);
    }
    assert!(outcome.try_recv().unwrap().unwrap_err().is(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION));
    assert!(world.now - begun < UNKNOWN_FOR * 2, "{:?}", world.now - begun);
}

#[tokio::test]
async fn one_that_fails_is_told_and_does_not_hold_up_the_next() {
    let mut world = World::new(None);
    let mut first = world.commit(&[(0, 5)]);
    world.commit(&[(0, 9)]);
    world.sent();
    world.answer(vec![(0, Outcome::Failed(refused(ErrorCode::UNKNOWN_MEMBER_ID)))]);
    assert!(first.try_recv().unwrap().unwrap_err().is(ErrorCode::UNKNOWN_MEMBER_ID));
    assert_eq!(world.sent(), Some(offsets(&[(0, 9)])));
}

#[tokio::test]
async fn trouble_that_does_not_pass_ends_with_the_time_of_the_commit() {
    let mut world = World::new(None);
    let mut outcome = world.commit(&[(0, 5)]);
    let begun = world.now;
    while let Some(_sent) = world.sent() {
        world.answer(vec![(0, Outcome::Again(refused(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS)))]);
        if world.core.deadline().is_none() {
            break;
        }
        world.wait();
    }
    assert!(outcome.try_recv().unwrap().unwrap_err().is(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS));
    let took = world.now - begun;
    assert!((50..=60).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test]
async fn what_is_processed_is_collected_in_time_and_committed_if_there_is_something() {
    let mut world = World::new(Some(EVERY));
    for _ in 0..2 {
        world.wait();
        assert!(matches!(world.core.poll_call(world.now), Some(Call::Collect)));
        world.core.reply(world.now, Reply::Collected(Committing::new()));
        assert_eq!(world.sent(), None);
    }
    world.wait();
    assert!(matches!(world.core.poll_call(world.now), Some(Call::Collect)));
    world.core.reply(world.now, Reply::Collected(offsets(&[(0, 5)])));
    assert_eq!(world.sent(), Some(offsets(&[(0, 5)])));
    world.core.close(world.now);
    assert_eq!(world.core.deadline(), None, "nothing is collected any more");
}
