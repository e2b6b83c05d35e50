//! Parting from the group.

use super::super::super::Leaving;
use super::*;

fn a_static(mut rules: ClassicRules) -> ClassicRules {
    rules.common.instance_id = Some("pod".into());
    rules
}

fn over(alone: &mut Alone) {
    alone.quiet();
    assert!(alone.core.deadline().is_none() && matches!(alone.core.stage, Stage::Over));
}

#[test]
fn a_member_that_is_closed_gives_up_everything_and_leaves_with_its_reason() {
    for mut alone in [Alone::eager(&[0, 1]), Alone::cooperative(&[0, 1])] {
        alone.core.close(alone.now);
        alone.expect_revoke(&[0, 1]);
        alone.quiet();
        assert!(alone.core.identity().is_some(), "offsets can be committed");
        alone.heartbeat(Ok(()));
        alone.quiet();
        alone.reply(Reply::Revoked);
        let leave = alone.expect_leave();
        assert_eq!((&*leave.member_id, &*leave.reason), ("m", "the consumer is being closed"));
        alone.quiet();
        alone.reply(Reply::Left(leave.ticket, Ok(())));
        over(&mut alone);
    }
}

#[test]
fn a_static_member_stays_unless_it_is_told_to_leave() {
    for (leaving, leaves) in [(Leaving::Default, false), (Leaving::Remain, false), (Leaving::Leave, true)] {
        let mut alone = Alone::stable(a_static(rules(RebalanceProtocol::Eager)), &[0]);
        alone.tell(Command::Leave(leaving));
        alone.expect_revoke(&[0]);
        alone.reply(Reply::Revoked);
        if leaves {
            let leave = alone.expect_leave();
            assert_eq!(leave.instance_id.as_deref(), Some("pod"));
            alone.reply(Reply::Left(leave.ticket, Ok(())));
        }
        over(&mut alone);
    }
}

#[test]
fn any_member_may_remain() {
    let mut alone = Alone::eager(&[]);
    alone.tell(Command::Leave(Leaving::Remain));
    over(&mut alone);
}

#[test]
fn leaving_is_repeated_until_the_session_is_over_anyway() {
    let mut alone = Alone::eager(&[]);
    alone.tell(Command::Leave(Leaving::Default));
    let (start, mut attempts) = (alone.now, 0);
    while let Some(call) = alone.call() {
        let Call::Leave(leave) = call else { panic!("instead there is {call:?}") };
        attempts += 1;
        alone.reply(Reply::Left(leave.ticket, Err(code(ErrorCode::NOT_COORDINATOR))));
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
        let mut alone = Alone::eager(&[]);
        alone.tell(Command::Leave(Leaving::Default));
        let leave = alone.expect_leave();
        alone.reply(Reply::Left(leave.ticket, Err(code(said))));
        over(&mut alone);
    }
    let mut nobody = Alone::new(rules(RebalanceProtocol::Eager));
    nobody.tell(Command::Leave(Leaving::Default));
    over(&mut nobody);
}

#[test]
fn a_first_join_is_waited_for_since_it_says_as_whom_to_leave() {
    for member in [false, true] {
        let mut alone = Alone::new(rules(RebalanceProtocol::Eager));
        let join = alone.expect_join();
        alone.tell(Command::Leave(Leaving::Default));
        alone.quiet();
        if member {
            alone.joined(&join, "m", 1, Role::Follower);
        } else {
            alone.reply(Reply::Joined(join.ticket, Ok(Joined::Known { member_id: "m".into() })));
        }
        assert_eq!(&*alone.expect_leave().member_id, "m");
    }
    let mut alone = Alone::new(rules(RebalanceProtocol::Eager));
    let join = alone.expect_join();
    alone.tell(Command::Leave(Leaving::Default));
    alone.reply(Reply::Joined(join.ticket, Err(Error::new(ErrorKind::Connect, "gone"))));
    over(&mut alone);
}

