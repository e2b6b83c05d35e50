//! From one generation to the next.

use super::*;

#[test]
fn an_eager_member_revokes_everything_before_it_joins() {
    let mut alone = Alone::eager(&[0, 1]);
    alone.heartbeat(Err(ErrorCode::REBALANCE_IN_PROGRESS));
    alone.expect_revoke(&[0, 1]);
    alone.quiet();
    assert!(alone.core.identity().is_some(), "offsets can be committed");
    // Heartbeats go on.
    alone.heartbeat(Err(ErrorCode::REBALANCE_IN_PROGRESS));
    alone.quiet();
    alone.reply(Reply::Revoked);
    let join = alone.expect_join();
    assert_eq!((&*join.member_id, join.generation, join.owned.len()), ("m", 5, 0));
    assert_eq!(join.reason, "group is already rebalancing");
    assert_eq!(join.last.generation, Some(5));
    assert_eq!(&join.last.partitions[..], partitions(&[0, 1]));
    alone.quiet();
    alone.pass(10 * SECOND);
    alone.quiet();
    alone.joined(&join, "m", 6, Role::Follower);
    alone.take(&[1, 2]);
    assert_eq!(alone.owned(), partitions(&[1, 2]));
}

#[test]
fn a_cooperative_member_keeps_its_partitions_while_it_joins() {
    let mut alone = Alone::cooperative(&[0, 1]);
    alone.heartbeat(Err(ErrorCode::REBALANCE_IN_PROGRESS));
    let join = alone.expect_join();
    assert_eq!((join.owned.clone(), join.generation), (partitions(&[0, 1]), 5));
    // Who owns something shows that it is alive, also now.
    alone.heartbeat(Err(ErrorCode::REBALANCE_IN_PROGRESS));
    alone.joined(&join, "m", 6, Role::Follower);
    alone.synced(&[0, 1, 2]);
    next_call!(alone, Call::Assign(added) => assert_eq!(added, partitions(&[2])));
    alone.reply(Reply::Assigned(Taken::All));
    alone.quiet();
    assert_eq!(alone.owned(), partitions(&[0, 1, 2]));
}

#[test]
fn a_cooperative_member_revokes_what_it_is_to_give_up_takes_the_rest_and_joins_again() {
    let mut alone = Alone::cooperative(&[0, 1]);
    alone.heartbeat(Err(ErrorCode::REBALANCE_IN_PROGRESS));
    alone.join_as("m", 6);
    alone.synced(&[1, 2]);
    alone.expect_revoke(&[0]);
    alone.quiet();
    alone.reply(Reply::Revoked);
    next_call!(alone, Call::Assign(added) => assert_eq!(added, partitions(&[2])));
    alone.quiet();
    alone.reply(Reply::Assigned(Taken::All));
    let join = alone.expect_join();
    assert_eq!((join.owned, join.generation), (partitions(&[1, 2]), 6));
    assert_eq!(join.reason, "need to revoke partitions and re-join");
}

#[test]
fn another_subscription_makes_another_generation() {
    let mut alone = Alone::cooperative(&[0]);
    alone.tell(Command::Subscribe(Subscription::Topics(named(["t"]))));
    alone.quiet();
    alone.tell(Command::Subscribe(Subscription::Topics(named(["t", "u"]))));
    let join = alone.expect_join();
    assert_eq!(
        (join.reason.as_ref(), join.topics.len(), join.owned.len()),
        ("subscription has changed", 2, 1)
    );
    // Changed again while the join is under way.
    alone.tell(Command::Subscribe(Subscription::Topics(named(["u"]))));
    alone.quiet();
    alone.joined(&join, "m", 6, Role::Follower);
    alone.synced(&[0]);
    next_call!(alone, Call::Assign(added) => assert!(added.is_empty()));
    alone.reply(Reply::Assigned(Taken::All));
    alone.expect_revoke(&[0]);
    alone.reply(Reply::Revoked);
    assert_eq!(alone.expect_join().topics, named(["u"]));
}

