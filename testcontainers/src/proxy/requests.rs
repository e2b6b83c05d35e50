//! The half of a connection that goes to the broker.

use std::collections::BTreeSet;

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::{ApiKey, FetchRequest, ProduceRequest};
use tokio::io::{AsyncRead, AsyncWriteExt};
use tokio::net::tcp::WriteHalf;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::connection::{Connection, Expected, Theirs};
use super::frame::Head;
use super::plan::{End, OnAnswer, OnRequest, Plan};
use super::refusals::{Known, refusal};
use super::sessions::{self, Fetched};
use super::stream::Frames;
use crate::rules::{Gate, Place};

/// Where requests go, and where it is noted what becomes of their answers.
pub(super) struct Requests<'a> {
    connection: &'a Connection,
    broker: WriteHalf<'a>,
    expect: mpsc::Sender<Expected>,
}

/// A request, read.
struct Asked {
    frame: Bytes,
    head: Head,
    fetched: BTreeSet<Fetched>,
    begins: bool,
}

/// What follows a request.
enum Next {
    Request,
    /// Nothing is read any more; the answers go on.
    Nothing,
    Blackhole,
    End(End),
}

impl<'a> Requests<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        broker: WriteHalf<'a>,
        expect: mpsc::Sender<Expected>,
    ) -> Self {
        Self { connection, broker, expect }
    }

    /// None: the client has gone, and the broker has got all that it sent.
    pub(super) async fn pass_on(mut self, mut client: Frames<impl AsyncRead + Unpin>) -> Option<End> {
        let Connection { node, number, manners, .. } = self.connection;
        let mut place = Place { node: *node, connection: *number, request: 0 };
        let mut byte = 0;
        while let Ok(Some(frame)) = client.next(manners).await {
            place.request += 1;
            let length = frame.len() as u64;
            match self.request(frame, place, byte).await {
                Next::Request => byte += length,
                Next::Nothing => std::future::pending().await,
                Next::Blackhole => {
                    self.connection.begin_blackhole();
                    client.throw_away().await;
                    return Some(End::Close);
                }
                Next::End(end) => return Some(end),
            }
        }
        let _ = self.broker.shutdown().await;
        None
    }

    async fn request(&mut self, frame: Bytes, place: Place, byte: u64) -> Next {
        let hub = &self.connection.hub;
        // A broker closes the connection on what is no request.
        let Some(head) = Head::of(&frame) else { return self.forward(&frame).await };
        let asked = self.read(head, frame);
        let subjects = hub.subjects(&head, &asked.frame, &asked.fetched);
        let decision = hub.decide(head.api, place, &subjects, byte);
        let plan = decision.as_ref().map_or(Plan::PASS, |decision| Plan::of(&decision.reaction));
        if let Some(manner) = plan.manner {
            self.connection.manners.adopt(manner);
        }
        self.follow(plan, asked, decision.map(|decision| decision.gate)).await
    }

    async fn follow(&mut self, plan: Plan, asked: Asked, mut gate: Option<Gate>) -> Next {
        match plan.on_request {
            OnRequest::Forward => {}
            OnRequest::Wait(time) => sleep(time).await,
            OnRequest::Hold => {
                if let Some(gate) = &mut gate {
                    gate.opened().await;
                }
            }
            OnRequest::Swallow => return Next::Request,
            OnRequest::End(end) => return Next::End(end),
            OnRequest::StopReading => return Next::Nothing,
            OnRequest::Blackhole => return Next::Blackhole,
            OnRequest::Cut(bytes) => return self.cut(&asked.frame[..bytes.min(asked.frame.len())]).await,
            OnRequest::Refuse(code) => return self.refuse(&asked, code).await,
        }
        if asked.is_answered() {
            let theirs = self.theirs(&asked, plan.on_answer, gate);
            self.expect(Expected::Theirs(Box::new(theirs))).await;
        }
        self.forward(&asked.frame).await
    }

    fn read(&self, head: Head, frame: Bytes) -> Asked {
        let fetch = if head.api == ApiKey::FETCH { head.request::<FetchRequest>(&frame) } else { None };
        let fetched = self.connection.hub.fetched(self.connection.node, fetch.as_ref());
        Asked { frame, head, fetched, begins: fetch.as_ref().is_some_and(sessions::begins) }
    }

    /// That the broker cannot be written to, reading from it will show.
    async fn forward(&mut self, frame: &[u8]) -> Next {
        if self.broker.write_all(frame).await.is_ok() { Next::Request } else { Next::Nothing }
    }

    async fn cut(&mut self, start: &[u8]) -> Next {
        let _ = self.broker.write_all(start).await;
        let _ = self.broker.shutdown().await;
        Next::End(End::Reset)
    }

    /// A request that cannot be read cannot be refused either: the connection ends.
    async fn refuse(&self, asked: &Asked, code: ErrorCode) -> Next {
        if !asked.is_answered() {
            return Next::Request;
        }
        let Some(answer) = self.refusal(asked, code) else { return Next::End(End::Close) };
        self.expect(Expected::Ours(answer)).await;
        Next::Request
    }

    fn refusal(&self, asked: &Asked, code: ErrorCode) -> Option<Bytes> {
        let known = Known { brokers: self.connection.hub.brokers(), fetched: asked.fetched.clone() };
        refusal(&asked.head, &asked.frame, code, known)
    }

    fn theirs(&self, asked: &Asked, on_answer: OnAnswer, gate: Option<Gate>) -> Theirs {
        let refusal = match on_answer {
            OnAnswer::Refuse(code) => self.refusal(asked, code),
            _ => None,
        };
        let begins = asked.begins.then(|| asked.fetched.clone());
        Theirs { head: asked.head, on_answer, asked: Instant::now(), gate, refusal, begins }
    }

    /// Nobody waits for answers any more only when the connection ends.
    async fn expect(&self, expected: Expected) {
        let _ = self.expect.send(expected).await;
    }
}

impl Asked {
    /// Nobody answers what is produced without a wish for acknowledgement.
    fn is_answered(&self) -> bool {
        let produced = || self.head.request::<ProduceRequest>(&self.frame);
        self.head.api != ApiKey::PRODUCE || produced().is_none_or(|request| request.acks != 0)
    }
}
