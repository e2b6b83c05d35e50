//! One Java process of a cluster, which can be started again.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::Signal;

use super::supervisor::{Program, Supervised};
use crate::{Error, log};

#[derive(Debug)]
pub(crate) struct Member {
    who: String,
    log: PathBuf,
    program: Mutex<Program>,
    slot: Mutex<Slot>,
}

#[derive(Debug)]
enum Slot {
    Down,
    Up {
        process: Supervised,
        paused: bool,
    },
    /// The cluster has ended; nothing starts any more.
    Over,
}

impl Member {
    pub(super) fn new(who: String, program: Program) -> Self {
        let (log, program) = (program.errors.clone(), Mutex::new(program));
        Self { who, log, program, slot: Mutex::new(Slot::Down) }
    }

    pub(super) fn who(&self) -> String {
        self.who.clone()
    }

    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    pub(super) fn log_tail(&self) -> String {
        log::tail(self.log())
    }

    /// What it runs from the next start on, with the same log.
    pub(super) fn set_program(&self, program: Program) {
        *self.program() = program;
    }

    fn program(&self) -> MutexGuard<'_, Program> {
        self.program.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the process, whose former run has been [`kill`](Self::kill)ed.
    pub(super) fn start(&self) -> Result<(), Error> {
        let mut slot = self.slot();
        if matches!(*slot, Slot::Over) {
            return Err(Error::Ended { who: self.who() });
        }
        let process =
            Supervised::start(&self.program()).map_err(Error::io("start a supervisor for", self.log()))?;
        *slot = Slot::Up { process, paused: false };
        Ok(())
    }

    /// Runs, and is not paused.
    pub(super) fn is_running(&self) -> bool {
        matches!(&*self.slot(), Slot::Up { process, paused: false } if process.is_alive())
    }

    /// Fails if the process has ended, with its status and the end of its log.
    pub(super) async fn check(&self) -> Result<(), Error> {
        if matches!(&*self.slot(), Slot::Up { process, .. } if process.is_alive()) {
            return Ok(());
        }
        let status = self.kill().await?;
        Err(Error::Exited { who: self.who(), status, log: self.log_tail() })
    }

    /// Ends the process if it runs; answers its status, if it ran.
    pub(super) async fn kill(&self) -> Result<Option<i32>, Error> {
        match self.take()? {
            Some(process) => Ok(process.finish().await),
            None => Ok(None),
        }
    }

    fn take(&self) -> Result<Option<Supervised>, Error> {
        let mut slot = self.slot();
        match std::mem::replace(&mut *slot, Slot::Down) {
            Slot::Down => Ok(None),
            Slot::Up { process, .. } => Ok(Some(process)),
            Slot::Over => {
                *slot = Slot::Over;
                Err(Error::Ended { who: self.who() })
            }
        }
    }

    /// Asks the process to end, paused or not; answers the wait for that.
    pub(super) fn terminate(&self) -> Result<impl Future<Output = ()> + Send + use<>, Error> {
        let ended = self.signal(Signal::TERM, |_| ())?;
        let _ = self.resume();
        Ok(ended)
    }

    pub(super) fn pause(&self) -> Result<(), Error> {
        self.signal(Signal::STOP, |paused| *paused = true).map(drop)
    }

    pub(super) fn resume(&self) -> Result<(), Error> {
        self.signal(Signal::CONT, |paused| *paused = false).map(drop)
    }

    fn signal(
        &self,
        signal: Signal,
        mark: fn(&mut bool),
    ) -> Result<impl Future<Output = ()> + Send + use<>, Error> {
        match &mut *self.slot() {
            Slot::Up { process, paused } if process.signal(signal) => {
                mark(paused);
                Ok(process.ended())
            }
            Slot::Over => Err(Error::Ended { who: self.who() }),
            _ => Err(Error::Down { who: self.who() }),
        }
    }

    /// Ends the process, for ever.
    pub(super) fn end(&self) {
        *self.slot() = Slot::Over;
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
