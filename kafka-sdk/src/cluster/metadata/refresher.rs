//! The task that asks for metadata.

use super::super::{Cluster, Route, Settings, Snapshot};
use super::wanted::{Scope, Turn};
use super::{Metadata, Refresh, UNKNOWN_FOR};
use crate::clock::after;
use crate::error::{Advice, Error, ErrorKind, Result, Written};
use crate::model::MetadataRecovery;
use crate::observe::warn_seldom;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::{ApiKey, MetadataRequest, MetadataResponse};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{Level, debug, warn};

/// The least time from a refresh of all topics to the next one.
const BETWEEN_ROUNDS: Duration = Duration::from_millis(50);

/// When refreshes may begin. What is looked up for the first time does not wait for those of all topics: who joins a group
/// does so several times, one after the other.
struct Rounds {
    /// Of all topics.
    next: Instant,
}

impl Rounds {
    fn ended(&mut self, now: Instant, scope: Scope) {
        if scope == Scope::All {
            self.next = now + BETWEEN_ROUNDS;
        }
    }

    fn begins(&self, now: Instant, scope: Scope) -> Instant {
        match scope {
            Scope::News => now,
            Scope::All => now.max(self.next),
        }
    }
}

/// Starts the task that asks; it ends with the last handle on the cluster.
pub(in crate::cluster) fn start_refresher(cluster: Cluster, mut handles: watch::Receiver<()>) {
    let end = End(cluster.inner.metadata.clone());
    tokio::spawn(async move {
        let _end = end;
        let gone = handles.changed();
        tokio::select! {
            _ = gone => {}
            () = refresh(&cluster) => {}
        }
    });
}

/// The refresher's, dropped with it: a runtime that ends drops its tasks. Handles that live on elsewhere are not to wait
/// for refreshes that nobody will run.
struct End(Arc<Metadata>);

impl Drop for End {
    fn drop(&mut self) {
        let text = "the runtime on which the client was built has ended: build another client";
        let error = Some(Error::new(ErrorKind::Closed, text));
        self.0.refreshes.send_replace(Refresh { number: u64::MAX, error, ..Refresh::default() });
    }
}

async fn refresh(cluster: &Cluster) {
    let metadata = &cluster.inner.metadata;
    let mut missing = Missing::default();
    let mut all_due = Instant::now();
    let mut rounds = Rounds { next: all_due };
    metadata.wake.notified().await;
    loop {
        let scope = metadata.wanted().scope();
        sleep_until(rounds.begins(Instant::now(), scope)).await;
        let scope = run_refreshes(cluster, &mut missing).await;
        rounds.ended(Instant::now(), scope);
        if scope == Scope::All {
            all_due = after(Instant::now(), cluster.settings().metadata_max_age);
        }
        tokio::select! {
            () = metadata.wake.notified() => {}
            () = sleep_until(all_due) => metadata.wanted().ask_for_all(),
        }
    }
}

/// One refresh, and others until one succeeds; gives what that one asked for.
async fn run_refreshes(cluster: &Cluster, missing: &mut Missing) -> Scope {
    let metadata = &cluster.inner.metadata;
    let (mut failures, mut begun) = (0, Instant::now());
    loop {
        let Turn { number, scope, requests, unwanted } = metadata.wanted().take(Instant::now());
        metadata.forget(&unwanted);
        missing.forget(&unwanted);
        let error = match ask(cluster, requests).await {
            Ok(told) => {
                missing.note(Instant::now(), &told);
                drop_gone(cluster, &missing.gone(Instant::now()));
                let (brokers, topics) = cluster.snapshot().size();
                debug!(target: "kafka_sdk::cluster", brokers, topics, "metadata refreshed");
                metadata.refreshes.send_modify(|refresh| refresh.succeeded(number, told, &unwanted));
                return scope;
            }
            Err(error) => error,
        };
        // What it was to ask for is asked for by the next one.
        metadata.wanted().ask_for_all();
        if has_to_begin_again(cluster.settings(), &error, begun) {
            warn!(target: "kafka_sdk::cluster", "back to the bootstrap addresses");
            cluster.rebootstrap();
            begun = Instant::now();
        }
        report_failure(metadata, &error, failures);
        metadata.refreshes.send_modify(|refresh| refresh.failed(number, error));
        failures += 1;
        sleep(cluster.settings().retry.delay(failures, fastrand::f64())).await;
    }
}

/// Has nothing in the snapshot of topics that are gone, and says so.
fn drop_gone(cluster: &Cluster, gone: &[Arc<str>]) {
    cluster.inner.metadata.snapshots.send_if_modified(|snapshot| {
        let known: Vec<_> = gone.iter().filter(|topic| snapshot.topic(topic).is_some()).cloned().collect();
        for topic in &known {
            warn!(target: "kafka_sdk::cluster", %topic, "topic gone");
        }
        if !known.is_empty() {
            *snapshot = snapshot.without(&known);
        }
        !known.is_empty()
    });
}

