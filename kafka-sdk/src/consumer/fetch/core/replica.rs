//! Which replica a partition is read from (KIP-392). Pure.

use std::time::Duration;
use tokio::time::Instant;

/// How long only the leader is read from after trouble with the replica that it has named. It may go on naming one that
/// is dead until it has noticed.
const SHUNNED: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub(super) struct Replica {
    /// The one that the leader has named, and until when that holds.
    preferred: Option<(i32, Instant)>,
    shunned_until: Option<Instant>,
}

impl Replica {
    /// The one to read from in place of the leader.
    pub(super) fn preferred(&self, now: Instant) -> Option<i32> {
        self.preferred.filter(|(_, until)| *until > now).map(|(id, _)| id)
    }

    /// Whether the leader may name one.
    pub(super) fn may_be_named(&self, now: Instant) -> bool {
        self.shunned_until.is_none_or(|until| until <= now)
    }

    pub(super) fn prefer(&mut self, id: i32, until: Instant) {
        self.preferred = Some((id, until));
    }

    /// Back to the leader: the one that it has named does not have what is wanted, or cannot be reached.
    pub(super) fn shun(&mut self, now: Instant) {
        *self = Self { preferred: None, shunned_until: Some(now + SHUNNED) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_is_read_from_until_it_is_in_trouble_or_its_time_is_over() {
        let (mut replica, now) = (Replica::default(), Instant::now());
        let later = now + Duration::from_secs(300);
        assert_eq!((replica.preferred(now), replica.may_be_named(now)), (None, true));
        replica.prefer(2, later);
        assert_eq!((replica.preferred(now), replica.preferred(later)), (Some(2), None));
        replica.shun(now);
        assert_eq!((replica.preferred(now), replica.may_be_named(now)), (None, false));
        assert!(replica.may_be_named(now + SHUNNED));
    }
}
