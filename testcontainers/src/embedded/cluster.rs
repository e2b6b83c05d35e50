//! The nodes on their sockets, and what is done to them.
//!
//! A thread of its own runs all of a cluster, so that it belongs to no runtime of a test's, and is gone when it is
//! told so.

use std::net::{Ipv4Addr, TcpListener as StdListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use super::clock::now_ms;
use super::connection::{Connection, Shared};
use super::folder::Folder;
use super::plan;
use super::state::State;
use crate::Error;
use crate::ports::Port;
use crate::rules::{Armed, Rule};

/// An embedded cluster.
#[derive(Debug)]
pub(crate) struct Cluster {
    shared: Arc<Shared>,
    runtime: Handle,
    version: String,
    nodes: Vec<Node>,
    /// Dropping it ends the thread.
    lifeline: Mutex<Option<(oneshot::Sender<()>, Vec<Port>)>>,
}

#[derive(Debug)]
struct Node {
    id: i32,
    port: u16,
    address: String,
    paused: watch::Sender<bool>,
    listening: Mutex<Option<Listening>>,
    /// Held while it is killed, stopped or restarted.
    busy: tokio::sync::Mutex<()>,
}

/// A node that runs.
#[derive(Debug)]
struct Listening {
    accepting: JoinHandle<()>,
    connections: Arc<Mutex<JoinSet<()>>>,
}

impl Cluster {
    /// Starts all nodes; when it returns, they answer.
    pub(super) fn start(state: State, folder: Option<Folder>, claimed: Vec<Port>) -> Result<Self, Error> {
        let (lifeline, end) = oneshot::channel();
        let runtime =
            run_in_thread(end).map_err(Error::io("start a thread for", &PathBuf::from("the nodes")))?;
        let version = state.release.text.clone();
        let nodes = state.nodes.iter().map(|member| Node::new(member.id, member.port)).collect();
        let shared = Arc::new(Shared::new(state, folder));
        let cluster =
            Self { shared, runtime, version, nodes, lifeline: Mutex::new(Some((lifeline, claimed))) };
        cluster.runtime.spawn(keep_time(Arc::clone(&cluster.shared)));
        (0..cluster.nodes.len()).try_for_each(|index| cluster.listen(&cluster.nodes[index]))?;
        Ok(cluster)
    }

    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    pub(crate) fn count(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn id(&self, index: usize) -> i32 {
        self.nodes[index].id
    }

    pub(crate) fn address(&self, index: usize) -> &str {
        &self.nodes[index].address
    }

    pub(crate) fn is_running(&self, index: usize) -> bool {
        let node = &self.nodes[index];
        node.listening().is_some() && !*node.paused.borrow()
    }

    pub(crate) fn intercept(&self, rule: Rule) -> Result<Armed, Error> {
        plan::check(&rule)?;
        Ok(self.shared.rules.arm(rule))
    }

    /// Closes everything; the others notice at once.
    pub(crate) async fn kill(&self, index: usize) -> Result<(), Error> {
        let node = &self.nodes[index];
        let _turn = node.busy.lock().await;
        self.check_alive(node)?;
        self.close(node).await;
        Ok(())
    }

    /// Hands the leaderships over first, then closes everything.
    pub(crate) async fn stop(&self, index: usize) -> Result<(), Error> {
        let node = &self.nodes[index];
        let _turn = node.busy.lock().await;
        self.check_alive(node)?;
        node.check_running()?;
        self.lose(node);
        self.close(node).await;
        Ok(())
    }

    pub(crate) async fn restart(&self, index: usize) -> Result<(), Error> {
        let node = &self.nodes[index];
        let _turn = node.busy.lock().await;
        self.check_alive(node)?;
        self.close(node).await;
        self.listen(node)?;
        let mut state = self.shared.state();
        state.regain(node.id);
        state.groups_move(now_ms());
        drop(state);
        self.shared.stirred.notify_one();
        self.shared.tell();
        Ok(())
    }

    pub(crate) fn pause(&self, index: usize) -> Result<(), Error> {
        self.nodes[index].check_running()?;
        self.nodes[index].paused.send_replace(true);
        Ok(())
    }

    pub(crate) fn resume(&self, index: usize) -> Result<(), Error> {
        self.nodes[index].check_running()?;
        self.nodes[index].paused.send_replace(false);
        Ok(())
    }

    /// Ends the thread, and with it all sockets.
    pub(crate) fn end(&self) {
        self.lifeline.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn check_alive(&self, node: &Node) -> Result<(), Error> {
        let ended = self.lifeline.lock().unwrap_or_else(PoisonError::into_inner).is_none();
        if ended { Err(Error::Ended { who: node.who() }) } else { Ok(()) }
    }

    fn lose(&self, node: &Node) {
        let mut state = self.shared.state();
        state.lose(node.id);
        state.groups_move(now_ms());
        drop(state);
        self.shared.tell();
    }

    fn listen(&self, node: &Node) -> Result<(), Error> {
        let failed = || Error::io("listen on", node.address.as_ref());
        let listener = StdListener::bind((Ipv4Addr::LOCALHOST, node.port)).map_err(failed())?;
        listener.set_nonblocking(true).map_err(failed())?;
        let connections = Arc::new(Mutex::new(JoinSet::new()));
        let paused = node.paused.subscribe();
        let connection = Connection { node: node.id, number: 0, shared: Arc::clone(&self.shared), paused };
        let accepting = self.runtime.spawn(accept(listener, connection, Arc::clone(&connections)));
        *node.listening() = Some(Listening { accepting, connections });
        Ok(())
    }

    /// Closes the listener and all connections of a node, and waits until that is done. It is under way before the first
    /// wait, so that it happens even if nobody waits for it.
    async fn close(&self, node: &Node) {
        let listening = node.listening().take();
        if let Some(Listening { accepting, connections }) = listening {
            accepting.abort();
            self.lose(node);
            let _ = accepting.await;
            let mut all = std::mem::take(&mut *connections.lock().unwrap_or_else(PoisonError::into_inner));
            all.shutdown().await;
        }
        node.paused.send_replace(false);
    }
}

impl Node {
    fn new(id: i32, port: u16) -> Self {
        Self {
            id,
            port,
            address: format!("127.0.0.1:{port}"),
            paused: watch::Sender::new(false),
            listening: Mutex::default(),
            busy: tokio::sync::Mutex::default(),
        }
    }

    fn listening(&self) -> MutexGuard<'_, Option<Listening>> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn who(&self) -> String {
        format!("node {}", self.id)
    }

    fn check_running(&self) -> Result<(), Error> {
        if self.listening().is_some() { Ok(()) } else { Err(Error::Down { who: self.who() }) }
    }
}

/// A runtime on one thread, which lives until the other end of `end` is dropped.
fn run_in_thread(end: oneshot::Receiver<()>) -> std::io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
    let handle = runtime.handle().clone();
    std::thread::Builder::new().name("kafka-embedded".into()).spawn(move || runtime.block_on(end))?;
    Ok(handle)
}

/// Has groups do what time has come for.
async fn keep_time(shared: Arc<Shared>) {
    loop {
        let now = now_ms();
        let due = {
            let mut state = shared.state();
            if state.groups_due().is_some_and(|due| due <= now) {
                state.groups(now);
            }
            state.groups_due()
        };
        let stirred = shared.stirred.notified();
        match due.map(|due| u64::try_from(due - now_ms()).unwrap_or_default()) {
            Some(rest) => drop(timeout(Duration::from_millis(rest), stirred).await),
            None => stirred.await,
        }
    }
}

async fn accept(listener: StdListener, mut connection: Connection, connections: Arc<Mutex<JoinSet<()>>>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            connection.number += 1;
            let mut connections = connections.lock().unwrap_or_else(PoisonError::into_inner);
            while connections.try_join_next().is_some() {}
            connections.spawn(connection.clone().run(stream));
        }
    }
}
