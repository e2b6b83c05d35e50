//! One connection: frames in, answers out, one request at a time, in order.
//!
//! What is no request of Kafka's ends the connection, and nothing else.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kafka_sdk_protocol::api::{ApiKey, ApiVersionsRequest, RequestHeader};
use kafka_sdk_protocol::message::{Message, response_frame};
use kafka_sdk_protocol::wire::Reader;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout_at};

use super::api::{self, Api, Call, Reply, Waiting};
use super::clock::now_ms;
use super::folder::{Appended, Folder};
use super::plan::{Plan, Target};
use super::state::State;
use super::state::groups::Client;
use crate::rules::{Place, Request, Rules, Subject};

/// Read at once; a frame that says it is larger gets its memory as it comes.
const READ_AHEAD: usize = 1 << 20;
/// Segments that are together no larger are written at once.
const WRITTEN_AT_ONCE: usize = 64 << 10;
/// The length of an answer.
const LENGTH: usize = 4;

/// What the nodes of a cluster share.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) rules: Rules,
    /// Counts what requests may wait for.
    changes: watch::Sender<u64>,
    /// Groups may have something else to do, or at another time.
    pub(super) stirred: Notify,
    folder: Option<Mutex<Folder>>,
}

impl Shared {
    pub(super) fn new(state: State, folder: Option<Folder>) -> Self {
        let (rules, changes) = (Rules::new(0), watch::Sender::new(0));
        let stirred = Notify::new();
        Self { state: Mutex::new(state), rules, changes, stirred, folder: folder.map(Mutex::new) }
    }

    /// Keeps what has changed, if there is a folder. The caller holds the state, so that the order stays.
    fn keep(&self, state: &State, appended: Vec<Appended>) -> Result<(), Ended> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let mut folder = folder.lock().unwrap_or_else(PoisonError::into_inner);
        folder.keep(state, appended).map_err(|_| Ended)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has those who wait look again.
    pub(super) fn tell(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }
}

/// The end of a connection.
#[derive(Debug)]
pub(super) struct Ended;

/// The beginning of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) key: ApiKey,
    version: i16,
    correlation_id: i32,
    place: Place,
    /// Where the request begins in what the connection has received.
    byte: u64,
}

/// A client's connection to a node.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    pub(super) node: i32,
    /// Which of the node's connections, counted from 1.
    pub(super) number: u64,
    pub(super) shared: Arc<Shared>,
    /// Whether the node is paused.
    pub(super) paused: watch::Receiver<bool>,
}

impl Connection {
    /// Serves a client until it goes, or until it sends what is no request.
    pub(super) async fn run(mut self, mut stream: TcpStream) {
        let limit = u64::try_from(self.shared.state().number("socket.request.max.bytes")).unwrap_or_default();
        let _ = stream.set_nodelay(true);
        let (mut request, mut byte) = (0, 0);
        while let Ok(frame) = read_frame(&mut stream, limit).await {
            self.until_resumed().await;
            request += 1;
            let place = Place { node: self.node, connection: self.number, request };
            let Ok(answer) = self.answer(&frame, place, byte).await else { return };
            byte += (LENGTH + frame.len()) as u64;
            self.until_resumed().await;
            if let Some(segments) = answer
                && write(&mut stream, &segments).await.is_err()
            {
                return;
            }
        }
    }

    async fn until_resumed(&mut self) {
        let _ = self.paused.wait_for(|&paused| !paused).await;
    }

    async fn answer(&self, frame: &Bytes, place: Place, byte: u64) -> Result<Option<Vec<Bytes>>, Ended> {
        let header = Header::read(frame, place, byte)?;
        let known = api::readable(header.key).ok_or(Ended)?;
        let release = self.shared.state().release.clone();
        let callable = release.callable(header.key, &known).ok_or(Ended)?;
        if callable.contains(&header.version) {
            return api::serve(self, header, frame).await;
        }
        if header.key != ApiKey::API_VERSIONS {
            return Err(Ended);
        }
        let refused = api::refused_api_versions(&release);
        response_frame::<ApiVersionsRequest>(&refused, 0, header.correlation_id).map(Some).map_err(|_| Ended)
    }

    /// Answers a request of one API.
    pub(super) async fn serve<R: Api>(
        &self,
        header: Header,
        frame: &Bytes,
    ) -> Result<Option<Vec<Bytes>>, Ended> {
        let (client_id, request): (String, R) = decode(frame, header.version)?;
        let (mut plan, targets) = self.judge(&request, header)?;
        plan.before().await;
        if plan.drops_before() {
            return Err(Ended);
        }
        let client = Client { id: client_id, host: "/127.0.0.1".into() };
        let reply = self.with_call(header, &plan, |call| {
            call.client = client;
            call.move_leaders(&targets);
            request.answer(call)
        })?;
        let response = match reply {
            Reply::Now(response) => Some(response),
            Reply::Nothing => None,
            Reply::Close => return Err(Ended),
            Reply::Wait { until, waiting } => Some(self.wait(header, &plan, until, waiting).await?),
            Reply::Later(promised) => Some(match promised.await {
                Some(response) => response,
                // As in Kafka, where a member that is gone is told nothing.
                None => std::future::pending().await,
            }),
        };
        plan.after().await;
        if plan.drops_after() {
            return Err(Ended);
        }
        response.map(|response| self.frame::<R>(response, header, &plan)).transpose()
    }

