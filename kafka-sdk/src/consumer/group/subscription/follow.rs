//! Following the cluster, so that the membership knows which topics there are.

use super::super::Shell;
use super::super::membership::{Command, Names, Topics};
use super::{When, Wish};
use crate::cluster::Snapshot;
use crate::error::{Advice, Error, Result};
use futures_util::StreamExt;
use std::future::pending;
use std::pin::pin;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::warn;

impl Shell {
    /// Tells the membership of topics, as long as it runs.
    pub(in super::super) async fn follow(&self) {
        let subscribed = &self.subscribed;
        let (mut wish, mut looked) = (subscribed.wish.subscribe(), subscribed.looked.subscribe());
        let mut matcher = subscribed.matcher.subscribe();
        let mut snapshots = Box::pin(self.cluster.snapshots());
        let mut subscription = None;
        let mut when = When::First;
        loop {
            // Of another wish all is new, whatever else has happened meanwhile.
            if wish.has_changed().unwrap_or(false) {
                when = When::First;
            }
            let wanted = wish.borrow_and_update().clone();
            matcher.mark_unchanged();
            let (names, snapshot) = match self.look_up(&wanted, when).await {
                Ok(found) => found,
                Err(error) if error.advice() != Advice::Retry => return self.end(error).await,
                Err(error) => {
                    warn!(target: "kafka_sdk::consumer", error = %error.whole(), "topics not looked up");
                    sleep(self.cluster.settings().retry.most).await;
                    continue;
                }
            };
            subscribed.note_counts(&snapshot, &names, when);
            when = When::Later;
            let next = subscribed.subscription(&wanted, names);
            self.tell_topics(subscribed.news());
            if subscription.as_ref() != Some(&next) {
                subscription = Some(next.clone());
                let _ = self.commands.push(Command::Subscribe(next));
            }
            let again = Instant::now() + self.cluster.settings().metadata_max_age;
            let mut lookout = pin!(self.look_out(&wanted));
            loop {
                tokio::select! {
                    error = &mut lookout => return self.end(error).await,
                    snapshot = snapshots.next() => match snapshot {
                        Some(_) => self.tell_topics(subscribed.news()),
                        None => return,
                    },
                    _ = looked.changed() => {
                        subscribed.tell();
                        self.tell_topics(Some(subscribed.told()));
                    }
                    _ = matcher.changed() => break,
                    _ = wish.changed() => {
                        wish.mark_changed();
                        break;
                    }
                    () = sleep_until(again), if matches!(wanted, Wish::Matching(_)) => break,
                }
            }
        }
    }

    /// The consumer ends, and leaves the group when it is closed.
    async fn end(&self, error: Error) {
        self.fail(error);
        pending().await
    }

    /// Topics that a list names are looked for as long as they do not exist; those that a pattern matches, do.
    async fn look_out(&self, wish: &Wish) -> Error {
        match wish {
            Wish::Topics(names) => self.cluster.look_out(names).await,
            Wish::Matching(_) => pending().await,
        }
    }

    /// The topics that the wish means now, and what is known of them.
    async fn look_up(&self, wish: &Wish, when: When) -> Result<(Names, Snapshot)> {
        let names = self.subscribed.names(wish).await?;
        self.subscribed.watch(&names, when);
        match self.cluster.refreshed_for(names.iter()).await {
            Ok(snapshot) => Ok((names, snapshot)),
            // What is not known yet would be taken for new, and read from its first record.
            Err(error) if when == When::First && error.advice() == Advice::Retry => Err(error),
            // What is in the way of everything, the coordinator or the way to it says; what is in the way of a topic,
            // who looks out for it.
            Err(_) => Ok((names, self.cluster.snapshot())),
        }
    }

    fn tell_topics(&self, news: Option<Topics>) {
        if let Some(topics) = news {
            let _ = self.commands.push(Command::Topics(topics));
        }
    }
}
