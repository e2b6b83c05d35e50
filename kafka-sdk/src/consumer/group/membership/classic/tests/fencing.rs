//! No member any more, or perhaps none.

use super::*;

#[test]
fn a_member_that_is_not_known_any_more_loses_everything_and_joins_as_nobody() {
    for (said, member_id) in [(ErrorCode::UNKNOWN_MEMBER_ID, ""), (ErrorCode::ILLEGAL_GENERATION, "m")] {
        for mut alone in [Alone::eager(&[0, 1]), Alone::cooperative(&[0, 1])] {
            alone.heartbeat(Err(said));
            assert!(alone.core.identity().is_none(), "nothing can be committed");
            alone.expect_lose(&[0, 1]);
            alone.quiet();
            alone.reply(Reply::Lost);
            let join = alone.expect_join();
            assert_eq!((&*join.member_id, join.generation, join.owned.len()), (member_id, -1, 0));
            assert!(join.reason.contains("HEARTBEAT"), "{}", join.reason);
        }
    }
}

#[test]
fn a_member_that_is_fenced_while_it_revokes_hands_out_nothing_and_loses_the_rest() {
    let mut alone = Alone::cooperative(&[0, 1]);
    alone.heartbeat(Err(ErrorCode::REBALANCE_IN_PROGRESS));
    alone.join_as("m", 6);
    alone.synced(&[1]);
    alone.expect_revoke(&[0]);
    alone.heartbeat(Err(ErrorCode::UNKNOWN_MEMBER_ID));
    next_call!(alone, Call::Hold => ());
    alone.quiet();
    alone.reply(Reply::Revoked);
    alone.expect_lose(&[1]);
    alone.reply(Reply::Lost);
    alone.join_as("n", 7);
    next_call!(alone, Call::Release => ());
    alone.take(&[1]);
}

#[test]
fn what_is_assigned_after_a_fence_is_lost_or_was_never_had() {
    for (taken, lost) in [(Taken::All, &[0][..]), (Taken::None, &[])] {
        let mut alone = Alone::new(rules(RebalanceProtocol::Eager));
        alone.join_as("m", 1);
        alone.synced(&[0]);
        next_call!(alone, Call::Assign(_) => ());
        alone.heartbeat(Err(ErrorCode::ILLEGAL_GENERATION));
        next_call!(alone, Call::Hold => ());
        alone.quiet();
        alone.reply(Reply::Assigned(taken));
        if !lost.is_empty() {
            alone.expect_lose(lost);
            alone.reply(Reply::Lost);
        }
        alone.expect_join();
    }
}

#[test]
fn a_fence_ends_a_round_that_is_under_way() {
    let mut alone = Alone::new(rules(RebalanceProtocol::Eager));
    alone.join_as("m", 1);
    let sync = alone.expect_sync();
    alone.heartbeat(Err(ErrorCode::UNKNOWN_MEMBER_ID));
    let join = alone.expect_join();
    assert_eq!(&*join.member_id, "");
    alone.reply(Reply::Synced(sync.ticket, Ok(Synced { protocol: None, partitions: partitions(&[0]) })));
    alone.quiet();
    assert!(alone.core.identity().is_none());
}

#[test]
fn while_it_joins_a_member_is_unknown_but_not_outdated() {
    for (said, joins_again) in [(ErrorCode::ILLEGAL_GENERATION, false), (ErrorCode::UNKNOWN_MEMBER_ID, true)]
    {
        let mut alone = Alone::cooperative(&[0]);
        alone.heartbeat(Err(ErrorCode::REBALANCE_IN_PROGRESS));
        alone.expect_join();
        alone.heartbeat(Err(said));
        if joins_again {
            alone.expect_lose(&[0]);
            alone.reply(Reply::Lost);
            assert_eq!(&*alone.expect_join().member_id, "");
        } else {
            alone.quiet();
        }
    }
}

#[test]
fn another_one_with_the_same_instance_id_ends_it() {
    for said in [ErrorCode::FENCED_INSTANCE_ID, ErrorCode::GROUP_AUTHORIZATION_FAILED] {
        let mut alone = Alone::eager(&[0]);
        alone.heartbeat(Err(said));
        alone.expect_lose(&[0]);
        alone.quiet();
        alone.reply(Reply::Lost);
        alone.expect_failure(said);
    }
}

#[test]
fn heartbeats_that_fail_are_repeated_sooner() {
    let mut alone = Alone::eager(&[0]);
    for said in [
        ErrorCode::NOT_COORDINATOR,
        ErrorCode::COORDINATOR_NOT_AVAILABLE,
        ErrorCode::COORDINATOR_LOAD_IN_PROGRESS,
        ErrorCode(30_000),
    ] {
        alone.heartbeat(Err(said));
        let before = alone.now;
        alone.quiet();
        alone.wait();
        assert!(alone.now - before <= 2 * SECOND, "{said}");
        let heartbeat = alone.expect_heartbeat();
        assert_eq!(heartbeat.within, 15 * SECOND, "several fit into a session");
        alone.reply(Reply::Heard(heartbeat.ticket, Ok(())));
        alone.quiet();
    }
    assert_eq!(alone.owned(), partitions(&[0]));
}

#[test]
fn nothing_is_handed_out_after_a_session_without_an_answer_until_the_member_has_joined_again() {
    let mut alone = Alone::cooperative(&[0]);
    alone.heartbeat(Ok(()));
    alone.quiet();
    let proven = alone.now;
    assert_eq!(alone.core.session_ends(), Some(proven + 45 * SECOND));
    let mut held = None;
    while held.is_none() {
        alone.wait();
        match alone.call() {
            Some(Call::Heartbeat(heartbeat)) => {
                let lost = Error::new(ErrorKind::Connect, "gone");
                alone.reply(Reply::Heard(heartbeat.ticket, Err(lost)));
                alone.quiet();
            }
            Some(Call::Hold) => held = Some(alone.now),
            other => panic!("instead there is {other:?}"),
        }
    }
    assert_eq!(held, Some(proven + 45 * SECOND));
    alone.quiet();
    // A coordinator that loads its groups says that to everybody.
    alone.heartbeat(Ok(()));
    alone.join_as("m", 6);
    next_call!(alone, Call::Release => ());
    alone.synced(&[0]);
    assert_eq!(alone.owned(), partitions(&[0]), "still a member: nothing is lost");
}

#[test]
fn the_session_counts_from_when_a_heartbeat_was_sent() {
    let mut alone = Alone::eager(&[0]);
    alone.wait();
    let (sent, heartbeat) = (alone.now, alone.expect_heartbeat());
    alone.pass(2 * SECOND);
    alone.reply(Reply::Heard(heartbeat.ticket, Ok(())));
    assert_eq!(alone.core.session_ends(), Some(sent + 45 * SECOND));
}

#[test]
fn who_has_slept_through_its_session_holds_before_anything_else() {
    let mut alone = Alone::cooperative(&[0]);
    alone.pass(600 * SECOND);
    next_call!(alone, Call::Hold => ());
    alone.expect_heartbeat();
}

#[test]
fn a_doubt_is_settled_by_a_heartbeat_at_once() {
    let mut alone = Alone::eager(&[0]);
    alone.tell(Command::Doubt);
    let heartbeat = alone.expect_heartbeat();
    alone.tell(Command::Doubt);
    alone.quiet();
    alone.reply(Reply::Heard(heartbeat.ticket, Err(code(ErrorCode::UNKNOWN_MEMBER_ID))));
    alone.expect_lose(&[0]);
}
