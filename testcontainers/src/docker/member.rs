//! One container of a cluster, which can be started again.

use std::fmt::Display;
use std::fs::File;
use std::io::Write;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt;
use testcontainers::bollard::Docker;
use testcontainers::bollard::errors::Error as DockerError;
use testcontainers::bollard::models::PortBinding;
use testcontainers::bollard::query_parameters::{KillContainerOptionsBuilder, LogsOptionsBuilder};
use testcontainers::core::IntoContainerPort;
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, ContainerRequest, GenericImage, ImageExt};
use tokio::sync::{OnceCell, watch};

use super::engine::{self, Abort, trouble};
use super::environment;
use super::guard::labels;
use super::image::Image;
use crate::{Error, log};

/// What a container is made of.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) image: Image,
    /// The cluster's name, which is the network's too.
    pub(super) cluster: String,
    /// The container's name.
    pub(super) name: String,
    pub(super) variables: Vec<(String, String)>,
    /// The port of this machine that it is reached by.
    pub(super) port: u16,
}

#[derive(Debug)]
pub(super) struct Member {
    who: String,
    recipe: Recipe,
    docker: Docker,
    log: PathBuf,
    /// There from the first start on. It is never dropped: the guard removes containers, and needs no runtime.
    container: OnceCell<ManuallyDrop<ContainerAsync<GenericImage>>>,
    slot: Mutex<Slot>,
}

#[derive(Debug)]
enum Slot {
    Down,
    Up {
        run: Run,
        paused: bool,
    },
    /// The cluster has ended; nothing starts any more.
    Over,
}

/// A run of the container, from a start to its end.
#[derive(Debug)]
struct Run {
    /// Its status, once it has ended.
    ended: watch::Receiver<Option<Status>>,
    _follower: Abort,
}

/// An exit status, 128 and more for a signal, if the daemon knows it.
type Status = Option<i32>;

impl Member {
    pub(super) fn new(who: String, recipe: Recipe, docker: Docker, log: PathBuf) -> Self {
        Self { who, recipe, docker, log, container: OnceCell::new(), slot: Mutex::new(Slot::Down) }
    }

    pub(super) fn who(&self) -> String {
        self.who.clone()
    }

    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    pub(super) fn log_tail(&self) -> String {
        log::tail(&self.log)
    }

    /// Starts the container, whose former run has been [`kill`](Self::kill)ed.
    pub(super) async fn start(&self) -> Result<(), Error> {
        if matches!(*self.slot(), Slot::Over) {
            return Err(Error::Ended { who: self.who() });
        }
        self.start_container().await?;
        let run = self.follow()?;
        let mut slot = self.slot();
        if !matches!(*slot, Slot::Over) {
            *slot = Slot::Up { run, paused: false };
        }
        Ok(())
    }

    async fn start_container(&self) -> Result<(), Error> {
        let started = match self.container.get() {
            Some(container) => container.start().await,
            None => self.request().start().await.map(|container| {
                let _ = self.container.set(ManuallyDrop::new(container));
            }),
        };
        started.map_err(|error| self.not_started(error))
    }

    fn request(&self) -> ContainerRequest<GenericImage> {
        let port = self.recipe.port.to_string();
        let mut request = self
            .recipe
            .image
            .generic()
            .with_container_name(&self.recipe.name)
            .with_network(&self.recipe.cluster)
            .with_labels(labels(&self.recipe.cluster))
            .with_mapped_port(self.recipe.port, environment::CLIENT.tcp())
            // It would listen on all addresses of this machine otherwise.
            .with_host_config_modifier(move |config| {
                let binding =
                    PortBinding { host_ip: Some("127.0.0.1".into()), host_port: Some(port.clone()) };
                let bindings = config.port_bindings.iter_mut().flat_map(|bindings| bindings.values_mut());
                bindings.for_each(|bound| *bound = Some(vec![binding.clone()]));
            });
        for (name, value) in &self.recipe.variables {
            request = request.with_env_var(name, value);
        }
        request
    }

    fn not_started(&self, error: impl Display) -> Error {
        let said = error.to_string();
        if said.contains("port is already allocated") || said.contains("address already in use") {
            return Error::PortTaken { who: self.who(), port: self.recipe.port };
        }
        self.trouble("start")(error)
    }

    /// Writes its log and waits for its end, beside all else.
    fn follow(&self) -> Result<Run, Error> {
        let (told, ended) = watch::channel(None);
        let (docker, name) = (self.docker.clone(), self.recipe.name.clone());
        let log = File::create(&self.log).map_err(Error::io("create", &self.log))?;
        let follower = engine::spawn(async move {
            copy_log(&docker, &name, log).await;
            told.send_replace(Some(status(&docker, &name).await));
        })?;
        Ok(Run { ended, _follower: Abort(follower.abort_handle()) })
    }

