//! A program of the examples, run as a process, and what it prints.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Killed when it is dropped.
pub(crate) struct Program {
    process: Child,
    lines: Arc<Mutex<Vec<String>>>,
    listening: Option<JoinHandle<()>>,
}

impl Program {
    /// With a line in the log for each message.
    pub(crate) fn start(mut command: Command, role: &str, broker: &str, topic: &str) -> Self {
        let environment = [("ROLE", role), ("KAFKA_BROKER", broker), ("TOPIC", topic), ("LOG_EVERY", "1")];
        command.envs(environment);
        Self::of(command)
    }

    /// With the environment of the command.
    pub(crate) fn of(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let lines = Arc::new(Mutex::new(Vec::new()));
        let heard = lines.clone();
        let listen = move || output.lines().for_each(|line| heard.lock().unwrap().push(line.unwrap()));
        Self { process, lines, listening: Some(std::thread::spawn(listen)) }
    }

    /// What it has printed so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// By SIGTERM; gives how it ended, and all that it has printed.
    pub(crate) fn end(mut self) -> (ExitStatus, Vec<String>) {
        let id = self.process.id().to_string();
        assert!(
            Command::new("kill").args([OsStr::new("-TERM"), OsStr::new(&id)]).status().unwrap().success()
        );
        let status = self.process.wait().unwrap();
        self.listening.take().unwrap().join().unwrap();
        (status, self.lines())
    }

    /// By SIGKILL; gives all that it has printed.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.listening.take().unwrap().join().unwrap();
        self.lines()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
