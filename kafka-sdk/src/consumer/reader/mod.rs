//! Reading without a group.

pub(super) mod builder;
pub(super) mod control;
mod idle;

use super::feed::Feed;
use super::feed::cooperate::cooperate;
use super::feed::event::Event;
use super::feed::item::{Hand, Maker, ReadItem, Supply};
use super::fetch::fetching::Fetching;
use super::settings::Settings;
use super::start::{Ends, LookUps, Start};
use crate::error::Result;
use crate::model::{Batch, Message};
use control::Control;
use futures_core::Stream;
use idle::Idle;
use std::future::poll_fn;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Reads given partitions, without a group: nothing here commits. Also a `Stream` of messages, with `StreamExt` or
/// `TryStreamExt` of the `futures-util` crate; it is `Unpin`.
///
/// A task fetches ahead, within [`fetch_buffer`](super::ReaderBuilder::fetch_buffer); it ends with the reader. Which
/// records of transactions it reads, [`isolation`](super::ReaderBuilder::isolation) says. Brokers
/// that cannot be reached, leaders that move and topics that are not known are passing troubles, and are tried again,
/// also for ever, with a warning in the log for a topic that was there before; an error that would not pass is handed
/// out once, and then the reader is at its end.
///
/// What it reads can be changed while it runs: it has all methods of [`Control`], under Java's names, and clones of its
/// [`control`](Self::control) have them in other tasks, also while a call of [`next`](Self::next) waits. Partitions that are
/// added to a topic are not followed, as in Java's `assign`: [`assign_topic`](Control::assign_topic) takes them in.
///
/// # Ordering
/// Messages of one partition come in the order of their offsets; partitions take turns. A seek begins that order anew: no
/// record from before it comes after it; so does a position that is set anew by
/// [`offset_reset`](super::ReaderBuilder::offset_reset).
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
pub struct Reader<M: ReadItem = Message> {
    incoming: Incoming,
    control: Control,
    maker: Maker<M>,
}

/// What was fetched, until nothing has come for long enough.
struct Incoming {
    fetching: Fetching,
    idle: Option<Idle>,
}

impl<M: ReadItem> Reader<M> {
    pub(super) fn start(
        look_ups: LookUps,
        settings: &Settings,
        starts: Vec<Start>,
        ends: Ends,
        idle: Option<Idle>,
        decoder: M::Decoder,
    ) -> Result<Self> {
        let fetching = Fetching::start(&look_ups.cluster, settings, ends);
        fetching.assignment.add(starts)?;
        let control = Control::new(look_ups, fetching.assignment.clone());
        Ok(Self { incoming: Incoming { fetching, idle }, control, maker: Maker::new(decoder) })
    }

    /// The next message; none at the end: [`stop_at_end`](super::ReaderBuilder::stop_at_end),
    /// [`stop_after_idle`](super::ReaderBuilder::stop_after_idle), [`Control::stop`] or an error.
    ///
    /// A reader that has come to the end of what there is, or was idle, can go on: after a [`seek`](Control::seek) or an
    /// [`assign`](Control::assign), and for another time of waiting.
    ///
    /// # Errors
    /// Kind [`Broker`](crate::ErrorKind::Broker) with `OFFSET_OUT_OF_RANGE` for a position that the partition no longer
    /// has, and kind [`State`](crate::ErrorKind::State) for one in a log that was cut or a topic that was created anew,
    /// where [`offset_reset`](super::ReaderBuilder::offset_reset) does not say where to go on; kind
    /// [`Decode`](crate::ErrorKind::Decode) for a batch that cannot be read, kind
    /// [`Authorize`](crate::ErrorKind::Authorize), and kind [`Closed`](crate::ErrorKind::Closed) when the runtime that the
    /// client was built on has ended. After an error the reader is at its end.
    ///
    /// # Cancel safety
    /// A dropped `next` loses no message.
    pub async fn next(&mut self) -> Option<Result<M>> {
        poll_fn(|cx| self.poll_message(cx)).await
    }

    #[inline]
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<M>>> {
        self.maker.poll(&mut self.incoming, cx, Incoming::poll_message::<M>)
    }

