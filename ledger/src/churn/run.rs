//! One run: members come, go and are hurt, then only come and go, and then everything is looked at.

use super::audit::{Audit, Ends, audit, twice};
use super::crew::Crew;
use super::defects::Defect;
use super::events::{Events, Outcome};
use super::line::{Stamp, now};
use super::member::SESSION;
use super::plan::Plan;
use super::report::Report;
use super::rest::{given_up, is_hurt, last_move, owned, processed};
use super::topic::{Topic, Witness, Writing};
use crate::world::Trouble;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const PAUSE: Duration = Duration::from_millis(400);
/// How long members come and go in the calm, at least.
const CALM: Duration = Duration::from_secs(8);
/// How many calms there are at most, if the group gives members up in them.
const CALMS: u32 = 3;

pub(super) struct Churn<'b> {
    topic: Topic,
    crew: Crew,
    events: Events<'b>,
    report: Report,
}

/// A time in which members only came and left in good order.
struct Calm {
    from: Stamp,
    /// Where partitions ended then.
    before: Ends,
    /// Where they end.
    after: Ends,
}

impl<'b> Churn<'b> {
    pub(super) fn new(topic: Topic, crew: Crew, events: Events<'b>) -> Self {
        Self { topic, crew, events, report: Report::default() }
    }

    pub(super) async fn run(mut self, plan: &Plan) -> Result<Report, Trouble> {
        let witness = Witness::start(&self.topic);
        self.fill()?;
        let writing = Writing::start(&self.topic, plan.rate);
        self.storm(plan).await?;
        writing.stop().await?;
        let Calm { from, before, after } = self.calm(plan).await?;
        let uncommitted = self.topic.uncommitted(&after).await?;
        let (lives, commits) = (self.crew.lives(), witness.stop());
        let (found, report) = (audit(&lives, &commits, &after), &mut self.report);
        let ended = std::mem::take(&mut report.audit.wrong);
        let wrong = [ended, found.wrong, twice(&lives, from, &before), uncommitted].concat();
        report.audit = Audit { wrong, ..found };
        report.members = self.crew.born();
        report.written = after.values().sum();
        report.calm = report.written - before.values().sum::<i64>();
        report.partitions = after.len();
        report.commits = commits.len();
        report.lives = lives;
        Ok(self.report)
    }

    /// So many members that some can come.
    fn fill(&mut self) -> Result<(), Trouble> {
        let empty = self.crew.places(None);
        let some = empty.len().saturating_sub(2);
        empty.into_iter().take(some).try_for_each(|place| self.crew.join(place))
    }

    /// Each kind of event once, in some order, and then any, until the time is over and somebody has been hurt.
    async fn storm(&mut self, plan: &Plan) -> Result<(), Trouble> {
        let (deadline, last) = (Instant::now() + plan.time, Instant::now() + plan.time + plan.healing());
        let mut due = plan.events.clone();
        self.events.random().shuffle(&mut due);
        while Instant::now() < deadline || !due.is_empty() || self.is_unhurt(last) {
            self.events.thaw(&mut self.crew).await?;
            self.look_for_the_dead().await?;
            let event = due.pop().unwrap_or_else(|| self.events.any(&plan.events));
            let outcome = self.events.happen(event, &mut self.crew).await;
            match outcome.map_err(|trouble| format!("{event:?}: {trouble}"))? {
                Outcome::Happened => *self.report.events.entry(event).or_default() += 1,
                Outcome::NotNow if !self.report.events.contains_key(&event) => due.insert(0, event),
                Outcome::NotNow => {}
            }
            let between = Duration::from_secs(60) / plan.pace;
            sleep(between.mul_f64(self.events.random().f64() * 1.7 + 0.15)).await;
        }
        self.events.over(&mut self.crew).await
    }

    /// Who is killed in the middle of a rebalance has nothing that could come again.
    fn is_unhurt(&self, last: Instant) -> bool {
        Instant::now() < last && !is_hurt(&self.crew.lives())
    }

    /// Who fails tells so; nobody ends without a word.
    async fn look_for_the_dead(&mut self) -> Result<(), Trouble> {
        let ended = self.crew.ended().await?;
        self.report.audit.wrong.extend(ended);
        Ok(())
    }

    /// Members come and leave in good order until all have left. If the group gives one up that it has not heard of for a
    /// session, because the machine is too slow for that, the order was not good, and it begins again.
    async fn calm(&mut self, plan: &Plan) -> Result<Calm, Trouble> {
        for _ in 0..CALMS {
            let calm = self.come_and_go(plan).await?;
            let given_up = given_up(&self.crew.lives(), calm.from);
            if given_up.is_empty() || plan.defect != Defect::None {
                return Ok(calm);
            }
            println!("no calm: the group has given up {}", given_up.join(", "));
            self.fill()?;
        }
        Err(format!("the group gives up members that nothing happens to, in each of {CALMS} calms").into())
    }

    async fn come_and_go(&mut self, plan: &Plan) -> Result<Calm, Trouble> {
        self.crew.wake().await;
        let before = self.processed(plan).await?;
        self.settled(plan).await?;
        let (from, writing) = (now(), Writing::start(&self.topic, plan.rate));
        let (begun, mut turn) = (Instant::now(), 0);
        while begun.elapsed() < CALM || turn < 4 {
            self.events.come_or_leave(turn, &mut self.crew).await?;
            turn += 1;
            sleep(Duration::from_millis(self.events.random().u64(500..2_500))).await;
        }
        writing.stop().await?;
        let after = self.processed(plan).await?;
        self.look_for_the_dead().await?;
        self.crew.leave_all().await?;
        Ok(Calm { from, before, after })
    }

    /// Waits until all that is written is processed, for so long; what is missing then, the audit tells.
    async fn processed(&self, plan: &Plan) -> Result<Ends, Trouble> {
        let ends = self.topic.ends().await?;
        let written: usize = ends.values().map(|end| usize::try_from(*end).unwrap_or_default()).sum();
        let deadline = Instant::now() + plan.healing();
        while processed(&self.crew.lives()) < written && Instant::now() < deadline {
            sleep(PAUSE).await;
        }
        Ok(ends)
    }

    /// Waits until each partition is one member's, and nothing has moved for longer than a session.
    async fn settled(&self, plan: &Plan) -> Result<(), Trouble> {
        let deadline = Instant::now() + plan.healing();
        let quiet = u64::try_from((SESSION + Duration::from_secs(4)).as_micros())?;
        let wanted = usize::try_from(self.topic.partitions.load(Ordering::Relaxed))?;
        loop {
            let (owned, moved) = (owned(&self.crew.present()), last_move(&self.crew.lives()));
            if owned == wanted && now() > moved + quiet {
                return Ok(());
            }
            match plan.defect {
                _ if Instant::now() < deadline => {}
                Defect::None => {
                    let ago = Duration::from_micros(now().saturating_sub(moved));
                    return Err(format!(
                        "the group has not come to rest: {owned} of {wanted} partitions are owned, and the last has \
                         moved {ago:?} ago"
                    )
                    .into());
                }
                _ => return Ok(()),
            }
            sleep(PAUSE).await;
        }
    }
}