#[test]
fn a_member_that_joins_again_leaves_without_waiting() {
    let mut alone = Alone::eager(&[0]);
    alone.heartbeat(Err(ErrorCode::REBALANCE_IN_PROGRESS));
    alone.expect_revoke(&[0]);
    alone.reply(Reply::Revoked);
    let join = alone.expect_join();
    alone.tell(Command::Leave(Leaving::Default));
    let leave = alone.expect_leave();
    alone.joined(&join, "m", 6, Role::Follower);
    alone.quiet();
    alone.reply(Reply::Left(leave.ticket, Ok(())));
    over(&mut alone);
}

#[test]
fn a_round_goes_on_while_what_is_owned_is_given_up_so_that_its_offsets_can_be_committed() {
    let mut alone = Alone::cooperative(&[0]);
    alone.heartbeat(Err(ErrorCode::REBALANCE_IN_PROGRESS));
    let join = alone.expect_join();
    alone.tell(Command::Leave(Leaving::Default));
    alone.expect_revoke(&[0]);
    alone.joined(&join, "m", 6, Role::Follower);
    assert_eq!(alone.core.identity().map(|identity| identity.epoch), Some(6));
    alone.synced(&[0, 1]);
    alone.quiet();
    alone.reply(Reply::Revoked);
    alone.expect_leave();
}

#[test]
fn an_idle_member_loses_everything_leaves_and_joins_again_when_it_is_active() {
    let mut alone = Alone::eager(&[0]);
    alone.tell(Command::Idle);
    alone.expect_lose(&[0]);
    let leave = alone.expect_leave();
    assert_eq!((&*leave.member_id, &*leave.reason), ("m", "consumer poll timeout has expired."));
    assert!(alone.core.identity().is_none());
    alone.reply(Reply::Lost);
    alone.reply(Reply::Left(leave.ticket, Ok(())));
    alone.quiet();
    assert!(alone.core.deadline().is_none(), "nothing to wait for");
    alone.tell(Command::Active);
    let join = alone.expect_join();
    assert_eq!((&*join.member_id, join.generation), ("", -1));
}

#[test]
fn an_idle_member_that_is_active_again_waits_for_its_leave_to_be_answered() {
    let mut alone = Alone::eager(&[]);
    alone.tell(Command::Idle);
    let leave = alone.expect_leave();
    alone.tell(Command::Active);
    alone.quiet();
    alone.reply(Reply::Left(leave.ticket, Ok(())));
    alone.expect_join();
}

#[test]
fn an_idle_member_whose_join_is_under_way_leaves_when_it_is_answered() {
    let mut alone = Alone::new(rules(RebalanceProtocol::Eager));
    let join = alone.expect_join();
    alone.tell(Command::Idle);
    alone.quiet();
    alone.joined(&join, "m", 1, Role::Follower);
    assert_eq!(&*alone.expect_leave().member_id, "m");
}

#[test]
fn an_idle_static_member_says_nothing() {
    let mut alone = Alone::stable(a_static(rules(RebalanceProtocol::Eager)), &[0]);
    alone.tell(Command::Idle);
    alone.expect_lose(&[0]);
    alone.reply(Reply::Lost);
    alone.quiet();
    alone.tell(Command::Active);
    assert_eq!(&*alone.expect_join().member_id, "");
}

#[test]
fn an_idle_member_that_is_closed_while_it_revokes_loses_the_rest_first() {
    let mut alone = Alone::cooperative(&[0, 1]);
    alone.heartbeat(Err(ErrorCode::REBALANCE_IN_PROGRESS));
    alone.join_as("m", 6);
    alone.synced(&[1]);
    alone.expect_revoke(&[0]);
    alone.tell(Command::Idle);
    let leave = alone.expect_leave();
    next_call!(alone, Call::Hold => ());
    alone.tell(Command::Leave(Leaving::Default));
    alone.reply(Reply::Left(leave.ticket, Ok(())));
    alone.quiet();
    alone.reply(Reply::Revoked);
    alone.expect_lose(&[1]);
    alone.reply(Reply::Lost);
    over(&mut alone);
}
