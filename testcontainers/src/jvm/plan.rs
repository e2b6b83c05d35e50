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
use super::properties::{self, Place, Shape};
use super::scram::Scram;
use super::security::Secured;
use super::storage;
use super::supervisor::{Output, Program};
use super::versions::{Mode, Release};
use super::zookeeper::ZooKeeper;
use crate::Error;
use crate::builder::{NodeSettings, Settings};
use crate::java_properties::{self, Properties};
use crate::ports::{self, Port};
use crate::scratch::Scratch;
use crate::security::Endpoint;
use crate::security::tls::Certificates;

/// Lays out the folder of a cluster that nothing of runs yet. Each node has its Java, of its release.
pub(super) async fn lay_out(javas: &[Java], settings: &Settings) -> Result<Cluster, Error> {
    let temp = std::env::temp_dir();
    let scratch = Scratch::new(&temp).map_err(Error::io("create a folder in", &temp))?;
    let oldest = javas.iter().min_by_key(|java| java.kit.release.number).ok_or(Error::NodeCount(0))?;
    let listeners = settings.security.listeners.len();
    let claimed = ports::claim((3 + listeners) * settings.nodes.len() + 1)?;
    let (zookeeper, brokers) = share_out(&claimed, settings, listeners);
    let plan = Plan {
        root: scratch.path().into(),
        shape: Shape {
            oldest: oldest.kit.release,
            brokers,
            zookeeper: (settings.mode == Mode::ZooKeeper).then_some(zookeeper),
            secured: secure(settings, oldest.kit.release, scratch.path())?,
            overrides: settings.properties.clone(),
        },
    };
    if settings.mode == Mode::KRaft {
        plan.lay_out_storage(oldest).await?;
    }
    let zookeeper = plan.shape.zookeeper.map(|port| plan.zookeeper(oldest, port)).transpose()?;
    let brokers = (1..).zip(javas).map(|(id, java)| plan.broker(java, id)).collect::<Result<_, _>>()?;
    let belongings = (scratch, claimed);
    Ok(Cluster::new(plan, brokers, zookeeper, belongings, settings))
}

/// Makes the certificates, in files if the oldest node reads nothing else.
fn secure(settings: &Settings, oldest: &Release, root: &Path) -> Result<Secured, Error> {
    let security = settings.security.clone();
    let folder = (oldest.number < (2, 7)).then_some(root);
    let certificates = Certificates::make(&security.listeners, folder)?;
    Ok(Secured { security, certificates })
}

/// One port for ZooKeeper; for each broker three, and one for each listener with security.
fn share_out(claimed: &[Port], settings: &Settings, listeners: usize) -> (u16, Vec<Place>) {
    let mut numbers = claimed.iter().map(Port::number);
    let mut next = || numbers.next().unwrap_or_default();
    let zookeeper = next();
    let place = |node: &NodeSettings| Place {
        client: next(),
        internal: next(),
        controller: next(),
        secured: (0..listeners).map(|_| next()).collect(),
        rack: node.rack.clone(),
    };
    (zookeeper, settings.nodes.iter().map(place).collect())
}

/// What the folder holds, for as long as the cluster lives: nodes may start again as another release.
#[derive(Debug)]
pub(super) struct Plan {
    root: PathBuf,
    shape: Shape,
}

impl Plan {
    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The listeners with security, as clients are told of them.
    pub(super) fn endpoints(&self) -> Vec<Endpoint> {
        let Secured { security, certificates } = &self.shape.secured;
        let endpoint = |(index, listener)| {
            let address = |place: &Place| format!("127.0.0.1:{}", place.secured[index]);
            let servers: Vec<String> = self.shape.brokers.iter().map(address).collect();
            Endpoint::new(listener, servers.join(","), certificates.clone())
        };
        security.listeners.iter().enumerate().map(endpoint).collect()
    }

    /// Writes what a broker is to read, and answers the broker's program.
    pub(super) fn broker_program(&self, java: &Java, id: i32) -> Result<Program, Error> {
        let folder = self.node(id);
        let config = folder.join("server.properties");
        write(&config, &self.shape.broker(java.kit.release, id, &folder.join("data")))?;
        Ok(program(java, "kafka.Kafka", &config, &folder))
    }

    fn broker(&self, java: &Java, id: i32) -> Result<Broker, Error> {
        create(&self.node(id))?;
        let member = Member::new(format!("node {id}"), self.broker_program(java, id)?);
        Ok(Broker::new(id, self.shape.place(id).client, java.kit.release, member))
    }

    /// Gives each node its storage, in the format of the oldest, which is all that the others read too.
    async fn lay_out_storage(&self, oldest: &Java) -> Result<(), Error> {
        let users = self.shape.secured.security.scram_users();
        let format = if users.is_empty() {
            oldest.kit.format()
        } else {
            storage::format_with_scram(oldest, &users, &self.root).await?
        };
        let cluster_id = storage::cluster_id();
        for (id, _) in (1..).zip(&self.shape.brokers) {
            let data = self.node(id).join("data");
            storage::lay_out(&format, &data, &cluster_id, id).map_err(Error::io("write", &data))?;
        }
        Ok(())
    }

    fn zookeeper(&self, java: &Java, port: u16) -> Result<ZooKeeper, Error> {
        let folder = self.root.join("zookeeper");
        create(&folder)?;
        let config = folder.join("zoo.cfg");
        write(&config, &properties::zookeeper(port, &folder.join("data")))?;
        let main = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
        let program = program(java, main, &config, &folder);
        let scram = Scram::new(java, port, &self.shape.secured.security.scram_users(), &folder);
        Ok(ZooKeeper::new(port, Member::new("ZooKeeper".into(), program), scram))
    }

    fn node(&self, id: i32) -> PathBuf {
        self.root.join(format!("node-{id}"))
    }
}

fn program(java: &Java, main: &str, config: &Path, folder: &Path) -> Program {
    let log = folder.join("log");
    Program {
        command: java.command(main, [OsString::from(config)]),
        input: "/dev/null".into(),
        output: Output::File(log.clone()),
        errors: log,
    }
}

fn create(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(Error::io("create", folder))
}

fn write(file: &Path, properties: &Properties) -> Result<(), Error> {
    fs::write(file, java_properties::text(properties)).map_err(Error::io("write", file))
}
