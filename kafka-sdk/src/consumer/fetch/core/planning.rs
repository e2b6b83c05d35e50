//! What is fetched next: from whom, how much of what, and how long the broker may wait.

use super::super::asked::Asked;
use super::reading::Bounds;
use super::{Call, FetchCore, Plan};
use crate::link::{Want, Wire};
use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What a broker waits at most while a partition is left out that may be wanted any moment: it serves one request at a
/// time, and the next one would wait behind. Also while another broker waits for the room that it has. As long as nothing comes and nothing is drained, it is twice as long each
/// time.
pub(super) const SHORT_WAIT: Duration = Duration::from_millis(10);

impl<L: Wire> FetchCore<L> {
    /// Sends what can be sent, to every broker that has nothing to do: they take turns where room is short.
    pub(super) fn fetch_all(&mut self, now: Instant) {
        let sources: BTreeSet<i32> = self.readings.iter().filter_map(|reading| reading.wants(now)).collect();
        let behind = (Bound::Excluded(self.last_asked), Bound::Unbounded);
        for source in sources.range(behind).chain(sources.range(..=self.last_asked)) {
            self.fetch(now, *source);
        }
        self.look_up_positions(now);
        self.look_up_leaders(now);
    }

    fn fetch(&mut self, now: Instant, id: i32) {
        let broker = self.brokers.entry(id).or_default();
        if broker.busy {
            return;
        }
        let Some((link, generation)) = broker.link.up() else {
            return match broker.link.want(now) {
                Want::Nothing => {}
                Want::Open => self.calls.push_back(Call::Connect(id)),
                Want::At(time) => drop(self.timers.insert(time)),
            };
        };
        let Some(plan) = self.plan(now, id) else { return };
        self.reserved += plan.max_bytes;
        self.last_asked = id;
        for asked in &plan.asked {
            self.readings.get_mut(asked.slot).into_iter().for_each(|reading| reading.in_flight = true);
        }
        self.calls.push_back(Call::Fetch { broker: id, link, generation, plan });
    }

    /// The next fetch of a broker, which is busy with it from now on; none if there is no room for any partition.
    fn plan(&mut self, now: Instant, id: i32) -> Option<Plan> {
        let turn = self.brokers.get(&id)?.turn;
        let mut look = self.look(now, id, turn);
        if look.left_out {
            self.reader.budget.want_room();
            // Room may have come between looking and asking for it.
            look = self.look(now, id, turn);
        }
        let Look { asked, free, left_out, rack } = look;
        if asked.is_empty() {
            return None;
        }
        let most = asked.iter().fold(0usize, |sum, asked| sum.saturating_add(asked.max_bytes));
        let max_bytes = most.min(self.settings.fetch_max_bytes).min(self.broker_share(now)).min(free);
        let is_awaited = left_out || (max_bytes == free && self.others_want(now, id));
        let broker = self.brokers.get_mut(&id)?;
        broker.busy = true;
        let wait = self.settings.fetch_max_wait;
        let short = SHORT_WAIT.saturating_mul(1 << broker.empty_answers.min(20));
        Some(Plan {
            max_wait: if is_awaited { wait.min(short) } else { wait },
            min_bytes: self.settings.fetch_min_bytes,
            isolation: self.settings.isolation,
            rack,
            max_bytes,
            question: broker.session.ask(&asked, broker.version),
            asked,
        })
    }

    /// The partitions of a broker that are to be fetched, beginning with another one each time.
    fn look(&self, now: Instant, id: i32, turn: usize) -> Look {
        let budget = &self.reader.budget;
        let free = budget.free(self.reserved);
        let bytes = Bounds { first: self.settings.partition_max_bytes, most: budget.share() / 2 };
        let rack = self.settings.rack.clone();
        let mut look = Look { asked: Vec::new(), free, left_out: free == 0, rack };
        for reading in self.readings.beginning_with(turn) {
            if reading.wants(now) != Some(id) {
                continue;
            }
            let has_room = free > 0 && !budget.is_over(&reading.slot);
            look.left_out |= !has_room;
            if has_room {
                look.asked.push(reading.ask(id, &bytes));
            }
            if has_room && !reading.replica.may_be_named(now) {
                look.rack = "".into();
            }
        }
        look
    }

    /// Whether other brokers are to be asked as soon as there is room.
    fn others_want(&self, now: Instant, id: i32) -> bool {
        self.readings.iter().any(|reading| reading.wants(now).is_some_and(|other| other != id))
    }

    /// What one fetch may reserve, so that one broker leaves room for the others. It may be less than a partition is asked
    /// for, and less than one batch: the first one comes whole.
    fn broker_share(&self, now: Instant) -> usize {
        let sources: BTreeSet<i32> = self.readings.iter().filter_map(|reading| reading.source(now)).collect();
        (self.settings.fetch_buffer / sources.len().max(1)).max(1)
    }
}

/// What can be asked of a broker.
struct Look {
    asked: Vec<Asked>,
    /// Room in the budget.
    free: usize,
    /// A partition of the broker is not among them that may be wanted any moment.
    left_out: bool,
    /// Where the broker may name a replica to read from in its place; empty where it may not.
    rack: Arc<str>,
}