fn report_failure(metadata: &Metadata, error: &Error, failures: u32) {
    let (warnings, error) = (&metadata.warnings, error.whole());
    warn_seldom!(warnings, target: "kafka_sdk::cluster", { %error, failures }, "metadata not refreshed");
}

/// Whether the brokers that are known are to be forgotten: one of them says so, or none has answered for long (KIP-1102).
fn has_to_begin_again(settings: &Settings, error: &Error, begun: Instant) -> bool {
    let asked_to = error.is(ErrorCode::REBOOTSTRAP_REQUIRED);
    settings.recovery == MetadataRecovery::Rebootstrap
        && (asked_to || begun.elapsed() >= settings.rebootstrap_trigger)
}

/// That the brokers are now those of another cluster: an address may have been given to it.
fn report_cluster(before: &Snapshot, after: &Snapshot) {
    if let (Some(before), Some(now)) = (before.cluster_id(), after.cluster_id())
        && before != now
    {
        warn!(target: "kafka_sdk::cluster", %before, %now, "another cluster");
    }
}

pub(super) fn report_moves(before: &Snapshot, after: &Snapshot) {
    if !tracing::enabled!(target: "kafka_sdk::cluster", Level::DEBUG) {
        return;
    }
    for (topic, partition, now) in after.moved_since(before) {
        let (broker, leader_epoch) = (now.leader, now.leader_epoch);
        debug!(target: "kafka_sdk::cluster", %topic, partition, broker, leader_epoch, "leader changed");
    }
}

/// Topics that the brokers do not know, and since when. One that has just started knows none for a while; later than that
/// they are gone, and a producer's first look-up may create them again.
#[derive(Default)]
pub(super) struct Missing(HashMap<Arc<str>, Instant>);

impl Missing {
    /// Notes what brokers say of topics; of those that they say nothing of, nothing is news.
    pub(super) fn note(&mut self, now: Instant, told: &[(String, ErrorCode)]) {
        for (topic, code) in told {
            if *code != ErrorCode::UNKNOWN_TOPIC_OR_PARTITION {
                self.0.remove(topic.as_str());
            } else if !self.0.contains_key(topic.as_str()) {
                self.0.insert(topic.as_str().into(), now);
            }
        }
    }

    pub(super) fn forget(&mut self, topics: &[Arc<str>]) {
        for topic in topics {
            self.0.remove(topic);
        }
    }

    pub(super) fn gone(&self, now: Instant) -> Vec<Arc<str>> {
        let gone = self.0.iter().filter(|(_, since)| **since + UNKNOWN_FOR < now);
        gone.map(|(topic, _)| topic.clone()).collect()
    }
}

/// Publishes what the brokers answer; gives the topics that they speak of.
async fn ask(cluster: &Cluster, requests: Vec<MetadataRequest>) -> Result<Vec<(String, ErrorCode)>> {
    let mut told = Vec::new();
    for request in requests {
        let within = cluster.settings().request_timeout;
        let answered = cluster.once(&Route::Any, within, |_| request.clone()).await;
        // To ask has no effect, answered or not.
        let response = answered.map_err(|error| error.with_written(Written::No))?;
        if response.error_code != ErrorCode::NONE {
            let text = format!("a broker refuses to tell of its cluster: {}", response.error_code);
            let error = Error::of_code(response.error_code, text).with_api(ApiKey::METADATA);
            return Err(error.with_advice(Advice::Retry));
        }
        publish(&cluster.inner.metadata.snapshots, &response);
        let topics = response.topics.into_iter();
        told.extend(topics.filter_map(|topic| Some((topic.name?, topic.error_code))));
        cluster.inner.pool.follow(&cluster.snapshot());
    }
    Ok(told)
}

fn publish(snapshots: &watch::Sender<Snapshot>, response: &MetadataResponse) {
    if response.brokers.is_empty() {
        warn!(target: "kafka_sdk::cluster", "metadata without a broker");
    }
    // What has not changed is no news.
    snapshots.send_if_modified(|snapshot| {
        let merged = snapshot.merged(response);
        let news = merged != *snapshot;
        report_cluster(snapshot, &merged);
        if news {
            report_moves(snapshot, &merged);
        }
        *snapshot = merged;
        news
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refresh_of_all_topics_waits_for_the_last_one_to_be_a_while_ago() {
        let now = Instant::now();
        let mut rounds = Rounds { next: now };
        assert_eq!(rounds.begins(now, Scope::All), now);
        rounds.ended(now, Scope::All);
        assert_eq!(rounds.begins(now, Scope::News), now);
        assert_eq!(rounds.begins(now, Scope::All), now + BETWEEN_ROUNDS);
        rounds.ended(now + BETWEEN_ROUNDS / 2, Scope::News);
        assert_eq!(rounds.begins(now + 2 * BETWEEN_ROUNDS, Scope::All), now + 2 * BETWEEN_ROUNDS);
        assert_eq!(rounds.begins(now, Scope::All), now + BETWEEN_ROUNDS, "news have not put it off");
    }
}
