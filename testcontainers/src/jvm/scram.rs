//! Users of SCRAM, whom the cluster itself keeps: given to it before the first broker starts, by Kafka's own tools, so
//! that nothing here needs to know how a password is salted.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::fetch::run;
use super::java::Java;
use crate::Error;
use crate::security::Login;

/// What the storage tool is told.
pub(super) fn for_storage(users: &[Vec<&Login>]) -> Vec<String> {
    let one = |login: &&Login| {
        let (mechanism, user, password) = (login.mechanism(), login.user(), login.password());
        ["--add-scram".to_owned(), format!("{mechanism}=[name={user},password={password}]")]
    };
    users.iter().flatten().flat_map(one).collect()
}

/// What a tool has printed, without the passwords that it was told.
pub(super) fn without_passwords(log: String, users: &[Vec<&Login>]) -> String {
    let mut passwords: Vec<&str> = users.iter().flatten().map(|login| login.password()).collect();
    passwords.sort_unstable_by_key(|password| std::cmp::Reverse(password.len()));
    passwords.into_iter().fold(log, |log, password| log.replace(password, "(hidden)"))
}

/// What gives a ZooKeeper the users.
#[derive(Debug)]
pub(super) struct Scram {
    version: &'static str,
    commands: Vec<Command>,
    log: PathBuf,
}

/// The program that gives it one user. Nothing of it is shown.
struct Command {
    line: Vec<OsString>,
    logins: Vec<Login>,
}

impl Scram {
    pub(super) fn new(java: &Java, port: u16, users: &[Vec<&Login>], folder: &Path) -> Self {
        let command = |user: &Vec<&Login>| Command {
            line: java.command("kafka.admin.ConfigCommand", for_zookeeper(port, user)),
            logins: user.iter().map(|&login| login.clone()).collect(),
        };
        let commands = users.iter().map(command).collect();
        Self { version: java.kit.release.version, commands, log: folder.join("scram.log") }
    }

    /// Gives the ZooKeeper, which serves, the users.
    pub(super) async fn store(&self) -> Result<(), Error> {
        for command in &self.commands {
            let stored = run(command.line.clone(), &self.log).await?;
            stored.map_err(|log| Error::Scram {
                version: self.version,
                log: without_passwords(log, &[command.logins.iter().collect()]),
            })?;
        }
        Ok(())
    }
}

fn for_zookeeper(port: u16, user: &[&Login]) -> Vec<OsString> {
    let config =
        |login: &&Login| format!("{}=[iterations=4096,password={}]", login.mechanism(), login.password());
    let configs = user.iter().map(config).collect::<Vec<_>>().join(",");
    let (port, name) = (port.to_string(), user[0].user());
    let zookeeper = format!("127.0.0.1:{port}");
    let args = ["--zookeeper", &zookeeper, "--alter", "--entity-type", "users", "--entity-name", name];
    args.into_iter().chain(["--add-config", &configs]).map(OsString::from).collect()
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Command").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_in_what_is_shown() {
        let logins = [Login::scram_sha_256("alice", "hunter"), Login::scram_sha_512("alice", "hunter2")];
        let users = [logins.iter().collect::<Vec<_>>()];
        assert_eq!(without_passwords("a hunter2 hunter b".into(), &users), "a (hidden) (hidden) b");
    }
}
