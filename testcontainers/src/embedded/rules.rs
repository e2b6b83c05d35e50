//! Faults as data: which requests, and what becomes of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::ApiKey;
use tokio::sync::watch;

/// Which requests to an embedded cluster are interfered with, and how. It is put in force by
/// [`TestKafka::intercept`](crate::TestKafka::intercept).
///
/// A rule without a reaction only counts.
///
/// # Examples
/// ```
/// use kafka_sdk_testcontainers::{ApiKey, ErrorCode, Reaction, Rule};
///
/// // The third and the fourth Produce request with records for orders-0 are lost after the records are written.
/// let lost = Rule::on(ApiKey::PRODUCE).topic("orders").partition(0).nth(3).times(2).react(Reaction::DropAfter);
/// // Node 2 knows no topic.
/// let unknown = Reaction::Answer(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
/// let ignorant = Rule::on(ApiKey::METADATA).node(2).react(unknown);
/// ```
#[derive(Debug, Clone)]
#[must_use = "a rule is put in force by `TestKafka::intercept`"]
pub struct Rule {
    api: ApiKey,
    node: Option<i32>,
    scope: Scope,
    first: u64,
    times: Option<u64>,
    reaction: Option<Reaction>,
}

/// What becomes of a request. Where several rules match, all of their reactions happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reaction {
    /// It is answered with that error and not carried out; of a rule that names a topic or a partition, only that part.
    Answer(ErrorCode),
    /// It is carried out at once and answered so much later.
    Delay(Duration),
    /// The connection is closed; the request is not carried out.
    DropBefore,
    /// The request is carried out and the connection is closed instead of an answer.
    DropAfter,
    /// It waits, not carried out, until [`Armed::release`]; then it is, even if its connection is gone.
    Hold,
    /// The answer has flipped bits: in the records of a Fetch that the rule matches, elsewhere in all behind its header.
    Corrupt,
    /// First, the leadership of the partitions that the rule matches moves to another node that is in sync.
    MoveLeader,
}

/// A part of a request: all of it, a topic, or a partition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Scope {
    topic: Option<String>,
    partition: Option<i32>,
}

/// A topic that a request names, with a partition where it names one.
pub(super) type Target = (String, Option<i32>);

impl Rule {
    /// All requests of an API.
    pub fn on(api: ApiKey) -> Self {
        Self { api, node: None, scope: Scope::default(), first: 1, times: None, reaction: None }
    }

    /// Only those to that node.
    pub fn node(mut self, id: i32) -> Self {
        self.node = Some(id);
        self
    }

    /// Only those that name the topic.
    pub fn topic(mut self, name: &str) -> Self {
        self.scope.topic = Some(name.into());
        self
    }

    /// Only those that name the partition of that number, of the rule's topic or of any.
    pub fn partition(mut self, index: i32) -> Self {
        self.scope.partition = Some(index);
        self
    }

    /// Only the nth of those, counted from 1; with [`times`](Self::times) those that follow too. Default: from the
    /// first on.
    pub fn nth(mut self, nth: u64) -> Self {
        self.first = nth;
        self.times = self.times.or(Some(1));
        self
    }

    /// Only so many of those. Default: one with [`nth`](Self::nth), otherwise all.
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// What becomes of them.
    pub fn react(mut self, reaction: Reaction) -> Self {
        self.reaction = Some(reaction);
        self
    }

    fn is_about(&self, api: ApiKey, node: i32, targets: &[Target]) -> bool {
        let node_fits = self.node.is_none_or(|id| id == node);
        self.api == api && node_fits && (self.scope.is_all() || targets.iter().any(|it| self.scope.has(it)))
    }
}

impl Scope {
    fn is_all(&self) -> bool {
        *self == Self::default()
    }

    fn has(&self, (topic, partition): &Target) -> bool {
        self.topic.as_ref().is_none_or(|name| name == topic)
            && self.partition.is_none_or(|index| partition.is_none_or(|named| named == index))
    }
}

/// A rule in force. It stays so when this is dropped.
#[derive(Debug)]
pub struct Armed {
    standing: Arc<Standing>,
}

#[derive(Debug)]
struct Standing {
    hits: AtomicU64,
    disarmed: watch::Sender<bool>,
    released: watch::Sender<bool>,
}

impl Armed {
    /// How many requests the rule has interfered with so far.
    pub fn hits(&self) -> u64 {
        self.standing.hits.load(Ordering::SeqCst)
    }

    /// Lets the requests go on that the rule holds, and those that it will match.
    pub fn release(&self) {
        self.standing.released.send_replace(true);
    }

    /// Ends the rule, and lets the requests go on that it holds.
    pub fn disarm(&self) {
        self.standing.disarmed.send_replace(true);
        self.release();
    }
}

/// The rules of a cluster.
#[derive(Debug, Default)]
pub(super) struct Rules(Mutex<Vec<Entry>>);

#[derive(Debug)]
struct Entry {
    rule: Rule,
    matched: u64,
    standing: Arc<Standing>,
}

impl Rules {
    pub(super) fn arm(&self, rule: Rule) -> Armed {
        let (disarmed, released) = (watch::Sender::new(false), watch::Sender::new(false));
        let standing = Arc::new(Standing { hits: AtomicU64::new(0), disarmed, released });
        self.entries().push(Entry { rule, matched: 0, standing: Arc::clone(&standing) });
        Armed { standing }
    }

