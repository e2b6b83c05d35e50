//! What can go wrong, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::SecurityProtocol;

/// Why a cluster did not start, or did not do what a test asked of it. The message says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No such release is known.
    #[error("Kafka {version} is not among the versions that can be started: {known}")]
    UnknownVersion {
        /// The version asked for.
        version: String,
        /// The versions that there are.
        known: String,
    },

    /// A cluster of that size is not built.
    #[error("a cluster of {0} nodes cannot be started: ask for 1 to 9")]
    NodeCount(usize),

    /// A property that would take the cluster apart.
    #[error(
        "the property `{key}` cannot be set: the cluster sets it itself, so that its nodes find each other"
    )]
    Property {
        /// The property's name.
        key: String,
    },

    /// A listener that cannot be.
    #[error("the {protocol} listener cannot be: {trouble}")]
    Listener {
        /// Its protocol.
        protocol: SecurityProtocol,
        /// Why not.
        trouble: String,
    },

    /// There is no such listener.
    #[error("the cluster has no {protocol} listener: give it one by `TestKafkaBuilder::listener`")]
    NoSuchListener {
        /// The protocol asked for.
        protocol: SecurityProtocol,
    },

    /// A listener does not know that user.
    #[error("the {protocol} listener was given no user and no client certificate `{name}`")]
    NoSuchUser {
        /// The listener's protocol.
        protocol: SecurityProtocol,
        /// The name asked for.
        name: String,
    },

    /// A version that lacks what was asked for.
    #[error("Kafka {version} has no {what}: {advice}")]
    Unsupported {
        /// The version.
        version: &'static str,
        /// What it lacks.
        what: &'static str,
        /// What to do.
        advice: &'static str,
    },

    /// Certificates could not be made.
    #[error("certificates could not be made: {0}")]
    Certificates(String),

    /// SCRAM users could not be made.
    #[error("Kafka {version} could not store the SCRAM users; its tool said:\n{log}")]
    Scram {
        /// The release.
        version: &'static str,
        /// The last lines of what the tool printed, without the passwords.
        log: String,
    },

    /// There is no Java.
    #[error(
        "no `java` in JAVA_HOME or PATH: install a Java runtime, 17 or newer (on Debian: openjdk-17-jre-headless)"
    )]
    NoJava,

    /// There is no Maven, and the jars are not in the cache.
    #[error("no `mvn` in PATH, and the jars of Kafka {version} are not in the cache yet: install Maven")]
    NoMaven {
        /// The release whose jars are wanted.
        version: &'static str,
    },

    /// There is no place for a cache.
    #[error("no folder for Kafka's jars: set KAFKA_SDK_TEST_CACHE, XDG_CACHE_HOME or HOME")]
    NoCache,

    /// Another process has been fetching for very long.
    #[error(
        "another process has held {0} for too long: see what it does, or set KAFKA_SDK_TEST_CACHE to another folder"
    )]
    CacheBusy(PathBuf),

    /// Maven failed.
    #[error("Maven could not fetch the jars of Kafka {version}; is there a network? It said:\n{log}")]
    Fetch {
        /// The release whose jars are wanted.
        version: &'static str,
        /// The last lines of what Maven printed.
        log: String,
    },

    /// Kafka's storage tool failed.
    #[error("Kafka {version} could not format storage; is Java 17 or newer? It said:\n{log}")]
    Format {
        /// The release.
        version: &'static str,
        /// The last lines of what the tool printed.
        log: String,
    },

    /// There are no free ports.
    #[error(
        "{wanted} free ports could not be had: all are locked in {folder} by other tests, or listened on"
    )]
    Ports {
        /// How many were wanted.
        wanted: usize,
        /// Where ports are claimed.
        folder: PathBuf,
    },

    /// A process of the cluster ended by itself.
    #[error("{who} ended by itself ({}); the last lines of its log:\n{log}", describe(*status))]
    Exited {
        /// Which process.
        who: String,
        /// Its exit status, 128 and more for a signal.
        status: Option<i32>,
        /// The last lines of its log.
        log: String,
    },

    /// A process of the cluster did not become ready, or did not stop, in time.
    #[error("{who} did not get ready within {after:?}: {trouble}; the last lines of its log:\n{log}")]
    NotReady {
        /// Which process.
        who: String,
        /// How long it had.
        after: Duration,
        /// What was still missing.
        trouble: String,
        /// The last lines of its log.
        log: String,
    },

    /// A node did not stop in time.
    #[error(
        "{who} did not stop within {after:?}: a node without the others it needs cannot, use `kill`; \
         the last lines of its log:\n{log}"
    )]
    NotStopped {
        /// Which process.
        who: String,
        /// How long it had.
        after: Duration,
        /// The last lines of its log.
        log: String,
    },

    /// A topic could not be created.
    #[error("the topic `{topic}` could not be created: {trouble}")]
    Topic {
        /// The topic's name.
        topic: String,
        /// What the broker answered.
        trouble: String,
    },

    /// There is no such node.
    #[error("there is no node {id}: the nodes are 1 to {nodes}")]
    NoSuchNode {
        /// The id asked for.
        id: i32,
        /// How many nodes there are.
        nodes: usize,
    },

    /// Rules are for embedded clusters.
    #[error("rules are for embedded clusters: put a `TestProxy` in front of this one")]
    NoRules,

    /// A node cannot become that version.
    #[error("{who} cannot be restarted as Kafka {version}: {trouble}")]
    NotRestartable {
        /// Which process.
        who: String,
        /// The version asked for.
        version: &'static str,
        /// Why not.
        trouble: String,
    },

    /// The node is not running.
    #[error("{who} is not running: `restart` it first")]
    Down {
        /// Which process.
        who: String,
    },

    /// The cluster is gone.
    #[error("{who} belongs to a cluster that has ended: keep its `TestKafka` alive")]
    Ended {
        /// Which process.
        who: String,
    },

    /// A tool took too long.
    #[error("the tool {class} was ended after {after:?}; the last lines of its standard error:\n{log}")]
    ToolTimeout {
        /// The tool's Java class.
        class: String,
        /// How long it had.
        after: Duration,
        /// The last lines of its standard error.
        log: String,
    },

    /// A tool printed more than is held in memory.
    #[error("the tool {class} printed more than {limit} bytes: use `Tool::stdout_file` or `Tool::lines`")]
    ToolOutput {
        /// The tool's Java class.
        class: String,
        /// How much is held.
        limit: usize,
    },

    /// There is no docker command.
    #[error("no `docker` in PATH: install Docker (on Debian: docker.io)")]
    NoDocker,

    /// No daemon answers.
    #[error(
        "no Docker daemon answers at {host} ({trouble}): start it (`service docker start`, or `dockerd` as root), \
         or set DOCKER_HOST"
    )]
    DockerDown {
        /// Where it was looked for.
        host: String,
        /// Why it could not be asked.
        trouble: String,
    },

    /// The daemon may not be asked.
    #[error("the Docker daemon at {host} may not be used: add this user to the group `docker`, or be root")]
    DockerDenied {
        /// Where it is.
        host: String,
    },

    /// The daemon is somewhere else.
    #[error(
        "the Docker daemon has to be on this machine, because brokers are advertised on 127.0.0.1; \
         DOCKER_HOST is {host}"
    )]
    DockerElsewhere {
        /// Where it is.
        host: String,
    },

    /// The image is not here and cannot be pulled.
    #[error(
        "no image `{image}` here, and it cannot be pulled ({trouble}): look at its name and at the network, \
         or name an image that is here by `image`"
    )]
    Image {
        /// Its full name.
        image: String,
        /// What the daemon said.
        trouble: String,
    },

    /// Images are for Docker.
    #[error("an image is for clusters in Docker: start this one by `TestKafka::docker`")]
    NoImages,

    /// Neither Docker nor Java.
    #[error("Kafka {version} can be started neither in Docker nor as local processes: {docker}; {jvm}")]
    NothingToRun {
        /// The version.
        version: &'static str,
        /// Why not in Docker, and what to install.
        docker: String,
        /// Why not as local processes, and what to install.
        jvm: String,
    },

    /// A port has been taken by somebody else.
    #[error("{who} cannot start: something else listens on its port, 127.0.0.1:{port}; end that first")]
    PortTaken {
        /// Which node.
        who: String,
        /// Its port.
        port: u16,
    },

    /// A property that cannot be an environment variable.
    #[error(
        "the property `{key}` cannot be set in Docker: the image takes lower case letters, digits, dots, hyphens \
         and underscores only"
    )]
    Variable {
        /// The property's name.
        key: String,
    },

    /// The Docker daemon failed.
    #[error("Docker cannot {what}: {trouble}")]
    Docker {
        /// What was tried.
        what: String,
        /// What the daemon said.
        trouble: String,
    },

    /// The machine lacks what the tests need, and `KAFKA_SDK_TEST_BROKERS=all` says that it must not.
    #[error("{test} cannot be left out, because KAFKA_SDK_TEST_BROKERS=all: {missing}")]
    LeftOut {
        /// The test.
        test: String,
        /// What is missing.
        missing: String,
    },

    /// There is no cluster to put a proxy in front of.
    #[error("no cluster was found at {bootstrap_servers}: {trouble}")]
    NoBroker {
        /// The addresses that were asked.
        bootstrap_servers: String,
        /// What the last of them said.
        trouble: String,
    },

    /// A line of a log that cannot be read.
    #[error("`{0}` is not a line of an action log")]
    NoAction(String),

    /// Asked of Docker what only local processes give.
    #[cfg(feature = "docker")]
    #[error(
        "listeners with security, several versions and ZooKeeper are for local processes: use `TestKafka::jvm`"
    )]
    NotInDocker,

    /// A rule that cannot be followed.
    #[error("a rule on {api} cannot be armed: {trouble}")]
    Rule {
        /// The rule's API.
        api: String,
        /// What is wrong with it.
        trouble: &'static str,
    },

    /// The operating system refused something.
    #[error("cannot {what} {path}", path = path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl Error {
    /// For `map_err`.
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}

fn describe(status: Option<i32>) -> String {
    match status {
        Some(status @ 129..=192) => format!("signal {}", status - 128),
        Some(status) => format!("status {status}"),
        None => "status unknown".into(),
    }
}
