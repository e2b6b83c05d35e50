//! What the fetcher has handed over, in the order in which it goes to the application.
//!
//! ```text
//! handed over ──> in hand ──> messages, batches, ends
//!      │             │  ^
//!      v             v  │
//!      └──────────> aside     what is paused; before all else when it is resumed
//! ```

pub(super) mod acked;
mod aside;
pub(super) mod cooperate;
pub(super) mod event;
pub(super) mod item;

use super::assignment::Assignment;
use super::assignment::changes::Changes;
use super::assignment::lease::Glances;
use super::assignment::slot::{ATTEMPTS_TO_READ, Round, Slot};
use super::fetched::chunk::Chunk;
use super::fetched::request::Request;
use super::fetched::{FromFetcher, Handed};
use crate::error::{Error, Result};
use crate::model::{Batch, Message};
use acked::Ack;
use aside::{Aside, Held, What};
use event::Event;
use futures_core::Stream;
use item::{Counts, Hand};
use kafka_sdk_protocol::DecodeError;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tracing::warn;

/// So many messages follow one for which the task gave way where it had to.
const RUN: u8 = 15;

#[derive(Debug)]
pub(crate) struct Feed {
    assignment: Arc<Assignment>,
    fetched: FromFetcher,
    in_hand: Option<InHand>,
    /// Behind what was taken last, where that does not count at once.
    taken: i64,
    /// What is left of a [`RUN`].
    run: u8,
    glances: Glances,
    aside: Aside,
    /// The changes of the assignment that have been looked at.
    seen: u64,
    /// All that was to be read has been handed out. A seek can change that.
    finished: bool,
    /// For good.
    over: bool,
    /// By slot: the offset of a batch that could not be read, and how often that was.
    unreadable: HashMap<usize, (i64, u32)>,
    /// As in the settings.
    pub(super) again_from: fn(i64) -> i64,
}

/// A chunk, and what is left of the batch that was taken out of it.
#[derive(Debug)]
struct InHand {
    chunk: Chunk,
    grip: Grip,
    batch: Option<Batch>,
}

/// As long as it is there, something of the round may be handed out, or is out.
#[derive(Debug)]
struct Grip {
    round: Arc<Round>,
    changes: Arc<Changes>,
}

impl Grip {
    fn new(round: Arc<Round>, changes: &Arc<Changes>) -> Self {
        round.take_in_hand();
        Self { round, changes: changes.clone() }
    }
}

impl Drop for Grip {
    fn drop(&mut self) {
        self.round.let_go();
        self.changes.settled();
    }
}

/// What goes to the application.
enum Next<T> {
    /// One record, or several.
    Records(T),
    End(Event),
}

/// What comes of looking for more.
enum More {
    /// There is a batch in hand.
    Batch,
    End(Event),
    Failed(Error),
    Over,
}

impl Feed {
    pub(super) fn new(assignment: Arc<Assignment>, fetched: FromFetcher) -> Self {
        Self {
            assignment,
            fetched,
            in_hand: None,
            taken: 0,
            run: 0,
            glances: Glances::default(),
            aside: Aside::default(),
            seen: 0,
            finished: false,
            over: false,
            unreadable: HashMap::new(),
            again_from: std::convert::identity,
        }
    }

