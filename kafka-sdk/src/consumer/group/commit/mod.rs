//! What is committed when: one commit at a time, in the order in which they were asked for. Pure.
//!
//! ```text
//! asked for ──> waiting ──> sent ──> committed, or failed
//!                  ^          │
//!                  └──────────┘  after a pause: what a broker refused for now
//! ```
//!
//! Each time that a commit is sent, positions of partitions that are given up by then are left out, and so is what was asked
//! for by a member that the group has thrown out: who waits is told so.

mod perform;
mod request;
#[cfg(test)]
mod tests;
mod verdict;

use crate::backoff::Backoff;
use crate::drive::Core;
use crate::error::{Advice, Error, ErrorKind, Result};
use crate::model::{CommittedOffset, TopicPartition};
use kafka_sdk_protocol::ErrorCode;
pub(super) use perform::perform;
pub(super) use request::{Fetched, fetch};
use request::{commit, refusal};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;
pub(super) use verdict::{Newer, Verdict, verdict};

pub(in super::super) type Committing = BTreeMap<TopicPartition, ToCommit>;

/// What is to be committed of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct ToCommit {
    pub(in super::super) committed: CommittedOffset,
    pub(in super::super) origin: Origin,
}

/// Where an offset comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Origin {
    /// Reading stands there, in the slot with this index.
    Position(usize),
    /// The application has named it, when the consumer had been thrown out so often.
    Given { expulsions: u64 },
}

impl ToCommit {
    /// What is said of one that does not count any more.
    fn past(&self, group: &str, partition: &TopicPartition) -> Error {
        let offset = self.committed.offset;
        let why = match self.origin {
            Origin::Position(_) => "had given the partition up, or lost it,",
            Origin::Given { .. } => "was thrown out of the group",
        };
        let text = format!(
            "offset {offset} of {partition} was not committed for group \"{group}\": this consumer {why} before the commit \
             could be sent, and others may have committed more since. Who has the partition now goes on from what is \
             committed"
        );
        Error::new(ErrorKind::State, text)
            .with_advice(Advice::Retry)
            .with_topic(partition.shared_topic().clone())
            .with_partition(partition.partition())
    }
}

/// What of these still counts, as `is_present` says of its origin, and what came of the rest. Once a partition has been
/// given up, others may have committed more, also if it has come back.
pub(super) fn counting(
    offsets: Committing,
    group: &str,
    is_present: impl Fn(&TopicPartition, Origin) -> bool,
) -> (Committing, Vec<(TopicPartition, Outcome)>) {
    let counts =
        |(partition, to_commit): &(TopicPartition, ToCommit)| is_present(partition, to_commit.origin);
    let (offsets, past): (Committing, Committing) = offsets.into_iter().partition(counts);
    let past = past.into_iter().map(|(partition, to_commit)| {
        let error = to_commit.past(group, &partition);
        (partition, Outcome::Failed(error))
    });
    (offsets, past.collect())
}

/// Offsets to commit, and who waits for that.
#[derive(Debug)]
pub(super) struct Commit {
    pub(super) offsets: Committing,
    pub(super) within: Duration,
    pub(super) promise: Option<oneshot::Sender<Result<()>>>,
}

#[derive(Debug)]
pub(super) enum Call {
    /// What is processed, and not committed.
    Collect,
    Send(Committing),
}

#[derive(Debug)]
pub(super) enum Reply {
    Collected(Committing),
    /// What came of each partition.
    Sent(Vec<(TopicPartition, Outcome)>),
}

#[derive(Debug)]
pub(super) enum Outcome {
    Committed,
    Again(Error),
    Failed(Error),
}

/// How long a topic may be unknown to the coordinator before it counts as deleted.
const UNKNOWN_FOR: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct CommitCore {
    retry: Backoff,
    /// For commits that nobody asked for: none where there are none.
    every: Option<Duration>,
    next: Option<Instant>,
    waiting: VecDeque<Job>,
    state: State,
    calls: VecDeque<Call>,
}

#[derive(Debug)]
struct Job {
    offsets: Committing,
    begun: Instant,
    deadline: Instant,
    promise: Option<oneshot::Sender<Result<()>>>,
    failures: u32,
    /// The first partition's that will not be committed.
    error: Option<Error>,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Idle,
    /// The first of those that wait is on its way.
    Sent,
    Pausing(Instant),
}

impl CommitCore {
    pub(super) fn new(every: Option<Duration>, retry: Backoff, now: Instant) -> Self {
        let next = every.map(|every| now + every);
        Self { retry, every, next, waiting: VecDeque::new(), state: State::Idle, calls: VecDeque::new() }
    }

