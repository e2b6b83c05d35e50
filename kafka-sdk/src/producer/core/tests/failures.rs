//! Records that fail, and what is said of them.

use super::*;

#[test]
fn a_record_that_is_never_sent_fails_after_the_delivery_timeout_and_says_why() {
    let mut world = World::running(&DEFAULT);
    world.put(0, "x");
    let request = world.request().unwrap();
    world.answer(request, Answer::Unsent);
    world.calls.clear();
    let queued = world.append(0, "a");
    for _ in 0..1_000 {
        world.reply(Reply::Connected { broker: 1, outcome: Err(Error::new(ErrorKind::Connect, "nobody")) });
        world.calls.clear();
        world.pass(Duration::from_millis(120));
    }
    let error = world.outcome(queued).unwrap_err();
    assert_eq!((error.kind(), error.written()), (ErrorKind::Timeout, Written::No));
    assert!(format!("{error:#}").contains("could not be written to: nobody"), "{error:#}");
}

#[test]
fn a_record_in_flight_may_have_been_written_when_its_time_is_up() {
    let mut world = World::running(&DEFAULT);
    let delivery = world.append(0, "a");
    let request = world.request().unwrap();
    world.pass(Duration::from_secs(121));
    let error = world.outcome(delivery).unwrap_err();
    assert_eq!((error.kind(), error.written()), (ErrorKind::Timeout, Written::Maybe));
    assert!(error.to_string().contains("sent, and not acknowledged"), "{error}");
    // Its answer comes after all: what follows goes on with the next sequence.
    world.answer(request, WRITTEN);
    world.put(0, "b");
    let stamp = world.request().unwrap().headers()[0].1.producer;
    assert_eq!((stamp.epoch, stamp.base_sequence), (0, 2));
}

#[test]
fn a_record_that_waited_behind_others_says_so() {
    let mut world = World::running(&DEFAULT);
    let in_flight: Vec<_> = (0..5).map(|_| (world.append(0, "a"), world.request().unwrap())).collect();
    let behind = world.append(0, "b");
    world.pass(Duration::from_secs(121));
    let error = world.outcome(behind).unwrap_err();
    assert_eq!((error.kind(), error.written()), (ErrorKind::Timeout, Written::No));
    assert!(error.to_string().contains("it waited behind others"), "{error}");
    drop(in_flight);
}

#[test]
fn a_refused_record_fails_and_the_next_epoch_begins() {
    let mut world = World::running(&DEFAULT);
    let (a, b) = (world.append(0, "a"), world.append(0, "b"));
    let (first, second) = (world.request().unwrap(), world.request().unwrap());
    world.answer(first, Answer::Refused(ErrorCode::INVALID_RECORD));
    let error = world.outcome(a).unwrap_err();
    assert_eq!((error.code(), error.written()), (Some(ErrorCode::INVALID_RECORD), Written::No));
    world.answer(second, Answer::Refused(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER));
    world.pass(Duration::from_millis(200));
    let again = world.request().unwrap();
    let stamp = again.headers()[0].1.producer;
    assert_eq!((again.values(), stamp.epoch, stamp.base_sequence), (vec!["b".to_owned()], 1, 0));
    world.answer(again, WRITTEN);
    world.outcome(b).unwrap();
}

#[test]
fn a_batch_that_is_too_large_is_sent_in_halves_and_each_record_learns_its_offset() {
    let mut world = World::running(&Options { linger: 5 * MS, ..DEFAULT });
    let deliveries: Vec<Delivery> = (0..4).map(|i| world.append(0, &format!("{i}"))).collect();
    world.pass(5 * MS);
    let request = world.request().unwrap();
    world.answer(request, Answer::Refused(ErrorCode::MESSAGE_TOO_LARGE));
    let (left, right) = (world.request().unwrap(), world.request().unwrap());
    assert_eq!((left.values().concat(), right.values().concat()), ("01".into(), "23".into()));
    assert_eq!(right.headers()[0].1.producer.base_sequence, 3);
    world.answer(left, Answer::Written { base_offset: 10, log_append_time: None });
    world.answer(right, Answer::Written { base_offset: 20, log_append_time: None });
    let offsets: Vec<i64> = deliveries.into_iter().map(|d| world.outcome(d).unwrap().offset).collect();
    assert_eq!(offsets, [10, 11, 20, 21]);
}

