//! Becoming a member, and staying one.

use super::*;

#[test]
fn a_join_says_everything_with_epoch_0_and_an_id_of_its_own() {
    let mut alone = Alone::new(rules());
    let join = alone.expect_heartbeat();
    assert!(matches!(&join.member_id, MemberId::Chosen(id) if id.len() == 22), "{join:?}");
    assert_eq!((join.epoch, join.rebalance_timeout), (0, Some(300 * SECOND)));
    assert_eq!(join.subscription, Some(Subscription::Topics(named(["t"]))));
    assert_eq!((join.assignor.as_deref(), join.owned.clone()), (Some("uniform"), Some(ById::new())));
    assert_eq!(join.within, 15 * SECOND, "several fit into a session");
    assert!(alone.core.identity().is_none());
    // Version 0: the coordinator says who it is.
    alone.heard(&join, Ok(good(3, Some(&[0]))));
    let identity = Identity { member_id: "m".into(), epoch: 3, instance_id: None };
    assert_eq!(alone.core.identity(), Some(identity));
}

#[test]
fn an_answer_without_a_member_id_confirms_the_one_that_was_chosen() {
    let mut alone = Alone::new(rules());
    let join = alone.expect_heartbeat();
    alone.heard(&join, Ok(ConsumerHeard { member_id: None, ..good(3, Some(&[])) }));
    assert_eq!(alone.core.identity().map(|i| i.member_id), Some(join.member_id.text().clone()));
    assert!(matches!(alone.core.member_id, MemberId::Known(_)));
}

#[test]
fn members_choose_different_ids_and_none_begins_with_a_dash() {
    let mut random = fastrand::Rng::with_seed(1);
    let ids: std::collections::BTreeSet<_> = (0..1_000).map(|_| new_id(&mut random).text().clone()).collect();
    assert_eq!(ids.len(), 1_000);
    assert!(ids.iter().all(|id| !id.starts_with('-')));
}

#[test]
fn heartbeats_come_at_the_brokers_interval_and_say_what_has_changed() {
    let mut alone = Alone::owning(&[0, 1]);
    for _ in 0..3 {
        let before = alone.now;
        let heartbeat = alone.next(Ok(good(5, None)));
        assert_eq!(alone.now - before, 5 * SECOND);
        assert_eq!(heartbeat.member_id, MemberId::Known("m".into()));
        assert_eq!((heartbeat.epoch, heartbeat.rebalance_timeout), (5, None));
        assert_eq!((heartbeat.subscription, heartbeat.assignor, heartbeat.owned), (None, None, None));
    }
    let pattern = Subscription::Pattern("t.*".into());
    alone.tell(Command::Subscribe(pattern.clone()));
    let heartbeat = alone.answer(Ok(good(6, None)));
    assert_eq!((heartbeat.subscription, heartbeat.owned), (Some(pattern), None), "at once, and nothing else");
    alone.quiet();
}

#[test]
fn everything_is_said_again_after_anything_but_a_good_answer() {
    let mut alone = Alone::owning(&[1]);
    for error in [
        Error::new(ErrorKind::Timeout, "no answer"),
        Error::of_code(ErrorCode::NOT_COORDINATOR, "moved"),
        Error::of_code(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS, "loading"),
        Error::of_code(ErrorCode::COORDINATOR_NOT_AVAILABLE, "away"),
    ] {
        alone.quiet();
        alone.wait();
        let heartbeat = alone.expect_heartbeat();
        alone.heard(&heartbeat, Err(error));
        let (before, again) = (alone.now, alone.next(Ok(good(5, None))));
        assert!(alone.now - before < SECOND);
        assert_eq!((again.epoch, again.owned), (5, Some(of_t(&[1]))));
        assert!(again.rebalance_timeout.is_some() && again.subscription.is_some());
        assert!(again.assignor.is_some());
    }
}

#[test]
fn an_answer_that_takes_nobody_in_is_followed_by_a_pause() {
    let mut alone = Alone::new(rules());
    alone.answer(Ok(good(0, None)));
    alone.quiet();
    alone.wait();
    assert_eq!(alone.expect_heartbeat().epoch, 0);
}

#[test]
fn no_interval_of_a_broker_makes_a_loop() {
    let mut alone = Alone::new(rules());
    alone.answer(Ok(ConsumerHeard { interval: Duration::ZERO, ..good(3, None) }));
    let before = alone.now;
    alone.next(Ok(good(3, None)));
    assert_eq!(alone.now - before, Duration::from_millis(100));
}

#[test]
fn a_doubt_is_settled_by_a_heartbeat_at_once() {
    let mut alone = Alone::owning(&[0]);
    alone.tell(Command::Doubt);
    let heartbeat = alone.expect_heartbeat();
    alone.tell(Command::Doubt);
    alone.quiet();
    alone.heard(&heartbeat, Err(Error::of_code(ErrorCode::UNKNOWN_MEMBER_ID, "refused")));
    alone.expect_lose(&[0]);
}
