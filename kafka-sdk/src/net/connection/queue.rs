//! What handle and driver share: the requests that are to be written, and why there will be no more of them.

use super::super::{Address, Failure, Unanswered};
use crate::helper::{Help, Helper};
use crate::observe::{BrokerMeter, Pending};
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

/// What handle and driver share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) address: Address,
    pub(super) meter: Arc<BrokerMeter>,
    queue: Mutex<Queue>,
    pub(super) submitted: Notify,
    driver: OnceLock<Helper>,
    /// A request was answered, after the greeting.
    answered: AtomicBool,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) requests: VecDeque<Submitted>,
    next_correlation_id: i32,
    /// Nothing is in flight, and the driver waits.
    pub(super) idle: bool,
    /// The broker reads nothing before then (KIP-219).
    pub(super) muted_until: Option<Instant>,
    /// Why nothing can be submitted any more.
    pub(super) over: Option<Failure>,
}

#[derive(Debug)]
pub(super) struct Submitted {
    pub(super) segments: Vec<Bytes>,
    pub(super) until: Until,
    pub(super) correlation_id: i32,
    /// How long the broker may take once the request is its turn.
    pub(super) patience: Duration,
    pub(super) answer: Promise,
    pub(super) pending: Pending,
}

pub(super) type Promise = oneshot::Sender<Result<Bytes, Unanswered>>;

/// What a submitted request waits for.
#[derive(Debug)]
pub(super) enum Until {
    Answered,
    /// The broker does not answer it.
    Written,
}

impl Shared {
    pub(super) fn new(address: Address, meter: Arc<BrokerMeter>) -> Self {
        Self {
            address,
            meter,
            queue: Mutex::default(),
            submitted: Notify::new(),
            driver: OnceLock::new(),
            answered: AtomicBool::new(false),
        }
    }

    /// How the driver can be helped.
    pub(super) fn set_driver(&self, driver: Helper) {
        let _ = self.driver.set(driver);
    }

    pub(super) fn is_open(&self) -> bool {
        self.queue().over.is_none()
    }

    /// Whether a request was answered, after the greeting.
    pub(super) fn has_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// A request was answered.
    pub(super) fn note_answer(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }

    /// For how long the broker reads nothing from now on.
    pub(super) fn muted_for(&self) -> Duration {
        let muted_until = self.queue().muted_until;
        muted_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()))
    }

    /// Nothing can be submitted any more; what was is still answered.
    pub(super) fn end(&self, failure: Failure) {
        self.queue().over.get_or_insert(failure);
        self.submitted.notify_one();
    }

    /// The broker reads nothing for so long.
    pub(super) fn mute(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut queue = self.queue();
        queue.muted_until = queue.muted_until.max(Some(until));
        drop(queue);
        self.submitted.notify_one();
    }

    pub(super) fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it, unless something was submitted this moment.
    pub(super) fn end_if_unused(&self) {
        let mut queue = self.queue();
        if queue.requests.is_empty() {
            queue.over.get_or_insert(Failure::Retired);
        }
    }

    /// Whether there are requests that may be written.
    pub(super) fn has_requests(&self) -> bool {
        let queue = self.queue();
        !queue.requests.is_empty() && queue.muted_until.is_none()
    }

    pub(super) fn next_correlation_id(&self) -> i32 {
        let mut queue = self.queue();
        queue.next_correlation_id = queue.next_correlation_id.wrapping_add(1) & i32::MAX;
        queue.next_correlation_id
    }

    pub(super) fn submit(&self, request: Submitted) {
        let mut queue = self.queue();
        if let Some(failure) = &queue.over {
            let _ = request.answer.send(Err(Unanswered::unsent(failure.clone())));
            return;
        }
        queue.requests.push_back(request);
        let idle = queue.idle;
        drop(queue);
        // Who submits to an idle connection writes: the driver need not be woken for that.
        if !idle || self.driver.get().map_or(Help::Busy, Helper::help) == Help::Busy {
            self.submitted.notify_one();
        }
    }
}
