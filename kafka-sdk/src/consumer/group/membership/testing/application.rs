//! The consumer that a membership tells what to own.

use super::super::{Call, Reply, Taken};
use super::{Found, MS};
use crate::model::TopicPartition;
use std::collections::BTreeSet;
use tokio::time::Instant;

#[derive(Debug, Default)]
pub(super) struct Application {
    /// Of these, records are in the application's hands.
    owned: BTreeSet<TopicPartition>,
    change: Option<Change>,
    flow: Flow,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Flow {
    #[default]
    Going,
    Held,
}

#[derive(Debug)]
struct Change {
    kind: Kind,
    partitions: Vec<TopicPartition>,
    done_at: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Revoke,
    Assign,
    Lose,
    /// An assignment that came to nothing.
    Dropped,
}

impl Application {
    pub(super) fn handed_out(&self) -> &BTreeSet<TopicPartition> {
        &self.owned
    }

    pub(super) fn is_held(&self) -> bool {
        self.flow == Flow::Held
    }

    /// Whether nothing is under way.
    pub(super) fn is_free(&self) -> bool {
        self.change.is_none()
    }

    pub(super) fn perform(&mut self, now: Instant, call: Call, random: &mut fastrand::Rng) -> Found {
        let (kind, partitions, most) = match call {
            Call::Hold => return self.switch(Flow::Held),
            Call::Release => return self.switch(Flow::Going),
            Call::Revoke(partitions) => (Kind::Revoke, partitions, 2_000),
            Call::Assign(partitions) => (Kind::Assign, partitions, 1_000),
            Call::Lose(partitions) => (Kind::Lose, partitions, 500),
            other => return Err(format!("{other:?} is not for the application")),
        };
        if let Some(change) = &self.change {
            return Err(format!("{kind:?} {partitions:?} comes while {change:?} is under way"));
        }
        let strange = match kind {
            Kind::Assign => partitions.iter().find(|partition| self.owned.contains(partition)),
            _ => partitions.iter().find(|partition| !self.owned.contains(partition)),
        };
        if let Some(partition) = strange {
            return Err(format!("{kind:?} of {partition}, while {:?} are owned", self.owned));
        }
        if kind == Kind::Lose {
            // Nothing is waited for.
            self.owned.retain(|partition| !partitions.contains(partition));
        }
        let done_at = Some(now + random.u64(0..most) as u32 * MS);
        self.change = Some(Change { kind, partitions, done_at });
        Ok(())
    }

    fn switch(&mut self, flow: Flow) -> Found {
        if self.flow == flow {
            return Err(format!("{flow:?} twice"));
        }
        self.flow = flow;
        Ok(())
    }

    pub(super) fn done_at(&self) -> Option<Instant> {
        self.change.as_ref().and_then(|change| change.done_at)
    }

    /// This is no member any more: there is nothing to wait for.
    pub(super) fn give_up_waiting(&mut self, now: Instant) {
        if let Some(change) = &mut self.change {
            if change.kind == Kind::Assign {
                change.kind = Kind::Dropped;
            }
            change.done_at = change.done_at.map(|at| at.min(now + MS));
        }
    }

    /// The reply to what is done by now.
    pub(super) fn done(&mut self, now: Instant) -> Option<Reply> {
        let change = self.change.as_mut()?;
        change.done_at.take_if(|at| *at <= now)?;
        Some(match change.kind {
            Kind::Revoke => Reply::Revoked,
            Kind::Assign => Reply::Assigned(Taken::All),
            Kind::Dropped => Reply::Assigned(Taken::None),
            Kind::Lose => Reply::Lost,
        })
    }

    /// The reply is on its way.
    pub(super) fn finish(&mut self) {
        let Some(change) = self.change.take() else { return };
        match change.kind {
            Kind::Revoke => self.owned.retain(|partition| !change.partitions.contains(partition)),
            Kind::Assign => self.owned.extend(change.partitions),
            Kind::Lose | Kind::Dropped => {}
        }
    }
}
