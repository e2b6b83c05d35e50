use super::*;
use crate::embedded::state::groups::classic::Committer;

fn commit(made: &mut Made, member_id: &str, generation: i32) -> ErrorCode {
    let by = Committer { member_id, instance: None, generation };
    let now = made.now;
    made.group.commit(by, now).err().unwrap_or_default()
}

#[test]
fn a_rebalance_waits_for_all_members_and_for_syncs() {
    let mut made = Made::new();
    let ids = made.stable(2);
    let mut third = made.join("", None);
    assert_eq!(made.beat(&ids[0]), ErrorCode::REBALANCE_IN_PROGRESS);
    let mut first = made.join(&ids[0], None);
    assert!(waits(&mut first) && waits(&mut third));
    let mut second = made.join(&ids[1], None);
    let generation = joined(&mut first).generation_id;
    assert_eq!(joined(&mut second).generation_id, generation);
    let third = joined(&mut third).member_id;
    assert_eq!(made.beat(&third), ErrorCode::NONE, "while it waits for its share");
    let mut follower = made.sync(&third, &[]);
    assert!(waits(&mut follower));
    let mut leader = made.sync(&ids[0], &[(&third, "share"), (&ids[0], "more")]);
    assert_eq!(&synced(&mut follower).assignment[..], b"share");
    assert_eq!(&synced(&mut leader).assignment[..], b"more");
    assert!(synced(&mut made.sync(&ids[1], &[])).assignment.is_empty(), "the leader gave it nothing");
}

#[test]
fn who_does_not_join_again_in_time_is_out() {
    let mut made = Made::new();
    let ids = made.stable(2);
    let mut first = made.join(&ids[0], None);
    // It lives, and does not join.
    for _ in 0..REBALANCE / 5000 - 1 {
        made.pass(5000);
        assert_eq!(made.beat(&ids[1]), ErrorCode::REBALANCE_IN_PROGRESS);
    }
    assert!(waits(&mut first));
    made.pass(5000);
    assert_eq!(joined(&mut first).members.len(), 1);
    assert_eq!(made.beat(&ids[1]), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn another_leads_if_the_leader_does_not_join_again() {
    let mut made = Made::new();
    let ids = made.stable(2);
    let mut third = made.join("", None);
    let mut second = made.join(&ids[1], None);
    made.pass(REBALANCE);
    let (second, third) = (joined(&mut second), joined(&mut third));
    assert_eq!(second.leader, ids[1]);
    assert_eq!((second.members.len(), third.members.len()), (2, 0));
}

#[test]
fn who_does_not_sync_in_time_is_out() {
    let mut made = Made::new();
    let ids = made.stable(2);
    let mut joining: Vec<Joining> = ids.iter().map(|id| made.join(id, None)).collect();
    joining.iter_mut().for_each(|joining| drop(joined(joining)));
    let mut leader = made.sync(&ids[0], &[]);
    assert_eq!(synced(&mut leader).error_code, ErrorCode::NONE);
    for _ in 0..REBALANCE / 5000 {
        made.pass(5000);
        for id in &ids {
            made.beat(id);
        }
    }
    assert_eq!(made.beat(&ids[1]), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(made.beat(&ids[0]), ErrorCode::REBALANCE_IN_PROGRESS);
}

#[test]
fn syncs_that_wait_are_ended_by_the_next_rebalance() {
    let mut made = Made::new();
    let ids = made.stable(2);
    let mut joining: Vec<Joining> = ids.iter().map(|id| made.join(id, None)).collect();
    joining.iter_mut().for_each(|joining| drop(joined(joining)));
    let mut follower = made.sync(&ids[1], &[]);
    let _third = made.join("", None);
    assert_eq!(synced(&mut follower).error_code, ErrorCode::REBALANCE_IN_PROGRESS);
    assert_eq!(synced(&mut made.sync(&ids[0], &[])).error_code, ErrorCode::REBALANCE_IN_PROGRESS);
}

#[test]
fn only_the_leader_or_news_begin_a_rebalance() {
    let mut made = Made::new();
    let ids = made.stable(2);
    let same = joined(&mut made.join(&ids[1], None));
    assert_eq!((same.generation_id, same.members.len()), (made.group.generation, 0));
    assert_eq!(made.group.phase, Phase::Stable);
    let _news = made.join_by(&ids[1], None, &["range", "sticky"], 3);
    assert_eq!(made.group.phase, Phase::Preparing);
}

#[test]
fn commits_are_taken_from_members_of_this_generation() {
    let mut made = Made::new();
    assert_eq!(commit(&mut made, "", -1), ErrorCode::NONE, "nobody is in it");
    let ids = made.stable(1);
    let generation = made.group.generation;
    assert_eq!(commit(&mut made, "", -1), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(commit(&mut made, "nobody", generation), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(commit(&mut made, &ids[0], generation - 1), ErrorCode::ILLEGAL_GENERATION);
    made.pass(SESSION - 1);
    assert_eq!(commit(&mut made, &ids[0], generation), ErrorCode::NONE);
    made.pass(SESSION - 1);
    assert_eq!(made.beat(&ids[0]), ErrorCode::NONE, "who commits is alive");
    drop(made.join(&ids[0], None));
    assert_eq!(commit(&mut made, &ids[0], generation + 1), ErrorCode::REBALANCE_IN_PROGRESS);
}
