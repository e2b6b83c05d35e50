use super::acked::{Ack, Acked};
use super::feed::Feed;
use crate::error::Result;
use crate::model::Message;
use std::task::{Context, Poll};

/// What a consumer can hand out: a [`Message`], or one that is to be acknowledged. It cannot be implemented outside.
#[allow(private_bounds, reason = "sealed")]
pub trait Item: Hand + Sized + Send + Unpin + 'static {}

/// How it comes out of what was fetched.
pub(super) trait Hand: Sized {
    const IS_ACKED: bool;

    /// Of a message that is to be acknowledged; with what is left to do that by.
    fn of(message: Message, ack: Ack) -> (Self, Option<Ack>);

    /// Of each partition at most `bound` that are not acknowledged.
    fn poll_hand(feed: &mut Feed, bound: usize, cx: &mut Context<'_>) -> Poll<Option<Result<Self>>>;
}

impl Item for Message {}

impl Hand for Message {
    const IS_ACKED: bool = false;

    fn of(message: Message, ack: Ack) -> (Self, Option<Ack>) {
        (message, Some(ack))
    }

    #[inline]
    fn poll_hand(feed: &mut Feed, _bound: usize, cx: &mut Context<'_>) -> Poll<Option<Result<Self>>> {
        feed.poll_message(cx)
    }
}

impl Item for Acked<Message> {}

impl Hand for Acked<Message> {
    const IS_ACKED: bool = true;

    fn of(message: Message, ack: Ack) -> (Self, Option<Ack>) {
        (Self::new(message, ack), None)
    }

    fn poll_hand(feed: &mut Feed, bound: usize, cx: &mut Context<'_>) -> Poll<Option<Result<Self>>> {
        feed.poll_acked(cx, bound)
            .map(|next| next.map(|next| next.map(|(message, ack)| Self::new(message, ack))))
    }
}
