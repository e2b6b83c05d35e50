//! Refusals, and connections that fail.

use super::*;

#[test]
fn an_error_of_the_whole_answer_is_one_of_each_partition() {
    let answer = |error_code| {
        let mut world = World::new(&[1], None, 1 << 20);
        let (broker, generation, plan) = world.fetch().unwrap();
        let outcome = Ok(FetchResponse { error_code, ..Default::default() });
        world.reply(Reply::Fetched { broker, generation, plan, outcome, leaders: None });
        world
    };
    let mut refused = answer(ErrorCode::CLUSTER_AUTHORIZATION_FAILED);
    let Some(Handed::Failed(error)) = refused.handed() else { panic!() };
    assert_eq!(error.kind(), ErrorKind::Authorize);
    let mut passing = answer(ErrorCode::UNKNOWN_TOPIC_ID);
    assert!(passing.handed().is_none());
    assert!(matches!(passing.calls[..], [Call::RefreshMetadata]));
    passing.pass(200 * MS);
    assert!(passing.fetch().is_some());
}

#[test]
fn what_would_not_pass_is_handed_out_as_an_error() {
    let mut world = World::new(&[1], None, 1 << 20);
    let first = world.fetch().unwrap();
    world.refuse(first, ErrorCode::INVALID_TOPIC_EXCEPTION);
    let Some(Handed::Failed(error)) = world.handed() else { panic!() };
    assert!(error.is(ErrorCode::INVALID_TOPIC_EXCEPTION));
    assert_eq!((error.topic(), error.partition()), (Some("t"), Some(0)));
    world.pass(Duration::from_secs(10));
    assert!(world.fetch().is_none());
}

#[test]
fn a_partition_left_out_of_the_answer_is_asked_for_again_after_a_back_off() {
    let mut world = World::new(&[1, 1], None, 1 << 20);
    let first = world.fetch().unwrap();
    world.answer(first, &[records(0, 1, 10)]);
    let second = world.fetch().unwrap();
    assert_eq!(positions(&second.2), [(0, 1)]);
    world.pass(200 * MS);
    assert!(world.fetch().is_none(), "the broker is busy");
    world.answer(second, &[Bytes::new()]);
    assert_eq!(positions(&world.fetch().unwrap().2), [(1, 0), (0, 1)]);
}

#[test]
fn a_lost_connection_is_opened_again() {
    let mut world = World::new(&[1], None, 1 << 20);
    let (broker, generation, plan) = world.fetch().unwrap();
    let outcome = Err(Error::new(ErrorKind::Connect, "gone"));
    world.reply(Reply::Fetched { broker, generation, plan, outcome, leaders: None });
    world.pass(200 * MS);
    assert!(world.calls.iter().any(|call| matches!(call, Call::Connect(1))), "{:?}", world.calls);
    world.reply(Reply::Connected { broker: 1, outcome: Ok((1, 6)) });
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 0)]);
    assert_eq!(world.core.reserved, 1_000, "what was reserved for the lost one was given back");
}

#[test]
fn a_broker_that_cannot_be_reached_is_not_dialled_in_a_loop() {
    let mut world = World::new(&[1], None, 1 << 20);
    let (broker, generation, plan) = world.fetch().unwrap();
    let gone = || Error::new(ErrorKind::Connect, "gone");
    world.reply(Reply::Fetched { broker, generation, plan, outcome: Err(gone()), leaders: None });
    let mut attempts = 0;
    for _ in 0..10_000 {
        if world.calls.iter().any(|call| matches!(call, Call::Connect(1))) {
            attempts += 1;
            world.calls.clear();
            world.reply(Reply::Connected { broker: 1, outcome: Err(gone()) });
        }
        world.pass(MS);
    }
    assert!((10..=200).contains(&attempts), "{attempts} attempts in 10 s");
}

#[test]
fn a_broker_that_is_too_old_ends_the_reading_and_one_that_hangs_up_does_not() {
    let mut world = World::new(&[1], None, 1 << 20);
    let (broker, generation, plan) = world.fetch().unwrap();
    let passing = Err(Error::new(ErrorKind::Connect, "gone"));
    world.reply(Reply::Fetched { broker, generation, plan, outcome: passing, leaders: None });
    assert!(world.handed().is_none());
    world.pass(200 * MS);
    let outcome = Err(Error::new(ErrorKind::Unsupported, "too old"));
    world.reply(Reply::Connected { broker: 1, outcome });
    let Some(Handed::Failed(error)) = world.handed() else { panic!() };
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    world.pass(Duration::from_secs(10));
    assert!(world.fetch().is_none());
}
