//! A consumer's place in its group: one task that keeps it, and what others share with it.
//!
//! ```text
//! application ──> ConsumerControl ──> commits ──> CommitCore ───┐
//!      ^                                                        ├──> coordinator
//!      │  records, from the fetcher   commands ──> membership ──┘
//!   Assignment <── assign, revoke, lose ────────────┘
//! ```
//!
//! The membership is a pure core; what it wants done is performed in [`calls`], [`rebalance`] and [`beginnings`].

pub mod assignor;
mod beginnings;
mod calls;
mod commit;
pub(super) mod control;
mod listener;
mod membership;
mod rebalance;
mod standing;
mod subscription;
mod task;

use super::ConsumerControl;
use super::assignment::Assignment;
use super::assignment::pulse::Sign;
use super::settings::{ConsumerSettings, GroupProtocol};
use super::start::LookUps;
use crate::cluster::{Cluster, Lane, OwnLane};
use crate::error::{Error, ErrorKind, Result};
use crate::mailbox::{Mailbox, mailbox};
use crate::model::Reset;
use crate::observe::Seldom;
use assignor::Assignors;
use commit::Commit;
pub(super) use commit::{Origin, ToCommit};
pub(super) use listener::Listener;
pub use listener::RebalanceListener;
pub use membership::Leaving;
use membership::{Command, Identity, Rules};
pub(super) use rebalance::committing;
use standing::Standing;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
pub(super) use subscription::{Subscribed, Wish};
pub(super) use task::Manner;
use task::{Plan, Task};
use tokio::sync::{oneshot, watch};

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
    /// Warnings that the coordinator fails, or does not answer.
    not_joined: Seldom,
    standing: watch::Sender<Standing>,
    /// How often this was a member, and then none any more.
    expulsions: AtomicU64,
    /// Whether partitions have been assigned, or could not be.
    taken: watch::Sender<bool>,
    commands: Mailbox<Command>,
    commits: Mailbox<Commit>,
    /// How the group is parted from at the end.
    leaving: Mutex<Leaving>,
    /// Why the last commit was refused where nobody was there to be told.
    trouble: Mutex<Option<Error>>,
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
            Manner::Member => Standing::Nobody,
        };
        let shell = Arc::new(Self {
            group: settings.group.clone(),
            subscribed: Subscribed::new(cluster.clone(), wish, settings.protocol.matcher()),
            lane: cluster.own_lane(Lane::Group),
            not_joined: Seldom::default(),
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
            expulsions: AtomicU64::new(0),
            taken: watch::Sender::new(false),
            commands,
            commits,
            leaving: Mutex::default(),
            trouble: Mutex::default(),
        });
        let (ended, end) = oneshot::channel();
        let plan = Plan::new(manner, settings, &shell);
        cluster.spawn(Task::new(shell.clone(), ended).run(plan, mail, to_commit));
        (shell, end)
    }

    pub(super) fn control(self: &Arc<Self>) -> ConsumerControl {
        ConsumerControl::new(self.clone())
    }

    fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// Others see this from now on.
    fn stand(&self, standing: Standing) {
        self.standing.send_if_modified(|published| {
            let is_new = *published != standing;
            if is_new && standing == Standing::Nobody {
                self.expulsions.fetch_add(1, Ordering::SeqCst);
            }
            *published = standing;
            is_new
        });
    }

    fn expulsions(&self) -> u64 {
        self.expulsions.load(Ordering::SeqCst)
    }

    /// As whom this is in the group, and by which protocol, if it is a member.
    pub(super) fn identity(&self) -> Option<(Identity, GroupProtocol)> {
        match self.standing() {
            Standing::Classic(identity) => Some((identity, GroupProtocol::Classic)),
            Standing::NextGen(identity) => Some((identity, GroupProtocol::Consumer)),
            Standing::Alone | Standing::Nobody => None,
        }
    }

    /// # Errors
    /// Kind [`ErrorKind::State`]: this reads given partitions, and subscribes to nothing.
    fn check_subscribes(&self) -> Result<()> {
        if self.standing() != Standing::Alone {
            return Ok(());
        }
        let text = "the consumer reads the partitions that it was given with assign(..): it cannot subscribe to topics";
        Err(Error::new(ErrorKind::State, text))
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
        let pulse = &self.assignment.news().pulse;
        let has_any = || {
            let mut slots = self.assignment.slots().into_iter();
            // Who waits for other partitions has nothing to ask for of those whose streams it has dropped.
            slots.any(|slot| !(slot.is_abandoned() && pulse.waits_for_partitions()))
        };
        pulse.watch(self.rebalance_timeout, has_any, say).await;
    }

    pub(super) fn on_close(&self, leaving: Leaving) {
        *self.leaving.lock().unwrap_or_else(PoisonError::into_inner) = leaving;
    }

    /// For good: what is processed is committed, unless commits are manual, and the group is parted from.
    pub(super) fn leave(&self) {
        let leaving = *self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        self.tell(Command::Leave(leaving));
        self.commands.close();
    }

    /// The consumer hands this error out, and ends.
    fn fail(&self, error: Error) {
        self.assignment.news().fail(error);
    }

    /// What came of a commit that nobody waits for; what came of the one before is of no interest any more.
    fn note(&self, outcome: Result<()>) {
        *self.trouble() = outcome.err();
    }

    fn trouble(&self) -> std::sync::MutexGuard<'_, Option<Error>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What came of the last commit.
    ///
    /// # Errors
    /// Why it was refused.
    pub(super) fn ended(&self) -> Result<()> {
        self.trouble().take().map_or(Ok(()), Err)
    }

    /// Waits for the first assignment, or the end.
    pub(super) async fn taken(&self) {
        let mut taken = self.taken.subscribe();
        // The sender is ours.
        let _ = taken.wait_for(|taken| *taken).await;
    }
}
