//! Becoming a member.

use super::*;

fn leader(work: LeadersWork) -> Role {
    let member = Member { member_id: "m".into(), instance_id: None, subscription: "?".into() };
    Role::Leader { members: [member].into(), work }
}

#[test]
fn a_member_id_that_is_given_is_used_at_once() {
    let mut alone = Alone::new(rules(RebalanceProtocol::Eager));
    let join = alone.expect_join();
    assert_eq!((&*join.member_id, join.generation, &*join.reason), ("", -1, ""));
    assert_eq!(join.within, 305 * SECOND, "brokers keep it waiting for the rebalance timeout");
    alone.reply(Reply::Joined(join.ticket, Ok(Joined::Known { member_id: "m".into() })));
    let again = alone.expect_join();
    assert_eq!(&*again.member_id, "m");
    assert!(again.reason.contains("given member-id"), "{}", again.reason);
    alone.joined(&again, "m", 1, Role::Follower);
    assert_eq!(alone.core.identity().map(|identity| identity.epoch), Some(1));
    let sync = alone.expect_sync();
    assert_eq!((&*sync.protocol, sync.identity.epoch, sync.assignments.len()), ("range", 1, 0));
}

#[test]
fn a_broker_that_gives_member_ids_without_end_is_asked_with_pauses() {
    let mut alone = Alone::new(rules(RebalanceProtocol::Eager));
    let first = alone.expect_join();
    alone.reply(Reply::Joined(first.ticket, Ok(Joined::Known { member_id: "m".into() })));
    let second = alone.expect_join();
    alone.reply(Reply::Joined(second.ticket, Ok(Joined::Known { member_id: "n".into() })));
    alone.quiet();
    alone.wait();
    assert_eq!(&*alone.expect_join().member_id, "n");
}

#[test]
fn a_follower_takes_what_the_leader_gave_it_and_sends_heartbeats() {
    let mut alone = Alone::eager(&[0, 1]);
    assert_eq!(alone.owned(), partitions(&[0, 1]));
    for _ in 0..3 {
        let before = alone.now;
        alone.heartbeat(Ok(()));
        assert!(alone.now - before <= 3 * SECOND);
        alone.quiet();
    }
}

#[test]
fn the_listener_learns_of_an_assignment_of_nothing_too() {
    let mut alone = Alone::new(rules(RebalanceProtocol::Cooperative));
    alone.join_as("m", 1);
    alone.synced(&[]);
    next_call!(alone, Call::Assign(added) => assert!(added.is_empty()));
}

#[test]
fn a_leader_distributes_before_it_syncs() {
    let mut alone = Alone::new(rules(RebalanceProtocol::Eager));
    let join = alone.expect_join();
    alone.joined(&join, "m", 1, leader(LeadersWork::Assign));
    let Distribute { ticket, generation, protocol, members, work } =
        next_call!(alone, Call::Distribute(work) => work);
    assert_eq!((generation, &*protocol, members.len(), work), (1, "range", 1, LeadersWork::Assign));
    alone.heartbeat(Ok(()));
    alone.quiet();
    let distributed =
        Distributed { assignments: vec![("m".into(), "all".into())], topics: topics_of(&[("t", 4)]) };
    alone.reply(Reply::Distributed(ticket, Ok(distributed)));
    assert_eq!(alone.expect_sync().assignments, [("m".into(), "all".into())]);
}

fn led(work: LeadersWork) -> Alone {
    let mut alone = Alone::new(rules(RebalanceProtocol::Eager));
    let join = alone.expect_join();
    alone.joined(&join, "m", 1, leader(work));
    let work = next_call!(alone, Call::Distribute(work) => work);
    // The leader's picture is newer than what this member was told.
    let topics = topics_of(&[("t", 5), ("u", 1)]);
    alone.reply(Reply::Distributed(work.ticket, Ok(Distributed { assignments: vec![], topics })));
    alone.take(&[0]);
    alone
}

#[test]
fn a_leader_joins_again_when_a_topic_of_the_group_changes() {
    for work in [LeadersWork::Assign, LeadersWork::Watch] {
        for changed in [&[("t", 6), ("u", 1)][..], &[("t", 5), ("u", 2)], &[("t", 5)]] {
            let mut alone = led(work);
            alone.tell(Command::Topics(topics_of(&[("t", 5), ("u", 1), ("other", 9)])));
            alone.quiet();
            alone.tell(Command::Topics(topics_of(changed)));
            alone.expect_revoke(&[0]);
            alone.reply(Reply::Revoked);
            assert_eq!(alone.expect_join().reason, "cached metadata has changed");
        }
    }
}

