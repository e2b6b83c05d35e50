//! What the connections of a proxy share: the brokers behind it, what answers have told, the rules.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kafka_sdk_protocol::api::metadata::MetadataResponseBroker;
use kafka_sdk_protocol::api::{ApiKey, FetchRequest};
use kafka_sdk_protocol::wire::Uuid;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::addresses::{Advertise, rewritten};
use super::client::{Client, Greeter};
use super::connection;
use super::frame::Head;
use super::plan::End;
use super::sessions::{Fetched, Sessions};
use super::subjects;
use crate::rules::{Decision, Place, Request, Rules, Subject};

/// See the module.
#[derive(Debug)]
pub(super) struct Hub {
    pub(super) rules: Rules,
    learned: Mutex<Learned>,
    /// None once the proxy is gone: nothing begins any more.
    tasks: Mutex<Option<JoinSet<()>>>,
    interruption: watch::Sender<End>,
    greeter: Greeter,
}

/// Tells a connection when a test wants all connections to end.
pub(super) struct Interruptions(watch::Receiver<End>);

impl Interruptions {
    /// How the next one ends a connection.
    pub(super) async fn next(&mut self) -> End {
        // Without a hub there is nobody to interrupt.
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        *self.0.borrow()
    }
}

#[derive(Debug, Default)]
struct Learned {
    nodes: BTreeMap<i32, Front>,
    topics: HashMap<Uuid, String>,
    sessions: Sessions,
    answered: HashMap<ApiKey, u64>,
}

/// A listener in front of a broker.
#[derive(Debug)]
struct Front {
    address: SocketAddr,
    broker: Broker,
    connections: u64,
}

