//! What members want: topics by their names, and those that a pattern matches.

use std::collections::{BTreeMap, BTreeSet};

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::wire::Uuid;
use regex::Regex;

use super::assignors::{Wish, Wishes};
use super::member::Member;
use super::{Consumer, Refused, Topics};

impl Consumer {
    /// The topics that any member wants, and that are there.
    pub(super) fn wanted(&self, topics: &Topics) -> BTreeMap<String, (Uuid, usize)> {
        let names: BTreeSet<String> =
            self.members.values().flat_map(|member| names(member, topics)).collect();
        let known = |name: String| {
            let topic = topics.get(&name)?;
            Some((name, (topic.id, topic.partitions.len())))
        };
        names.into_iter().filter_map(known).collect()
    }

    /// What each member wants, for an assignor.
    pub(super) fn wishes(&self, topics: &Topics) -> Wishes {
        let wish = |member: &Member| Wish {
            member: member.id.clone(),
            instance: member.instance.clone(),
            topics: member.wants(topics),
        };
        Wishes {
            members: self.members.values().map(wish).collect(),
            partitions: self.seen.values().copied().collect(),
        }
    }

    /// Whether a member wants the topic.
    pub(crate) fn is_subscribed(&self, topic: &str, topics: &Topics) -> bool {
        self.members.values().any(|member| names(member, topics).contains(topic))
    }
}

impl Member {
    /// The topics that it wants, and that are there.
    pub(super) fn wants(&self, topics: &Topics) -> BTreeSet<Uuid> {
        names(self, topics).iter().filter_map(|name| Some(topics.get(name)?.id)).collect()
    }
}

fn names(member: &Member, topics: &Topics) -> BTreeSet<String> {
    let mut names = member.names.clone();
    if let Some(Ok(pattern)) = member.pattern.as_deref().map(compile) {
        names.extend(topics.keys().filter(|name| pattern.is_match(name)).cloned());
    }
    names
}

/// A pattern has to match the whole name.
fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("^(?:{pattern})$"))
}

/// Whether it is a pattern.
pub(super) fn check_pattern(pattern: Option<&str>) -> Result<(), Refused> {
    match pattern.map(compile) {
        Some(Err(error)) => Err((ErrorCode::INVALID_REGULAR_EXPRESSION, error.to_string())),
        _ => Ok(()),
    }
}
