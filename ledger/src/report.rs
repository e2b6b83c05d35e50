//! What came of a run, and whether it is worth anything.

use crate::book::{Findings, Totals};
use crate::fault::Fault;
use std::collections::BTreeMap;
use std::fmt;

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was said of the records.
    pub totals: Totals,
    /// Futures that were dropped before they were done, by what they were.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Faults that count, by kind.
    pub counted: BTreeMap<Fault, u32>,
    /// Faults that nobody was hurt by, by kind.
    pub missed: BTreeMap<Fault, u32>,
    /// Records that Kafka's own reader has read.
    pub read: i64,
    /// What it found to be wrong.
    pub findings: Findings,
    /// In which ways our readers saw something else.
    pub unlike: Vec<String>,
}

/// Ways in which our readers saw something else that are printed.
const EXAMPLES: usize = 10;

impl Report {
    /// Whether everything that was said is so, and the run is worth something.
    ///
    /// # Errors
    /// Why not.
    pub fn verdict(&self) -> Result<(), String> {
        let worthless = [
            (self.totals.acknowledged == 0, "no record was acknowledged"),
            (self.read == 0, "Kafka's reader has seen no record"),
            (self.counted.is_empty(), "no fault hurt anybody"),
            (self.dropped.is_empty(), "no future was dropped"),
        ];
        if let Some((_, why)) = worthless.into_iter().find(|(is_so, _)| *is_so) {
            return Err(format!("{why}: the run says nothing"));
        }
        if !self.findings.is_empty() || !self.unlike.is_empty() {
            return Err("something is wrong".into());
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Totals { acknowledged, by_leader_only, not_written, in_doubt, withdrawn, unheard, .. } =
            self.totals;
        writeln!(f, "acknowledged: {acknowledged} records, {by_leader_only} of them by the leader only")?;
        writeln!(f, "failed: {not_written} with written() No, {in_doubt} with Maybe")?;
        writeln!(f, "futures dropped: {} ({})", self.dropped.values().sum::<u64>(), each(&self.dropped))?;
        writeln!(
            f,
            "records of those: {withdrawn} not enqueued, {unheard} with an outcome that nobody heard"
        )?;
        let count = |faults: &BTreeMap<Fault, u32>| faults.values().sum::<u32>();
        let kinds = self.counted.len();
        writeln!(
            f,
            "faults that count: {} of {kinds} kinds ({})",
            count(&self.counted),
            each(&self.counted)
        )?;
        writeln!(f, "faults that hurt nobody: {} ({})", count(&self.missed), each(&self.missed))?;
        write!(f, "Kafka's console consumer has read {} records: {}", self.read, self.findings)?;
        if self.unlike.is_empty() {
            return writeln!(f, "our readers have read the same");
        }
        self.unlike.iter().take(EXAMPLES).try_for_each(|line| writeln!(f, "unlike: {line}"))
    }
}

fn each<K: fmt::Debug, V: fmt::Display>(counts: &BTreeMap<K, V>) -> String {
    let counts: Vec<_> = counts.iter().map(|(what, count)| format!("{what:?} {count}")).collect();
    counts.join(", ").replace('"', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{Audit, Book, Promise};

    fn good() -> Report {
        Report {
            totals: Totals { acknowledged: 1, ..Totals::default() },
            dropped: BTreeMap::from([("send", 1)]),
            counted: BTreeMap::from([(Fault::AllReset, 1)]),
            read: 1,
            ..Report::default()
        }
    }

    #[test]
    fn a_run_that_says_nothing_is_refused() {
        assert_eq!(good().verdict(), Ok(()));
        let refused = |report: Report| report.verdict().unwrap_err();
        let none = refused(Report { totals: Totals { in_doubt: 7, ..Totals::default() }, ..good() });
        assert_eq!(none, "no record was acknowledged: the run says nothing");
        let unread = refused(Report { read: 0, ..good() });
        assert_eq!(unread, "Kafka's reader has seen no record: the run says nothing");
        let missed = BTreeMap::from([(Fault::AllReset, 9)]);
        let unhurt = refused(Report { counted: BTreeMap::new(), missed, ..good() });
        assert_eq!(unhurt, "no fault hurt anybody: the run says nothing");
        let whole = refused(Report { dropped: BTreeMap::new(), ..good() });
        assert_eq!(whole, "no future was dropped: the run says nothing");
    }

    #[test]
    fn a_run_with_anything_wrong_is_refused() {
        let mut audit = Audit::new(&[], "t", 0);
        audit.saw(b"nonsense");
        assert!(Report { findings: audit.end(), ..good() }.verdict().is_err());
        assert!(Report { unlike: vec!["a gap".into()], ..good() }.verdict().is_err());
        let mut book = Book::new(0, Promise::Full);
        book.open("t", 0);
        let books = [book];
        let unanswered = Audit::new(&books, "t", 0).end();
        assert!(Report { findings: unanswered, ..good() }.verdict().is_err());
    }

    #[test]
    fn the_summary_names_each_way_of_being_wrong() {
        let text = good().to_string();
        let none = "0 lost, 0 duplicated, 0 reordered, 0 misplaced, 0 corrupted, 0 phantom, 0 unanswered";
        assert!(text.contains(none), "{text}");
        assert!(text.contains("faults that count: 1 of 1 kinds (AllReset 1)"), "{text}");
        assert!(text.contains("futures dropped: 1 (send 1)"), "{text}");
    }
}
