//! The programs, built before the first run. A peer that cannot be built here stays in the table, with the reason.

use kafka_sdk_benches::harness::POOL;
use kafka_sdk_benches::json;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
const FRANZ_GO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/franz-go");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Program {
    Ours,
    Floor,
    Librdkafka,
    FranzGo,
}

/// Where each is, or why it is not there.
pub(super) struct Programs {
    folder: PathBuf,
    librdkafka: Result<PathBuf, String>,
    franz_go: Result<PathBuf, String>,
    values: String,
}

impl Programs {
    /// # Panics
    /// If the SDK's own do not build: then there is nothing to measure.
    pub(super) fn build() -> Self {
        let gate = env::current_exe().expect("this program is a file");
        let folder = gate.parent().expect("in a folder").to_owned();
        let own = cargo(&["--bin", "null_broker", "--bin", "ours", "--bin", "floor"]);
        own.expect("the SDK's own programs build");
        let librdkafka = cargo(&["--features", "peers", "--bin", "librdkafka"]);
        Self {
            librdkafka: librdkafka.map(|()| folder.join("librdkafka")),
            franz_go: go(&folder),
            values: values(&folder),
            folder,
        }
    }

    pub(super) fn null_broker(&self) -> PathBuf {
        self.folder.join("null_broker")
    }

    pub(super) fn path(&self, program: Program) -> Result<PathBuf, String> {
        match program {
            Program::Ours => Ok(self.folder.join("ours")),
            Program::Floor => Ok(self.folder.join("floor")),
            Program::Librdkafka => self.librdkafka.clone(),
            Program::FranzGo => self.franz_go.clone(),
        }
    }

    /// A file of JSON events, one in each line: the same bytes for all clients.
    pub(super) fn values(&self) -> &str {
        &self.values
    }

    /// Those that are not there, and why.
    pub(super) fn missing(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [("librdkafka", &self.librdkafka), ("franz-go", &self.franz_go)];
        all.into_iter().filter_map(|(name, path)| path.as_ref().err().map(|why| (name, why.as_str())))
    }

    /// The folder that results go to.
    pub(super) fn target(&self) -> &Path {
        self.folder.parent().unwrap_or(&self.folder)
    }
}

fn values(folder: &Path) -> String {
    let path = folder.join("values.json");
    let lines: Vec<u8> = json(POOL).into_iter().flat_map(|line| [line, b"\n".to_vec()].concat()).collect();
    fs::write(&path, lines).expect("there is room for the values");
    path.to_str().expect("a path in UTF-8").to_owned()
}

fn cargo(what: &[&str]) -> Result<(), String> {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--quiet", "--manifest-path", MANIFEST]).args(what);
    run(command, "cargo")
}

fn go(folder: &Path) -> Result<PathBuf, String> {
    let program = folder.join("franz-go");
    let mut command = Command::new("go");
    command.current_dir(FRANZ_GO).arg("build").arg("-o").arg(&program).arg(".");
    run(command, "go").map(|()| program)
}

fn run(mut command: Command, name: &str) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("no `{name}` in PATH: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().find(|line| line.contains("error")).or(text.lines().last());
    Err(format!("it does not build: {}", line.unwrap_or("without a word").trim()))
}