    /// The next record, or the end of a partition.
    pub(super) fn poll_event<M: Hand>(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Event>>> {
        let event = |next| match next {
            Next::Records(message) => Event::Record(message),
            Next::End(end) => end,
        };
        self.poll_next(cx, Self::take_message::<M>).map(|next| next.map(|next| next.map(event)))
    }

    /// The next message of the batch in hand, where there is nothing to be looked at besides: what most calls come to.
    #[inline]
    pub(super) fn next_in_hand<M: Hand>(&mut self) -> Option<Message> {
        if self.assignment.changes() != self.seen {
            return None;
        }
        self.run = self.run.checked_sub(1)?;
        self.take_message::<M>()
    }

    /// As [`Self::next_in_hand`], for a member of a group: what is out counts as processed, and the lease is looked at as
    /// often as it has to be.
    #[inline]
    pub(super) fn next_of_member<M: Hand>(&mut self) -> Option<Message> {
        self.settle();
        if self.glances.is_due() { None } else { self.next_in_hand::<M>() }
    }

    /// As [`Self::next_of_member`], to be acknowledged, which is when it counts as processed.
    #[inline]
    pub(super) fn next_acked(&mut self, bound: usize) -> Option<(Message, Ack)> {
        if self.glances.is_due() || self.assignment.changes() != self.seen {
            return None;
        }
        self.run = self.run.checked_sub(1)?;
        self.take_acked(bound)
    }

    pub(super) fn poll_message<M: Hand>(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Message>>> {
        self.run = RUN;
        self.poll_records(cx, Self::take_message::<M>)
    }

    /// What is left of the batch in hand, or the next one.
    pub(super) fn poll_batch(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Batch>>> {
        self.poll_records(cx, Self::take_batch)
    }

    /// The next record, which has to be acknowledged; of each partition no more than `bound` that are not.
    pub(super) fn poll_acked(
        &mut self,
        cx: &mut Context<'_>,
        bound: usize,
    ) -> Poll<Option<Result<(Message, Ack)>>> {
        self.run = RUN;
        self.poll_records(cx, |feed| feed.take_acked(bound))
    }

    /// What is out counts as processed: the next one is asked for.
    #[inline]
    pub(super) fn settle(&self) {
        if let Some(in_hand) = &self.in_hand {
            in_hand.grip.round.settle();
        }
    }

    #[inline]
    fn take_message<M: Hand>(&mut self) -> Option<Message> {
        let in_hand = self.in_hand.as_mut()?;
        let (offset, message) = in_hand.batch.as_mut()?.take_first()?;
        match M::COUNTS {
            Counts::AtOnce => in_hand.grip.round.advance(offset + 1),
            Counts::OnceMade => self.taken = offset + 1,
        }
        Some(message)
    }

    /// What was taken last counts as handed out.
    #[inline]
    pub(super) fn count<M: Hand>(&self) {
        if let (Counts::OnceMade, Some(in_hand)) = (M::COUNTS, &self.in_hand) {
            in_hand.grip.round.advance(self.taken);
        }
    }

    /// What was taken last is of another round than the present one.
    pub(super) fn is_elsewhere(&self) -> bool {
        let is_present =
            |InHand { chunk, grip, .. }: &InHand| chunk.slot().round(grip.round.number).is_some();
        !self.in_hand.as_ref().is_some_and(is_present)
    }

    /// What was taken last comes again.
    pub(super) fn put_back(&mut self, message: Message) {
        let Some(InHand { grip, batch: Some(batch), .. }) = &mut self.in_hand else { return };
        grip.round.advance(message.offset());
        batch.put_back(message);
    }

    fn take_acked(&mut self, bound: usize) -> Option<(Message, Ack)> {
        let in_hand = self.in_hand.as_mut()?;
        let (batch, Grip { round, changes }) = (in_hand.batch.as_mut()?, &in_hand.grip);
        let (offset, message) = batch.take_first()?;
        let tracker = round.tracker(bound, changes);
        if !tracker.hand_out(offset) {
            batch.put_back(message);
            return None;
        }
        round.advance(offset + 1);
        Some((message, Ack::new(tracker.clone(), offset)))
    }

    fn take_batch(&mut self) -> Option<Batch> {
        let in_hand = self.in_hand.as_mut()?;
        let batch = in_hand.batch.take().filter(|batch| !batch.is_empty())?;
        in_hand.grip.round.advance(in_hand.chunk.position());
        Some(batch)
    }

    /// Passes over the ends of partitions.
    fn poll_records<T>(
        &mut self,
        cx: &mut Context<'_>,
        take: impl Fn(&mut Self) -> Option<T> + Copy,
    ) -> Poll<Option<Result<T>>> {
        loop {
            return Poll::Ready(match ready!(self.poll_next(cx, take)) {
                Some(Ok(Next::End(_))) => continue,
                Some(Ok(Next::Records(records))) => Some(Ok(records)),
                Some(Err(error)) => Some(Err(error)),
                None => None,
            });
        }
    }

    fn poll_next<T>(
        &mut self,
        cx: &mut Context<'_>,
        take: impl Fn(&mut Self) -> Option<T> + Copy,
    ) -> Poll<Option<Result<Next<T>>>> {
        self.settle();
        loop {
            let news = self.assignment.news();
            if news.count() != self.seen || self.glances.glance(|| news.look_at_lease()) {
                self.look_around();
            }
            if let Some(records) = take(self) {
                return Poll::Ready(Some(Ok(Next::Records(records))));
            }
            if self.is_refused() {
                self.look_around();
                continue;
            }
            let Poll::Ready(more) = self.poll_more(cx) else {
                self.glances.wait();
                return Poll::Pending;
            };
            return Poll::Ready(match more {
                More::Batch => continue,
                More::End(end) => Some(Ok(Next::End(end))),
                More::Failed(error) => Some(Err(error)),
                More::Over => None,
            });
        }
    }

    /// Whether what is in hand may not be handed out: its partition is being given up.
    fn is_refused(&self) -> bool {
        let batch = self.in_hand.as_ref().and_then(|in_hand| in_hand.batch.as_ref());
        batch.is_some_and(|batch| !batch.is_empty())
    }

    /// The assignment has changed: what is held may be stale, paused or resumed.
    fn look_around(&mut self) {
        self.seen = self.assignment.changes();
        self.over |= self.assignment.is_stopped();
        if self.over {
            self.aside.clear();
            self.in_hand = None;
        }
        if let Some(InHand { chunk, grip, batch }) = self.in_hand.take() {
            let slot = chunk.slot().clone();
            if slot.is_withheld() {
                let round = grip.round.clone();
                self.aside.put_back(Held { slot, round, what: What::Records(chunk, batch) });
            } else if slot.round(grip.round.number).is_some() {
                self.in_hand = Some(InHand { chunk, grip, batch });
            }
        }
        self.aside.look_again();
        self.make_room();
        self.finished = self.assignment.is_finished();
    }

    /// What is paused may take half of the memory: the rest is for what is read. Beyond that it is given up, and fetched
    /// again when it is resumed.
    fn make_room(&mut self) {
        while self.aside.bytes() > self.fetched.budget.limit() / 2 && self.assignment.reads_any() {
            let Some(slot) = self.aside.last() else { return };
            self.assignment.begin_again(&slot);
            self.aside.look_again();
        }
    }

    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<More> {
        loop {
            if self.over || self.finished {
                return Poll::Ready(More::Over);
            }
            let news = self.assignment.news();
            if self.in_hand.is_some() && self.glances.look(|| news.look_at_lease()) {
                self.look_around();
            }
            if let Some(more) = self.open_next_batch() {
                return Poll::Ready(more);
            }
            let resumed = self.aside.take_resumed();
            let more = match resumed {
                Some(held) => self.take_up(held),
                None => match Pin::new(&mut self.fetched.handed).poll_next(cx) {
                    Poll::Ready(Some(handed)) => self.receive(handed),
                    Poll::Ready(None) => Some(More::Over),
                    // What was changed before the waker was there.
                    Poll::Pending if self.assignment.changes() != self.seen => {
                        self.look_around();
                        None
                    }
                    Poll::Pending => return Poll::Pending,
                },
            };
            if let Some(more) = more {
                return Poll::Ready(more);
            }
        }
    }

    /// Goes on with the chunk in hand; none where there is nothing more in it.
    fn open_next_batch(&mut self) -> Option<More> {
        let in_hand = self.in_hand.as_mut()?;
        let from = in_hand.chunk.position();
        match in_hand.chunk.next_batch() {
            Some(Ok(batch)) => {
                in_hand.grip.round.open(from, batch.leader_epoch());
                in_hand.batch = Some(batch);
                Some(More::Batch)
            }
            Some(Err(cause)) => self.try_again(cause),
            None => {
                in_hand.grip.round.pass(in_hand.chunk.position());
                self.in_hand = None;
                None
            }
        }
    }

    fn receive(&mut self, handed: Handed) -> Option<More> {
        let (slot, round, what) = match handed {
            Handed::Failed(error) => return Some(self.fail(error)),
            Handed::Chunk(chunk) => (chunk.slot().clone(), chunk.round(), What::Records(chunk, None)),
            Handed::End { slot, round, offset } => (slot, round, What::End(offset)),
            Handed::Finished { slot, round, offset } => (slot, round, What::Finished(offset)),
            Handed::Moved { slot, round, offset } => (slot, round, What::Moved(offset)),
        };
        let round = slot.round(round)?;
        let held = Held { slot, round, what };
        if held.slot.is_withheld() || self.aside.has(&held.slot) {
            self.aside.push(held);
            self.make_room();
            return None;
        }
        self.take_up(held)
    }

    fn take_up(&mut self, Held { slot, round, what }: Held) -> Option<More> {
        let end = |slot: &Slot, offset| More::End(Event::End { partition: slot.topic_partition(), offset });
        match what {
            What::Records(chunk, batch) => {
                let more = batch.as_ref().map(|_| More::Batch);
                self.in_hand = Some(InHand { chunk, grip: Grip::new(round, self.assignment.news()), batch });
                more
            }
            What::End(offset) => Some(end(&slot, offset)),
            What::Moved(offset) => {
                round.pass(offset);
                None
            }
            What::Finished(offset) => {
                round.finish();
                self.finished = self.assignment.is_finished();
                Some(end(&slot, offset))
            }
        }
    }

    fn fail(&mut self, error: Error) -> More {
        self.over = true;
        self.in_hand = None;
        self.aside.clear();
        self.assignment.close();
        More::Failed(error)
    }

    /// Has the batch that could not be read fetched again; an error when that was done often enough.
    fn try_again(&mut self, cause: DecodeError) -> Option<More> {
        let InHand { chunk, grip, .. } = self.in_hand.take()?;
        let (slot, offset) = (chunk.slot(), chunk.position());
        let before = self.unreadable.get(&slot.index).filter(|(at, _)| *at == offset);
        let failed = before.map_or(0, |(_, times)| *times) + 1;
        self.unreadable.insert(slot.index, (offset, failed));
        let again_from = (self.again_from)(offset);
        grip.round.pass(again_from);
        let (topic, partition) = (&slot.topic, slot.partition);
        warn!(target: "kafka_sdk::consumer", %topic, partition, offset, error = %cause, "batch unreadable");
        if failed >= ATTEMPTS_TO_READ {
            return Some(self.fail(chunk.unreadable(cause)));
        }
        let (slot, round) = (slot.index, slot.end_round(&grip.round, again_from)?);
        let _ = self.fetched.fetcher.push(Request::Rewind { slot, offset: again_from, round });
        None
    }
}

#[cfg(test)]
mod tests;
