//! What is subscribed to: a list, or a pattern, and what that means by what is known of the cluster.

mod follow;
mod pattern;

use super::membership::{Names, Subscription, TopicFacts, Topics};
use crate::cluster::{Cluster, Interest, Route, Snapshot, Verdict};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{TopicName, TopicPartition};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::MetadataRequest;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Kafka's own topics, which a pattern does not match. Java: `exclude.internal.topics`.
const INTERNAL: [&str; 3] = ["__consumer_offsets", "__transaction_state", "__share_group_state"];

/// Which topics are wanted.
#[derive(Clone, Debug)]
pub(in super::super) enum Wish {
    Topics(Names),
    Matching(Regex),
}

impl Wish {
    /// # Errors
    /// Kind [`ErrorKind::Settings`]: a name that is not legal.
    pub(in super::super) fn topics<T: AsRef<str>>(topics: impl IntoIterator<Item = T>) -> Result<Self> {
        let name = |topic: T| TopicName::try_from(topic.as_ref()).map(|name| name.shared().clone());
        Ok(Self::Topics(Arc::new(topics.into_iter().map(name).collect::<Result<_>>()?)))
    }

    /// # Errors
    /// Kind [`ErrorKind::Settings`]: it is no regular expression.
    pub(in super::super) fn matching(pattern: &str) -> Result<Self> {
        Regex::new(pattern).map(Self::Matching).map_err(|error| {
            let text = format!("the pattern {pattern:?} is not a regular expression: {}", why(&error));
            Error::new(ErrorKind::Settings, text).with_source(error)
        })
    }
}

/// In one line: the source shows at which letter.
fn why(error: &regex::Error) -> String {
    if let regex::Error::CompiledTooBig(limit) = error {
        return format!("compiled, it is larger than {limit} bytes");
    }
    let shown = error.to_string();
    let said = shown.lines().rev().find_map(|line| line.strip_prefix("error: "));
    said.or_else(|| shown.lines().next_back()).unwrap_or_default().to_owned()
}

/// The topics of one consumer.
pub(in super::super) struct Subscribed {
    cluster: Cluster,
    pub(in super::super) wish: watch::Sender<Wish>,
    pub(in super::super) matcher: watch::Sender<Matcher>,
    state: Mutex<State>,
    /// That other topics are to be looked at.
    pub(in super::super) looked: watch::Sender<()>,
}

/// Who finds out what a pattern matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Matcher {
    /// The brokers (KIP-848), if they understand it.
    Brokers,
    Here,
}

#[derive(Default)]
struct State {
    own: BTreeMap<Arc<str>, Interest>,
    /// What brokers have matched that is not known as a topic of our own yet; for how many looks at all topics.
    found: BTreeMap<Arc<str>, (Interest, u8)>,
    /// As the leader of a classic group: those of the other members.
    of_group: BTreeMap<Arc<str>, Interest>,
    /// How many partitions each topic had when it was subscribed to.
    at_first: BTreeMap<Arc<str>, usize>,
    /// What the membership has been told.
    told: Topics,
}

/// How many looks at all topics may leave out one that brokers have matched, before it counts as gone.
const LOOKS: u8 = 2;

impl Subscribed {
    pub(in super::super) fn new(cluster: Cluster, wish: Wish, matcher: Matcher) -> Self {
        let (wish, looked) = (watch::Sender::new(wish), watch::Sender::new(()));
        Self { cluster, wish, matcher: watch::Sender::new(matcher), state: Mutex::default(), looked }
    }