/// Host and port of a broker.
pub(super) type Broker = (String, u16);

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    pub(super) fn new(seed: u64, greeter: Greeter) -> Arc<Self> {
        let tasks = Mutex::new(Some(JoinSet::new()));
        let interruption = watch::Sender::new(End::Close);
        Arc::new(Self { rules: Rules::new(seed), learned: Mutex::default(), tasks, interruption, greeter })
    }

    /// Where clients find a broker. One that was not known gets a listener; one that has moved is followed.
    pub(super) fn front(self: &Arc<Self>, id: i32, broker: Broker) -> io::Result<SocketAddr> {
        let mut learned = locked(&self.learned);
        if let Some(front) = learned.nodes.get_mut(&id) {
            front.broker = broker;
            return Ok(front.address);
        }
        let listener = listener()?;
        let address = listener.local_addr()?;
        learned.nodes.insert(id, Front { address, broker, connections: 0 });
        drop(learned);
        self.spawn(Arc::clone(self).accept(id, listener));
        Ok(address)
    }

    async fn accept(self: Arc<Self>, node: i32, listener: TcpListener) {
        loop {
            let Ok((client, _)) = listener.accept().await else { continue };
            if let Some((number, broker)) = self.connected(node) {
                self.spawn(connection::serve(Arc::clone(&self), node, number, client, broker));
            }
        }
    }

    /// A client has come: its number, and where the broker is.
    fn connected(&self, node: i32) -> Option<(u64, Broker)> {
        let mut learned = locked(&self.learned);
        let front = learned.nodes.get_mut(&node)?;
        front.connections += 1;
        Some((front.connections, front.broker.clone()))
    }

    /// A client that has come, once it has said whatever comes before frames.
    pub(super) async fn greeted(&self, client: TcpStream) -> io::Result<Client> {
        self.greeter.greeted(client).await
    }

    #[cfg(feature = "tls")]
    pub(super) fn authority(&self) -> Option<&str> {
        match &self.greeter {
            Greeter::Plain => None,
            Greeter::Tls(tls) => Some(tls.authority()),
        }
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(tasks) = &mut *locked(&self.tasks) {
            while tasks.try_join_next().is_some() {}
            tasks.spawn(task);
        }
    }

    /// A broker has answered a request of this API with so many bytes.
    pub(super) fn answered(&self, api: ApiKey, bytes: usize) {
        *locked(&self.learned).answered.entry(api).or_default() += bytes as u64;
    }

    pub(super) fn answered_bytes(&self, api: ApiKey) -> u64 {
        locked(&self.learned).answered.get(&api).copied().unwrap_or_default()
    }

    /// Ends all connections that there are, in this way.
    pub(super) fn interrupt(&self, end: End) {
        self.interruption.send_replace(end);
    }

    pub(super) fn interruptions(&self) -> Interruptions {
        Interruptions(self.interruption.subscribe())
    }

    /// Ends all connections and listeners.
    pub(super) fn end(&self) {
        *locked(&self.tasks) = None;
    }

    /// The addresses of the known brokers' listeners, by node.
    pub(super) fn addresses(&self) -> BTreeMap<i32, SocketAddr> {
        locked(&self.learned).nodes.iter().map(|(&id, front)| (id, front.address)).collect()
    }

    /// How many connections there have been to each node.
    pub(super) fn connections(&self) -> BTreeMap<i32, u64> {
        locked(&self.learned).nodes.iter().map(|(&id, front)| (id, front.connections)).collect()
    }

    /// The known brokers, as a client may see them.
    pub(super) fn brokers(&self) -> Vec<MetadataResponseBroker> {
        let broker = |(node_id, address): (i32, SocketAddr)| MetadataResponseBroker {
            node_id,
            host: address.ip().to_string(),
            port: i32::from(address.port()),
            ..Default::default()
        };
        self.addresses().into_iter().map(broker).collect()
    }

    /// An answer as a client may see it.
    pub(super) fn as_seen(self: &Arc<Self>, head: &Head, frame: Bytes) -> Bytes {
        rewritten(head, frame, &mut Learning(self))
    }

    /// What a Fetch is about; nothing if the request is none.
    pub(super) fn fetched(&self, node: i32, request: Option<&FetchRequest>) -> BTreeSet<Fetched> {
        let fetched = |request| locked(&self.learned).sessions.fetched(node, request);
        request.map(fetched).unwrap_or_default()
    }

    /// The answer to a Fetch that begins a session.
    pub(super) fn session_begun(&self, node: i32, head: &Head, answer: &Bytes, fetched: BTreeSet<Fetched>) {
        if let Some(response) = head.response::<FetchRequest>(answer) {
            locked(&self.learned).sessions.begun(node, response.session_id, fetched);
        }
    }

    /// What a request is about, if a rule wants to know.
    pub(super) fn subjects(&self, head: &Head, frame: &Bytes, fetched: &BTreeSet<Fetched>) -> Vec<Subject> {
        if !self.rules.ask_for_subjects(head.api) {
            return Vec::new();
        }
        let learned = locked(&self.learned);
        let names = |id| learned.topics.get(&id).cloned();
        match head.api {
            ApiKey::FETCH => subjects::of_fetch(fetched, &names),
            _ => subjects::of(head, frame, &names),
        }
    }

    /// What happens to a request.
    pub(super) fn decide(
        &self,
        api: ApiKey,
        place: Place,
        subjects: &[Subject],
        byte: u64,
    ) -> Option<Decision> {
        self.rules.decide(&Request { api, place, subjects }, byte)
    }
}

/// With a small buffer here, a client feels sooner that its bytes are read slowly, or not at all. One smaller than the
/// loopback's segments of 64 kB would make it wait all the time.
fn listener() -> io::Result<TcpListener> {
    const BUFFER: u32 = 128 << 10;
    const WAITING: u32 = 128;
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(BUFFER)?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    socket.listen(WAITING)
}

struct Learning<'a>(&'a Arc<Hub>);

impl Advertise for Learning<'_> {
    /// Without a listener the broker is nowhere: nothing may go past the proxy.
    fn advertised(&mut self, id: i32, host: &str, port: i32) -> (String, i32) {
        let front = u16::try_from(port).map(|port| self.0.front(id, (host.into(), port)));
        let port = front.map_or(0, |front| front.map_or(0, |address| address.port()));
        (Ipv4Addr::LOCALHOST.to_string(), i32::from(port))
    }

    fn topic(&mut self, id: Uuid, name: &str) {
        locked(&self.0.learned).topics.entry(id).or_insert_with(|| name.into());
    }
}
