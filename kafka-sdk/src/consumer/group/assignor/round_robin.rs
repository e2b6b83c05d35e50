//! Java's `RoundRobinAssignor`.

use super::{Assignments, Assignor, Member, Topics, order};
use std::sync::Arc;

pub(super) struct RoundRobin;

impl Assignor for RoundRobin {
    fn name(&self) -> &str {
        "roundrobin"
    }

    fn assign(&self, topics: &Topics, members: &[Member]) -> Assignments {
        let mut members: Vec<&Member> = members.iter().collect();
        members.sort_by(|a, b| a.compare(b));
        let mut names: Vec<&Arc<str>> = topics.names().collect();
        names.sort_by(|a, b| order::compare(a, b));
        let mut assignments = Assignments::default();
        let mut turns = members.iter().cycle().peekable();
        for topic in names {
            if !members.iter().any(|member| member.subscribes_to(topic)) {
                continue;
            }
            for partition in 0..topics.partition_count(topic) {
                while turns.next_if(|member| !member.subscribes_to(topic)).is_some() {}
                if let Some(member) = turns.next() {
                    assignments.give(member.id(), (topic.clone(), partition));
                }
            }
        }
        assignments
    }
}