    /// Runs, and is not paused.
    pub(super) fn is_running(&self) -> bool {
        matches!(&*self.slot(), Slot::Up { run, paused: false } if run.is_alive())
    }

    /// Fails if the container has ended, with its status and the end of its log.
    pub(super) fn check(&self) -> Result<(), Error> {
        let status = match &*self.slot() {
            Slot::Up { run, .. } if run.is_alive() => return Ok(()),
            Slot::Up { run, .. } => run.ended.borrow().flatten(),
            Slot::Down | Slot::Over => None,
        };
        Err(Error::Exited { who: self.who(), status, log: self.log_tail() })
    }

    /// Ends the container if it runs.
    pub(super) async fn kill(&self) -> Result<(), Error> {
        let ended = match &*self.slot() {
            Slot::Up { run, .. } if run.is_alive() => run.ended.clone(),
            Slot::Up { .. } | Slot::Down => return Ok(()),
            Slot::Over => return Err(Error::Ended { who: self.who() }),
        };
        match self.signal("SIGKILL").await {
            // It has just ended by itself.
            Ok(()) | Err(DockerError::DockerResponseServerError { status_code: 409, .. }) => {}
            Err(error) => return Err(self.trouble("kill")(error)),
        }
        until(ended).await;
        Ok(())
    }

    /// Asks the container to end, paused or not; answers the wait for that.
    pub(super) async fn terminate(&self) -> Result<impl Future<Output = ()> + Send + use<>, Error> {
        let ended = self.alive()?;
        let _ = self.resume().await;
        self.signal("SIGTERM").await.map_err(self.trouble("stop"))?;
        Ok(until(ended))
    }

    pub(super) async fn pause(&self) -> Result<(), Error> {
        self.alive()?;
        self.container()?.pause().await.map_err(self.trouble("pause"))?;
        self.mark(true);
        Ok(())
    }

    /// Resuming a container that is not paused does nothing.
    pub(super) async fn resume(&self) -> Result<(), Error> {
        self.alive()?;
        if !self.is_running() {
            self.container()?.unpause().await.map_err(self.trouble("resume"))?;
            self.mark(false);
        }
        Ok(())
    }

    fn alive(&self) -> Result<watch::Receiver<Option<Status>>, Error> {
        match &*self.slot() {
            Slot::Up { run, .. } if run.is_alive() => Ok(run.ended.clone()),
            Slot::Over => Err(Error::Ended { who: self.who() }),
            _ => Err(Error::Down { who: self.who() }),
        }
    }

    fn container(&self) -> Result<&ContainerAsync<GenericImage>, Error> {
        self.container.get().map(|container| &**container).ok_or_else(|| Error::Down { who: self.who() })
    }

    fn mark(&self, now: bool) {
        if let Slot::Up { paused, .. } = &mut *self.slot() {
            *paused = now;
        }
    }

    async fn signal(&self, signal: &str) -> Result<(), DockerError> {
        let options = KillContainerOptionsBuilder::new().signal(signal).build();
        self.docker.kill_container(&self.recipe.name, Some(options)).await
    }

    /// Ends it for ever; the guard sees to the container.
    pub(super) fn end(&self) {
        *self.slot() = Slot::Over;
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For `map_err`.
    fn trouble<E: Display>(&self, what: &str) -> impl FnOnce(E) -> Error + use<E> {
        let what = format!("{what} {}", self.who);
        move |error| trouble(&what, error)
    }
}

impl Run {
    fn is_alive(&self) -> bool {
        self.ended.borrow().is_none()
    }
}

async fn until(mut ended: watch::Receiver<Option<Status>>) {
    let _ = ended.wait_for(Option::is_some).await;
}

/// Writes all that a container has logged, over all its runs, and goes on until this run ends.
async fn copy_log(docker: &Docker, name: &str, mut log: File) {
    let options = LogsOptionsBuilder::new().follow(true).stdout(true).stderr(true).build();
    let mut lines = docker.logs(name, Some(options));
    while let Some(Ok(line)) = lines.next().await {
        let _ = log.write_all(&line.into_bytes());
    }
}

/// Waits for the end of a container, and answers its status.
async fn status(docker: &Docker, name: &str) -> Status {
    let code = match docker.wait_container(name, None).next().await? {
        Ok(ended) => ended.status_code,
        Err(DockerError::DockerContainerWaitError { code, .. }) => code,
        Err(_) => return None,
    };
    code.try_into().ok()
}
