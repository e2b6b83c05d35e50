//! From what is owned to what is wanted.

use super::*;

#[test]
fn what_is_not_wanted_is_revoked_and_acknowledged_at_once() {
    let mut alone = Alone::owning(&[0, 1, 2]);
    alone.next(Ok(good(5, Some(&[1, 2]))));
    alone.expect_revoke(&[0]);
    // While it is under way, it is still owned.
    let heartbeat = alone.next(Ok(good(5, None)));
    assert_eq!(heartbeat.owned, None);
    alone.quiet();
    alone.reply(Reply::Revoked);
    next_call!(alone, Call::Assign(added) => assert!(added.is_empty(), "the listener learns that it is over"));
    let acknowledged = alone.answer(Ok(good(6, None)));
    assert_eq!((acknowledged.epoch, acknowledged.owned), (5, Some(of_t(&[1, 2]))));
    assert_eq!(alone.core.identity().map(|identity| identity.epoch), Some(6));
}

#[test]
fn what_is_wanted_besides_is_assigned_after_the_revocation() {
    let mut alone = Alone::owning(&[0]);
    alone.next(Ok(good(6, Some(&[1]))));
    alone.expect_revoke(&[0]);
    alone.quiet();
    alone.reply(Reply::Revoked);
    alone.expect_assign(&[1]);
    alone.answer(Ok(good(6, None)));
    alone.reply(Reply::Assigned(Taken::All));
    alone.quiet();
}

#[test]
fn what_is_being_assigned_is_claimed_or_the_coordinator_would_give_it_to_others() {
    let mut alone = Alone::owning(&[0]);
    alone.next(Ok(good(6, Some(&[0, 1]))));
    alone.expect_assign(&[1]);
    let heartbeat = alone.expect_heartbeat();
    assert_eq!(heartbeat.owned, Some(of_t(&[0, 1])));
    alone.heard(&heartbeat, Err(Error::new(ErrorKind::Connect, "gone")));
    assert_eq!(alone.next(Ok(good(6, Some(&[0])))).owned, Some(of_t(&[0, 1])));
    alone.quiet();
    alone.reply(Reply::Assigned(Taken::All));
    alone.expect_revoke(&[1]);
}

#[test]
fn topics_that_are_not_known_wait_and_are_looked_for_with_pauses() {
    let mut alone = Alone::owning(&[0]);
    let wanted = [(id("t"), vec![0, 1]), (id("u"), vec![7])].into();
    alone.next(Ok(ConsumerHeard { assignment: Some(wanted), ..good(6, None) }));
    alone.expect_assign(&[1]);
    alone.answer(Ok(good(6, None)));
    next_call!(alone, Call::Resolve(ids) => assert_eq!(ids, [id("u")]));
    alone.reply(Reply::Nothing);
    alone.reply(Reply::Assigned(Taken::All));
    alone.quiet();
    let before = alone.now;
    alone.wait();
    assert!(alone.now - before >= Duration::from_millis(50));
    next_call!(alone, Call::Resolve(_) => ());
    // Found, and the other one is not in this picture.
    alone.tell(Command::Topics(topics_of(&[("u", 8)])));
    next_call!(alone, Call::Assign(added) => assert_eq!(added, [("u", 7).into()]));
    let claimed = alone.answer(Ok(good(6, None))).owned;
    assert_eq!(claimed, Some([(id("t"), vec![0, 1]), (id("u"), vec![7])].into()));
    alone.reply(Reply::Assigned(Taken::All));
    alone.quiet();
}

#[test]
fn a_topic_that_was_created_anew_is_revoked_before_it_is_assigned() {
    let mut alone = Alone::owning(&[0, 1]);
    let mut anew = (*topics_of(&[("t", 2)])).clone();
    let new_id = id("new");
    anew.get_mut("t").unwrap().id = new_id;
    alone.tell(Command::Topics(Arc::new(anew)));
    let wanted = [(new_id, vec![0, 1])].into();
    alone.next(Ok(ConsumerHeard { assignment: Some(wanted), ..good(6, None) }));
    alone.expect_revoke(&[0, 1]);
    alone.reply(Reply::Revoked);
    alone.expect_assign(&[0, 1]);
    assert_eq!(alone.answer(Ok(good(6, None))).owned, Some([(new_id, vec![0, 1])].into()));
}

#[test]
fn a_target_that_changes_while_partitions_are_assigned_comes_next() {
    let mut alone = Alone::new(rules());
    alone.answer(Ok(good(1, Some(&[0, 1]))));
    alone.expect_assign(&[0, 1]);
    alone.answer(Ok(good(2, Some(&[1]))));
    alone.quiet();
    alone.reply(Reply::Assigned(Taken::All));
    alone.expect_revoke(&[0]);
}

#[test]
fn a_join_that_brings_nothing_tells_the_listener_so() {
    let mut alone = Alone::new(rules());
    alone.answer(Ok(good(1, Some(&[]))));
    next_call!(alone, Call::Assign(added) => assert!(added.is_empty()));
    alone.reply(Reply::Assigned(Taken::All));
    alone.quiet();
    alone.next(Ok(good(1, None)));
    alone.quiet();
}
