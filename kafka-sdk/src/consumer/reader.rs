use super::budget::{Budget, Slot};
use super::chunk::Chunk;
use super::fetch::{self, FetchCore, Reading};
use super::hand_out::{Handed, TakeOver, hand_out};
use super::offsets::Start;
use super::request::Request;
use super::settings::Settings;
use crate::cluster::{Cluster, Interest};
use crate::error::{Error, Result};
use crate::model::{Batch, Message, Offsets, TopicPartition};
use futures_core::Stream;
use kafka_sdk_protocol::DecodeError;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::task::AbortHandle;
use tokio::task::coop::poll_proceed;
use tracing::{Instrument, debug_span};

/// Reads given partitions, without a group: nothing here commits. Also a `Stream` of messages, with `StreamExt` or
/// `TryStreamExt` of the `futures-util` crate; it is `Unpin`.
///
/// A task fetches ahead, within [`fetch_buffer`](super::ReaderBuilder::fetch_buffer); it ends with the reader. Which
/// records of transactions it reads, [`isolation`](super::ReaderBuilder::isolation) says. Brokers
/// that cannot be reached, leaders that move and topics that are not known are passing troubles, and are tried again,
/// also for ever, with a warning in the log for a topic that was there before; an error that would not pass is handed
/// out once, and then the reader is at its end.
///
/// # Ordering
/// Messages of one partition come in the order of their offsets; partitions take turns.
///
/// ```no_run
/// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
/// use kafka_sdk::Offset;
/// let mut reader = kafka.reader().topic("orders", Offset::Earliest).stop_at_end().await?;
/// let mut bytes = 0;
/// while let Some(batch) = reader.next_batch().await {
///     bytes += batch?.iter().filter_map(|message| message.value()).map(<[u8]>::len).sum::<usize>();
/// }
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Reader {
    fetched: TakeOver,
    partitions: Vec<Position>,
    /// What is being read: the rest of a batch, and the chunk that it is from.
    batch: Option<Batch>,
    chunk: Option<Chunk>,
    unfinished: usize,
    over: bool,
    #[allow(dead_code, reason = "they are there to be dropped")]
    held: Option<(FetchTask, Vec<Arc<Interest>>)>,
}

/// Ends the task when it is dropped: what it waits for is of no use to anybody.
#[derive(Debug)]
struct FetchTask(AbortHandle);

impl Drop for FetchTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// How far a partition has been handed out.
#[derive(Debug)]
struct Position {
    slot: Arc<Slot>,
    next: i64,
    /// Counts the rewinds: what was fetched in an earlier round is not handed out.
    round: u64,
    /// Attempts to read the batch at this offset that failed.
    corrupt: (i64, u32),
}

/// How often a batch that cannot be read is fetched before it is called corrupt: the fault may have been on the way.
const ATTEMPTS: u32 = 3;

impl Reader {
    pub(super) fn start(cluster: Cluster, settings: &Settings, starts: Vec<Start>) -> Self {
        let slots = starts.iter().enumerate().map(|(index, start)| {
            let partition = &start.partition;
            Arc::new(Slot::new(index, partition.shared_topic().clone(), partition.partition()))
        });
        let slots: Vec<Arc<Slot>> = slots.collect();
        let readings = slots.iter().zip(&starts).map(|(slot, start)| Reading::new(slot.clone(), start));
        let interests = starts.iter().filter_map(|start| start.interest.clone());
        let budget = Budget::new(settings.fetch_buffer, starts.len(), settings.partition_max_bytes);
        let (hand_out, fetched, requests) = hand_out(budget);
        let core = FetchCore::new(settings, readings.collect(), hand_out);
        let client_id = &*cluster.settings().client_id;
        let span = debug_span!(target: "kafka_sdk::consumer", "reader", client_id);
        let task = cluster.spawn(fetch::run(cluster.clone(), core, requests).instrument(span));
        Self { held: Some((FetchTask(task), interests.collect())), ..Self::new(fetched, slots, &starts) }
    }

    fn new(fetched: TakeOver, slots: Vec<Arc<Slot>>, starts: &[Start]) -> Self {
        let position = |(slot, start): (Arc<Slot>, &Start)| Position {
            slot,
            next: start.offset,
            round: 0,
            corrupt: (-1, 0),
        };
        let partitions: Vec<Position> = slots.into_iter().zip(starts).map(position).collect();
        let unfinished = partitions.len();
        Self { fetched, partitions, batch: None, chunk: None, unfinished, over: false, held: None }
    }

    /// The next message; none at the end, which only [`stop_at_end`](super::ReaderBuilder::stop_at_end) or an error
    /// brings.
    ///
    /// # Errors
    /// Kind [`Broker`](crate::ErrorKind::Broker) with `OFFSET_OUT_OF_RANGE` for a position that the partition no longer
    /// has, kind [`Decode`](crate::ErrorKind::Decode) for a batch that cannot be read, kind
    /// [`Authorize`](crate::ErrorKind::Authorize). After an error the reader is at its end.
    ///
    /// # Cancel safety
    /// A dropped `next` loses no message.
    pub async fn next(&mut self) -> Option<Result<Message>> {
        poll_fn(|cx| cooperate(cx, |cx| self.poll_message(cx))).await
    }

