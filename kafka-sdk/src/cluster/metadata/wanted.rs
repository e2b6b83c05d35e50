//! What others want to know of, and what the next refresh has to ask for. No I/O.

use super::Metadata;
use crate::model::TopicName;
use kafka_sdk_protocol::api::MetadataRequest;
use kafka_sdk_protocol::api::metadata::MetadataRequestTopic;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long what a dropped look-up has begun is kept: who gives up soon and tries again would otherwise begin anew each
/// time, and never get there.
pub(super) const KEPT_FOR: Duration = Duration::from_secs(5);

/// What others want to know of.
#[derive(Default)]
pub(super) struct Wanted {
    /// The number of the last refresh that somebody asked for.
    refresh: u64,
    topics: BTreeMap<Arc<str>, Wish>,
    /// Those of them that nobody is interested in any more.
    left: BTreeSet<Arc<str>>,
    /// Those of them that the next refresh may create.
    create: BTreeSet<Arc<str>>,
    /// Those of them that the next refresh has to ask for in any case.
    news: BTreeSet<Arc<str>>,
    scope: Scope,
}

/// What a refresh asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Scope {
    /// What was looked up since the last one. A client with thousands of topics, each first used at a time of its own,
    /// would otherwise ask for all of them thousands of times.
    #[default]
    News,
    /// All topics that somebody wants to know of.
    All,
}

/// Why a topic is wanted.
#[derive(Default)]
struct Wish {
    interests: usize,
    /// So long although nobody is interested.
    kept_until: Option<Instant>,
}

impl Wish {
    fn is_over(&self, now: Instant) -> bool {
        self.interests == 0 && self.kept_until.is_none_or(|until| until <= now)
    }
}

/// A refresh to perform.
pub(super) struct Turn {
    pub(super) number: u64,
    pub(super) scope: Scope,
    /// First, alone, the topics that may be created.
    pub(super) requests: Vec<MetadataRequest>,
    /// Topics that nobody wants any more.
    pub(super) unwanted: Vec<Arc<str>>,
}

impl Wanted {
    /// A refresh that begins from now on; gives its number.
    pub(super) fn next_refresh(&mut self) -> u64 {
        self.refresh += 1;
        self.refresh
    }

    /// Of the next refresh, as far as is known now.
    pub(super) fn scope(&self) -> Scope {
        self.scope
    }

    pub(super) fn ask_for_all(&mut self) {
        self.scope = Scope::All;
    }

    pub(super) fn ask_for(&mut self, topic: &TopicName) {
        self.news.insert(topic.shared().clone());
    }

    pub(super) fn create(&mut self, topic: &TopicName) {
        self.create.insert(topic.shared().clone());
    }

    /// What is to be asked for now.
    pub(super) fn take(&mut self, now: Instant) -> Turn {
        let unwanted = self.forget_left(now);
        let create = std::mem::take(&mut self.create);
        let news = std::mem::take(&mut self.news);
        let scope = std::mem::take(&mut self.scope);
        let rest: Vec<_> = match scope {
            Scope::News => news.into_iter().filter(|topic| !create.contains(topic)).collect(),
            Scope::All => self.topics.keys().filter(|topic| !create.contains(*topic)).cloned().collect(),
        };
        let mut requests = Vec::new();
        if !create.is_empty() {
            requests.push(request(create, Creation::Allowed));
        }
        if scope == Scope::All || !rest.is_empty() {
            requests.push(request(rest, Creation::Refused));
        }
        Turn { number: self.refresh, scope, requests, unwanted }
    }

    /// Drops the topics that nobody wants any more.
    fn forget_left(&mut self, now: Instant) -> Vec<Arc<str>> {
        let is_over = |topic: &Arc<str>| self.topics.get(topic).is_none_or(|wish| wish.is_over(now));
        let unwanted: Vec<_> = self.left.iter().filter(|topic| is_over(topic)).cloned().collect();
        for topic in &unwanted {
            self.topics.remove(topic);
            self.left.remove(topic);
            self.create.remove(topic);
            self.news.remove(topic);
        }
        unwanted
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Creation {
    Allowed,
    Refused,
}

fn request(topics: impl IntoIterator<Item = Arc<str>>, creation: Creation) -> MetadataRequest {
    let by_name = |topic: Arc<str>| MetadataRequestTopic {
        name: Some(topic.as_ref().to_owned()),
        ..Default::default()
    };
    MetadataRequest {
        topics: Some(topics.into_iter().map(by_name).collect()),
        allow_auto_topic_creation: creation == Creation::Allowed,
        ..Default::default()
    }
}

/// As long as there is one of a topic, it is kept up to date in the snapshots.
pub(crate) struct Interest {
    metadata: Arc<Metadata>,
    topic: Arc<str>,
    look_up: Progress,
}

/// How far the look-up is that an interest began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Dropped now, it was given up before its end.
    UnderWay,
    Over,
}

impl Interest {
    pub(super) fn new(metadata: &Arc<Metadata>, topic: &TopicName) -> Self {
        let (metadata, topic) = (metadata.clone(), topic.shared().clone());
        let mut wanted = metadata.wanted();
        wanted.topics.entry(topic.clone()).or_default().interests += 1;
        wanted.left.remove(&topic);
        drop(wanted);
        Self { metadata, topic, look_up: Progress::Over }
    }

    pub(super) fn look_up_is(&mut self, progress: Progress) {
        self.look_up = progress;
    }
}

impl Drop for Interest {
    /// What nobody wants any more is forgotten with the next refresh.
    fn drop(&mut self) {
        let mut wanted = self.metadata.wanted();
        let Some(wish) = wanted.topics.get_mut(&self.topic) else { return };
        wish.interests -= 1;
        if self.look_up == Progress::UnderWay {
            wish.kept_until = Some(Instant::now() + KEPT_FOR);
        }
        if wish.interests == 0 {
            wanted.left.insert(self.topic.clone());
        }
    }
}

impl fmt::Debug for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Interest").field(&self.topic).finish()
    }
}
