//! All runs of a row.

use crate::arguments::Arguments;
use crate::programs::Programs;
use crate::refuse::refuse;
use crate::rows::{Entrant, Row};
use crate::run::{Length, Outcome, once};

/// What came of an entrant: an outcome of each round, or why there is none.
pub(super) type Results = Vec<Result<Vec<Outcome>, String>>;

/// In each round all entrants run, there and back again: A B C, C B A, C B A, A B C.
pub(super) fn all(arguments: &Arguments, programs: &Programs, row: &Row) -> Results {
    let mut results: Results =
        row.entrants.iter().map(|entrant| checked(arguments, programs, row, entrant)).collect();
    let length = Length { warm_up: arguments.warm_up(), seconds: arguments.seconds() };
    for round in 0..arguments.rounds() {
        for index in order(row.entrants.len(), round) {
            let entrant = &row.entrants[index];
            let Ok(outcomes) = &mut results[index] else { continue };
            let outcome = run_one(arguments, programs, row, entrant, length);
            say(entrant, &outcome);
            match outcome {
                Ok(outcome) => outcomes.push(outcome),
                Err(why) => results[index] = Err(why),
            }
        }
    }
    results
}

/// The order of a round's entrants: of four rounds, the second and third go back.
pub(super) fn order(entrants: usize, round: usize) -> Vec<usize> {
    let forth = matches!(round % 4, 0 | 3);
    if forth { (0..entrants).collect() } else { (0..entrants).rev().collect() }
}

fn run_one(
    arguments: &Arguments,
    programs: &Programs,
    row: &Row,
    entrant: &Entrant,
    length: Length,
) -> Result<Outcome, String> {
    let outcome = once(arguments, programs, entrant, &row.broker, length)?;
    refuse(entrant, &outcome, length.seconds)?;
    Ok(outcome)
}

/// A short run that does not count, at a broker that looks into each batch.
fn checked(
    arguments: &Arguments,
    programs: &Programs,
    row: &Row,
    entrant: &Entrant,
) -> Result<Vec<Outcome>, String> {
    if entrant.arguments.first() != Some(&"produce") {
        return programs.path(entrant.program).map(|_| Vec::new());
    }
    let length = Length { warm_up: 0.1, seconds: 0.3 };
    let broker = [&row.broker[..], &["--check"]].concat();
    let outcome = once(arguments, programs, entrant, &broker, length)?;
    refuse(entrant, &outcome, length.seconds)?;
    Ok(Vec::new())
}

fn say(entrant: &Entrant, outcome: &Result<Outcome, String>) {
    match outcome {
        Ok(Outcome { report, counted }) => {
            let measured = &report.measured;
            eprintln!(
                "  {:28} {:7.2} M/CPU-s {:7.2} M/s, batches of {:.0} B",
                entrant.name,
                measured.records as f64 / measured.cpu() / 1e6,
                measured.records as f64 / measured.wall / 1e6,
                counted.mean_batch(),
            );
        }
        Err(why) => eprintln!("  {:28} {why}", entrant.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drifts_hits_all_alike() {
        let two: Vec<usize> = (0..4).flat_map(|round| order(2, round)).collect();
        assert_eq!(two, [0, 1, 1, 0, 1, 0, 0, 1]);
    }
}
