//! Brokers, the ZooKeeper of those that need one, and what is done to them.

use std::path::Path;
use std::slice;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use super::cache::Kit;
use super::java::Java;
use super::member::Member;
use super::plan::Plan;
use super::supervisor::Program;
use super::versions::{self, Release};
use super::zookeeper::ZooKeeper;
use crate::Error;
use crate::builder::Settings;
use crate::patience::Patience;
use crate::ports::Port;
use crate::ready;
use crate::scratch::Scratch;
use crate::security::Endpoint;

#[derive(Debug)]
pub(crate) struct Cluster {
    plan: Plan,
    release: &'static Release,
    brokers: Vec<Broker>,
    zookeeper: Option<ZooKeeper>,
    endpoints: Vec<Endpoint>,
    ready_within: Duration,
    belongings: Mutex<Option<(Scratch, Vec<Port>)>>,
}

#[derive(Debug)]
pub(crate) struct Broker {
    id: i32,
    address: String,
    release: Mutex<&'static Release>,
    member: Member,
    /// Held while it is killed, stopped or restarted.
    busy: tokio::sync::Mutex<()>,
}

impl Broker {
    pub(super) fn new(id: i32, port: u16, release: &'static Release, member: Member) -> Self {
        let (address, release) = (format!("127.0.0.1:{port}"), Mutex::new(release));
        Self { id, address, release, member, busy: tokio::sync::Mutex::default() }
    }

    /// What it runs as, or would.
    pub(crate) fn release(&self) -> &'static Release {
        *self.release.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run_as(&self, release: &'static Release, program: Program) {
        self.member.set_program(program);
        *self.release.lock().unwrap_or_else(PoisonError::into_inner) = release;
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

    pub(crate) fn pause(&self) -> Result<(), Error> {
        self.member.pause()
    }

    pub(crate) fn resume(&self) -> Result<(), Error> {
        self.member.resume()
    }
}

impl Cluster {
    pub(super) fn new(
        plan: Plan,
        brokers: Vec<Broker>,
        zookeeper: Option<ZooKeeper>,
        belongings: (Scratch, Vec<Port>),
        settings: &Settings,
    ) -> Self {
        Self {
            release: settings.release,
            brokers,
            zookeeper,
            endpoints: plan.endpoints(),
            plan,
            ready_within: settings.ready_within,
            belongings: Mutex::new(Some(belongings)),
        }
    }

    /// The release that the cluster was described with.
    pub(crate) fn release(&self) -> &'static Release {
        self.release
    }

    pub(crate) fn brokers(&self) -> &[Broker] {
        &self.brokers
    }

    /// The listeners with security.
    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Starts all, and waits until each lists all.
    pub(super) async fn start(&self) -> Result<(), Error> {
        let patience = Patience::new(self.ready_within);
        if let Some(zookeeper) = &self.zookeeper {
            zookeeper.start(patience).await?;
        }
        self.brokers.iter().try_for_each(|broker| broker.member.start())?;
        for broker in &self.brokers {
            self.until_ready(broker, patience, &self.brokers).await?;
        }
        Ok(())
    }

    pub(crate) async fn kill(&self, broker: &Broker) -> Result<(), Error> {
        let _turn = broker.busy.lock().await;
        broker.member.kill().await.map(drop)
    }

    pub(crate) async fn stop(&self, broker: &Broker) -> Result<(), Error> {
        let _turn = broker.busy.lock().await;
        let ended = broker.member.terminate()?;
        let after = self.ready_within;
        timeout(after, ended).await.map_err(|_| Error::NotStopped {
            who: broker.member.who(),
            after,
            log: broker.member.log_tail(),
        })?;
        broker.member.kill().await.map(drop)
    }

    pub(crate) async fn restart(&self, broker: &Broker) -> Result<(), Error> {
        let _turn = broker.busy.lock().await;
        broker.member.kill().await?;
        self.start_again(broker).await
    }

    /// As [`restart`](Self::restart), as another release.
    pub(crate) async fn restart_as(&self, broker: &Broker, version: &str) -> Result<(), Error> {
        let release = versions::find(version)?;
        self.can_be(broker, release)?;
        let java = Java::new(Kit::get(release).await?)?;
        let _turn = broker.busy.lock().await;
        broker.member.kill().await?;
        broker.run_as(release, self.plan.broker_program(&java, broker.id)?);
        self.start_again(broker).await
    }

    /// What a cluster has written, releases before its oldest one do not read.
    fn can_be(&self, broker: &Broker, release: &'static Release) -> Result<(), Error> {
        let refused = |trouble| {
            Err(Error::NotRestartable { who: broker.member.who(), version: release.version, trouble })
        };
        let shape = self.plan.shape();
        if let Err(error) = release.supports(shape.mode()) {
            return refused(error.to_string());
        }
        if release.number < shape.oldest.number {
            let oldest = shape.oldest.version;
            return refused(format!("the cluster's metadata is that of {oldest}, which it does not read"));
        }
        Ok(())
    }

    async fn start_again(&self, broker: &Broker) -> Result<(), Error> {
        let patience = Patience::new(self.ready_within);
        if let Some(zookeeper) = &self.zookeeper {
            zookeeper.until_forgotten(broker.id, patience).await?;
        }
        broker.member.start()?;
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
            for broker in watched {
                broker.member.check().await?;
            }
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

    /// Ends every process and gives the folder and the ports back. Neither waits nor needs a runtime.
    pub(crate) fn end(&self) {
        self.brokers.iter().for_each(|broker| broker.member.end());
        if let Some(zookeeper) = &self.zookeeper {
            zookeeper.end();
        }
        self.belongings.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
