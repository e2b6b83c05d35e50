//! Where the Docker daemon is, and whether it answers.

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{Error, programs};

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const USUAL: &str = "/var/run/docker.sock";

/// A daemon that has answered.
#[derive(Debug)]
pub(crate) struct Host {
    address: String,
    command: PathBuf,
}

impl Host {
    /// Looks for the daemon where the crate `testcontainers` does, so that it and the docker command mean the same.
    pub(crate) fn find() -> Result<Self, Error> {
        let command = programs::docker().ok_or(Error::NoDocker)?;
        let address = address();
        ping(&address)?;
        Ok(Self { address, command })
    }

    /// Such as `unix:///var/run/docker.sock`.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The docker command.
    pub(super) fn command(&self) -> &Path {
        &self.command
    }
}

fn address() -> String {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(address) = env::var("DOCKER_HOST").ok().filter(|address| !address.is_empty()) {
        return address;
    }
    let rootless = set("XDG_RUNTIME_DIR").map(|folder| folder.join(".docker/run/docker.sock"));
    let home = |file: &str| set("HOME").map(|folder| folder.join(file));
    let others = [rootless, home(".docker/run/docker.sock"), home(".docker/desktop/docker.sock")];
    let sockets = [Some(USUAL.into())].into_iter().chain(others).flatten();
    let found = sockets.into_iter().find(|socket| socket.exists());
    format!("unix://{}", found.unwrap_or_else(|| USUAL.into()).display())
}

fn ping(address: &str) -> Result<(), Error> {
    let answered = match address.split_once("://") {
        Some(("unix", path)) => UnixStream::connect(path).and_then(|stream| {
            stream.set_read_timeout(Some(ANSWER_WITHIN))?;
            ask(stream)
        }),
        Some((_, there)) if is_here(there) => TcpStream::connect(there).and_then(|stream| {
            stream.set_read_timeout(Some(ANSWER_WITHIN))?;
            ask(stream)
        }),
        _ => return Err(Error::DockerElsewhere { host: address.into() }),
    };
    answered.map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => Error::DockerDenied { host: address.into() },
        _ => Error::DockerDown { host: address.into(), trouble: error.to_string() },
    })
}

fn is_here(address: &str) -> bool {
    let name = address.rsplit_once(':').map_or(address, |(name, _)| name);
    ["127.0.0.1", "localhost", "[::1]"].contains(&name)
}

/// One request by hand: this is asked before there is a runtime, and its errors are those of the system.
fn ask(mut stream: impl Read + Write) -> io::Result<()> {
    stream.write_all(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    if answer.ends_with("OK") { Ok(()) } else { Err(io::Error::other(format!("it answered {answer:?}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_is_absent_is_said_to_be_so() {
        let message = ping("unix:///no/such/socket").unwrap_err().to_string();
        assert!(message.contains("/no/such/socket") && message.contains("start it"), "{message}");
    }

    #[test]
    fn a_daemon_on_another_machine_is_refused() {
        for elsewhere in ["tcp://docker:2375", "ssh://user@host", "what"] {
            let message = ping(elsewhere).unwrap_err().to_string();
            assert!(message.contains(elsewhere) && message.contains("on this machine"), "{message}");
        }
    }
}
