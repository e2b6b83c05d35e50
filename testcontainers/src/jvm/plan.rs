//! The folder of a cluster, laid out before anything starts.
//!
//! ```text
//! <scratch>/node-1/server.properties  data/  log
//!          /zookeeper/zoo.cfg  data/  log
//! ```

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::cluster::{Broker, Cluster};
use super::java::Java;
use super::member::Member;
use super::properties::{self, BrokerPorts, Shape};
use super::scram::Scram;
use super::scratch::Scratch;
use super::security::Secured;
use super::storage;
use super::supervisor::{Output, Program};
use super::versions::Mode;
use super::zookeeper::ZooKeeper;
use crate::Error;
use crate::builder::Settings;
use crate::java_properties::{self, Properties};
use crate::ports::{self, Port};
use crate::security::Endpoint;
use crate::security::tls::Certificates;

/// Lays out the folder of a cluster that nothing of runs yet.
pub(super) async fn lay_out(java: Java, settings: &Settings) -> Result<Cluster, Error> {
    let temp = std::env::temp_dir();
    let scratch = Scratch::new(&temp).map_err(Error::io("create a folder in", &temp))?;
    let listeners = settings.security.listeners.len();
    let claimed = ports::claim((3 + listeners) * settings.nodes + 1)?;
    let (zookeeper_port, broker_ports) = share_out(&claimed, settings.nodes, listeners);
    let zookeeper = (settings.release.mode == Mode::ZooKeeper).then_some(zookeeper_port);
    let secured = secure(settings, scratch.path())?;
    let plan = Plan {
        java: &java,
        root: scratch.path(),
        format: format(&java, settings, scratch.path()).await?,
        cluster_id: storage::cluster_id(),
        shape: Shape {
            release: settings.release,
            brokers: &broker_ports,
            zookeeper,
            secured: &secured,
            overrides: &settings.properties,
        },
    };
    let zookeeper = zookeeper.map(|port| plan.zookeeper(port)).transpose()?;
    let brokers =
        (1..).zip(&broker_ports).map(|(id, ports)| plan.broker(id, ports)).collect::<Result<_, _>>()?;
    let endpoints = endpoints(&secured, &broker_ports);
    Ok(Cluster::new(java, scratch, claimed, zookeeper, brokers, endpoints, settings.ready_within))
}

/// Makes the certificates, in files if the nodes read nothing else.
fn secure(settings: &Settings, root: &Path) -> Result<Secured, Error> {
    let security = settings.security.clone();
    let folder = (settings.release.number < (2, 7)).then_some(root);
    let certificates = Certificates::make(&security.listeners, folder)?;
    Ok(Secured { security, certificates })
}

/// What the storage of each node is a copy of.
async fn format(java: &Java, settings: &Settings, root: &Path) -> Result<PathBuf, Error> {
    let users = settings.security.scram_users();
    if users.is_empty() || settings.release.mode == Mode::ZooKeeper {
        return Ok(java.kit.format());
    }
    storage::format_with_scram(java, &users, root).await
}

/// The listeners with security, as clients are told of them.
fn endpoints(secured: &Secured, brokers: &[BrokerPorts]) -> Vec<Endpoint> {
    let endpoint = |(index, listener)| {
        let servers: Vec<String> =
            brokers.iter().map(|ports| format!("127.0.0.1:{}", ports.secured[index])).collect();
        Endpoint::new(listener, servers.join(","), secured.certificates.clone())
    };
    secured.security.listeners.iter().enumerate().map(endpoint).collect()
}

/// One port for ZooKeeper; for each broker three, and one for each listener with security.
fn share_out(claimed: &[Port], nodes: usize, listeners: usize) -> (u16, Vec<BrokerPorts>) {
    let mut numbers = claimed.iter().map(Port::number);
    let mut next = || numbers.next().unwrap_or_default();
    let zookeeper = next();
    let broker = |_| BrokerPorts {
        client: next(),
        internal: next(),
        controller: next(),
        secured: (0..listeners).map(|_| next()).collect(),
    };
    (zookeeper, (0..nodes).map(broker).collect())
}

struct Plan<'a> {
    java: &'a Java,
    root: &'a Path,
    format: PathBuf,
    cluster_id: String,
    shape: Shape<'a>,
}

impl Plan<'_> {
    fn broker(&self, id: i32, ports: &BrokerPorts) -> Result<Broker, Error> {
        let folder = self.folder(&format!("node-{id}"))?;
        let data = folder.join("data");
        if self.shape.release.mode == Mode::KRaft {
            storage::lay_out(&self.format, &data, &self.cluster_id, id).map_err(Error::io("write", &data))?;
        }
        let config = folder.join("server.properties");
        write(&config, &self.shape.broker(id, ports, &data))?;
        let program = self.program("kafka.Kafka", &config, &folder);
        Ok(Broker::new(id, ports.client, Member::new(format!("node {id}"), program)))
    }

    fn zookeeper(&self, port: u16) -> Result<ZooKeeper, Error> {
        let folder = self.folder("zookeeper")?;
        let config = folder.join("zoo.cfg");
        write(&config, &properties::zookeeper(port, &folder.join("data")))?;
        let main = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
        let program = self.program(main, &config, &folder);
        let users = self.shape.secured.security.scram_users();
        let scram = Scram::new(self.java, port, &users, folder);
        Ok(ZooKeeper::new(port, Member::new("ZooKeeper".into(), program), scram))
    }

    fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let folder = self.root.join(name);
        fs::create_dir(&folder).map_err(Error::io("create", &folder))?;
        Ok(folder)
    }

    fn program(&self, main: &str, config: &Path, folder: &Path) -> Program {
        let log = folder.join("log");
        Program {
            command: self.java.command(main, [OsString::from(config)]),
            input: "/dev/null".into(),
            output: Output::File(log.clone()),
            errors: log,
        }
    }
}

fn write(file: &Path, properties: &Properties) -> Result<(), Error> {
    fs::write(file, java_properties::text(properties)).map_err(Error::io("write", file))
}
