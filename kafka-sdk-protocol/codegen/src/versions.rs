//! Ranges of versions, and the test that a version is in one, given what is known already.

use std::fmt;
use std::str::FromStr;

/// A range of versions, both ends included; empty when `first > last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Versions {
    pub(crate) first: i16,
    pub(crate) last: i16,
}

impl Versions {
    pub(crate) const NONE: Self = Self { first: i16::MAX, last: -1 };

    pub(crate) fn is_empty(self) -> bool {
        self.first > self.last
    }

    pub(crate) fn contains(self, version: i16) -> bool {
        self.first <= version && version <= self.last
    }

    pub(crate) fn intersect(self, other: Self) -> Self {
        Self { first: self.first.max(other.first), last: self.last.min(other.last) }
    }

    /// The condition for `version` to be in `self`, when it is known to be in `known`.
    pub(crate) fn condition(self, known: Self) -> Condition {
        let both = self.intersect(known);
        match (both.first > known.first, both.last < known.last) {
            _ if both.is_empty() => Condition::Never,
            (false, false) => Condition::Always,
            (true, false) => Condition::From(both.first),
            (false, true) => Condition::To(both.last),
            (true, true) => Condition::Within(both),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Always,
    Never,
    From(i16),
    To(i16),
    Within(Versions),
}

impl Condition {
    /// As a Rust expression over `version`; none where no test is needed.
    pub(crate) fn expression(self) -> Option<String> {
        match self {
            Self::Always | Self::Never => None,
            Self::From(first) => Some(format!("version >= {first}")),
            Self::To(last) => Some(format!("version <= {last}")),
            Self::Within(v) if v.first == v.last => Some(format!("version == {}", v.first)),
            Self::Within(v) => Some(format!("({}..={}).contains(&version)", v.first, v.last)),
        }
    }

    /// The opposite, as a Rust expression.
    pub(crate) fn negation(self) -> Option<String> {
        match self {
            Self::From(first) => Some(format!("version < {first}")),
            Self::To(last) => Some(format!("version > {last}")),
            Self::Within(v) if v.first == v.last => Some(format!("version != {}", v.first)),
            within => within.expression().map(|it| format!("!{it}")),
        }
    }
}

impl FromStr for Versions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |s: &str| s.parse::<i16>().map_err(|_| format!("not a version range: {text:?}"));
        if text == "none" {
            Ok(Self::NONE)
        } else if let Some(first) = text.strip_suffix('+') {
            Ok(Self { first: number(first)?, last: i16::MAX })
        } else if let Some((first, last)) = text.split_once('-') {
            Ok(Self { first: number(first)?, last: number(last)? })
        } else {
            Ok(Self { first: number(text)?, last: number(text)? })
        }
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            v if v.is_empty() => f.write_str("none"),
            Self { first, last: i16::MAX } => write!(f, "{first}+"),
            Self { first, last } if first == last => write!(f, "{first}"),
            Self { first, last } => write!(f, "{first}-{last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(text: &str) -> Versions {
        text.parse().unwrap()
    }

    #[test]
    fn text_goes_both_ways() {
        for text in ["none", "3", "0-5", "9+"] {
            assert_eq!(v(text).to_string(), text);
        }
        assert!("x+".parse::<Versions>().is_err());
    }

    #[test]
    fn no_test_where_the_answer_is_known() {
        let expression = |range: &str, known: &str| v(range).condition(v(known));
        assert_eq!(expression("0+", "3-13"), Condition::Always);
        assert_eq!(expression("14+", "3-13"), Condition::Never);
        assert_eq!(expression("5+", "3-13"), Condition::From(5));
        assert_eq!(expression("0-12", "3-13"), Condition::To(12));
        assert_eq!(expression("4-6", "3-13"), Condition::Within(v("4-6")));
        assert_eq!(v("4-6").condition(v("3-13")).expression().unwrap(), "(4..=6).contains(&version)");
    }
}
