//! One broker, as a test ill-treats it.

use std::path::Path;

use crate::Error;
use crate::provider::Provider;

/// A broker of a [`TestKafka`](crate::TestKafka). Clones are the same broker; they do not keep the cluster alive.
///
/// The operations on one node wait for each other.
#[derive(Debug, Clone)]
pub struct Node {
    provider: Provider,
    index: usize,
}

impl Node {
    pub(crate) fn new(provider: Provider, index: usize) -> Self {
        Self { provider, index }
    }

    /// Its id in the cluster: 1, 2 and so on.
    pub fn id(&self) -> i32 {
        self.provider.id(self.index)
    }

    /// Where clients reach it, `127.0.0.1:<port>`. It stays the same over restarts.
    pub fn address(&self) -> &str {
        self.provider.address(self.index)
    }

    /// The version that it runs as, or would.
    pub fn version(&self) -> &str {
        self.provider.version_of(self.index)
    }

    /// Whether it runs and is not paused.
    pub fn is_running(&self) -> bool {
        self.provider.is_running(self.index)
    }

    /// Ends it by SIGKILL, as a crash would, and waits until it has ended. Killing a dead node does nothing.
    ///
    /// An embedded node closes its listener and its connections. What it has led is led by others at once.
    ///
    /// # Cancel safety
    /// Once it is the call's turn, the node is killed even if the future is dropped.
    ///
    /// # Errors
    /// Fails if the cluster has ended.
    pub async fn kill(&self) -> Result<(), Error> {
        self.provider.kill(self.index).await
    }

    /// Ends it by SIGTERM, in an orderly way: it hands its leaderships over first. Waits until it has ended.
    ///
    /// # Cancel safety
    /// A node that has been told to stop stops, even if the future is dropped.
    ///
    /// # Errors
    /// Fails if the node does not run, or does not stop within the time that a node gets to become ready. So does one
    /// that waits for a majority of controllers which is not there: [`kill`](Self::kill) it.
    pub async fn stop(&self) -> Result<(), Error> {
        self.provider.stop(self.index).await
    }

    /// Freezes it by SIGSTOP: its connections stay open, and nothing answers.
    ///
    /// The others of an embedded node do not notice: what it leads it goes on to lead. Docker freezes a container, which
    /// the call waits for without an `await`, some 20 ms.
    ///
    /// # Errors
    /// Fails if the node does not run.
    pub fn pause(&self) -> Result<(), Error> {
        self.provider.pause(self.index)
    }

    /// Lets a paused node go on, by SIGCONT.
    ///
    /// # Errors
    /// Fails if the node does not run.
    pub fn resume(&self) -> Result<(), Error> {
        self.provider.resume(self.index)
    }

    /// Kills it if it runs and starts it again, on the same ports and with the same data. Waits until the node lists
    /// every broker that runs.
    ///
    /// When so many nodes are dead that the rest has no majority, restart them at the same time.
    ///
    /// # Cancel safety
    /// A dropped restart leaves the node dead or starting; another restart brings it back.
    ///
    /// # Errors
    /// Fails if the node ends or does not get ready in time, or if the cluster has ended.
    pub async fn restart(&self) -> Result<(), Error> {
        self.provider.restart(self.index).await
    }

    /// As [`restart`](Self::restart), but as another version: one step of a rolling upgrade, or of its way back.
    /// [`stop`](Self::stop) the node first, to have it leave in an orderly way.
    ///
    /// What the cluster has written stays in the format of the oldest version that it was started with, so that each
    /// node may be any version from that one on: with KRaft from 3.3, with ZooKeeper up to 3.9.
    ///
    /// # Cancel safety
    /// As [`restart`](Self::restart).
    ///
    /// # Errors
    /// Fails as [`restart`](Self::restart) does, and before the node is touched if the version is not known, is older
    /// than what the cluster was started with, or does not know KRaft or ZooKeeper, whichever the cluster has.
    pub async fn restart_as(&self, version: &str) -> Result<(), Error> {
        self.provider.restart_as(self.index, version).await
    }

    /// All that it has logged so far, over all its restarts. An embedded node logs nothing.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.log_path()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The file that it logs to, which is removed with the cluster; `/dev/null` for an embedded node.
    pub fn log_path(&self) -> &Path {
        self.provider.log_path(self.index)
    }
}
