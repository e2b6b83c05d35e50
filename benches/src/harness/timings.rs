use std::fmt;
use std::time::Duration;

/// How long each part of something took, as a line of text: `first=1234.5 fetch=210.0`, in microseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timings(Vec<(String, f64)>);

impl Timings {
    #[must_use]
    pub fn and(mut self, what: &str, time: Duration) -> Self {
        self.0.push((what.into(), time.as_nanos() as f64 / 1e3));
        self
    }

    /// # Errors
    /// The line is none of these.
    pub fn parse(line: &str) -> Result<Self, String> {
        let part = |part: &str| {
            let (what, micros) = part.split_once('=')?;
            Some((what.to_owned(), micros.parse().ok()?))
        };
        let parts: Option<Vec<_>> = line.split_whitespace().map(part).collect();
        let parts = parts.filter(|parts| !parts.is_empty());
        parts.map(Self).ok_or_else(|| format!("no timings: {line:?}"))
    }

    /// Microseconds.
    #[must_use]
    pub fn of(&self, what: &str) -> Option<f64> {
        self.0.iter().find(|(name, _)| name == what).map(|(_, micros)| *micros)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl fmt::Display for Timings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (what, micros)) in self.0.iter().enumerate() {
            let space = if number == 0 { "" } else { " " };
            write!(f, "{space}{what}={micros:.1}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let timings = Timings::default()
            .and("first", Duration::from_micros(1_500))
            .and("fetch", Duration::from_nanos(2_500));
        assert_eq!(timings.to_string(), "first=1500.0 fetch=2.5");
        assert_eq!(Timings::parse(&timings.to_string()), Ok(timings.clone()));
        assert_eq!((timings.of("fetch"), timings.of("join")), (Some(2.5), None));
    }

    #[test]
    fn other_lines_are_refused() {
        for line in ["", "first", "first=soon", "first=1 and 2"] {
            assert!(Timings::parse(line).is_err(), "{line}");
        }
    }
}
