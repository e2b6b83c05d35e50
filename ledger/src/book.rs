//! What was promised about each record, and what is wrong with what an independent reader then finds. Pure.

use crate::payload::{Stamp, decode};
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// What the client said about a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is written, at this offset, if that was told.
    Acknowledged(Option<i64>),
    /// It is certainly not written.
    NotWritten,
    /// It may have been written.
    InDoubt,
    /// It is certainly not written: its enqueue was dropped.
    Withdrawn,
    /// It may have been written: who waited for it was dropped.
    Unheard,
}

/// How much a writer's acknowledgements are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Idempotent, with acks from all: once, in order, not lost.
    Full,
    /// With acks from fewer: may be lost, doubled or reordered.
    Weak,
}

/// What one writer was told.
#[derive(Debug)]
pub struct Book {
    writer: u32,
    promise: Promise,
    /// By topic and partition; the place in the list is the sequence.
    fates: HashMap<(String, i32), Vec<Option<Fate>>>,
}

impl Book {
    /// An empty one.
    #[must_use]
    pub fn new(writer: u32, promise: Promise) -> Self {
        Self { writer, promise, fates: HashMap::new() }
    }

    /// The next record of a partition is about to be sent: gives its sequence.
    pub fn open(&mut self, topic: &str, partition: i32) -> usize {
        let fates = self.fates.entry((topic.to_owned(), partition)).or_default();
        fates.push(None);
        fates.len() - 1
    }

    /// What the client said about the record.
    pub fn close(&mut self, stamp: &Stamp<'_>, fate: Fate) {
        let fates = self.fates.get_mut(&(stamp.topic.to_owned(), stamp.partition));
        if let Some(entry) = fates.and_then(|fates| fates.get_mut(stamp.sequence)) {
            *entry = Some(fate);
        }
    }

    /// How many records were acknowledged, are not written, are in doubt, and got no answer at all.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for fate in self.fates.values().flatten() {
            match fate {
                Some(Fate::Acknowledged(_)) if self.promise == Promise::Weak => {
                    totals.acknowledged += 1;
                    totals.by_leader_only += 1;
                }
                Some(Fate::Acknowledged(_)) => totals.acknowledged += 1,
                Some(Fate::NotWritten) => totals.not_written += 1,
                Some(Fate::InDoubt) => totals.in_doubt += 1,
                Some(Fate::Withdrawn) => totals.withdrawn += 1,
                Some(Fate::Unheard) => totals.unheard += 1,
                None => totals.unanswered += 1,
            }
        }
        totals
    }
}

/// Records by what was said of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Said to be written.
    pub acknowledged: u64,
    /// Those of them that only the leader has acknowledged.
    pub by_leader_only: u64,
    /// Said not to be written.
    pub not_written: u64,
    /// May have been written.
    pub in_doubt: u64,
    /// Not enqueued: the future was dropped before.
    pub withdrawn: u64,
    /// May have been written: the future was dropped that would have said so.
    pub unheard: u64,
    /// Nothing was said, which is wrong.
    pub unanswered: u64,
}

impl std::ops::AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.by_leader_only += other.by_leader_only;
        self.not_written += other.not_written;
        self.in_doubt += other.in_doubt;
        self.withdrawn += other.withdrawn;
        self.unheard += other.unheard;
        self.unanswered += other.unanswered;
    }
}

/// A way in which what is there differs from what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// Acknowledged, and not there.
    Lost,
    /// There more than once.
    Duplicated,
    /// Behind one that was sent later.
    Reordered,
    /// In another topic or partition, or at another offset than was said.
    Misplaced,
    /// Not whole.
    Corrupted,
    /// There, although it was said not to be, or never sent.
    Phantom,
    /// Nobody was told what became of it.
    Unanswered,
}

impl Wrong {
    /// Each way.
    pub const ALL: [Self; 7] = [
        Self::Lost,
        Self::Duplicated,
        Self::Reordered,
        Self::Misplaced,
        Self::Corrupted,
        Self::Phantom,
        Self::Unanswered,
    ];
}

/// What is wrong: how often, with the first few of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings(BTreeMap<Wrong, (u64, Vec<String>)>);

