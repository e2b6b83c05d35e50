//! No member any more, or perhaps none.

use super::*;

#[test]
fn a_member_that_is_fenced_loses_everything_and_joins_with_epoch_0() {
    for said in [ErrorCode::FENCED_MEMBER_EPOCH, ErrorCode::UNKNOWN_MEMBER_ID, ErrorCode::GROUP_ID_NOT_FOUND]
    {
        let mut alone = Alone::owning(&[0, 1]);
        alone.next(Err(said));
        assert!(alone.core.identity().is_none(), "nothing can be committed");
        alone.expect_lose(&[0, 1]);
        alone.quiet();
        alone.reply(Reply::Lost);
        let join = alone.answer(Ok(good(9, Some(&[1]))));
        assert_eq!((join.epoch, join.member_id), (0, MemberId::Known("m".into())));
        assert_eq!(join.owned, Some(ById::new()));
        assert!(join.rebalance_timeout.is_some() && join.subscription.is_some());
        alone.expect_assign(&[1]);
    }
}

#[test]
fn a_member_that_is_fenced_while_it_revokes_hands_out_nothing_and_loses_the_rest() {
    let mut alone = Alone::owning(&[0, 1]);
    alone.next(Ok(good(5, Some(&[1]))));
    alone.expect_revoke(&[0]);
    alone.next(Err(ErrorCode::FENCED_MEMBER_EPOCH));
    next_call!(alone, Call::Hold => ());
    alone.quiet();
    alone.reply(Reply::Revoked);
    alone.expect_lose(&[1]);
    alone.reply(Reply::Lost);
    alone.answer(Ok(good(9, Some(&[1]))));
    next_call!(alone, Call::Release => ());
    alone.expect_assign(&[1]);
}

#[test]
fn what_is_assigned_after_a_fence_is_lost_or_was_never_had() {
    for (taken, lost) in [(Taken::All, &[0][..]), (Taken::None, &[])] {
        let mut alone = Alone::new(rules());
        alone.answer(Ok(good(1, Some(&[0]))));
        alone.expect_assign(&[0]);
        alone.answer(Err(ErrorCode::FENCED_MEMBER_EPOCH));
        next_call!(alone, Call::Hold => ());
        alone.quiet();
        alone.reply(Reply::Assigned(taken));
        if !lost.is_empty() {
            alone.expect_lose(lost);
            alone.reply(Reply::Lost);
        }
        assert_eq!(alone.expect_heartbeat().epoch, 0);
    }
}

#[test]
fn who_is_not_taken_back_leaves_and_joins_as_another_one() {
    let mut alone = Alone::owning(&[]);
    alone.next(Err(ErrorCode::FENCED_MEMBER_EPOCH));
    let join = alone.answer(Err(ErrorCode::FENCED_MEMBER_EPOCH));
    assert_eq!((join.epoch, join.member_id), (0, MemberId::Known("m".into())));
    let leave = alone.answer(Err(ErrorCode::UNKNOWN_MEMBER_ID));
    assert_eq!((leave.epoch, leave.member_id), (-1, MemberId::Known("m".into())));
    let join = alone.expect_heartbeat();
    assert_eq!(join.epoch, 0);
    assert!(matches!(join.member_id, MemberId::Chosen(_)));
}

/// Until it fails, with nothing but this answer: after how many seconds, and how many heartbeats.
fn refused_until_it_fails(alone: &mut Alone, code: ErrorCode) -> (u64, u32) {
    let (start, mut attempts) = (alone.now, 0);
    let failed = loop {
        match alone.call() {
            Some(Call::ConsumerHeartbeat(heartbeat)) => {
                attempts += 1;
                alone.heard(&heartbeat, Err(Error::of_code(code, "refused")));
            }
            Some(Call::Fail(error)) => break error,
            None => alone.wait(),
            other => panic!("instead there is {other:?}"),
        }
    };
    assert!(failed.is(code));
    ((alone.now - start).as_secs(), attempts)
}

#[test]
fn a_coordinator_that_fails_is_asked_again_for_as_long_as_a_session() {
    let mut alone = Alone::owning(&[0]);
    alone.next(Err(ErrorCode::UNKNOWN_SERVER_ERROR));
    let again = alone.next(Ok(good(6, None)));
    assert!(
        again.epoch == 5 && again.owned == Some(of_t(&[0])),
        "as the member that it was, with all fields"
    );
    alone.quiet();
    assert!(alone.core.identity().is_some_and(|identity| identity.epoch == 6), "nothing was lost");

    let (seconds, attempts) =
        refused_until_it_fails(&mut Alone::new(rules()), ErrorCode::UNKNOWN_SERVER_ERROR);
    assert!((45..50).contains(&seconds) && attempts < 100, "{seconds}, {attempts}");
}

