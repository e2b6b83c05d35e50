use serde::{Deserialize, Serialize};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a null broker has seen and served.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    pub connections: u64,
    pub requests: u64,
    /// Produce requests.
    pub produces: u64,
    pub batches: u64,
    pub records: u64,
    /// Bytes of the batches, with their headers.
    pub bytes: u64,
    /// Fetch requests.
    pub fetches: u64,
    pub fetched_records: u64,
    pub fetched_bytes: u64,
    /// Requests and batches that are not as they have to be; only what was looked for, see `Settings::checking`.
    pub faults: u64,
    /// What was the matter with the first of them.
    pub first_fault: Option<String>,
}

impl Counted {
    /// Of the batches that were produced.
    #[must_use]
    pub fn mean_batch(&self) -> f64 {
        self.bytes as f64 / self.batches.max(1) as f64
    }
}

macro_rules! counters {
    ($($name:ident),*) => {
        #[derive(Default)]
        pub(super) struct Counters {
            $(pub(super) $name: Counter,)*
            first_fault: OnceLock<String>,
        }

        impl Counters {
            pub(super) fn counted(&self) -> Counted {
                Counted { $($name: self.$name.get(),)* first_fault: self.first_fault.get().cloned() }
            }
        }
    };
}

counters!(
    connections,
    requests,
    produces,
    batches,
    records,
    bytes,
    fetches,
    fetched_records,
    fetched_bytes,
    faults
);

impl Counters {
    pub(super) fn fault(&self, text: String) {
        self.faults.add(1);
        let _ = self.first_fault.set(text);
    }
}

#[derive(Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
