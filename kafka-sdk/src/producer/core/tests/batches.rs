//! When batches are sent, and what travels together.

use super::*;

#[test]
fn the_first_record_asks_for_an_id_and_a_connection_and_then_leaves() {
    let mut world = World::new(&DEFAULT);
    let delivery = world.append(0, "a");
    assert!(matches!(world.calls[..], [Call::Identify]));
    world.calls.clear();
    world.reply(Reply::Identified(Ok(Identity { id: 7, epoch: 3 })));
    assert!(matches!(world.calls[..], [Call::Connect(1)]));
    world.calls.clear();
    world.reply(Reply::Connected { broker: 1, outcome: Ok(0) });
    let request = world.request().unwrap();
    let stamp = request.headers()[0].1.producer;
    assert_eq!((stamp.id, stamp.epoch, stamp.base_sequence), (7, 3, 0));
    world.answer(request, WRITTEN);
    assert_eq!(world.outcome(delivery).unwrap().offset, 40);
}

#[test]
fn linger_is_an_upper_bound_and_records_travel_together() {
    let mut world = World::running(&Options { linger: 5 * MS, ..DEFAULT });
    world.put(0, "a");
    world.pass(4 * MS);
    world.put(0, "b");
    assert!(world.request().is_none());
    world.pass(MS);
    assert_eq!(world.request().unwrap().values(), ["a", "b"]);
}

#[test]
fn a_full_batch_does_not_linger() {
    let mut world = World::running(&Options { linger: 1_000 * MS, batch_size: 200, ..DEFAULT });
    world.put(0, "a");
    world.put(0, "b");
    assert!(world.request().is_none());
    world.put(0, &"x".repeat(125));
    assert_eq!(world.request().unwrap().values(), ["a", "b"], "the third does not fit any more");
    assert!(world.request().is_none(), "and lingers");
}

#[test]
fn a_flush_ends_the_lingering_of_what_is_there() {
    let mut world = World::running(&Options { linger: 1_000 * MS, ..DEFAULT });
    world.put(0, "a");
    world.hurry();
    assert_eq!(world.request().unwrap().values(), ["a"]);
    world.pass(MS);
    world.put(0, "b");
    assert!(world.request().is_none(), "what comes later lingers");
}

#[test]
fn partitions_that_become_due_together_travel_together() {
    let mut world = World::running(&Options { partitions: 10, linger: 5 * MS, ..DEFAULT });
    for partition in 0..10 {
        world.put(partition, "a");
    }
    world.pass(5 * MS);
    assert_eq!(world.request().unwrap().shipments.len(), 10);
    assert!(world.request().is_none());
}

#[test]
fn a_request_holds_no_more_than_its_size_and_the_next_begins_with_another_partition() {
    let mut world = World::running(&Options { partitions: 4, ..DEFAULT });
    (0..5).for_each(|_| world.put(3, "as many as may be in flight"));
    let in_flight: Vec<Request> = std::iter::from_fn(|| world.request()).collect();
    assert_eq!(in_flight.len(), 5);
    for partition in [0, 1, 2, 0, 1, 2] {
        world.put(partition, &"x".repeat(600_000));
    }
    assert!(world.request().is_none());
    in_flight.into_iter().for_each(|request| world.answer(request, WRITTEN));
    let requests: Vec<Request> = std::iter::from_fn(|| world.request()).collect();
    let partitions: Vec<i32> = requests.iter().flat_map(|r| &r.shipments).map(|s| s.partition).collect();
    assert_eq!((requests.len(), partitions), (5, vec![0, 1, 2, 0, 1]), "two would be more than 1 MiB");
}

#[test]
fn a_request_has_one_batch_of_a_partition_however_many_wait() {
    let mut world = World::running(&Options { partitions: 2, batch_size: 100, ..DEFAULT });
    for n in 0..20 {
        world.put(n % 2, &"x".repeat(200));
    }
    for _ in 0..20 {
        let Some(request) = world.request() else { break };
        let mut partitions: Vec<i32> = request.shipments.iter().map(|shipment| shipment.partition).collect();
        partitions.dedup();
        assert_eq!(partitions.len(), request.shipments.len());
        world.answer(request, WRITTEN);
    }
    assert_eq!(world.shared.outstanding.count(), 0);
}

