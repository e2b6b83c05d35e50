//! One partition as the sender sees it: its queue, its window, and where its leader is.

use super::super::batch::Batch;
use super::super::compress::{Packing, Unpacked};
use super::super::partition::Partition;
use super::Shipment;
use super::limit::BatchLimit;
use super::preparing::Preparing;
use super::timers::{Timer, Timers};
use super::verdict::Answer;
use super::window::{Identity, Window};
use crate::cluster::{Leadership, Snapshot};
use crate::error::{Error, ErrorKind, Written};
use kafka_sdk_protocol::ErrorCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tracing::{debug, info};

/// What can be done for a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Nothing,
    At(Instant),
    /// There is something to send, and nobody to send it to.
    NoLeader,
    /// The next batch is to be compressed, by [`Outbox::prepare`].
    Compress,
    Send(i32),
}

pub(super) struct Outbox {
    pub(super) partition: Arc<Partition>,
    /// Taken out of the queue, and not yet in the window.
    pub(super) preparing: Preparing,
    pub(super) window: Box<dyn Window<Batch>>,
    pub(super) leadership: Leadership,
    limit: BatchLimit,
    /// Where the batches in flight went: until they are answered, none goes elsewhere.
    flying_to: Option<i32>,
    /// The broker on whose list it stands.
    pub(super) listed_at: Option<i32>,
    expiry_armed: bool,
    /// The queue was told that nothing can be sent, since the last batch was taken.
    saturated: bool,
    /// Under which the last batches were sent.
    identity: Option<Identity>,
    /// The last trouble, to be told when time runs out.
    pub(super) last_error: Option<Error>,
}

impl Outbox {
    pub(super) fn new(
        partition: Arc<Partition>,
        snapshot: &Snapshot,
        window: Box<dyn Window<Batch>>,
    ) -> Self {
        let limit = BatchLimit::new(partition.largest_batch());
        let mut outbox = Self {
            partition,
            preparing: Preparing::default(),
            window,
            leadership: Leadership::unknown(),
            limit,
            flying_to: None,
            listed_at: None,
            expiry_armed: false,
            saturated: false,
            identity: None,
            last_error: None,
        };
        outbox.learn(snapshot);
        outbox
    }

    pub(super) fn learn(&mut self, snapshot: &Snapshot) {
        let before = self.leadership.topic_id;
        self.leadership.learn(snapshot, &self.partition.topic, self.partition.number);
        let now = self.leadership.topic_id;
        if before != now && !before.is_zero() && !now.is_zero() {
            self.window.begin_anew();
        }
    }

    /// Takes over the producer's identity, unless it is one that this partition has used up.
    pub(super) fn adopt(&mut self, identity: Option<Identity>) -> bool {
        let usable = identity.filter(|identity| Some(identity.id) != self.window.renounced());
        let adopted = usable.inspect(|&identity| self.window.adopt(identity));
        self.identity = adopted.or(self.identity);
        adopted.is_some()
    }

    pub(super) fn has_work(&self) -> bool {
        !self.window.is_empty() || self.preparing.len() > 0 || self.partition.peek().is_some()
    }

    /// When the oldest batch that somebody waits for was begun.
    pub(super) fn oldest(&self) -> Option<Instant> {
        let unresolved = self.window.oldest().or_else(|| self.preparing.oldest()).map(Batch::created);
        unresolved.or_else(|| self.partition.peek().map(|peek| peek.created))
    }

    /// Sets the reminder that ends what has taken too long, once.
    pub(super) fn arm_expiry(&mut self, timers: &mut Timers, index: usize, timeout: Duration) {
        if self.expiry_armed {
            return;
        }
        if let Some(oldest) = self.oldest() {
            self.expiry_armed = true;
            timers.set(oldest + timeout, Timer::Expire(index));
        }
    }

    /// What can be done now. While what is due cannot be sent, the batch at the end of the queue may grow.
    pub(super) fn next_step(&mut self, now: Instant, hurried_at: Option<Instant>) -> Step {
        let again = self.window.peek_resend().is_some();
        let ready = !again && self.preparing.ready().is_some();
        if !again && !ready {
            let Some(peek) = self.partition.peek() else { return Step::Nothing };
            let hurried = hurried_at.is_some_and(|hurried| peek.created <= hurried);
            if peek.due > now && !hurried {
                return Step::At(peek.due);
            }
        }
        if !again && !self.has_room(ready) {
            self.saturate();
            return Step::Nothing;
        }
        match self.destination(now) {
            Step::Send(_) if !again && !ready && self.packing().is_slow() => Step::Compress,
            Step::Send(leader) => Step::Send(leader),
            step => {
                self.saturate();
                step
            }
        }
    }

