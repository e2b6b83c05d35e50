//! Until when what a member owns is its own, as far as it can tell by its clock: after that others may have it. Who hands
//! out looks at it by himself, since the task that keeps the group may sleep as long as he does.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;
use tokio::time::Instant;

#[derive(Debug)]
pub(in super::super) struct Lease {
    born: Instant,
    /// In milliseconds since then.
    ends: AtomicU64,
}

const NEVER: u64 = u64::MAX;
/// In milliseconds: how long before its end a term counts as over where another one follows.
const LEEWAY: u64 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Term {
    /// There is nobody to give anything to others.
    Unlimited,
    Until(Instant),
    Over,
}

/// What a look at the lease shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Look {
    pub(in super::super) is_over: bool,
    /// By the clock, if it was looked at.
    at: Option<Duration>,
}

/// What a new term changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Renewal {
    /// It was over, and has begun anew.
    Revived,
    Other,
}

impl Default for Lease {
    fn default() -> Self {
        Self { born: Instant::now(), ends: AtomicU64::new(NEVER) }
    }
}

impl Lease {
    pub(in super::super) fn set(&self, term: Term) -> Renewal {
        let ends = match term {
            Term::Unlimited => NEVER,
            Term::Until(end) => {
                let millis = end.saturating_duration_since(self.born).as_millis();
                u64::try_from(millis).unwrap_or(NEVER)
            }
            Term::Over => 0,
        };
        let before = self.ends.swap(ends, SeqCst);
        // Who hands out may have read the earlier end, and looks at the clock after this.
        let was_over = before != NEVER && self.look_for(before.saturating_sub(LEEWAY)).is_over;
        if was_over && !self.look_for(ends).is_over { Renewal::Revived } else { Renewal::Other }
    }

    #[inline]
    pub(in super::super) fn look(&self) -> Look {
        self.look_for(self.ends.load(SeqCst))
    }

    /// Looks at the clock only where there is an end.
    #[inline]
    fn look_for(&self, end: u64) -> Look {
        match end {
            NEVER => Look { is_over: false, at: None },
            0 => Look { is_over: true, at: None },
            end => {
                let at = self.born.elapsed();
                Look { is_over: at.as_millis() >= u128::from(end), at: Some(at) }
            }
        }
    }
}

/// Who looks at a lease for many records. Whoever takes his time, or has waited, looks for each record: he may be frozen
/// meanwhile, and others have the partition when he goes on. Only where records are taken so quickly that a look at the
/// clock would be a good part of it, does a run of them go without.
#[derive(Debug, Default)]
pub(in super::super) struct Glances {
    /// How many records still do without a look.
    left: u8,
    /// How many there were to do so after the last one.
    run: u8,
    /// When that was, if the clock was looked at.
    looked: Option<Duration>,
}

/// A run is at most so long.
const LONGEST: u8 = 31;
/// Who takes no longer for each record is quick.
const QUICK: Duration = Duration::from_micros(1);

impl Glances {
    /// Looks if it is time to.
    #[inline]
    pub(in super::super) fn glance(&mut self, look: impl FnOnce() -> Look) -> bool {
        self.is_due() && self.look(look)
    }

    /// Whether the next record does not do without a look.
    #[inline]
    pub(in super::super) fn is_due(&mut self) -> bool {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                false
            }
            None => true,
        }
    }

    pub(in super::super) fn look(&mut self, look: impl FnOnce() -> Look) -> bool {
        let Look { is_over, at } = look();
        let since = at.zip(self.looked).map(|(at, before)| at.saturating_sub(before));
        let is_quick = at.is_none() || since.is_some_and(|since| since < QUICK * (u32::from(self.run) + 1));
        self.run = if is_quick && !is_over { (2 * self.run + 1).min(LONGEST) } else { 0 };
        (self.left, self.looked) = (self.run, at);
        is_over
    }

    /// There is nothing to be taken: whatever comes next may come much later.
    #[inline]
    pub(in super::super) fn wait(&mut self) {
        self.left = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn a_lease_is_over_at_its_end_and_goes_on_when_it_is_renewed() {
        let (lease, second) = (Lease::default(), Duration::from_secs(1));
        assert!(!lease.look().is_over);
        assert_eq!(lease.set(Term::Until(Instant::now() + 2 * second)), Renewal::Other);
        advance(second).await;
        assert!(!lease.look().is_over);
        assert_eq!(lease.set(Term::Until(Instant::now() + second)), Renewal::Other);
        advance(second).await;
        assert!(lease.look().is_over, "at its end");
        assert_eq!(lease.set(Term::Until(Instant::now())), Renewal::Other, "it is still over");
        assert_eq!(lease.set(Term::Until(Instant::now() + second)), Renewal::Revived);
        assert_eq!(lease.set(Term::Over), Renewal::Other);
        assert!(lease.look().is_over);
        assert_eq!(lease.set(Term::Unlimited), Renewal::Revived);
        assert!(!lease.look().is_over);
    }

    fn at(micros: u64) -> Look {
        Look { is_over: false, at: Some(Duration::from_micros(micros)) }
    }

    /// Takes so many records; how often the lease was looked at.
    fn looks(glances: &mut Glances, records: u64, mut clock: impl FnMut() -> Look) -> u32 {
        let mut looks = 0;
        for _ in 0..records {
            glances.glance(|| {
                looks += 1;
                clock()
            });
        }
        looks
    }

    #[test]
    fn who_takes_records_quickly_looks_now_and_then() {
        let mut glances = Glances::default();
        looks(&mut glances, 1_000, || at(0));
        glances.wait();
        assert_eq!(looks(&mut glances, 320, || at(0)), 10);
        let never = || Look { is_over: false, at: None };
        looks(&mut glances, 1_000, never);
        glances.wait();
        assert_eq!(looks(&mut glances, 320, never), 10);
    }

    #[test]
    fn who_takes_time_for_a_record_or_has_waited_looks_for_each_and_so_does_whose_lease_is_over() {
        let (mut glances, mut now) = (Glances::default(), 0);
        let slowly = || {
            now += 2;
            at(now)
        };
        assert_eq!(looks(&mut glances, 100, slowly), 100);
        looks(&mut glances, 1_000, || at(1_000));
        now = 9_000;
        let slowly = || {
            now += 2;
            at(now)
        };
        assert!(
            looks(&mut glances, 100 + u64::from(LONGEST), slowly) >= 100,
            "but for the run that has begun"
        );
        looks(&mut glances, 1_000, || at(9_900));
        glances.wait();
        assert!(glances.glance(|| Look { is_over: true, at: None }), "after it has waited");
        assert_eq!(looks(&mut glances, 9, || Look { is_over: true, at: None }), 9);
    }
}
