//! What the sender needs of the unresolved batches of a partition, whether they have sequence numbers or not.

use super::entries::{Entries, State};
use super::verdict::{Answer, Situation, Verdict};
use crate::error::Written;
use kafka_sdk_protocol::records::ProducerStamp;
use std::fmt::Debug;

/// A producer id and the epoch under which it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) id: i64,
    pub(crate) epoch: i16,
}

/// What a window needs to know of a batch.
pub(crate) trait Payload: Debug + Send {
    fn records(&self) -> u32;
    /// Writes producer id, epoch and sequence into the batch.
    fn stamp(&mut self, stamp: ProducerStamp);
}

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome<B> {
    /// Written.
    Done(B),
    /// Given up.
    Failed(B, Written),
    /// To be sent again; leaders may have to be looked up first.
    Again { stale: bool },
    /// To be taken apart: [`Window::replace`].
    Split,
    /// Already given up when its answer came, or not in the window.
    Gone,
}

/// How answers are judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) verdict: fn(&Situation, &Answer) -> Verdict,
    /// How often a batch is sent again at most.
    pub(crate) retries: u32,
}

/// The unresolved batches of a partition, in the order in which they were admitted.
pub(super) trait Window<B: Payload>: Debug + Send {
    fn entries(&self) -> &Entries<B>;

    fn entries_mut(&mut self) -> &mut Entries<B>;

    /// How many new batches can be admitted: none past one that waits to be sent again.
    fn room(&self) -> usize;

    /// Where the batch is that is to be sent again next.
    fn resendable(&self) -> Option<usize>;

    fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// Whether a new batch can be admitted.
    fn has_room(&self) -> bool {
        self.room() > 0
    }

    /// Whether any batch is in flight.
    fn in_flight(&self) -> bool {
        self.entries().any(State::InFlight)
    }

    /// The batch with this id.
    fn batch(&self, id: u64) -> Option<&B> {
        self.entries().batch(id)
    }

    /// The oldest batch that somebody waits for.
    fn oldest(&self) -> Option<&B> {
        self.entries().oldest()
    }

    /// The batch that is to be sent again next.
    fn peek_resend(&self) -> Option<&B> {
        self.entries().get(self.resendable()?).map(|entry| &entry.batch)
    }

    /// Takes the batch that is to be sent again next as in flight.
    fn resend(&mut self) -> Option<u64> {
        let at = self.resendable()?;
        let entry = self.entries_mut().get_mut(at)?;
        entry.state = State::InFlight;
        Some(entry.id)
    }

    /// Takes a batch in, as in flight, and stamps it. Gives its id in the window; or the batch back, without room.
    fn admit(&mut self, batch: B) -> Result<u64, B>;

    /// What an answer means for the batch `id`.
    fn answer(&mut self, id: u64, answer: &Answer) -> Outcome<B>;

    /// Puts parts in the place of the batch `id`, which waits.
    fn replace(&mut self, id: u64, take_apart: fn(B) -> Vec<B>);

    /// Gives up the batches that `is_late`: those in flight stay until their answer comes.
    fn expire(&mut self, is_late: &dyn Fn(&B) -> bool, give_up: &mut dyn FnMut(&mut B, Written));

    /// Whether there is nothing to write under until [`Self::adopt`] gives it.
    fn needs_identity(&self) -> bool {
        false
    }

    /// Under which batches are sent now.
    fn identity(&self) -> Option<Identity> {
        None
    }

    /// The id under which this partition can write no more, if there is one.
    fn renounced(&self) -> Option<i64> {
        None
    }

    /// The partition is another one from here on: its topic was deleted and created again.
    fn begin_anew(&mut self) {}

    /// From here on with this id.
    fn adopt(&mut self, _identity: Identity) {}
}
