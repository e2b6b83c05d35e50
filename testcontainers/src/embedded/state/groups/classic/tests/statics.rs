use super::*;
use kafka_sdk_protocol::api::leave_group::MemberIdentity;

/// A stable group of two static members, `one` leading.
fn pair(made: &mut Made) -> (String, String) {
    let one = joined(&mut made.join("", Some("one"))).member_id;
    let mut two = made.join("", Some("two"));
    drop(made.join(&one, Some("one")));
    let two = joined(&mut two).member_id;
    drop(made.sync(&one, &[(&one, "a"), (&two, "b")]));
    drop(made.sync(&two, &[]));
    assert_eq!(made.group.phase, Phase::Stable);
    (one, two)
}

#[test]
fn a_static_member_that_comes_back_has_its_share_without_a_rebalance() {
    let mut made = Made::new();
    let (_, two) = pair(&mut made);
    let generation = made.group.generation;
    let back = joined(&mut made.join_by("", Some("two"), &["range"], 9));
    assert_eq!((back.error_code, back.generation_id), (ErrorCode::NONE, generation));
    assert_ne!(back.member_id, two);
    assert!(!back.skip_assignment);
    assert_eq!(&synced(&mut made.sync(&back.member_id, &[])).assignment[..], b"b");
    let fenced = made.group.heartbeat(&two, Some("two"), generation, made.now);
    assert_eq!(fenced, Err(ErrorCode::FENCED_INSTANCE_ID));
}

#[test]
fn a_leader_that_comes_back_leaves_the_assignment_as_it_is() {
    let mut made = Made::new();
    pair(&mut made);
    let back = joined(&mut made.join_by("", Some("one"), &["range"], 9));
    assert!(back.skip_assignment);
    assert_eq!((&back.leader, back.members.len()), (&back.member_id, 2));
    let mut made = Made::new();
    let (one, _) = pair(&mut made);
    let old = joined(&mut made.join_by("", Some("one"), &["range"], 8));
    assert_eq!((old.leader, old.members.len()), (one, 0), "it must not take itself for the leader");
}

#[test]
fn a_change_of_protocol_begins_a_rebalance() {
    let mut made = Made::new();
    let one = joined(&mut made.join_by("", Some("one"), &["a", "b"], 9)).member_id;
    drop(made.sync(&one, &[]));
    let mut back = made.join_by("", Some("one"), &["b"], 9);
    assert_eq!(joined(&mut back).protocol_name.as_deref(), Some("b"));
    assert_eq!((made.group.phase, made.group.generation), (Phase::Completing, 2));
}

#[test]
fn one_that_waits_is_fenced_by_another_with_its_instance() {
    let mut made = Made::new();
    let (one, _) = pair(&mut made);
    let mut waiting = made.join(&one, Some("one"));
    assert!(waits(&mut waiting));
    let mut other = made.join("", Some("one"));
    assert_eq!(joined(&mut waiting).error_code, ErrorCode::FENCED_INSTANCE_ID);
    assert!(waits(&mut other));
}

#[test]
fn static_members_stay_through_a_rebalance_without_joining_again() {
    let mut made = Made::new();
    let (one, two) = pair(&mut made);
    let mut first = made.join(&one, Some("one"));
    for _ in 0..REBALANCE / 5000 {
        made.pass(5000);
        made.beat(&two);
    }
    assert_eq!(joined(&mut first).members.len(), 2);
}

#[test]
fn static_members_leave_by_their_instance() {
    let mut made = Made::new();
    pair(&mut made);
    let by =
        |instance: &str| MemberIdentity { group_instance_id: Some(instance.into()), ..Default::default() };
    let now = made.now;
    let left = made.group.leave(vec![by("one"), by("three"), by("two")], now);
    let codes: Vec<ErrorCode> = left.iter().map(|member| member.error_code).collect();
    assert_eq!(codes, [ErrorCode::NONE, ErrorCode::UNKNOWN_MEMBER_ID, ErrorCode::NONE]);
    assert_eq!(made.group.phase, Phase::Empty);
}
