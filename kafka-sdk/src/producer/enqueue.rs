//! The two futures of the fast path, by name: the record is held once, and generics end at the call.

use super::buffer::Shortage;
use super::partition::{Refused, closed};
use super::placing::TopicState;
use super::topic::Topic;
use super::waiters::Ticket;
use super::{Delivery, Producer};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Placed, Record};
use futures_util::future::BoxFuture;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::task::coop::poll_proceed;
use tokio::time::{Sleep, sleep};

/// Waits until a record is in the queue: [`Producer::enqueue`].
#[must_use = "futures do nothing unless polled"]
pub struct Enqueue<'a> {
    producer: &'a Producer,
    to: To<'a>,
    record: Record<'a>,
    /// Only where it has to wait.
    wait: Option<Box<Wait<'a>>>,
}

#[derive(Clone, Copy)]
enum To<'a> {
    Name(&'a str),
    Topic(&'a TopicState),
    /// It was ready.
    Nowhere,
}

/// What an enqueue waits for, at most `max.block.ms` in all.
struct Wait<'a> {
    timer: Pin<Box<Sleep>>,
    look_up: Option<BoxFuture<'a, Result<Arc<TopicState>>>>,
    /// In the queue for room, where the topic is known.
    ticket: Option<Ticket>,
    topic: Arc<str>,
    /// The record's partition, once it was found: a partitioner is asked once.
    place: Option<i32>,
    shortage: Option<Shortage>,
}

impl<'a> Enqueue<'a> {
    pub(super) fn to_name(producer: &'a Producer, topic: &'a str, record: Record<'a>) -> Self {
        Self { producer, to: To::Name(topic), record, wait: None }
    }

    pub(super) fn to_topic(topic: &'a Topic, record: Record<'a>) -> Self {
        Self { producer: &topic.producer, to: To::Topic(&topic.state), record, wait: None }
    }

    fn wait(&mut self) -> &mut Wait<'a> {
        let max_block = self.producer.max_block();
        self.wait.get_or_insert_with(|| {
            Box::new(Wait {
                timer: Box::pin(sleep(max_block)),
                look_up: None,
                ticket: None,
                topic: Arc::default(),
                place: None,
                shortage: None,
            })
        })
    }

    fn poll_enqueue(&mut self, cx: &mut Context<'_>) -> Poll<Result<Delivery>> {
        if self.producer.is_closing() {
            return Poll::Ready(Err(closed()));
        }
        match self.to {
            To::Topic(topic) => self.poll_append(cx, topic),
            To::Name(name) => self.poll_by_name(cx, name),
            To::Nowhere => {
                let text = "the future was ready before, and the record is in the queue or refused";
                Poll::Ready(Err(Error::new(ErrorKind::State, text)))
            }
        }
    }

    /// Looks the topic up in the cluster if the producer does not know it yet.
    fn poll_by_name(&mut self, cx: &mut Context<'_>, name: &'a str) -> Poll<Result<Delivery>> {
        let producer = self.producer;
        if let Some(known) = producer.known_topics().get(name) {
            return self.poll_append(cx, known);
        }
        let look_up = self.wait().look_up.get_or_insert_with(|| Box::pin(producer.look_up(name)));
        let topic = ready!(look_up.as_mut().poll(cx))?;
        self.poll_append(cx, &topic)
    }

    /// Appends, when it is this record's turn and there is room.
    fn poll_append(&mut self, cx: &mut Context<'_>, topic: &TopicState) -> Poll<Result<Delivery>> {
        let producer = self.producer;
        let buffers = producer.buffers();
        loop {
            let (ticket, place) = self.wait.as_ref().map_or((None, None), |wait| (wait.ticket, wait.place));
            let turn = match ticket {
                // Registers the waker before room is looked for, so that none goes unnoticed.
                Some(ticket) => buffers.poll_turn(ticket, cx).is_ready(),
                None => !buffers.has_waiters(),
            };
            if turn {
                match producer.append(topic, &self.record, place) {
                    Ok(delivery) => return Poll::Ready(Ok(delivery)),
                    Err(Refused::Never(error)) => return Poll::Ready(Err(error)),
                    Err(Refused::NoRoom(place, shortage)) => {
                        let wait = self.wait();
                        (wait.place, wait.shortage) = (Some(place), Some(shortage));
                        producer.hurry();
                        if ticket.is_some_and(|ticket| buffers.lacks(ticket, shortage)) {
                            continue;
                        }
                    }
                }
            }
            if ticket.is_some() {
                return Poll::Pending;
            }
            let wait = self.wait();
            (wait.ticket, wait.topic) = (Some(buffers.queue()), topic.name.clone());
        }
    }

    /// The wait for room ends in time. That for a topic's metadata does so by itself, and knows why there is none.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let max_block = self.producer.max_block();
        let Some(wait) = self.wait.as_deref_mut().filter(|wait| wait.ticket.is_some()) else {
            return Poll::Pending;
        };
        ready!(wait.timer.as_mut().poll(cx));
        let shortage = wait.shortage.unwrap_or(Shortage::Memory);
        let (topic, place) = (wait.topic.clone(), wait.place);
        let record = match place {
            Some(partition) => format!("{topic}-{partition}"),
            None => format!("topic \"{topic}\""),
        };
        let text = format!(
            "no memory for a record to {record} within max.block.ms ({max_block:?}): {shortage}; raise \
             buffer.memory, or enqueue less at once"
        );
        let error = Error::new(ErrorKind::Timeout, text).with_topic(topic);
        Poll::Ready(place.into_iter().fold(error, Error::with_partition))
    }

    /// Leaves the queue for room, so that the next one gets its turn.
    fn leave(&mut self) {
        if let Some(ticket) = self.wait.take().and_then(|wait| wait.ticket) {
            self.producer.buffers().leave(ticket);
        }
    }
}

impl Future for Enqueue<'_> {
    type Output = Result<Delivery>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let me = self.get_mut();
        // However much room there is, other tasks get their turn.
        let turn = ready!(poll_proceed(cx));
        let mut outcome = me.poll_enqueue(cx);
        if outcome.is_pending() {
            outcome = me.poll_timer(cx).map(Err);
        }
        if let Poll::Ready(result) = &outcome {
            if result.as_ref().map_or(true, Delivery::takes_from_turn) {
                turn.made_progress();
            }
            me.to = To::Nowhere;
            me.leave();
        }
        outcome
    }
}

impl Drop for Enqueue<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Waits until a record is acknowledged: [`Producer::send`].
#[must_use = "futures do nothing unless polled"]
pub struct Sending<'a>(Step<'a>);

enum Step<'a> {
    Enqueue(Enqueue<'a>),
    Wait(Delivery),
}

impl<'a> Sending<'a> {
    pub(super) fn new(enqueue: Enqueue<'a>) -> Self {
        Self(Step::Enqueue(enqueue))
    }
}

impl Future for Sending<'_> {
    type Output = Result<Placed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let me = self.get_mut();
        loop {
            match &mut me.0 {
                Step::Enqueue(enqueue) => {
                    let delivery = ready!(Pin::new(enqueue).poll(cx))?;
                    me.0 = Step::Wait(delivery);
                }
                Step::Wait(delivery) => return Pin::new(delivery).poll(cx),
            }
        }
    }
}

impl std::fmt::Debug for Enqueue<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Enqueue").field("record", &self.record).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Sending<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sending").finish_non_exhaustive()
    }
}
