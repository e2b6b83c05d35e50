//! What is subscribed to: a list, or a pattern, and what that means by what is known of the cluster.

use super::Shell;
use super::membership::{Command, Names, Subscription, TopicFacts, Topics};
use crate::cluster::{Cluster, Interest, Route, Snapshot, Verdict};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{TopicName, TopicPartition};
use futures_util::StreamExt;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::MetadataRequest;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::warn;

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
            let text = format!("the pattern {pattern:?} is not a regular expression");
            Error::new(ErrorKind::Settings, text).with_source(error)
        })
    }
}

/// The topics of one consumer.
pub(in super::super) struct Subscribed {
    cluster: Cluster,
    wish: watch::Sender<Wish>,
    state: Mutex<State>,
    /// That other topics are to be looked at.
    looked: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    own: BTreeMap<Arc<str>, Interest>,
    /// As the leader of a classic group: those of the other members.
    of_group: BTreeMap<Arc<str>, Interest>,
    /// How many partitions each topic had when it was subscribed to.
    at_first: BTreeMap<Arc<str>, usize>,
}

impl Subscribed {
    pub(in super::super) fn new(cluster: Cluster, wish: Wish) -> Self {
        let (wish, looked) = (watch::Sender::new(wish), watch::Sender::new(()));
        Self { cluster, wish, state: Mutex::default(), looked }
    }

    pub(in super::super) fn change(&self, wish: Wish) {
        self.wish.send_replace(wish);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the partition has come since its topic was subscribed to.
    pub(super) fn is_new(&self, partition: &TopicPartition) -> bool {
        let state = self.state();
        let at_first = state.at_first.get(partition.topic()).copied();
        at_first
            .is_some_and(|count| usize::try_from(partition.partition()).is_ok_and(|number| number >= count))
    }

    /// What is known of the topics of the whole group, asked for anew; they are watched from now on.
    ///
    /// # Errors
    /// No broker tells.
    pub(super) async fn facts_of_group(&self, topics: BTreeSet<Arc<str>>) -> Result<Topics> {
        let interests =
            topics.iter().filter_map(|name| Some((name.clone(), self.cluster.interest(name).ok()?)));
        let interests = interests.collect();
        self.state().of_group = interests;
        let snapshot = self.cluster.refreshed().await?;
        self.looked.send_replace(());
        Ok(facts(&snapshot, topics.iter()))
    }

    /// What is known of all topics that matter.
    fn facts(&self, snapshot: &Snapshot) -> Topics {
        let state = self.state();
        facts(snapshot, state.own.keys().chain(state.of_group.keys()))
    }

    fn watch(&self, names: &Names) {
        let mut state = self.state();
        state.own.retain(|name, _| names.contains(name));
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
    fn note_counts(&self, snapshot: &Snapshot, names: &Names, round: Round) {
        let mut state = self.state();
        state.at_first.retain(|name, _| names.contains(name));
        for name in names.iter() {
            let count = snapshot.topic(name).map_or(0, |topic| topic.partitions.len());
            let count = if round == Round::First { count } else { 0 };
            state.at_first.entry(name.clone()).or_insert(count);
        }
    }

    /// The topics that the wish means now.
    async fn names(&self, wish: &Wish) -> Result<Names> {
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
enum Round {
    First,
    Later,
}

fn facts<'a>(snapshot: &Snapshot, names: impl Iterator<Item = &'a Arc<str>>) -> Topics {
    let known = names.filter_map(|name| {
        let topic = snapshot.topic(name)?;
        Some((name.clone(), TopicFacts { id: topic.id, racks: vec![Vec::new(); topic.partitions.len()] }))
    });
    Arc::new(known.collect())
}

impl Shell {
    /// Tells the membership of topics, as long as it runs.
    pub(super) async fn follow(&self) {
        let subscribed = &self.subscribed;
        let (mut wish, mut looked) = (subscribed.wish.subscribe(), subscribed.looked.subscribe());
        let mut snapshots = Box::pin(self.cluster.snapshots());
        let (mut subscription, mut told) = (None, Topics::default());
        let mut round = Round::First;
        loop {
            let wanted = wish.borrow_and_update().clone();
            let names = match subscribed.names(&wanted).await {
                Ok(names) => names,
                Err(error) => {
                    warn!(target: "kafka_sdk::consumer", error = %error.whole(), "topics not looked up");
                    sleep(self.cluster.settings().retry.most).await;
                    continue;
                }
            };
            subscribed.watch(&names);
            let snapshot = match self.cluster.refreshed().await {
                Ok(snapshot) => snapshot,
                Err(_) => self.cluster.snapshot(),
            };
            subscribed.note_counts(&snapshot, &names, round);
            round = Round::Later;
            let next = match &wanted {
                Wish::Topics(_) => Subscription::Topics(names),
                Wish::Matching(_) => Subscription::Matching(names),
            };
            self.tell_topics(&snapshot, &mut told);
            if subscription.as_ref() != Some(&next) {
                subscription = Some(next.clone());
                let _ = self.commands.push(Command::Subscribe(next));
            }
            let again = Instant::now() + self.cluster.settings().metadata_max_age;
            loop {
                tokio::select! {
                    snapshot = snapshots.next() => match snapshot {
                        Some(snapshot) => self.tell_topics(&snapshot, &mut told),
                        None => return,
                    },
                    _ = looked.changed() => self.tell_topics(&self.cluster.snapshot(), &mut told),
                    _ = wish.changed() => {
                        round = Round::First;
                        break;
                    }
                    () = sleep_until(again), if matches!(wanted, Wish::Matching(_)) => break,
                }
            }
        }
    }

    fn tell_topics(&self, snapshot: &Snapshot, told: &mut Topics) {
        let topics = self.subscribed.facts(snapshot);
        if *told != topics {
            *told = topics.clone();
            let _ = self.commands.push(Command::Topics(topics));
        }
    }
}
