//! Performs what a membership wants done, and publishes as whom this is in the group, and until when.

mod classic;
mod distribute;
mod next_gen;

use super::Shell;
use super::membership::{Call, Command, Identity, Membership, Reply};
use super::standing::Standing;
use crate::consumer::assignment::lease::Term;
use crate::drive::Core;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use std::sync::Arc;
use tokio::time::Instant;

/// What an identity of a membership makes of a consumer.
pub(super) type AsMember<M> = fn(&M, Identity) -> Standing;

/// A membership whose identity others see after each step.
pub(super) struct Published<M> {
    pub(super) core: M,
    pub(super) shell: Arc<Shell>,
    /// None: this is no member, and never will be.
    pub(super) standing: Option<AsMember<M>>,
}

impl<M: Membership> Published<M> {
    fn publish(&self) {
        let Some(as_member) = self.standing else { return };
        let identity = self.core.identity();
        self.shell.assignment.news().lease(match (&identity, self.core.session_ends()) {
            (None, _) => Term::Over,
            (Some(_), Some(end)) => Term::Until(end),
            (Some(_), None) => Term::Unlimited,
        });
        let standing = identity.map_or(Standing::Nobody, |identity| as_member(&self.core, identity));
        self.shell.stand(standing);
    }

    /// What was told of topics last, where it is about them: commands wait, and replies may overtake them.
    fn up_to_date(&self, command: Command) -> Command {
        match command {
            Command::Topics(_) => Command::Topics(self.shell.subscribed.told()),
            command => command,
        }
    }
}

impl<M: Membership> Core for Published<M> {
    type Command = Command;
    type Call = Call;
    type Reply = Reply;

    fn command(&mut self, now: Instant, command: Command) {
        self.core.command(now, self.up_to_date(command));
        self.publish();
    }

    fn reply(&mut self, now: Instant, reply: Reply) {
        // What was distributed is not to be compared with what was told before.
        if let Reply::Distributed(..) = reply {
            self.core.command(now, Command::Topics(self.shell.subscribed.told()));
        }
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

    fn is_over(&self) -> bool {
        self.core.is_over()
    }
}

/// What happens before the first await is in the order of the calls.
pub(super) fn perform(shell: &Arc<Shell>, call: Call) -> BoxFuture<'static, Reply> {
    let shell = shell.clone();
    match call {
        Call::Join(join) => async move {
            let joined = shell.join(&join).await;
            Reply::Joined(join.ticket, joined.inspect_err(|error| shell.warn_of_coordinator(error)))
        }
        .boxed(),
        Call::Distribute(work) => {
            async move { Reply::Distributed(work.ticket, shell.distribute(work).await) }.boxed()
        }
        Call::Sync(sync) => async move {
            let synced = shell.sync(&sync).await;
            Reply::Synced(sync.ticket, synced.inspect_err(|error| shell.warn_of_coordinator(error)))
        }
        .boxed(),
        Call::Heartbeat(beat) => async move { Reply::Heard(beat.ticket, shell.beat(&beat).await) }.boxed(),
        Call::Leave(leave) => {
            async move { Reply::Left(leave.ticket, shell.leave_group(&leave).await) }.boxed()
        }
        Call::ConsumerHeartbeat(beat) => {
            async move { Reply::ConsumerHeard(beat.ticket, shell.consumer_beat(&beat).await) }.boxed()
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
        Call::Resolve(ids) => async move {
            shell.resolve(ids).await;
            Reply::Nothing
        }
        .boxed(),
        Call::Fail(error) => {
            shell.fail(error);
            ready(Reply::Nothing).boxed()
        }
    }
}
