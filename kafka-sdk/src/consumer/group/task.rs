//! The task that keeps a consumer's place in its group.

use super::calls::{AsMember, Published, perform};
use super::commit::{Commit, CommitCore};
use super::membership::{
    self, Alone, Auto, Classic, ClassicRules, Command, Membership, NextGen, NextGenRules, Rules,
};
use super::standing::Standing;
use super::subscription::Matcher;
use super::{Shell, commit};
use crate::consumer::settings::{ConsumerSettings, GroupProtocol};
use crate::drive::{Core, drive};
use crate::error::{Advice, Error, ErrorKind};
use crate::mailbox::Mail;
use crate::model::TopicPartition;
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How partitions are come by.
#[derive(Clone, Debug)]
pub(in super::super) enum Manner {
    /// As a member of the group.
    Member,
    /// No membership, and these partitions.
    Alone(Vec<TopicPartition>),
}

/// What a task is to run.
pub(super) enum Plan {
    Classic(ClassicRules),
    Consumer(NextGenRules),
    Auto(NextGenRules, ClassicRules),
    Alone(Vec<TopicPartition>),
}

impl Plan {
    pub(super) fn new(manner: Manner, settings: &ConsumerSettings, shell: &Shell) -> Self {
        let common: &Rules = &shell.rules;
        let classic = || ClassicRules {
            common: common.clone(),
            heartbeat_interval: settings.heartbeat_interval,
            protocol: shell.assignors.protocol(),
            assignors: shell.assignors.names().collect(),
        };
        let assignor = Some(settings.remote_assignor.clone()).filter(|name| !name.is_empty());
        let next_gen = || NextGenRules { common: common.clone(), assignor };
        match (manner, settings.protocol) {
            (Manner::Alone(partitions), _) => Self::Alone(partitions),
            (Manner::Member, GroupProtocol::Classic) => Self::Classic(classic()),
            (Manner::Member, GroupProtocol::Consumer) => Self::Consumer(next_gen()),
            (Manner::Member, GroupProtocol::Auto) => Self::Auto(next_gen(), classic()),
        }
    }
}

impl GroupProtocol {
    /// Who matches patterns, to begin with.
    pub(super) fn matcher(self) -> Matcher {
        match self {
            Self::Classic => Matcher::Here,
            Self::Consumer | Self::Auto => Matcher::Brokers,
        }
    }
}

/// The task, and what is to be told of its end, however it comes.
pub(super) struct Task {
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
                        the client was built on";
            self.shell.fail(Error::new(ErrorKind::Closed, text).with_advice(Advice::Rebuild));
        }
        self.shell.taken.send_replace(true);
        drop(self.ended.take());
    }
}

impl Task {
    pub(super) fn new(shell: Arc<Shell>, ended: oneshot::Sender<()>) -> Self {
        Self { shell, ended: Some(ended), order: Order::Broken }
    }

    pub(super) async fn run(mut self, plan: Plan, commands: Mail<Command>, commits: Mail<Commit>) {
        let shell = &self.shell;
        let committing = CommitCore::new(shell.commit_every, shell.rules.retry, Instant::now());
        let committing = drive(committing, commits, |call| commit::perform(shell.clone(), call));
        let random = fastrand::Rng::new();
        let membership = async {
            match plan {
                Plan::Classic(rules) => {
                    let core = Classic::new(rules, random);
                    member(shell, core, |_, identity| Standing::Classic(identity), commands).await;
                }
                Plan::Consumer(rules) => {
                    let core = NextGen::new(rules, random);
                    member(shell, core, |_, identity| Standing::NextGen(identity), commands).await;
                }
                Plan::Auto(next_gen, classic) => {
                    member(shell, Auto::new(next_gen, classic, random), Auto::standing, commands).await;
                }
                Plan::Alone(partitions) => {
                    let core =
                        Published { core: Alone::new(partitions), shell: shell.clone(), standing: None };
                    drive(core, commands, |call| perform(shell, call)).await;
                }
            }
            shell.commits.close();
        };
        tokio::join!(committing, membership);
        self.order = Order::Kept;
    }
}

/// Runs a membership to its end.
async fn member<M: Membership>(shell: &Arc<Shell>, core: M, standing: AsMember<M>, commands: Mail<Command>)
where
    Published<M>: Core<Command = Command, Call = membership::Call, Reply = membership::Reply>,
{
    let core = Published { core, shell: shell.clone(), standing: Some(standing) };
    tokio::select! {
        () = drive(core, commands, |call| perform(shell, call)) => {}
        () = shell.follow() => {}
        () = shell.watch() => {}
    }
}
