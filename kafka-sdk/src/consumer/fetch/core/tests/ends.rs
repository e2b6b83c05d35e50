//! Ends of partitions.

use super::*;

#[test]
fn a_partition_ends_where_the_end_was_when_it_began() {
    let mut world = World::new(&[1], Some(3), 1 << 20);
    let first = world.fetch().unwrap();
    world.answer(first, &[records(0, 5, 10)]);
    drop(world.chunk());
    assert!(matches!(world.handed(), Some(Handed::Finished { round: 0, offset: 3, .. })));
    assert!(world.fetch().is_none() && world.calls.is_empty());
    let mut empty = World::new(&[1], Some(0), 1 << 20);
    assert!(matches!(empty.handed(), Some(Handed::Finished { .. })));
    assert!(empty.fetch().is_none());
}

#[test]
fn a_tail_that_compaction_has_left_empty_counts_as_reached() {
    let mut world = World::new(&[1, 1], Some(10), 1 << 20);
    let first = world.fetch().unwrap();
    world.answer(first, &[records(0, 5, 10), Bytes::new()]);
    drop(world.chunk());
    let answer = |world: &mut World, high_watermark, filled: Option<i64>| {
        let fetch = world.fetch().unwrap();
        let data = |asked: &Asked| PartitionData {
            partition_index: asked.partition,
            high_watermark,
            records: filled.filter(|_| asked.partition == 1).map(|offset| records(offset, 1, 10)),
            ..Default::default()
        };
        let partitions = fetch.2.asked.iter().map(data).collect();
        world.answer_with(fetch, partitions);
    };
    answer(&mut world, 10, Some(0));
    drop(world.chunk());
    assert!(world.handed().is_none(), "the other one may have taken all the room in the answer");
    answer(&mut world, 9, None);
    assert!(world.handed().is_none(), "the broker has not got so far yet");
    answer(&mut world, 10, None);
    assert!(matches!(world.handed(), Some(Handed::Finished { .. })));
    assert!(matches!(world.handed(), Some(Handed::Finished { .. })));
    assert!(world.fetch().is_none());
}

#[test]
fn each_end_that_is_reached_is_told_once() {
    let mut world = World::new(&[1], None, 1 << 20);
    let mut answer = |n, high_watermark| {
        let fetch = world.fetch().unwrap();
        world.answer_up_to(fetch, n, high_watermark);
        world.ends()
    };
    assert_eq!(answer(3, 5), [], "there is more");
    assert_eq!(answer(2, 5), [(0, 0, 5)]);
    assert_eq!(answer(0, 5), []);
    assert_eq!(answer(1, 6), [(0, 0, 6)]);
    assert_eq!(answer(0, 9), [(0, 0, 9)], "a tail that compaction has left empty");
    world.request(Request::Seek { slot: 0, to: Position::at(8), round: 1 });
    let stale = world.fetch().unwrap();
    world.answer_up_to(stale, 0, 9);
    assert_eq!(world.ends(), [], "of before the seek");
    let fetch = world.fetch().unwrap();
    world.answer_up_to(fetch, 1, 9);
    assert_eq!(world.ends(), [(0, 1, 9)]);
    let watermarks = world.core.readings.get(0).unwrap().slot.watermarks().unwrap();
    assert_eq!((watermarks.low, watermarks.high, watermarks.last_stable), (0, 9, -1));
}

#[test]
fn what_is_sent_to_its_end_or_behind_it_is_finished() {
    let mut world = World::new(&[1], Some(3), 1 << 20);
    let first = world.fetch().unwrap();
    world.request(Request::Seek { slot: 0, to: Position::at(3), round: 1 });
    assert!(matches!(world.handed(), Some(Handed::Finished { round: 1, offset: 3, .. })));
    world.request(Request::Seek { slot: 0, to: Position::at(1), round: 2 });
    world.answer(first, &[records(0, 3, 10)]);
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 1)], "and goes on when it is sent back");
}
