//! Assignors of one's own, and the list of them.

use super::super::wire::{decode_subscription, encode_subscription};
use super::super::{
    AssignmentStrategy, Assignments, Assignor, Assignors, Member, Members, RebalanceProtocol, Received,
    Topics,
};
use crate::consumer::group::membership::{self, JoinGroup, LastAssignment, Ticket, TopicFacts};
use crate::error::{Error, ErrorKind};
use RebalanceProtocol::{Cooperative, Eager};
use std::sync::Arc;

/// Gives what it is told to give.
struct Gives(&'static [(&'static str, &'static str, i32)]);

impl Assignor for Gives {
    fn name(&self) -> &str {
        "gives"
    }

    fn protocols(&self) -> &[RebalanceProtocol] {
        &[Eager, Cooperative]
    }

    fn assign(&self, _topics: &Topics, _members: &[Member]) -> Assignments {
        let mut assignments = Assignments::default();
        for (member, topic, partition) in self.0 {
            assert_ne!(*member, "panic");
            assignments.give(&(*member).into(), (*topic, *partition));
        }
        assignments
    }
}

/// What is known of the cluster: topics without racks.
pub(super) fn known(topics: &[(&str, usize)]) -> membership::Topics {
    let facts = |count| TopicFacts { racks: vec![Vec::new(); count], ..TopicFacts::default() };
    Arc::new(topics.iter().map(|(topic, count)| ((*topic).into(), facts(*count))).collect())
}

fn joined(member: &Member) -> membership::Member {
    membership::Member {
        member_id: member.id().clone(),
        instance_id: member.instance_id().map(Into::into),
        subscription: encode_subscription(member).unwrap(),
    }
}

fn given(
    protocol: RebalanceProtocol,
    gives: &'static [(&'static str, &'static str, i32)],
) -> Result<Vec<Arc<str>>, Error> {
    let members = [
        Member::new("a", ["t", "u"]).owning([("t", 0)], 1),
        Member::new("b", ["t", "gone"]).owning([("t", 1)], 1),
    ];
    let members = Members::read(&members.each_ref().map(joined));
    let topics = known(&[("t", 2), ("u", 1), ("gone", 0), ("foreign", 1)]);
    let assignments = members.distribute((&Gives(gives).into(), protocol), &topics)?;
    Ok(assignments.into_iter().map(|(id, _)| id).collect())
}

#[test]
fn what_an_assignor_must_not_do_is_an_error_that_names_it() {
    let refused = |protocol, gives, why: &str| {
        let error = given(protocol, gives).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Settings);
        let text = error.to_string();
        assert!(text.starts_with("assignor gives ") && text.contains(why), "{text}");
    };
    refused(Eager, &[("a", "t", 0), ("b", "t", 0)], "gave t-0 to ");
    refused(Eager, &[("a", "t", 0), ("a", "t", 0)], "gave t-0 to a and to a");
    refused(Eager, &[("a", "t", 2)], "there is no such partition");
    refused(Eager, &[("a", "t", -1)], "there is no such partition");
    refused(Eager, &[("b", "gone", 0)], "there is no such partition");
    refused(Eager, &[("b", "foreign", 0)], "there is no such partition");
    refused(Eager, &[("b", "u", 0)], "gave u-0 to b, which does not subscribe to it");
    refused(Eager, &[("c", "t", 0)], "gave something to c, which is not in the group");
    refused(Eager, &[("panic", "t", 0)], "panicked");
    refused(Cooperative, &[("b", "t", 0)], "gave t-0 to b while a had it");
    assert_eq!(given(Eager, &[("b", "t", 0)]).unwrap().len(), 2, "everybody has given up everything");
    assert_eq!(
        given(Cooperative, &[("a", "t", 0), ("a", "u", 0)]).unwrap().len(),
        2,
        "nothing is a share too"
    );
}

#[test]
fn a_list_of_assignors_has_different_names_and_a_protocol_in_common() {
    let protocol = |list: &[AssignmentStrategy]| Assignors::new(list.to_vec()).map(|it| it.protocol());
    assert_eq!(protocol(&[AssignmentStrategy::Range, AssignmentStrategy::CooperativeSticky]).unwrap(), Eager);
    assert_eq!(protocol(&[AssignmentStrategy::CooperativeSticky]).unwrap(), Cooperative);
    assert_eq!(protocol(&[AssignmentStrategy::CooperativeSticky, Gives(&[]).into()]).unwrap(), Cooperative);

    struct Named(String, Vec<RebalanceProtocol>);
    impl Assignor for Named {
        fn name(&self) -> &str {
            &self.0
        }
        fn protocols(&self) -> &[RebalanceProtocol] {
            &self.1
        }
        fn assign(&self, _: &Topics, _: &[Member]) -> Assignments {
            Assignments::default()
        }
    }
    let named = |name: &str, protocol| AssignmentStrategy::from(Named(name.to_owned(), vec![protocol]));
    let refused = |list: &[AssignmentStrategy], why: &str| {
        let error = protocol(list).unwrap_err();
        assert!(error.kind() == ErrorKind::Settings && error.to_string().contains(why), "{error}");
    };
    refused(&[], "no assignor");
    refused(&[named("range", Eager), AssignmentStrategy::Range], "two assignors are called range");
    refused(
        &[named("only", Cooperative), AssignmentStrategy::Range],
        "[only, range] have no rebalance protocol",
    );
    refused(&[named("", Eager)], "0 bytes");
    refused(&[named(&"n".repeat(32_768), Eager)], "32768 bytes");
    let chosen = Assignors::new(vec![AssignmentStrategy::Sticky]).unwrap();
    assert_eq!(chosen.chosen("sticky").unwrap().name(), "sticky");
    assert_eq!(chosen.chosen("range").unwrap_err().kind(), ErrorKind::State);
}

