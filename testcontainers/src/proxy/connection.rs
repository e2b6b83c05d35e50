//! One client's connection, and the one to the broker that belongs to it.
//!
//! ```text
//! client -> requests() --------- forwarded ---------> broker
//!               | in order: what becomes of the answer
//!               v
//! client <- answers()  <--------- answered ---------- broker
//! ```
//!
//! Both halves run in one task. A client that goes away ends the first half only: what it has sent is still handed to
//! the broker. Whatever else ends one half ends the connection.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::{ApiKey, FetchRequest, ProduceRequest};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::alter::swap_correlation_ids;
use super::frame::Head;
use super::hub::Hub;
use super::plan::{End, OnAnswer, OnRequest, Plan};
use super::refusals::{Known, refusal};
use super::sessions::{self, Fetched};
use super::stream::{Frames, Manners, send};
use crate::rules::{Gate, Place};

/// Requests of one connection that are not answered. A client has a handful.
const UNANSWERED: usize = 1024;
/// A closed connection gives its client so long to close it too, lest the close becomes a reset.
const GOODBYE: Duration = Duration::from_secs(1);

/// An answer that the client is to get, or not.
#[derive(Debug)]
enum Expected {
    Ours(Bytes),
    Theirs(Box<Theirs>),
}

/// An answer of the broker.
#[derive(Debug)]
struct Theirs {
    head: Head,
    on_answer: OnAnswer,
    asked: Instant,
    gate: Option<Gate>,
    /// An answer in place of theirs.
    refusal: Option<Bytes>,
    /// What a session is about, if this begins one.
    begins: Option<BTreeSet<Fetched>>,
}

/// A request, read.
struct Asked {
    frame: Bytes,
    head: Head,
    fetched: BTreeSet<Fetched>,
    begins: bool,
}

/// What both halves see.
struct Connection {
    hub: Arc<Hub>,
    node: i32,
    number: u64,
    manners: Manners,
    /// Nothing goes to the client any more, and it is not to notice.
    blackhole: AtomicBool,
}

/// Passes on what goes between a client and its broker, and does what the rules say.
pub(super) async fn serve(hub: Arc<Hub>, node: i32, number: u64, mut client: TcpStream, broker: String) {
    let (manners, blackhole) = Default::default();
    let connection = Connection { hub, node, number, manners, blackhole };
    // A broker that is dead refuses. We have accepted already; a reset is the next best.
    let end = match TcpStream::connect(broker).await {
        Ok(mut broker) => connection.run(&mut client, &mut broker).await,
        Err(_) => End::Reset,
    };
    finish(client, end).await;
}

/// A socket that is closed before all was read resets the connection: so a close waits for the client's own.
async fn finish(mut client: TcpStream, end: End) {
    match end {
        End::Reset => drop(client.set_zero_linger()),
        End::Close => {
            let _ = client.shutdown().await;
            let _ = timeout(GOODBYE, Frames::new(client).throw_away()).await;
        }
    }
}

impl Connection {
    async fn run(&self, client: &mut TcpStream, broker: &mut TcpStream) -> End {
        let _ = (client.set_nodelay(true), broker.set_nodelay(true));
        let (from_client, to_client) = client.split();
        let (from_broker, to_broker) = broker.split();
        let (expect, expected) = mpsc::channel(UNANSWERED);
        let mut requests = pin!(self.requests(from_client, to_broker, expect));
        let mut answers = pin!(self.answers(from_broker, to_client, expected));
        tokio::select! {
            end = &mut requests => match end {
                Some(end) => end,
                None => answers.await,
            },
            end = &mut answers => end,
        }
    }