    /// Whether the window has room: for the next of those that are prepared, or for one more behind them.
    fn has_room(&self, ready: bool) -> bool {
        let ahead = if ready { 0 } else { self.preparing.len() };
        ahead < self.window.room().min(MOST_PREPARING)
    }

    fn packing(&self) -> Packing {
        self.partition.packing()
    }

    /// Takes the next batch out of the queue, to be compressed.
    pub(super) fn prepare(&mut self) -> Option<(u64, Unpacked)> {
        self.saturated = false;
        self.preparing.begin(self.partition.take()?)
    }

    fn destination(&self, now: Instant) -> Step {
        if let Some(until) = self.leadership.backing_off_until(now) {
            return Step::At(until);
        }
        match self.leadership.leader {
            None => Step::NoLeader,
            // What is in flight elsewhere is answered first, so that the order holds.
            Some(leader) if self.window.in_flight() && self.flying_to != Some(leader) => Step::Nothing,
            Some(leader) => Step::Send(leader),
        }
    }

    /// What is queued cannot be sent now.
    pub(super) fn saturate(&mut self) {
        if !std::mem::replace(&mut self.saturated, true) {
            self.partition.saturate();
        }
    }

    /// Size of the batch that [`Self::ship`] would take.
    pub(super) fn next_size(&self) -> Option<usize> {
        let taken = self.window.peek_resend().or_else(|| self.preparing.ready());
        taken.map(Batch::size).or_else(|| self.partition.peek().map(|peek| peek.size))
    }

    /// Takes the next batch as in flight to `broker`.
    pub(super) fn ship(&mut self, index: usize, broker: i32) -> Option<Shipment> {
        let again = self.window.resend();
        let id = match again {
            Some(id) => id,
            None => self.admit()?,
        };
        let bytes = self.window.batch(id)?.bytes()?.clone();
        self.flying_to = Some(broker);
        self.partition.meter.sent();
        if again.is_some() {
            self.partition.meter.sent_again();
        }
        Some(Shipment {
            outbox: index,
            id,
            topic: self.partition.topic.clone(),
            topic_id: self.leadership.topic_id,
            partition: self.partition.number,
            bytes,
        })
    }

    /// Takes the next batch into the window.
    fn admit(&mut self) -> Option<u64> {
        let batch = match self.packing().is_slow() {
            true => self.preparing.take_ready()?,
            false => self.take_packed()?,
        };
        let refused =
            |mut batch: Batch| batch.resolve(Err(Error::new(ErrorKind::State, "no room in the window")));
        self.window.admit(batch).map_err(refused).ok()
    }

    /// Takes from the answer for a batch of this size what it says about how large batches may be.
    pub(super) fn learn_limit(&mut self, answer: &Answer, size: usize) {
        let changed = match answer {
            Answer::Written { .. } => self.limit.taken(size),
            Answer::Refused(ErrorCode::MESSAGE_TOO_LARGE | ErrorCode::RECORD_LIST_TOO_LARGE) => {
                self.limit.refused(size);
                true
            }
            _ => false,
        };
        if changed {
            self.partition.limit(self.limit.now());
        }
    }

    /// Takes the next batch out of the queue, and compresses it.
    fn take_packed(&mut self) -> Option<Batch> {
        self.saturated = false;
        let mut batch = self.partition.take()?;
        if let Some(work) = batch.unpack() {
            batch.packed(work.pack()?);
        }
        Some(batch)
    }

    pub(super) fn succeeded(&mut self) {
        self.leadership.succeeded();
        self.last_error = None;
    }

    pub(super) fn report_retry(&self, error: Option<&Error>) {
        let (topic, partition, broker) = (&self.partition.topic, self.partition.number, self.flying_to);
        let error = error.map(|error| tracing::field::display(error.whole()));
        debug!(target: "kafka_sdk::producer", %topic, partition, broker, error, "batch refused, and sent again");
    }

    pub(super) fn report_split(&self, bytes: usize) {
        let (topic, partition) = (&self.partition.topic, self.partition.number);
        info!(target: "kafka_sdk::producer", %topic, partition, bytes, "batch split");
    }

    /// Notes under which epoch the next batches are sent.
    pub(super) fn report_epoch(&mut self) {
        let now = self.window.identity();
        if let Some(Identity { id: producer_id, epoch }) = now.filter(|_| now != self.identity) {
            let (topic, partition) = (&self.partition.topic, self.partition.number);
            debug!(target: "kafka_sdk::producer", %topic, partition, producer_id, epoch, "epoch bumped");
        }
        self.identity = now;
    }

