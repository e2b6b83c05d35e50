//! Parting from the group.

use super::super::super::Leaving;
use super::*;

fn over(alone: &mut Alone) {
    alone.quiet();
    assert!(alone.core.deadline().is_none() && matches!(alone.core.stage, Stage::Over));
}

fn left(epoch: i32) -> Result<ConsumerHeard, ErrorCode> {
    Ok(ConsumerHeard { epoch, ..ConsumerHeard::default() })
}

#[test]
fn a_member_gives_up_everything_and_leaves_with_the_epoch_for_it() {
    for (is_static, leaving, epoch) in [
        (false, Leaving::Default, Some(-1)),
        (false, Leaving::Leave, Some(-1)),
        (false, Leaving::Remain, None),
        (true, Leaving::Default, Some(-2)),
        (true, Leaving::Leave, Some(-1)),
        (true, Leaving::Remain, Some(-2)),
    ] {
        let mut alone = Alone::member(if is_static { a_static() } else { rules() }, &[0, 1]);
        alone.tell(Command::Leave(leaving));
        alone.expect_revoke(&[0, 1]);
        assert!(alone.core.identity().is_some(), "offsets can be committed");
        alone.next(Ok(good(5, None)));
        alone.quiet();
        alone.reply(Reply::Revoked);
        if let Some(epoch) = epoch {
            let farewell = alone.answer(left(epoch));
            assert_eq!((farewell.epoch, farewell.member_id), (epoch, MemberId::Known("m".into())));
            assert_eq!((farewell.owned, farewell.subscription), (None, None));
        }
        over(&mut alone);
    }
}

#[test]
fn closing_is_leaving() {
    let mut alone = Alone::owning(&[]);
    alone.core.close(alone.now);
    assert_eq!(alone.answer(left(-1)).epoch, -1);
    over(&mut alone);
    let mut nobody = Alone::new(rules());
    nobody.core.close(nobody.now);
    over(&mut nobody);
}

#[test]
fn leaving_is_repeated_until_the_session_is_over_anyway() {
    let mut alone = Alone::owning(&[]);
    alone.tell(Command::Leave(Leaving::Default));
    let (start, mut attempts) = (alone.now, 0);
    while let Some(call) = alone.call() {
        let Call::ConsumerHeartbeat(farewell) = call else { panic!("instead there is {call:?}") };
        attempts += 1;
        alone.heard(&farewell, Err(Error::of_code(ErrorCode::NOT_COORDINATOR, "moved")));
        alone.quiet();
        if alone.core.deadline().is_some() {
            alone.wait();
        }
    }
    assert!((30..80).contains(&attempts), "{attempts} attempts");
    assert!(alone.now - start <= 45 * SECOND);
    over(&mut alone);
}

#[test]
fn who_is_no_member_any_more_has_left() {
    for said in [ErrorCode::UNKNOWN_MEMBER_ID, ErrorCode::FENCED_INSTANCE_ID, ErrorCode(30_000)] {
        let mut alone = Alone::owning(&[]);
        alone.tell(Command::Leave(Leaving::Default));
        alone.answer(Err(said));
        over(&mut alone);
    }
}

#[test]
fn a_first_join_is_waited_for_and_one_without_an_answer_is_taken_back() {
    let mut alone = Alone::new(rules());
    let join = alone.expect_heartbeat();
    alone.tell(Command::Leave(Leaving::Default));
    alone.quiet();
    alone.heard(&join, Ok(good(1, Some(&[0]))));
    assert_eq!(alone.answer(left(-1)).member_id, MemberId::Known("m".into()));
    over(&mut alone);

    let mut alone = Alone::new(rules());
    let join = alone.expect_heartbeat();
    alone.tell(Command::Leave(Leaving::Default));
    alone.heard(&join, Err(Error::new(ErrorKind::Timeout, "no answer")));
    let farewell = alone.answer(left(-1));
    assert_eq!((farewell.epoch, &farewell.member_id), (-1, &join.member_id));
    over(&mut alone);
}

#[test]
fn a_member_that_is_fenced_while_it_gives_up_everything_has_lost_the_rest() {
    let mut alone = Alone::owning(&[0]);
    alone.tell(Command::Leave(Leaving::Default));
    alone.expect_revoke(&[0]);
    alone.next(Err(ErrorCode::UNKNOWN_MEMBER_ID));
    next_call!(alone, Call::Hold => ());
    alone.reply(Reply::Revoked);
    alone.answer(Err(ErrorCode::UNKNOWN_MEMBER_ID));
    over(&mut alone);
}

#[test]
fn an_idle_member_loses_everything_leaves_and_joins_again_when_it_is_active() {
    for (rules, epoch) in [(rules(), -1), (a_static(), -2)] {
        let mut alone = Alone::member(rules, &[0]);
        alone.tell(Command::Idle);
        alone.expect_lose(&[0]);
        let farewell = alone.answer(left(epoch));
        assert_eq!(farewell.epoch, epoch);
        assert!(alone.core.identity().is_none());
        alone.reply(Reply::Lost);
        alone.quiet();
        assert!(alone.core.deadline().is_none(), "nothing to wait for");
        alone.tell(Command::Active);
        assert_eq!(alone.expect_heartbeat().epoch, 0);
    }
}

#[test]
fn an_idle_member_that_is_active_again_waits_for_its_farewell_to_be_answered() {
    let mut alone = Alone::owning(&[]);
    alone.tell(Command::Idle);
    let farewell = alone.expect_heartbeat();
    alone.tell(Command::Active);
    alone.quiet();
    alone.heard(&farewell, Err(Error::of_code(ErrorCode::UNKNOWN_MEMBER_ID, "refused")));
    assert_eq!(alone.expect_heartbeat().epoch, 0);
}
