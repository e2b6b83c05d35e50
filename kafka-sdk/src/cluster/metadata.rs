//! One task asks for metadata, and publishes pictures of the cluster. Others say what they want to know of, and wait for
//! a round of it.

use super::retry::Attempts;
use super::{Cluster, Route, Settings, Snapshot, Topic};
use crate::error::{Advice, Error, ErrorKind, Result, Written};
use crate::model::{MetadataRecovery, TopicName};
use crate::observe::{Seldom, warn_seldom};
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::metadata::MetadataRequestTopic;
use kafka_sdk_protocol::api::{ApiKey, MetadataRequest, MetadataResponse};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{Level, debug, warn};

/// How long a topic may be unknown to the brokers before a look-up gives up: one that was created a moment ago is not
/// known to all of them at once.
const UNKNOWN_FOR: Duration = Duration::from_secs(5);
/// How long what a dropped look-up has begun is kept: who gives up soon and tries again would otherwise begin anew each
/// time, and never get there.
const KEPT_FOR: Duration = Duration::from_secs(5);
/// The least time between two rounds.
const BETWEEN_ROUNDS: Duration = Duration::from_millis(50);

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
    rounds: watch::Sender<Round>,
    warnings: Seldom,
}

/// What others want to know of.
#[derive(Default)]
struct Wanted {
    /// The number of the last round that somebody asked for.
    round: u64,
    topics: BTreeMap<Arc<str>, Wish>,
    /// Those of them that the next round may create.
    create: BTreeSet<Arc<str>>,
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

/// What came of the last round.
#[derive(Default)]
struct Round {
    number: u64,
    error: Option<Error>,
    /// Topics that were answered with an error.
    refused: HashMap<String, ErrorCode>,
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
        self.ask_for_round(|_| {});
    }

    pub(super) async fn refreshed(&self) -> Result<Snapshot> {
        let number = self.ask_for_round(|_| {});
        let error = self.round(number, |round| round.error.clone()).await;
        error.map_or_else(|| Ok(self.snapshot()), Err)
    }

    pub(super) fn interest(self: &Arc<Self>, name: &str) -> Result<Interest> {
        let interest = Interest::new(self, &TopicName::try_from(name)?);
        self.refresh_soon();
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
        interest.look_up = Progress::UnderWay;
        let found = self.find(&name, look_up, attempts).await;
        interest.look_up = Progress::Over;
        Ok((found?, interest))
    }

    async fn find(&self, name: &TopicName, look_up: LookUp, mut attempts: Attempts) -> Result<Arc<Topic>> {
        let within = attempts.left();
        let unknown_until = Instant::now() + UNKNOWN_FOR;
        loop {
            let round = timeout_at(attempts.deadline(), self.look_up(name, look_up)).await;
            match round.unwrap_or_else(|_| Err(no_answer(name.shared(), within))) {
                Ok(topic) => return Ok(topic),
                Err(error) if error.is(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) => {
                    let ended = attempts.pause_until(unknown_until, error).await;
                    ended.map_err(|error| error.with_advice(Advice::GiveUp))?;
                }
                Err(error) => attempts.pause(error).await?,
            }
        }
    }

