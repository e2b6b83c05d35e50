//! What a record becomes for the application, and when it counts as handed out: at once, or once it is made.

use super::acked::{Ack, Acked};
use super::cooperate::cooperate;
use super::event::Event;
use crate::consumer::assignment::tracker::Tracker;
use crate::consumer::feed::Feed;
use crate::error::Result;
use crate::model::Message;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// What a consumer can hand out: a [`Message`], a [`Typed`](crate::typed::Typed) one, or one of them that is to be
/// acknowledged. It cannot be implemented outside.
#[allow(private_bounds, reason = "sealed")]
pub trait Item: Hand + Sized + Send + Unpin + 'static {}

/// What a reader can hand out: a [`Message`], or a [`Typed`](crate::typed::Typed) one.
#[allow(private_bounds, reason = "sealed")]
pub trait ReadItem: Item + Hand<Raw = Message> {}

impl<M: Item + Hand<Raw = Message>> ReadItem for M {}

/// What has to be acknowledged: an [`Acked`] message. It cannot be implemented outside.
#[diagnostic::on_unimplemented(
    message = "this consumer hands out `{Self}`, which cannot be acknowledged",
    label = "only of a consumer that is built with `.acked()`",
    note = "ask the builder for it: `kafka.consumer(..).topics(..).acked().await?`"
)]
#[allow(private_bounds, reason = "sealed")]
pub trait AckedItem: Item {
    /// The message by itself.
    type Message: Carries;

    #[doc(hidden)]
    fn apart(self) -> (Self::Message, Ack);
}

impl<M: Carries> AckedItem for Acked<M>
where
    Self: Item,
{
    type Message = M;

    fn apart(self) -> (M, Ack) {
        self.into_parts()
    }
}

/// How it is made of what comes out of what was fetched.
pub(crate) trait Hand: Sized {
    type Raw: Raw;
    type Decoder: Decoder;
    const COUNTS: Counts;

    /// None: nothing is made of it, and it is dealt with. While it waits, what is raw stays where it is.
    fn poll_decode(
        decoder: &mut Self::Decoder,
        raw: &mut Option<Self::Raw>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Self>>>;
}

/// When a record that was taken counts as handed out. Until then the position is before it, and no commit passes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counts {
    /// It goes out as it is; or it is to be acknowledged, and that is what counts.
    AtOnce,
    /// First something is made of it, which may take a while, or fail.
    OnceMade,
}

/// What a stream keeps to make items; a clone is for another stream.
pub(crate) trait Decoder: Clone + Send + Unpin + 'static {
    fn of_group(&mut self, group: &Arc<str>);

    /// What it is at is of no use any more.
    fn forget(&mut self);
}

/// Of items that are handed out as they are.
impl Decoder for () {
    fn of_group(&mut self, _: &Arc<str>) {}

    fn forget(&mut self) {}
}

/// What comes out of what was fetched.
pub(crate) trait Raw: Carries + Send + Unpin + 'static {
    const IS_ACKED: bool;

    /// Of a message that is to be acknowledged; with what is left to do that by.
    fn of(message: Message, ack: Ack) -> (Self, Option<Ack>);

    /// Of each partition at most `bound` that are not acknowledged.
    fn poll_hand<M: Hand>(feed: &mut Feed, bound: usize, cx: &mut Context<'_>) -> Poll<Option<Result<Self>>>;

    /// Has it come again: nothing was made of it. It is what was taken last.
    fn put_back(self, feed: &mut Feed);

    /// What there is to acknowledge it by.
    fn into_ack(self) -> Option<Ack>;
}

/// Has a message in it.
pub(crate) trait Carries: Sized {
    fn carried(&self) -> &Message;
}

impl<R: Raw> Item for R {}

impl<R: Raw> Hand for R {
    type Raw = R;
    type Decoder = ();
    const COUNTS: Counts = Counts::AtOnce;

    #[inline]
    fn poll_decode(_: &mut (), raw: &mut Option<R>, _: &mut Context<'_>) -> Poll<Option<Result<R>>> {
        Poll::Ready(raw.take().map(Ok))
    }
}

impl Carries for Message {
    fn carried(&self) -> &Message {
        self
    }
}

impl Raw for Message {
    const IS_ACKED: bool = false;

    fn of(message: Message, ack: Ack) -> (Self, Option<Ack>) {
        (message, Some(ack))
    }

