//! The queue of one partition: the one piece of state that callers and sender share. Records are encoded into its open
//! batch by whoever enqueues them, under one short lock.

use super::attention::Attention;
use super::batch::{Batch, OpenBatch, size_alone};
use super::buffer::{Buffer, Shortage};
use super::compress::Packing;
use super::delivery::{Delivery, Promise};
use super::settings::Settings;
use super::shared::Shared;
use crate::error::{Error, ErrorKind};
use crate::model::Record;
use crate::observe::{PartitionMeter, ProducerPartitionMetrics};
use kafka_sdk_protocol::ErrorCode;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A partition that a producer writes to.
#[derive(Debug)]
pub(super) struct Partition {
    pub(super) topic: Arc<str>,
    pub(super) attention: Arc<Attention>,
    pub(super) number: i32,
    /// Place in the sender's table.
    pub(super) index: usize,
    pub(super) meter: Arc<PartitionMeter>,
    has_leader: AtomicBool,
    queue: Mutex<Queue>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Queue {
    /// Batches that no record fits into any more.
    full: VecDeque<OpenBatch>,
    open: Option<OpenBatch>,
    /// The sender can take no batch now: meanwhile the open one grows beyond its usual size.
    saturated: bool,
    /// What it grows up to; less than at first when the broker has refused so much.
    limit: usize,
    /// The buffer that the open batch has just grown out of: it is dropped without the lock, because that wakes others.
    outgrown: Option<Buffer>,
    /// Size of the last batch that was taken: the next one begins with a buffer for as much.
    last_size: usize,
    /// Whose share of the memory its buffers count for.
    leader: Option<i32>,
    closed: bool,
}

/// Why a record was not taken.
#[derive(Debug)]
pub(super) enum Refused {
    /// No memory, at the moment; the record is for the partition with this number.
    NoRoom(i32, Shortage),
    Never(Error),
}

/// What the sender finds in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peek {
    /// When the oldest batch was begun.
    pub(super) created: Instant,
    /// When it is to be sent: at once when it is full, else after the linger time.
    pub(super) due: Instant,
    pub(super) size: usize,
}

impl Partition {
    pub(super) fn new(attention: Arc<Attention>, number: i32, index: usize, shared: Arc<Shared>) -> Self {
        let queue = Queue { limit: shared.settings.largest_batch(), ..Queue::default() };
        let topic = attention.topic.clone();
        let meter = Arc::new(PartitionMeter::new(topic.clone(), number));
        let (queue, has_leader) = (Mutex::new(queue), AtomicBool::new(false));
        Self { topic, attention, number, index, meter, has_leader, queue, shared }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Encodes the record into the open batch, or into a new one if there is memory for it.
    #[inline]
    pub(super) fn append(self: &Arc<Self>, record: &Record<'_>, timestamp: i64) -> Result<Delivery, Refused> {
        let mut queue = self.queue();
        match queue.append_quietly(record, timestamp, &self.shared.settings) {
            Some(delivery) => Ok(delivery),
            None => self.append_with_news(queue, record, timestamp),
        }
    }

    /// As [`Self::append`], also where a batch begins, grows, or is full with it.
    #[cold]
    fn append_with_news(
        self: &Arc<Self>,
        mut queue: MutexGuard<'_, Queue>,
        record: &Record<'_>,
        timestamp: i64,
    ) -> Result<Delivery, Refused> {
        let before = queue.stage(&self.shared);
        let delivery = queue.append(record, timestamp, self);
        let news = queue.stage(&self.shared) > before;
        let size = queue.open.as_ref().map_or(0, OpenBatch::size);
        let outgrown = queue.outgrown.take();
        drop(queue);
        drop(outgrown);
        if news && self.shared.has_one_to_send_now(size) {
            self.shared.ready.push_and_help(self.clone());
        } else if news {
            self.shared.ready.push(self.clone());
        }
        delivery
    }

    /// What there is to send.
    pub(super) fn peek(&self) -> Option<Peek> {
        let queue = self.queue();
        let oldest = queue.full.front().or(queue.open.as_ref())?;
        let linger = match queue.stage(&self.shared) {
            Stage::Due => Duration::ZERO,
            _ => self.shared.settings.linger,
        };
        Some(Peek { created: oldest.created(), due: oldest.created() + linger, size: oldest.size() })
    }

    /// Records in the queue.
    pub(super) fn queued(&self) -> usize {
        let queue = self.queue();
        queue.full.iter().chain(&queue.open).map(OpenBatch::records).sum()
    }

    /// Batches in the queue, counted by their usual size.
    pub(super) fn load(&self) -> usize {
        let queue = self.queue();
        let bytes: usize = queue.full.iter().chain(&queue.open).map(OpenBatch::size).sum();
        bytes / self.shared.settings.full_size()
    }

    pub(super) fn metrics(&self) -> ProducerPartitionMetrics {
        let (records, bytes) = {
            let queue = self.queue();
            let batches = queue.full.iter().chain(&queue.open);
            batches.fold((0, 0), |(records, bytes), batch| (records + batch.records(), bytes + batch.size()))
        };
        self.meter.read(records, bytes)
    }

    /// Takes the oldest batch.
    pub(super) fn take(&self) -> Option<Batch> {
        let mut queue = self.queue();
        queue.saturated = false;
        let batch = queue.full.pop_front().or_else(|| queue.open.take())?;
        queue.last_size = batch.size();
        Some(batch.close(self.meter.clone(), &self.shared.settings))
    }

    /// How its batches are compressed.
    pub(super) fn packing(&self) -> Packing {
        self.shared.settings.packing()
    }

    /// Lets the open batch grow until the next one is taken: the sender can take none now.
    pub(super) fn saturate(&self) {
        self.queue().saturated = true;
    }

    /// From here on its memory counts for this broker's share.
    pub(super) fn led_by(&self, leader: Option<i32>) {
        self.has_leader.store(leader.is_some(), Ordering::Relaxed);
        self.queue().leader = leader;
    }

    /// Whether a broker leads it, as far as is known.
    #[inline]
    pub(super) fn has_leader(&self) -> bool {
        self.has_leader.load(Ordering::Relaxed)
    }

    /// The size up to which a batch may ever grow.
    pub(super) fn largest_batch(&self) -> usize {
        self.shared.settings.largest_batch()
    }

    /// No batch is to be larger than this from here on, unless it is one record.
    pub(super) fn limit(&self, limit: usize) {
        self.queue().limit = limit;
    }

    /// Takes no record any more.
    pub(super) fn stop(&self) {
        let mut queue = self.queue();
        queue.closed = true;
        let open = queue.open.take();
        queue.full.extend(open);
    }

    /// Takes no record any more; what was not sent is answered with an error.
    pub(super) fn close(&self) {
        let (full, open) = {
            let mut queue = self.queue();
            queue.closed = true;
            (std::mem::take(&mut queue.full), queue.open.take())
        };
        // Answering runs wakers: not under the lock.
        for batch in full.into_iter().chain(open) {
            batch.close(self.meter.clone(), &self.shared.settings).resolve(Err(closed()));
        }
    }
}

/// How urgent a queue is for the sender: it hears of each step up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Empty,
    Lingering,
    Due,
}

