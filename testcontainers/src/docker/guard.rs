//! Containers and networks that never outlive this process.
//!
//! The crate `testcontainers` removes a container when its handle is dropped, inside of a runtime, and not when the
//! process is killed; what other languages have for that takes an image of its own to be pulled. So a small shell,
//! `guard.sh`, stands guard before there is anything to guard, as for a folder in `scratch.rs`: when the pipe from
//! here ends, it removes by the docker command all that has the cluster's label.

use std::collections::HashMap;
use std::io;
use std::process::{ChildStdin, Stdio};

use super::host::Host;
use crate::programs::shell;

const SCRIPT: &str = include_str!("guard.sh");

/// What the containers and the network of a cluster are known by.
const CLUSTER: &str = "kafka-sdk-testcontainers.cluster";
/// The test process that they belong to, for people who wonder.
const PROCESS: &str = "kafka-sdk-testcontainers.process";

/// The labels of all that belongs to a cluster.
pub(super) fn labels(cluster: &str) -> HashMap<String, String> {
    let process = std::process::id().to_string();
    HashMap::from([(CLUSTER.into(), cluster.into()), (PROCESS.into(), process)])
}

/// Dropping it removes everything that belongs to a cluster, soon after.
#[derive(Debug)]
pub(super) struct Guard {
    _lifeline: Option<ChildStdin>,
}

impl Guard {
    pub(super) fn new(host: &Host, cluster: &str) -> io::Result<Self> {
        let mut guard = shell("kafka-docker", SCRIPT);
        guard.arg(format!("{CLUSTER}={cluster}")).arg(host.command()).args(["--host", host.address()]);
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut guard = guard.spawn()?;
        let lifeline = guard.stdin.take();
        std::thread::Builder::new().name("kafka-docker-guard".into()).spawn(move || guard.wait())?;
        Ok(Self { _lifeline: lifeline })
    }
}
