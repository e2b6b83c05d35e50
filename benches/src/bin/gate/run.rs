//! One run: a null broker, a client, and what both say.

use crate::arguments::Arguments;
use crate::programs::Programs;
use crate::rows::Entrant;
use kafka_sdk_benches::harness::{Report, on_core};
use kafka_sdk_benches::null_broker::Counted;
use serde::Serialize;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

#[derive(Clone, Debug, Serialize)]
pub(super) struct Outcome {
    pub(super) report: Report,
    pub(super) counted: Counted,
}

/// Stands for the file of values.
pub(super) const VALUES: &str = "<values>";

/// How long each part of a run takes.
#[derive(Clone, Copy)]
pub(super) struct Length {
    pub(super) warm_up: f64,
    pub(super) seconds: f64,
}

pub(super) fn once(
    arguments: &Arguments,
    programs: &Programs,
    entrant: &Entrant,
    broker: &[&str],
    length: Length,
) -> Result<Outcome, String> {
    let client = programs.path(entrant.program)?;
    let broker = Broker::start(arguments, programs, broker)?;
    let mut command = Command::new(client);
    let values = programs.values();
    command
        .args(entrant.arguments.iter().map(|&argument| if argument == VALUES { values } else { argument }));
    command.args(["--servers", &broker.address]);
    command.args(["--warm-up", &length.warm_up.to_string(), "--seconds", &length.seconds.to_string()]);
    command.args(["--pacer-core", &arguments.broker_core.to_string()]);
    let most = Duration::from_secs_f64(30.0 + 3.0 * (length.warm_up + length.seconds));
    let report = finish(spawn(command, arguments.client_core)?, most)?;
    Ok(Outcome { report, counted: broker.end()? })
}

pub(super) fn spawn(mut command: Command, core: usize) -> Result<Child, String> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let spawned = on_core(core, || command.spawn()).map_err(|error| format!("core {core}: {error}"))?;
    let name = Path::new(command.get_program()).display();
    spawned.map_err(|error| format!("{name}: {error}"))
}

/// The report of a client's program, if it ends in time and well.
pub(super) fn finish(child: Child, most: Duration) -> Result<Report, String> {
    let text = printed(child, most)?;
    let line = text.lines().last().unwrap_or_default();
    serde_json::from_str(line).map_err(|error| format!("no report in {line:?}: {error}"))
}

/// What a program prints, if it ends in time and well.
pub(super) fn printed(mut child: Child, most: Duration) -> Result<String, String> {
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    let (sender, ended) = channel();
    thread::spawn(move || {
        let (mut text, mut trouble) = (String::new(), String::new());
        let _ = stdout.as_mut().map(|stdout| stdout.read_to_string(&mut text));
        let _ = stderr.as_mut().map(|stderr| stderr.read_to_string(&mut trouble));
        let _ = sender.send((text, trouble));
    });
    let said = ended.recv_timeout(most);
    if said.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    let (text, trouble) = said.map_err(|_| format!("did not end within {most:?}"))?;
    if !status.success() {
        return Err(format!("{status}: {}", last_words(&trouble)));
    }
    Ok(text)
}

/// What a panic says, or else the last line.
fn last_words(trouble: &str) -> &str {
    let mut lines = trouble.lines();
    let panic = lines.by_ref().find(|line| line.contains("panicked at")).and_then(|_| lines.next());
    panic.or(trouble.lines().last()).unwrap_or("without a word")
}

struct Broker {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
    address: String,
}

impl Broker {
    fn start(arguments: &Arguments, programs: &Programs, more: &[&str]) -> Result<Self, String> {
        let mut command = Command::new(programs.null_broker());
        command.args(more).stdin(Stdio::piped());
        let mut child = spawn(command, arguments.broker_core)?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or("the null broker has no output")?);
        let mut address = String::new();
        stdout.read_line(&mut address).map_err(|error| error.to_string())?;
        Ok(Self { child, stdout, address: address.trim().into() })
    }

    fn end(mut self) -> Result<Counted, String> {
        drop(self.child.stdin.take());
        let mut text = String::new();
        self.stdout.read_to_string(&mut text).map_err(|error| error.to_string())?;
        serde_json::from_str(text.trim()).map_err(|error| format!("the null broker says {text:?}: {error}"))
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
