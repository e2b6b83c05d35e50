//! The ZooKeeper of a cluster before KRaft, and its two words that we know.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::member::Member;
use super::scram::Scram;
use crate::Error;
use crate::patience::Patience;

const ANSWER_WITHIN: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct ZooKeeper {
    port: u16,
    member: Member,
    scram: Scram,
}

impl ZooKeeper {
    pub(super) fn new(port: u16, member: Member, scram: Scram) -> Self {
        Self { port, member, scram }
    }

    /// Starts it, waits until it serves, and gives it the users of SCRAM.
    pub(super) async fn start(&self, patience: Patience) -> Result<(), Error> {
        self.member.start()?;
        while !self.answer("srvr").await?.contains("Mode:") {
            self.wait(patience, "it does not serve").await?;
        }
        self.scram.store().await
    }

    /// Waits until the session of a killed broker has run out: before that, a new run of the broker would find
    /// itself registered already, and give up.
    pub(super) async fn until_forgotten(&self, id: i32, patience: Patience) -> Result<(), Error> {
        let path = format!("/brokers/ids/{id}");
        while !is_dump_without(&self.answer("dump").await?, &path) {
            self.wait(patience, "the session of a killed broker does not end").await?;
        }
        Ok(())
    }

    pub(super) fn end(&self) {
        self.member.end();
    }

    async fn wait(&self, patience: Patience, trouble: &str) -> Result<(), Error> {
        if patience.another().await {
            return Ok(());
        }
        let (who, log) = (self.member.who(), self.member.log_tail());
        Err(Error::NotReady { who, after: patience.total(), trouble: trouble.into(), log })
    }

    /// What it answers to a word; nothing if it does not. Fails if it has ended.
    async fn answer(&self, word: &str) -> Result<String, Error> {
        self.member.check().await?;
        let answered = timeout(ANSWER_WITHIN, self.ask(word)).await;
        Ok(answered.ok().and_then(Result::ok).unwrap_or_default())
    }

    async fn ask(&self, word: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.write_all(word.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }
}

fn is_dump_without(answer: &str, path: &str) -> bool {
    answer.contains("Sessions with Ephemerals") && !answer.lines().any(|line| line.trim() == path)
}
