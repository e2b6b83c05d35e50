//! What a cluster is to be like.

use std::time::Duration;

#[cfg(feature = "docker")]
use crate::docker;
use crate::jvm::security::Security;
use crate::jvm::versions::{self, Mode, Release};
use crate::topics::NewTopic;
use crate::{Error, Listener, TestKafka, jvm};

/// Nodes get this long to become ready, unless told otherwise.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Describes a cluster; [`start`](Self::start) starts it. Made by [`TestKafka::jvm`], and with the feature
/// `docker` by `TestKafka::docker` and `TestKafka::auto`.
#[derive(Debug, Clone)]
#[must_use = "a cluster is started by `start`"]
pub struct TestKafkaBuilder {
    kind: Kind,
    image: Option<String>,
    version: String,
    zookeeper: bool,
    nodes: usize,
    versions: Vec<(i32, String)>,
    racks: Vec<(i32, String)>,
    properties: Vec<(String, String)>,
    topics: Vec<NewTopic>,
    security: Security,
    ready_within: Duration,
}

/// What runs the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Jvm,
    #[cfg(feature = "docker")]
    Docker,
    /// Docker where it can, and else Java.
    #[cfg(feature = "docker")]
    Auto,
}

/// A description that has been checked.
#[derive(Debug)]
pub(crate) struct Settings {
    /// That of all nodes that were not given another one.
    pub(crate) release: &'static Release,
    pub(crate) mode: Mode,
    /// Of the nodes 1, 2 and so on.
    pub(crate) nodes: Vec<NodeSettings>,
    pub(crate) properties: Vec<(String, String)>,
    pub(crate) topics: Vec<NewTopic>,
    pub(crate) security: Security,
    pub(crate) ready_within: Duration,
}

/// What one node is to be like.
#[derive(Debug)]
pub(crate) struct NodeSettings {
    pub(crate) release: &'static Release,
    pub(crate) rack: Option<String>,
}

impl Settings {
    /// One node, and nothing special.
    pub(crate) fn one_node(release: &'static Release, ready_within: Duration) -> Self {
        Self {
            release,
            mode: release.mode,
            nodes: vec![NodeSettings { release, rack: None }],
            properties: Vec::new(),
            topics: Vec::new(),
            security: Security::default(),
            ready_within,
        }
    }
}

