//! The reader has gone: brokers need not keep its sessions until they need the room (KIP-227).
//!
//! A broker that is busy hears of it behind its answer, which may begin or end a session.

use super::{Call, FetchCore, Plan, Readings};
use crate::error::Error;
use crate::link::Wire;
use kafka_sdk_protocol::api::FetchResponse;

impl<L: Wire> FetchCore<L> {
    pub(super) fn end(&mut self) {
        self.has_ended = true;
        self.readings = Readings::default();
        self.timers.clear();
        let ids: Vec<i32> = self.brokers.keys().copied().collect();
        ids.into_iter().for_each(|id| self.end_session(id));
    }

    /// An answer that nobody waits for any more.
    pub(super) fn last_answer(
        &mut self,
        id: i32,
        generation: u64,
        plan: &Plan,
        outcome: Result<FetchResponse, Error>,
    ) {
        let Some(broker) = self.brokers.get_mut(&id) else { return };
        broker.busy = false;
        match outcome {
            Ok(response) => drop(broker.session.answered(&plan.question, &response)),
            Err(_) => broker.link.lost(generation),
        }
        self.end_session(id);
    }

    /// Where there is a connection: none is opened for that.
    fn end_session(&mut self, id: i32) {
        let Some(broker) = self.brokers.get_mut(&id).filter(|broker| !broker.busy) else { return };
        let Some((link, _)) = broker.link.up() else { return };
        if let Some(session_id) = broker.session.end() {
            self.calls.push_back(Call::EndSession { link, version: broker.version, session_id });
        }
    }
}
