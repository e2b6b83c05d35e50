//! The half of a connection that goes to the client.

use bytes::Bytes;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::tcp::ReadHalf;
use tokio::sync::mpsc;
use tokio::time::sleep_until;

use super::alter::swap_correlation_ids;
use super::connection::{Connection, Expected, Theirs};
use super::plan::{End, OnAnswer};
use super::stream::{Frames, Manners, send};

/// Where answers go.
pub(super) struct Answers<'a, W> {
    connection: &'a Connection,
    client: W,
    /// The client has gone, or its side is closed.
    deaf: bool,
    /// Waits for the next answer, to swap ids with it.
    kept: Option<Bytes>,
}

impl<'a, W: AsyncWrite + Unpin> Answers<'a, W> {
    pub(super) fn new(connection: &'a Connection, client: W) -> Self {
        Self { connection, client, deaf: false, kept: None }
    }

    /// Goes on to the broker's end of the connection, or to where a rule sets one.
    pub(super) async fn pass_on(
        mut self,
        mut broker: Frames<ReadHalf<'_>>,
        mut expected: mpsc::Receiver<Expected>,
    ) -> End {
        // Who writes slowly does not have to read slowly.
        let at_once = Manners::default();
        loop {
            let (theirs, read) = tokio::select! {
                biased;
                Some(next) = expected.recv() => match next {
                    Expected::Ours(answer) => {
                        self.send(answer).await;
                        continue;
                    }
                    Expected::Theirs(theirs) => (Some(theirs), broker.next(&at_once).await),
                },
                unasked = broker.next(&at_once) => (None, unasked),
            };
            let end = match (read, theirs) {
                (Ok(Some(frame)), Some(theirs)) => self.answer(*theirs, frame).await,
                (Ok(Some(frame)), None) => {
                    self.send(frame).await;
                    None
                }
                (Ok(None), _) => Some(End::Close),
                (Err(_), _) => Some(End::Reset),
            };
            if let Some(end) = end {
                return self.noticed(end).await;
            }
        }
    }

    /// In a blackhole, nobody notices an end.
    async fn noticed(&self, end: End) -> End {
        if self.connection.is_blackhole() {
            std::future::pending::<()>().await;
        }
        end
    }

    /// Does with an answer what is to be done. Some: that was the end.
    async fn answer(&mut self, mut theirs: Theirs, frame: Bytes) -> Option<End> {
        let Connection { hub, node, .. } = self.connection;
        hub.answered(theirs.head.api, frame.len());
        if let Some(fetched) = theirs.begins.take() {
            hub.session_begun(*node, &theirs.head, &frame, fetched);
        }
        let frame = hub.as_seen(&theirs.head, frame);
        match theirs.on_answer {
            OnAnswer::Pass => self.send(frame).await,
            OnAnswer::Wait(time) => {
                sleep_until(theirs.asked + time).await;
                self.send(frame).await;
            }
            OnAnswer::Hold => {
                if let Some(gate) = &mut theirs.gate {
                    gate.opened().await;
                }
                self.send(frame).await;
            }
            OnAnswer::Refuse(_) => self.send(theirs.refusal.unwrap_or(frame)).await,
            OnAnswer::Alter(alteration) => self.send(alteration.apply(&theirs.head, frame)).await,
            OnAnswer::Swap if self.kept.is_none() => self.kept = Some(frame),
            OnAnswer::Swap => self.send(frame).await,
            OnAnswer::Cut(bytes) => {
                self.write(&frame[..bytes.min(frame.len())]).await;
                return Some(End::Reset);
            }
            OnAnswer::HalfClose => {
                let _ = self.client.shutdown().await;
                self.deaf = true;
            }
            OnAnswer::End(end) => return Some(end),
        }
        None
    }

    async fn send(&mut self, frame: Bytes) {
        match self.kept.take() {
            None => self.write(&frame).await,
            Some(kept) => {
                let (one, other) = swap_correlation_ids(&kept, &frame);
                self.write(&one).await;
                self.write(&other).await;
            }
        }
    }

    async fn write(&mut self, bytes: &[u8]) {
        if !self.deaf && !self.connection.is_blackhole() {
            self.deaf = send(&mut self.client, bytes, &self.connection.manners).await.is_err();
        }
    }
}