/// Examples of each kind that are kept.
const EXAMPLES: usize = 3;

impl Findings {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How often this is wrong.
    #[must_use]
    pub fn count(&self, wrong: Wrong) -> u64 {
        self.0.get(&wrong).map_or(0, |(count, _)| *count)
    }

    fn add(&mut self, wrong: Wrong, example: impl FnOnce() -> String) {
        let (count, examples) = self.0.entry(wrong).or_default();
        *count += 1;
        if examples.len() < EXAMPLES {
            examples.push(example());
        }
    }

    /// Takes over what another reader found.
    pub fn merge(&mut self, other: Self) {
        for (wrong, (count, examples)) in other.0 {
            let entry = self.0.entry(wrong).or_default();
            entry.0 += count;
            entry.1.extend(examples);
            entry.1.truncate(EXAMPLES);
        }
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = Wrong::ALL.map(|wrong| format!("{} {wrong:?}", self.count(wrong)).to_lowercase());
        writeln!(f, "{}", counts.join(", "))?;
        for (wrong, (_, examples)) in &self.0 {
            writeln!(f, "  {wrong:?}: {}", examples.join("; "))?;
        }
        Ok(())
    }
}

/// Compares one partition, as somebody reads it from its first record on, with the books.
#[derive(Debug)]
pub struct Audit<'b> {
    books: &'b [Book],
    topic: &'b str,
    partition: i32,
    next_offset: i64,
    /// By writer: what has been seen of it.
    seen: HashMap<u32, Seen>,
    findings: Findings,
}

#[derive(Debug, Default)]
struct Seen {
    records: Vec<bool>,
    last: Option<usize>,
}

impl<'b> Audit<'b> {
    /// Before the first record.
    #[must_use]
    pub fn new(books: &'b [Book], topic: &'b str, partition: i32) -> Self {
        Self { books, topic, partition, next_offset: 0, seen: HashMap::new(), findings: Findings::default() }
    }

    /// The next record.
    pub fn saw(&mut self, value: &[u8]) {
        let offset = self.next_offset;
        self.next_offset += 1;
        let Some(stamp) = decode(value) else {
            let start = String::from_utf8_lossy(value.get(..60).unwrap_or(value)).into_owned();
            return self.findings.add(Wrong::Corrupted, || format!("offset {offset}: {start}"));
        };
        let place = || format!("{stamp:?} at offset {offset}");
        if (stamp.topic, stamp.partition) != (self.topic, self.partition) {
            return self.findings.add(Wrong::Misplaced, place);
        }
        let book = self.books.iter().find(|book| book.writer == stamp.writer);
        let Some((book, fate)) = book.and_then(|book| Some((book, book.fate(&stamp)?))) else {
            return self.findings.add(Wrong::Phantom, place);
        };
        if matches!(fate, Some(Fate::NotWritten | Fate::Withdrawn)) {
            self.findings.add(Wrong::Phantom, place);
        }
        let seen = self.seen.entry(stamp.writer).or_default();
        let (is_again, is_late) = seen.note(stamp.sequence);
        if book.promise == Promise::Weak {
            return;
        }
        if is_again {
            return self.findings.add(Wrong::Duplicated, place);
        }
        if is_late {
            self.findings.add(Wrong::Reordered, place);
        }
        if matches!(fate, Some(Fate::Acknowledged(Some(said))) if said != offset) {
            self.findings.add(Wrong::Misplaced, || format!("{}, {fate:?}", place()));
        }
    }

    /// After the last record.
    #[must_use]
    pub fn end(mut self) -> Findings {
        let key = (self.topic.to_owned(), self.partition);
        for book in self.books {
            let seen = self.seen.remove(&book.writer).unwrap_or_default();
            for (sequence, fate) in book.fates.get(&key).into_iter().flatten().enumerate() {
                let place = || format!("{}-{}: number {sequence} of writer {}", key.0, key.1, book.writer);
                match fate {
                    None => self.findings.add(Wrong::Unanswered, place),
                    Some(Fate::Acknowledged(_)) if book.promise == Promise::Full => {
                        if !seen.records.get(sequence).is_some_and(|seen| *seen) {
                            self.findings.add(Wrong::Lost, place);
                        }
                    }
                    Some(_) => {}
                }
            }
        }
        self.findings
    }
}

