//! Handing out gives way to other tasks.

use std::task::{Context, Poll, ready};
use tokio::task::coop::poll_proceed;

/// However many there are to hand out, other tasks get their turn.
pub(in super::super) fn cooperate<T>(
    cx: &mut Context<'_>,
    poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
) -> Poll<T> {
    let turn = ready!(poll_proceed(cx));
    let outcome = poll(cx);
    if outcome.is_ready() {
        turn.made_progress();
    }
    outcome
}
