//! Whom a snapshot asks.

use super::Metrics;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Something that has metrics.
pub(crate) trait Source: Send + Sync {
    /// Adds its own.
    fn read(&self, metrics: &mut Metrics);
}

/// All sources that there are: one that is dropped is in no snapshot any more.
#[derive(Default)]
pub(crate) struct Registry(Mutex<Vec<Weak<dyn Source>>>);

impl Registry {
    pub(crate) fn add(&self, source: Weak<dyn Source>) {
        let mut sources = self.sources();
        sources.retain(|source| source.strong_count() > 0);
        sources.push(source);
    }

    pub(crate) fn read(&self, metrics: &mut Metrics) {
        let alive: Vec<Arc<dyn Source>> = self.sources().iter().filter_map(Weak::upgrade).collect();
        // Without the lock: they take some of their own, and the last reference to one may be ours.
        alive.iter().for_each(|source| source.read(metrics));
    }

    fn sources(&self) -> MutexGuard<'_, Vec<Weak<dyn Source>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
