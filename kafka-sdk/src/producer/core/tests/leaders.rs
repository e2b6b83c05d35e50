//! Leaders that move, brokers that are away, topics that change.

use super::*;

#[test]
fn a_moved_leader_is_looked_up_and_the_batches_follow_in_order() {
    let mut world = World::running(&DEFAULT);
    let deliveries = [world.append(0, "a"), world.append(0, "b")];
    let (a, b) = (world.request().unwrap(), world.request().unwrap());
    world.answer(a, Answer::Refused(ErrorCode::NOT_LEADER_OR_FOLLOWER));
    assert_eq!(world.refreshes(), 1);
    world.answer(b, Answer::Refused(ErrorCode::NOT_LEADER_OR_FOLLOWER));
    assert!(world.request().is_none(), "not before something has changed, or some time has passed");
    world.learn(Snapshot::led_by(Uuid::ZERO, &[2], 1));
    assert!(matches!(world.calls.pop(), Some(Call::Connect(2))));
    world.reply(Reply::Connected { broker: 2, outcome: Ok(0) });
    let (a, b) = (world.request().unwrap(), world.request().unwrap());
    assert_eq!((a.broker, a.values(), b.values()), (2, vec!["a".into()], vec!["b".into()]));
    assert_eq!((a.headers()[0].1.producer.base_sequence, b.headers()[0].1.producer.base_sequence), (1, 2));
    world.answer(a, WRITTEN);
    world.answer(b, WRITTEN);
    deliveries.into_iter().for_each(|delivery| assert!(world.outcome(delivery).is_ok()));
}

#[test]
fn batches_go_to_a_new_leader_only_when_those_at_the_old_one_are_answered() {
    let mut world = World::running(&DEFAULT);
    world.put(0, "a");
    let a = world.request().unwrap();
    world.learn(Snapshot::led_by(Uuid::ZERO, &[2], 1));
    world.put(0, "b");
    assert!(world.calls.is_empty(), "{:?}", world.calls);
    world.answer(a, Answer::Refused(ErrorCode::NOT_LEADER_OR_FOLLOWER));
    world.refreshes();
    world.pass(Duration::from_millis(200));
    assert!(matches!(world.calls.pop(), Some(Call::Connect(2))));
}

#[test]
fn after_a_lost_connection_the_same_bytes_are_sent_again() {
    let mut world = World::running(&DEFAULT);
    world.put(0, "a");
    let request = world.request().unwrap();
    let bytes = request.shipments[0].bytes.clone();
    world.answer(request, Answer::Lost);
    world.refreshes();
    world.pass(Duration::from_millis(200));
    assert!(matches!(world.calls.pop(), Some(Call::Connect(1))));
    world.reply(Reply::Connected { broker: 1, outcome: Ok(1) });
    assert_eq!(world.request().unwrap().shipments[0].bytes, bytes);
}

#[test]
fn pauses_grow_and_count_a_round_of_failures_once() {
    let mut world = World::running(&DEFAULT);
    (0..5).for_each(|_| world.put(0, "a"));
    let mut pauses = Vec::new();
    for _ in 0..5 {
        while let Some(request) = world.request() {
            world.answer(request, Answer::Refused(ErrorCode::NOT_ENOUGH_REPLICAS));
        }
        let start = world.now;
        while world.request_is_missing() {
            world.pass(MS);
        }
        pauses.push((world.now - start).as_millis());
    }
    for (pause, expected) in pauses.iter().zip([100, 200, 400, 800, 1_000]) {
        assert!((expected * 8 / 10..=expected * 12 / 10 + 1).contains(pause), "{pauses:?}");
    }
}

