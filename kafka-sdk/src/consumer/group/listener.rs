//! The application's word in a rebalance. Its futures are boxed here, so that the trait can be written with `async fn`.

use super::super::ConsumerControl;
use crate::model::TopicPartition;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};

/// Hears of the partitions that a consumer is given and has to give up: implemented with `async fn`, as much of it as is
/// of interest.
///
/// It is called by the task that keeps the group, one call at a time and in order, and not inside of `next`; heartbeats
/// go on meanwhile. It may commit, seek and pause, but one that takes longer than
/// [`max_poll_interval`](super::super::ConsumerBuilder::max_poll_interval) has the member thrown out of the group.
///
/// ```no_run
/// use kafka_sdk::TopicPartition;
/// use kafka_sdk::consumer::{ConsumerControl, RebalanceListener};
///
/// struct Announce;
///
/// impl RebalanceListener for Announce {
///     async fn assigned(&mut self, _: &ConsumerControl, partitions: &[TopicPartition]) {
///         println!("now also {partitions:?}");
///     }
/// }
/// ```
///
/// # Panics
/// A panic in it ends the consumer with an error; the group is left when that is dropped or closed.
pub trait RebalanceListener: Send + 'static {
    /// These are read from now on, as soon as this returns: nothing of them has been handed out, and their positions are
    /// known. Only of those that have no leader, or of which an open transaction is about to commit an offset, the positions
    /// may come later; a seek says where to begin, and need not wait. Also without partitions, when a rebalance has brought
    /// none. Java: `onPartitionsAssigned`.
    fn assigned(
        &mut self,
        consumer: &ConsumerControl,
        partitions: &[TopicPartition],
    ) -> impl Future<Output = ()> + Send {
        let _ = (consumer, partitions);
        async {}
    }

    /// These are about to go to somebody else: nothing of them is handed out any more, what was is processed (or the time
    /// for that is up), and committed unless commits are manual. It is the last moment to commit. Java:
    /// `onPartitionsRevoked`.
    fn revoked(
        &mut self,
        consumer: &ConsumerControl,
        partitions: &[TopicPartition],
    ) -> impl Future<Output = ()> + Send {
        let _ = (consumer, partitions);
        async {}
    }

    /// Somebody else may have these already: the group has not heard of this member for too long. Nothing of them can be
    /// committed any more. Java: `onPartitionsLost`.
    fn lost(
        &mut self,
        consumer: &ConsumerControl,
        partitions: &[TopicPartition],
    ) -> impl Future<Output = ()> + Send {
        let _ = (consumer, partitions);
        async {}
    }
}

/// What a listener hears of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    Assigned,
    Revoked,
    Lost,
}

/// The listener has panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panicked;

/// A [`RebalanceListener`] in a box.
trait Boxed: Send {
    fn tell<'a>(
        &'a mut self,
        news: News,
        consumer: &'a ConsumerControl,
        partitions: &'a [TopicPartition],
    ) -> BoxFuture<'a, ()>;
}

impl<L: RebalanceListener> Boxed for L {
    fn tell<'a>(
        &'a mut self,
        news: News,
        consumer: &'a ConsumerControl,
        partitions: &'a [TopicPartition],
    ) -> BoxFuture<'a, ()> {
        match news {
            News::Assigned => self.assigned(consumer, partitions).boxed(),
            News::Revoked => self.revoked(consumer, partitions).boxed(),
            News::Lost => self.lost(consumer, partitions).boxed(),
        }
    }
}

/// The application's listener. Who calls it has it in hand: there is one call at a time.
#[derive(Default)]
pub(in super::super) struct Listener(Mutex<Option<Box<dyn Boxed>>>);

impl Listener {
    pub(in super::super) fn new(listener: impl RebalanceListener) -> Self {
        Self(Mutex::new(Some(Box::new(listener))))
    }

    fn exchange(&self, listener: Option<Box<dyn Boxed>>) -> Option<Box<dyn Boxed>> {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), listener)
    }

    /// # Errors
    /// It panicked; it is told nothing from then on.
    pub(super) async fn tell(
        &self,
        news: News,
        consumer: &ConsumerControl,
        partitions: &[TopicPartition],
    ) -> Result<(), Panicked> {
        let Some(mut listener) = self.exchange(None) else { return Ok(()) };
        // Nobody uses it after a panic.
        let told =
            AssertUnwindSafe(async { listener.tell(news, consumer, partitions).await }).catch_unwind().await;
        told.map_err(|_| Panicked)?;
        self.exchange(Some(listener));
        Ok(())
    }
}
