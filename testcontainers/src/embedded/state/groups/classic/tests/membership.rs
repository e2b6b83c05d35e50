use super::*;
use kafka_sdk_protocol::api::leave_group::MemberIdentity;

fn leave(made: &mut Made, id: &str) -> ErrorCode {
    let member = MemberIdentity { member_id: id.into(), ..Default::default() };
    let (members, now) = (vec![member], made.now);
    made.group.leave(members, now)[0].error_code
}

#[test]
fn a_new_member_is_given_an_id_which_is_void_after_its_session() {
    let mut made = Made::new();
    let given = joined(&mut made.join_by("", None, &["range"], 4));
    assert_eq!(given.error_code, ErrorCode::MEMBER_ID_REQUIRED);
    assert!(given.member_id.starts_with("test-"));
    assert_eq!(made.group.phase, Phase::Empty);
    made.pass(SESSION - 1);
    let answer = joined(&mut made.join_by(&given.member_id, None, &["range"], 4));
    assert_eq!((answer.error_code, answer.generation_id), (ErrorCode::NONE, 1));
    assert_eq!(answer.leader, given.member_id);
    let other = joined(&mut made.join_by("", None, &["range"], 4));
    made.pass(SESSION);
    let answer = joined(&mut made.join_by(&other.member_id, None, &["range"], 4));
    assert_eq!(answer.error_code, ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn the_first_waits_for_others_and_longer_if_they_come() {
    let mut made = Made::with(|settings| settings.initial_delay = 3000);
    let mut first = made.join("", None);
    made.pass(2000);
    let mut second = made.join("", None);
    made.pass(1000);
    assert!(waits(&mut first) && waits(&mut second), "somebody has come: three seconds more");
    made.pass(2999);
    assert!(waits(&mut first));
    made.pass(1);
    assert_eq!((joined(&mut first).generation_id, joined(&mut second).generation_id), (1, 1));
}

#[test]
fn a_group_has_so_many_members_and_no_more() {
    let mut made = Made::with(|settings| settings.max_size = 1);
    let ids = made.stable(1);
    assert_eq!(joined(&mut made.join("", None)).error_code, ErrorCode::GROUP_MAX_SIZE_REACHED);
    assert_eq!(made.beat(&ids[0]), ErrorCode::NONE);
}

#[test]
fn who_knows_none_of_the_protocols_is_refused() {
    let mut made = Made::new();
    made.stable(1);
    let other = joined(&mut made.join_by("", None, &["sticky"], 3));
    assert_eq!(other.error_code, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    let none = joined(&mut Made::new().join_by("", None, &[], 3));
    assert_eq!(none.error_code, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
}

#[test]
fn the_protocol_is_one_that_all_know_and_most_want() {
    let mut made = Made::new();
    let first = joined(&mut made.join_by("", None, &["a", "b"], 3)).member_id;
    let mut others = [made.join_by("", None, &["b", "a"], 3), made.join_by("", None, &["c", "b", "a"], 3)];
    let answer = joined(&mut made.join_by(&first, None, &["a", "b"], 3));
    assert_eq!(answer.protocol_name.as_deref(), Some("b"));
    assert_eq!(answer.members.len(), 3, "the leader hears of all");
    assert!(joined(&mut others[1]).members.is_empty());
}

#[test]
fn who_is_not_heard_of_is_out_and_the_others_join_again() {
    let mut made = Made::new();
    let ids = made.stable(2);
    made.pass(SESSION / 2);
    assert_eq!(made.beat(&ids[0]), ErrorCode::NONE);
    made.pass(SESSION / 2);
    assert_eq!(made.beat(&ids[1]), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(made.beat(&ids[0]), ErrorCode::REBALANCE_IN_PROGRESS);
    assert_eq!(joined(&mut made.join(&ids[0], None)).members.len(), 1);
}

#[test]
fn a_group_whose_members_have_left_is_empty() {
    let mut made = Made::new();
    let ids = made.stable(2);
    assert_eq!(leave(&mut made, "nobody"), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(leave(&mut made, &ids[0]), ErrorCode::NONE);
    assert_eq!(made.group.phase, Phase::Preparing);
    assert_eq!(leave(&mut made, &ids[1]), ErrorCode::NONE);
    assert_eq!((made.group.phase, made.group.due()), (Phase::Empty, None));
    assert_eq!(joined(&mut made.join("", None)).error_code, ErrorCode::NONE);
}

#[test]
fn a_session_begins_anew_when_another_node_coordinates() {
    let mut made = Made::new();
    let ids = made.stable(1);
    made.now += SESSION * 3;
    let now = made.now;
    made.group.renew_sessions(now);
    made.pass(SESSION - 1);
    assert_eq!(made.beat(&ids[0]), ErrorCode::NONE);
}
