//! What an embedded cluster is to be like.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::api::create_at_start;
use super::cluster::Cluster;
use super::folder::Folder;
use super::state::State;
use super::versions::Release;
use crate::ports::{self, Port};
use crate::provider::Provider;
use crate::topics::NewTopic;
use crate::{Error, TestKafka};

/// Describes an embedded cluster; [`start`](Self::start) starts it. Made by [`TestKafka::embedded`].
#[derive(Debug, Clone)]
#[must_use = "a cluster is started by `start`"]
pub struct EmbeddedBuilder {
    version: Option<String>,
    nodes: usize,
    properties: Vec<(String, String)>,
    topics: Vec<NewTopic>,
    folder: Option<PathBuf>,
    port: Option<u16>,
}

impl EmbeddedBuilder {
    pub(crate) fn new() -> Self {
        Self { version: None, nodes: 1, properties: Vec::new(), topics: Vec::new(), folder: None, port: None }
    }

    /// How many nodes, 1 or more. Default: 1.
    ///
    /// Topics have min(n, 3) replicas by default; with three or more nodes, two must be in sync.
    pub fn nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// Poses as an older Kafka, such as `"2.1"` or `"3.9.2"`: only its APIs in its versions, with its answers where
    /// they differ. Default: 4.4.0.
    pub fn as_version(mut self, version: &str) -> Self {
        self.version = Some(version.into());
        self
    }

    /// A property of the brokers, such as `("auto.create.topics.enable", "false")`. One that an embedded broker has no
    /// use for does nothing.
    pub fn property(mut self, key: &str, value: &str) -> Self {
        self.properties.push((key.into(), value.into()));
        self
    }

    /// A topic that is there when `start` returns, with three replicas if there are so many nodes.
    pub fn topic(mut self, name: &str, partitions: i32) -> Self {
        self.topics.push(NewTopic { name: name.into(), partitions });
        self
    }

    /// Keeps topics and logs in a folder, which is made if it is not there; a later cluster goes on with them. Default:
    /// all is in memory, and gone with the cluster.
    pub fn folder(mut self, path: impl Into<PathBuf>) -> Self {
        self.folder = Some(path.into());
        self
    }

    /// The port of the first node; the others have those that follow. Default: ports that nobody uses.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Starts the cluster; when it returns, all nodes answer. That takes milliseconds, and there is nothing to wait
    /// for: it is `async` as the other kinds of clusters are.
    ///
    /// # Errors
    /// Fails if the description is wrong, or if there are no free ports.
    #[allow(clippy::unused_async, reason = "as the other kinds of clusters are started")]
    pub async fn start(self) -> Result<TestKafka, Error> {
        self.check()?;
        let (numbers, claimed) = self.ports()?;
        let mut state = State::new(self.release()?, &numbers, self.properties());
        let failed = |path: &PathBuf| Error::io("open the logs in", path);
        let folder = self.folder.as_ref().map(|path| Folder::open(path, &mut state).map_err(failed(path)));
        let mut folder = folder.transpose()?;
        self.create_topics(&mut state)?;
        if let (Some(folder), Some(path)) = (&mut folder, &self.folder) {
            folder.keep_topics(&state).map_err(failed(path))?;
        }
        Ok(TestKafka::new(Provider::Embedded(Arc::new(Cluster::start(state, folder, claimed)?))))
    }

    fn ports(&self) -> Result<(Vec<u16>, Vec<Port>), Error> {
        if let Some(first) = self.port {
            return Ok(((first..=u16::MAX).take(self.nodes).collect(), Vec::new()));
        }
        let claimed = ports::claim(self.nodes)?;
        Ok((claimed.iter().map(Port::number).collect(), claimed))
    }

    /// A topic that was in the folder stays as it was.
    fn create_topics(&self, state: &mut State) -> Result<(), Error> {
        for NewTopic { name, partitions } in &self.topics {
            if self.folder.is_none() || !state.topics().contains_key(name) {
                let created = create_at_start(name, *partitions, state);
                created.map_err(|trouble| Error::Topic { topic: name.clone(), trouble })?;
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        if self.nodes == 0 {
            return Err(Error::NodeCount(0));
        }
        self.topics.iter().try_for_each(NewTopic::check)
    }

    fn release(&self) -> Result<Release, Error> {
        self.version.as_deref().map_or_else(|| Ok(Release::newest()), Release::find)
    }

    fn properties(&self) -> BTreeMap<String, String> {
        let in_sync = if self.nodes < 3 { 1 } else { 2 };
        let ours = [
            ("default.replication.factor".into(), self.nodes.min(3).to_string()),
            ("min.insync.replicas".into(), in_sync.to_string()),
            // Tests have no time to wait for members that may come.
            ("group.consumer.assignment.interval.ms".into(), "0".into()),
            ("group.initial.rebalance.delay.ms".into(), "0".into()),
            ("group.min.session.timeout.ms".into(), "1000".into()),
            ("offsets.topic.num.partitions".into(), "3".into()),
        ];
        ours.into_iter().chain(self.properties.iter().cloned()).collect()
    }
}
