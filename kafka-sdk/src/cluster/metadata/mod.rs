//! One task asks for metadata, and publishes pictures of the cluster. Others say what they want to know of, and wait for
//! a refresh of it.
//!
//! ```text
//! mod         look-ups, and who waits for a refresh       wanted      what is asked for, and as long as what
//! lookout     what is wanted and not there                refresher   the task
//! ```

mod lookout;
mod refresher;
mod wanted;

use super::retry::Attempts;
use super::{Snapshot, Topic};
use crate::error::{Advice, Error, ErrorKind, Result};
use crate::model::TopicName;
use crate::observe::Seldom;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::ApiKey;
use refresher::report_moves;
pub(super) use refresher::start_refresher;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout_at};
pub(crate) use wanted::Interest;
use wanted::{Progress, Wanted};

/// How long a topic may be unknown to the brokers before a look-up gives up: one that was created a moment ago is not
/// known to all of them at once.
const UNKNOWN_FOR: Duration = Duration::from_secs(5);

/// What a topic is looked up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LookUp {
    /// What is known of the topic will do. The brokers may create it, where they are set to
    /// (`auto.create.topics.enable`): only here, because a refresh that does would bring back a topic that was deleted.
    ToWrite,
    /// The brokers are asked in any case: the topic may have got more partitions.
    ToRead,
}

#[derive(Default)]
pub(super) struct Metadata {
    wanted: Mutex<Wanted>,
    wake: Notify,
    snapshots: watch::Sender<Snapshot>,
    refreshes: watch::Sender<Refresh>,
    warnings: Seldom,
}

/// What came of the last refresh, and of those before it.
#[derive(Default)]
struct Refresh {
    number: u64,
    error: Option<Error>,
    /// Topics that were answered with an error when they were asked for last.
    refused: HashMap<String, ErrorCode>,
}

impl Refresh {
    /// The brokers spoke of these topics, and of none of those that were left out because nobody wants them.
    fn succeeded(&mut self, number: u64, told: Vec<(String, ErrorCode)>, unwanted: &[Arc<str>]) {
        (self.number, self.error) = (number, None);
        for topic in unwanted {
            self.refused.remove(&**topic);
        }
        for (topic, code) in told {
            match code {
                ErrorCode::NONE => self.refused.remove(&topic),
                _ => self.refused.insert(topic, code),
            };
        }
    }

    fn failed(&mut self, number: u64, error: Error) {
        (self.number, self.error) = (number, Some(error));
    }
}

impl Metadata {
    pub(super) fn snapshot(&self) -> Snapshot {
        self.snapshots.borrow().clone()
    }

    /// Publishes what `change` makes of the picture, and gives it; none if it makes nothing of it.
    pub(super) fn change(&self, change: impl FnOnce(&Snapshot) -> Option<Snapshot>) -> Option<Snapshot> {
        let mut changed = None;
        self.snapshots.send_if_modified(|snapshot| {
            changed = change(snapshot);
            changed.as_ref().is_some_and(|changed| {
                report_moves(snapshot, changed);
                *snapshot = changed.clone();
                true
            })
        });
        changed
    }

    pub(super) fn snapshots(&self) -> watch::Receiver<Snapshot> {
        self.snapshots.subscribe()
    }

    pub(super) fn refresh_soon(&self) {
        self.ask_for_refresh(Wanted::ask_for_all);
    }

    pub(super) async fn refreshed(&self) -> Result<Snapshot> {
        self.after_refresh(Wanted::ask_for_all).await
    }

    pub(super) async fn refreshed_for(
        &self,
        topics: impl IntoIterator<Item = &Arc<str>>,
    ) -> Result<Snapshot> {
        let names: Vec<_> = topics.into_iter().filter_map(|name| TopicName::try_from(&**name).ok()).collect();
        self.after_refresh(|wanted| names.iter().for_each(|name| wanted.ask_for(name))).await
    }

    async fn after_refresh(&self, say: impl FnOnce(&mut Wanted)) -> Result<Snapshot> {
        let number = self.ask_for_refresh(say);
        let error = self.refresh(number, |refresh| refresh.error.clone()).await;
        error.map_or_else(|| Ok(self.snapshot()), Err)
    }

    pub(super) fn interest(self: &Arc<Self>, name: &str) -> Result<Interest> {
        let name = TopicName::try_from(name)?;
        let interest = Interest::new(self, &name);
        self.ask_for_refresh(|wanted| wanted.ask_for(&name));
        Ok(interest)
    }

    pub(super) async fn topic(
        self: &Arc<Self>,
        name: &str,
        look_up: LookUp,
        attempts: Attempts,
    ) -> Result<(Arc<Topic>, Interest)> {
        let name = TopicName::try_from(name)?;
        let mut interest = Interest::new(self, &name);
        if look_up == LookUp::ToWrite
            && let Some(topic) = self.snapshot().topic(name.shared())
        {
            return Ok((topic.clone(), interest));
        }
        interest.look_up_is(Progress::UnderWay);
        let found = self.find(&name, look_up, attempts).await;
        interest.look_up_is(Progress::Over);
        Ok((found?, interest))
    }

