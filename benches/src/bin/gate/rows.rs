//! What is measured, and what must hold: from the design's targets.

mod group;

use crate::programs::Program;
use crate::run::{Outcome, VALUES};

/// Clients that do the same at the same kind of broker.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// What the null broker is told.
    pub(super) broker: Vec<&'static str>,
    pub(super) entrants: Vec<Entrant>,
    pub(super) bars: Vec<Bar>,
}

pub(super) struct Entrant {
    pub(super) name: &'static str,
    pub(super) program: Program,
    /// What all clients of the row are told, and then what only this one is.
    pub(super) arguments: Vec<&'static str>,
}

/// What has to hold.
pub(super) struct Bar {
    pub(super) of: &'static str,
    pub(super) figure: Figure,
    /// The best of these is the one to be compared with; none: the figure itself counts.
    pub(super) against: &'static [&'static str],
    pub(super) measure: Measure,
    pub(super) must: Bound,
    pub(super) aim: Bound,
}

/// How a figure is compared with another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    Ratio,
    /// What it has more.
    Excess,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Bound {
    pub(super) fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Figure {
    /// Million records per second of the processor.
    PerCpuSecond,
    /// Million records per second.
    PerSecond,
    P50,
    P99,
    P999,
    /// Microseconds of the processor for a record.
    CpuPerRecord,
    AllocationsPerRecord,
    /// Bytes held for each queued record.
    Held,
    /// MiB, at most.
    Rss,
}

impl Figure {
    pub(super) fn of(self, outcome: &Outcome) -> Option<f64> {
        let (report, measured) = (&outcome.report, &outcome.report.measured);
        let records = measured.records as f64;
        match self {
            Self::PerCpuSecond => Some(records / measured.cpu() / 1e6),
            Self::PerSecond => Some(records / measured.wall / 1e6),
            Self::P50 => report.latency.map(|latency| latency.p50),
            Self::P99 => report.latency.map(|latency| latency.p99),
            Self::P999 => report.latency.map(|latency| latency.p99_9),
            Self::CpuPerRecord => Some(measured.cpu() * 1e6 / records),
            Self::AllocationsPerRecord => measured.allocations.map(|count| count as f64 / records),
            Self::Held => report
                .held
                .last()
                .map(|held| held.heap_bytes.unwrap_or(held.resident_bytes) as f64 / held.records as f64),
            Self::Rss => Some(measured.max_rss_kib as f64 / 1024.0),
        }
    }

    pub(super) fn is_better_high(self) -> bool {
        matches!(self, Self::PerCpuSecond | Self::PerSecond)
    }

    pub(super) fn unit(self) -> &'static str {
        match self {
            Self::PerCpuSecond => "M records / CPU-s",
            Self::PerSecond => "M records / s",
            Self::P50 => "p50, µs",
            Self::P99 => "p99, µs",
            Self::P999 => "p99.9, µs",
            Self::CpuPerRecord => "µs of CPU / record",
            Self::AllocationsPerRecord => "allocations / record",
            Self::Held => "B / queued record",
            Self::Rss => "MiB of memory",
        }
    }
}

const OURS: &str = "ours";
const FRANZ_GO: &[&str] = &["franz-go", "franz-go, defaults"];
const LIBRDKAFKA: &[&str] = &["librdkafka", "librdkafka, defaults"];
const PEERS: &[&str] = &["franz-go", "franz-go, defaults", "librdkafka", "librdkafka, defaults"];

pub(super) fn all() -> Vec<Row> {
    vec![
        produce("produce, 1 partition, 64 KiB", "1", &["--batch-bytes", "65536"], "65536", BY_PEER),
        produce("produce, 12 partitions, 64 KiB", "12", &["--batch-bytes", "65536"], "65536", BY_PEER),
        produce("produce, 1,000 partitions, 64 KiB", "1000", &["--batch-bytes", "65536"], "65536", BY_BEST),
        produce("produce, 1 partition, 16 KiB", "1", &["--batch-bytes", "16384"], "16384", BY_BEST),
        lz4(),
        idempotence(),
        consume("consume, 1 partition", "1"),
        consume("consume, 12 partitions", "12"),
        group::row(),
        resume(),
        round_trip(),
        latency(),
        trickle(),
        queued(),
    ]
}

