//! A topic as a `futures::Sink`.

use super::{Delivery, Topic};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Record;
use futures_sink::Sink;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Takes records for one topic, as a `futures::Sink`: [`Topic::sink`].
///
/// It is ready for a record when the one before has got room, in turn with all others that wait for it. Flushing and
/// closing wait until what went through this sink is acknowledged; closing it does not close the producer.
///
/// # Errors
/// A record that is refused, or has no room within `max.block.ms`, is the error of the next `poll_ready`, `poll_flush` or
/// `poll_close`; so is one that was not acknowledged. Each is reported once, and the sink goes on with those behind it.
#[must_use = "a sink does nothing until records go in"]
pub struct TopicSink {
    topic: Topic,
    /// The record that waits for room.
    waiting: Option<BoxFuture<'static, Result<Delivery>>>,
    /// What went through, as far as it is not known to be acknowledged.
    sent: VecDeque<Delivery>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// What is queued was told not to linger.
    Flushing,
    Closed,
}

impl TopicSink {
    pub(super) fn new(topic: Topic) -> Self {
        Self { topic, waiting: None, sent: VecDeque::new(), state: State::Open }
    }

    /// Sees that the record before has room.
    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if let Some(waiting) = &mut self.waiting {
            let enqueued = ready!(waiting.as_mut().poll(cx));
            self.waiting = None;
            self.sent.push_back(enqueued?);
        }
        Poll::Ready(Ok(()))
    }

    /// Forgets what is acknowledged at the front; gives the first failure there.
    fn settle(&mut self) -> Result<()> {
        while let Some(outcome) = self.sent.front().and_then(Delivery::now) {
            self.sent.pop_front();
            outcome?;
        }
        Ok(())
    }

    fn poll_acknowledged(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(self.poll_waiting(cx))?;
        if self.state == State::Open {
            self.state = State::Flushing;
            self.topic.producer.hurry();
        }
        while let Some(delivery) = self.sent.front_mut() {
            let outcome = ready!(delivery.poll_unpin(cx));
            self.sent.pop_front();
            outcome?;
        }
        Poll::Ready(Ok(()))
    }
}

impl Sink<Record<'static>> for TopicSink {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let me = self.get_mut();
        ready!(me.poll_waiting(cx))?;
        Poll::Ready(me.settle())
    }

    fn start_send(self: Pin<&mut Self>, record: Record<'static>) -> Result<()> {
        let me = self.get_mut();
        if me.state == State::Closed || me.waiting.is_some() {
            let text = match me.state {
                State::Closed => "the sink is closed",
                _ => "the sink was not asked whether it is ready for another record",
            };
            return Err(Error::new(ErrorKind::State, text));
        }
        me.state = State::Open;
        match me.topic.try_enqueue(&record) {
            Ok(delivery) => me.sent.push_back(delivery),
            Err(error) if error.kind() == ErrorKind::Full => {
                let topic = me.topic.clone();
                me.waiting = Some(async move { topic.enqueue(record).await }.boxed());
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.get_mut().poll_acknowledged(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let me = self.get_mut();
        ready!(me.poll_acknowledged(cx))?;
        me.state = State::Closed;
        Poll::Ready(Ok(()))
    }
}

impl std::fmt::Debug for TopicSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TopicSink")
            .field("topic", &self.topic)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
