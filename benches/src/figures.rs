//! What was measured before, checked in: more than that is a step back, unless the file says so in the same commit.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::{fs, io};

/// What is nearly the same in each run: counts, no times.
#[derive(Debug, Default)]
pub struct Figures(BTreeMap<String, f64>);

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/figures.txt");
/// More than so much above what is checked in is no chance.
const TOLERANCE: f64 = 1.03;

impl Figures {
    /// Those of `benches/figures.txt`.
    ///
    /// # Panics
    /// If the file is not there, or has a line that is none.
    #[must_use]
    pub fn checked_in() -> Self {
        Self::parse(&fs::read_to_string(FILE).expect("benches/figures.txt"))
    }

    fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let figure = |line: &str| {
            let (name, value) = line.split_once(": ").expect("a name, a colon and a number");
            (name.to_owned(), value.parse().expect("a number"))
        };
        Self(lines.map(figure).collect())
    }

    /// What is the matter with a figure, if anything is.
    ///
    /// # Errors
    /// It is more than 3 % above what is checked in, or not checked in.
    pub fn check(&self, name: &str, value: f64) -> Result<(), String> {
        let Some(&known) = self.0.get(name) else {
            return Err(format!("{name}: {value:.2}, and nothing is checked in for it"));
        };
        eprintln!("{name}: {value:.2}, checked in {known:.2}");
        if value <= known * TOLERANCE {
            return Ok(());
        }
        let percent = (value / known - 1.0) * 100.0;
        Err(format!("{name}: {value:.2} is {percent:.1} % more than the {known:.2} of benches/figures.txt"))
    }

    /// As [`Self::check`], for a test.
    ///
    /// # Panics
    /// Where that is an error.
    pub fn compare(&self, name: &str, value: f64) {
        self.check(name, value).unwrap();
    }

    /// Puts these in place of those that are checked in, and keeps the others.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn check_in(figures: impl IntoIterator<Item = (String, f64)>) -> io::Result<()> {
        let text = fs::read_to_string(FILE)?;
        let mut all = Self::parse(&text);
        all.0.extend(figures);
        let mut new: String =
            text.lines().take_while(|line| line.starts_with('#')).fold(String::new(), |mut head, line| {
                head.push_str(line);
                head.push('\n');
                head
            });
        for (name, value) in &all.0 {
            let _ = writeln!(new, "{name}: {value:.2}");
        }
        fs::write(FILE, new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_percent_more_is_too_much() {
        let figures = Figures::parse("# counts\n\nappend: 100.00\n");
        figures.check("append", 103.0).unwrap();
        figures.check("append", 50.0).unwrap();
        assert!(figures.check("append", 103.1).unwrap_err().contains("3.1 % more"));
        assert!(figures.check("read", 1.0).is_err(), "nothing is known of it");
    }
}
