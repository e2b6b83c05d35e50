//! What a group costs a reader: the same records by a member of a group, in the same row.

use super::{Bar, Bound, Entrant, Figure, Measure, Row, at_least};
use crate::programs::Program;

const READER: &[&str] = &["reader, owned"];
const READER_BORROWED: &[&str] = &["reader, borrowed"];
const MEMBER: &[&str] = &["member, owned"];

pub(super) fn row() -> Row {
    let entrant = |name, more: &[&'static str]| Entrant {
        name,
        program: Program::Ours,
        arguments: [&["consume", "--partitions", "12"], more].concat(),
    };
    let group = ["--group", "bench"];
    let member = |name, way| entrant(name, &[&group[..], &["--way", way]].concat());
    Row {
        name: "consume, 12 partitions, as a member of a group",
        broker: vec!["--partitions", "12", "--groups"],
        entrants: vec![
            entrant("reader, borrowed", &["--way", "borrowed"]),
            member("member, borrowed", "borrowed"),
            entrant("reader, owned", &[]),
            member("member, owned", "plain"),
            member("member, acked", "acked"),
        ],
        bars: vec![
            at_least("member, borrowed", Figure::PerCpuSecond, READER_BORROWED, 0.95, 1.0),
            at_least("member, owned", Figure::PerCpuSecond, READER, 0.95, 1.0),
            Bar {
                of: "member, acked",
                figure: Figure::CpuPerRecord,
                against: MEMBER,
                measure: Measure::Excess,
                must: Bound::AtMost(0.04),
                aim: Bound::AtMost(0.02),
            },
        ],
    }
}
