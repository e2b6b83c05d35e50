//! Partitions that have something for the sender, in the order in which they got it.

use super::partition::Partition;
use crate::helper::{Help, Helper};
use crate::mailbox::{Mail, Mailbox, mailbox};
use futures_util::Stream;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

/// What the list says to the sender.
#[derive(Debug)]
pub(super) enum News {
    /// The partition has its first record, or a batch that is full.
    Ready(Arc<Partition>),
    /// Somebody waits: for a flush, for memory, or for the end.
    Hurry,
    /// Everything is to be given up.
    Abort,
}

/// The list. Appending threads push; the sender takes, as a stream.
#[derive(Debug)]
pub(super) struct ReadyList {
    news: Mailbox<News>,
    /// The sender was told to hurry, and has not heard it yet.
    hurrying: Arc<AtomicBool>,
    sender: OnceLock<Helper>,
}

/// The sender's end of the list.
pub(super) struct ReadyStream {
    news: Mail<News>,
    hurrying: Arc<AtomicBool>,
}

/// Both ends.
pub(super) fn ready_list() -> (ReadyList, ReadyStream) {
    let ((mailbox, mail), hurrying) = (mailbox(), Arc::new(AtomicBool::new(false)));
    let list = ReadyList { news: mailbox, hurrying: hurrying.clone(), sender: OnceLock::new() };
    (list, ReadyStream { news: mail, hurrying })
}

impl ReadyList {
    /// Lists a partition: once when it gets its first record, and once when a batch is full. Without a sender nobody
    /// would ever send it, so it is closed.
    pub(super) fn push(&self, partition: Arc<Partition>) {
        self.put(partition);
        self.news.wake();
    }

    /// As [`Self::push`], and has it sent by this thread if the sender is not at work.
    pub(super) fn push_and_help(&self, partition: Arc<Partition>) {
        self.put(partition);
        if self.sender.get().map_or(Help::Busy, Helper::help) == Help::Busy {
            self.news.wake();
        }
    }

    fn put(&self, partition: Arc<Partition>) {
        if let Err(News::Ready(partition)) = self.news.put(News::Ready(partition)) {
            partition.close();
        }
    }

    /// How the task that takes what is listed can be helped.
    pub(super) fn set_sender(&self, sender: Helper) {
        let _ = self.sender.set(sender);
    }

    pub(super) fn hurry(&self) {
        if !self.hurrying.swap(true, Ordering::AcqRel) {
            let _ = self.news.push(News::Hurry);
        }
    }

    /// Has everything given up, and ends the stream.
    pub(super) fn abort(&self) {
        let _ = self.news.push(News::Abort);
        self.close();
    }

    /// Ends the stream, after what is listed.
    pub(super) fn close(&self) {
        self.news.close();
    }
}

impl Stream for ReadyStream {
    type Item = News;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<News>> {
        let news = Pin::new(&mut self.news).poll_next(cx);
        if let Poll::Ready(Some(News::Hurry)) = news {
            self.hurrying.store(false, Ordering::Release);
        }
        news
    }
}

impl Drop for ReadyStream {
    /// The sender has gone, perhaps with its runtime: nobody is to wait for it.
    fn drop(&mut self) {
        for news in self.news.end() {
            if let News::Ready(partition) = news {
                partition.close();
            }
        }
    }
}
