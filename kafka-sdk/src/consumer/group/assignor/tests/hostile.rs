//! What other programs send that is no subscription or assignment.

use super::super::wire::encode_subscription;
use super::super::{AssignmentStrategy, Member, Members, RebalanceProtocol, decode_assignment};
use super::own::known;
use crate::consumer::group::membership;
use crate::error::ErrorKind;
use bytes::Bytes;

const STRATEGIES: [AssignmentStrategy; 4] = [
    AssignmentStrategy::Range,
    AssignmentStrategy::RoundRobin,
    AssignmentStrategy::Sticky,
    AssignmentStrategy::CooperativeSticky,
];

fn joined(id: &str, subscription: Bytes) -> membership::Member {
    membership::Member { member_id: id.into(), instance_id: None, subscription }
}

fn subscription() -> Bytes {
    let member = Member::new("m", ["t", "u"]).owning([("t", 0), ("u", 3)], 7).in_rack("r");
    encode_subscription(&member.with_user_data(b"\0\0\0\x01\0\x01t\0\0\0\x01\0\0\0\x01\0\0\0\x07".as_slice()))
        .unwrap()
}

/// Cut, bent, or made of anything.
fn bent(random: &mut fastrand::Rng, good: &Bytes) -> Bytes {
    let mut bytes = match random.u8(..4) {
        0 => (0..random.usize(..64)).map(|_| random.u8(..)).collect(),
        1 => good[..random.usize(..good.len())].to_vec(),
        _ => good.to_vec(),
    };
    for _ in 0..random.usize(..4) {
        if !bytes.is_empty() {
            let at = random.usize(..bytes.len());
            bytes[at] = [0, 1, 0x7f, 0x80, 0xff, random.u8(..)][random.usize(..6)];
        }
    }
    bytes.into()
}

#[test]
fn garbage_of_a_member_does_not_keep_others_from_their_share() {
    let random = &mut fastrand::Rng::with_seed(7);
    let topics = known(&[("t", 4), ("u", 4)]);
    let sane = encode_subscription(&Member::new("sane", ["t"])).unwrap();
    let mut unreadable = 0;
    for _ in 0..20_000 {
        let mut group = vec![joined("sane", sane.clone())];
        for id in ["g1", "g2", "sane"] {
            group.push(joined(id, bent(random, &subscription())));
        }
        let members = Members::read(&group);
        unreadable += members.unreadable.len();
        for strategy in &STRATEGIES {
            let protocol = match strategy {
                AssignmentStrategy::CooperativeSticky => RebalanceProtocol::Cooperative,
                _ => RebalanceProtocol::Eager,
            };
            let assignments = members.distribute((strategy, protocol), &topics).unwrap();
            assert_eq!(assignments.len(), 3);
            let own = assignments.iter().find(|(id, _)| **id == *"sane").unwrap();
            let taken = |member: &Member| member.subscribes_to("t") || !member.owned().is_empty();
            let alone = !members.members.iter().any(|member| **member.id() != *"sane" && taken(member));
            let got = decode_assignment(&own.1).unwrap().partitions().len();
            assert!(got == 4 || !alone, "{strategy:?} gave {got} of 4");
        }
    }
    assert!((10_000..40_000).contains(&unreadable), "{unreadable}");
}

/// Brokers from 2.8 to 4.3 never get so far with these (KAFKA-20570): older and newer ones hand them to the leader.
#[test]
fn a_subscription_that_promises_more_than_it_has_takes_nothing_from_others() {
    let promising: [&[u8]; 4] = [
        b"no subscription at all",
        b"\0\0\x7f\xff\xff\xff",
        b"\0\x01\xff\xff\xff\xff\0\0\0\0",
        b"\0\0\0\0\0\0\x7f\xff\xff\xff",
    ];
    let topics = known(&[("t", 4)]);
    for promise in promising {
        let sane = encode_subscription(&Member::new("sane", ["t"])).unwrap();
        let group = [joined("sane", sane), joined("other", Bytes::from_static(promise))];
        let members = Members::read(&group);
        assert_eq!(members.unreadable, ["other".into()], "{promise:?}");
        let assignments =
            members.distribute((&AssignmentStrategy::Range, RebalanceProtocol::Eager), &topics).unwrap();
        let own = assignments.iter().find(|(id, _)| **id == *"sane").unwrap();
        assert_eq!(decode_assignment(&own.1).unwrap().partitions().len(), 4, "{promise:?}");
    }
}

#[test]
fn garbage_of_the_leader_is_an_error_or_an_assignment_that_can_be() {
    let random = &mut fastrand::Rng::with_seed(8);
    let good = Bytes::from_static(
        b"\0\x03\0\0\0\x02\0\x01t\0\0\0\x02\0\0\0\0\0\0\0\x01\0\x01u\0\0\0\x01\0\0\0\x05\xff\xff\xff\xff",
    );
    assert_eq!(
        decode_assignment(&good).unwrap().partitions(),
        [("t", 0).into(), ("t", 1).into(), ("u", 5).into()]
    );
    let (mut read, mut refused) = (0, 0);
    for _ in 0..50_000 {
        match decode_assignment(&bent(random, &good)) {
            Ok(assigned) => {
                read += 1;
                assert!(assigned.partitions().is_sorted_by(|a, b| a < b), "each once");
                assert!(assigned.partitions().iter().all(|partition| partition.partition() >= 0));
            }
            Err(error) => {
                refused += 1;
                assert_eq!(error.kind(), ErrorKind::Decode);
                assert!(error.to_string().contains("leader"), "{error}");
            }
        }
    }
    assert!(read > 1_000 && refused > 1_000, "{read} {refused}");
}

#[test]
fn newer_versions_are_read_as_the_newest_known_and_older_ones_as_what_they_are() {
    let mut newer = subscription().to_vec();
    newer[1] = 9;
    newer.extend(b"fields of the future");
    let read = |bytes: Vec<u8>| Members::read(&[joined("m", bytes.into())]);
    assert_eq!(read(newer), read(subscription().to_vec()));
    let version_0 = read(b"\0\0\0\0\0\x01\0\x01t\xff\xff\xff\xff".to_vec());
    assert_eq!(version_0.members, [Member::new("m", ["t"])]);
    let mut negative = subscription().to_vec();
    negative[0] = 0xff;
    assert_eq!(read(negative).unreadable, ["m".into()]);
    assert_eq!(read(Vec::new()).unreadable, ["m".into()]);
    let none = decode_assignment(&Bytes::new()).unwrap();
    assert!(none.partitions().is_empty() && none.user_data().is_none(), "a leader may leave a member out");
}