#[test]
fn strategies_have_kafkas_names_and_those_of_javas_classes() {
    let names = |text| Assignors::parse(text).map(|list| format!("{list:?}"));
    assert_eq!(
        names("range, roundrobin,sticky,cooperative-sticky").unwrap(),
        "[range, roundrobin, sticky, cooperative-sticky]"
    );
    let class = |name| format!("org.apache.kafka.clients.consumer.{name}Assignor");
    let classes = ["Range", "RoundRobin", "Sticky", "CooperativeSticky"].map(class).join(",");
    assert_eq!(names(&classes).unwrap(), "[range, roundrobin, sticky, cooperative-sticky]");
    assert_eq!(names("range,"), None);
    assert_eq!(names("Range"), None);
}

#[test]
fn members_come_as_in_java_and_tell_what_they_told() {
    let data = b"user data".as_slice();
    let members = [
        Member::new("b", ["t", "u"]).owning([("t", 1), ("t", 0)], 7).in_rack("r").with_user_data(data),
        Member::new("z", ["t"]).with_instance_id("2"),
        Member::new("a", ["gone"]),
        Member::new("y", ["t"]).with_instance_id("10"),
    ];
    let read = Members::read(&members.each_ref().map(joined));
    assert_eq!(read.topics().len(), 3);

    struct Seen(Member);
    impl Assignor for Seen {
        fn name(&self) -> &str {
            "seen"
        }
        fn assign(&self, _: &Topics, members: &[Member]) -> Assignments {
            let ids: Vec<&str> = members.iter().map(|member| member.id().as_ref()).collect();
            assert_eq!(ids, ["y", "z", "a", "b"]);
            let told = &members[3];
            assert_eq!(
                (told.rack(), told.user_data(), told.generation()),
                (Some("r"), self.0.user_data(), Some(7))
            );
            assert_eq!((told.topics(), told.owned().len()), (self.0.topics(), 2));
            Assignments::default()
        }
    }
    read.distribute((&Seen(members[0].clone()).into(), Eager), &known(&[])).unwrap();
}

fn join() -> JoinGroup {
    JoinGroup {
        ticket: Ticket(1),
        within: std::time::Duration::from_secs(1),
        member_id: "m".into(),
        topics: Arc::new(["t".into(), "u".into()].into()),
        owned: vec![("t", 0).into()],
        generation: 7,
        last: LastAssignment { generation: Some(6), partitions: [("u", 1).into()].into() },
        reason: "".into(),
    }
}

#[test]
fn a_panic_in_whatever_an_assignor_says_is_an_error_that_names_it() {
    struct Panics;
    impl Assignor for Panics {
        fn name(&self) -> &str {
            "panics"
        }

        fn user_data(&self, _: &[Arc<str>], _: Option<&Received>) -> Option<bytes::Bytes> {
            panic!("on purpose")
        }

        fn assign(&self, _: &Topics, _: &[Member]) -> Assignments {
            panic!("on purpose")
        }

        fn received(&self, _: &Received) {
            panic!("on purpose")
        }
    }
    let assignors = Assignors::new(vec![Panics.into()]).unwrap();
    let received = Received::of(&join().last).unwrap();
    let outcomes = [
        assignors.subscriptions(&join(), "").map(drop),
        assignors.distribute("panics", &Members::read(&[]), &known(&[])).map(drop),
        assignors.received("panics", &received),
    ];
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Settings);
        assert!(error.to_string().starts_with("assignor panics panicked"), "{error}");
    }
}

#[test]
fn a_member_joins_with_a_subscription_for_each_assignor() {
    let list =
        vec![AssignmentStrategy::Range, AssignmentStrategy::Sticky, AssignmentStrategy::CooperativeSticky];
    let assignors = Assignors::new(list).unwrap();
    let mut join = join();
    let told = |join: &JoinGroup, index: usize| {
        let (name, subscription) = assignors.subscriptions(join, "r").unwrap().swap_remove(index);
        let joined = membership::Member { member_id: "m".into(), instance_id: None, subscription };
        (name, decode_subscription(&joined).unwrap())
    };
    let plain = Member::new("m", ["t", "u"]).owning([("t", 0)], 7).in_rack("r");
    assert_eq!(told(&join, 0), ("range", plain.clone()));
    let data = b"\0\0\0\x01\0\x01u\0\0\0\x01\0\0\0\x01\0\0\0\x06".as_slice();
    assert_eq!(told(&join, 1), ("sticky", plain.clone().with_user_data(data)));
    let generation = b"\0\0\0\x06".as_slice();
    assert_eq!(told(&join, 2), ("cooperative-sticky", plain.clone().with_user_data(generation)));
    join.last = LastAssignment::default();
    assert_eq!(told(&join, 1).1, plain, "Java sends nothing before the first assignment");
    assert_eq!(told(&join, 2).1, plain.with_user_data(b"\xff\xff\xff\xff".as_slice()));
}
