//! The properties files that brokers and ZooKeeper read.

use std::fmt::Write;
use std::path::Path;

use super::security::Secured;
use super::versions::{Mode, Release};
use crate::Error;
use crate::java_properties::Properties;

/// Without these, or with others, the nodes would not find each other or their data.
const OURS: &[&str] = &[
    "broker.id",
    "controller.listener.names",
    "controller.quorum.bootstrap.servers",
    "controller.quorum.voters",
    "inter.broker.listener.name",
    "listener.security.protocol.map",
    "listeners",
    "log.dir",
    "log.dirs",
    "metadata.log.dir",
    "node.id",
    "process.roles",
    "zookeeper.connect",
];

/// Where one broker is: its ports and its rack.
#[derive(Debug, Default)]
pub(super) struct Place {
    pub(super) client: u16,
    pub(super) internal: u16,
    /// Of no use in ZooKeeper mode.
    pub(super) controller: u16,
    /// Of the listeners with security, in their order.
    pub(super) secured: Vec<u16>,
    pub(super) rack: Option<String>,
}

/// What the brokers of a cluster have to know of each other.
#[derive(Debug)]
pub(super) struct Shape {
    /// The oldest release among those that the cluster started with.
    pub(super) oldest: &'static Release,
    /// Of the nodes 1, 2 and so on.
    pub(super) brokers: Vec<Place>,
    /// The port of its ZooKeeper; with KRaft there is none.
    pub(super) zookeeper: Option<u16>,
    pub(super) secured: Secured,
    pub(super) overrides: Vec<(String, String)>,
}

/// Refuses a property that the cluster itself sets.
pub(crate) fn check(key: &str) -> Result<(), Error> {
    if OURS.contains(&key) { Err(Error::Property { key: key.into() }) } else { Ok(()) }
}

impl Shape {
    pub(super) fn mode(&self) -> Mode {
        if self.zookeeper.is_some() { Mode::ZooKeeper } else { Mode::KRaft }
    }

    pub(super) fn place(&self, id: i32) -> &Place {
        &self.brokers[id as usize - 1]
    }

    /// The properties of one broker, the caller's own last.
    pub(super) fn broker(&self, release: &Release, id: i32, data: &Path) -> Properties {
        let mut properties = Properties::new();
        let mut set = |key: &str, value: &dyn ToString| {
            properties.insert(key.to_owned(), value.to_string());
        };
        self.identity(id, &mut set);
        self.listeners(self.place(id), &mut set);
        self.secured.set(release, self.mode(), &mut set);
        set("log.dirs", &data.display());
        let rack = match &self.place(id).rack {
            Some(rack) => Some(rack.clone()),
            None => (self.brokers.len() > 1).then(|| format!("rack-{id}")),
        };
        tune(release, self.mode(), self.brokers.len(), &mut properties);
        rack.into_iter().for_each(|rack| set_rack(release, &rack, &mut properties));
        properties.extend(self.overrides.iter().cloned());
        properties
    }

    fn identity(&self, id: i32, set: &mut impl FnMut(&str, &dyn ToString)) {
        match self.zookeeper {
            None => {
                set("process.roles", &"broker,controller");
                set("node.id", &id);
                set("controller.quorum.voters", &self.voters());
                set("controller.listener.names", &"CONTROLLER");
            }
            Some(port) => {
                set("broker.id", &id);
                set("zookeeper.connect", &format!("127.0.0.1:{port}"));
                // What the oldest understands; with KRaft, the format of the storage says this.
                let (major, minor) = self.oldest.number;
                set("inter.broker.protocol.version", &format!("{major}.{minor}"));
            }
        }
    }

    fn voters(&self) -> String {
        let voter = |(id, place): (i32, &Place)| format!("{id}@127.0.0.1:{}", place.controller);
        (1..).zip(&self.brokers).map(voter).collect::<Vec<_>>().join(",")
    }

    /// Clients and brokers have listeners of their own, so that what stands between a client and a broker in a test
    /// does not stand between two brokers.
    fn listeners(&self, place: &Place, set: &mut impl FnMut(&str, &dyn ToString)) {
        let mut advertised =
            format!("CLIENT://127.0.0.1:{},INTERNAL://127.0.0.1:{}", place.client, place.internal);
        let mut protocols = String::from("CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT");
        for (listener, port) in self.secured.security.listeners.iter().zip(&place.secured) {
            let name = listener.protocol().name();
            let _ = write!(advertised, ",{name}://127.0.0.1:{port}");
            let _ = write!(protocols, ",{name}:{name}");
        }
        match self.mode() {
            Mode::KRaft => {
                set("listeners", &format!("{advertised},CONTROLLER://127.0.0.1:{}", place.controller))
            }
            Mode::ZooKeeper => set("listeners", &advertised),
        }
        set("advertised.listeners", &advertised);
        set("inter.broker.listener.name", &"INTERNAL");
        set("listener.security.protocol.map", &protocols);
    }
}

/// What all kinds of clusters are set to, whatever their nodes are reached by.
pub(crate) fn tune(release: &Release, mode: Mode, nodes: usize, properties: &mut Properties) {
    let mut set = |key: &str, value: &dyn ToString| {
        properties.insert(key.to_owned(), value.to_string());
    };
    internal_topics(release, nodes, &mut set);
    quick_faults(mode, &mut set);
}