    #[inline]
    fn poll_hand<M: Hand>(
        feed: &mut Feed,
        _bound: usize,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Self>>> {
        match feed.next_of_member::<M>() {
            Some(message) => Poll::Ready(Some(Ok(message))),
            None => cooperate(cx, |cx| feed.poll_message::<M>(cx)),
        }
    }

    fn put_back(self, feed: &mut Feed) {
        feed.put_back(self);
    }

    fn into_ack(self) -> Option<Ack> {
        None
    }
}

impl<M: Carries> Carries for Acked<M> {
    fn carried(&self) -> &Message {
        M::carried(self)
    }
}

impl Raw for Acked<Message> {
    const IS_ACKED: bool = true;

    fn of(message: Message, ack: Ack) -> (Self, Option<Ack>) {
        (Self::new(message, ack), None)
    }

    #[inline]
    fn poll_hand<M: Hand>(feed: &mut Feed, bound: usize, cx: &mut Context<'_>) -> Poll<Option<Result<Self>>> {
        if let Some((message, ack)) = feed.next_acked(bound) {
            return Poll::Ready(Some(Ok(Self::new(message, ack))));
        }
        cooperate(cx, |cx| feed.poll_acked(cx, bound))
            .map(|next| next.map(|next| next.map(|(message, ack)| Self::new(message, ack))))
    }

    fn put_back(self, feed: &mut Feed) {
        let (message, ack) = self.into_parts();
        feed.put_back(message);
        ack.take_back();
    }

    fn into_ack(self) -> Option<Ack> {
        Some(self.into_parts().1)
    }
}

/// Where records are taken from.
pub(in super::super) trait Supply {
    /// The one that was taken last is handed out, or dealt with.
    fn made<M: Hand>(&mut self);

    /// Reading has gone on elsewhere since the last one was taken: it does not come any more.
    fn is_elsewhere(&self) -> bool;
}

/// Of records that are acknowledged.
impl Supply for Arc<Tracker> {
    fn made<M: Hand>(&mut self) {}

    fn is_elsewhere(&self) -> bool {
        self.is_over()
    }
}

/// Makes items of what is raw, one after the other.
pub(in super::super) struct Maker<M: Hand> {
    decoder: M::Decoder,
    /// What was taken last, until something is made of it.
    pub(in super::super) raw: Option<M::Raw>,
}

impl<M: Hand> Maker<M> {
    pub(in super::super) fn new(decoder: M::Decoder) -> Self {
        Self { decoder, raw: None }
    }

    /// For another stream; and what is in hand here.
    pub(in super::super) fn into_parts(self) -> (M::Decoder, Option<M::Raw>) {
        (self.decoder, self.raw)
    }

    /// The next item of what `poll_raw` takes from there; a record in hand waits for none.
    #[inline]
    pub(in super::super) fn poll<S: Supply>(
        &mut self,
        source: &mut S,
        cx: &mut Context<'_>,
        mut poll_raw: impl FnMut(&mut S, &mut Context<'_>) -> Poll<Option<Result<M::Raw>>>,
    ) -> Poll<Option<Result<M>>> {
        if self.raw.is_some() && source.is_elsewhere() {
            self.raw = None;
            self.decoder.forget();
        }
        loop {
            if self.raw.is_none() {
                match ready!(poll_raw(source, cx)) {
                    Some(Ok(next)) => self.raw = Some(next),
                    Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                    None => return Poll::Ready(None),
                }
            }
            let item = ready!(M::poll_decode(&mut self.decoder, &mut self.raw, cx));
            if self.raw.is_none() {
                source.made::<M>();
            }
            if let Some(item) = item {
                return Poll::Ready(Some(item));
            }
        }
    }
}

impl<M: ReadItem> Maker<M> {
    /// As [`Self::poll`], with the ends of partitions between the items.
    pub(in super::super) fn poll_event<S: Supply>(
        &mut self,
        source: &mut S,
        cx: &mut Context<'_>,
        mut poll_raw: impl FnMut(&mut S, &mut Context<'_>) -> Poll<Option<Result<Event>>>,
    ) -> Poll<Option<Result<Event<M>>>> {
        let mut reached = None;
        let item = self.poll(source, cx, |source, cx| {
            Poll::Ready(match ready!(poll_raw(source, cx)) {
                Some(Ok(Event::Record(message))) => Some(Ok(message)),
                Some(Ok(Event::End { partition, offset })) => {
                    reached = Some(Event::End { partition, offset });
                    None
                }
                Some(Err(error)) => Some(Err(error)),
                None => None,
            })
        });
        match reached {
            Some(end) => Poll::Ready(Some(Ok(end))),
            None => item.map(|item| item.map(|item| item.map(Event::Record))),
        }
    }
}