    /// The next messages together, borrowed from the batch in which they came: no allocation, no reference count each.
    /// After `next` it gives the rest of that message's batch.
    ///
    /// # Errors
    /// As [`Self::next`].
    ///
    /// # Cancel safety
    /// A dropped `next_batch` loses no message.
    pub async fn next_batch(&mut self) -> Option<Result<Batch>> {
        poll_fn(|cx| cooperate(cx, |cx| self.poll_batch(cx))).await
    }

    /// Where a reader would have to begin to go on after this one:
    /// `kafka.reader().assign(reader.positions()).await`.
    ///
    /// For each partition the offset after the last message that was handed out, or where reading began. Markers,
    /// compacted records and the rest of a fetched batch that was not handed out do not count until they are passed.
    #[must_use]
    pub fn positions(&self) -> Offsets {
        let next = |position: &Position| {
            let slot = &position.slot;
            (TopicPartition::new(slot.topic.clone(), slot.partition), position.next)
        };
        self.partitions.iter().map(next).collect()
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Message>>> {
        loop {
            if let Some((offset, message)) = self.batch.as_mut().and_then(Batch::take_first) {
                self.advance(offset + 1);
                return Poll::Ready(Some(Ok(message)));
            }
            self.batch = match ready!(self.poll_fetched(cx)) {
                Some(Ok(batch)) => Some(batch),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            };
        }
    }

    fn poll_batch(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Batch>>> {
        let rest = self.batch.take().filter(|batch| !batch.is_empty());
        let batch = match rest {
            Some(batch) => batch,
            None => match ready!(self.poll_fetched(cx)) {
                Some(Ok(batch)) => batch,
                other => return Poll::Ready(other),
            },
        };
        if let Some(next) = self.chunk.as_ref().map(Chunk::position) {
            self.advance(next);
        }
        Poll::Ready(Some(Ok(batch)))
    }

    /// The partition of the present chunk has been handed out up to `next`.
    fn advance(&mut self, next: i64) {
        if let Some(position) =
            self.chunk.as_ref().and_then(|chunk| self.partitions.get_mut(chunk.slot().index))
        {
            position.next = next;
        }
    }

    /// The next batch that is not handed out yet, even in part.
    fn poll_fetched(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Batch>>> {
        loop {
            if self.over {
                return Poll::Ready(None);
            }
            match self.chunk.as_mut().and_then(Chunk::next_batch) {
                Some(Ok(batch)) => return Poll::Ready(Some(Ok(batch))),
                Some(Err(cause)) => {
                    if let Some(error) = self.try_again(cause) {
                        return Poll::Ready(Some(Err(self.fail(error))));
                    }
                }
                None => self.finish_chunk(),
            }
            if self.chunk.is_none() {
                let handed = ready!(Pin::new(&mut self.fetched.handed).poll_next(cx));
                if let Some(error) = self.take(handed) {
                    return Poll::Ready(Some(Err(self.fail(error))));
                }
            }
        }
    }

    /// Everything in the chunk is handed out.
    fn finish_chunk(&mut self) {
        if let Some(next) = self.chunk.as_ref().map(Chunk::position) {
            self.advance(next);
        }
        self.chunk = None;
    }

    fn take(&mut self, handed: Option<Handed>) -> Option<Error> {
        let is_current = |slot: usize, round| self.partitions.get(slot).is_some_and(|p| p.round == round);
        match handed {
            Some(Handed::Chunk(chunk)) => {
                self.chunk = Some(chunk).filter(|chunk| is_current(chunk.slot().index, chunk.round()));
            }
            Some(Handed::Finished { slot, round }) => {
                self.unfinished -= usize::from(is_current(slot, round));
                self.over = self.unfinished == 0;
            }
            Some(Handed::Failed(error)) => return Some(error),
            None => self.over = true,
        }
        None
    }

    fn fail(&mut self, error: Error) -> Error {
        self.over = true;
        self.chunk = None;
        error
    }

    /// Has the batch that could not be read fetched again; an error when that was done often enough.
    fn try_again(&mut self, cause: DecodeError) -> Option<Error> {
        let chunk = self.chunk.take()?;
        let (slot, offset) = (chunk.slot().index, chunk.position());
        let position = self.partitions.get_mut(slot)?;
        let failed = if position.corrupt.0 == offset { position.corrupt.1 + 1 } else { 1 };
        position.corrupt = (offset, failed);
        position.next = offset;
        if failed >= ATTEMPTS {
            return Some(chunk.corrupt(cause));
        }
        position.round += 1;
        let _ = self.fetched.fetcher.push(Request::Rewind { slot, offset, round: position.round });
        None
    }
}

/// However many there are to hand out, other tasks get their turn.
fn cooperate<T>(cx: &mut Context<'_>, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    let turn = ready!(poll_proceed(cx));
    let outcome = poll(cx);
    if outcome.is_ready() {
        turn.made_progress();
    }
    outcome
}

impl Stream for Reader {
    type Item = Result<Message>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Message>>> {
        cooperate(cx, |cx| self.get_mut().poll_message(cx))
    }
}

#[cfg(test)]
mod tests;
