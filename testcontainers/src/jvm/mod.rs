//! Kafka as local Java processes.
//!
//! ```text
//! start ─▶ cache ─▶ fetch (pom, storage, archive)   the jars of the release, and what is prepared out of them
//!       ─▶ plan (properties, security, storage)     the folder: properties, certificates, formatted storage, logs
//!       ─▶ cluster ─▶ member ─▶ supervisor          brokers, and ZooKeeper for releases before 3.3
//! tools ─▶ supervisor                               Kafka's own programs, to be run against the cluster
//! ```

mod archive;
mod cache;
mod cluster;
mod fetch;
mod java;
mod member;
mod plan;
mod pom;
pub(crate) mod properties;
mod scram;
pub(crate) mod security;
pub(crate) mod storage;
mod supervisor;
pub(crate) mod tools;
pub(crate) mod versions;
mod zookeeper;

use std::sync::Arc;

pub(crate) use cluster::Cluster;

use crate::builder::Settings;
use crate::provider::Provider;
use crate::{Error, TestKafka, programs, topics};
use cache::Kit;
use java::Java;

/// Starts a cluster. Until it is returned, the `TestKafka` in here cleans up.
pub(crate) async fn start(settings: Settings) -> Result<TestKafka, Error> {
    programs::java().ok_or(Error::NoJava)?;
    let mut javas = Vec::new();
    for node in &settings.nodes {
        javas.push(Java::new(Kit::get(node.release).await?)?);
    }
    let kafka = launch(&javas, &settings).await?;
    topics::create(kafka.nodes(), &settings.topics, settings.ready_within).await?;
    Ok(kafka)
}

async fn launch(javas: &[Java], settings: &Settings) -> Result<TestKafka, Error> {
    let cluster = Arc::new(plan::lay_out(javas, settings).await?);
    let kafka = TestKafka::new(Provider::Jvm(Arc::clone(&cluster)));
    cluster.start().await?;
    Ok(kafka)
}

/// Whether a release can be started here.
#[cfg(feature = "docker")]
pub(crate) fn possible(release: &'static versions::Release) -> Result<(), Error> {
    programs::java().ok_or(Error::NoJava)?;
    let has_jars = programs::mvn().is_some() || Kit::cached(release).is_some();
    if has_jars { Ok(()) } else { Err(Error::NoMaven { version: release.version }) }
}

/// Whether all that Maven would fetch is in the cache.
pub(crate) fn can_do_without_maven() -> bool {
    versions::RELEASES.iter().all(|release| Kit::cached(release).is_some())
}
