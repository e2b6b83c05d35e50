//! Whether the application asks for records. No clock and no lock for each record.

use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Who asks touches it, and one task looks at it from time to time.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// Somebody has asked since it was looked at last.
    asked: AtomicBool,
    /// Who waits for records.
    waiting: AtomicUsize,
    /// The application is taken for idle: who asks wakes the task.
    idle: AtomicBool,
    awake: Notify,
}

/// Somebody waits for records as long as it is there.
pub(super) struct Waiting(Arc<Pulse>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.asked.store(true, Relaxed);
        self.0.waiting.fetch_sub(1, SeqCst);
    }
}

/// What the application does, by the look of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Idle,
    Active,
}

impl Pulse {
    #[inline]
    pub(super) fn ask(&self) {
        if !self.asked.load(Relaxed) {
            self.asked.store(true, Relaxed);
            if self.idle.load(SeqCst) {
                self.awake.notify_one();
            }
        }
    }

    pub(super) fn wait(self: &Arc<Self>) -> Waiting {
        self.waiting.fetch_add(1, SeqCst);
        Waiting(self.clone())
    }

    fn has_asked(&self) -> bool {
        self.asked.swap(false, Relaxed) || self.waiting.load(SeqCst) > 0
    }

    /// Says when the application has not asked for so long, and when it has again.
    pub(super) async fn watch(&self, limit: Duration, say: impl Fn(Sign)) {
        let look = (limit / 10).clamp(Duration::from_millis(1), Duration::from_secs(5));
        loop {
            let mut since = Instant::now();
            while since.elapsed() < limit {
                tokio::time::sleep(look).await;
                if self.has_asked() {
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
        let (pulse, said) = (Arc::new(Pulse::default()), Arc::new(Mutex::new(Vec::new())));
        let (watched, heard) = (pulse.clone(), said.clone());
        let watch = async move {
            watched.watch(Duration::from_secs(10), |sign| heard.lock().unwrap().push(sign)).await
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
    }
}
