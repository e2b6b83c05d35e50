//! What came of a run, and whether it is worth anything.

use super::audit::{Audit, Life};
use super::line::Line;
use std::collections::BTreeMap;
use std::fmt;

/// What happens to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A member joins.
    Join,
    /// One leaves in good order.
    Leave,
    /// One is killed (SIGKILL).
    Kill,
    /// One is frozen (SIGSTOP) for longer than its session.
    Freeze,
    /// One takes longer than `max.poll.interval.ms` for a record.
    Doze,
    /// The coordinator is killed, and started again.
    CoordinatorKill,
    /// The topic gets another partition.
    AddPartition,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Join,
        Self::Leave,
        Self::Kill,
        Self::Freeze,
        Self::Doze,
        Self::CoordinatorKill,
        Self::AddPartition,
    ];
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What happened, and how often.
    pub events: BTreeMap<Event, u32>,
    /// How many members there have been.
    pub members: usize,
    /// Records that were written.
    pub written: i64,
    /// Partitions, in the end.
    pub partitions: usize,
    /// How often a place that was committed was compared with what was processed.
    pub commits: usize,
    /// Records of the time in which members only came and left in good order.
    pub calm: i64,
    /// What was found.
    pub audit: Audit,
    /// What all members have told.
    pub lives: Vec<Life>,
}

/// Findings that are printed.
const EXAMPLES: usize = 20;

impl Report {
    /// Whether nothing is wrong, and the run is worth something.
    ///
    /// # Errors
    /// Why not.
    pub fn verdict(&self) -> Result<(), String> {
        if let Some(wrong) = self.audit.wrong.first() {
            return Err(format!("{} things are wrong, the first: {wrong}", self.audit.wrong.len()));
        }
        let missing: Vec<_> = Event::ALL.iter().filter(|event| !self.events.contains_key(event)).collect();
        let worthless = [
            (self.written == 0, "no record was written".to_owned()),
            (self.commits == 0, "nothing was committed".to_owned()),
            (self.calm == 0, "no record was written in the calm".to_owned()),
            (self.audit.again == 0, "no record came again: no member was hurt".to_owned()),
            (!missing.is_empty(), format!("these never happened: {missing:?}")),
        ];
        match worthless.into_iter().find(|(is_so, _)| *is_so) {
            Some((_, why)) => Err(format!("{why}: the run says nothing")),
            None => Ok(()),
        }
    }
}

impl Report {
    /// What members have told, in the order of time, to find out how it came to something wrong.
    pub fn told(&self) -> impl Iterator<Item = String> {
        let of = |life: &Life| {
            let tell = |line: &Line| (line.at, format!("{line} ({})", life.name));
            life.lines.iter().map(tell).collect::<Vec<_>>()
        };
        let mut lines: Vec<_> = self.lives.iter().flat_map(of).collect();
        lines.sort_by_key(|(at, _)| *at);
        lines.into_iter().map(|(_, line)| line)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events: Vec<String> =
            self.events.iter().map(|(event, count)| format!("{event:?} {count}")).collect();
        writeln!(f, "events: {} ({})", self.events.values().sum::<u32>(), events.join(", "))?;
        writeln!(f, "members: {}, with {} turns at a partition", self.members, self.audit.turns)?;
        writeln!(f, "written: {} records in {} partitions", self.written, self.partitions)?;
        let Audit { handed, again, wrong, .. } = &self.audit;
        writeln!(f, "handed out: {handed}, of which {again} again; {} were written in the calm", self.calm)?;
        writeln!(f, "committed places compared with what was processed: {}", self.commits)?;
        writeln!(f, "wrong: {}", wrong.len())?;
        wrong.iter().take(EXAMPLES).try_for_each(|wrong| writeln!(f, "  {wrong}"))
    }
}
