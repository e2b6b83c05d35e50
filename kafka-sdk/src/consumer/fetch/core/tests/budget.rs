//! How much is fetched ahead.

use super::super::planning::SHORT_WAIT;
use super::*;

#[test]
fn a_partition_that_fills_its_answers_is_asked_for_more_up_to_half_its_share() {
    let asked = |fetch_buffer| {
        let mut world = World::new(&[1], None, fetch_buffer);
        let mut next = 0;
        let ask = |_| {
            let fetch = world.fetch().unwrap();
            let most = fetch.2.asked[0].max_bytes;
            world.answer(fetch, &[records(next, 1, most)]);
            next += 1;
            drop(world.chunk());
            world.deliver_requests();
            most
        };
        (0..6).map(ask).collect::<Vec<_>>()
    };
    assert_eq!(asked(1 << 20), [1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    assert_eq!(asked(6_000), [1_000, 2_000, 3_000, 3_000, 3_000, 3_000]);
    assert_eq!(asked(1_000), [1_000; 6], "never less than what was set");
}

#[test]
fn a_partition_with_its_share_waits_for_the_drain_that_makes_room() {
    let mut world = World::new(&[1, 1], None, 4_000);
    let first = world.fetch().unwrap();
    assert_eq!(first.2.max_bytes, 2_000, "no more than two partitions bring");
    world.answer(first, &[records(0, 3, 1_000), records(0, 1, 10)]);
    let second = world.fetch().unwrap();
    assert_eq!(positions(&second.2), [(1, 1)]);
    assert_eq!(second.2.max_wait, SHORT_WAIT, "the other one may be wanted any moment");
    assert!(second.2.max_bytes < 1_000, "what is there already counts");
    let chunk = world.chunk();
    world.answer(second, &[Bytes::new()]);
    let third = world.fetch().unwrap();
    assert_eq!(positions(&third.2), [(1, 1)], "as long as it is not drained");
    drop(chunk);
    world.deliver_requests();
    world.answer(third, &[Bytes::new()]);
    let fourth = world.fetch().unwrap();
    assert_eq!(positions(&fourth.2), [(0, 3), (1, 1)]);
    assert_eq!(fourth.2.max_wait, Settings::default().fetch_max_wait, "nothing is left out");
    assert_eq!(world.budget.free(0), 4_000 - records(0, 1, 10).len());
}

#[test]
fn when_the_budget_is_used_up_the_drain_starts_the_next_fetch() {
    let mut world = World::new(&[1], None, 2_000);
    let first = world.fetch().unwrap();
    world.answer(first, &[records(0, 3, 1_000)]);
    assert!(world.fetch().is_none());
    let chunk = world.chunk();
    assert!(world.core.deadline().is_none(), "no timer: it hears of the drain");
    drop(chunk);
    world.deliver_requests();
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 3)]);
}

#[test]
fn short_waits_grow_while_nothing_comes_and_nothing_is_drained() {
    let mut world = World::new(&[1, 1], None, 4_000);
    let first = world.fetch().unwrap();
    world.answer(first, &[records(0, 3, 1_000), records(0, 1, 10)]);
    let mut waits = Vec::new();
    for _ in 0..8 {
        let fetch = world.fetch().unwrap();
        waits.push(fetch.2.max_wait.as_millis());
        world.answer(fetch, &[Bytes::new()]);
    }
    assert_eq!(waits, [10, 20, 40, 80, 160, 320, 500, 500]);
    world.command(Command::Request(Request::Drained));
    let fetch = world.fetch().unwrap();
    world.answer(fetch, &[Bytes::new()]);
    assert_eq!(world.fetch().unwrap().2.max_wait, SHORT_WAIT * 2);
}

#[test]
fn partitions_come_and_go_and_share_the_budget() {
    let mut world = World::new(&[1, 1, 1], None, 6_000);
    let first = world.fetch().unwrap();
    world.request(Request::Unassign { slot: 0 });
    world.request(Request::Unassign { slot: 1 });
    world.answer(first, &[records(0, 1, 10), records(0, 1, 10), records(0, 1, 10)]);
    assert_eq!(world.chunk().slot().partition, 2);
    assert!(world.handed().is_none(), "the others are not read any more");
    let alone = world.fetch().unwrap();
    world.answer(alone, &[records(1, 3, 1_000)]);
    assert_eq!(positions(&world.fetch().unwrap().2), [(2, 4)], "alone it may have it all");
    world.assign(3, None);
    let chunk = world.chunk();
    assert!(world.budget.is_over(chunk.slot()), "two share it");
}

/// Fifty partitions with plenty to read, and a reader that takes nothing.
#[test]
fn what_is_fetched_ahead_stays_within_the_budget_and_one_batch() {
    let (budget, batch) = (100_000, records(0, 1, 5_000).len());
    let mut world = World::new(&[1; 50], None, budget);
    let mut fetches = 0;
    for _ in 0..1_000 {
        let Some((broker, generation, plan)) = world.fetch() else { break };
        // As a broker does: the first batch comes whole, more come as long as there is room.
        let mut room = plan.max_bytes;
        let mut fill = |asked: &Asked| {
            let first = room == plan.max_bytes;
            let fits = room >= batch && asked.max_bytes >= batch;
            let fetched = if first || fits { records(asked.offset, 1, 5_000) } else { Bytes::new() };
            room = room.saturating_sub(fetched.len());
            fetched
        };
        let filled: Vec<Bytes> = plan.asked.iter().map(&mut fill).collect();
        world.answer((broker, generation, plan), &filled);
        fetches += 1;
    }
    assert!(
        fetches < 1_000 && world.fetch().is_none() && world.core.deadline().is_none(),
        "it waits for a drain"
    );
    let held = budget - world.budget.free(0);
    let chunks: Vec<Chunk> = std::iter::from_fn(|| match world.handed()? {
        Handed::Chunk(chunk) => Some(chunk),
        other => panic!("{other:?}"),
    })
    .collect();
    let bytes: usize = chunks.iter().map(Chunk::bytes).sum();
    assert!(held == budget && (budget..=budget + batch).contains(&bytes), "{bytes} bytes are held");
    drop(chunks);
    world.deliver_requests();
    assert!(world.fetch().is_some(), "and goes on at once");
}

#[test]
fn one_broker_leaves_room_for_the_others_however_small_the_budget_is() {
    let mut world = World::new(&[1, 2, 3], None, 1_000);
    let fetches: Vec<_> = std::iter::from_fn(|| world.fetch()).collect();
    let asked: Vec<_> = fetches.iter().map(|(broker, _, plan)| (*broker, plan.max_bytes)).collect();
    assert_eq!(asked, [(1, 333), (2, 333), (3, 333)], "the first batch comes whole all the same");
}

#[test]
fn brokers_take_turns_where_there_is_room_for_one() {
    let mut world = World::new(&[1, 1, 2], None, 3_000);
    let (one, two) = (world.fetch().unwrap(), world.fetch().unwrap());
    world.answer(one, &[records(0, 1, 2_500), Bytes::new()]);
    let chunk = world.chunk();
    assert!(world.fetch().is_none(), "there is no room besides that of the other broker");
    let mut asked = Vec::new();
    let mut fetch = two;
    for _ in 0..4 {
        world.answer(fetch, &[Bytes::new()]);
        fetch = world.fetch().unwrap();
        assert!(fetch.2.max_wait < Settings::default().fetch_max_wait, "the other one waits for room");
        asked.push(fetch.0);
    }
    assert_eq!(asked, [1, 2, 1, 2]);
    drop(chunk);
}
