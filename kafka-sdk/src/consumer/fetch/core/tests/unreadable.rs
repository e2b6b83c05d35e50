//! Answers, and batches, that cannot be read.

use super::*;

#[test]
fn a_fragment_of_a_batch_is_fetched_again() {
    let mut world = World::new(&[1], None, 1 << 20);
    let first = world.fetch().unwrap();
    let two = records(0, 2, 10);
    world.answer(first, &[two.slice(..two.len() - 1)]);
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 1)]);
}

#[test]
fn bytes_that_are_not_even_one_batch_are_no_reason_for_a_hot_loop() {
    let mut world = World::new(&[1], None, 1 << 20);
    let fragment = records(0, 1, 100).slice(..50);
    for _ in 0..2 {
        let fetch = world.fetch().unwrap();
        world.answer(fetch, std::slice::from_ref(&fragment));
        assert!(world.fetch().is_none(), "not at once");
        world.pass(500 * MS);
    }
    let fetch = world.fetch().unwrap();
    world.answer(fetch, &[fragment]);
    let Some(Handed::Failed(error)) = world.handed() else { panic!() };
    assert_eq!((error.kind(), error.partition()), (ErrorKind::Decode, Some(0)));
}

#[test]
fn an_answer_that_cannot_be_read_is_asked_for_again_and_not_for_ever() {
    let mut world = World::new(&[1], None, 1 << 20);
    let unreadable = || Err(Error::new(ErrorKind::Decode, "unreadable"));
    for attempt in 1..=3 {
        let (broker, generation, plan) = world.fetch().unwrap();
        world.reply(Reply::Fetched { broker, generation, plan, outcome: unreadable(), leaders: None });
        assert_eq!(world.handed().is_some(), attempt == 3);
        world.pass(1_500 * MS);
        if world.calls.iter().any(|call| matches!(call, Call::Connect(1))) {
            world.calls.clear();
            world.reply(Reply::Connected { broker: 1, outcome: Ok((0, 6)) });
        }
    }
}
