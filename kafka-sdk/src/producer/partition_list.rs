//! The partitions of a topic as who enqueues sees them: read without a lock and without counting references, which would
//! cost more than all else that is done to find the partition of a record.

use super::partition::Partition;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// All partitions that there are or were, by number, and how many there are. What is added goes into further parts.
#[derive(Debug, Default)]
pub(super) struct PartitionList {
    first: Part,
    count: AtomicUsize,
}

#[derive(Debug, Default)]
struct Part {
    partitions: OnceLock<Vec<Arc<Partition>>>,
    next: OnceLock<Box<Part>>,
}

impl PartitionList {
    /// How many the topic has now. Others that it had stay: sequence numbers go on where they were, should it get them
    /// again.
    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// The partition with this number, also one that the topic does not have any more.
    #[inline]
    pub(super) fn get(&self, number: usize) -> Option<&Arc<Partition>> {
        let (mut part, mut at) = (&self.first, number);
        loop {
            let partitions = part.partitions.get()?;
            match partitions.get(at) {
                Some(partition) => return Some(partition),
                None => (part, at) = (part.next.get()?, at - partitions.len()),
            }
        }
    }

    /// All, in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Partition>> {
        let parts = std::iter::successors(Some(&self.first), |part| part.next.get().map(|next| &**next));
        parts.filter_map(|part| part.partitions.get()).flatten()
    }

    /// From here on the topic has `count`; those that it never had are made. To be called by one at a time.
    pub(super) fn resize(&self, count: usize, make: impl FnMut(usize) -> Arc<Partition>) {
        let known = self.iter().count();
        if count > known {
            let mut last = &self.first;
            while last.partitions.get().is_some() {
                last = last.next.get_or_init(Box::default);
            }
            let _ = last.partitions.set((known..count).map(make).collect());
        }
        self.count.store(count, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::super::attention::Attention;
    use super::super::settings::Settings;
    use super::super::shared::Shared;
    use super::*;

    #[test]
    fn partitions_keep_their_numbers_and_are_there_again_when_the_topic_has_them_again() {
        let (shared, _news) = Shared::new(Settings::default());
        let (shared, attention) = (Arc::new(shared), Arc::new(Attention::new("t".into(), None)));
        let (list, mut made) = (PartitionList::default(), 0);
        assert!(list.get(0).is_none());
        for (count, all) in [(0, 0), (3, 3), (3, 3), (10, 10), (2, 10), (11, 11)] {
            list.resize(count, |number| {
                made += 1;
                let new = Partition::new(attention.clone(), number as i32, number, shared.clone());
                Arc::new(new)
            });
            assert_eq!((list.count(), list.iter().count(), made), (count, all, all));
            let number = |at| list.get(at).map(|partition| partition.number);
            assert!((0..all).all(|at| number(at) == Some(at as i32)));
            assert!(list.iter().map(|partition| partition.number).eq(0..all as i32));
            assert_eq!(number(all), None);
        }
    }
}