/// Each of several nodes is in a rack of its own, unless told otherwise.
pub(crate) fn set_rack(release: &Release, rack: &str, properties: &mut Properties) {
    properties.insert("broker.rack".to_owned(), rack.to_owned());
    if release.number >= (2, 4) {
        let selector = "org.apache.kafka.common.replica.RackAwareReplicaSelector";
        properties.insert("replica.selector.class".to_owned(), selector.to_owned());
    }
}

fn internal_topics(release: &Release, nodes: usize, set: &mut impl FnMut(&str, &dyn ToString)) {
    let factor = nodes.min(3);
    let in_sync = factor.div_ceil(2);
    set("default.replication.factor", &factor);
    set("min.insync.replicas", &in_sync);
    set("offsets.topic.replication.factor", &factor);
    set("offsets.topic.num.partitions", &3);
    set("transaction.state.log.replication.factor", &factor);
    set("transaction.state.log.min.isr", &in_sync);
    set("transaction.state.log.num.partitions", &3);
    if release.number >= (4, 0) {
        set("share.coordinator.state.topic.replication.factor", &factor);
        set("share.coordinator.state.topic.min.isr", &in_sync);
        set("share.coordinator.state.topic.num.partitions", &3);
    }
}

/// A dead broker is noticed in 3 seconds, and groups start without a wait: tests have no minute to spare.
fn quick_faults(mode: Mode, set: &mut impl FnMut(&str, &dyn ToString)) {
    set("group.initial.rebalance.delay.ms", &0);
    set("group.min.session.timeout.ms", &1000);
    set("replica.lag.time.max.ms", &3000);
    set("transaction.abort.timed.out.transaction.cleanup.interval.ms", &1000);
    set("log.retention.check.interval.ms", &1000);
    match mode {
        Mode::KRaft => {
            set("broker.session.timeout.ms", &3000);
            set("broker.heartbeat.interval.ms", &500);
            set("controller.quorum.election.timeout.ms", &500);
        }
        Mode::ZooKeeper => set("zookeeper.session.timeout.ms", &3000),
    }
}

/// The properties of a ZooKeeper. Its short tick allows sessions of 1 to 10 seconds.
pub(super) fn zookeeper(port: u16, data: &Path) -> Properties {
    let pairs = [
        ("dataDir", data.display().to_string()),
        ("clientPort", port.to_string()),
        ("clientPortAddress", "127.0.0.1".into()),
        ("maxClientCnxns", "0".into()),
        ("admin.enableServer", "false".into()),
        ("tickTime", "500".into()),
        ("4lw.commands.whitelist", "srvr,dump".into()),
    ];
    pairs.into_iter().map(|(key, value)| (key.into(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::versions::find;
    use super::*;

    fn shape(version: &str, nodes: usize, zookeeper: Option<u16>) -> Shape {
        let brokers = (0..nodes).map(|_| Place::default()).collect();
        let overrides = vec![("replica.lag.time.max.ms".to_owned(), "9".to_owned())];
        Shape { oldest: find(version).unwrap(), brokers, zookeeper, secured: Secured::none(), overrides }
    }

    fn broker(shape: &Shape, version: &str) -> Properties {
        shape.broker(find(version).unwrap(), 1, Path::new("/data"))
    }

    #[test]
    fn three_nodes_replicate_and_one_does_not() {
        for (nodes, factor, in_sync) in [(1, "1", "1"), (2, "2", "1"), (3, "3", "2"), (4, "3", "2")] {
            let properties = broker(&shape("4.4.0", nodes, None), "4.4.0");
            assert_eq!(properties["offsets.topic.replication.factor"], factor);
            assert_eq!(properties["transaction.state.log.min.isr"], in_sync);
            assert_eq!(properties["controller.quorum.voters"].split(',').count(), nodes);
        }
    }

    #[test]
    fn the_callers_properties_win() {
        let properties = broker(&shape("2.1.1", 1, Some(7)), "2.1.1");
        assert_eq!(properties["replica.lag.time.max.ms"], "9");
        assert_eq!(properties["zookeeper.connect"], "127.0.0.1:7");
        assert!(!properties.contains_key("node.id"));
    }

    #[test]
    fn newer_nodes_speak_as_the_oldest_does() {
        let properties = broker(&shape("2.1.1", 1, Some(7)), "3.9.2");
        assert_eq!(properties["inter.broker.protocol.version"], "2.1");
        let properties = broker(&shape("3.9.2", 1, None), "4.4.0");
        assert!(!properties.contains_key("inter.broker.protocol.version"));
    }

    #[test]
    fn racks_are_as_told_or_one_for_each_node() {
        let mut shape = shape("4.4.0", 2, None);
        assert_eq!(broker(&shape, "4.4.0")["broker.rack"], "rack-1");
        shape.brokers[0].rack = Some("a".into());
        assert_eq!(broker(&shape, "4.4.0")["broker.rack"], "a");
        shape.brokers.truncate(1);
        shape.brokers[0].rack = None;
        assert!(!broker(&shape, "4.4.0").contains_key("broker.rack"));
    }

    #[test]
    fn what_the_cluster_sets_is_refused() {
        assert!(check("log.dirs").unwrap_err().to_string().contains("`log.dirs`"));
        assert!(check("auto.create.topics.enable").is_ok());
    }
}
