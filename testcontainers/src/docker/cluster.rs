//! The containers of a cluster, and what is done to them.

use std::path::Path;
use std::slice;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::try_join_all;
use testcontainers::bollard::Docker;
use testcontainers::bollard::errors::Error as DockerError;
use testcontainers::bollard::models::NetworkCreateRequest;
use tokio::time::timeout;

use super::engine::{self, trouble};
use super::guard::{Guard, labels};
use super::member::Member;
use crate::Error;
use crate::jvm::versions::Release;
use crate::patience::Patience;
use crate::ports::Port;
use crate::ready;
use crate::scratch::Scratch;

#[derive(Debug)]
pub(crate) struct Cluster {
    name: String,
    docker: Docker,
    release: &'static Release,
    brokers: Vec<Broker>,
    ready_within: Duration,
    belongings: Mutex<Option<Belongings>>,
}

/// What a cluster gives back in the end. The guard comes first.
#[derive(Debug)]
pub(super) struct Belongings {
    pub(super) _guard: Guard,
    pub(super) _scratch: Scratch,
    pub(super) _ports: Vec<Port>,
}

#[derive(Debug)]
pub(crate) struct Broker {
    id: i32,
    address: String,
    member: Arc<Member>,
    /// Held while it is killed, stopped or restarted.
    busy: Arc<tokio::sync::Mutex<()>>,
}

impl Broker {
    pub(super) fn new(id: i32, port: u16, member: Member) -> Self {
        Self { id, address: format!("127.0.0.1:{port}"), member: Arc::new(member), busy: Arc::default() }
    }

    pub(crate) fn id(&self) -> i32 {
        self.id
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn log(&self) -> &Path {
        self.member.log()
    }

    pub(crate) fn is_running(&self) -> bool {
        self.member.is_running()
    }

    /// Docker does it in some 20 ms.
    pub(crate) fn pause(&self) -> Result<(), Error> {
        let member = Arc::clone(&self.member);
        engine::block(async move { member.pause().await })
    }

    pub(crate) fn resume(&self) -> Result<(), Error> {
        let member = Arc::clone(&self.member);
        engine::block(async move { member.resume().await })
    }

    async fn start(&self) -> Result<(), Error> {
        let member = Arc::clone(&self.member);
        engine::run(async move { member.start().await }).await
    }

    async fn kill(&self) -> Result<(), Error> {
        let member = Arc::clone(&self.member);
        engine::finish(async move { member.kill().await }).await
    }
}

impl Cluster {
    pub(super) fn new(
        name: String,
        docker: Docker,
        release: &'static Release,
        brokers: Vec<Broker>,
        ready_within: Duration,
        belongings: Belongings,
    ) -> Self {
        Self { name, docker, release, brokers, ready_within, belongings: Mutex::new(Some(belongings)) }
    }

    pub(crate) fn release(&self) -> &'static Release {
        self.release
    }

    pub(crate) fn brokers(&self) -> &[Broker] {
        &self.brokers
    }

    /// Starts all, and waits until each lists all.
    pub(super) async fn start(&self) -> Result<(), Error> {
        let patience = Patience::new(self.ready_within);
        self.create_network().await?;
        try_join_all(self.brokers.iter().map(Broker::start)).await?;
        for broker in &self.brokers {
            self.until_ready(broker, patience, &self.brokers).await?;
        }
        Ok(())
    }

    /// The crate would create it by itself, without the label.
    async fn create_network(&self) -> Result<(), Error> {
        let docker = self.docker.clone();
        let network = NetworkCreateRequest {
            name: self.name.clone(),
            labels: Some(labels(&self.name)),
            ..Default::default()
        };
        let failed = |error: DockerError| trouble("create a network", error);
        engine::run(async move { docker.create_network(network).await.map(drop).map_err(failed) }).await
    }

    pub(crate) async fn kill(&self, broker: &Broker) -> Result<(), Error> {
        let _turn = broker.busy.lock().await;
        broker.kill().await
    }

    pub(crate) async fn stop(&self, broker: &Broker) -> Result<(), Error> {
        let _turn = broker.busy.lock().await;
        let member = Arc::clone(&broker.member);
        let ended = engine::finish(async move { member.terminate().await }).await?;
        let after = self.ready_within;
        timeout(after, ended).await.map_err(|_| Error::NotStopped {
            who: broker.member.who(),
            after,
            log: broker.member.log_tail(),
        })
    }

    pub(crate) async fn restart(&self, broker: &Broker) -> Result<(), Error> {
        let _turn = broker.busy.lock().await;
        broker.kill().await?;
        let patience = Patience::new(self.ready_within);
        broker.start().await?;
        self.until_ready(broker, patience, slice::from_ref(broker)).await
    }

    /// Waits until a broker lists every broker that runs. Fails at once if one of `watched` ends.
    async fn until_ready(
        &self,
        broker: &Broker,
        patience: Patience,
        watched: &[Broker],
    ) -> Result<(), Error> {
        loop {
            watched.iter().try_for_each(|broker| broker.member.check())?;
            let Err(trouble) = ready::look(&broker.address, &self.running()).await else { return Ok(()) };
            if !patience.another().await {
                let (who, log) = (broker.member.who(), broker.member.log_tail());
                return Err(Error::NotReady { who, after: patience.total(), trouble, log });
            }
        }
    }

    fn running(&self) -> Vec<i32> {
        self.brokers.iter().filter(|broker| broker.is_running()).map(Broker::id).collect()
    }

    /// Has the guard remove everything, and gives the folder and the ports back. Neither waits nor needs a runtime.
    pub(crate) fn end(&self) {
        self.brokers.iter().for_each(|broker| broker.member.end());
        self.belongings.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