#[test]
fn a_sync_that_is_refused_begins_again_at_the_join() {
    let refused = |error: Error| {
        let mut alone = Alone::cooperative(&[0]);
        alone.heartbeat(Err(ErrorCode::REBALANCE_IN_PROGRESS));
        alone.join_as("m", 6);
        let sync = alone.expect_sync();
        alone.reply(Reply::Synced(sync.ticket, Err(error)));
        alone
    };
    let mut rebalance = refused(code(ErrorCode::REBALANCE_IN_PROGRESS));
    let join = rebalance.expect_join();
    assert_eq!((&*join.member_id, join.generation, join.owned), ("m", 6, partitions(&[0])));

    let mut outdated = refused(code(ErrorCode::ILLEGAL_GENERATION));
    outdated.expect_lose(&[0]);
    outdated.reply(Reply::Lost);
    let join = outdated.expect_join();
    assert_eq!((&*join.member_id, join.generation, join.owned.len()), ("m", -1, 0));

    let mut unknown = refused(code(ErrorCode::UNKNOWN_MEMBER_ID));
    unknown.expect_lose(&[0]);
    unknown.reply(Reply::Lost);
    assert_eq!(&*unknown.expect_join().member_id, "");

    for passing in [code(ErrorCode::NOT_COORDINATOR), Error::new(ErrorKind::Connect, "gone")] {
        let mut alone = refused(passing);
        alone.quiet();
        alone.wait();
        assert_eq!(alone.expect_join().generation, 6);
    }
    for fatal in [ErrorCode::FENCED_INSTANCE_ID, ErrorCode::GROUP_AUTHORIZATION_FAILED] {
        let mut alone = refused(code(fatal));
        alone.expect_lose(&[0]);
        alone.quiet();
        alone.reply(Reply::Lost);
        alone.expect_failure(fatal);
    }
}

#[test]
fn a_rebalance_that_begins_while_partitions_are_taken_waits_for_them() {
    let mut alone = Alone::new(rules(RebalanceProtocol::Eager));
    alone.join_as("m", 1);
    alone.synced(&[0]);
    next_call!(alone, Call::Assign(added) => assert_eq!(added, partitions(&[0])));
    alone.quiet();
    alone.heartbeat(Err(ErrorCode::REBALANCE_IN_PROGRESS));
    alone.quiet();
    alone.reply(Reply::Assigned(Taken::All));
    alone.expect_revoke(&[0]);
}

#[test]
fn what_belongs_to_an_old_round_is_ignored() {
    let mut alone = Alone::cooperative(&[0]);
    alone.wait();
    let old = alone.expect_heartbeat();
    alone.tell(Command::Subscribe(Subscription::Topics(named(["t", "u"]))));
    let join = alone.expect_join();
    alone.joined(&join, "m", 6, Role::Follower);
    // A second answer, and one to a heartbeat of the generation before.
    alone.joined(&join, "other", 9, Role::Follower);
    alone.reply(Reply::Heard(old.ticket, Err(code(ErrorCode::UNKNOWN_MEMBER_ID))));
    let sync = alone.expect_sync();
    alone.reply(Reply::Synced(Ticket(0), Err(code(ErrorCode::UNKNOWN_MEMBER_ID))));
    alone.quiet();
    assert_eq!(sync.identity.epoch, 6);
    assert_eq!(alone.core.identity(), Some(sync.identity));
}

#[test]
fn a_lost_join_keeps_the_member_alive_by_heartbeats() {
    let mut alone = Alone::eager(&[0]);
    alone.heartbeat(Err(ErrorCode::REBALANCE_IN_PROGRESS));
    alone.expect_revoke(&[0]);
    alone.reply(Reply::Revoked);
    let join = alone.expect_join();
    alone.pass(4 * SECOND);
    alone.reply(Reply::Joined(join.ticket, Err(Error::new(ErrorKind::Connect, "gone"))));
    let heartbeat = alone.expect_heartbeat();
    assert_eq!(heartbeat.identity.epoch, 5);
    alone.quiet();
    alone.wait();
    alone.expect_join();
}

#[test]
fn a_static_member_that_keeps_partitions_joins_once_more_after_it_has_come_back() {
    let a_static = |protocol| {
        let mut rules = rules(protocol);
        rules.common.instance_id = Some("pod".into());
        rules
    };
    let mut alone = Alone::stable(a_static(RebalanceProtocol::Cooperative), &[0]);
    let start = alone.now;
    let join = loop {
        match alone.call() {
            None => alone.wait(),
            Some(Call::Heartbeat(heartbeat)) => alone.reply(Reply::Heard(heartbeat.ticket, Ok(()))),
            Some(Call::Join(join)) => break join,
            other => panic!("instead there is {other:?}"),
        }
    };
    assert_eq!((join.owned.clone(), alone.now - start), (partitions(&[0]), 300 * SECOND));
    alone.joined(&join, "m", 6, Role::Follower);
    alone.synced(&[0]);
    next_call!(alone, Call::Assign(_) => ());
    alone.reply(Reply::Assigned(Taken::All));
    for mut settled in
        [alone, Alone::stable(a_static(RebalanceProtocol::Eager), &[0]), Alone::cooperative(&[0])]
    {
        for _ in 0..200 {
            settled.heartbeat(Ok(()));
        }
        settled.quiet();
    }
}
