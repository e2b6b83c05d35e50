//! How long a leader thinks.

use super::super::Assigned;
use super::super::{AssignmentStrategy, Member, Received, Topics};
use std::time::Duration;
use tokio::time::Instant;

/// 1,000 partitions in topics of `size` among 50 members with racks or without, who all want everything, or each some of
/// it; most of them had something before.
fn group(size: usize, is_hard: bool) -> (Topics, Vec<Member>) {
    let random = &mut fastrand::Rng::with_seed(size as u64);
    let racks = |index: usize| [format!("r{}", index % 3), format!("r{}", (index / 3) % 3)];
    let topics = (0..1_000 / size).fold(Topics::default(), |topics, topic| {
        let partitions: Vec<Vec<String>> =
            (0..size).map(|p| if is_hard { racks(p + topic).to_vec() } else { Vec::new() }).collect();
        topics.with_racks(format!("t{topic}"), partitions)
    });
    let mut owned: Vec<Vec<_>> = vec![Vec::new(); 50];
    topics.partitions().for_each(|partition| owned[random.usize(..40)].push(partition));
    let members = owned.into_iter().enumerate().map(|(index, owned)| {
        let wanted = topics.names().filter(|_| !is_hard || random.u8(..10) < 7).cloned();
        let member = Member::new(format!("m-{index}"), wanted.collect::<Vec<_>>()).owning(owned, 3);
        if is_hard { member.in_rack(format!("r{}", index % 3)) } else { member }
    });
    let members = members.collect();
    (topics, members)
}

fn of_sticky(member: &Member) -> Member {
    let last = Received::new(Assigned::new(member.owned().to_vec()), 3);
    let data = AssignmentStrategy::Sticky.assignor().user_data(&[], Some(&last));
    member.clone().with_user_data(data.unwrap())
}

/// With optimization; a debug build may have a busy machine besides.
const BOUND: Duration = Duration::from_millis(if cfg!(debug_assertions) { 5_000 } else { 50 });

#[test]
fn a_thousand_partitions_are_distributed_among_fifty_members_at_once() {
    for (size, is_hard) in [(1_000, false), (1, false), (1_000, true), (20, true), (1, true)] {
        let (topics, members) = group(size, is_hard);
        let members: Vec<Member> = members.iter().map(of_sticky).collect();
        for strategy in [
            AssignmentStrategy::Range,
            AssignmentStrategy::RoundRobin,
            AssignmentStrategy::Sticky,
            AssignmentStrategy::CooperativeSticky,
        ] {
            let times = (0..3).map(|_| {
                let start = Instant::now();
                let assignments = strategy.assign(&topics, &members);
                let time = start.elapsed();
                let given: usize = members.iter().map(|m| assignments.partitions(m.id()).len()).sum();
                assert!(given > 0);
                time
            });
            let best = times.min().unwrap();
            println!("topics of {size}, {}: {strategy:?} {best:?}", if is_hard { "hard" } else { "plain" });
            assert!(best < BOUND, "{strategy:?} took {best:?}");
        }
    }
}