#[test]
fn an_instance_id_that_another_has_is_asked_for_until_that_session_must_be_over() {
    let mut alone = Alone::new(a_static());
    let (seconds, attempts) = refused_until_it_fails(&mut alone, ErrorCode::UNRELEASED_INSTANCE_ID);
    assert!((90..100).contains(&seconds) && attempts < 200, "{seconds}, {attempts}");

    let mut alone = Alone::new(a_static());
    alone.answer(Err(ErrorCode::UNRELEASED_INSTANCE_ID));
    alone.next(Ok(good(1, Some(&[0]))));
    alone.expect_assign(&[0]);
}

#[test]
fn an_instance_id_is_asked_for_as_long_again_after_the_coordinator_was_away() {
    for away in [Error::new(ErrorKind::Connect, "gone"), Error::of_code(ErrorCode::NOT_COORDINATOR, "moved")]
    {
        let mut alone = Alone::new(a_static());
        let refused_for = |alone: &mut Alone, seconds: u32| {
            let start = alone.now;
            while alone.now < start + seconds * SECOND {
                alone.next(Err(ErrorCode::UNRELEASED_INSTANCE_ID));
            }
        };
        alone.answer(Err(ErrorCode::UNRELEASED_INSTANCE_ID));
        refused_for(&mut alone, 80);
        alone.quiet();
        alone.wait();
        let asked = alone.expect_heartbeat();
        alone.heard(&asked, Err(away));
        refused_for(&mut alone, 80);
        alone.next(Ok(good(1, Some(&[0]))));
        alone.expect_assign(&[0]);
    }
}

#[test]
fn what_nothing_helps_against_ends_it_after_everything_is_lost() {
    for fatal in [
        ErrorCode::FENCED_INSTANCE_ID,
        ErrorCode::GROUP_MAX_SIZE_REACHED,
        ErrorCode::UNSUPPORTED_ASSIGNOR,
        ErrorCode::INVALID_REGULAR_EXPRESSION,
        ErrorCode::GROUP_AUTHORIZATION_FAILED,
        ErrorCode::TOPIC_AUTHORIZATION_FAILED,
        ErrorCode::INVALID_REQUEST,
        ErrorCode::UNSUPPORTED_VERSION,
        ErrorCode(30_000),
    ] {
        let mut joining = Alone::new(rules());
        joining.answer(Err(fatal));
        joining.expect_failure(fatal);

        let mut member = Alone::owning(&[0]);
        member.next(Err(fatal));
        member.expect_lose(&[0]);
        member.quiet();
        member.reply(Reply::Lost);
        member.expect_failure(fatal);
    }
}

#[test]
fn nothing_that_a_coordinator_says_makes_a_loop_without_pauses() {
    for said in [ErrorCode::FENCED_MEMBER_EPOCH, ErrorCode::UNKNOWN_MEMBER_ID, ErrorCode::NOT_COORDINATOR] {
        let mut alone = Alone::new(rules());
        let (start, mut heartbeats) = (alone.now, 0);
        while alone.now - start < 60 * SECOND {
            match alone.call() {
                Some(Call::ConsumerHeartbeat(heartbeat)) => {
                    heartbeats += 1;
                    alone.heard(&heartbeat, Err(Error::of_code(said, "refused")));
                }
                None => alone.wait(),
                other => panic!("instead there is {other:?}"),
            }
        }
        assert!((50..150).contains(&heartbeats), "{said}: {heartbeats} in a minute");
    }
}

#[test]
fn nothing_is_handed_out_after_a_session_without_an_answer_until_there_is_one() {
    let mut alone = Alone::owning(&[0]);
    alone.next(Ok(good(5, None)));
    alone.quiet();
    let proven = alone.now;
    assert_eq!(alone.core.session_ends(), Some(proven + 45 * SECOND));
    loop {
        alone.wait();
        match alone.call() {
            Some(Call::ConsumerHeartbeat(heartbeat)) => {
                alone.heard(&heartbeat, Err(Error::new(ErrorKind::Connect, "gone")));
                alone.quiet();
            }
            Some(Call::Hold) => break,
            other => panic!("instead there is {other:?}"),
        }
    }
    assert_eq!(alone.now, proven + 45 * SECOND);
    alone.next(Ok(good(5, None)));
    next_call!(alone, Call::Release => ());
    alone.quiet();
}

#[test]
fn an_answer_to_an_old_heartbeat_is_ignored() {
    let mut alone = Alone::owning(&[0]);
    alone.tell(Command::Doubt);
    let old = alone.expect_heartbeat();
    alone.heard(&old, Err(Error::of_code(ErrorCode::FENCED_MEMBER_EPOCH, "refused")));
    alone.heard(&old, Ok(good(6, Some(&[0, 1]))));
    assert!(alone.core.identity().is_none());
    alone.expect_lose(&[0]);
}
