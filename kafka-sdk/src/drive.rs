//! The loop that runs a core.
//!
//! A core decides, and does nothing else: no socket, no clock, no task. Commands and replies go in with the time, calls
//! come out; [`drive`] performs the calls, and keeps the time.

use crate::helper::end_of_step;
use futures_util::stream::FuturesUnordered;
use futures_util::{Stream, StreamExt, stream};
use std::future::{Future, ready};
use std::pin::pin;
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
    /// Whether nothing matters any more, also no reply that has not come yet.
    fn is_over(&self) -> bool;
}

/// Runs `core` until there are no more commands, no calls under way and no deadline; or until it is over, which drops what
/// is under way.
///
/// `perform` is called in the order of [`Core::poll_call`]: what it does before its first await keeps that order.
pub(crate) async fn drive<C: Core, F: Future<Output = C::Reply>>(
    mut core: C,
    mut commands: impl Stream<Item = C::Command> + Unpin,
    mut perform: impl FnMut(C::Call) -> F,
) {
    let (mut calls, mut open) = (FuturesUnordered::new(), true);
    // One timer, set again only when the deadline is another.
    let mut timer = pin!(sleep_until(Instant::now()));
    loop {
        while let Some(call) = core.poll_call(Instant::now()) {
            calls.push(perform(call));
        }
        let deadline = core.deadline();
        if !open && (core.is_over() || (calls.is_empty() && deadline.is_none())) {
            return;
        }
        if let Some(at) = deadline.filter(|at| *at != timer.deadline()) {
            timer.as_mut().reset(at);
        }
        tokio::select! {
            command = commands.next(), if open => match command {
                Some(command) => core.command(Instant::now(), command),
                None => {
                    open = false;
                    core.close(Instant::now());
                }
            },
            Some(reply) = calls.next() => core.reply(Instant::now(), reply),
            () = timer.as_mut(), if deadline.is_some() => core.timeout(Instant::now()),
        }
        // However much there is to do, others get their turn.
        consume_budget().await;
        end_of_step().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    /// Each command is a call; after the last one there is a deadline a second later.
    #[derive(Default)]
    struct Echo {
        calls: VecDeque<u32>,
        seen: Arc<Mutex<Vec<String>>>,
        deadline: Option<Instant>,
    }

    impl Echo {
        fn saw(&self, what: impl ToString) {
            self.seen.lock().unwrap().push(what.to_string());
        }
    }

    impl Core for Echo {
        type Command = u32;
        type Call = u32;
        type Reply = u32;

        fn command(&mut self, _now: Instant, command: u32) {
            self.calls.push_back(command);
        }

        fn reply(&mut self, _now: Instant, reply: u32) {
            self.saw(reply);
        }

        fn timeout(&mut self, _now: Instant) {
            self.deadline = None;
            self.saw("timeout");
        }

        fn close(&mut self, now: Instant) {
            self.deadline = Some(now + Duration::from_secs(1));
            self.saw("close");
        }

        fn poll_call(&mut self, _now: Instant) -> Option<u32> {
            self.calls.pop_front()
        }

        fn deadline(&self) -> Option<Instant> {
            self.deadline
        }

        fn is_over(&self) -> bool {
            false
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_core_runs_until_there_is_nothing_left_to_do() {
        let seen = Arc::default();
        let core = Echo { seen: Arc::clone(&seen), ..Echo::default() };
        let start = Instant::now();
        // The later it was called, the sooner it is done; the last one outlives the deadline.
        let perform = |call: u32| async move {
            tokio::time::sleep(Duration::from_millis(if call == 3 {
                2_000
            } else {
                100 - 10 * u64::from(call)
            }))
            .await;
            call * 10
        };
        drive(core, stream::iter([1, 2, 3]), perform).await;
        assert_eq!(*seen.lock().unwrap(), ["close", "20", "10", "timeout", "30"]);
        assert_eq!(start.elapsed(), Duration::from_secs(2));
    }

    /// Has one thing done, whose outcome matters only until there are no more commands.
    struct Hasty {
        call: Option<()>,
        closed: bool,
    }

    impl Core for Hasty {
        type Command = ();
        type Call = ();
        type Reply = ();

        fn command(&mut self, _now: Instant, (): ()) {}
        fn reply(&mut self, _now: Instant, (): ()) {}
        fn timeout(&mut self, _now: Instant) {}
        fn close(&mut self, _now: Instant) {
            self.closed = true;
        }
        fn poll_call(&mut self, _now: Instant) -> Option<()> {
            self.call.take()
        }
        fn deadline(&self) -> Option<Instant> {
            None
        }
        fn is_over(&self) -> bool {
            self.closed
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_core_that_is_over_waits_for_no_reply() {
        let start = Instant::now();
        let core = Hasty { call: Some(()), closed: false };
        drive(core, stream::empty(), |()| tokio::time::sleep(Duration::from_secs(60))).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test]
    async fn the_leading_stream_ends_both() {
        let leading = stream::iter([1, 2, 3]);
        let following = stream::repeat(0);
        let mut got: Vec<u32> = ends_with(leading, following).collect().await;
        got.retain(|item| *item != 0);
        assert_eq!(got, [1, 2, 3]);
    }
}