/// Who has to be beaten by how much in producing, and the aim.
type ByPeer = &'static [(&'static [&'static str], f64, f64)];
const BY_PEER: ByPeer = &[(FRANZ_GO, 2.5, 3.5), (LIBRDKAFKA, 4.0, 6.0), (&["floor"], 0.35, 0.5)];
const BY_BEST: ByPeer = &[(PEERS, 2.5, 4.0)];

fn produce(
    name: &'static str,
    partitions: &'static str,
    batch: &[&'static str],
    largest: &'static str,
    by_peer: ByPeer,
) -> Row {
    let same = [&["produce", "--linger-ms", "5", "--partitions", partitions], batch].concat();
    let entrant = |name, program, more: &[&'static str]| Entrant {
        name,
        program,
        arguments: [&same[..], more].concat(),
    };
    let mut bars: Vec<Bar> = by_peer
        .iter()
        .map(|&(against, must, aim)| at_least(OURS, Figure::PerCpuSecond, against, must, aim))
        .collect();
    // What is allocated for a batch, as any number of records makes it.
    if partitions != "1000" {
        bars.push(at_most(OURS, Figure::AllocationsPerRecord, &[], 0.1, 0.05));
    }
    Row {
        name,
        broker: vec!["--partitions", partitions],
        entrants: vec![
            // Batches as large as those of the others, though ours would grow while they wait.
            entrant(OURS, Program::Ours, &["--largest-batch", largest]),
            entrant("ours, batches growing", Program::Ours, &[]),
            entrant("franz-go", Program::FranzGo, &["--settings", "best"]),
            entrant("franz-go, defaults", Program::FranzGo, &[]),
            entrant("librdkafka", Program::Librdkafka, &["--settings", "best"]),
            entrant("librdkafka, defaults", Program::Librdkafka, &[]),
            entrant("floor", Program::Floor, &[]),
        ],
        bars,
    }
}

/// JSON events of some 330 B, the same for all: records per second of the processor say what bytes do.
fn lz4() -> Row {
    let same = ["produce", "--linger-ms", "5", "--batch-bytes", "65536", "--compression", "lz4"];
    let same = [&same[..], &["--values", VALUES, "--record-size", "330"]].concat();
    let entrant = |name, program, more: &[&'static str]| Entrant {
        name,
        program,
        arguments: [&same[..], more].concat(),
    };
    Row {
        name: "produce, LZ4, 1 partition, 64 KiB, JSON",
        broker: Vec::new(),
        entrants: vec![
            entrant(OURS, Program::Ours, &["--largest-batch", "65536"]),
            entrant("franz-go", Program::FranzGo, &["--settings", "best"]),
            entrant("franz-go, defaults", Program::FranzGo, &[]),
            entrant("librdkafka", Program::Librdkafka, &["--settings", "best"]),
            entrant("librdkafka, defaults", Program::Librdkafka, &[]),
        ],
        bars: vec![at_least(OURS, Figure::PerCpuSecond, PEERS, 1.2, 1.5)],
    }
}

fn idempotence() -> Row {
    let entrant = |name, idempotent| Entrant {
        name,
        program: Program::Ours,
        arguments: vec![
            "produce",
            "--batch-bytes",
            "65536",
            "--largest-batch",
            "65536",
            "--idempotent",
            idempotent,
        ],
    };
    Row {
        name: "idempotence, 1 partition, 64 KiB",
        broker: Vec::new(),
        entrants: vec![entrant("ours, on", "true"), entrant("ours, off", "false")],
        bars: vec![at_least("ours, on", Figure::PerCpuSecond, &["ours, off"], 0.95, 1.0)],
    }
}

fn consume(name: &'static str, partitions: &'static str) -> Row {
    let entrant = |name, program, more: &[&'static str]| Entrant {
        name,
        program,
        arguments: [&["consume", "--partitions", partitions], more].concat(),
    };
    let poll: &[&str] = &["librdkafka, poll", "librdkafka, poll, defaults"];
    let batch_queue: &[&str] = &["librdkafka, batch queue"];
    let (borrowed, owned) = ("ours, borrowed", "ours, owned");
    let mut bars = vec![
        at_least(borrowed, Figure::PerCpuSecond, FRANZ_GO, 4.0, 8.0),
        at_least(borrowed, Figure::PerCpuSecond, batch_queue, 4.0, 8.0),
        at_least(borrowed, Figure::PerCpuSecond, poll, 10.0, 10.0),
        at_least(owned, Figure::PerCpuSecond, FRANZ_GO, 3.0, 6.0),
        at_most(borrowed, Figure::AllocationsPerRecord, &[], 0.02, 0.005),
    ];
    if partitions == "1" {
        bars.push(at_most(borrowed, Figure::Rss, FRANZ_GO, 1.0, 0.6));
    }
    Row {
        name,
        broker: vec!["--partitions", partitions],
        entrants: vec![
            entrant(borrowed, Program::Ours, &["--way", "borrowed"]),
            entrant(owned, Program::Ours, &[]),
            entrant("franz-go", Program::FranzGo, &["--settings", "best"]),
            entrant("franz-go, defaults", Program::FranzGo, &[]),
            entrant(
                "librdkafka, batch queue",
                Program::Librdkafka,
                &["--way", "batch-queue", "--settings", "best"],
            ),
            entrant("librdkafka, poll", Program::Librdkafka, &["--settings", "best"]),
            entrant("librdkafka, poll, defaults", Program::Librdkafka, &[]),
            entrant("floor", Program::Floor, &[]),
        ],
        bars,
    }
}

/// The longest wait for a record, when all that was fetched ahead has been read: a round trip, and 1 ms.
fn resume() -> Row {
    let entrant = |name, program, settings| Entrant {
        name,
        program,
        arguments: vec!["resume", "--settings", settings],
    };
    Row {
        name: "reading on after a pause, 5 ms round trip",
        broker: vec!["--round-trip-ms", "5"],
        entrants: vec![
            entrant(OURS, Program::Ours, "defaults"),
            entrant("franz-go", Program::FranzGo, "best"),
            entrant("librdkafka, poll", Program::Librdkafka, "best"),
            entrant("librdkafka, poll, defaults", Program::Librdkafka, "defaults"),
        ],
        bars: vec![at_most(OURS, Figure::P50, &[], 6_000.0, 5_500.0)],
    }
}

fn round_trip() -> Row {
    let entrant = |name, program, more: &[&'static str]| Entrant {
        name,
        program,
        arguments: [&["produce"], more].concat(),
    };
    let best = ["--settings", "best", "--linger-ms", "5", "--batch-bytes"];
    let small = [&best[..], &["65536"]].concat();
    let large = [&best[..], &["1000000"]].concat();
    Row {
        name: "5 ms round trip, 1 partition",
        broker: vec!["--round-trip-ms", "5"],
        entrants: vec![
            entrant("ours at its defaults", Program::Ours, &[]),
            entrant("franz-go, 64 KiB", Program::FranzGo, &small),
            entrant("librdkafka, 64 KiB", Program::Librdkafka, &small),
            entrant("franz-go, 1 MB", Program::FranzGo, &large),
            entrant("librdkafka, 1 MB", Program::Librdkafka, &large),
        ],
        bars: vec![
            at_least(
                "ours at its defaults",
                Figure::PerSecond,
                &["franz-go, 64 KiB", "librdkafka, 64 KiB"],
                4.0,
                10.0,
            ),
            at_least(
                "ours at its defaults",
                Figure::PerSecond,
                &["franz-go, 1 MB", "librdkafka, 1 MB"],
                1.0,
                1.0,
            ),
        ],
    }
}

fn latency() -> Row {
    let bar = |figure, must, aim| at_most(OURS, figure, PEERS, must, aim);
    Row {
        name: "latency at 10,000/s, linger 0",
        broker: Vec::new(),
        entrants: paced("10000"),
        bars: vec![bar(Figure::P50, 0.8, 0.6), bar(Figure::P99, 1.0, 0.5), bar(Figure::P999, 1.0, 0.5)],
    }
}

fn trickle() -> Row {
    Row {
        name: "CPU at 1,000/s, linger 0",
        broker: Vec::new(),
        entrants: paced("1000"),
        bars: vec![at_most(OURS, Figure::CpuPerRecord, LIBRDKAFKA, 1.0, 0.8)],
    }
}

fn paced(rate: &'static str) -> Vec<Entrant> {
    let entrant = |name, program, settings| Entrant {
        name,
        program,
        arguments: vec!["latency", "--linger-ms", "0", "--rate", rate, "--settings", settings],
    };
    vec![
        entrant(OURS, Program::Ours, "defaults"),
        entrant("librdkafka", Program::Librdkafka, "best"),
        entrant("librdkafka, defaults", Program::Librdkafka, "defaults"),
        entrant("franz-go", Program::FranzGo, "best"),
        entrant("franz-go, defaults", Program::FranzGo, "defaults"),
    ]
}

fn queued() -> Row {
    let entrant = |name, program, more: &[&'static str]| Entrant {
        name,
        program,
        arguments: [&["fill"], more].concat(),
    };
    Row {
        name: "memory of queued records",
        broker: vec!["--mute"],
        entrants: vec![
            entrant(OURS, Program::Ours, &[]),
            entrant("librdkafka", Program::Librdkafka, &["--settings", "best", "--records", "300000"]),
            entrant("franz-go", Program::FranzGo, &["--settings", "best", "--records", "300000"]),
        ],
        bars: vec![at_most(OURS, Figure::Held, &[], 125.0, 115.0)],
    }
}

fn at_least(of: &'static str, figure: Figure, against: &'static [&'static str], must: f64, aim: f64) -> Bar {
    Bar { of, figure, against, measure: Measure::Ratio, must: Bound::AtLeast(must), aim: Bound::AtLeast(aim) }
}

fn at_most(of: &'static str, figure: Figure, against: &'static [&'static str], must: f64, aim: f64) -> Bar {
    Bar { of, figure, against, measure: Measure::Ratio, must: Bound::AtMost(must), aim: Bound::AtMost(aim) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bar_names_entrants_of_its_row() {
        for row in all() {
            let has = |name: &str| row.entrants.iter().any(|entrant| entrant.name == name);
            for bar in &row.bars {
                assert!(has(bar.of), "{}: {}", row.name, bar.of);
                // A peer may have one kind of settings only.
                assert!(bar.against.is_empty() || bar.against.iter().any(|name| has(name)), "{}", row.name);
            }
        }
    }
}
