//! The storage of KRaft nodes, formatted.
//!
//! Kafka formats storage by a tool, 0.6 s of Java for each node. What the tool writes is the same for all nodes but
//! for the identity in `meta.properties`: so it runs once, when a release is fetched, and each node gets a copy of
//! its files and an identity of its own. (A node without a `directory.id` gives itself one.)

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::cache::Kit;
use super::fetch::run;
use super::java::Java;
use super::properties::{Place, Shape};
use super::scram;
use super::security::Secured;
use super::versions::Release;
use crate::Error;
use crate::java_properties::text;
use crate::security::Login;

const IDENTITY: &str = "meta.properties";

/// A cluster id: what Kafka makes by base64 out of 16 random bytes.
pub(crate) fn cluster_id() -> String {
    (0..21).map(|_| fastrand::alphanumeric()).chain(['A']).collect()
}

/// Runs the tool and keeps what it wrote, in the kit.
pub(super) async fn make_format(kit: &Kit, scratch: &Path) -> Result<(), Error> {
    let version = kit.release.version;
    let formatted = format(&Java::new(kit.clone())?, &kit.format(), scratch, &[]).await?;
    formatted.map_err(|log| Error::Format { version, log })
}

/// Runs the tool once more, for storage that knows users of SCRAM from the beginning (KIP-900): there is no other way to
/// have them before the first client comes. Answers where it is.
pub(super) async fn format_with_scram(
    java: &Java,
    users: &[Vec<&Login>],
    scratch: &Path,
) -> Result<PathBuf, Error> {
    let (version, folder) = (java.kit.release.version, scratch.join("format"));
    let formatted = format(java, &folder, scratch, &scram::for_storage(users)).await?;
    formatted.map_err(|log| Error::Scram { version, log: scram::without_passwords(log, users) })?;
    Ok(folder)
}

async fn format(
    java: &Java,
    folder: &Path,
    scratch: &Path,
    more: &[String],
) -> Result<Result<(), String>, Error> {
    let config = scratch.join("format.properties");
    fs::write(&config, config_text(java.kit.release, folder)).map_err(Error::io("write", &config))?;
    let args = ["format".into(), "-t".into(), cluster_id().into(), "-c".into(), config.into_os_string()];
    let args = args.into_iter().chain(more.iter().map(OsString::from));
    let command = java.command("kafka.tools.StorageTool", args);
    let formatted = run(command, &scratch.join("format.log")).await?;
    let identity = folder.join(IDENTITY);
    if formatted.is_ok() {
        fs::remove_file(&identity).map_err(Error::io("remove", &identity))?;
    }
    Ok(formatted)
}

fn config_text(release: &'static Release, folder: &Path) -> String {
    let place = Place { client: 1, internal: 2, controller: 3, ..Place::default() };
    let shape = Shape {
        oldest: release,
        brokers: vec![place],
        zookeeper: None,
        secured: Secured::none(),
        overrides: Vec::new(),
    };
    text(&shape.broker(release, 1, folder))
}

/// Gives a node its storage, a copy of that format.
pub(super) fn lay_out(format: &Path, data: &Path, cluster_id: &str, id: i32) -> std::io::Result<()> {
    copy(format, data)?;
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