    /// Gives up what was begun longer than `timeout` ago.
    pub(super) fn expire(&mut self, now: Instant, timeout: Duration) {
        self.expiry_armed = false;
        self.saturated = false;
        let (topic, number) = (&self.partition.topic, self.partition.number);
        let late = |created: Instant| created + timeout <= now;
        let last = self.last_error.as_ref();
        let error = |stage| Err(overdue(topic, number, timeout, stage, last));
        self.window.expire(&|batch| late(batch.created()), &mut |batch, written| {
            batch.resolve(error(Stage::Sent(written)))
        });
        self.preparing
            .expire(&|batch| late(batch.created()), &mut |batch| batch.resolve(error(Stage::Queue)));
        while self.partition.peek().is_some_and(|peek| late(peek.created)) {
            let Some(mut batch) = self.partition.take() else { break };
            batch.resolve(error(Stage::Queue));
        }
    }

    /// Answers everything with `error`; nothing is in flight.
    pub(super) fn refuse_all(&mut self, error: &Error) {
        self.saturated = false;
        let error = error.clone().with_topic(self.partition.topic.clone());
        let give_up =
            &mut |batch: &mut Batch, written| batch.resolve(Err(error.clone().with_written(written)));
        self.window.expire(&|_| true, give_up);
        self.preparing.expire(&|_| true, &mut |batch| batch.resolve(Err(error.clone())));
        while let Some(mut batch) = self.partition.take() {
            batch.resolve(Err(error.clone()));
        }
    }
}

/// Batches of a partition that are compressed at a time: as many as are in flight with idempotence.
const MOST_PREPARING: usize = 5;

/// How far a batch had come when its time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Never sent.
    Queue,
    /// In flight, or between two attempts.
    Sent(Written),
}

/// The error of a batch that ran out of time.
fn overdue(topic: &Arc<str>, partition: i32, after: Duration, stage: Stage, last: Option<&Error>) -> Error {
    let code = last.and_then(Error::code);
    let gone = matches!(code, Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::UNKNOWN_TOPIC_ID));
    let when = format!("within delivery.timeout.ms ({after:?})");
    let what = match (stage, last) {
        (Stage::Sent(Written::Maybe), _) => {
            format!("sent, and not acknowledged {when}: it may have been written")
        }
        (_, Some(_)) if gone => {
            format!("not sent {when}: the brokers do not know the topic; was it deleted?")
        }
        (Stage::Sent(Written::No), Some(_)) if code.is_some() => {
            format!("sent, and refused each time {when}: it was not written")
        }
        (Stage::Sent(Written::No), _) => format!("not sent {when}: its broker could not be written to"),
        (Stage::Queue, Some(_)) => {
            format!("in the queue, and not sent {when}: its broker could not be written to")
        }
        (Stage::Queue, None) => format!(
            "in the queue, and not sent {when}: it waited behind others, for longer than its broker took to write \
             them; send less at once, or raise the setting"
        ),
    };
    let written = match stage {
        Stage::Queue => Written::No,
        Stage::Sent(written) => written,
    };
    let text = format!("{topic}-{partition}: {what}");
    let error = Error::new(ErrorKind::Timeout, text).with_topic(topic.clone()).with_partition(partition);
    let error = error.with_written(written);
    match last {
        Some(last) => error.with_source(last.clone().with_written(written)),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_ran_out_of_time_says_where_it_was_and_whether_it_may_be_written() {
        let refused = Error::of_code(ErrorCode::NOT_ENOUGH_REPLICAS, "too few");
        let unknown = Error::of_code(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, "gone");
        let away = Error::new(ErrorKind::Connect, "nothing listens");
        let (queue, in_flight, waiting) =
            (Stage::Queue, Stage::Sent(Written::Maybe), Stage::Sent(Written::No));
        for (stage, last, written, says) in [
            (in_flight, None, Written::Maybe, "sent, and not acknowledged"),
            (in_flight, Some(&away), Written::Maybe, "it may have been written"),
            (waiting, Some(&refused), Written::No, "sent, and refused each time"),
            (waiting, Some(&away), Written::No, "could not be written to"),
            (waiting, Some(&unknown), Written::No, "do not know the topic"),
            (queue, Some(&unknown), Written::No, "do not know the topic"),
            (queue, Some(&away), Written::No, "in the queue, and not sent"),
            (queue, None, Written::No, "it waited behind others"),
        ] {
            let error = overdue(&"t".into(), 3, Duration::from_secs(2), stage, last);
            assert_eq!((error.kind(), error.written()), (ErrorKind::Timeout, written));
            assert_eq!((error.topic(), error.partition()), (Some("t"), Some(3)));
            let text = error.to_string();
            assert!(text.contains(says) && text.contains("within delivery.timeout.ms (2s)"), "{text}");
        }
    }
}
