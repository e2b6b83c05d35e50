//! Who is fetched from when.

use super::*;

#[test]
fn the_next_fetch_goes_out_on_the_strength_of_the_headers() {
    let mut world = World::new(&[1], None, 1 << 20);
    let first = world.fetch().unwrap();
    assert_eq!(positions(&first.2), [(0, 0)]);
    world.answer(first, &[records(0, 5, 10)]);
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 5)], "nothing has been taken out yet");
    assert_eq!(world.chunk().position(), 0);
}

#[test]
fn each_broker_has_one_fetch_at_a_time_and_each_begins_with_another_partition() {
    let mut world = World::new(&[1, 1, 2], None, 1 << 20);
    let (one, two) = (world.fetch().unwrap(), world.fetch().unwrap());
    assert!(world.fetch().is_none());
    assert_eq!((positions(&one.2), positions(&two.2)), (vec![(0, 0), (1, 0)], vec![(2, 0)]));
    world.answer(one, &[records(0, 1, 10), Bytes::new()]);
    let second = world.fetch().unwrap();
    assert_eq!(positions(&second.2), [(1, 0), (0, 1)], "the one behind the last that brought something");
    world.answer(second, &[records(0, 1, 10), records(1, 1, 10)]);
    assert_eq!(positions(&world.fetch().unwrap().2), [(1, 1), (0, 2)]);
}

#[test]
fn a_paused_partition_is_not_fetched_and_the_others_are() {
    let mut world = World::new(&[1, 1], None, 1 << 20);
    let first = world.fetch().unwrap();
    world.request(Request::Pause { slot: 0 });
    world.answer(first, &[records(0, 2, 10), records(0, 2, 10)]);
    assert_eq!(world.chunk().slot().partition, 0, "what was on its way is kept");
    let second = world.fetch().unwrap();
    assert_eq!(positions(&second.2), [(1, 2)]);
    assert_eq!(second.2.max_wait, Settings::default().fetch_max_wait, "nobody waits for the other");
    world.request(Request::Resume { slot: 0 });
    world.answer(second, &[Bytes::new()]);
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 2), (1, 2)], "where it was");
}

#[test]
fn a_partition_that_is_added_is_fetched_when_its_leader_is_known() {
    let mut world = World::new(&[1], None, 1 << 20);
    world.assign(1, None);
    assert!(matches!(world.calls[..], [_, Call::RefreshMetadata]), "{:?}", world.calls);
    world.calls.clear();
    world.command(Command::Snapshot(Snapshot::led_by(Uuid::ZERO, &[1, 2], 0)));
    assert!(matches!(world.calls[..], [Call::Connect(2)]), "{:?}", world.calls);
}
