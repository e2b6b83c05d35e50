//! Leaders that move, and topics that are created anew.

use super::*;

#[test]
fn one_answer_has_leaders_looked_up_once() {
    let mut refused = World::new(&[1, 1, 1], None, 1 << 20);
    let fetch = refused.fetch().unwrap();
    refused.refuse(fetch, ErrorCode::NOT_LEADER_OR_FOLLOWER);
    assert!(matches!(refused.calls[..], [Call::RefreshMetadata]), "{:?}", refused.calls);
    let mut left_out = World::new(&[1, 1, 1], None, 1 << 20);
    let fetch = left_out.fetch().unwrap();
    left_out.answer(fetch, &[]);
    assert!(matches!(left_out.calls[..], [Call::RefreshMetadata]), "{:?}", left_out.calls);
}

#[test]
fn a_moved_leader_is_followed() {
    let mut world = World::new(&[1], None, 1 << 20);
    let first = world.fetch().unwrap();
    world.refuse(first, ErrorCode::NOT_LEADER_OR_FOLLOWER);
    assert!(matches!(world.calls[..], [Call::RefreshMetadata]));
    world.calls.clear();
    world.command(Command::Snapshot(Snapshot::led_by(Uuid::ZERO, &[2], 1)));
    assert!(matches!(world.calls[..], [Call::Connect(2)]));
    world.reply(Reply::Connected { broker: 2, outcome: Ok((0, 6)) });
    assert_eq!(world.fetch().unwrap().0, 2);
}

#[test]
fn a_partition_without_a_leader_is_looked_up_until_it_has_one() {
    let mut world = World::new(&[1], None, 1 << 20);
    let first = world.fetch().unwrap();
    world.command(Command::Snapshot(Snapshot::led_by(Uuid::ZERO, &[-1], 1)));
    world.refuse(first, ErrorCode::NOT_LEADER_OR_FOLLOWER);
    world.pass(Duration::from_secs(10));
    let look_ups = world.calls.iter().filter(|call| matches!(call, Call::RefreshMetadata)).count();
    assert!((10..25).contains(&look_ups), "{look_ups} look-ups in 10 s");
}

#[test]
fn a_topic_that_was_created_anew_ends_the_reading() {
    let with_id = |id| Snapshot::led_by(Uuid([id; 16]), &[1], 0);
    let mut world = World::new(&[1], None, 1 << 20);
    world.command(Command::Snapshot(with_id(1)));
    world.command(Command::Snapshot(with_id(1)));
    assert!(world.handed().is_none());
    world.command(Command::Snapshot(with_id(2)));
    let Some(Handed::Failed(error)) = world.handed() else { panic!() };
    assert_eq!((error.kind(), error.topic()), (ErrorKind::State, Some("t")));
}