    /// None: the client has gone, and the broker has got all that it sent.
    async fn requests(
        &self,
        client: ReadHalf<'_>,
        mut broker: WriteHalf<'_>,
        expect: mpsc::Sender<Expected>,
    ) -> Option<End> {
        let mut frames = Frames::new(client);
        let mut place = Place { node: self.node, connection: self.number, request: 0 };
        let mut byte = 0;
        while let Ok(Some(frame)) = frames.next(&self.manners).await {
            place.request += 1;
            let length = frame.len() as u64;
            match self.request(frame, place, byte, &mut broker, &expect).await {
                Next::Request => byte += length,
                Next::Nothing => std::future::pending().await,
                Next::Blackhole => {
                    frames.throw_away().await;
                    return Some(End::Close);
                }
                Next::End(end) => return Some(end),
            }
        }
        let _ = broker.shutdown().await;
        None
    }

    async fn request(
        &self,
        frame: Bytes,
        place: Place,
        byte: u64,
        broker: &mut WriteHalf<'_>,
        expect: &mpsc::Sender<Expected>,
    ) -> Next {
        // A broker closes the connection on what is no request.
        let Some(head) = Head::of(&frame) else { return forward(&frame, broker).await };
        let asked = self.read(head, frame);
        let subjects = self.hub.subjects(&head, &asked.frame, &asked.fetched);
        let decision = self.hub.decide(head.api, place, &subjects, byte);
        let plan = decision.as_ref().map_or(Plan::PASS, |decision| Plan::of(&decision.reaction));
        let mut gate = decision.map(|decision| decision.gate);
        if let Some(manner) = plan.manner {
            self.manners.adopt(manner);
        }
        match plan.on_request {
            OnRequest::Forward => {}
            OnRequest::Wait(time) => sleep(time).await,
            OnRequest::Hold => opened(&mut gate).await,
            OnRequest::Swallow => return Next::Request,
            OnRequest::End(end) => return Next::End(end),
            OnRequest::StopReading => return Next::Nothing,
            OnRequest::Blackhole => {
                self.blackhole.store(true, Ordering::Relaxed);
                return Next::Blackhole;
            }
            OnRequest::Cut(bytes) => {
                let _ = broker.write_all(&asked.frame[..bytes.min(asked.frame.len())]).await;
                let _ = broker.shutdown().await;
                return Next::End(End::Reset);
            }
            OnRequest::Refuse(code) => return self.refuse(&asked, code, expect).await,
        }
        if is_answered(&head, &asked.frame) {
            let theirs = self.theirs(&asked, plan.on_answer, gate);
            let _ = expect.send(Expected::Theirs(Box::new(theirs))).await;
        }
        forward(&asked.frame, broker).await
    }

    fn read(&self, head: Head, frame: Bytes) -> Asked {
        let fetch = if head.api == ApiKey::FETCH { head.request::<FetchRequest>(&frame) } else { None };
        let fetched = self.hub.fetched(self.node, fetch.as_ref());
        Asked { frame, head, fetched, begins: fetch.as_ref().is_some_and(sessions::begins) }
    }

    fn refusal(&self, asked: &Asked, code: ErrorCode) -> Option<Bytes> {
        let known = Known { brokers: self.hub.brokers(), fetched: asked.fetched.clone() };
        refusal(&asked.head, &asked.frame, code, known)
    }

    /// A request that cannot be read cannot be refused either: the connection ends.
    async fn refuse(&self, asked: &Asked, code: ErrorCode, expect: &mpsc::Sender<Expected>) -> Next {
        if !is_answered(&asked.head, &asked.frame) {
            return Next::Request;
        }
        let Some(answer) = self.refusal(asked, code) else { return Next::End(End::Close) };
        let _ = expect.send(Expected::Ours(answer)).await;
        Next::Request
    }

    fn theirs(&self, asked: &Asked, on_answer: OnAnswer, gate: Option<Gate>) -> Theirs {
        let refusal = match on_answer {
            OnAnswer::Refuse(code) => self.refusal(asked, code),
            _ => None,
        };
        let begins = asked.begins.then(|| asked.fetched.clone());
        Theirs { head: asked.head, on_answer, asked: Instant::now(), gate, refusal, begins }
    }

