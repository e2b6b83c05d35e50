//! How often the same thing is worth a warning.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Between two warnings about the same thing. What comes in between is logged for debugging only, so that the log of an
/// outage is as long as the outage, and not as the number of attempts.
const BETWEEN: Duration = Duration::from_secs(30);

/// Lets one of many like warnings through in a while.
#[derive(Debug, Default)]
pub(crate) struct Seldom(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    left_out: u64,
}

impl Seldom {
    /// How many were left out since the last warning; none if this one is to be left out as well.
    pub(crate) fn pass(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.last.is_some_and(|last| now < last + BETWEEN) {
            state.left_out += 1;
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.left_out))
    }
}

/// A warning, if the last of these was a while ago; else the same for debugging only.
macro_rules! warn_seldom {
    ($seldom:expr, target: $target:literal, { $($fields:tt)* }, $message:literal) => {
        match $seldom.pass(tokio::time::Instant::now()) {
            Some(left_out) => tracing::warn!(target: $target, $($fields)*, left_out, $message),
            None => tracing::debug!(target: $target, $($fields)*, $message),
        }
    };
}
pub(crate) use warn_seldom;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_many_passes_and_says_how_many_did_not() {
        let (seldom, start) = (Seldom::default(), Instant::now());
        let at = |seconds| seldom.pass(start + Duration::from_secs(seconds));
        assert_eq!([at(0), at(1), at(29), at(30), at(31)], [Some(0), None, None, Some(2), None]);
        assert_eq!(at(1_000), Some(1));
    }
}
