//! Passes everything on to a broker, and forges what a member says of itself.

use kafka_sdk::ApiKey;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// What is said wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forgery {
    /// The generation, or the epoch, is so much more.
    Epoch(i32),
    /// It is another member's.
    MemberId,
}

/// A relay in front of a cluster of one broker, which takes the broker's place in all answers.
pub(crate) struct Relay {
    pub(crate) address: String,
    desk: Arc<Mutex<Desk>>,
}

#[derive(Default)]
struct Desk {
    /// For the next request of this API.
    due: Option<(ApiKey, Forgery)>,
    /// How many requests of each API there were.
    passed: BTreeMap<i16, u32>,
}

impl Relay {
    pub(crate) async fn start(bootstrap: &str) -> Self {
        let broker: u16 = bootstrap.rsplit_once(':').unwrap().1.parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap();
        let desk = Arc::<Mutex<Desk>>::default();
        let shared = desk.clone();
        tokio::spawn(async move {
            for _ in 0..1_000 {
                let (client, _) = listener.accept().await.unwrap();
                let (from_client, to_client) = client.into_split();
                let upstream = TcpStream::connect(("127.0.0.1", broker)).await.unwrap();
                let (from_broker, to_broker) = upstream.into_split();
                tokio::spawn(requests(from_client, to_broker, shared.clone()));
                tokio::spawn(answers(from_broker, to_client, (broker, own.port())));
            }
        });
        Self { address: own.to_string(), desk }
    }

    /// Forges the next request of this API.
    pub(crate) fn forge(&self, api: ApiKey, forgery: Forgery) {
        self.desk.lock().unwrap().due = Some((api, forgery));
    }

    /// Whether what was to be forged is.
    pub(crate) fn is_forged(&self) -> bool {
        self.desk.lock().unwrap().due.is_none()
    }

    /// How many requests of this API there were.
    pub(crate) fn passed(&self, api: ApiKey) -> u32 {
        self.desk.lock().unwrap().passed.get(&api.0).copied().unwrap_or_default()
    }
}

async fn frame(from: &mut OwnedReadHalf) -> Option<Vec<u8>> {
    let length = from.read_u32().await.ok()?;
    let mut frame = length.to_be_bytes().to_vec();
    frame.resize(4 + length as usize, 0);
    from.read_exact(&mut frame[4..]).await.ok()?;
    Some(frame)
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, desk: Arc<Mutex<Desk>>) {
    while let Some(mut frame) = frame(&mut from).await {
        let api = i16::from_be_bytes([frame[4], frame[5]]);
        {
            let mut desk = desk.lock().unwrap();
            *desk.passed.entry(api).or_default() += 1;
            if let Some((_, forgery)) = desk.due.take_if(|(due, _)| due.0 == api) {
                forge(&mut frame, ApiKey(api), forgery);
            }
        }
        if to.write_all(&frame).await.is_err() {
            return;
        }
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, (broker, own): (u16, u16)) {
    let there = [b"127.0.0.1".as_slice(), &u32::from(broker).to_be_bytes()].concat();
    while let Some(mut frame) = frame(&mut from).await {
        for at in 0..frame.len() {
            if frame[at..].starts_with(&there) {
                frame[at + 9..at + 13].copy_from_slice(&u32::from(own).to_be_bytes());
            }
        }
        if to.write_all(&frame).await.is_err() {
            return;
        }
    }
}

fn forge(frame: &mut [u8], api: ApiKey, forgery: Forgery) {
    let (epoch, member_id) = places(frame, api);
    match forgery {
        Forgery::Epoch(more) => {
            let said = i32::from_be_bytes(frame[epoch..epoch + 4].try_into().unwrap());
            frame[epoch..epoch + 4].copy_from_slice(&(said + more).to_be_bytes());
        }
        Forgery::MemberId => frame[member_id].reverse(),
    }
}

/// Where the epoch and the member id of a request are.
fn places(frame: &[u8], api: ApiKey) -> (usize, Range<usize>) {
    let version = i16::from_be_bytes([frame[6], frame[7]]);
    let flexible = match api {
        ApiKey::OFFSET_COMMIT => version >= 8,
        ApiKey::HEARTBEAT => version >= 4,
        ApiKey::CONSUMER_GROUP_HEARTBEAT => true,
        other => panic!("{other} is not forged here"),
    };
    // None of them is longer than one byte of a flexible version says.
    let text = |at: usize| {
        let (from, length) = match flexible {
            true => (at + 1, usize::from(frame[at]) - 1),
            false => (at + 2, usize::from(u16::from_be_bytes([frame[at], frame[at + 1]]))),
        };
        from..from + length
    };
    let client_id = usize::from(u16::from_be_bytes([frame[12], frame[13]]));
    let body = 14 + client_id + usize::from(flexible);
    let group = text(body);
    match api {
        ApiKey::CONSUMER_GROUP_HEARTBEAT => {
            let member_id = text(group.end);
            (member_id.end, member_id)
        }
        _ => (group.end, text(group.end + 4)),
    }
}