    fn take_up(&mut self, now: Instant, commit: Commit) {
        let Commit { offsets, within, promise } = commit;
        let (begun, deadline) = (now, now + within);
        self.waiting.push_back(Job { offsets, begun, deadline, promise, failures: 0, error: None });
        self.send(now);
    }

    /// Ends those whose time is over before their turn has come.
    fn expire(&mut self, now: Instant) {
        let sent = usize::from(self.state != State::Idle).min(self.waiting.len());
        let behind = self.waiting.split_off(sent);
        let (late, waiting): (VecDeque<Job>, _) = behind.into_iter().partition(|job| job.deadline <= now);
        self.waiting.extend::<VecDeque<Job>>(waiting);
        late.into_iter().for_each(Job::overdue);
    }

    fn send(&mut self, now: Instant) {
        if self.state == State::Sent || matches!(self.state, State::Pausing(until) if until > now) {
            return;
        }
        self.state = State::Idle;
        while let Some(job) = self.waiting.front() {
            if !job.offsets.is_empty() {
                self.calls.push_back(Call::Send(job.offsets.clone()));
                self.state = State::Sent;
                return;
            }
            self.waiting.pop_front().into_iter().for_each(Job::end);
        }
    }

    fn sent(&mut self, now: Instant, outcomes: Vec<(TopicPartition, Outcome)>) {
        self.state = State::Idle;
        let Some(job) = self.waiting.front_mut() else { return };
        let mut trouble = None;
        for (partition, outcome) in outcomes {
            match outcome {
                Outcome::Committed => drop(job.offsets.remove(&partition)),
                Outcome::Failed(error) => {
                    job.offsets.remove(&partition);
                    job.error.get_or_insert(error);
                }
                Outcome::Again(error) if job.begun + UNKNOWN_FOR <= now && is_unknown(&error) => {
                    job.offsets.remove(&partition);
                    job.error.get_or_insert(error);
                }
                Outcome::Again(error) => drop(trouble.get_or_insert(error)),
            }
        }
        if let Some(error) = trouble {
            job.failures += 1;
            let until = now + self.retry.steady(job.failures);
            if until < job.deadline {
                self.state = State::Pausing(until);
                return;
            }
            job.offsets.clear();
            job.error.get_or_insert(error);
        } else if !job.offsets.is_empty() {
            // Left out of the answer.
            job.offsets.clear();
            job.error.get_or_insert_with(|| {
                Error::new(ErrorKind::Decode, "the broker did not say what it committed")
            });
        }
        self.send(now);
    }
}

/// Whether there may be no such topic any more.
fn is_unknown(error: &Error) -> bool {
    error.is(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) || error.is(ErrorCode::UNKNOWN_TOPIC_ID)
}

impl Job {
    fn overdue(mut self) {
        let within = self.deadline - self.begun;
        self.error.get_or_insert_with(|| {
            let text =
                format!("nothing was committed within {within:?}: earlier commits are still under way");
            Error::new(ErrorKind::Timeout, text).with_advice(Advice::Retry)
        });
        self.end();
    }

    fn end(self) {
        let outcome = self.error.map_or(Ok(()), Err);
        if let Some(promise) = self.promise {
            // Who has gone does not need it.
            let _ = promise.send(outcome);
        }
    }
}

impl Core for CommitCore {
    type Command = Commit;
    type Call = Call;
    type Reply = Reply;

    fn command(&mut self, now: Instant, commit: Commit) {
        self.take_up(now, commit);
    }

    fn reply(&mut self, now: Instant, reply: Reply) {
        match reply {
            Reply::Sent(outcomes) => self.sent(now, outcomes),
            Reply::Collected(offsets) if offsets.is_empty() => {}
            Reply::Collected(offsets) => {
                let within = self.every.unwrap_or_default().max(Duration::from_secs(5));
                self.take_up(now, Commit { offsets, within, promise: None });
            }
        }
    }

    fn timeout(&mut self, now: Instant) {
        if let (Some(next), Some(every)) = (self.next, self.every)
            && next <= now
        {
            self.next = Some(now + every);
            // While one is under way there is no point in another.
            if self.waiting.is_empty() {
                self.calls.push_back(Call::Collect);
            }
        }
        self.expire(now);
        self.send(now);
    }

    fn close(&mut self, _now: Instant) {
        self.next = None;
    }

    fn poll_call(&mut self, _now: Instant) -> Option<Call> {
        self.calls.pop_front()
    }

    fn deadline(&self) -> Option<Instant> {
        let pause = match self.state {
            State::Pausing(until) => Some(until),
            State::Idle | State::Sent => None,
        };
        let behind = self.waiting.iter().skip(1).map(|job| job.deadline);
        self.next.into_iter().chain(pause).chain(behind).min()
    }

    /// It goes on as long as its consumer does.
    fn is_over(&self) -> bool {
        false
    }
}
