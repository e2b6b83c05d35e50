//! Whether the application asks for records. No clock and no lock for each record.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Who asks touches it, and one task looks at it from time to time.
#[derive(Debug, Default)]
pub(in super::super) struct Pulse {
    /// Somebody has asked since it was looked at last.
    asked: AtomicBool,
    /// Who waits for records.
    waiting: AtomicUsize,
    /// Who waits for partitions: records of those that it has are asked for by others.
    at_the_door: AtomicUsize,
    /// The application is taken for idle: who asks wakes the task.
    idle: AtomicBool,
    awake: Notify,
}

/// Somebody waits for records as long as it is there.
pub(in super::super) struct Waiting(Arc<Pulse>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.asked.store(true, Relaxed);
        self.0.waiting.fetch_sub(1, SeqCst);
    }
}

/// Somebody waits for partitions as long as it is there.
pub(in super::super) struct AtTheDoor<'a>(&'a Pulse);

impl Drop for AtTheDoor<'_> {
    fn drop(&mut self) {
        self.0.at_the_door.fetch_sub(1, SeqCst);
    }
}

/// Who asks for records: for one at a time, or as a stream.
pub(in super::super) trait Asks {
    fn pulse(&self) -> &Arc<Pulse>;

    /// Since it was polled as a stream, and had nothing.
    fn waiting(&mut self) -> &mut Option<Waiting>;
}

/// What `poll` gives. Who asks so waits until it has something or is dropped, and no more as a stream.
pub(in super::super) async fn ask_for<A: Asks, T>(
    asks: &mut A,
    mut poll: impl FnMut(&mut A, &mut Context<'_>) -> Poll<T>,
) -> T {
    *asks.waiting() = None;
    let mut waiting = None;
    poll_fn(|cx| {
        let polled = poll(asks, cx);
        if polled.is_pending() {
            waiting.get_or_insert_with(|| asks.pulse().wait());
        }
        polled
    })
    .await
}

/// What the application does, by the look of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Sign {
    Idle,
    Active,
}

impl Pulse {
    #[inline]
    pub(in super::super) fn ask(&self) {
        if !self.asked.load(Relaxed) {
            // Who looks whether somebody has asked says before that it is idle: one of the two sees the other.
            self.asked.store(true, SeqCst);
            if self.idle.load(SeqCst) {
                self.awake.notify_one();
            }
        }
    }

    pub(in super::super) fn wait(self: &Arc<Self>) -> Waiting {
        self.waiting.fetch_add(1, SeqCst);
        if self.idle.load(SeqCst) {
            self.awake.notify_one();
        }
        Waiting(self.clone())
    }

    /// Asks, and waits for partitions.
    pub(in super::super) fn wait_for_partitions(&self) -> AtTheDoor<'_> {
        self.at_the_door.fetch_add(1, SeqCst);
        self.ask();
        AtTheDoor(self)
    }

    pub(in super::super) fn waits_for_partitions(&self) -> bool {
        self.at_the_door.load(SeqCst) > 0
    }

    /// For who cannot say when he does not wait any more: until he has something.
    pub(in super::super) fn keep_waiting<T>(
        self: &Arc<Self>,
        polled: &Poll<T>,
        waiting: &mut Option<Waiting>,
    ) {
        match (polled.is_pending(), &waiting) {
            (true, None) => *waiting = Some(self.wait()),
            (false, Some(_)) => *waiting = None,
            _ => {}
        }
    }

    fn has_asked(&self) -> bool {
        self.asked.swap(false, SeqCst) || self.waiting.load(SeqCst) > 0
    }

    /// Says when the application has not asked for so long although there is something to ask for, and when it has again.
    pub(in super::super) async fn watch(
        &self,
        limit: Duration,
        has_any: impl Fn() -> bool,
        say: impl Fn(Sign),
    ) {
        let look = (limit / 10).clamp(Duration::from_millis(1), Duration::from_secs(5));
        loop {
            let mut since = Instant::now();
            while since.elapsed() < limit {
                tokio::time::sleep(look).await;
                if self.has_asked() || !has_any() {
                    since = Instant::now();
                }
            }
            self.idle.store(true, SeqCst);
            say(Sign::Idle);
            while !self.has_asked() {
                self.awake.notified().await;
            }
            self.idle.store(false, SeqCst);
            say(Sign::Active);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::sync::Mutex;
    use tokio::time::{advance, sleep};

    #[derive(Default)]
    struct Asker {
        pulse: Arc<Pulse>,
        waiting: Option<Waiting>,
    }

    impl Asks for Asker {
        fn pulse(&self) -> &Arc<Pulse> {
            &self.pulse
        }

        fn waiting(&mut self) -> &mut Option<Waiting> {
            &mut self.waiting
        }
    }

    #[test]
    fn who_was_polled_as_a_stream_and_asks_otherwise_then_waits_only_while_that_lasts() {
        let mut asker = Asker::default();
        let pulse = asker.pulse.clone();
        pulse.keep_waiting(&Poll::<()>::Pending, &mut asker.waiting);
        assert_eq!(pulse.waiting.load(SeqCst), 1);
        let mut asked = Box::pin(ask_for(&mut asker, |_, _| Poll::<()>::Pending));
        assert!((&mut asked).now_or_never().is_none());
        assert_eq!(pulse.waiting.load(SeqCst), 1);
        drop(asked);
        assert_eq!(pulse.waiting.load(SeqCst), 0, "nobody waits any more");
        assert!(ask_for(&mut asker, |_, _| Poll::Ready(())).now_or_never().is_some());
        assert_eq!(pulse.waiting.load(SeqCst), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_ask_for_long_is_idle_until_he_does_and_who_waits_never_is() {
        let has_any = Arc::new(AtomicBool::new(true));
        let (pulse, said) = (Arc::new(Pulse::default()), Arc::new(Mutex::new(Vec::new())));
        let (watched, heard, any) = (pulse.clone(), said.clone(), has_any.clone());
        let watch = async move {
            let say = |sign| heard.lock().unwrap().push(sign);
            watched.watch(Duration::from_secs(10), || any.load(SeqCst), say).await
        };
        tokio::spawn(watch);
        let waiting = pulse.wait();
        sleep(Duration::from_secs(60)).await;
        assert!(said.lock().unwrap().is_empty(), "somebody waits");
        drop(waiting);
        sleep(Duration::from_secs(9)).await;
        assert!(said.lock().unwrap().is_empty());
        pulse.ask();
        sleep(Duration::from_secs(9)).await;
        assert!(said.lock().unwrap().is_empty(), "it has asked in between");
        sleep(Duration::from_secs(3)).await;
        assert_eq!(*said.lock().unwrap(), [Sign::Idle]);
        pulse.ask();
        advance(Duration::from_millis(1)).await;
        tokio::task::yield_now().await;
        assert_eq!(*said.lock().unwrap(), [Sign::Idle, Sign::Active]);
        has_any.store(false, SeqCst);
        sleep(Duration::from_secs(60)).await;
        assert_eq!(*said.lock().unwrap(), [Sign::Idle, Sign::Active], "there is nothing to ask for");
        has_any.store(true, SeqCst);
        sleep(Duration::from_secs(12)).await;
        assert_eq!(said.lock().unwrap().len(), 3);
        let waiting = pulse.wait();
        advance(Duration::from_millis(1)).await;
        tokio::task::yield_now().await;
        assert_eq!(said.lock().unwrap()[3..], [Sign::Active], "who begins to wait is heard");
        drop(waiting);
    }
}
