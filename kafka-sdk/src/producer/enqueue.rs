//! The two futures of the fast path, by name: the record is held once, and generics end at the call.

use super::buffer::Ticket;
use super::partition::{Refused, closed};
use super::topic::{Topic, TopicState};
use super::{Delivery, Producer};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Placed, Record};
use futures_util::future::BoxFuture;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::time::{Sleep, sleep};

/// Waits until a record is in the queue: [`Producer::enqueue`].
#[must_use = "futures do nothing unless polled"]
pub struct Enqueue<'a> {
    to: To<'a>,
    record: Record<'a>,
    /// Only where it has to wait.
    wait: Option<Box<Wait<'a>>>,
}

enum To<'a> {
    Name(&'a Producer, &'a str),
    Topic(&'a Topic),
}

/// What an enqueue waits for, at most `max.block.ms` in all.
struct Wait<'a> {
    timer: Pin<Box<Sleep>>,
    topic: Option<Arc<TopicState>>,
    look_up: Option<BoxFuture<'a, Result<Arc<TopicState>>>>,
    ticket: Option<Ticket>,
}

impl<'a> Enqueue<'a> {
    pub(super) fn to_name(producer: &'a Producer, topic: &'a str, record: Record<'a>) -> Self {
        Self { to: To::Name(producer, topic), record, wait: None }
    }

    pub(super) fn to_topic(topic: &'a Topic, record: Record<'a>) -> Self {
        Self { to: To::Topic(topic), record, wait: None }
    }

    fn producer(&self) -> &'a Producer {
        match self.to {
            To::Name(producer, _) => producer,
            To::Topic(topic) => &topic.producer,
        }
    }

    fn wait(&mut self) -> &mut Wait<'a> {
        let max_block = self.producer().max_block();
        self.wait.get_or_insert_with(|| {
            Box::new(Wait { timer: Box::pin(sleep(max_block)), topic: None, look_up: None, ticket: None })
        })
    }

    /// The topic, looked up in the cluster if the producer does not know it yet.
    fn poll_topic(&mut self, cx: &mut Context<'_>) -> Poll<Result<Arc<TopicState>>> {
        let (producer, name) = match self.to {
            To::Topic(topic) => return Poll::Ready(Ok(topic.state.clone())),
            To::Name(producer, name) => (producer, name),
        };
        if let Some(known) = self.wait.as_ref().and_then(|wait| wait.topic.clone()) {
            return Poll::Ready(Ok(known));
        }
        if self.wait.is_none()
            && let Some(known) = producer.known_topic(name)
        {
            return Poll::Ready(Ok(known));
        }
        let wait = self.wait();
        let look_up = wait.look_up.get_or_insert_with(|| Box::pin(producer.look_up(name)));
        let topic = ready!(look_up.as_mut().poll(cx))?;
        wait.look_up = None;
        wait.topic = Some(topic.clone());
        Poll::Ready(Ok(topic))
    }

    /// Appends, when it is this record's turn and there is room.
    fn poll_append(&mut self, cx: &mut Context<'_>, topic: &TopicState) -> Poll<Result<Delivery>> {
        let producer = self.producer();
        let buffers = producer.buffers();
        loop {
            let ticket = self.wait.as_ref().and_then(|wait| wait.ticket);
            let turn = match ticket {
                // Registers the waker before room is looked for, so that none goes unnoticed.
                Some(ticket) => buffers.poll_turn(ticket, cx).is_ready(),
                None => !buffers.has_waiters(),
            };
            if turn {
                match producer.append(topic, &self.record) {
                    Ok(delivery) => return Poll::Ready(Ok(delivery)),
                    Err(Refused::Never(error)) => return Poll::Ready(Err(error)),
                    Err(Refused::NoRoom) => producer.hurry(),
                }
            }
            if ticket.is_some() {
                return Poll::Pending;
            }
            self.wait().ticket = Some(buffers.queue());
        }
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let producer = self.producer();
        let Some(wait) = &mut self.wait else { return Poll::Pending };
        ready!(wait.timer.as_mut().poll(cx));
        let max_block = producer.max_block();
        let text = match wait.ticket {
            Some(_) => format!(
                "no room within max.block.ms ({max_block:?}): buffer.memory ({} bytes) is full of records that \
                 are not acknowledged yet",
                producer.buffers().limit()
            ),
            None => format!("the topic could not be looked up within max.block.ms ({max_block:?})"),
        };
        Poll::Ready(Error::new(ErrorKind::Timeout, text))
    }
}

impl Future for Enqueue<'_> {
    type Output = Result<Delivery>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let me = self.get_mut();
        if me.producer().is_closing() {
            return Poll::Ready(Err(closed()));
        }
        let outcome = match me.poll_topic(cx) {
            Poll::Ready(Ok(topic)) => me.poll_append(cx, &topic),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        };
        match outcome {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => me.poll_timer(cx).map(Err),
        }
    }
}

impl Drop for Enqueue<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.wait.as_ref().and_then(|wait| wait.ticket) {
            self.producer().buffers().leave(ticket);
        }
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