#[test]
fn what_changes_while_the_leader_distributes_is_not_missed() {
    let mut alone = Alone::new(rules(RebalanceProtocol::Cooperative));
    let join = alone.expect_join();
    alone.joined(&join, "m", 1, leader(LeadersWork::Assign));
    let work = next_call!(alone, Call::Distribute(work) => work);
    alone.tell(Command::Topics(topics_of(&[("t", 5)])));
    let topics = topics_of(&[("t", 4)]);
    alone.reply(Reply::Distributed(work.ticket, Ok(Distributed { assignments: vec![], topics })));
    alone.synced(&[]);
    next_call!(alone, Call::Assign(_) => ());
    alone.reply(Reply::Assigned(Taken::All));
    assert_eq!(alone.expect_join().reason, "cached metadata has changed");
}

#[test]
fn racks_of_replicas_count_as_a_change_and_a_follower_does_not_look() {
    let mut moved = (*topics_of(&[("t", 5), ("u", 1)])).clone();
    moved.get_mut("u").unwrap().racks[0] = vec!["r2".into()];
    let mut leader = led(LeadersWork::Assign);
    leader.tell(Command::Topics(Arc::new(moved.clone())));
    leader.expect_revoke(&[0]);
    let mut follower = Alone::eager(&[0]);
    follower.tell(Command::Topics(Arc::new(moved)));
    follower.quiet();
}

#[test]
fn a_leader_that_cannot_distribute_now_joins_again_and_one_that_never_can_fails() {
    let distribute = |error: Error| {
        let mut alone = Alone::new(rules(RebalanceProtocol::Eager));
        let join = alone.expect_join();
        alone.joined(&join, "m", 1, leader(LeadersWork::Assign));
        let work = next_call!(alone, Call::Distribute(work) => work);
        alone.reply(Reply::Distributed(work.ticket, Err(error)));
        alone
    };
    let mut later = distribute(Error::new(ErrorKind::Timeout, "no metadata"));
    later.quiet();
    later.wait();
    assert_eq!(later.expect_join().generation, 1);
    let mut never = distribute(Error::new(ErrorKind::State, "the assignor panicked"));
    assert_eq!(next_call!(never, Call::Fail(error) => error.kind()), ErrorKind::State);
}

#[test]
fn a_join_that_is_refused_is_sent_again_after_a_pause_or_never() {
    let refused = |error: Error| {
        let mut alone = Alone::new(rules(RebalanceProtocol::Eager));
        let join = alone.expect_join();
        alone.reply(Reply::Joined(join.ticket, Err(error)));
        alone
    };
    for passing in [
        code(ErrorCode::NOT_COORDINATOR),
        code(ErrorCode::COORDINATOR_NOT_AVAILABLE),
        code(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS),
        code(ErrorCode::REBALANCE_IN_PROGRESS),
        Error::new(ErrorKind::Connect, "refused"),
        Error::new(ErrorKind::Timeout, "no answer"),
    ] {
        let mut alone = refused(passing);
        alone.quiet();
        alone.wait();
        assert!(alone.expect_join().reason.starts_with("rebalance failed"));
    }
    for fatal in [
        ErrorCode::GROUP_MAX_SIZE_REACHED,
        ErrorCode::INCONSISTENT_GROUP_PROTOCOL,
        ErrorCode::GROUP_AUTHORIZATION_FAILED,
        ErrorCode::INVALID_SESSION_TIMEOUT,
        ErrorCode::INVALID_GROUP_ID,
        ErrorCode::FENCED_INSTANCE_ID,
        ErrorCode::UNSUPPORTED_VERSION,
        ErrorCode(30_000),
    ] {
        refused(code(fatal)).expect_failure(fatal);
    }
}

#[test]
fn a_coordinator_that_fails_at_a_sync_is_asked_to_begin_again_by_the_member_that_it_knows() {
    let failed = || code(ErrorCode::UNKNOWN_SERVER_ERROR);
    let mut alone = Alone::cooperative(&[0]);
    alone.heartbeat(Err(ErrorCode::REBALANCE_IN_PROGRESS));
    alone.join_as("m", 6);
    let sync = alone.expect_sync();
    alone.reply(Reply::Synced(sync.ticket, Err(failed())));
    alone.quiet();
    alone.wait();
    let join = alone.expect_join();
    assert_eq!((&*join.member_id, join.generation, join.owned), ("m", 6, partitions(&[0])));
    assert!(join.reason.contains("UNKNOWN_SERVER_ERROR"), "{}", join.reason);
    alone.reply(Reply::Joined(join.ticket, Err(failed())));
    alone.quiet();
    alone.wait();
    alone.join_as("m", 7);
    alone.synced(&[0]);
    assert_eq!(alone.owned(), partitions(&[0]), "nothing was lost");
}

