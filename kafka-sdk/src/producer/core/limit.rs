//! How large the batches of a partition may grow, by what brokers have taken and refused. Pure.

/// Batches near the limit that are taken before it grows.
const PATIENCE: u32 = 8;
/// Batches after which what was refused is forgotten: the topic may take more by now.
const MEMORY: u32 = 1_000;

/// It falls when a batch is refused as too large, and grows again up to what the topic takes.
#[derive(Debug)]
pub(super) struct BatchLimit {
    most: usize,
    now: usize,
    learned: Option<Learned>,
}

/// Since something was refused.
#[derive(Debug)]
struct Learned {
    /// The smallest batch that was refused.
    refused: usize,
    /// The largest one that was taken.
    taken: usize,
    batches: u32,
    near_limit: u32,
}

impl BatchLimit {
    pub(super) fn new(most: usize) -> Self {
        Self { most, now: most, learned: None }
    }

    pub(super) fn now(&self) -> usize {
        self.now
    }

    /// A batch of this size was too large.
    pub(super) fn refused(&mut self, size: usize) {
        let before =
            self.learned.take().unwrap_or(Learned { refused: size, taken: 0, batches: 0, near_limit: 0 });
        // Something larger was taken once: the topic takes less than it did.
        let taken = if before.taken < size { before.taken } else { 0 };
        // A larger one was made before the limit fell.
        if size <= self.now {
            self.now = taken.max(size / 2);
        }
        let refused = before.refused.min(size);
        self.learned = Some(Learned { refused, taken, batches: 0, near_limit: 0 });
    }

    /// A batch of this size was written. Says whether the limit has changed.
    pub(super) fn taken(&mut self, size: usize) -> bool {
        let Some(learned) = &mut self.learned else { return false };
        learned.batches += 1;
        if learned.batches >= MEMORY || size >= learned.refused {
            *self = Self::new(self.most);
            return true;
        }
        learned.taken = learned.taken.max(size);
        learned.near_limit += u32::from(size * 2 >= self.now);
        let larger = self.now.midpoint(learned.refused).min(self.most);
        if learned.near_limit < PATIENCE || larger - self.now < self.now / 16 {
            return false;
        }
        learned.near_limit = 0;
        self.now = larger;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends batches as large as the limit allows, to a topic that takes `takes`; gives how many it refuses.
    fn send(limit: &mut BatchLimit, takes: usize, batches: u32) -> u32 {
        let mut refused = 0;
        for _ in 0..batches {
            match limit.now() <= takes {
                true => drop(limit.taken(limit.now())),
                false => {
                    refused += 1;
                    limit.refused(limit.now());
                }
            }
        }
        refused
    }

    #[test]
    fn it_finds_what_the_topic_takes_and_stops_there() {
        let mut limit = BatchLimit::new(1 << 20);
        let refused = send(&mut limit, 100_000, 900);
        assert!((90_000..=100_000).contains(&limit.now()), "{limit:?}");
        assert!(refused < 10, "{refused} of 900 are refused");
    }

    #[test]
    fn it_notices_that_the_topic_takes_more_or_less_than_before() {
        let mut limit = BatchLimit::new(1 << 20);
        send(&mut limit, 100_000, 900);
        send(&mut limit, usize::MAX, 1_000);
        assert_eq!(limit.now(), 1 << 20);
        send(&mut limit, 50_000, 500);
        send(&mut limit, 10_000, 500);
        assert!((9_000..=10_000).contains(&limit.now()), "{limit:?}");
    }

    #[test]
    fn batches_made_before_it_fell_do_not_let_it_fall_further() {
        let mut limit = BatchLimit::new(1_000);
        for size in [900, 950, 800, 990] {
            limit.refused(size);
        }
        assert_eq!(limit.now(), 450);
        limit.refused(450);
        assert_eq!(limit.now(), 225);
    }

    #[test]
    fn small_batches_say_nothing_about_large_ones() {
        let mut limit = BatchLimit::new(1_000);
        limit.refused(1_000);
        for _ in 0..900 {
            assert!(!limit.taken(10));
        }
        assert_eq!(limit.now(), 500);
    }
}
