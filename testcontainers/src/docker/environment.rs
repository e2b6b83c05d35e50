//! The environment of a container, which `apache/kafka` makes its `server.properties` of.

use crate::Error;
use crate::builder::Settings;
use crate::java_properties::{Properties, escape};
use crate::jvm::properties::{set_rack, tune};

/// Where each listener is inside of a container.
pub(super) const CLIENT: u16 = 9092;
const INTERNAL: u16 = 19092;
const CONTROLLER: u16 = 29093;

/// As small and quick to start as the local processes are.
const JAVA: [(&str, &str); 3] = [
    ("KAFKA_HEAP_OPTS", "-Xms128m -Xmx512m"),
    ("KAFKA_JVM_PERFORMANCE_OPTS", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"),
    // Names are looked up anew each time: a node that is restarted may have another address.
    ("KAFKA_OPTS", "-Dsun.net.inetaddr.ttl=0 -Dsun.net.inetaddr.negative.ttl=0"),
];

/// What the containers of a cluster have in common.
#[derive(Debug)]
pub(super) struct Shape<'a> {
    /// The cluster's name, which the names of its containers begin with.
    pub(super) name: &'a str,
    pub(super) cluster_id: &'a str,
    pub(super) settings: &'a Settings,
}

/// Refuses a property that has no name as a variable.
pub(super) fn check(key: &str) -> Result<(), Error> {
    let expressible = |letter| matches!(letter, 'a'..='z' | '0'..='9' | '.' | '-' | '_');
    if key.chars().all(expressible) { Ok(()) } else { Err(Error::Variable { key: key.into() }) }
}

/// The container of a node, which is its name in the network too.
pub(super) fn container(cluster: &str, id: i32) -> String {
    format!("{cluster}-{id}")
}

impl Shape<'_> {
    /// The variables of one container.
    pub(super) fn variables(&self, id: i32, port: u16) -> Vec<(String, String)> {
        let properties = self.properties(id, port);
        let rendered = properties.iter().map(|(key, value)| (variable(key), escaped(value)));
        let fixed = JAVA.into_iter().chain([("CLUSTER_ID", self.cluster_id)]);
        rendered.chain(fixed.map(|(name, value)| (name.into(), value.into()))).collect()
    }

    /// The properties of one broker, the caller's own last.
    fn properties(&self, id: i32, port: u16) -> Properties {
        let container = container(self.name, id);
        let ours = [
            ("process.roles", "broker,controller".into()),
            ("node.id", id.to_string()),
            ("controller.quorum.voters", self.voters()),
            ("controller.listener.names", "CONTROLLER".into()),
            ("listeners", listeners()),
            ("advertised.listeners", format!("CLIENT://127.0.0.1:{port},INTERNAL://{container}:{INTERNAL}")),
            ("inter.broker.listener.name", "INTERNAL".into()),
            (
                "listener.security.protocol.map",
                "CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT".into(),
            ),
        ];
        let mut properties = ours.into_iter().map(|(key, value)| (key.into(), value)).collect();
        let (release, nodes) = (self.settings.release, self.settings.nodes.len());
        tune(release, release.mode, nodes, &mut properties);
        if nodes > 1 {
            set_rack(release, &self.rack(id), &mut properties);
        }
        properties.extend(self.settings.properties.iter().cloned());
        properties
    }

    fn rack(&self, id: i32) -> String {
        let node = usize::try_from(id - 1).ok().and_then(|index| self.settings.nodes.get(index));
        node.and_then(|node| node.rack.clone()).unwrap_or_else(|| format!("rack-{id}"))
    }

    fn voters(&self) -> String {
        let voter = |id| format!("{id}@{}:{CONTROLLER}", container(self.name, id));
        (1..).take(self.settings.nodes.len()).map(voter).collect::<Vec<_>>().join(",")
    }
}

fn listeners() -> String {
    format!("CLIENT://0.0.0.0:{CLIENT},INTERNAL://0.0.0.0:{INTERNAL},CONTROLLER://0.0.0.0:{CONTROLLER}")
}

/// `_` is for a dot, and stands for itself when doubled.
fn variable(key: &str) -> String {
    let name = key.replace('_', "__").replace('-', "___").replace('.', "_");
    format!("KAFKA_{}", name.to_uppercase())
}

/// The image writes values into a properties file as they are.
fn escaped(value: &str) -> String {
    let mut text = String::new();
    escape(&mut text, value, false);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_have_the_names_that_the_image_reads() {
        assert_eq!(variable("log.retention.check.interval.ms"), "KAFKA_LOG_RETENTION_CHECK_INTERVAL_MS");
        assert_eq!(variable("listener.name.a-b.c_d"), "KAFKA_LISTENER_NAME_A___B_C__D");
        assert!(check("listener.name.a-b.c_d").is_ok());
        assert!(check("Listener").unwrap_err().to_string().contains("`Listener`"));
    }
}
