//! That something is different: what who hands out, who changes what is read, and who keeps the group tell each other
//! without a lock.

use super::lease::{Lease, Look, Renewal, Term};
use super::pulse::Pulse;
use crate::consumer::fetched::Handed;
use crate::error::Error;
use crate::mailbox::Mailbox;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Of one assignment.
#[derive(Debug, Default)]
pub(in super::super) struct Changes {
    count: AtomicU64,
    /// Whom a change wakes.
    reader: Option<Mailbox<Handed>>,
    settled: Notify,
    late: AtomicU64,
    held: AtomicBool,
    lease: Lease,
    pub(in super::super) pulse: Arc<Pulse>,
}

impl Changes {
    pub(in super::super) fn waking(reader: Mailbox<Handed>) -> Self {
        Self { reader: Some(reader), ..Self::default() }
    }

    /// How many there were.
    #[inline]
    pub(in super::super) fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    /// Who hands out looks again at what it holds.
    pub(in super::super) fn changed(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
        if let Some(reader) = &self.reader {
            reader.wake();
        }
    }

    /// It is over, with this error.
    pub(in super::super) fn fail(&self, error: Error) {
        if let Some(reader) = &self.reader {
            // One that has gone needs nothing.
            let _ = reader.push(Handed::Failed(error));
        }
    }

    /// Something that was out is not any more.
    pub(in super::super) fn settled(&self) {
        self.settled.notify_waiters();
    }

    /// The next time that something is settled, from this call on.
    pub(in super::super) fn next_settled(&self) -> Notified<'_> {
        self.settled.notified()
    }

    /// An acknowledgement came after its partition was given up.
    pub(in super::super) fn late(&self) {
        self.late.fetch_add(1, Ordering::Relaxed);
    }

    pub(in super::super) fn late_acks(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }

    /// Hands out nothing of any partition.
    pub(in super::super) fn hold(&self) {
        self.held.store(true, Ordering::SeqCst);
        self.changed();
    }

    pub(in super::super) fn release(&self) {
        self.held.store(false, Ordering::SeqCst);
        self.changed();
    }

    /// For how long something may be handed out.
    pub(in super::super) fn lease(&self, term: Term) {
        if self.lease.set(term) == Renewal::Revived {
            self.changed();
        }
    }

    /// Whether others may have what is read, by the clock.
    #[inline]
    pub(in super::super) fn look_at_lease(&self) -> Look {
        self.lease.look()
    }

    /// Whether nothing is to be handed out, whatever the clock says.
    #[inline]
    pub(in super::super) fn is_on_hold(&self) -> bool {
        self.held.load(Ordering::SeqCst)
    }

    pub(in super::super) fn is_held(&self) -> bool {
        self.is_on_hold() || self.look_at_lease().is_over
    }
}