impl Book {
    /// Whose book it is.
    #[must_use]
    pub fn writer(&self) -> u32 {
        self.writer
    }

    /// What was said of the record; none if it was never sent.
    fn fate(&self, stamp: &Stamp<'_>) -> Option<Option<Fate>> {
        self.fates.get(&(stamp.topic.to_owned(), stamp.partition))?.get(stamp.sequence).copied()
    }
}

impl Seen {
    /// Whether it was seen before, and whether a later one was.
    fn note(&mut self, sequence: usize) -> (bool, bool) {
        if self.records.len() <= sequence {
            self.records.resize(sequence + 1, false);
        }
        let is_again = self.records.get_mut(sequence).is_some_and(|seen| std::mem::replace(seen, true));
        let is_late = self.last.is_some_and(|last| last > sequence);
        self.last = self.last.max(Some(sequence));
        (is_again, is_late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::encode;

    fn stamp(sequence: usize) -> Stamp<'static> {
        Stamp { topic: "t", partition: 0, writer: 1, sequence }
    }

    /// A book with these fates, and what an audit finds when these sequences are read.
    fn audit(promise: Promise, fates: &[Fate], read: &[usize]) -> Vec<Wrong> {
        let mut book = Book::new(1, promise);
        for fate in fates {
            let sequence = book.open("t", 0);
            book.close(&stamp(sequence), *fate);
        }
        findings(&[book], read.iter().map(|&sequence| encode(&stamp(sequence), 50)))
    }

    fn findings(books: &[Book], values: impl Iterator<Item = String>) -> Vec<Wrong> {
        let mut audit = Audit::new(books, "t", 0);
        values.for_each(|value| audit.saw(value.as_bytes()));
        audit.end().0.into_keys().collect()
    }

    const DONE: Fate = Fate::Acknowledged(None);

    #[test]
    fn what_was_said_and_is_there_is_right() {
        let fates = [DONE, Fate::InDoubt, Fate::Acknowledged(Some(1)), Fate::NotWritten, Fate::Unheard, DONE];
        assert_eq!(audit(Promise::Full, &fates, &[0, 2, 4, 5]), []);
    }

    #[test]
    fn each_way_of_being_wrong_has_a_name() {
        let full = |fates: &[Fate], read: &[usize]| audit(Promise::Full, fates, read);
        assert_eq!(full(&[DONE, DONE], &[0]), [Wrong::Lost]);
        assert_eq!(full(&[DONE, DONE], &[0, 0, 1]), [Wrong::Duplicated]);
        assert_eq!(full(&[DONE, DONE], &[1, 0]), [Wrong::Reordered]);
        assert_eq!(full(&[Fate::Acknowledged(Some(7))], &[0]), [Wrong::Misplaced]);
        assert_eq!(full(&[Fate::NotWritten], &[0]), [Wrong::Phantom]);
        assert_eq!(full(&[Fate::Withdrawn], &[0]), [Wrong::Phantom]);
        assert_eq!(full(&[], &[0]), [Wrong::Phantom]);
        let elsewhere = encode(&Stamp { partition: 3, ..stamp(0) }, 50);
        let cut = encode(&stamp(0), 50)[..30].to_owned();
        let book = Book::new(1, Promise::Full);
        assert_eq!(findings(&[book], [elsewhere, cut].into_iter()), [Wrong::Misplaced, Wrong::Corrupted]);
        let mut book = Book::new(1, Promise::Full);
        book.open("t", 0);
        assert_eq!(findings(&[book], std::iter::empty()), [Wrong::Unanswered]);
    }

    #[test]
    fn a_weak_promise_allows_loss_and_doubles_and_nothing_else() {
        assert_eq!(audit(Promise::Weak, &[DONE, DONE, DONE], &[1, 0, 0]), []);
        assert_eq!(audit(Promise::Weak, &[Fate::NotWritten], &[0]), [Wrong::Phantom]);
    }
}
