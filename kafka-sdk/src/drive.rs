//! The loop that runs a core.
//!
//! A core decides, and does nothing else: no socket, no clock, no task. Commands and replies go in with the time, calls
//! come out; [`drive`] performs the calls, and keeps the time.

use futures_util::stream::FuturesUnordered;
use futures_util::{Stream, StreamExt, stream};
use std::future::{Future, pending, ready};
use tokio::task::coop::consume_budget;
use tokio::time::{Instant, sleep_until};

/// The items of both streams; ends with `leading`, however many of `following` there may still be.
pub(crate) fn ends_with<T>(
    leading: impl Stream<Item = T>,
    following: impl Stream<Item = T>,
) -> impl Stream<Item = T> {
    let leading = leading.map(Some).chain(stream::iter([None]));
    let both = stream::select(leading, following.map(Some));
    both.take_while(|item| ready(item.is_some())).filter_map(ready)
}

/// A state machine without I/O.
pub(crate) trait Core {
    /// What others tell it.
    type Command;
    /// What it wants done.
    type Call;
    /// What came of a call.
    type Reply;

    fn command(&mut self, now: Instant, command: Self::Command);
    fn reply(&mut self, now: Instant, reply: Self::Reply);
    /// The deadline is reached.
    fn timeout(&mut self, now: Instant);
    /// No more commands will come.
    fn close(&mut self, now: Instant);
    /// The next call to perform, in this order.
    fn poll_call(&mut self, now: Instant) -> Option<Self::Call>;
    /// When it wants to be woken. After [`Self::close`], none means that it is done.
    fn deadline(&self) -> Option<Instant>;
}

/// Runs `core` until there are no more commands, no calls under way and no deadline.
///
/// `perform` is called in the order of [`Core::poll_call`]: what it does before its first await keeps that order.
pub(crate) async fn drive<C: Core, F: Future<Output = C::Reply>>(
    mut core: C,
    mut commands: impl Stream<Item = C::Command> + Unpin,
    mut perform: impl FnMut(C::Call) -> F,
) {
    let (mut calls, mut open) = (FuturesUnordered::new(), true);
    loop {
        while let Some(call) = core.poll_call(Instant::now()) {
            calls.push(perform(call));
        }
        let deadline = core.deadline();
        if !open && calls.is_empty() && deadline.is_none() {
            return;
        }
        let timer = async {
            match deadline {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            }
        };
        tokio::select! {
            command = commands.next(), if open => match command {
                Some(command) => core.command(Instant::now(), command),
                None => {
                    open = false;
                    core.close(Instant::now());
                }
            },
            Some(reply) = calls.next() => core.reply(Instant::now(), reply),
            () = timer => core.timeout(Instant::now()),
        }
        // However much there is to do, others get their turn.
        consume_budget().await;
    }
}
