//! The one thread that talks to Docker.
//!
//! The crate `testcontainers` ties its containers to the runtime that they were started in. A cluster may outlive the
//! runtime of its test, and is dropped without one: so all of this runs in a runtime of its own, which lives as long as
//! the process.

use std::fmt::Display;
use std::future::pending;
use std::io;
use std::sync::{LazyLock, mpsc};
use std::thread;

use testcontainers::bollard::Docker;
use testcontainers::core::client::docker_client_instance;
use tokio::runtime::{Builder, Handle};
use tokio::task::{AbortHandle, JoinHandle};

use crate::Error;

static RUNTIME: LazyLock<io::Result<Handle>> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new().name("kafka-docker".into()).spawn(move || runtime.block_on(pending::<()>()))?;
    Ok(handle)
});

/// A client of the daemon.
pub(super) async fn docker() -> Result<Docker, Error> {
    let client = docker_client_instance().await;
    client.map_err(|error| trouble("be talked to", error))
}

/// What could not be done, and why.
pub(super) fn trouble(what: &str, error: impl Display) -> Error {
    Error::Docker { what: what.into(), trouble: error.to_string() }
}

/// Begins something. It goes on if the handle is dropped.
pub(super) fn spawn<T: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
) -> Result<JoinHandle<T>, Error> {
    let runtime = RUNTIME.as_ref().map_err(|error| trouble("be talked to", error))?;
    Ok(runtime.spawn(future))
}

/// Does something to its end, even if the caller does not wait for that.
pub(super) async fn finish<T: Send + 'static>(
    future: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let done = spawn(future)?.await;
    done.map_err(|error| trouble("finish", error))?
}

/// Does something for as long as the caller waits.
pub(super) async fn run<T: Send + 'static>(
    future: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let task = spawn(future)?;
    let _end = Abort(task.abort_handle());
    task.await.map_err(|error| trouble("finish", error))?
}

/// Does something while this thread waits, be it in another runtime.
pub(super) fn block<T: Send + 'static>(
    future: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let (told, answer) = mpsc::sync_channel(1);
    spawn(async move { told.send(future.await) })?;
    answer.recv().map_err(|error| trouble("finish", error))?
}

/// Ends a task when it is dropped.
#[derive(Debug)]
pub(super) struct Abort(pub(super) AbortHandle);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}
