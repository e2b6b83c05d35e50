//! No bytes of a batch without a charge for them, whatever becomes of it.

use super::*;

const TOO_LARGE: Answer = Answer::Refused(ErrorCode::MESSAGE_TOO_LARGE);

/// Has every batch refused that has more than one record; gives those that are on their way at the end.
fn split_to_the_end(world: &mut World) -> Vec<Request> {
    let mut single = Vec::new();
    while let Some(request) = world.request() {
        match request.headers()[0].1.count {
            1 => single.push(request),
            _ => world.answer(request, TOO_LARGE),
        }
    }
    single
}

fn bytes(requests: &[Request]) -> usize {
    requests.iter().flat_map(|request| &request.shipments).map(|shipment| shipment.bytes.len()).sum()
}

#[test]
fn the_parts_of_a_batch_are_charged_until_they_are_answered() {
    let mut world = World::running(&Options { linger: 5 * MS, ..DEFAULT });
    (0..4).for_each(|_| world.put(0, &"x".repeat(2_000)));
    world.pass(5 * MS);
    assert_eq!(world.shared.buffers.used(), 16 << 10);
    let parts = split_to_the_end(&mut world);
    assert_eq!(parts.len(), 4);
    assert_eq!(world.shared.buffers.used(), bytes(&parts));
    for (left, part) in (0..4).rev().zip(parts) {
        let each = part.shipments[0].bytes.len();
        world.answer(part, WRITTEN);
        assert_eq!(world.shared.buffers.used(), left * each);
    }
}

#[test]
fn who_has_no_room_beside_the_parts_of_a_batch_waits_for_them() {
    let mut world = World::running(&Options { buffer_memory: 16 << 10, linger: 5 * MS, ..DEFAULT });
    (0..100).for_each(|_| world.put(0, &"x".repeat(100)));
    world.pass(5 * MS);
    let request = world.request().unwrap();
    world.answer(request, TOO_LARGE);
    assert!(world.shared.buffers.used() > 10_000);
    assert!(matches!(world.try_append(0, "b"), Err(Refused::NoRoom(..))));
    world.acknowledge_all();
    assert_eq!(world.shared.buffers.used(), 0);
    world.put(0, "b");
}

#[test]
fn what_is_sent_under_another_epoch_stays_charged() {
    let mut world = World::running(&Options { linger: 5 * MS, ..DEFAULT });
    (0..4).for_each(|_| world.put(0, &"x".repeat(2_000)));
    world.pass(5 * MS);
    let request = world.request().unwrap();
    // As the socket may do.
    let held = request.shipments[0].bytes.clone();
    let before = held.to_vec();
    world.answer(request, Answer::Refused(ErrorCode::UNKNOWN_PRODUCER_ID));
    world.pass(1_000 * MS);
    assert_eq!(held, before, "what is being written does not change");
    drop(held);
    let again = [world.request().unwrap()];
    assert_eq!(again[0].headers()[0].1.producer.epoch, 1);
    assert_eq!(world.shared.buffers.used(), bytes(&again));
    let [again] = again;
    world.answer(again, WRITTEN);
    assert_eq!(world.shared.buffers.used(), 0);
}

#[cfg(feature = "gzip")]
#[test]
fn compressed_parts_are_charged_for_what_they_take() {
    let mut world = World::running(&Options { linger: 1_000 * MS, batch_size: 100_000, ..SLOW });
    (0..4).for_each(|n| world.put(0, &long(n)));
    world.pass(1_000 * MS);
    world.compress_all();
    let parts = split_to_the_end(&mut world);
    assert_eq!((parts.len(), world.shared.buffers.used()), (4, bytes(&parts)));
    parts.into_iter().for_each(|part| world.answer(part, WRITTEN));
    assert_eq!(world.shared.buffers.used(), 0);
}