/// Until it fails, with joins that succeed or do not, and syncs that do not: after how many seconds, and how many joins.
fn until_it_fails(alone: &mut Alone, joined: impl Fn(u32) -> Result<Joined, Error>) -> (u64, u32) {
    let (start, mut joins) = (alone.now, 0);
    let error = loop {
        match alone.call() {
            Some(Call::Join(join)) => {
                joins += 1;
                alone.reply(Reply::Joined(join.ticket, joined(joins)));
            }
            Some(Call::Sync(sync)) => {
                let failed = Err(code(ErrorCode::UNKNOWN_SERVER_ERROR));
                alone.reply(Reply::Synced(sync.ticket, failed));
            }
            Some(Call::Heartbeat(beat)) => alone.reply(Reply::Heard(beat.ticket, Ok(()))),
            Some(Call::Fail(error)) => break error,
            None => alone.wait(),
            other => panic!("instead there is {other:?}"),
        }
    };
    assert!(error.is(ErrorCode::UNKNOWN_SERVER_ERROR));
    ((alone.now - start).as_secs(), joins)
}

#[test]
fn a_coordinator_that_fails_at_joins_or_syncs_ends_a_member_after_a_sessions_time_and_not_before() {
    let as_member = |_| {
        let (member_id, protocol) = ("m".into(), "range".into());
        Ok(Joined::Member { member_id, generation: 1, protocol, role: Role::Follower })
    };
    let refused = |_| Err(code(ErrorCode::UNKNOWN_SERVER_ERROR));
    let mut at_syncs = Alone::new(rules(RebalanceProtocol::Eager));
    let mut at_joins = Alone::new(rules(RebalanceProtocol::Eager));
    for (seconds, joins) in [until_it_fails(&mut at_syncs, as_member), until_it_fails(&mut at_joins, refused)]
    {
        assert!((45..50).contains(&seconds) && joins < 100, "{seconds} seconds, {joins} joins");
    }
    // Failures from before a round that has come to its end do not count.
    let mut alone = Alone::new(rules(RebalanceProtocol::Cooperative));
    let join = alone.expect_join();
    alone.reply(Reply::Joined(join.ticket, refused(1)));
    alone.quiet();
    alone.wait();
    alone.join_as("m", 1);
    alone.take(&[]);
    alone.pass(44 * SECOND);
    alone.tell(Command::Subscribe(Subscription::Topics(named(["u"]))));
    let (seconds, _) = until_it_fails(&mut alone, as_member);
    assert!((45..50).contains(&seconds), "{seconds} seconds");
}

#[test]
fn nothing_that_a_coordinator_says_makes_a_loop_without_pauses() {
    for said in [ErrorCode::UNKNOWN_MEMBER_ID, ErrorCode::ILLEGAL_GENERATION, ErrorCode::NOT_COORDINATOR] {
        let mut alone = Alone::new(rules(RebalanceProtocol::Eager));
        let (start, mut joins) = (alone.now, 0);
        while alone.now - start < 60 * SECOND {
            match alone.call() {
                Some(Call::Join(join)) => {
                    joins += 1;
                    alone.reply(Reply::Joined(join.ticket, Err(code(said))));
                }
                None => alone.wait(),
                other => panic!("instead there is {other:?}"),
            }
        }
        assert!((50..100).contains(&joins), "{said}: {joins} joins in a minute");
    }
}

#[test]
fn an_assignor_that_this_member_does_not_have_ends_it() {
    let mut alone = Alone::new(rules(RebalanceProtocol::Eager));
    let join = alone.expect_join();
    let member = Joined::Member {
        member_id: "m".into(),
        generation: 1,
        protocol: "strange".into(),
        role: Role::Follower,
    };
    alone.reply(Reply::Joined(join.ticket, Ok(member)));
    alone.expect_failure(ErrorCode::INCONSISTENT_GROUP_PROTOCOL);

    let mut alone = Alone::new(rules(RebalanceProtocol::Eager));
    alone.join_as("m", 1);
    let sync = alone.expect_sync();
    let other = Synced { protocol: Some("sticky".into()), partitions: vec![] };
    alone.reply(Reply::Synced(sync.ticket, Ok(other)));
    alone.expect_failure(ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
}

#[test]
fn a_list_takes_no_other_topics_and_a_pattern_takes_what_the_leader_knows() {
    let others: Vec<TopicPartition> = vec![("t", 0).into(), ("u", 0).into()];
    for (subscription, taken) in [
        (Subscription::Topics(named(["t"])), &others[..1]),
        (Subscription::Matching(named(["t"])), &others[..]),
    ] {
        let mut alone = Alone::new(rules(RebalanceProtocol::Eager));
        alone.tell(Command::Subscribe(subscription));
        alone.join_as("m", 1);
        let sync = alone.expect_sync();
        let synced = Synced { protocol: None, partitions: others.clone() };
        alone.reply(Reply::Synced(sync.ticket, Ok(synced)));
        next_call!(alone, Call::Assign(added) => assert_eq!(added, taken));
    }
}

#[test]
fn a_pattern_for_the_broker_is_refused() {
    let mut alone = Alone::new(rules(RebalanceProtocol::Eager));
    alone.tell(Command::Subscribe(Subscription::Pattern("t.*".into())));
    assert_eq!(next_call!(alone, Call::Fail(error) => error.kind()), ErrorKind::Unsupported);
}
