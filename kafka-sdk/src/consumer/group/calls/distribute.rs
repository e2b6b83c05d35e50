//! The leader's work in a classic group.

use super::super::Shell;
use super::super::assignor::Members;
use super::super::membership::{Distribute, Distributed, LeadersWork};
use crate::error::{Error, ErrorKind, Result};
use std::sync::Arc;

impl Shell {
    /// On a thread where it holds nobody up: assignors may be slow, or the application's.
    pub(in super::super) async fn distribute(self: Arc<Self>, work: Distribute) -> Result<Distributed> {
        let members = Members::read(&work.members);
        let topics = self.subscribed.facts_of_group(members.topics()).await?;
        let noticed = self.subscribed.noticed(topics.clone());
        if work.work == LeadersWork::Watch {
            return Ok(Distributed { assignments: Vec::new(), topics: noticed });
        }
        let (shell, known) = (self.clone(), topics);
        let distributed =
            tokio::task::spawn_blocking(move || shell.assignors.distribute(&work.protocol, &members, &known));
        let ended = |_| Error::new(ErrorKind::Closed, "the runtime ended while partitions were distributed");
        Ok(Distributed { assignments: distributed.await.map_err(ended)??, topics: noticed })
    }
}