    fn judge<R: Api>(&self, request: &R, header: Header) -> Result<(Plan, Vec<Target>), Ended> {
        if self.shared.rules.is_empty() {
            return Ok(Default::default());
        }
        let targets = self.with_call(header, &Plan::default(), |call| request.targets(call))?;
        let subject =
            |(topic, partition): &Target| Subject { topic: Some(topic.clone()), partition: *partition };
        let subjects: Vec<Subject> = targets.iter().map(subject).collect();
        let request = Request { api: header.key, place: header.place, subjects: &subjects };
        Ok((Plan::new(self.shared.rules.decide(&request, header.byte)), targets))
    }

    fn with_call<T>(
        &self,
        header: Header,
        plan: &Plan,
        act: impl FnOnce(&mut Call<'_>) -> T,
    ) -> Result<T, Ended> {
        let mut state = self.shared.state();
        let (node, version) = (self.node, header.version);
        let (now, appended) = (now_ms(), Vec::new());
        let (client, changed, stirs) = (Client::default(), false, false);
        let mut call = Call { state: &mut state, node, version, client, now, plan, changed, stirs, appended };
        let done = act(&mut call);
        let Call { changed, stirs, appended, .. } = call;
        if stirs {
            self.shared.stirred.notify_one();
        }
        if changed {
            // A request that cannot be kept is not answered.
            self.shared.keep(&state, appended)?;
            self.shared.tell();
        }
        Ok(done)
    }

    async fn wait<T>(
        &self,
        header: Header,
        plan: &Plan,
        until: Instant,
        mut waiting: Box<dyn Waiting<T>>,
    ) -> Result<T, Ended> {
        let mut changes = self.shared.changes.subscribe();
        loop {
            changes.mark_unchanged();
            let run_out = Instant::now() >= until;
            if let Some(response) = self.with_call(header, plan, |call| waiting.look(call, run_out))? {
                return Ok(response);
            }
            let _ = timeout_at(until, changes.changed()).await;
        }
    }

    fn frame<R: Api>(
        &self,
        mut response: R::Response,
        header: Header,
        plan: &Plan,
    ) -> Result<Vec<Bytes>, Ended> {
        self.with_call(header, plan, |call| R::flip_record_bits(&mut response, call))?;
        let segments =
            response_frame::<R>(&response, header.version, header.correlation_id).map_err(|_| Ended)?;
        let Some(bit) = plan.flipped_bit() else { return Ok(segments) };
        let mut frame = segments.concat();
        let flipped = LENGTH + bit / 8 % (frame.len() - LENGTH);
        frame[flipped] ^= 0x80 >> (bit % 8);
        Ok(vec![frame.into()])
    }
}

impl Header {
    /// The parts that are at the same place in all versions.
    fn read(frame: &Bytes, place: Place, byte: u64) -> Result<Self, Ended> {
        let mut reader = Reader::new(frame, false);
        let mut read =
            || Ok::<_, kafka_sdk_protocol::DecodeError>((reader.i16()?, reader.i16()?, reader.i32()?));
        let (key, version, correlation_id) = read().map_err(|_| Ended)?;
        Ok(Self { key: ApiKey(key), version, correlation_id, place, byte })
    }
}

/// The client's id, and the request.
fn decode<R: Api>(frame: &Bytes, version: i16) -> Result<(String, R), Ended> {
    let mut reader = Reader::new(frame, false);
    let header = RequestHeader::decode_from(&mut reader, R::header_version(version)).map_err(|_| Ended)?;
    let request = R::decode_from(&mut reader, version).map_err(|_| Ended)?;
    reader.finish().map_err(|_| Ended)?;
    Ok((header.client_id.unwrap_or_default(), request))
}

async fn read_frame(stream: &mut TcpStream, limit: u64) -> io::Result<Bytes> {
    let length = stream.read_i32().await?;
    let length = u64::try_from(length).ok().filter(|&length| length <= limit);
    let length = length.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
    let mut frame = Vec::with_capacity((length as usize).min(READ_AHEAD));
    stream.take(length).read_to_end(&mut frame).await?;
    if (frame.len() as u64) < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(frame.into())
}

async fn write(stream: &mut TcpStream, segments: &[Bytes]) -> io::Result<()> {
    let total: usize = segments.iter().map(Bytes::len).sum();
    if total <= WRITTEN_AT_ONCE {
        return stream.write_all(&segments.concat()).await;
    }
    for segment in segments {
        stream.write_all(segment).await?;
    }
    Ok(())
}
