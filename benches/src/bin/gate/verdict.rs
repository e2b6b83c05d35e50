//! Whether what must hold does.

use crate::rounds::Results;
use crate::rows::{Bar, Measure, Row};
use crate::run::Outcome;

/// What a bar came to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    Aim,
    Must,
    Short,
    /// There is nothing to compare, and why.
    Unknown(String),
}

/// A number of each round: the middle one, the smallest and the largest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Spread {
    pub(super) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let middle = (values.len() - 1) / 2;
        let median = f64::midpoint(values[middle], values[values.len() / 2]);
        Some(Self { median, min, max })
    }
}

pub(super) struct Judged {
    pub(super) spread: Option<Spread>,
    /// The one of those to be compared with that was the best in most rounds.
    pub(super) rival: Option<&'static str>,
    pub(super) verdict: Verdict,
}

/// What each round comes to, or the figure itself where it is not compared with another's.
pub(super) fn judge(bar: &Bar, row: &Row, results: &Results) -> Judged {
    let outcomes = |name: &str| -> Result<&[Outcome], String> {
        let index = row.entrants.iter().position(|entrant| entrant.name == name);
        let result = index.and_then(|index| results.get(index)).ok_or("not in this row")?;
        result.as_deref().map_err(|why| format!("{name}: {why}"))
    };
    let unknown = |why| Judged { spread: None, rival: None, verdict: Verdict::Unknown(why) };
    let ours: Vec<Option<f64>> = match outcomes(bar.of) {
        Ok(ours) => ours.iter().map(|outcome| bar.figure.of(outcome)).collect(),
        Err(why) => return unknown(why),
    };
    let rivals: Vec<(&'static str, &[Outcome])> =
        bar.against.iter().filter_map(|name| Some((*name, outcomes(name).ok()?))).collect();
    let missing = bar.against.iter().find_map(|name| outcomes(name).err());
    if !bar.against.is_empty() && rivals.is_empty() {
        return unknown(missing.unwrap_or_default());
    }
    let best = |round: usize| {
        let of_round =
            rivals.iter().filter_map(|(name, outcomes)| Some((*name, bar.figure.of(outcomes.get(round)?)?)));
        let better = |a: &(_, f64), b: &(_, f64)| a.1.total_cmp(&b.1);
        if bar.figure.is_better_high() { of_round.max_by(better) } else { of_round.min_by(better) }
    };
    let compared = ours.iter().enumerate().filter_map(|(round, ours)| match (bar.against, bar.measure) {
        ([], _) => *ours,
        (_, Measure::Ratio) => Some((*ours)? / best(round)?.1),
        (_, Measure::Excess) => Some((*ours)? - best(round)?.1),
    });
    let Some(spread) = Spread::of(compared.collect()) else { return unknown("no figures".into()) };
    let bests: Vec<&'static str> = (0..ours.len()).filter_map(|round| Some(best(round)?.0)).collect();
    let rival = bests.iter().copied().max_by_key(|name| bests.iter().filter(|other| *other == name).count());
    let verdict = match spread.median {
        median if !bar.must.holds(median) => Verdict::Short,
        median if !bar.aim.holds(median) => Verdict::Must,
        _ => Verdict::Aim,
    };
    Judged { spread: Some(spread), rival, verdict }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::Program;
    use crate::rows::{Bound, Entrant, Figure};
    use kafka_sdk_benches::harness::{Measured, Report};
    use kafka_sdk_benches::null_broker::Counted;

    fn outcome(records_per_cpu_second: u64) -> Outcome {
        let measured =
            Measured { records: records_per_cpu_second, user: 1.0, wall: 1.0, ..Measured::default() };
        let report = Report {
            client: "c".into(),
            warm_up_records: 1,
            measured,
            failed: 0,
            queue_full: 0,
            latency: None,
            held: Vec::new(),
        };
        Outcome { report, counted: Counted::default() }
    }

    fn row() -> Row {
        let entrant = |name| Entrant { name, program: Program::Ours, arguments: Vec::new() };
        let entrants = vec![entrant("ours"), entrant("a"), entrant("b")];
        Row { name: "row", broker: Vec::new(), entrants, bars: Vec::new() }
    }

    const BAR: Bar = Bar {
        of: "ours",
        figure: Figure::PerCpuSecond,
        against: &["a", "b"],
        measure: Measure::Ratio,
        must: Bound::AtLeast(2.0),
        aim: Bound::AtLeast(4.0),
    };

    fn outcomes(each: &[u64]) -> Result<Vec<Outcome>, String> {
        Ok(each.iter().map(|&records| outcome(records)).collect())
    }

    #[test]
    fn the_median_of_the_ratios_to_the_best_of_each_round_decides() {
        let results = vec![outcomes(&[30, 40, 50]), outcomes(&[10, 10, 10]), outcomes(&[5, 5, 25])];
        let judged = judge(&BAR, &row(), &results);
        assert_eq!(judged.spread, Some(Spread { median: 3.0, min: 2.0, max: 4.0 }));
        assert_eq!((judged.rival, judged.verdict), (Some("a"), Verdict::Must));
        let results = vec![outcomes(&[19]), outcomes(&[10]), outcomes(&[5])];
        assert_eq!(judge(&BAR, &row(), &results).verdict, Verdict::Short);
    }

    #[test]
    fn what_is_more_than_the_best_has_is_told_as_such() {
        let bar = Bar { measure: Measure::Excess, ..BAR };
        let millions = |each: [u64; 3]| outcomes(&each.map(|records| records * 1_000_000));
        let results = vec![millions([30, 40, 50]), millions([10, 10, 10]), millions([5, 5, 25])];
        let spread = judge(&bar, &row(), &results).spread;
        assert_eq!(spread, Some(Spread { median: 25.0, min: 20.0, max: 30.0 }));
    }

    #[test]
    fn a_peer_that_is_not_there_is_left_out_only_while_another_is() {
        let missing = || Err("it does not build".to_owned());
        let results = vec![outcomes(&[40]), missing(), outcomes(&[10])];
        assert_eq!(judge(&BAR, &row(), &results).verdict, Verdict::Aim);
        let results = vec![outcomes(&[40]), missing(), missing()];
        let Verdict::Unknown(why) = judge(&BAR, &row(), &results).verdict else { panic!() };
        assert!(why.contains("it does not build"), "{why}");
    }
}
