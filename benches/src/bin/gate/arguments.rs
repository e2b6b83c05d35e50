use clap::Parser;

/// Measures this SDK next to librdkafka, franz-go and the floor, and says whether what must hold does.
#[derive(Clone, Debug, Parser)]
pub(super) struct Arguments {
    /// Runs of a second or so, to see that it works: nothing to be quoted.
    #[arg(long)]
    quick: bool,

    #[arg(long, conflicts_with = "quick")]
    long: bool,
    /// Seconds of each run that count. Default: 4, quick 1.
    #[arg(long)]
    seconds: Option<f64>,
    /// Seconds of each run before. Default: 1, quick 0.3.
    #[arg(long)]
    warm_up: Option<f64>,
    /// Where the clients run.
    #[arg(long, default_value_t = 0)]
    pub(super) client_core: usize,
    /// Where the broker runs, and what paces for latency.
    #[arg(long, default_value_t = 1)]
    pub(super) broker_core: usize,
    /// Only rows with this in their names; may be given more than once.
    #[arg(long)]
    row: Vec<String>,
    /// Puts the table into docs/performance.md too, in place of the one that is there.
    #[arg(long, conflicts_with = "quick")]
    pub(super) update: bool,
}

/// Below that, what a run shows is chance.
const SHORTEST: f64 = 3.0;

impl Arguments {
    /// Refuses what would make the table say less than it seems to.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.warm_up() <= 0.0 {
            return Err("without a warm-up, what is measured is the start".into());
        }
        if self.seconds() < SHORTEST && !self.quick {
            return Err(format!("runs of less than {SHORTEST} s show chance: take more, or --quick"));
        }
        if self.client_core == self.broker_core {
            return Err("client and broker on one core measure each other".into());
        }
        if self.update && !self.row.is_empty() {
            return Err("--update with --row would throw the other rows away".into());
        }
        Ok(())
    }

    pub(super) fn is_quick(&self) -> bool {
        self.quick
    }

    pub(super) fn seconds(&self) -> f64 {
        self.seconds.unwrap_or(if self.quick { 1.0 } else { 4.0 })
    }

    pub(super) fn warm_up(&self) -> f64 {
        self.warm_up.unwrap_or(if self.quick { 0.3 } else { 1.0 })
    }

    /// How often all clients of a row run, once each.
    pub(super) fn rounds(&self) -> usize {
        if self.long { 4 } else { 2 }
    }

    pub(super) fn wants(&self, name: &str) -> bool {
        self.row.is_empty() || self.row.iter().any(|row| name.contains(row.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(arguments: &[&str]) -> Result<(), String> {
        Arguments::parse_from([&["gate"], arguments].concat()).check()
    }

    #[test]
    fn settings_that_say_less_than_they_seem_to_are_refused() {
        check(&[]).unwrap();
        check(&["--quick"]).unwrap();
        for refused in [
            &["--warm-up", "0"][..],
            &["--quick", "--warm-up", "0"],
            &["--seconds", "2"],
            &["--client-core", "1"],
            &["--update", "--row", "consume"],
        ] {
            assert!(check(refused).is_err(), "{refused:?}");
        }
    }
}
