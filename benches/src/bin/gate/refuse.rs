//! Runs that say less than they seem to do not count.

use crate::rows::Entrant;
use crate::run::Outcome;

/// What is the matter with a run, if anything is.
pub(super) fn refuse(entrant: &Entrant, outcome: &Outcome, seconds: f64) -> Result<(), String> {
    let (report, counted) = (&outcome.report, &outcome.counted);
    let said = report.warm_up_records + report.measured.records;
    let task = entrant.arguments.first().copied().unwrap_or_default();
    if counted.faults > 0 {
        let first = counted.first_fault.as_deref().unwrap_or("of no kind");
        return Err(format!("the broker found {} faults, the first: {first}", counted.faults));
    }
    if report.failed > 0 {
        return Err(format!("{} records failed", report.failed));
    }
    match task {
        "fill" => return filled(outcome),
        "consume" | "resume" if counted.fetched_records < said => {
            return Err(format!(
                "{said} records consumed, but the broker served {}",
                counted.fetched_records
            ));
        }
        "produce" | "latency" if counted.records != said => {
            return Err(format!(
                "{said} records sent as it says, but the broker counted {}",
                counted.records
            ));
        }
        _ => {}
    }
    if report.warm_up_records == 0 {
        return Err("no record before those that count".into());
    }
    // A pacer that had been late has more to do in less time.
    let least = if task == "latency" { 0.9 } else { 1.0 };
    if report.measured.wall < seconds * least {
        return Err(format!("{:.2} s instead of {seconds} s", report.measured.wall));
    }
    same_batches(entrant, outcome)
}

fn filled(outcome: &Outcome) -> Result<(), String> {
    match outcome.report.held.last() {
        Some(held) if held.records >= 100_000 => Ok(()),
        held => Err(format!("the queue was not filled: {held:?}")),
    }
}

/// Batches that are larger than the others' would be less work. Some pass a little over what they are told.
fn same_batches(entrant: &Entrant, outcome: &Outcome) -> Result<(), String> {
    let told = entrant.arguments.iter().skip_while(|argument| **argument != "--largest-batch").nth(1);
    let Some(largest) = told.and_then(|bytes| bytes.parse::<f64>().ok()) else { return Ok(()) };
    let mean = outcome.counted.mean_batch();
    if mean > 1.05 * largest {
        return Err(format!("batches of {mean:.0} B where {largest} were to be the most"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs::Program;
    use kafka_sdk_benches::harness::{Held, Measured, Report};
    use kafka_sdk_benches::null_broker::Counted;

    fn entrant(arguments: &[&'static str]) -> Entrant {
        Entrant { name: "ours", program: Program::Ours, arguments: arguments.to_vec() }
    }

    fn good() -> Outcome {
        let measured = Measured { records: 90, wall: 4.0, ..Measured::default() };
        let report = Report {
            client: "c".into(),
            warm_up_records: 10,
            measured,
            failed: 0,
            queue_full: 3,
            latency: None,
            held: Vec::new(),
        };
        let counted =
            Counted { records: 100, fetched_records: 100, batches: 1, bytes: 100, ..Counted::default() };
        Outcome { report, counted }
    }

    fn refusal(change: impl FnOnce(&mut Outcome)) -> Option<String> {
        let mut outcome = good();
        change(&mut outcome);
        refuse(&entrant(&["produce", "--largest-batch", "1000"]), &outcome, 4.0).err()
    }

    #[test]
    fn what_is_as_it_should_be_counts() {
        assert_eq!(refusal(|_| {}), None);
    }

    #[test]
    fn records_that_the_broker_did_not_count_are_refused() {
        assert!(refusal(|o| o.counted.records = 99).unwrap().contains("100 records"));
        // As a client would that counts what its full queue dropped.
        assert!(refusal(|o| o.report.measured.records = 93).unwrap().contains("103 records"));
        let mut outcome = good();
        outcome.counted.fetched_records = 50;
        assert!(refuse(&entrant(&["consume"]), &outcome, 4.0).is_err());
    }

    #[test]
    fn faults_and_failures_are_refused() {
        assert!(refusal(|o| o.counted.faults = 1).is_some());
        assert!(refusal(|o| o.report.failed = 1).is_some());
    }

    #[test]
    fn runs_without_a_warm_up_or_too_short_are_refused() {
        let no_warm_up = refusal(|o| {
            o.report.warm_up_records = 0;
            o.report.measured.records = 100;
        });
        assert!(no_warm_up.unwrap().contains("no record before"));
        assert!(refusal(|o| o.report.measured.wall = 3.9).unwrap().contains("instead of"));
    }

    #[test]
    fn larger_batches_than_the_row_says_are_refused() {
        assert!(refusal(|o| o.counted.bytes = 2_000).unwrap().contains("batches of 2000"));
    }

    #[test]
    fn a_queue_that_was_not_filled_is_refused() {
        let mut outcome = good();
        assert!(refuse(&entrant(&["fill"]), &outcome, 4.0).is_err());
        outcome.report.held = vec![Held { records: 200_000, heap_bytes: None, resident_bytes: 1 }];
        refuse(&entrant(&["fill"]), &outcome, 4.0).unwrap();
    }
}
