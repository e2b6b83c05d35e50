//! One client's connection, and the one to the broker that belongs to it.
//!
//! ```text
//! client -> requests ----------- forwarded ----------> broker
//!              | in order: what becomes of the answer
//!              v
//! client <- answers <----------- answered ------------ broker
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
use tokio::io::{AsyncWriteExt, split};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::client::Client;
use super::frame::Head;
use super::hub::{Broker, Hub};
use super::plan::{End, OnAnswer};
use super::sessions::Fetched;
use super::stream::{Frames, Manners};
use super::{answers, requests};
use crate::rules::Gate;

/// Requests of one connection that are not answered. A client has a handful.
const UNANSWERED: usize = 1024;
/// A closed connection gives its client so long to close it too.
const GOODBYE: Duration = Duration::from_secs(1);

/// What both halves see.
pub(super) struct Connection {
    pub(super) hub: Arc<Hub>,
    pub(super) node: i32,
    pub(super) number: u64,
    pub(super) manners: Manners,
    blackhole: AtomicBool,
}

/// An answer that the client is to get, or not.
#[derive(Debug)]
pub(super) enum Expected {
    Ours(Bytes),
    Theirs(Box<Theirs>),
}

/// An answer of the broker.
#[derive(Debug)]
pub(super) struct Theirs {
    pub(super) head: Head,
    pub(super) on_answer: OnAnswer,
    pub(super) asked: Instant,
    pub(super) gate: Option<Gate>,
    /// What the client gets in its place.
    pub(super) refusal: Option<Bytes>,
    /// What a session is about, if this begins one.
    pub(super) begins: Option<BTreeSet<Fetched>>,
}

/// Passes on what goes between a client and its broker, and does what the rules say.
pub(super) async fn serve(hub: Arc<Hub>, node: i32, number: u64, client: TcpStream, broker: Broker) {
    let mut interrupted = hub.interruptions();
    let _ = client.set_nodelay(true);
    // Who does not shake hands properly has been told why.
    let Ok(mut client) = hub.greeted(client).await else { return };
    let (manners, blackhole) = Default::default();
    let connection = Connection { hub, node, number, manners, blackhole };
    let end = tokio::select! {
        end = connection.run(&mut client, broker) => end,
        end = interrupted.next() => end,
    };
    finish(client, end).await;
}

/// A socket that is closed before all was read resets the connection: so a close waits for the client's own.
async fn finish(mut client: Client, end: End) {
    match end {
        End::Reset => drop(client.tcp().set_zero_linger()),
        End::Close => {
            let _ = client.shutdown().await;
            let _ = timeout(GOODBYE, Frames::new(client).throw_away()).await;
        }
    }
}

impl Connection {
    async fn run(&self, client: &mut Client, broker: Broker) -> End {
        // A broker that is dead refuses. We have accepted already; a reset is the next best.
        let Ok(mut broker) = TcpStream::connect(broker).await else { return End::Reset };
        let _ = broker.set_nodelay(true);
        let (from_client, to_client) = split(client);
        let (from_broker, to_broker) = broker.split();
        let (expect, expected) = mpsc::channel(UNANSWERED);
        let requests = requests::Requests::new(self, to_broker, expect);
        let mut requests = pin!(requests.pass_on(Frames::new(from_client)));
        let answers = answers::Answers::new(self, to_client);
        let mut answers = pin!(answers.pass_on(Frames::new(from_broker), expected));
        tokio::select! {
            end = &mut requests => match end {
                Some(end) => end,
                None => answers.await,
            },
            end = &mut answers => end,
        }
    }

    /// From here on nothing goes to the client, and it is not to notice.
    pub(super) fn begin_blackhole(&self) {
        self.blackhole.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_blackhole(&self) -> bool {
        self.blackhole.load(Ordering::Relaxed)
    }
}