    /// One round; may say that the topic does not exist although another broker knows it.
    async fn look_up(&self, name: &TopicName, look_up: LookUp) -> Result<Arc<Topic>> {
        let number = self.ask_for_round(|wanted| {
            if look_up == LookUp::ToWrite {
                wanted.create.insert(name.shared().clone());
            }
        });
        let refused = self.round(number, |round| {
            let code = round.refused.get(&**name.shared()).copied();
            round.error.clone().or_else(|| code.map(|code| refusal(name.shared(), code, look_up)))
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

    /// Drops the topics that nobody wants any more.
    fn forget_unwanted(&self) {
        let (mut unwanted, now) = (Vec::new(), Instant::now());
        let mut wanted = self.wanted();
        let over = wanted.topics.iter().filter(|(_, wish)| wish.is_over(now));
        unwanted.extend(over.map(|(topic, _)| topic.clone()));
        for topic in &unwanted {
            wanted.topics.remove(topic);
            wanted.create.remove(topic);
        }
        drop(wanted);
        if unwanted.is_empty() {
            return;
        }
        self.snapshots.send_if_modified(|snapshot| {
            *snapshot = snapshot.without(&unwanted);
            // It concerns nobody.
            false
        });
    }

    /// Asks for a round that begins after this call; gives its number.
    fn ask_for_round(&self, say: impl FnOnce(&mut Wanted)) -> u64 {
        let mut wanted = self.wanted();
        say(&mut wanted);
        wanted.round += 1;
        let number = wanted.round;
        drop(wanted);
        self.wake.notify_one();
        number
    }

    /// What `read` makes of the first round that answers number `number`; of the last one, if no more will come.
    async fn round<T>(&self, number: u64, read: impl FnOnce(&Round) -> T) -> T {
        let mut rounds = self.rounds.subscribe();
        // The sender is ours: it cannot go while we wait.
        let _ = rounds.wait_for(|round| round.number >= number).await;
        let round = rounds.borrow();
        read(&round)
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
enum Progress {
    /// Dropped now, it was given up before its end.
    UnderWay,
    Over,
}

impl Interest {
    fn new(metadata: &Arc<Metadata>, topic: &TopicName) -> Self {
        let (metadata, topic) = (metadata.clone(), topic.shared().clone());
        metadata.wanted().topics.entry(topic.clone()).or_default().interests += 1;
        Self { metadata, topic, look_up: Progress::Over }
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        let mut wanted = self.metadata.wanted();
        let Some(wish) = wanted.topics.get_mut(&self.topic) else { return };
        wish.interests -= 1;
        if self.look_up == Progress::UnderWay {
            wish.kept_until = Some(Instant::now() + KEPT_FOR);
        }
        let is_last = wish.interests == 0;
        drop(wanted);
        if is_last {
            self.metadata.forget_unwanted();
        }
    }
}

impl fmt::Debug for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Interest").field(&self.topic).finish()
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

/// Starts the task that asks; it ends with the last handle on the cluster.
pub(super) fn start_refresher(cluster: Cluster, mut handles: watch::Receiver<()>) {
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
/// for rounds that nobody will run.
struct End(Arc<Metadata>);

impl Drop for End {
    fn drop(&mut self) {
        let text = "the runtime on which the client was built has ended: build another client";
        let error = Some(Error::new(ErrorKind::Closed, text));
        self.0.rounds.send_replace(Round { number: u64::MAX, error, ..Round::default() });
    }
}

async fn refresh(cluster: &Cluster) {
    let metadata = &cluster.inner.metadata;
    let mut missing = Missing::default();
    metadata.wake.notified().await;
    loop {
        run_rounds(cluster, &mut missing).await;
        let max_age = cluster.settings().metadata_max_age;
        tokio::select! {
            () = metadata.wake.notified() => {}
            () = sleep(max_age) => {}
        }
    }
}

/// One round, and others until one succeeds.
async fn run_rounds(cluster: &Cluster, missing: &mut Missing) {
    let (mut failures, mut begun) = (0, Instant::now());
    loop {
        let (number, requests) = take(&cluster.inner.metadata);
        let (error, refused) = match ask(cluster, requests).await {
            Ok(refused) => (None, refused),
            Err(error) => (Some(error), HashMap::new()),
        };
        let failed = error.is_some();
        if !failed {
            let gone = missing.note(Instant::now(), &refused);
            report_gone(&cluster.snapshot(), &gone);
            cluster.inner.metadata.snapshots.send_if_modified(|snapshot| {
                *snapshot = snapshot.without(&gone);
                !gone.is_empty()
            });
        }
        if let Some(error) = &error
            && has_to_begin_again(cluster.settings(), error, begun)
        {
            warn!(target: "kafka_sdk::cluster", "back to the bootstrap addresses");
            cluster.rebootstrap();
            begun = Instant::now();
        }
        match &error {
            Some(error) => {
                let (warnings, error) = (&cluster.inner.metadata.warnings, error.whole());
                warn_seldom!(warnings, target: "kafka_sdk::cluster", { %error, failures }, "metadata not refreshed");
            }
            None => {
                let (brokers, topics) = cluster.snapshot().size();
                debug!(target: "kafka_sdk::cluster", brokers, topics, "metadata refreshed");
            }
        }
        cluster.inner.metadata.rounds.send_replace(Round { number, error, refused });
        if !failed {
            return sleep(BETWEEN_ROUNDS).await;
        }
        failures += 1;
        sleep(cluster.settings().retry.delay(failures, fastrand::f64())).await;
    }
}

/// Whether the brokers that are known are to be forgotten: one of them says so, or none has answered for long (KIP-1102).
fn has_to_begin_again(settings: &Settings, error: &Error, begun: Instant) -> bool {
    let asked_to = error.is(ErrorCode::REBOOTSTRAP_REQUIRED);
    settings.recovery == MetadataRecovery::Rebootstrap
        && (asked_to || begun.elapsed() >= settings.rebootstrap_trigger)
}

fn report_gone(snapshot: &Snapshot, gone: &[Arc<str>]) {
    for topic in gone.iter().filter(|topic| snapshot.topic(topic).is_some()) {
        warn!(target: "kafka_sdk::cluster", %topic, "topic gone");
    }
}

/// That the brokers are now those of another cluster: an address may have been given to it.
fn report_cluster(before: &Snapshot, after: &Snapshot) {
    if let (Some(before), Some(now)) = (before.cluster_id(), after.cluster_id())
        && before != now
    {
        warn!(target: "kafka_sdk::cluster", %before, %now, "another cluster");
    }
}

fn report_moves(before: &Snapshot, after: &Snapshot) {
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
struct Missing(HashMap<Arc<str>, Instant>);

impl Missing {
    /// Notes what a round has brought; gives the topics that are gone.
    fn note(&mut self, now: Instant, refused: &HashMap<String, ErrorCode>) -> Vec<Arc<str>> {
        let unknown = |code: ErrorCode| code == ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
        self.0.retain(|topic, _| refused.get(&**topic).copied().is_some_and(unknown));
        for (topic, _) in refused.iter().filter(|(_, code)| unknown(**code)) {
            self.0.entry(topic.as_str().into()).or_insert(now);
        }
        let gone = self.0.iter().filter(|(_, since)| **since + UNKNOWN_FOR < now);
        gone.map(|(topic, _)| topic.clone()).collect()
    }
}

/// The requests of the next round, and its number: first, alone, the topics that may be created.
fn take(metadata: &Metadata) -> (u64, Vec<MetadataRequest>) {
    metadata.forget_unwanted();
    let mut wanted = metadata.wanted();
    let create = std::mem::take(&mut wanted.create);
    let rest = wanted.topics.keys().filter(|topic| !create.contains(*topic)).cloned().collect();
    let request = |topics: BTreeSet<Arc<str>>, allow_auto_topic_creation| MetadataRequest {
        topics: Some(topics.into_iter().map(by_name).collect()),
        allow_auto_topic_creation,
        ..Default::default()
    };
    let mut requests = Vec::new();
    if !create.is_empty() {
        requests.push(request(create, true));
    }
    requests.push(request(rest, false));
    (wanted.round, requests)
}

fn by_name(topic: Arc<str>) -> MetadataRequestTopic {
    MetadataRequestTopic { name: Some(topic.as_ref().to_owned()), ..Default::default() }
}

/// Publishes what the brokers answer; gives the topics that they refused.
async fn ask(cluster: &Cluster, requests: Vec<MetadataRequest>) -> Result<HashMap<String, ErrorCode>> {
    let mut refused = HashMap::new();
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
        refused.extend(publish(&cluster.inner.metadata.snapshots, &response));
        cluster.inner.pool.follow(&cluster.snapshot());
    }
    Ok(refused)
}

fn publish(
    snapshots: &watch::Sender<Snapshot>,
    response: &MetadataResponse,
) -> impl Iterator<Item = (String, ErrorCode)> {
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
    let refused = response.topics.iter().filter(|topic| topic.error_code != ErrorCode::NONE);
    let named = refused.filter_map(|topic| Some((topic.name.clone()?, topic.error_code)));
    named.collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backoff::Backoff;
    use crate::cluster::Verdict;
    use crate::net::Address;
    use futures_util::FutureExt;

    #[test]
    fn a_topic_is_kept_up_to_date_as_long_as_somebody_is_interested() {
        let (metadata, name) = (Arc::new(Metadata::default()), TopicName::try_from("t").unwrap());
        let asked = || take(&metadata).1.pop().unwrap().topics.unwrap().len();
        let (first, second) = (Interest::new(&metadata, &name), Interest::new(&metadata, &name));
        drop(first);
        assert_eq!(asked(), 1);
        drop(second);
        assert_eq!(asked(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_dropped_look_up_has_begun_is_kept_for_a_while() {
        let metadata = Arc::new(Metadata::default());
        let attempts = || Attempts::within(Duration::MAX, Backoff::RETRY);
        let topics = |request: &MetadataRequest| request.topics.as_ref().unwrap().len();
        for _ in 0..2 {
            assert!(metadata.topic("t", LookUp::ToWrite, attempts()).now_or_never().is_none());
        }
        let requests = take(&metadata).1;
        assert!(requests[0].allow_auto_topic_creation);
        assert_eq!(topics(&requests[0]), 1);
        sleep(KEPT_FOR / 2).await;
        assert_eq!(topics(&take(&metadata).1[0]), 1, "kept, and not created again");
        sleep(KEPT_FOR).await;
        assert_eq!(topics(&take(&metadata).1[0]), 0);
        assert!(metadata.wanted().topics.is_empty());
    }

    #[test]
    fn look_ups_fail_at_once_when_the_runtime_of_the_client_has_ended() {
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let first = runtime();
        let settings =
            Settings { bootstrap: Address::parse_list("127.0.0.1:1").unwrap(), ..Default::default() };
        let cluster = first.block_on(async { Cluster::new(settings) });
        drop(first);
        let within = Duration::from_secs(60);
        let any = || cluster.ask(&Route::Any, within, |_| MetadataRequest::default(), |_| Verdict::Done);
        runtime().block_on(async {
            let start = Instant::now();
            let errors = [
                cluster.topic("t", LookUp::ToWrite, within).await.unwrap_err(),
                cluster.topic("t", LookUp::ToRead, within).await.unwrap_err(),
                cluster.refreshed().await.unwrap_err(),
                any().await.unwrap_err(),
            ];
            assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
            for error in errors {
                assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
                assert!(error.to_string().contains("runtime"), "{error}");
            }
        });
    }

    #[test]
    fn a_topic_is_gone_when_it_was_unknown_for_a_while() {
        let (mut missing, now) = (Missing::default(), Instant::now());
        let refused = |topics: &[&str]| {
            let unknown = |topic: &&str| ((*topic).to_owned(), ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
            topics.iter().map(unknown).collect::<HashMap<_, _>>()
        };
        let after = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(missing.note(now, &refused(&["a", "b"])), [] as [Arc<str>; 0]);
        assert_eq!(missing.note(after(3), &refused(&["a"])), [] as [Arc<str>; 0]);
        assert_eq!(missing.note(after(6), &refused(&["a", "b"])), ["a".into()], "b was known in between");
        let other = HashMap::from([("a".to_owned(), ErrorCode::LEADER_NOT_AVAILABLE)]);
        assert_eq!(missing.note(after(7), &other), [] as [Arc<str>; 0]);
    }
}
