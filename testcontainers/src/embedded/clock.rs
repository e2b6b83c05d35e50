//! The time of day: the state is handed it, and never reads it.

use std::sync::LazyLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// When the process first asked, by both clocks.
#[allow(clippy::disallowed_methods, reason = "this file owns the time of day")]
static BEGUN: LazyLock<(Instant, i64)> = LazyLock::new(|| {
    let of_day = SystemTime::now().duration_since(UNIX_EPOCH);
    (Instant::now(), of_day.map_or(0, |since| since.as_millis() as i64))
});

/// Milliseconds since 1970. They never go back, and never leap: sessions of members are measured by them.
pub(crate) fn now_ms() -> i64 {
    let (instant, of_day) = *BEGUN;
    of_day + instant.elapsed().as_millis() as i64
}
