//! Who runs the brokers. All that differs between the kinds of clusters is behind this.

use std::path::Path;
use std::sync::Arc;

#[cfg(feature = "docker")]
use crate::docker;
use crate::jvm::versions::{self, Release};
use crate::rules::{Armed, Rule};
use crate::{Endpoint, Error, embedded, jvm};

/// A cluster of one of the kinds. Clones are the same cluster.
#[derive(Debug, Clone)]
pub(crate) enum Provider {
    Jvm(Arc<jvm::Cluster>),
    #[cfg(feature = "docker")]
    Docker(Arc<docker::Cluster>),
    Embedded(Arc<embedded::Cluster>),
}

impl Provider {
    pub(crate) fn version(&self) -> &str {
        match self {
            Self::Jvm(cluster) => cluster.release().version,
            #[cfg(feature = "docker")]
            Self::Docker(cluster) => cluster.release().version,
            Self::Embedded(cluster) => cluster.version(),
        }
    }

    /// The version of one node.
    pub(crate) fn version_of(&self, index: usize) -> &str {
        match self {
            Self::Jvm(cluster) => cluster.brokers()[index].release().version,
            #[cfg(feature = "docker")]
            Self::Docker(cluster) => cluster.release().version,
            Self::Embedded(cluster) => cluster.version(),
        }
    }

    /// The release whose tools go with the brokers.
    pub(crate) fn tools(&self) -> &'static Release {
        match self {
            Self::Jvm(cluster) => cluster.release(),
            #[cfg(feature = "docker")]
            Self::Docker(cluster) => cluster.release(),
            Self::Embedded(_) => versions::newest(),
        }
    }

    /// How many nodes there are.
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Jvm(cluster) => cluster.brokers().len(),
            #[cfg(feature = "docker")]
            Self::Docker(cluster) => cluster.brokers().len(),
            Self::Embedded(cluster) => cluster.count(),
        }
    }

    pub(crate) fn id(&self, index: usize) -> i32 {
        match self {
            Self::Jvm(cluster) => cluster.brokers()[index].id(),
            #[cfg(feature = "docker")]
            Self::Docker(cluster) => cluster.brokers()[index].id(),
            Self::Embedded(cluster) => cluster.id(index),
        }
    }

    pub(crate) fn address(&self, index: usize) -> &str {
        match self {
            Self::Jvm(cluster) => cluster.brokers()[index].address(),
            #[cfg(feature = "docker")]
            Self::Docker(cluster) => cluster.brokers()[index].address(),
            Self::Embedded(cluster) => cluster.address(index),
        }
    }

    pub(crate) fn is_running(&self, index: usize) -> bool {
        match self {
            Self::Jvm(cluster) => cluster.brokers()[index].is_running(),
            #[cfg(feature = "docker")]
            Self::Docker(cluster) => cluster.brokers()[index].is_running(),
            Self::Embedded(cluster) => cluster.is_running(index),
        }
    }

    pub(crate) async fn kill(&self, index: usize) -> Result<(), Error> {
        match self {
            Self::Jvm(cluster) => cluster.kill(&cluster.brokers()[index]).await,
            #[cfg(feature = "docker")]
            Self::Docker(cluster) => cluster.kill(&cluster.brokers()[index]).await,
            Self::Embedded(cluster) => cluster.kill(index).await,
        }
    }

    pub(crate) async fn stop(&self, index: usize) -> Result<(), Error> {
        match self {
            Self::Jvm(cluster) => cluster.stop(&cluster.brokers()[index]).await,
            #[cfg(feature = "docker")]
            Self::Docker(cluster) => cluster.stop(&cluster.brokers()[index]).await,
            Self::Embedded(cluster) => cluster.stop(index).await,
        }
    }

    pub(crate) async fn restart(&self, index: usize) -> Result<(), Error> {
        match self {
            Self::Jvm(cluster) => cluster.restart(&cluster.brokers()[index]).await,
            #[cfg(feature = "docker")]
            Self::Docker(cluster) => cluster.restart(&cluster.brokers()[index]).await,
            Self::Embedded(cluster) => cluster.restart(index).await,
        }
    }

    pub(crate) async fn restart_as(&self, index: usize, version: &str) -> Result<(), Error> {
        match self {
            Self::Jvm(cluster) => cluster.restart_as(&cluster.brokers()[index], version).await,
            #[cfg(feature = "docker")]
            Self::Docker(_) => Err(Error::NotRestartable {
                who: format!("node {}", self.id(index)),
                version: versions::find(version)?.version,
                trouble: "a node in Docker is what its image holds".into(),
            }),
            Self::Embedded(_) => Err(Error::NotRestartable {
                who: format!("node {}", self.id(index)),
                version: versions::find(version)?.version,
                trouble: "an embedded node is what its cluster poses as".into(),
            }),
        }
    }

    pub(crate) fn pause(&self, index: usize) -> Result<(), Error> {
        match self {
            Self::Jvm(cluster) => cluster.brokers()[index].pause(),
            #[cfg(feature = "docker")]
            Self::Docker(cluster) => cluster.brokers()[index].pause(),
            Self::Embedded(cluster) => cluster.pause(index),
        }
    }

    pub(crate) fn resume(&self, index: usize) -> Result<(), Error> {
        match self {
            Self::Jvm(cluster) => cluster.brokers()[index].resume(),
            #[cfg(feature = "docker")]
            Self::Docker(cluster) => cluster.brokers()[index].resume(),
            Self::Embedded(cluster) => cluster.resume(index),
        }
    }

    /// What a node logs to; nothing for one that does not log.
    pub(crate) fn log_path(&self, index: usize) -> &Path {
        match self {
            Self::Jvm(cluster) => cluster.brokers()[index].log(),
            #[cfg(feature = "docker")]
            Self::Docker(cluster) => cluster.brokers()[index].log(),
            Self::Embedded(_) => Path::new("/dev/null"),
        }
    }

    pub(crate) fn intercept(&self, rule: Rule) -> Result<Armed, Error> {
        match self {
            Self::Jvm(_) => Err(Error::NoRules),
            #[cfg(feature = "docker")]
            Self::Docker(_) => Err(Error::NoRules),
            Self::Embedded(cluster) => cluster.intercept(rule),
        }
    }

    /// The listeners besides the plain one.
    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        match self {
            Self::Jvm(cluster) => cluster.endpoints(),
            #[cfg(feature = "docker")]
            Self::Docker(_) => &[],
            Self::Embedded(_) => &[],
        }
    }

    /// Ends everything. Neither waits nor needs a runtime.
    pub(crate) fn end(&self) {
        match self {
            Self::Jvm(cluster) => cluster.end(),
            #[cfg(feature = "docker")]
            Self::Docker(cluster) => cluster.end(),
            Self::Embedded(cluster) => cluster.end(),
        }
    }
}
