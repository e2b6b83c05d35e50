//! A listener that passes everything on to a broker, counts it, and advertises another port.

use kafka_sdk::ApiKey;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Forwarder {
    pub(crate) address: String,
    counts: Arc<Counts>,
}

/// Without the greetings of connections.
#[derive(Default)]
struct Counts {
    connections: AtomicU64,
    requests: AtomicU64,
    bytes_up: AtomicU64,
    bytes_down: AtomicU64,
}

/// The port that takes the place of the broker's in all answers.
#[derive(Clone, Copy)]
pub(crate) enum Advertised {
    Own,
    Other(u16),
}

impl Forwarder {
    pub(crate) async fn start(bootstrap: &str, advertised: Advertised) -> Self {
        let broker: u16 = bootstrap.rsplit_once(':').unwrap().1.parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap();
        let port = match advertised {
            Advertised::Own => own.port(),
            Advertised::Other(port) => port,
        };
        let counts = Arc::new(Counts::default());
        let shared = counts.clone();
        tokio::spawn(async move {
            for _ in 0..1_000 {
                let (client, _) = listener.accept().await.unwrap();
                let (from_client, to_client) = client.into_split();
                let (from_broker, to_broker) =
                    TcpStream::connect(("127.0.0.1", broker)).await.unwrap().into_split();
                shared.connections.fetch_add(1, SeqCst);
                let greetings = Arc::new(AtomicU64::new(0));
                tokio::spawn(requests(from_client, to_broker, shared.clone(), greetings.clone()));
                tokio::spawn(answers(from_broker, to_client, shared.clone(), greetings, (broker, port)));
            }
        });
        Self { address: own.to_string(), counts }
    }

    pub(crate) fn connections(&self) -> u64 {
        self.counts.connections.load(SeqCst)
    }

    pub(crate) fn requests(&self) -> u64 {
        self.counts.requests.load(SeqCst)
    }

    /// From the client, and to it.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        (self.counts.bytes_up.load(SeqCst), self.counts.bytes_down.load(SeqCst))
    }
}

async fn frame(from: &mut OwnedReadHalf) -> Option<Vec<u8>> {
    let length = from.read_u32().await.ok()?;
    let mut frame = length.to_be_bytes().to_vec();
    frame.resize(4 + length as usize, 0);
    from.read_exact(&mut frame[4..]).await.ok()?;
    Some(frame)
}

async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    counts: Arc<Counts>,
    greetings: Arc<AtomicU64>,
) {
    let mut number = 0;
    while let Some(frame) = frame(&mut from).await {
        number += 1;
        // Brokers before 2.4 are greeted a second time, in version 0.
        let version = i16::from_be_bytes([frame[6], frame[7]]);
        let api = i16::from_be_bytes([frame[4], frame[5]]);
        if api == ApiKey::API_VERSIONS.0 && (number == 1 || (number == 2 && version == 0)) {
            greetings.fetch_add(1, SeqCst);
        } else {
            counts.requests.fetch_add(1, SeqCst);
            counts.bytes_up.fetch_add(frame.len() as u64, SeqCst);
        }
        if to.write_all(&frame).await.is_err() {
            return;
        }
    }
}

async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    counts: Arc<Counts>,
    greetings: Arc<AtomicU64>,
    (broker, advertised): (u16, u16),
) {
    let there = [b"127.0.0.1".as_slice(), &u32::from(broker).to_be_bytes()].concat();
    let mut answers = 0;
    while let Some(mut frame) = frame(&mut from).await {
        answers += 1;
        if answers > greetings.load(SeqCst) {
            counts.bytes_down.fetch_add(frame.len() as u64, SeqCst);
        }
        for at in 0..frame.len() {
            if frame[at..].starts_with(&there) {
                frame[at + 9..at + 13].copy_from_slice(&u32::from(advertised).to_be_bytes());
            }
        }
        if to.write_all(&frame).await.is_err() {
            return;
        }
    }
}