#[test]
fn five_batches_are_in_flight_and_meanwhile_the_open_one_grows() {
    let mut world = World::running(&Options { batch_size: 1_000, ..DEFAULT });
    for i in 0..500 {
        world.put(0, &format!("{i:0100}"));
    }
    let requests: Vec<Request> = std::iter::from_fn(|| world.request()).collect();
    assert_eq!(requests.len(), 5);
    let sent: i32 = requests.iter().map(|request| request.headers()[0].1.count).sum();
    for request in requests {
        world.answer(request, WRITTEN);
    }
    // All that came meanwhile is in one batch now, or two.
    let counts: Vec<i32> =
        std::iter::from_fn(|| world.request()).map(|request| request.headers()[0].1.count).collect();
    assert_eq!(sent + counts.iter().sum::<i32>(), 500);
    assert!(counts.len() <= 2 && counts.iter().any(|&count| count > 400), "{counts:?}");
}

#[test]
fn while_there_is_no_leader_batches_grow() {
    let mut world = World::running(&Options { batch_size: 1_000, ..DEFAULT });
    world.learn(Snapshot::led_by(Uuid::ZERO, &[-1], 1));
    (0..500).for_each(|i| world.put(0, &format!("{i:0100}")));
    world.learn(Snapshot::led_by(Uuid::ZERO, &[1], 2));
    let requests: Vec<Request> = std::iter::from_fn(|| world.request()).collect();
    let counts: Vec<i32> = requests.iter().map(|request| request.headers()[0].1.count).collect();
    assert!(counts.len() <= 2 && counts.iter().sum::<i32>() == 500, "{counts:?}");
}

#[test]
fn a_turn_takes_as_long_with_many_partitions_as_with_few() {
    let time = |partitions: usize| {
        let mut world = World::running(&Options { partitions, linger: 5 * MS, ..DEFAULT });
        let start = Instant::now();
        for _ in 0..2_000 {
            world.put(0, "x");
            world.pass(5 * MS);
            world.acknowledge_all();
        }
        start.elapsed()
    };
    let (few, many) = (time(1), time(2_000));
    // 2,000 turns over all of them would be four million steps.
    assert!(many < few * 5 + 300 * MS, "{few:?} with one, {many:?} with 2,000");
}

#[test]
fn a_full_buffer_is_said_and_what_is_acknowledged_makes_room() {
    let mut world = World::running(&Options { buffer_memory: 64 << 10, batch_size: 1 << 10, ..DEFAULT });
    let value = "x".repeat(900);
    let mut accepted = 0;
    while world.try_append(0, &value).is_ok() {
        accepted += 1;
        assert!(accepted < 1_000);
    }
    world.acknowledge_all();
    assert!(world.try_append(0, &value).is_ok());
}

#[test]
fn records_without_a_key_avoid_a_broker_that_takes_nothing() {
    let times = [Duration::ZERO, 1_000 * MS];
    let to_the_other = times.map(|availability_timeout| {
        let options = Options { partitions: 4, batch_size: 1_000, availability_timeout, ..DEFAULT };
        let mut world = World::running(&options);
        // The connection to broker 2 is never opened.
        world.learn(Snapshot::led_by(Uuid::ZERO, &[1, 2, 2, 2], 1));
        let before = world.spread(100);
        assert!(before < 100, "some went to broker 2");
        world.pass(1_000 * MS);
        let stalled = world.spread(100);
        assert!(world.calls.iter().any(|call| matches!(call, Call::Connect(2))));
        world.reply(Reply::Connected { broker: 2, outcome: Ok(0) });
        assert!(world.spread(100) + world.spread(100) > 200, "broker 2 takes what is queued");
        stalled
    });
    assert!(to_the_other[0] < 100 && to_the_other[1] == 100, "{to_the_other:?}");
}

#[test]
fn records_without_a_key_go_less_to_a_partition_that_piles_up() {
    let mut world = World::running(&Options { partitions: 2, batch_size: 1_000, ..DEFAULT });
    world.learn(Snapshot::led_by(Uuid::ZERO, &[1, 2], 1));
    assert!(world.spread(100) >= 98, "of two partitions the one with less in its queue");
}