    async fn find(&self, name: &TopicName, look_up: LookUp, mut attempts: Attempts) -> Result<Arc<Topic>> {
        let within = attempts.left();
        let unknown_until = Instant::now() + UNKNOWN_FOR;
        let mut unknown = None;
        loop {
            let refresh = timeout_at(attempts.deadline(), self.look_up(name, look_up)).await;
            match refresh.unwrap_or_else(|_| Err(no_answer(name.shared(), within))) {
                Ok(topic) => return Ok(topic),
                Err(error) if error.is(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) => {
                    let learnt = error.clone().with_advice(Advice::GiveUp);
                    attempts.pause_until(unknown_until, error).await.map_err(|_| learnt.clone())?;
                    unknown = Some(learnt);
                }
                Err(error) => {
                    // That a later refresh was not answered in time is no news of the topic.
                    let is_timeout = error.kind() == ErrorKind::Timeout;
                    let learnt = unknown.clone().filter(|_| is_timeout);
                    attempts.pause(error).await.map_err(|error| learnt.unwrap_or(error))?;
                }
            }
        }
    }

    /// One refresh; may say that the topic does not exist although another broker knows it.
    async fn look_up(&self, name: &TopicName, look_up: LookUp) -> Result<Arc<Topic>> {
        let number = self.ask_for_refresh(|wanted| match look_up {
            LookUp::ToWrite => wanted.create(name),
            LookUp::ToRead => wanted.ask_for(name),
        });
        let refused = self.refresh(number, |refresh| {
            let code = refresh.refused.get(&**name.shared()).copied();
            refresh.error.clone().or_else(|| code.map(|code| refusal(name.shared(), code, look_up)))
        });
        if let Some(error) = refused.await {
            return Err(error);
        }
        let snapshot = self.snapshot();
        let missing = || refusal(name.shared(), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, look_up);
        snapshot.topic(name.shared()).cloned().ok_or_else(missing)
    }

    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops topics that nobody wants any more.
    fn forget(&self, unwanted: &[Arc<str>]) {
        if unwanted.is_empty() {
            return;
        }
        self.snapshots.send_if_modified(|snapshot| {
            *snapshot = snapshot.without(unwanted);
            // It concerns nobody.
            false
        });
    }

    /// Asks for a refresh that begins after this call; gives its number.
    fn ask_for_refresh(&self, say: impl FnOnce(&mut Wanted)) -> u64 {
        let mut wanted = self.wanted();
        say(&mut wanted);
        let number = wanted.next_refresh();
        drop(wanted);
        self.wake.notify_one();
        number
    }

    /// What `read` makes of the first refresh that answers number `number`; of the last one, if no more will come.
    async fn refresh<T>(&self, number: u64, read: impl FnOnce(&Refresh) -> T) -> T {
        let mut refreshes = self.refreshes.subscribe();
        // The sender is ours: it cannot go while we wait.
        let _ = refreshes.wait_for(|refresh| refresh.number >= number).await;
        let refresh = refreshes.borrow();
        read(&refresh)
    }
}

/// The error of a topic that the brokers will not tell of.
fn refusal(topic: &Arc<str>, code: ErrorCode, look_up: LookUp) -> Error {
    let text = match (code, look_up) {
        (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, LookUp::ToWrite) => format!(
            "topic \"{topic}\" does not exist, and the brokers do not create it by themselves \
             (auto.create.topics.enable): create it, for example with admin().create_topics"
        ),
        (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, LookUp::ToRead) => {
            format!("topic \"{topic}\" does not exist: create it, for example with admin().create_topics")
        }
        (ErrorCode::TOPIC_AUTHORIZATION_FAILED, _) => {
            let needed = match look_up {
                LookUp::ToWrite => "Write permission (or Describe) on it, or Create if it does not exist",
                LookUp::ToRead => "Read permission (or Describe) on it",
            };
            let what = format_args!("looking up topic \"{topic}\"");
            return Error::not_allowed(code, what, needed)
                .with_api(ApiKey::METADATA)
                .with_topic(topic.clone());
        }
        (ErrorCode::INVALID_TOPIC_EXCEPTION, _) => format!("the brokers refuse the topic name \"{topic}\""),
        _ => format!("topic \"{topic}\" is not available: {code}"),
    };
    Error::of_code(code, text).with_api(ApiKey::METADATA).with_topic(topic.clone())
}

fn no_answer(topic: &Arc<str>, within: Duration) -> Error {
    let text = format!("no broker told of topic \"{topic}\" within {within:?}");
    Error::new(ErrorKind::Timeout, text).with_api(ApiKey::METADATA).with_topic(topic.clone())
}

#[cfg(test)]
mod tests;
