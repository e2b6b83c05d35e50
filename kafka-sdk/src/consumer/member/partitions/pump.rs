//! The task that reads for all streams: they begin and end here, with their partitions.

use super::PartitionStream;
use super::queue::Queue;
use crate::consumer::assignment::lease::Glances;
use crate::consumer::assignment::slot::Slot;
use crate::consumer::feed::acked::Ack;
use crate::consumer::feed::item::{Item, Maker};
use crate::consumer::fetch::fetching::Fetching;
use crate::consumer::group::Shell;
use crate::error::{Error, Result};
use crate::mailbox::Mailbox;
use crate::model::{Message, TopicPartition};
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Brings messages to the streams of their partitions.
pub(super) struct Pump<M: Item> {
    fetching: Fetching,
    shell: Arc<Shell>,
    bound: usize,
    /// A clone for each stream.
    decoder: M::Decoder,
    /// By partition.
    routes: HashMap<TopicPartition, Route>,
    /// The changes of the assignment that have been looked at.
    seen: Option<u64>,
    begun: Mailbox<Result<PartitionStream<M>>>,
}

struct Route {
    slot: Arc<Slot>,
    queue: Arc<Queue>,
}

impl<M: Item> Pump<M> {
    pub(super) fn new(
        fetching: Fetching,
        shell: Arc<Shell>,
        bound: usize,
        decoder: M::Decoder,
        begun: Mailbox<Result<PartitionStream<M>>>,
    ) -> Self {
        Self { fetching, shell, bound, decoder, routes: HashMap::new(), seen: None, begun }
    }

    pub(super) async fn run(mut self) {
        loop {
            match poll_fn(|cx| self.poll_next(cx)).await {
                Some(Ok((message, ack))) => self.bring(message, ack),
                Some(Err(error)) => break self.fail(error),
                None => break,
            }
            tokio::task::coop::consume_budget().await;
        }
        self.routes.values().for_each(|route| route.queue.close());
        self.begun.close();
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<(Message, Ack)>>> {
        let polled = self.fetching.feed.poll_acked(cx, self.bound);
        // After the feed has its waker, so that no change is missed.
        self.follow();
        polled
    }

    /// Streams begin and end with their partitions.
    fn follow(&mut self) {
        let assignment = &self.fetching.assignment;
        if self.seen.replace(assignment.changes()) == Some(assignment.changes()) {
            return;
        }
        let slots = assignment.seen();
        let is_there = |route: &Route| {
            !route.slot.is_leaving() && slots.iter().any(|slot| Arc::ptr_eq(slot, &route.slot))
        };
        self.routes.retain(|_, route| {
            let stays = is_there(route);
            if !stays {
                route.queue.close();
            }
            stays
        });
        self.routes.values().for_each(|route| route.queue.wake());
        for slot in slots.iter().filter(|slot| !slot.is_leaving()) {
            let partition = slot.topic_partition();
            if self.routes.contains_key(&partition) {
                continue;
            }
            let (queue, tracker) = (Arc::<Queue>::default(), slot.tracker(self.bound));
            tracker.keep();
            let stream = PartitionStream {
                slot: slot.clone(),
                shell: self.shell.clone(),
                queue: queue.clone(),
                tracker,
                last: None,
                maker: Maker::new(self.decoder.clone()),
                glances: Glances::default(),
                waiting: None,
            };
            self.routes.insert(partition, Route { slot: slot.clone(), queue });
            // Nobody may want it any more: then it is given up at once.
            let _ = self.begun.push(Ok(stream));
        }
    }

    fn bring(&self, message: Message, ack: Ack) {
        match self.routes.get(&message.topic_partition()) {
            Some(route) => route.queue.push(message, ack),
            None => ack.give_back(),
        }
    }

    fn fail(&self, error: Error) {
        let _ = self.begun.push(Err(error));
    }
}