#[test]
fn a_broker_that_cannot_be_reached_is_not_dialled_in_a_loop() {
    let mut world = World::running(&DEFAULT);
    world.put(0, "x");
    let request = world.request().unwrap();
    world.answer(request, Answer::Lost);
    world.calls.clear();
    world.pass(Duration::from_millis(200));
    let mut attempts = 0;
    for _ in 0..10_000 {
        if world.calls.iter().any(|call| matches!(call, Call::Connect(1))) {
            attempts += 1;
            world.calls.clear();
            let gone = Error::new(ErrorKind::Connect, "not in the cluster at the moment");
            world.reply(Reply::Connected { broker: 1, outcome: Err(gone) });
        }
        world.pass(MS);
    }
    assert!((10..=200).contains(&attempts), "{attempts} attempts in 10 s");
}

#[test]
fn a_partition_without_a_leader_waits_for_one() {
    let mut world = World::running(&DEFAULT);
    world.learn(Snapshot::led_by(Uuid::ZERO, &[-1], 1));
    world.put(0, "a");
    assert!(world.refreshes() > 0);
    world.pass(Duration::from_secs(10));
    let refreshes = world.refreshes();
    assert!((10..25).contains(&refreshes), "and asks again and again, less and less: {refreshes} in 10 s");
    world.learn(Snapshot::led_by(Uuid::ZERO, &[1], 2));
    assert_eq!(world.request().unwrap().values(), ["a"]);
}

#[test]
fn one_broker_that_does_not_answer_holds_up_no_other() {
    let mut world = World::running(&Options { partitions: 2, ..DEFAULT });
    world.learn(Snapshot::led_by(Uuid::ZERO, &[1, 2], 1));
    (0..20).for_each(|_| world.put(0, "stuck"));
    let stuck: Vec<Request> = std::iter::from_fn(|| world.request()).collect();
    assert_eq!(stuck.len(), 5);
    let delivery = world.append(1, "free");
    assert!(matches!(world.calls.pop(), Some(Call::Connect(2))));
    world.reply(Reply::Connected { broker: 2, outcome: Ok(0) });
    world.acknowledge_all();
    world.outcome(delivery).unwrap();
}

#[test]
fn partitions_that_are_added_are_written_to() {
    let mut world = World::running(&DEFAULT);
    world.learn(Snapshot::led_by(Uuid::ZERO, &[1; 3], 0));
    world.put(2, "new");
    assert_eq!(world.request().unwrap().headers()[0].0, 2);
}

#[test]
fn a_partition_that_goes_and_comes_back_goes_on_with_its_sequence() {
    let mut world = World::running(&Options { partitions: 2, ..DEFAULT });
    world.learn(Snapshot::led_by(Uuid::ZERO, &[1], 1));
    let gone = world.topic.append(&Record::new("x").partition(1), 0, None);
    assert!(matches!(gone, Err(Refused::Never(_))), "there is no such partition");
    world.learn(Snapshot::led_by(Uuid::ZERO, &[1; 2], 2));
    world.put(1, "again");
    let stamp = world.request().unwrap().headers()[0].1.producer;
    assert_eq!((stamp.epoch, stamp.base_sequence), (0, 1), "a second 0 would be taken for a duplicate");
}

#[test]
fn a_topic_that_was_created_again_gets_sequences_from_0_and_one_batch_first() {
    let mut world = World::running(&DEFAULT);
    world.learn(Snapshot::led_by(Uuid([1; 16]), &[1], 0));
    let (a, b) = (world.append(0, "a"), world.append(0, "b"));
    let (first, second) = (world.request().unwrap(), world.request().unwrap());
    assert_eq!(first.shipments[0].topic_id, Uuid([1; 16]));
    world.learn(Snapshot::led_by(Uuid([2; 16]), &[1], 0));
    let c = world.append(0, "c");
    assert!(world.request().is_none(), "not before the answers of the old topic");
    // The first is refused, and may have been written to the old topic; the second certainly was not.
    world.answer(first, Answer::Refused(ErrorCode::UNKNOWN_TOPIC_ID));
    world.answer(second, Answer::Refused(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER));
    world.pass(Duration::from_millis(200));
    let again = world.request().unwrap();
    let stamp = again.headers()[0].1.producer;
    assert_eq!((again.values(), stamp.epoch, stamp.base_sequence), (vec!["a".to_owned()], 0, 1));
    assert_eq!(again.shipments[0].topic_id, Uuid([2; 16]));
    world.answer(again, WRITTEN);
    for value in ["b", "c"] {
        let next = world.request().unwrap();
        assert_eq!((next.values(), next.headers()[0].1.producer.epoch), (vec![value.to_owned()], 1));
        assert!(
            world.request().is_none() || value == "c",
            "one, before the new partition knows the producer"
        );
        world.answer(next, WRITTEN);
    }
    [a, b, c].into_iter().for_each(|delivery| assert!(world.outcome(delivery).is_ok()));
}

