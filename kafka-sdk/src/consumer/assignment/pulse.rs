//! Whether the application asks for records. No clock and no lock for each record.

use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use std::task::Poll;
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
    use std::sync::Mutex;
    use tokio::time::{advance, sleep};

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