    pub(in super::super) fn change(&self, wish: Wish) {
        self.wish.send_replace(wish);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the partition has come since its topic was subscribed to.
    pub(in super::super) fn is_new(&self, partition: &TopicPartition) -> bool {
        let state = self.state();
        let at_first = state.at_first.get(partition.topic()).copied();
        at_first
            .is_some_and(|count| usize::try_from(partition.partition()).is_ok_and(|number| number >= count))
    }

    /// What is known of the topics of the whole group, asked for anew; they are watched from now on. One that does not
    /// exist is there without partitions: it may come. With racks, whether or not this member has one: others may.
    ///
    /// # Errors
    /// No broker tells.
    pub(in super::super) async fn facts_of_group(&self, topics: BTreeSet<Arc<str>>) -> Result<Topics> {
        let interests =
            topics.iter().filter_map(|name| Some((name.clone(), self.cluster.interest(name).ok()?)));
        let interests = interests.collect();
        self.state().of_group = interests;
        self.cluster.refreshed_for(&topics).await?;
        let snapshot = self.tell();
        self.looked.send_replace(());
        let fact = |name: Arc<str>| {
            let facts = fact(&snapshot, &name).unwrap_or_default();
            (name, facts)
        };
        Ok(Arc::new(topics.into_iter().map(fact).collect()))
    }

    /// What of it is a reason for a rebalance when it changes: racks are, for who has one (KIP-881).
    pub(in super::super) fn noticed(&self, topics: Topics) -> Topics {
        if !self.cluster.settings().rack.is_empty() {
            return topics;
        }
        let without =
            |facts: &TopicFacts| TopicFacts { id: facts.id, racks: vec![Vec::new(); facts.racks.len()] };
        Arc::new(topics.iter().map(|(name, facts)| (name.clone(), without(facts))).collect())
    }

    /// Takes down what the membership is to know now: what is known of all topics that matter.
    pub(in super::super) fn tell(&self) -> Snapshot {
        // Under the lock, so that nothing older is told after it.
        let mut state = self.state();
        let snapshot = self.cluster.snapshot();
        let names = state.own.keys().chain(state.found.keys()).chain(state.of_group.keys());
        let topics = self.noticed(facts(&snapshot, names));
        if *state.told != *topics {
            state.told = topics;
        }
        snapshot
    }

    /// What it has been told last.
    pub(in super::super) fn told(&self) -> Topics {
        self.state().told.clone()
    }

    /// As [`Self::tell`]; none if that is nothing new.
    pub(in super::super) fn news(&self) -> Option<Topics> {
        let before = self.told();
        self.tell();
        Some(self.told()).filter(|topics| !Arc::ptr_eq(topics, &before))
    }

    /// Patterns are matched by what this client knows of the cluster, from now on.
    pub(in super::super) fn match_here(&self) {
        self.matcher.send_if_modified(|matcher| std::mem::replace(matcher, Matcher::Here) != Matcher::Here);
    }

    /// Brokers have matched these; they have come since the pattern was subscribed to, unless they were known before.
    pub(in super::super) fn found(&self, names: Vec<String>) {
        let mut state = self.state();
        for name in names {
            let name: Arc<str> = name.into();
            if !state.own.contains_key(&name)
                && !state.found.contains_key(&name)
                && let Ok(interest) = self.cluster.interest(&name)
            {
                state.found.insert(name.clone(), (interest, 0));
                state.at_first.entry(name).or_insert(0);
            }
        }
        drop(state);
        // The cluster may know them already, for somebody else.
        self.looked.send_replace(());
    }

    /// What to subscribe to: these names, or the pattern that they match.
    pub(in super::super) fn subscription(&self, wish: &Wish, names: Names) -> Subscription {
        match wish {
            Wish::Topics(_) => Subscription::Topics(names),
            Wish::Matching(regex) => {
                let by_brokers = *self.matcher.borrow() == Matcher::Brokers;
                // Brokers would match their own topics as well.
                let is_theirs = by_brokers && !INTERNAL.iter().any(|name| regex.is_match(name));
                let pattern = is_theirs.then(|| pattern::for_brokers(regex.as_str())).flatten();
                pattern.map_or(Subscription::Matching(names), Subscription::Pattern)
            }
        }
    }

    pub(in super::super) fn watch(&self, names: &Names, when: When) {
        let mut state = self.state();
        state.own.retain(|name, _| names.contains(name));
        state.found.values_mut().for_each(|(_, looks)| *looks += 1);
        state
            .found
            .retain(|name, (_, looks)| when == When::Later && !names.contains(name) && *looks <= LOOKS);
        for name in names.iter() {
            if !state.own.contains_key(name)
                && let Ok(interest) = self.cluster.interest(name)
            {
                state.own.insert(name.clone(), interest);
            }
        }
    }

    /// Remembers how many partitions there are of what is subscribed to from now on. A topic that a pattern matches only
    /// later has come since.
    pub(in super::super) fn note_counts(&self, snapshot: &Snapshot, names: &Names, when: When) {
        let state = &mut *self.state();
        state.at_first.retain(|name, _| names.contains(name) || state.found.contains_key(name));
        for name in names.iter() {
            let count = snapshot.topic(name).map_or(0, |topic| topic.partitions.len());
            let count = if when == When::First { count } else { 0 };
            state.at_first.entry(name.clone()).or_insert(count);
        }
    }

    /// The topics that the wish means now.
    pub(in super::super) async fn names(&self, wish: &Wish) -> Result<Names> {
        match wish {
            Wish::Topics(names) => Ok(names.clone()),
            Wish::Matching(pattern) => {
                let within = self.cluster.settings().api_timeout;
                let all = |_| MetadataRequest {
                    topics: None,
                    allow_auto_topic_creation: false,
                    ..MetadataRequest::default()
                };
                let answer = self.cluster.ask(&Route::Any, within, all, |_| Verdict::Done).await?;
                let there = answer.topics.iter().filter(|topic| topic.error_code == ErrorCode::NONE);
                let names = there.filter_map(|topic| topic.name.as_deref());
                let wanted = names.filter(|name| pattern.is_match(name) && !INTERNAL.contains(name));
                Ok(Arc::new(wanted.map(Arc::from).collect()))
            }
        }
    }
}

/// Whether a wish is looked at for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum When {
    First,
    Later,
}

fn facts<'a>(snapshot: &Snapshot, names: impl Iterator<Item = &'a Arc<str>>) -> Topics {
    Arc::new(names.filter_map(|name| Some((name.clone(), fact(snapshot, name)?))).collect())
}

fn fact(snapshot: &Snapshot, name: &Arc<str>) -> Option<TopicFacts> {
    let topic = snapshot.topic(name)?;
    Some(TopicFacts { id: topic.id, racks: snapshot.racks_of(topic) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    #[test]
    fn a_pattern_that_is_none_says_why_in_one_line() {
        let refusal = |pattern: &str| Wish::matching(pattern).unwrap_err();
        assert_eq!(
            refusal("^(orders").to_string(),
            "the pattern \"^(orders\" is not a regular expression: unclosed group"
        );
        assert!(refusal("a\nb**(").to_string().ends_with("is not a regular expression: unclosed group"));
        assert!(refusal("*").to_string().ends_with(": repetition operator missing expression"));
        let large = refusal("(?:a{1000}){1000}").to_string();
        assert!(large.ends_with(": compiled, it is larger than 10485760 bytes"), "{large}");
        let source = refusal("^(orders").source().unwrap().to_string();
        assert!(source.contains("    ^(orders\n     ^\n"), "it shows where: {source}");
    }
}
