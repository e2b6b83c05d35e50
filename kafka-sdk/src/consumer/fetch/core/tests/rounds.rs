//! Rewinds and seeks, and what was on its way.

use super::*;

#[test]
fn a_rewind_discards_what_is_on_its_way() {
    let mut world = World::new(&[1], None, 1 << 20);
    let first = world.fetch().unwrap();
    world.answer(first, &[records(0, 5, 10)]);
    let ahead = world.fetch().unwrap();
    drop(world.chunk());
    world.command(Command::Request(Request::Rewind { slot: 0, offset: 2, round: 1 }));
    world.answer(ahead, &[records(5, 5, 10)]);
    assert!(world.handed().is_none());
    assert!(world.fetch().is_none(), "not at once: it must not become a hot loop");
    world.pass(200 * MS);
    let again = world.fetch().unwrap();
    assert_eq!(positions(&again.2), [(0, 2)]);
    world.answer(again, &[records(2, 3, 10)]);
    let chunk = world.chunk();
    assert_eq!((chunk.round(), chunk.position()), (1, 2));
}

#[test]
fn what_was_handed_out_before_a_rewind_was_heard_is_of_the_round_before() {
    let mut world = World::new(&[1], None, 1 << 20);
    let first = world.fetch().unwrap();
    world.answer(first, &[records(0, 5, 10)]);
    let ahead = world.fetch().unwrap();
    drop(world.chunk());
    // The reader has found a batch unreadable, and says so; before that is heard the next answer comes.
    world.answer(ahead, &[records(5, 5, 10)]);
    let chunk = world.chunk();
    assert_eq!(
        (chunk.round(), chunk.position()),
        (0, 5),
        "the reader knows that this is not what it waits for"
    );
    world.command(Command::Request(Request::Rewind { slot: 0, offset: 2, round: 1 }));
    let stale = world.fetch().unwrap();
    assert_eq!(positions(&stale.2), [(0, 10)], "was on its way");
    world.answer(stale, &[records(10, 1, 10)]);
    world.pass(200 * MS);
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 2)]);
}

#[test]
fn a_seek_discards_what_is_on_its_way_and_is_fetched_as_soon_as_the_broker_is_free() {
    let mut world = World::new(&[1, 1], None, 1 << 20);
    let on_its_way = world.fetch().unwrap();
    world.request(Request::Seek { slot: 0, to: Position::at(7), round: 1 });
    assert!(world.fetch().is_none(), "the broker is busy");
    world.answer(on_its_way, &[records(0, 2, 10), records(0, 2, 10)]);
    let chunk = world.chunk();
    assert_eq!((chunk.slot().partition, world.handed().is_none()), (1, true), "the other one is left alone");
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 7), (1, 2)]);
}

#[test]
fn of_two_seeks_the_later_round_holds_whichever_is_heard_first() {
    let mut world = World::new(&[1], None, 1 << 20);
    world.request(Request::Seek { slot: 0, to: Position::at(7), round: 2 });
    world.request(Request::Seek { slot: 0, to: Position::at(3), round: 1 });
    let fetch = world.fetch().unwrap();
    world.answer(fetch, &[Bytes::new()]);
    let fetch = world.fetch().unwrap();
    assert_eq!(positions(&fetch.2), [(0, 7)]);
    world.answer(fetch, &[records(7, 1, 10)]);
    assert_eq!(world.chunk().round(), 2);
}
