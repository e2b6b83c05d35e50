//! The storage of KRaft nodes, formatted.
//!
//! Kafka formats storage by a tool, 0.6 s of Java for each node. What the tool writes is the same for all nodes but
//! for the identity in `meta.properties`: so it runs once, when a release is fetched, and each node gets a copy of
//! its files and an identity of its own. (A node without a `directory.id` gives itself one.)

use std::fs;
use std::path::Path;

use super::cache::Kit;
use super::fetch::run;
use super::java::Java;
use super::properties::{BrokerPorts, Shape, text};
use crate::Error;

const IDENTITY: &str = "meta.properties";

/// A cluster id: what Kafka makes by base64 out of 16 random bytes.
pub(super) fn cluster_id() -> String {
    (0..21).map(|_| fastrand::alphanumeric()).chain(['A']).collect()
}

/// Runs the tool and keeps what it wrote, in the kit.
pub(super) async fn make_format(kit: &Kit, scratch: &Path) -> Result<(), Error> {
    let java = Java::new(kit.clone())?;
    let config = scratch.join("format.properties");
    fs::write(&config, config_text(kit)).map_err(Error::io("write", &config))?;
    let args = ["format".into(), "-t".into(), cluster_id().into(), "-c".into(), config.into_os_string()];
    let command = java.command("kafka.tools.StorageTool", args);
    let version = kit.release.version;
    run(command, &scratch.join("format.log")).await?.map_err(|log| Error::Format { version, log })?;
    let identity = kit.format().join(IDENTITY);
    fs::remove_file(&identity).map_err(Error::io("remove", &identity))
}

fn config_text(kit: &Kit) -> String {
    let ports = BrokerPorts { client: 1, internal: 2, controller: 3 };
    let shape = Shape { release: kit.release, brokers: &[ports], zookeeper: None, overrides: &[] };
    text(&shape.broker(1, ports, &kit.format()))
}

/// Gives a node its storage.
pub(super) fn lay_out(kit: &Kit, data: &Path, cluster_id: &str, id: i32) -> std::io::Result<()> {
    copy(&kit.format(), data)?;
    fs::write(data.join(IDENTITY), format!("version=1\ncluster.id={cluster_id}\nnode.id={id}\n"))
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
