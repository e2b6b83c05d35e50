//! A program that never outlives this process.
//!
//! Each program runs under a small shell, `supervisor.sh`, whose standard input is a pipe from here. When this
//! process ends, however it ends, the pipe ends, and the shell kills the program.
//!
//! ```text
//! start ──▶ Starting ──▶ Running(pid) ──the program ends──▶ Ended ──finish, drop──▶ Gone(status)
//! ```
//!
//! A thread reads what the shell says, so that nothing here needs a runtime or belongs to one.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::watch;

use crate::programs::shell;

const SCRIPT: &str = include_str!("supervisor.sh");

/// What to run, and where its input and output go.
#[derive(Debug)]
pub(super) struct Program {
    /// The program and its arguments.
    pub(super) command: Vec<OsString>,
    pub(super) input: PathBuf,
    pub(super) output: Output,
    pub(super) errors: PathBuf,
}

/// Where a program's standard output goes.
#[derive(Debug)]
pub(super) enum Output {
    File(PathBuf),
    Pipe,
}

/// How far a program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Starting,
    Running(Pid),
    /// It has ended, and its supervisor has not.
    Ended,
    /// The supervisor has ended too, with the program's status.
    Gone(Option<i32>),
}

/// A program under its supervisor. Dropping it ends the program.
#[derive(Debug)]
pub(super) struct Supervised {
    lifeline: Option<ChildStdin>,
    states: watch::Receiver<State>,
}

impl Supervised {
    /// Starts a program.
    pub(super) fn start(program: &Program) -> io::Result<Self> {
        Ok(Self::start_with_pipe(program)?.0)
    }

    /// As [`start`](Self::start), with the program's standard output if that is a pipe.
    pub(super) fn start_with_pipe(program: &Program) -> io::Result<(Self, Option<ChildStdout>)> {
        let mut child = command(program).spawn()?;
        let lifeline = child.stdin.take();
        let output = child.stdout.take();
        let (told, states) = watch::channel(State::Starting);
        thread::Builder::new().name("kafka-supervisor".into()).spawn(move || follow(child, &told))?;
        Ok((Self { lifeline, states }, output))
    }

    /// Sends a signal to the program. False if it does not run.
    pub(super) fn signal(&self, signal: Signal) -> bool {
        let state = *self.states.borrow();
        matches!(state, State::Running(pid) if kill_process(pid, signal).is_ok())
    }

    /// Whether the program runs, or is about to.
    pub(super) fn is_alive(&self) -> bool {
        matches!(*self.states.borrow(), State::Starting | State::Running(_))
    }

    /// Waits until the program has ended. The future does not borrow this value.
    pub(super) fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut states = self.states.clone();
        async move {
            let _ = states.wait_for(|state| matches!(state, State::Ended | State::Gone(_))).await;
        }
    }

    /// Ends the program if it runs; answers its status.
    pub(super) async fn finish(self) -> Option<i32> {
        let mut states = self.states.clone();
        drop(self);
        let gone = states.wait_for(|state| matches!(state, State::Gone(_))).await;
        gone.ok().and_then(|state| if let State::Gone(status) = *state { status } else { None })
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        self.lifeline = None;
    }
}

fn command(program: &Program) -> Command {
    let (output, pipe) = match &program.output {
        Output::File(file) => (file.as_os_str(), Stdio::null()),
        Output::Pipe => ("".as_ref(), Stdio::piped()),
    };
    let mut command = shell("kafka-supervisor", SCRIPT);
    command.args([program.input.as_os_str(), output, program.errors.as_os_str()]).args(&program.command);
    command.stdin(Stdio::piped()).stdout(pipe).stderr(Stdio::piped());
    command
}

/// Reads what the supervisor says until it has ended, and reaps it.
fn follow(mut child: Child, told: &watch::Sender<State>) {
    if let Some(control) = child.stderr.take() {
        let mut control = BufReader::new(control);
        if let Some(pid) = read_pid(&mut control) {
            told.send_replace(State::Running(pid));
        }
        let _ = control.read_to_end(&mut Vec::new());
    }
    told.send_replace(State::Ended);
    let status = child.wait().ok().and_then(|status| status.code());
    told.send_replace(State::Gone(status));
}

fn read_pid(control: &mut impl BufRead) -> Option<Pid> {
    let mut line = String::new();
    control.read_line(&mut line).ok()?;
    Pid::from_raw(line.trim().parse().ok()?)
}

#[cfg(test)]
mod tests;
