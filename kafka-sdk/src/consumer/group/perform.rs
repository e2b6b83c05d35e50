//! Performs what a membership wants done, and publishes as whom this is in the group.

use super::Shell;
use super::membership::{Call, Command, Identity, Membership, Reply};
use super::standing::Standing;
use crate::drive::Core;
use crate::error::{Error, ErrorKind};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use std::sync::Arc;
use tokio::time::Instant;

/// A membership whose identity others see after each step.
pub(super) struct Published<M> {
    pub(super) core: M,
    pub(super) shell: Arc<Shell>,
    /// None: this is no member, and never will be.
    pub(super) standing: Option<fn(Identity) -> Standing>,
}

impl<M: Membership> Published<M> {
    fn publish(&self) {
        let Some(as_member) = self.standing else { return };
        let standing = self.core.identity().map_or(Standing::Nobody, as_member);
        self.shell.standing.send_if_modified(|published| {
            let is_new = *published != standing;
            *published = standing;
            is_new
        });
    }
}

impl<M: Membership> Core for Published<M> {
    type Command = Command;
    type Call = Call;
    type Reply = Reply;

    fn command(&mut self, now: Instant, command: Command) {
        self.core.command(now, command);
        self.publish();
    }

    fn reply(&mut self, now: Instant, reply: Reply) {
        self.core.reply(now, reply);
        self.publish();
    }

    fn timeout(&mut self, now: Instant) {
        self.core.timeout(now);
        self.publish();
    }

    fn close(&mut self, now: Instant) {
        self.core.close(now);
        self.publish();
    }

    fn poll_call(&mut self, now: Instant) -> Option<Call> {
        let call = self.core.poll_call(now);
        self.publish();
        call
    }

    fn deadline(&self) -> Option<Instant> {
        self.core.deadline()
    }
}

/// What happens before the first await is in the order of the calls.
pub(super) fn perform(shell: &Arc<Shell>, call: Call) -> BoxFuture<'static, Reply> {
    let shell = shell.clone();
    match call {
        Call::Join(join) => async move { Reply::Joined(join.ticket, shell.join(&join).await) }.boxed(),
        Call::Distribute(work) => {
            async move { Reply::Distributed(work.ticket, shell.distribute(work).await) }.boxed()
        }
        Call::Sync(sync) => async move { Reply::Synced(sync.ticket, shell.sync(&sync).await) }.boxed(),
        Call::Heartbeat(beat) => async move { Reply::Heard(beat.ticket, shell.beat(&beat).await) }.boxed(),
        Call::Leave(leave) => {
            async move { Reply::Left(leave.ticket, shell.leave_group(&leave).await) }.boxed()
        }
        Call::ConsumerHeartbeat(beat) => {
            let text = "groups of the consumer protocol (KIP-848) are not in this version";
            ready(Reply::ConsumerHeard(beat.ticket, Err(Error::new(ErrorKind::Unsupported, text)))).boxed()
        }
        Call::Revoke(partitions) => async move {
            shell.revoke(partitions).await;
            Reply::Revoked
        }
        .boxed(),
        Call::Assign(partitions) => async move { Reply::Assigned(shell.assign(partitions).await) }.boxed(),
        Call::Lose(partitions) => async move {
            shell.lose(partitions).await;
            Reply::Lost
        }
        .boxed(),
        Call::Hold => {
            shell.assignment.news().hold();
            ready(Reply::Nothing).boxed()
        }
        Call::Release => {
            shell.assignment.news().release();
            ready(Reply::Nothing).boxed()
        }
        Call::Resolve(_) => {
            shell.cluster.refresh_soon();
            ready(Reply::Nothing).boxed()
        }
        Call::Fail(error) => {
            shell.fail(error);
            ready(Reply::Nothing).boxed()
        }
    }
}
