//! How long something may take that is looked at again and again.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// A time that begins now, and what is left of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    total: Duration,
    deadline: Instant,
}

impl Patience {
    pub(crate) fn new(total: Duration) -> Self {
        Self { total, deadline: Instant::now() + total }
    }

    pub(crate) fn total(&self) -> Duration {
        self.total
    }

    /// Waits a moment before another try. False if there is no time for one.
    pub(crate) async fn another(&self) -> bool {
        if Instant::now() >= self.deadline {
            return false;
        }
        sleep(PAUSE).await;
        true
    }
}