#[test]
fn after_a_batch_that_is_too_large_smaller_ones_are_made_until_the_topic_takes_more() {
    let mut world = World::running(&Options { batch_size: 10_000, linger: 1_000 * MS, ..DEFAULT });
    let fill = |world: &mut World| {
        (0..200).for_each(|_| world.put(0, &"x".repeat(90)));
        world.hurry();
        world.pass(MS);
    };
    let sizes = |world: &mut World, takes: usize| {
        let mut sizes = Vec::new();
        while let Some(request) = world.request() {
            let size = request.shipments[0].bytes.len();
            let fits = size <= takes;
            sizes.push(size);
            world.answer(request, if fits { WRITTEN } else { Answer::Refused(ErrorCode::MESSAGE_TOO_LARGE) });
        }
        sizes
    };
    fill(&mut world);
    let first = sizes(&mut world, 4_000);
    assert!(first[0] > 9_000 && first.iter().any(|&size| size < 4_000), "{first:?}");
    fill(&mut world);
    assert!(sizes(&mut world, 4_000).iter().all(|&size| size <= 5_000));
    let mut largest = 0;
    for _ in 0..400 {
        fill(&mut world);
        largest = sizes(&mut world, usize::MAX).into_iter().max().unwrap();
    }
    assert!(largest > 9_000, "{largest}");
    assert_eq!(world.shared.outstanding.count(), 0);
}

#[test]
fn a_single_record_that_is_too_large_fails_alone() {
    let mut world = World::running(&Options { linger: 5 * MS, ..DEFAULT });
    let (small, large) = (world.append(0, "small"), world.append(0, "LARGE"));
    world.pass(5 * MS);
    let request = world.request().unwrap();
    world.answer(request, Answer::Refused(ErrorCode::MESSAGE_TOO_LARGE));
    let (first, second) = (world.request().unwrap(), world.request().unwrap());
    assert_eq!(second.values(), ["LARGE"]);
    world.answer(first, WRITTEN);
    world.answer(second, Answer::Refused(ErrorCode::MESSAGE_TOO_LARGE));
    world.outcome(small).unwrap();
    assert!(world.outcome(large).unwrap_err().is(ErrorCode::MESSAGE_TOO_LARGE));
}

#[test]
fn an_id_that_is_not_allowed_fails_what_is_queued() {
    let mut world = World::new(&DEFAULT);
    let delivery = world.append(0, "a");
    world.calls.clear();
    let refusal = Error::of_code(ErrorCode::CLUSTER_AUTHORIZATION_FAILED, "not allowed");
    world.reply(Reply::Identified(Err(refusal)));
    assert_eq!(world.outcome(delivery).unwrap_err().kind(), ErrorKind::Authorize);
    world.put(0, "b");
    assert!(world.calls.is_empty(), "{:?}", world.calls);
    world.pass(Duration::from_millis(120));
    assert!(matches!(world.calls[..], [Call::Identify]), "the next record asks again, and not at once");
}

#[test]
fn an_id_that_is_no_longer_allowed_fails_what_was_to_be_sent_again_under_another() {
    let mut world = World::running(&DEFAULT);
    let delivery = world.append(0, "a");
    let request = world.request().unwrap();
    world.answer(request, Answer::Refused(ErrorCode::INVALID_PRODUCER_EPOCH));
    assert!(matches!(world.calls.pop(), Some(Call::Identify)));
    let refusal = Error::of_code(ErrorCode::CLUSTER_AUTHORIZATION_FAILED, "not allowed");
    world.reply(Reply::Identified(Err(refusal)));
    let error = world.outcome(delivery).unwrap_err();
    assert_eq!((error.kind(), error.written()), (ErrorKind::Authorize, Written::No));
    world.pass(Duration::from_secs(10));
    assert!(world.calls.is_empty(), "nobody wants an id: {:?}", world.calls);
}

#[test]
fn an_id_that_cannot_be_had_yet_is_asked_for_again() {
    let mut world = World::new(&DEFAULT);
    world.put(0, "a");
    world.calls.clear();
    world.reply(Reply::Identified(Err(Error::new(ErrorKind::Timeout, "loading"))));
    assert!(world.calls.is_empty());
    world.pass(Duration::from_millis(200));
    assert!(matches!(world.calls[..], [Call::Identify]));
}
