//! A consumer's place in its group: one task that keeps it, and what others share with it.
//!
//! ```text
//! application ──> ConsumerControl ──> commits ──> CommitCore ───┐
//!      ^                                                        ├──> coordinator
//!      │  records, from the fetcher   commands ──> membership ──┘
//!   Assignment <── assign, revoke, lose ────────────┘
//! ```
//!
//! The membership is a pure core; what it wants done is performed here.

mod alone;
pub mod assignor;
mod classic;
mod commit;
mod committer;
mod distribute;
mod exit;
mod listener;
#[allow(dead_code, reason = "nobody speaks KIP-848 yet")]
mod membership;
#[allow(dead_code, reason = "nobody speaks KIP-848 yet")]
mod next_gen;
mod ownership;
mod pace;
mod perform;
mod rebalance;
mod refusal;
mod requests;
mod session;
#[allow(dead_code, reason = "nobody speaks KIP-848 yet")]
mod standing;
mod subscription;
#[cfg(test)]
mod testing;

use super::ConsumerControl;
use super::assignment::Assignment;
use super::pulse::Sign;
use super::settings::ConsumerSettings;
use super::start::LookUps;
use crate::cluster::{Cluster, Lane, OwnLane};
use crate::drive::{Core, drive};
use crate::error::{Advice, Error, ErrorKind, Result};
use crate::mailbox::{Mail, Mailbox, mailbox};
use crate::model::{Reset, TopicPartition};
use alone::Alone;
use assignor::Assignors;
use classic::{Classic, ClassicRules};
pub(super) use commit::Origin;
use commit::{Commit, CommitCore};
pub(super) use listener::Listener;
pub use listener::RebalanceListener;
pub(super) use membership::Leaving;
use membership::{Command, Identity, Membership, Rules};
use perform::Published;
pub(super) use rebalance::committing;
use standing::Standing;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
pub(super) use subscription::{Subscribed, Wish};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

/// What a consumer, its controls and the task that keeps its place in the group share.
pub(super) struct Shell {
    pub(super) cluster: Cluster,
    pub(super) group: Arc<str>,
    pub(super) look_ups: LookUps,
    pub(super) assignment: Arc<Assignment>,
    pub(super) subscribed: Subscribed,
    rules: Rules,
    assignors: Assignors,
    reset: Reset,
    rebalance_timeout: Duration,
    commit_every: Option<Duration>,
    listener: Listener,
    lane: OwnLane,
    standing: watch::Sender<Standing>,
    /// Whether partitions have been assigned.
    taken: watch::Sender<bool>,
    commands: Mailbox<Command>,
    commits: Mailbox<Commit>,
    /// What went wrong last where nobody was there to be told.
    trouble: Mutex<Option<Error>>,
}

/// How partitions are come by.
#[derive(Clone, Debug)]
pub(super) enum Manner {
    Classic {
        heartbeat_interval: Duration,
    },
    /// No membership, and these partitions.
    Alone(Vec<TopicPartition>),
}

/// What a shell is made of, besides settings.
pub(super) struct Parts {
    pub(super) look_ups: LookUps,
    pub(super) assignment: Arc<Assignment>,
    pub(super) wish: Wish,
    pub(super) assignors: Assignors,
    pub(super) listener: Listener,
}

impl Shell {
    /// Starts the task. The receiver hears of its end.
    pub(super) fn start(
        parts: Parts,
        settings: &ConsumerSettings,
        manner: Manner,
    ) -> (Arc<Self>, oneshot::Receiver<()>) {
        let Parts { look_ups, assignment, wish, assignors, listener } = parts;
        let cluster = look_ups.cluster.clone();
        let (commands, mail) = mailbox();
        let (commits, to_commit) = mailbox();
        let rules = Rules {
            group: settings.group.clone(),
            instance_id: Some(settings.instance_id.clone()).filter(|id| !id.is_empty()),
            session_timeout: settings.session_timeout,
            rebalance_timeout: settings.max_poll_interval,
            retry: settings.reading.retry,
        };
        let standing = match manner {
            Manner::Alone(_) => Standing::Alone,
            Manner::Classic { .. } => Standing::Nobody,
        };
        let shell = Arc::new(Self {
            group: settings.group.clone(),
            subscribed: Subscribed::new(cluster.clone(), wish),
            lane: cluster.own_lane(Lane::Group),
            cluster: cluster.clone(),
            look_ups,
            assignment,
            rules,
            assignors,
            reset: settings.reading.offset_reset,
            rebalance_timeout: settings.max_poll_interval,
            commit_every: settings.commit_every(),
            listener,
            standing: watch::Sender::new(standing),
            taken: watch::Sender::new(false),
            commands,
            commits,
            trouble: Mutex::default(),
        });
        let (ended, end) = oneshot::channel();
        let task = Task { shell: shell.clone(), ended: Some(ended), order: Order::Broken };
        cluster.spawn(task.run(manner, mail, to_commit));
        (shell, end)
    }

