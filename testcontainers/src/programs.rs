//! Where the programs are that we start, and the shell that keeps an eye on them.

use std::env;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The `java` of `JAVA_HOME`, or else the first in `PATH`.
pub(crate) fn java() -> Option<PathBuf> {
    let home = env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin/java"));
    home.filter(|java| is_program(java)).or_else(|| in_path("java"))
}

/// The first `mvn` in `PATH`.
pub(crate) fn mvn() -> Option<PathBuf> {
    in_path("mvn")
}

/// The first `docker` in `PATH`.
#[cfg(feature = "docker")]
pub(crate) fn docker() -> Option<PathBuf> {
    in_path("docker")
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// A shell that runs a script, in a process group of its own, so that Ctrl-C in a terminal reaches the test process
/// only, whose end then brings that of all others.
pub(crate) fn shell(name: &str, script: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", script, name]).process_group(0);
    shell
}