    /// The next message, or the end of a partition where that is what comes next; `next` passes over the ends.
    ///
    /// ```no_run
    /// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
    /// use kafka_sdk::{Event, Offset};
    /// let mut reader = kafka.reader().topic("settings", Offset::Earliest).await?;
    /// while let Some(event) = reader.next_event().await {
    ///     match event? {
    ///         Event::Record(message) => println!("{:?}", message.value()),
    ///         Event::End { partition, offset } => println!("{partition} has been read up to {offset}"),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`Self::next`].
    ///
    /// # Cancel safety
    /// A dropped `next_event` loses nothing.
    pub async fn next_event(&mut self) -> Option<Result<Event<M>>> {
        let Self { incoming, maker, .. } = self;
        let mut poll_raw =
            |incoming: &mut Incoming, cx: &mut Context<'_>| cooperate(cx, |cx| incoming.poll_event::<M>(cx));
        poll_fn(|cx| maker.poll_event(incoming, cx, &mut poll_raw)).await
    }

    /// What other tasks need to change what is read, to see how far it has come, and to end it. The reader itself has the
    /// same methods.
    #[must_use]
    pub fn control(&self) -> Control {
        self.control.clone()
    }
}

impl Reader<Message> {
    /// The next messages together, borrowed from the batch in which they came: no allocation, no reference count each.
    /// After `next` it gives the rest of that message's batch.
    ///
    /// # Errors
    /// As [`Self::next`].
    ///
    /// # Cancel safety
    /// A dropped `next_batch` loses no message.
    pub async fn next_batch(&mut self) -> Option<Result<Batch>> {
        poll_fn(|cx| self.incoming.poll_item(cx, Feed::poll_batch)).await
    }
}

impl Supply for Incoming {
    #[inline]
    fn made<M: Hand>(&mut self) {
        self.fetching.feed.count::<M>();
    }

    fn is_elsewhere(&self) -> bool {
        self.fetching.feed.is_elsewhere()
    }
}

impl Incoming {
    #[inline]
    fn poll_message<M: Hand>(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Message>>> {
        match self.fetching.feed.next_in_hand::<M>() {
            Some(message) => Poll::Ready(Some(Ok(message))),
            None => self.poll_item(cx, Feed::poll_message::<M>),
        }
    }

    fn poll_item<T>(
        &mut self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Feed, &mut Context<'_>) -> Poll<Option<Result<T>>>,
    ) -> Poll<Option<Result<T>>> {
        cooperate(cx, |cx| match poll(&mut self.fetching.feed, cx) {
            Poll::Ready(item) => {
                self.idle.iter_mut().for_each(Idle::reset);
                Poll::Ready(item)
            }
            Poll::Pending => self.poll_idle(cx),
        })
    }

    fn poll_event<M: Hand>(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Event>>> {
        match self.fetching.feed.poll_event::<M>(cx) {
            // An end is not what is waited for.
            end @ Poll::Ready(Some(Ok(Event::End { .. }))) => end,
            Poll::Ready(item) => {
                self.idle.iter_mut().for_each(Idle::reset);
                Poll::Ready(item)
            }
            Poll::Pending => self.poll_idle(cx),
        }
    }

    /// The end when nothing has come for long enough.
    fn poll_idle<T>(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        match &mut self.idle {
            Some(idle) => idle.poll(cx).map(|()| None),
            None => Poll::Pending,
        }
    }
}

impl<M: ReadItem> std::fmt::Debug for Reader<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("control", &self.control).finish_non_exhaustive()
    }
}

/// All that a [`Control`] does, a reader does: `reader.seek(..)`, `reader.pause(..)`, `reader.positions()`.
impl<M: ReadItem> Deref for Reader<M> {
    type Target = Control;

    fn deref(&self) -> &Control {
        &self.control
    }
}

impl<M: ReadItem> Stream for Reader<M> {
    type Item = Result<M>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<M>>> {
        self.get_mut().poll_message(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_loop_over_messages_gives_way_to_other_tasks() {
        let other = tokio::spawn(async {});
        let mut read = 0;
        while !other.is_finished() {
            poll_fn(|cx| cooperate(cx, |_| Poll::Ready(()))).await;
            read += 1;
            assert!(read < 10_000);
        }
    }
}