impl Queue {
    fn stage(&self, shared: &Shared) -> Stage {
        match &self.open {
            _ if !self.full.is_empty() => Stage::Due,
            None => Stage::Empty,
            Some(_) if shared.settings.linger.is_zero() => Stage::Due,
            Some(open) if open.size() >= shared.settings.full_size() => Stage::Due,
            Some(_) => Stage::Lingering,
        }
    }

    /// Up to this size the open batch takes records.
    #[inline]
    fn bound(&self, settings: &Settings) -> usize {
        if self.saturated { self.limit } else { settings.full_size().min(self.limit) }
    }

    /// Puts the record into the open batch, if that is no news for the sender: what most calls come to.
    #[inline]
    fn append_quietly(
        &mut self,
        record: &Record<'_>,
        timestamp: i64,
        settings: &Settings,
    ) -> Option<Delivery> {
        let (bound, full) = (self.bound(settings), settings.full_size());
        let open = self.open.as_mut()?;
        let is_lingering = self.full.is_empty() && open.size() < full;
        let quiet = if is_lingering { bound.min(full - 1) } else { bound };
        open.try_append(quiet, record, timestamp)
    }

    fn append(&mut self, record: &Record<'_>, timestamp: i64, of: &Partition) -> Result<Delivery, Refused> {
        if self.closed {
            return Err(Refused::Never(closed()));
        }
        let shared = &of.shared;
        let bound = self.bound(&shared.settings);
        if let Some(open) = &mut self.open {
            if let Some(delivery) = open.try_append(bound, record, timestamp) {
                return Ok(delivery);
            }
            let grown = (open.size() + size_alone(record)).min(bound);
            if open.capacity() < grown
                && let Ok(larger) = shared.buffers.take(grown, self.leader)
            {
                self.outgrown = Some(open.grow(larger));
                if let Some(delivery) = open.try_append(bound, record, timestamp) {
                    return Ok(delivery);
                }
            }
        }
        self.begin(record, timestamp, of)
    }

    /// Begins a batch with the record; the one before takes no more.
    fn begin(&mut self, record: &Record<'_>, timestamp: i64, of: &Partition) -> Result<Delivery, Refused> {
        let (shared, size) = (&of.shared, size_alone(record));
        let limit = shared.settings.max_request_size;
        if size > limit {
            return Err(Refused::Never(too_large(size, limit).with_topic(of.topic.clone())));
        }
        self.full.extend(self.open.take());
        let no_room = |shortage| Refused::NoRoom(of.number, shortage);
        let take = |size| shared.buffers.take(size, self.leader).map_err(no_room);
        let buffer = take(size.max(self.last_size)).or_else(|_| take(size))?;
        let promise = Promise::new(of.number, timestamp, shared.outstanding.add());
        let mut batch = OpenBatch::new(buffer, promise, Instant::now());
        let delivery = batch.try_append(usize::MAX, record, timestamp);
        self.open = Some(batch);
        // The buffer was chosen to hold it.
        delivery.ok_or(no_room(Shortage::Memory))
    }
}

pub(super) fn closed() -> Error {
    Error::new(ErrorKind::Closed, "the producer is closed, and takes no records: build another one")
}

fn too_large(size: usize, limit: usize) -> Error {
    let text = format!(
        "the record takes {size} bytes, and max.request.size allows {limit}: send it in parts, or raise the setting \
         (and max.message.bytes of the topic)"
    );
    Error::new(ErrorKind::Settings, text).with_code(ErrorCode::MESSAGE_TOO_LARGE)
}