#[test]
fn a_topic_that_is_not_written_to_is_forgotten_and_asked_for_again() {
    let mut world = World::running(&DEFAULT);
    let idle = world.shared.settings.metadata_max_idle;
    let watches = |world: &World| world.calls.iter().filter(|call| matches!(call, Call::Watch(_))).count();
    world.pass(idle - MS);
    world.put(0, "in use");
    world.acknowledge_all();
    world.pass(idle - MS);
    world.put(0, "still in use");
    world.acknowledge_all();
    assert_eq!(watches(&world), 0);
    world.pass(idle + MS);
    assert_eq!(world.core.deadline(), None, "nothing is left to be forgotten");
    let delivery = world.append(0, "again");
    assert_eq!(watches(&world), 1);
    assert_eq!(world.request().unwrap().headers()[0].1.producer.base_sequence, 3, "the broker remembers");
    drop(delivery);
    world.put(0, "more");
    assert_eq!(watches(&world), 1);
}

#[test]
fn the_table_of_topics_is_shared() {
    let world = World::new(&DEFAULT);
    let again = world.topics.insert(Snapshot::led_by(Uuid::ZERO, &[1], 0).topic("t").unwrap(), None);
    assert!(Arc::ptr_eq(&again, &world.topic));
}

#[test]
fn without_acks_nothing_goes_over_a_new_connection_to_a_broker_that_leads_no_more() {
    let mut world = World::new(&Options { acks: Acks::None, ..DEFAULT });
    let delivery = world.append(0, "gathered");
    assert!(matches!(world.calls[..], [Call::ConnectAndLookUp(1)]), "{:?}", world.calls);
    world.calls.clear();
    let moved = Snapshot::led_by(Uuid::ZERO, &[2], 1);
    world.reply(Reply::ConnectedAndLookedUp { broker: 1, outcome: Ok((0, moved.clone())) });
    assert!(matches!(world.calls[..], [Call::ConnectAndLookUp(2)]), "{:?}", world.calls);
    world.calls.clear();
    world.reply(Reply::ConnectedAndLookedUp { broker: 2, outcome: Ok((1, moved)) });
    let request = world.request().unwrap();
    assert_eq!(request.broker, 2);
    world.answer(request, WRITTEN);
    assert!(world.outcome(delivery).is_ok());
}

#[test]
fn without_acks_a_connection_is_of_no_use_before_its_look_up_has_succeeded() {
    let mut world = World::new(&Options { acks: Acks::None, ..DEFAULT });
    world.put(0, "a");
    world.calls.clear();
    let nobody = Error::new(ErrorKind::Connect, "nobody answers");
    world.reply(Reply::ConnectedAndLookedUp { broker: 1, outcome: Err(nobody) });
    assert!(world.request().is_none());
    world.calls.clear();
    world.pass(Duration::from_millis(200));
    assert!(matches!(world.calls[..], [Call::ConnectAndLookUp(1)]), "{:?}", world.calls);
    let same = Snapshot::led_by(Uuid::ZERO, &[1], 0);
    world.reply(Reply::ConnectedAndLookedUp { broker: 1, outcome: Ok((0, same)) });
    assert_eq!(world.request().unwrap().values(), ["a"]);
}