    pub(super) fn control(self: &Arc<Self>) -> ConsumerControl {
        ConsumerControl::new(self.clone())
    }

    fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// As whom this is in the group, if it is a member.
    pub(super) fn identity(&self) -> Option<Identity> {
        match self.standing() {
            Standing::Classic(identity) | Standing::NextGen(identity) => Some(identity),
            Standing::Alone | Standing::Nobody => None,
        }
    }

    /// Says what the membership is to hear; one that has ended needs nothing.
    pub(super) fn tell(&self, command: Command) {
        let _ = self.commands.push(command);
    }

    /// Tells the membership when the application does not ask for records for too long, and when it does again.
    async fn watch(&self) {
        let say = |sign| {
            self.tell(match sign {
                Sign::Idle => Command::Idle,
                Sign::Active => Command::Active,
            });
        };
        self.assignment.news().pulse.watch(self.rebalance_timeout, say).await;
    }

    /// For good: what is processed is committed, unless commits are manual, and the group is left.
    pub(super) fn leave(&self, leaving: Leaving) {
        self.tell(Command::Leave(leaving));
        self.commands.close();
    }

    /// The consumer hands this error out, and ends.
    fn fail(&self, error: Error) {
        self.assignment.news().fail(error);
    }

    fn note(&self, error: Error) {
        self.trouble().get_or_insert(error);
    }

    fn trouble(&self) -> std::sync::MutexGuard<'_, Option<Error>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What went wrong at the end.
    ///
    /// # Errors
    /// That, if something did.
    pub(super) fn verdict(&self) -> Result<()> {
        self.trouble().take().map_or(Ok(()), Err)
    }

    /// Waits for the first assignment, or the end.
    pub(super) async fn taken(&self) {
        let mut taken = self.taken.subscribe();
        // The sender is ours.
        let _ = taken.wait_for(|taken| *taken).await;
    }
}

/// The task, and what is to be told of its end, however it comes.
struct Task {
    shell: Arc<Shell>,
    ended: Option<oneshot::Sender<()>>,
    order: Order,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// It has left the group, or been alone.
    Kept,
    Broken,
}

impl Drop for Task {
    fn drop(&mut self) {
        if self.order == Order::Broken {
            let text = "the task that keeps this consumer's place in its group has ended, as it does with the runtime that \
                        the client was built on, and by a panic in a rebalance listener";
            self.shell.fail(Error::new(ErrorKind::Closed, text).with_advice(Advice::Rebuild));
        }
        self.shell.taken.send_replace(true);
        drop(self.ended.take());
    }
}

impl Task {
    async fn run(mut self, manner: Manner, commands: Mail<Command>, commits: Mail<Commit>) {
        let shell = &self.shell;
        let committing = CommitCore::new(shell.commit_every, shell.rules.retry, Instant::now());
        let committing = drive(committing, commits, |call| committer::perform(shell.clone(), call));
        let membership = async {
            match manner {
                Manner::Classic { heartbeat_interval } => {
                    let names = shell.assignors.names().collect();
                    let rules = ClassicRules {
                        common: shell.rules.clone(),
                        heartbeat_interval,
                        protocol: shell.assignors.protocol(),
                        assignors: names,
                    };
                    let core = Classic::new(rules, fastrand::Rng::new());
                    tokio::select! {
                        () = keep(shell, core, Standing::Classic, commands) => {}
                        () = shell.follow() => {}
                        () = shell.watch() => {}
                    }
                }
                Manner::Alone(partitions) => {
                    let core =
                        Published { core: Alone::new(partitions), shell: shell.clone(), standing: None };
                    drive(core, commands, |call| perform::perform(shell, call)).await;
                }
            }
            shell.commits.close();
        };
        tokio::join!(committing, membership);
        self.order = Order::Kept;
    }
}

/// Runs a membership to its end.
async fn keep<M: Membership>(
    shell: &Arc<Shell>,
    core: M,
    standing: fn(Identity) -> Standing,
    commands: Mail<Command>,
) where
    Published<M>: Core<Command = Command, Call = membership::Call, Reply = membership::Reply>,
{
    let core = Published { core, shell: shell.clone(), standing: Some(standing) };
    drive(core, commands, |call| perform::perform(shell, call)).await;
}
