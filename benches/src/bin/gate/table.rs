//! Markdown.

use crate::arguments::Arguments;
use crate::fetched::Fetched;
use crate::first::Firsts;
use crate::rounds::Results;
use crate::rows::{Bound, Figure, Measure, Row};
use crate::run::Outcome;
use crate::verdict::{Judged, Spread, Verdict, judge};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

pub(super) struct Table {
    head: Vec<String>,
    clients: BTreeSet<String>,
    bars: String,
    details: String,
    short: bool,
}

impl Table {
    pub(super) fn new(head: Vec<String>) -> Self {
        Self { head, clients: BTreeSet::new(), bars: String::new(), details: String::new(), short: false }
    }

    pub(super) fn add(&mut self, row: &Row, results: &Results) {
        for bar in &row.bars {
            let judged = judge(bar, row, results);
            let sign = match bar.measure {
                Measure::Ratio => "×",
                Measure::Excess => "more than",
            };
            let against = match (judged.rival, bar.against) {
                (_, []) => bar.figure.unit().to_owned(),
                (Some(rival), _) => format!("{}: {sign} {rival}", bar.figure.unit()),
                (None, names) => format!("{}: {sign} {}", bar.figure.unit(), names.join(" or ")),
            };
            self.bar(&format!("{}: {}", row.name, bar.of), &against, (bar.must, bar.aim), &judged);
        }
        let _ = write!(
            self.details,
            "\n{}\n\n| | M records / CPU-s | user only | M records / s | batch, KiB | allocations / record | MiB | switches / M records |{}\n|---|---|---|---|---|---|---|---|{}\n",
            row.name,
            special_head(row),
            if special_head(row).is_empty() { "" } else { "---|" },
        );
        for (entrant, result) in row.entrants.iter().zip(results) {
            let _ = match result {
                Ok(outcomes) => {
                    self.clients.extend(outcomes.iter().map(|outcome| outcome.report.client.clone()));
                    writeln!(self.details, "| {} {}", entrant.name, details(row, outcomes))
                }
                Err(why) => writeln!(self.details, "| {} | {why} |", entrant.name),
            };
        }
    }

    pub(super) fn add_fetched(&mut self, fetched: Result<Vec<Fetched>, String>) {
        let all = match fetched {
            Ok(all) => all,
            Err(why) => {
                let judged = Judged { spread: None, rival: None, verdict: Verdict::Unknown(why) };
                return self.bar(
                    crate::fetched::NAME,
                    "bytes fetched / bytes there",
                    crate::fetched::BOUNDS,
                    &judged,
                );
            }
        };
        for Fetched { name, ratio, is_ours } in all {
            let (must, aim) = crate::fetched::BOUNDS;
            if !is_ours {
                let _ = writeln!(self.details, "\n{}: {name} {}", crate::fetched::NAME, number(ratio));
                continue;
            }
            let verdict = match ratio {
                _ if !must.holds(ratio) => Verdict::Short,
                _ if !aim.holds(ratio) => Verdict::Must,
                _ => Verdict::Aim,
            };
            let spread = Some(Spread { median: ratio, min: ratio, max: ratio });
            let judged = Judged { spread, rival: None, verdict };
            let name = format!("{}: {name}", crate::fetched::NAME);
            self.bar(&name, "bytes fetched / bytes there", crate::fetched::BOUNDS, &judged);
        }
    }

    pub(super) fn add_first(&mut self, firsts: Result<Vec<Firsts>, String>) {
        let (name, bounds) = (crate::first::NAME, (crate::first::BOUND, crate::first::BOUND));
        let what = "µs more than the requests alone";
        let unknown = |why| Judged { spread: None, rival: None, verdict: Verdict::Unknown(why) };
        let all = match firsts {
            Ok(all) => all,
            Err(why) => return self.bar(name, what, bounds, &unknown(why)),
        };
        let _ = write!(
            self.details,
            "\n{name}\n\n| protocol | | ms | ms more than the requests alone |\n|---|---|---|---|\n"
        );
        for firsts in &all {
            let judged = firsts.excess().map_or_else(unknown, |spread| {
                let verdict = if bounds.1.holds(spread.median) { Verdict::Aim } else { Verdict::Short };
                Judged { spread: Some(spread), rival: None, verdict }
            });
            self.bar(&format!("{name}, {}: ours", firsts.protocol), what, bounds, &judged);
            self.clients.extend(firsts.called());
            firsts.lines().iter().for_each(|line| self.details.extend([line, "\n"]));
        }
        let requests = all.iter().filter_map(Firsts::requests).collect::<Vec<_>>().join("; ");
        let _ = writeln!(self.details, "\nThe requests, ms: {requests}.");
    }

