//! Batches that are compressed on other threads.

use super::*;

fn codecs(request: &Request) -> Vec<u8> {
    request.headers().iter().map(|(_, header)| header.attributes.codec()).collect()
}

#[cfg(feature = "gzip")]
#[test]
fn batches_are_compressed_side_by_side_and_sent_in_order() {
    let mut world = World::running(&SLOW);
    let deliveries: Vec<Delivery> = (0..4).map(|n| world.append(0, &long(n))).collect();
    let mut work = world.work_to_compress();
    assert_eq!(work.len(), 4, "all of them at a time");
    assert!(world.request().is_none());
    for at in [3, 1] {
        let last = work.remove(at);
        world.compressed(last);
        assert!(world.request().is_none(), "the first one is not back");
    }
    for (back, sent) in [(0, vec![0, 1]), (0, vec![2, 3])] {
        let next = work.remove(back);
        world.compressed(next);
        let requests: Vec<Request> = std::iter::from_fn(|| world.request()).collect();
        let values: Vec<String> = requests.iter().flat_map(Request::values).collect();
        assert_eq!(values, sent.iter().map(|&n| long(n)).collect::<Vec<_>>());
        assert!(requests.iter().all(|request| codecs(request) == [1]));
        requests.into_iter().for_each(|request| world.answer(request, WRITTEN));
    }
    assert!(deliveries.into_iter().all(|delivery| world.outcome(delivery).is_ok()));
}

#[cfg(feature = "gzip")]
#[test]
fn no_more_is_compressed_than_the_window_takes_and_the_rest_grows() {
    let mut world = World::running(&SLOW);
    (0..20).for_each(|n| world.put(0, &long(n)));
    assert_eq!(world.work_to_compress().len(), 5);
    let queued = world.core.outboxes[0].as_ref().unwrap().partition.peek().unwrap();
    assert!(queued.size > 10 * 1_800, "one batch, beyond its usual size: {queued:?}");
}

#[cfg(feature = "gzip")]
#[test]
fn a_batch_that_is_late_while_it_is_compressed_fails_and_the_next_one_is_sent() {
    let mut world = World::running(&SLOW);
    let late = world.append(0, &long(0));
    let work = world.work_to_compress();
    world.pass(Duration::from_secs(119));
    world.put(0, &long(1));
    world.pass(Duration::from_secs(1));
    let error = world.outcome(late).unwrap_err();
    assert_eq!((error.kind(), error.written()), (ErrorKind::Timeout, Written::No));
    work.into_iter().for_each(|work| world.compressed(work));
    world.compress_all();
    let request = world.request().unwrap();
    assert_eq!((request.values(), world.request().is_none()), (vec![long(1)], true));
}

#[cfg(feature = "gzip")]
#[test]
fn a_batch_that_is_lost_while_it_is_compressed_fails_and_the_next_one_is_sent() {
    let mut world = World::running(&SLOW);
    let (lost, next) = (world.append(0, &long(0)), world.append(0, &long(1)));
    let (outbox, id, _) = world.work_to_compress().remove(0);
    world.reply(Reply::Compressed { outbox, id, packed: None });
    let error = world.outcome(lost).unwrap_err();
    assert_eq!(error.written(), Written::No);
    assert!(next.now().is_none());
}

#[cfg(feature = "lz4")]
#[test]
fn fast_codecs_compress_what_is_sent_and_keep_no_more_memory_than_that() {
    let mut world = World::running(&Options { compression: Compression::Lz4, ..DEFAULT });
    world.put(0, &"x".repeat(200_000));
    let long = world.request().unwrap();
    assert_eq!((codecs(&long), long.values()[0].len()), (vec![3], 200_000));
    assert!(long.shipments[0].bytes.len() < 2_000);
    let (all, a_small_one) = (32 << 20, 16 << 10);
    assert!(world.shared.buffers.take(all - a_small_one, None).is_ok());
    assert!(world.shared.buffers.take(all - a_small_one + 1, None).is_err());
    world.put(0, "short");
    let short = world.request().unwrap();
    assert_eq!((codecs(&short), short.values()), (vec![0], vec!["short".to_owned()]), "it would get longer");
}

#[cfg(feature = "gzip")]
#[test]
fn a_compressed_batch_is_split_into_compressed_ones() {
    let mut world = World::running(&Options { linger: 1_000 * MS, batch_size: 100_000, ..SLOW });
    let deliveries: Vec<Delivery> = (0..10).map(|n| world.append(0, &long(n))).collect();
    world.pass(1_000 * MS);
    world.compress_all();
    let request = world.request().unwrap();
    assert_eq!(codecs(&request), [1]);
    world.answer(request, Answer::Refused(ErrorCode::MESSAGE_TOO_LARGE));
    world.pass(1_000 * MS);
    let mut values = Vec::new();
    while let Some(request) = world.request() {
        assert_eq!((codecs(&request), request.values().len()), (vec![1], 5));
        values.extend(request.values());
        world.answer(request, WRITTEN);
    }
    assert_eq!(values, (0..10).map(long).collect::<Vec<_>>());
    assert!(deliveries.into_iter().all(|delivery| world.outcome(delivery).is_ok()));
    // The limit is half of what the batch had before it was compressed.
    let outbox = world.core.outboxes[0].as_ref().unwrap();
    outbox.partition.saturate();
    (0..8).for_each(|n| drop(world.append(0, &long(n))));
    let queued = world.core.outboxes[0].as_ref().unwrap().partition.peek().unwrap();
    assert!((7_000..=9_100).contains(&queued.size), "{queued:?}");
}