    async fn answers(
        &self,
        broker: ReadHalf<'_>,
        client: WriteHalf<'_>,
        mut expected: mpsc::Receiver<Expected>,
    ) -> End {
        let mut frames = Frames::new(broker);
        let mut answers = Answers { connection: self, client, deaf: false, kept: None };
        // The broker is slowed down by that we are.
        let at_once = Manners::default();
        loop {
            let (theirs, read) = tokio::select! {
                biased;
                Some(next) = expected.recv() => match next {
                    Expected::Ours(answer) => {
                        answers.send(answer).await;
                        continue;
                    }
                    Expected::Theirs(theirs) => (Some(theirs), frames.next(&at_once).await),
                },
                unasked = frames.next(&at_once) => (None, unasked),
            };
            let end = match (read, theirs) {
                (Ok(Some(frame)), Some(theirs)) => answers.answer(*theirs, frame).await,
                (Ok(Some(frame)), None) => answers.send(frame).await,
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
        if self.blackhole.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        end
    }
}

/// What follows a request.
enum Next {
    Request,
    Nothing,
    Blackhole,
    End(End),
}

/// That the broker cannot be written to, reading from it will show.
async fn forward(frame: &Bytes, broker: &mut WriteHalf<'_>) -> Next {
    if broker.write_all(frame).await.is_ok() { Next::Request } else { Next::Nothing }
}

async fn opened(gate: &mut Option<Gate>) {
    if let Some(gate) = gate {
        gate.opened().await;
    }
}

/// Nobody answers what is produced without a wish for acknowledgement.
fn is_answered(head: &Head, frame: &Bytes) -> bool {
    head.api != ApiKey::PRODUCE
        || head.request::<ProduceRequest>(frame).is_none_or(|request| request.acks != 0)
}

/// The client's side of the answers.
struct Answers<'a> {
    connection: &'a Connection,
    client: WriteHalf<'a>,
    /// The client has gone, or its side is closed.
    deaf: bool,
    /// Waits for the next answer, to swap ids with it.
    kept: Option<Bytes>,
}

impl Answers<'_> {
    /// Does with an answer what is to be done. Some: that was the end.
    async fn answer(&mut self, mut theirs: Theirs, frame: Bytes) -> Option<End> {
        let Connection { hub, node, .. } = self.connection;
        if let Some(fetched) = theirs.begins.take() {
            hub.session_begun(*node, &theirs.head, &frame, fetched);
        }
        let frame = hub.as_seen(&theirs.head, frame);
        match theirs.on_answer {
            OnAnswer::Pass => self.send(frame).await,
            OnAnswer::Wait(time) => {
                sleep_until(theirs.asked + time).await;
                self.send(frame).await
            }
            OnAnswer::Hold => {
                opened(&mut theirs.gate).await;
                self.send(frame).await
            }
            OnAnswer::Refuse(_) => self.send(theirs.refusal.unwrap_or(frame)).await,
            OnAnswer::Alter(alteration) => self.send(alteration.apply(&theirs.head, frame)).await,
            OnAnswer::Swap if self.kept.is_none() => {
                self.kept = Some(frame);
                None
            }
            OnAnswer::Swap => self.send(frame).await,
            OnAnswer::Cut(bytes) => {
                self.write(&frame[..bytes.min(frame.len())]).await;
                Some(End::Reset)
            }
            OnAnswer::HalfClose => {
                let _ = self.client.shutdown().await;
                self.deaf = true;
                None
            }
            OnAnswer::End(end) => Some(end),
        }
    }

    /// Never the end.
    async fn send(&mut self, frame: Bytes) -> Option<End> {
        match self.kept.take() {
            None => self.write(&frame).await,
            Some(kept) => {
                let (one, other) = swap_correlation_ids(&kept, &frame);
                self.write(&one).await;
                self.write(&other).await;
            }
        }
        None
    }

    async fn write(&mut self, bytes: &[u8]) {
        let silent = self.deaf || self.connection.blackhole.load(Ordering::Relaxed);
        if !silent {
            self.deaf = send(&mut self.client, bytes, &self.connection.manners).await.is_err();
        }
    }
}