impl TestKafkaBuilder {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            image: None,
            version: versions::newest().version.into(),
            zookeeper: false,
            nodes: 1,
            versions: Vec::new(),
            racks: Vec::new(),
            properties: Vec::new(),
            topics: Vec::new(),
            security: Security::default(),
            ready_within: READY_WITHIN,
        }
    }

    /// Which Kafka, such as `"3.7.2"`. Default: the newest of [`TestKafka::versions`].
    pub fn version(mut self, version: &str) -> Self {
        self.version = version.into();
        self
    }

    /// With ZooKeeper instead of KRaft, for versions that can do both: 3.3 to 3.9. Those before have ZooKeeper anyway.
    pub fn zookeeper(mut self) -> Self {
        self.zookeeper = true;
        self
    }

    /// Another version for one node, for a cluster in the middle of an upgrade. What the nodes write and say to each other
    /// is then what the oldest of them understands.
    pub fn node_version(mut self, id: i32, version: &str) -> Self {
        self.versions.push((id, version.into()));
        self
    }

    /// The rack of one node. Default: with several nodes, `rack-1` for node 1 and so on.
    pub fn rack(mut self, id: i32, rack: &str) -> Self {
        self.racks.push((id, rack.into()));
        self
    }

    /// An image that follows the conventions of `apache/kafka`, such as `"registry.example/kafka"`; without a tag, its
    /// tag is the [`version`](Self::version). Say by that what the image holds if the tag does not: the tools are of
    /// that version. Default: `apache/kafka`.
    #[cfg(feature = "docker")]
    pub fn image(mut self, name: &str) -> Self {
        self.image = Some(name.into());
        self
    }

    /// How many brokers, 1 to 9. Default: 1. With KRaft, each is a controller too.
    ///
    /// With three or more, topics have three replicas by default, of which two must be in sync.
    pub fn nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// A property for every broker, such as `("auto.create.topics.enable", "false")`. It wins over what the cluster
    /// sets by itself, but for the properties that hold the cluster together, which are refused.
    pub fn property(mut self, key: &str, value: &str) -> Self {
        self.properties.push((key.into(), value.into()));
        self
    }

    /// A topic that is there when `start` returns, with three replicas if there are so many nodes.
    pub fn topic(mut self, name: &str, partitions: i32) -> Self {
        self.topics.push(NewTopic { name: name.into(), partitions });
        self
    }

    /// A listener for every node, besides the plain one, which there always is. One for each protocol.
    ///
    /// What the nodes say to each other stays in the clear, on listeners of their own.
    pub fn listener(mut self, listener: Listener) -> Self {
        self.security.listeners.push(listener);
        self
    }

    /// Turns ACLs on: a user may do what an ACL allows, and nothing else.
    ///
    /// Whoever does not say who he is, is the super user `User:ANONYMOUS`, as the brokers are to each other: a client of
    /// the plain listener, or one of an SSL listener without client certificates.
    pub fn acls(mut self) -> Self {
        self.security.acls.get_or_insert_default();
        self
    }

    /// Turns ACLs on, and lets a user do anything: `"alice"`, or `"CN=alice"` if known by a certificate.
    pub fn super_user(mut self, name: &str) -> Self {
        self.security.acls.get_or_insert_default().push(name.into());
        self
    }

    /// How long the nodes may take to become ready, at `start` and at each `restart`. Default: 60 s.
    ///
    /// The time that a first fetch of jars or of an image takes does not count.
    pub fn ready_within(mut self, patience: Duration) -> Self {
        self.ready_within = patience;
        self
    }

    /// Starts the cluster, and returns when every node lists every node and all replicas of every
    /// topic are in sync.
    ///
    /// # Cancel safety
    /// A `start` that is dropped leaves nothing behind: its processes are ended, its folders removed.
    ///
    /// # Errors
    /// Fails if the description is wrong, if this machine lacks what it takes, or if a node ends or does not get
    /// ready in time; the last lines of that node's log are then in the error.
    pub async fn start(self) -> Result<TestKafka, Error> {
        match self.kind {
            Kind::Jvm => jvm::start(self.check()?).await,
            #[cfg(feature = "docker")]
            Kind::Docker => self.start_in_docker().await,
            #[cfg(feature = "docker")]
            Kind::Auto => self.start_where_possible().await,
        }
    }

    fn check(self) -> Result<Settings, Error> {
        let release = self.release()?;
        let mode = if self.zookeeper { Mode::ZooKeeper } else { release.mode };
        let nodes = self.check_nodes(release)?;
        for node in &nodes {
            node.release.supports(mode)?;
            self.security.check(node.release, mode)?;
        }
        self.topics.iter().try_for_each(NewTopic::check)?;
        self.properties.iter().try_for_each(|(key, _)| jvm::properties::check(key))?;
        let Self { properties, topics, security, ready_within, .. } = self;
        Ok(Settings { release, mode, nodes, properties, topics, security, ready_within })
    }

    fn check_nodes(&self, release: &'static Release) -> Result<Vec<NodeSettings>, Error> {
        if !(1..=9).contains(&self.nodes) {
            return Err(Error::NodeCount(self.nodes));
        }
        let ids = 1..=self.nodes as i32;
        let mut named = self.versions.iter().chain(&self.racks);
        if let Some(&(id, _)) = named.find(|(id, _)| !ids.contains(id)) {
            return Err(Error::NoSuchNode { id, nodes: self.nodes });
        }
        let node = |id| {
            let version = last(&self.versions, id).map_or(Ok(release), |version| versions::find(version));
            Ok(NodeSettings { release: version?, rack: last(&self.racks, id).cloned() })
        };
        ids.map(node).collect()
    }

    fn release(&self) -> Result<&'static Release, Error> {
        match self.kind {
            Kind::Jvm if self.image.is_some() => Err(Error::NoImages),
            #[cfg(feature = "docker")]
            Kind::Docker => versions::find_with_image(&self.version),
            _ => versions::find(&self.version),
        }
    }
}

#[cfg(feature = "docker")]
impl TestKafkaBuilder {
    /// What only local processes can be asked for.
    fn check_for_docker(&self) -> Result<(), Error> {
        let asks = self.zookeeper || !self.versions.is_empty() || !self.security.is_plain();
        if asks { Err(Error::NotInDocker) } else { Ok(()) }
    }

    async fn start_in_docker(self) -> Result<TestKafka, Error> {
        self.check_for_docker()?;
        let image = self.image.clone();
        let settings = self.check()?;
        let ready = docker::prepare(&settings, image.as_deref()).await?;
        docker::start(ready, settings).await
    }

    async fn start_where_possible(self) -> Result<TestKafka, Error> {
        let image = self.image.clone();
        let in_docker = self.check_for_docker();
        let settings = self.check()?;
        let prepared = match in_docker {
            Ok(()) => docker::prepare(&settings, image.as_deref()).await,
            Err(error) => Err(error),
        };
        let no_docker = match prepared {
            Ok(ready) => return docker::start(ready, settings).await,
            Err(error) => error.to_string(),
        };
        let version = settings.release.version;
        match jvm::possible(settings.release) {
            Ok(()) => jvm::start(settings).await,
            Err(error) => Err(Error::NothingToRun { version, docker: no_docker, jvm: error.to_string() }),
        }
    }
}

/// What was said last of a node.
fn last(said: &[(i32, String)], id: i32) -> Option<&String> {
    said.iter().rev().find(|(of, _)| *of == id).map(|(_, what)| what)
}
