//! What fetcher and reader say to each other.

pub(super) mod aborted;
pub(super) mod budget;
pub(super) mod chunk;
pub(super) mod request;

use super::assignment::slot::Slot;
use crate::error::{Advice, Error, ErrorKind};
use crate::mailbox::{Mail, Mailbox, mailbox};
use aborted::Aborted;
use budget::Budget;
use bytes::Bytes;
use chunk::{Charge, Chunk, Range};
use request::Request;
use std::sync::Arc;

/// What the fetcher says to the reader, in order.
#[derive(Debug)]
pub(super) enum Handed {
    Chunk(Chunk),
    /// What was handed over reaches to this offset, which is the end of the partition for now.
    End {
        slot: Arc<Slot>,
        round: u64,
        offset: i64,
    },
    /// As [`Self::End`], and it is where reading was to stop.
    Finished {
        slot: Arc<Slot>,
        round: u64,
        offset: i64,
    },
    /// Reading goes on elsewhere: the partition does not have the place where it was.
    Moved {
        slot: Arc<Slot>,
        round: u64,
        offset: i64,
    },
    /// It is over for all partitions.
    Failed(Error),
}

/// The fetcher's end.
#[derive(Debug)]
pub(super) struct ToReader {
    pub(super) budget: Arc<Budget>,
    reader: Mailbox<Handed>,
    /// For what is handed out: it says when it is drained.
    fetcher: Mailbox<Request>,
}

/// The reader's end.
#[derive(Debug)]
pub(super) struct FromFetcher {
    pub(super) budget: Arc<Budget>,
    pub(super) handed: Mail<Handed>,
    /// Where `handed` is pushed: who changes what is to be read wakes the reader.
    pub(super) reader: Mailbox<Handed>,
    pub(super) fetcher: Mailbox<Request>,
}

/// Both ends, and the requests to the fetcher.
pub(super) fn channel(budget: Budget) -> (ToReader, FromFetcher, Mail<Request>) {
    let (fetcher, requests) = mailbox();
    let (reader, handed) = mailbox();
    let budget = Arc::new(budget);
    let from_fetcher =
        FromFetcher { budget: budget.clone(), handed, reader: reader.clone(), fetcher: fetcher.clone() };
    (ToReader { budget, reader, fetcher }, from_fetcher, requests)
}

/// Nothing more comes, and whoever waits is told: the task ends with its runtime, before the reader does.
impl Drop for ToReader {
    fn drop(&mut self) {
        let text = "the task that fetches for this reader has ended, as it does with the runtime that the client was built on";
        self.push(Handed::Failed(Error::new(ErrorKind::Closed, text).with_advice(Advice::Rebuild)));
    }
}

impl ToReader {
    pub(super) fn chunk(&self, slot: &Arc<Slot>, records: &Bytes, aborted: Aborted, range: Range) {
        let charge = Charge::new(slot.clone(), self.budget.clone(), records.len(), self.fetcher.clone());
        self.push(Handed::Chunk(Chunk::new(charge, records, aborted, range)));
    }

    /// A reader that has gone needs nothing.
    pub(super) fn push(&self, handed: Handed) {
        let _ = self.reader.push(handed);
    }
}
