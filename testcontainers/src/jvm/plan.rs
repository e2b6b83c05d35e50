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
use super::properties::{self, BrokerPorts, Properties, Shape};
use super::scratch::Scratch;
use super::storage;
use super::supervisor::{Output, Program};
use super::versions::Mode;
use super::zookeeper::ZooKeeper;
use crate::Error;
use crate::builder::Settings;
use crate::ports::{self, Port};

/// Lays out the folder of a cluster that nothing of runs yet.
pub(super) fn lay_out(java: Java, settings: &Settings) -> Result<Cluster, Error> {
    let temp = std::env::temp_dir();
    let scratch = Scratch::new(&temp).map_err(Error::io("create a folder in", &temp))?;
    let claimed = ports::claim(3 * settings.nodes + 1)?;
    let (zookeeper_port, broker_ports) = share_out(&claimed, settings.nodes);
    let zookeeper = (settings.release.mode == Mode::ZooKeeper).then_some(zookeeper_port);
    let plan = Plan {
        java: &java,
        root: scratch.path(),
        cluster_id: storage::cluster_id(),
        shape: Shape {
            release: settings.release,
            brokers: &broker_ports,
            zookeeper,
            overrides: &settings.properties,
        },
    };
    let zookeeper = zookeeper.map(|port| plan.zookeeper(port)).transpose()?;
    let brokers =
        (1..).zip(&broker_ports).map(|(id, &ports)| plan.broker(id, ports)).collect::<Result<_, _>>()?;
    Ok(Cluster::new(java, scratch, claimed, zookeeper, brokers, settings.ready_within))
}

/// One port for ZooKeeper, three for each broker.
fn share_out(claimed: &[Port], nodes: usize) -> (u16, Vec<BrokerPorts>) {
    let mut numbers = claimed.iter().map(Port::number);
    let mut next = || numbers.next().unwrap_or_default();
    let zookeeper = next();
    let broker = |_| BrokerPorts { client: next(), internal: next(), controller: next() };
    (zookeeper, (0..nodes).map(broker).collect())
}

struct Plan<'a> {
    java: &'a Java,
    root: &'a Path,
    cluster_id: String,
    shape: Shape<'a>,
}

impl Plan<'_> {
    fn broker(&self, id: i32, ports: BrokerPorts) -> Result<Broker, Error> {
        let folder = self.folder(&format!("node-{id}"))?;
        let data = folder.join("data");
        if self.shape.release.mode == Mode::KRaft {
            let kit = &self.java.kit;
            storage::lay_out(kit, &data, &self.cluster_id, id).map_err(Error::io("write", &data))?;
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
        Ok(ZooKeeper::new(port, Member::new("ZooKeeper".into(), program)))
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
    fs::write(file, properties::text(properties)).map_err(Error::io("write", file))
}
