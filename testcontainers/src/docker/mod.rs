//! Kafka in Docker containers.
//!
//! ```text
//! start ─▶ host                          the daemon: is there one, and on this machine?
//!       ─▶ image                         is it here, or can it be pulled?
//!       ─▶ environment                   KAFKA_* variables, as `apache/kafka` reads them
//!       ─▶ cluster ─▶ member             one container each, on a network of their own
//! engine                                 the thread that all of this runs in
//! guard                                  removes it all, whatever happens
//! ```

mod cluster;
mod engine;
mod environment;
mod guard;
mod host;
mod image;
mod member;

use std::sync::Arc;

use testcontainers::bollard::Docker;

pub(crate) use cluster::Cluster;
pub(crate) use host::Host;

use crate::builder::Settings;
use crate::jvm::storage::cluster_id;
use crate::jvm::versions;
use crate::ports::{self, Port};
use crate::provider::Provider;
use crate::scratch::Scratch;
use crate::{Error, TestKafka, topics};
use cluster::{Belongings, Broker};
use environment::Shape;
use guard::Guard;
use image::Image;
use member::{Member, Recipe};

/// A daemon that answers and has the image.
#[derive(Debug)]
pub(crate) struct Ready {
    host: Host,
    docker: Docker,
    image: Image,
}

/// Looks for the daemon, and pulls the image if it is not here. There are none for old releases.
pub(crate) async fn prepare(settings: &Settings, image: Option<&str>) -> Result<Ready, Error> {
    settings.properties.iter().try_for_each(|(key, _)| environment::check(key))?;
    let version = versions::find_with_image(settings.release.version)?.version;
    let image = Image::of(image, version);
    let host = Host::find()?;
    let (docker, image) = engine::run(async move {
        let docker = engine::docker().await?;
        image.ensure(&docker).await?;
        Ok((docker, image))
    })
    .await?;
    Ok(Ready { host, docker, image })
}

/// Starts a cluster. Until it is returned, the `TestKafka` in here cleans up.
pub(crate) async fn start(ready: Ready, settings: Settings) -> Result<TestKafka, Error> {
    let cluster = Arc::new(lay_out(&ready, &settings)?);
    let kafka = TestKafka::new(Provider::Docker(Arc::clone(&cluster)));
    cluster.start().await?;
    topics::create(kafka.nodes(), &settings.topics, settings.ready_within).await?;
    Ok(kafka)
}

/// A cluster that nothing of runs yet, and its guard.
fn lay_out(ready: &Ready, settings: &Settings) -> Result<Cluster, Error> {
    let name = format!("kafka-sdk-{:016x}", fastrand::u64(..));
    let temp = std::env::temp_dir();
    let scratch = Scratch::new(&temp).map_err(Error::io("create a folder in", &temp))?;
    let guard =
        Guard::new(&ready.host, &name).map_err(Error::io("start a shell for", ready.host.command()))?;
    let ports = ports::claim(settings.nodes.len())?;
    let shape = Shape { name: &name, cluster_id: &cluster_id(), settings };
    let broker = |(id, port): (i32, &Port)| {
        let port = port.number();
        let recipe = Recipe {
            image: ready.image.clone(),
            cluster: name.clone(),
            name: environment::container(&name, id),
            variables: shape.variables(id, port),
            port,
        };
        let log = scratch.path().join(format!("node-{id}.log"));
        Broker::new(id, port, Member::new(format!("node {id}"), recipe, ready.docker.clone(), log))
    };
    let brokers = (1..).zip(&ports).map(broker).collect();
    let docker = ready.docker.clone();
    let belongings = Belongings { _guard: guard, _scratch: scratch, _ports: ports };
    Ok(Cluster::new(name, docker, settings.release, brokers, settings.ready_within, belongings))
}