    fn bar(&mut self, name: &str, what: &str, (must, aim): (Bound, Bound), judged: &Judged) {
        let figure = judged.spread.map_or_else(
            || "–".to_owned(),
            |Spread { median, min, max }| format!("{} ({}–{})", number(median), number(min), number(max)),
        );
        let verdict = match &judged.verdict {
            Verdict::Aim => "holds, and the aim",
            Verdict::Must => "holds",
            Verdict::Short => "**short**",
            Verdict::Unknown(why) => why,
        };
        self.short |= matches!(judged.verdict, Verdict::Short | Verdict::Unknown(_));
        let _ = writeln!(
            self.bars,
            "| {name} | {what} | {figure} | {} | {} | {verdict} |",
            bound(must),
            bound(aim)
        );
    }

    /// Whether everything that must hold does.
    pub(super) fn holds(&self) -> bool {
        !self.short
    }

    pub(super) fn markdown(&self) -> String {
        let clients: Vec<&str> = self.clients.iter().map(String::as_str).collect();
        format!(
            "{}\n\nClients: {}.\n\n| measure | what | median (min–max) | must | aim | verdict |\n|---|---|---|---|---|---|\n{}{}",
            self.head.join("\n"),
            clients.join(", "),
            self.bars,
            self.details,
        )
    }
}

/// The medians of an entrant.
fn details(row: &Row, outcomes: &[Outcome]) -> String {
    let median = |value: &dyn Fn(&Outcome) -> Option<f64>| {
        let spread = Spread::of(outcomes.iter().filter_map(value).collect());
        spread.map_or_else(|| "–".to_owned(), |spread| number(spread.median))
    };
    let records = |outcome: &Outcome| outcome.report.measured.records as f64;
    let mut columns = vec![
        median(&|o| Figure::PerCpuSecond.of(o)),
        median(&|o| Some(records(o) / o.report.measured.user / 1e6)),
        median(&|o| Figure::PerSecond.of(o)),
        median(&|o| (o.counted.batches > 0).then(|| o.counted.mean_batch() / 1024.0)),
        median(&|o| Figure::AllocationsPerRecord.of(o)),
        median(&|o| Figure::Rss.of(o)),
        median(&|o| Some(o.report.measured.voluntary_switches as f64 / records(o) * 1e6)),
    ];
    if has_latency(row) {
        let latency = |of: fn(&kafka_sdk_benches::harness::Latency) -> f64| {
            median(&|o| o.report.latency.as_ref().map(of))
        };
        columns.push(format!(
            "{} / {} / {} / {} (pacer {})",
            latency(|l| l.p50),
            latency(|l| l.p99),
            latency(|l| l.p99_9),
            latency(|l| l.max),
            latency(|l| l.pacer_p99),
        ));
    }
    if is_fill(row) {
        let held = outcomes.last().map(|outcome| outcome.report.held.as_slice()).unwrap_or_default();
        // At the first look, in the middle and at the end.
        let some = [held.first(), held.get(held.len() / 2), held.last()].into_iter().flatten();
        let some = some.map(|held| {
            let each = |bytes: u64| number(bytes as f64 / held.records as f64);
            let heap = held.heap_bytes.map_or_else(|| "–".to_owned(), each);
            format!("{heap}, {} at {}", each(held.resident_bytes), held.records)
        });
        columns.push(some.collect::<Vec<_>>().join("; "));
    }
    format!("| {} |", columns.join(" | "))
}

fn special_head(row: &Row) -> &'static str {
    if has_latency(row) {
        " p50 / p99 / p99.9 / max, µs |"
    } else if is_fill(row) {
        " B / queued record: heap, resident |"
    } else {
        ""
    }
}

fn has_latency(row: &Row) -> bool {
    row.entrants.iter().any(|entrant| matches!(entrant.arguments.first(), Some(&"latency" | &"resume")))
}

fn is_fill(row: &Row) -> bool {
    row.entrants.iter().any(|entrant| entrant.arguments.first() == Some(&"fill"))
}

fn bound(bound: Bound) -> String {
    match bound {
        Bound::AtLeast(value) => format!("≥ {value}"),
        Bound::AtMost(value) => format!("≤ {value}"),
    }
}

/// Three digits.
fn number(value: f64) -> String {
    match value.abs() {
        magnitude if magnitude >= 100.0 => format!("{value:.0}"),
        magnitude if magnitude >= 10.0 => format!("{value:.1}"),
        magnitude if magnitude >= 0.1 || magnitude == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/performance.md");
const BEGIN: &str = "<!-- gate: from here -->\n";
const END: &str = "<!-- gate: to here -->";

/// Writes the table to `target/gate.md`, and into the document if that was asked for.
pub(super) fn keep(arguments: &Arguments, target: &Path, text: &str) -> io::Result<()> {
    fs::write(target.join("gate.md"), text)?;
    if !arguments.update {
        return Ok(());
    }
    let document = fs::read_to_string(DOCUMENT)?;
    let marks = document.find(BEGIN).zip(document.find(END));
    let (begin, end) = marks.ok_or_else(|| io::Error::other("docs/performance.md has no place for it"))?;
    let (before, after) = (&document[..begin + BEGIN.len()], &document[end..]);
    fs::write(DOCUMENT, format!("{before}\n{text}\n{after}"))
}
