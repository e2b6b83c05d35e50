//! The time of day, cheaply: what new records are stamped with. Times to come, and lengths of time.

use std::time::Duration;
use tokio::time::Instant;

/// Longer than anything that we wait for.
const FOR_EVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// `time` after `then`; a time that cannot be added ends decades later.
pub(crate) fn after(then: Instant, time: Duration) -> Instant {
    then.checked_add(time.min(FOR_EVER)).unwrap_or(then)
}

/// In milliseconds, as requests have it; what is too long is the most there is.
pub(crate) fn millis_i32(time: Duration) -> i32 {
    i32::try_from(time.as_millis()).unwrap_or(i32::MAX)
}

/// Milliseconds since 1970, up to a few milliseconds behind: a tick of the kernel's clock. A precise reading costs more
/// than encoding a record.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn coarse_millis() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::RealtimeCoarse);
    now.tv_sec.saturating_mul(1_000).saturating_add(now.tv_nsec / 1_000_000)
}

/// Milliseconds since 1970.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[allow(clippy::disallowed_methods, reason = "the one place that reads the time of day")]
pub(crate) fn coarse_millis() -> i64 {
    crate::model::Timestamp::from(std::time::SystemTime::now()).as_millis()
}
