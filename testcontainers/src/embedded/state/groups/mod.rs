//! The groups of a cluster: who is in them, and what they have committed.
//!
//! All is decided in here, and nothing else happens: time is handed in, and an answer that has to wait is a [`Promise`],
//! which the caller keeps the other end of. [`Groups::due`] says when there is something to do though nobody asks.
//!
//! A group is of the classic protocol or of the consumer protocol, and may change over while it has members: see
//! [`migration`].

pub(crate) mod classic;
pub(crate) mod consumer;
mod embedded_protocol;
mod migration;
pub(crate) mod offsets;
pub(crate) mod settings;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use kafka_sdk_protocol::ErrorCode;
use tokio::sync::oneshot;

use classic::Classic;
use consumer::{Consumer, Topics};
use offsets::Offsets;
use settings::Settings;

/// The end of a request that is answered later. Dropping it leaves it without an answer, as Kafka does at times.
pub(crate) type Promise<T> = oneshot::Sender<T>;

/// Who asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) host: String,
}

/// All groups.
#[derive(Debug)]
pub(crate) struct Groups {
    pub(crate) settings: Settings,
    all: BTreeMap<String, Group>,
}

/// A group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) members: Members,
    pub(crate) offsets: Offsets,
}

/// The members of a group, by their protocol.
#[derive(Debug)]
pub(crate) enum Members {
    Classic(Box<Classic>),
    Consumer(Consumer),
}

impl Groups {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, all: BTreeMap::new() }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &Group)> {
        self.all.iter().map(|(id, group)| (id.as_str(), group))
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Group> {
        self.all.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Group> {
        self.all.get_mut(id)
    }

    /// The group, which is made if it is not there, as one of the classic protocol.
    pub(crate) fn get_or_create(&mut self, id: &str) -> &mut Group {
        let members = || Members::Classic(Box::new(Classic::new(self.settings)));
        let new = || Group { members: members(), offsets: Offsets::default() };
        self.all.entry(id.to_owned()).or_insert_with(new)
    }

    /// Takes a group away that has no members.
    pub(crate) fn delete(&mut self, id: &str) -> Result<(), ErrorCode> {
        let group = self.all.get(id).ok_or(ErrorCode::GROUP_ID_NOT_FOUND)?;
        if !group.is_empty() {
            return Err(ErrorCode::NON_EMPTY_GROUP);
        }
        self.all.remove(id);
        Ok(())
    }

    /// A topic is gone, and with it what was committed of it.
    pub(crate) fn forget_topic(&mut self, topic: &str) {
        self.all.values_mut().for_each(|group| group.offsets.remove_topic(topic));
    }

    /// When there is something to do next.
    pub(crate) fn due(&self) -> Option<i64> {
        let due = |group: &Group| match &group.members {
            Members::Classic(classic) => classic.due(),
            Members::Consumer(consumer) => consumer.due(),
        };
        self.all.values().filter_map(due).min()
    }

    /// Does what time has come for.
    pub(crate) fn advance(&mut self, topics: &Topics, now: i64) {
        self.all.values_mut().for_each(|group| match &mut group.members {
            Members::Classic(classic) => classic.advance(now),
            Members::Consumer(consumer) => {
                consumer.advance(topics, now);
                group.change_over(topics, now);
            }
        });
    }

    /// Another node coordinates: all members' sessions begin anew.
    pub(crate) fn renew_sessions(&mut self, now: i64) {
        self.all.values_mut().for_each(|group| match &mut group.members {
            Members::Classic(classic) => classic.renew_sessions(now),
            Members::Consumer(consumer) => consumer.renew_sessions(now),
        });
    }
}

impl Group {
    fn is_empty(&self) -> bool {
        match &self.members {
            Members::Classic(classic) => classic.is_empty(),
            Members::Consumer(consumer) => consumer.is_empty(),
        }
    }

    pub(crate) fn classic(&self) -> Option<&Classic> {
        match &self.members {
            Members::Classic(classic) => Some(classic),
            Members::Consumer(_) => None,
        }
    }

    pub(crate) fn consumer(&self) -> Option<&Consumer> {
        match &self.members {
            Members::Classic(_) => None,
            Members::Consumer(consumer) => Some(consumer),
        }
    }

    pub(crate) fn consumer_mut(&mut self) -> Option<&mut Consumer> {
        match &mut self.members {
            Members::Classic(_) => None,
            Members::Consumer(consumer) => Some(consumer),
        }
    }

    /// Whether a member wants the topic.
    pub(crate) fn is_subscribed(&self, topic: &str, topics: &Topics) -> bool {
        match &self.members {
            Members::Classic(classic) => classic.is_subscribed(topic),
            Members::Consumer(consumer) => consumer.is_subscribed(topic, topics),
        }
    }
}