    /// Whether there is none: then nobody need know what a request names.
    pub(super) fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// What becomes of a request.
    pub(super) fn judge(&self, api: ApiKey, node: i32, targets: &[Target]) -> Plan {
        let mut plan = Plan::default();
        let mut entries = self.entries();
        entries.retain(|entry| !*entry.standing.disarmed.borrow());
        for entry in entries.iter_mut().filter(|entry| entry.rule.is_about(api, node, targets)) {
            entry.matched += 1;
            let nth = entry.matched - entry.rule.first.min(entry.matched);
            if entry.matched >= entry.rule.first && entry.rule.times.is_none_or(|times| nth < times) {
                entry.standing.hits.fetch_add(1, Ordering::SeqCst);
                plan.add(entry);
            }
        }
        plan
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What becomes of a request.
#[derive(Debug, Default)]
pub(super) struct Plan {
    refusals: Vec<(Scope, ErrorCode)>,
    corrupted: Vec<Scope>,
    moved: Vec<Scope>,
    held: Vec<watch::Receiver<bool>>,
    pub(super) delay: Option<Duration>,
    pub(super) drop_before: bool,
    pub(super) drop_after: bool,
}

impl Plan {
    fn add(&mut self, entry: &Entry) {
        let scope = || entry.rule.scope.clone();
        match entry.rule.reaction {
            None => {}
            Some(Reaction::Answer(code)) => self.refusals.push((scope(), code)),
            Some(Reaction::Delay(by)) => self.delay = Some(self.delay.unwrap_or_default() + by),
            Some(Reaction::DropBefore) => self.drop_before = true,
            Some(Reaction::DropAfter) => self.drop_after = true,
            Some(Reaction::Hold) => self.held.push(entry.standing.released.subscribe()),
            Some(Reaction::Corrupt) => self.corrupted.push(scope()),
            Some(Reaction::MoveLeader) => self.moved.push(scope()),
        }
    }

    /// What a part of the request is answered with instead of being carried out.
    pub(super) fn refusal(&self, topic: &str, partition: Option<i32>) -> Result<(), ErrorCode> {
        match self.refusals.iter().find(|(scope, _)| scope.is_all() || scope.has(&(topic.into(), partition)))
        {
            Some(&(_, code)) => Err(code),
            None => Ok(()),
        }
    }

    /// What all of the request is answered with.
    pub(super) fn refusal_of_all(&self) -> Result<(), ErrorCode> {
        self.refusals.iter().find(|(scope, _)| scope.is_all()).map_or(Ok(()), |&(_, code)| Err(code))
    }

    /// Whether the records of a partition are to be corrupted.
    pub(super) fn corrupts(&self, topic: &str, partition: i32) -> bool {
        self.corrupted.iter().any(|scope| scope.has(&(topic.into(), Some(partition))))
    }

    /// Whether anything is to be corrupted.
    pub(super) fn corrupts_some(&self) -> bool {
        !self.corrupted.is_empty()
    }

    /// Whether a target's leadership is to move.
    pub(super) fn moves(&self, target: &Target) -> bool {
        self.moved.iter().any(|scope| scope.has(target))
    }

    /// Waits for all who hold the request.
    pub(super) async fn until_released(&mut self) {
        for mut held in std::mem::take(&mut self.held) {
            let _ = held.wait_for(|&released| released).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits_of(rule: Rule, requests: &[(ApiKey, i32, &str, i32)]) -> Vec<bool> {
        let rules = Rules::default();
        let armed = rules.arm(rule.react(Reaction::DropBefore));
        let hit = |&(api, node, topic, partition): &(ApiKey, i32, &str, i32)| {
            rules.judge(api, node, &[(topic.into(), Some(partition))]).drop_before
        };
        let hits: Vec<bool> = requests.iter().map(hit).collect();
        assert_eq!(armed.hits(), hits.iter().filter(|&&hit| hit).count() as u64);
        hits
    }

    #[test]
    fn api_node_topic_and_partition_must_all_fit() {
        let rule = Rule::on(ApiKey::PRODUCE).node(1).topic("a").partition(0);
        let requests = [
            (ApiKey::PRODUCE, 1, "a", 0),
            (ApiKey::FETCH, 1, "a", 0),
            (ApiKey::PRODUCE, 2, "a", 0),
            (ApiKey::PRODUCE, 1, "b", 0),
            (ApiKey::PRODUCE, 1, "a", 1),
        ];
        assert_eq!(hits_of(rule, &requests), [true, false, false, false, false]);
    }

    #[test]
    fn nth_counts_those_that_fit() {
        let all = [(ApiKey::FETCH, 1, "a", 0); 5];
        assert_eq!(hits_of(Rule::on(ApiKey::FETCH).nth(2), &all), [false, true, false, false, false]);
        assert_eq!(hits_of(Rule::on(ApiKey::FETCH).nth(2).times(3), &all), [false, true, true, true, false]);
        assert_eq!(hits_of(Rule::on(ApiKey::FETCH).times(2), &all), [true, true, false, false, false]);
        assert_eq!(hits_of(Rule::on(ApiKey::FETCH), &all), [true; 5]);
    }

    #[test]
    fn a_disarmed_rule_is_gone() {
        let rules = Rules::default();
        let armed = rules.arm(Rule::on(ApiKey::FETCH).react(Reaction::DropAfter));
        armed.disarm();
        assert!(!rules.judge(ApiKey::FETCH, 1, &[]).drop_after);
        assert_eq!((armed.hits(), rules.is_empty()), (0, true));
    }
}
