//! What must never be.

use super::super::{Call, Identity, Joined, Membership, Reply, Ticket};
use super::{Client, Done, Found, SECOND, State};
use crate::model::TopicPartition;
use kafka_sdk_protocol::ErrorCode;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::time::Instant;

/// More calls of one member in a second are a loop.
const MOST_CALLS: usize = 20;

#[derive(Default)]
pub(super) struct Watch {
    pub(super) done: Done,
    clients: BTreeMap<usize, Seen>,
}

/// What was seen of a client's present life.
#[derive(Default)]
struct Seen {
    identity: Option<Identity>,
    joining: Option<Ticket>,
    /// As whom requests were sent.
    sent: BTreeMap<Ticket, (Arc<str>, i32)>,
    fenced: BTreeSet<(Arc<str>, i32)>,
    recent: Vec<Instant>,
}

impl Watch {
    pub(super) fn begin(&mut self, client: usize) {
        self.clients.insert(client, Seen::default());
    }

    /// Notes whom the coordinator has fenced.
    pub(super) fn reply(&mut self, client: usize, reply: &Reply) {
        let seen = self.clients.entry(client).or_default();
        let (ticket, error) = match reply {
            Reply::Joined(ticket, outcome) => {
                seen.joining.take_if(|latest| latest == ticket);
                // A coordinator that has moved gives generations a second time, which it had not written down; and what
                // was sent before says nothing of this one.
                if let Ok(Joined::Member { member_id, generation, .. }) = outcome {
                    seen.sent.clear();
                    seen.fenced.remove(&(member_id.clone(), *generation));
                }
                return;
            }
            Reply::Heard(ticket, Err(error)) | Reply::ConsumerHeard(ticket, Err(error)) => (ticket, error),
            Reply::Synced(ticket, Err(error)) => (ticket, error),
            _ => return,
        };
        let fenced = match error.code() {
            Some(ErrorCode::UNKNOWN_MEMBER_ID | ErrorCode::FENCED_MEMBER_EPOCH) => true,
            // A join may have ended the generation, and its answer not have come.
            Some(ErrorCode::ILLEGAL_GENERATION) => seen.joining.is_none(),
            _ => false,
        };
        let present = seen.identity.as_ref().map(|identity| (identity.member_id.clone(), identity.epoch));
        if let Some(sent) = seen.sent.remove(ticket).filter(|sent| fenced && present.as_ref() == Some(sent)) {
            seen.fenced.insert(sent);
        }
    }

    /// After each step: one who was fenced does not go on.
    pub(super) fn identity(&mut self, client: usize, identity: Option<Identity>) -> Found {
        let seen = self.clients.entry(client).or_default();
        seen.identity = identity.clone();
        let Some(identity) = identity else { return Ok(()) };
        if seen.fenced.contains(&(identity.member_id.clone(), identity.epoch)) {
            return Err(format!("{identity:?} goes on after it was fenced"));
        }
        Ok(())
    }

    pub(super) fn call(&mut self, now: Instant, client: usize, call: &Call) -> Found {
        let seen = self.clients.entry(client).or_default();
        seen.recent.retain(|at| now - *at < SECOND);
        seen.recent.push(now);
        if seen.recent.len() > MOST_CALLS {
            return Err(format!("a loop of calls, the last {call:?}"));
        }
        let done = &mut self.done;
        let sent = match call {
            Call::Join(join) => {
                seen.joining = Some(join.ticket);
                None
            }
            Call::Sync(sync) => Some((sync.ticket, sync.identity.member_id.clone(), sync.identity.epoch)),
            Call::Heartbeat(beat) => {
                Some((beat.ticket, beat.identity.member_id.clone(), beat.identity.epoch))
            }
            Call::ConsumerHeartbeat(beat) if beat.epoch > 0 => {
                Some((beat.ticket, beat.member_id.text().clone(), beat.epoch))
            }
            call => {
                match call {
                    Call::Assign(partitions) if !partitions.is_empty() => done.assignments += 1,
                    Call::Revoke(_) => done.revocations += 1,
                    Call::Lose(_) => done.losses += 1,
                    Call::Hold => done.holds += 1,
                    _ => {}
                }
                None
            }
        };
        if let Some((ticket, member_id, epoch)) = sent {
            let identity = (member_id, epoch);
            if seen.fenced.contains(&identity) {
                return Err(format!("{call:?} of one that was fenced"));
            }
            seen.sent.insert(ticket, identity);
        }
        Ok(())
    }

    /// No partition is handed out by two at once.
    pub(super) fn exclusive<M: Membership>(&self, now: Instant, clients: &[Client<M>]) -> Found {
        let mut owners: BTreeMap<&TopicPartition, usize> = BTreeMap::new();
        for (index, client) in clients.iter().enumerate() {
            let alive = client.state != State::Dead && client.runs(now);
            // Who has slept through the end of its session looks for itself.
            let over = client.core.session_ends().is_some_and(|end| end <= now);
            if !alive || over || client.application.is_held() {
                continue;
            }
            for partition in client.application.handed_out() {
                if let Some(other) = owners.insert(partition, index) {
                    return Err(format!("{partition} is handed out by {other} and by {index}"));
                }
            }
        }
        Ok(())
    }
}
