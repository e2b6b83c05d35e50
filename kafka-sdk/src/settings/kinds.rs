//! How the text of a setting becomes the value of a typed field, and back.

use super::{quoted, settings_error};
use crate::error::{Error, Result};
use crate::model::Switch;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// One field of `S`: how its values are written, and which of them are allowed.
pub(crate) trait Kind<S>: Sync {
    /// Sets the field; errors call it `name`.
    ///
    /// # Errors
    /// A text that is none of what is accepted.
    fn read(&self, name: &str, text: &str, settings: &mut S) -> Result<()>;

    /// Refuses a value that is not allowed, wherever it comes from.
    ///
    /// # Errors
    /// There is one.
    fn check(&self, _name: &str, _settings: &mut S) -> Result<()> {
        Ok(())
    }

    /// The field's value, as it can be read again.
    fn show(&self, settings: &mut S) -> String;

    /// What is accepted: how "it must be .." goes on.
    fn accepts(&self) -> String;
}

/// Refuses a text that is no value.
fn no_value(name: &str, text: &str, accepts: &str) -> Error {
    settings_error(format!("{name} is {}, and must be {accepts}", quoted(text)))
}

/// Refuses a value that is not allowed.
fn not_allowed(name: &str, value: &str, accepts: &str) -> Error {
    settings_error(format!("{name} is {value}, and must be {accepts}"))
}

/// A time, as a number of milliseconds.
pub(crate) struct Millis<S> {
    pub(crate) field: fn(&mut S) -> &mut Duration,
    pub(crate) range: RangeInclusive<u64>,
}

impl<S> Kind<S> for Millis<S> {
    fn read(&self, name: &str, text: &str, settings: &mut S) -> Result<()> {
        let millis = text.parse().map_err(|_| no_value(name, text, &self.accepts()))?;
        *(self.field)(settings) = Duration::from_millis(millis);
        Ok(())
    }

    fn check(&self, name: &str, settings: &mut S) -> Result<()> {
        match is_within(*(self.field)(settings), &self.range) {
            true => Ok(()),
            false => Err(not_allowed(name, &self.show(settings), &self.accepts())),
        }
    }

    fn show(&self, settings: &mut S) -> String {
        millis(*(self.field)(settings))
    }

    fn accepts(&self) -> String {
        millis_from(&self.range)
    }
}

fn millis(time: Duration) -> String {
    match time.subsec_nanos() % 1_000_000 {
        0 => time.as_millis().to_string(),
        rest => format!("{}.{rest:06}", time.as_millis()).trim_end_matches('0').to_owned(),
    }
}

fn is_within(time: Duration, millis: &RangeInclusive<u64>) -> bool {
    (Duration::from_millis(*millis.start())..=Duration::from_millis(*millis.end())).contains(&time)
}

fn millis_from(range: &RangeInclusive<u64>) -> String {
    format!("a number of milliseconds from {} to {}", range.start(), range.end())
}

/// A time, as a number of milliseconds, or -1 (Java) or 0 (librdkafka) for none.
pub(crate) struct MillisOrNever<S> {
    pub(crate) field: fn(&mut S) -> &mut Option<Duration>,
    pub(crate) range: RangeInclusive<u64>,
}

impl<S> Kind<S> for MillisOrNever<S> {
    fn read(&self, name: &str, text: &str, settings: &mut S) -> Result<()> {
        *(self.field)(settings) = match text {
            "-1" | "0" => None,
            _ => {
                let millis = text.parse().map_err(|_| no_value(name, text, &self.accepts()))?;
                Some(Duration::from_millis(millis))
            }
        };
        Ok(())
    }

    fn check(&self, name: &str, settings: &mut S) -> Result<()> {
        match *(self.field)(settings) {
            Some(time) if !is_within(time, &self.range) => {
                Err(not_allowed(name, &self.show(settings), &self.accepts()))
            }
            _ => Ok(()),
        }
    }

    fn show(&self, settings: &mut S) -> String {
        (self.field)(settings).map_or_else(|| "-1".to_owned(), millis)
    }

    fn accepts(&self) -> String {
        format!("{}, or -1 or 0 for never", millis_from(&self.range))
    }
}

/// A whole number of something.
pub(crate) struct Count<S, T: 'static> {
    /// What it is: `number of bytes`.
    pub(crate) of: &'static str,
    pub(crate) field: fn(&mut S) -> &mut T,
    pub(crate) range: RangeInclusive<T>,
}

impl<S, T: FromStr + Display + PartialOrd + Sync> Kind<S> for Count<S, T> {
    fn read(&self, name: &str, text: &str, settings: &mut S) -> Result<()> {
        *(self.field)(settings) = text.parse().map_err(|_| no_value(name, text, &self.accepts()))?;
        Ok(())
    }

    fn check(&self, name: &str, settings: &mut S) -> Result<()> {
        match self.range.contains((self.field)(settings)) {
            true => Ok(()),
            false => Err(not_allowed(name, &self.show(settings), &self.accepts())),
        }
    }

    fn show(&self, settings: &mut S) -> String {
        (self.field)(settings).to_string()
    }

    fn accepts(&self) -> String {
        format!("a {} from {} to {}", self.of, self.range.start(), self.range.end())
    }
}

/// A whole number in a range, or one outside that means something else.
pub(crate) struct CountOr<S, T: 'static> {
    pub(crate) count: Count<S, T>,
    pub(crate) or: T,
}

impl<S, T: FromStr + Display + PartialOrd + Sync> Kind<S> for CountOr<S, T> {
    fn read(&self, name: &str, text: &str, settings: &mut S) -> Result<()> {
        *(self.count.field)(settings) = text.parse().map_err(|_| no_value(name, text, &self.accepts()))?;
        Ok(())
    }

    fn check(&self, name: &str, settings: &mut S) -> Result<()> {
        let value = (self.count.field)(settings);
        match *value == self.or || self.count.range.contains(value) {
            true => Ok(()),
            false => Err(not_allowed(name, &self.show(settings), &self.accepts())),
        }
    }

    fn show(&self, settings: &mut S) -> String {
        self.count.show(settings)
    }

    fn accepts(&self) -> String {
        format!("{}, or {}", self.count.accepts(), self.or)
    }
}

/// One of a few words, in any case; the first of several for one value is how it is shown.
pub(crate) struct OneOf<S, T: 'static> {
    pub(crate) get: fn(&S) -> T,
    pub(crate) set: fn(&mut S, T),
    pub(crate) words: &'static [(&'static str, T)],
}

impl<S, T: Copy + PartialEq + Sync> Kind<S> for OneOf<S, T> {
    fn read(&self, name: &str, text: &str, settings: &mut S) -> Result<()> {
        let found = self.words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        let (_, value) = found.ok_or_else(|| no_value(name, text, &self.accepts()))?;
        (self.set)(settings, *value);
        Ok(())
    }

    fn show(&self, settings: &mut S) -> String {
        let value = (self.get)(settings);
        let found = self.words.iter().find(|(_, own)| *own == value);
        found.map_or_else(String::new, |(word, _)| (*word).to_owned())
    }

    fn accepts(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(|(word, _)| *word).collect();
        listed(&words)
    }
}

pub(crate) const TRUE_OR_FALSE: &[(&str, Switch)] = &[("true", Switch::On), ("false", Switch::Off)];

/// `a, b or c`.
pub(super) fn listed(words: &[&str]) -> String {
    match words {
        [all @ .., last] if !all.is_empty() => format!("{} or {last}", all.join(", ")),
        few => few.concat(),
    }
}

/// A number of bytes that is written in units of 1,024.
pub(crate) struct Kilobytes<S> {
    pub(crate) field: fn(&mut S) -> &mut usize,
    /// In kilobytes: what a method has set is rounded up.
    pub(crate) range: RangeInclusive<usize>,
}

impl<S> Kind<S> for Kilobytes<S> {
    fn read(&self, name: &str, text: &str, settings: &mut S) -> Result<()> {
        let bytes = text.parse().ok().and_then(|kilobytes: usize| kilobytes.checked_mul(1 << 10));
        *(self.field)(settings) = bytes.ok_or_else(|| no_value(name, text, &self.accepts()))?;
        Ok(())
    }

    fn check(&self, name: &str, settings: &mut S) -> Result<()> {
        match self.range.contains(&(self.field)(settings).div_ceil(1 << 10)) {
            true => Ok(()),
            false => Err(not_allowed(name, &self.show(settings), &self.accepts())),
        }
    }

    fn show(&self, settings: &mut S) -> String {
        (self.field)(settings).div_ceil(1 << 10).to_string()
    }

    fn accepts(&self) -> String {
        format!("a number of kilobytes from {} to {}", self.range.start(), self.range.end())
    }
}

/// A text of at most the length that the protocol allows.
pub(crate) struct Text<S> {
    pub(crate) field: fn(&mut S) -> &mut Arc<str>,
}

/// A string's length in the protocol has 16 bits, one of them for the sign.
const LONGEST: usize = i16::MAX as usize;

impl<S> Kind<S> for Text<S> {
    fn read(&self, _name: &str, text: &str, settings: &mut S) -> Result<()> {
        *(self.field)(settings) = text.into();
        Ok(())
    }

    fn check(&self, name: &str, settings: &mut S) -> Result<()> {
        match (self.field)(settings).len() {
            0..=LONGEST => Ok(()),
            length => Err(not_allowed(name, &format!("{length} bytes long"), &self.accepts())),
        }
    }

    fn show(&self, settings: &mut S) -> String {
        (self.field)(settings).to_string()
    }

    fn accepts(&self) -> String {
        format!("a text of at most {LONGEST} bytes")
    }
}

/// A field that has words of its own.
pub(crate) struct Own<S> {
    /// None: it is none of what is accepted.
    pub(crate) read: fn(&mut S, &str) -> Option<()>,
    pub(crate) show: fn(&S) -> String,
    pub(crate) accepts: &'static str,
}

impl<S> Kind<S> for Own<S> {
    fn read(&self, name: &str, text: &str, settings: &mut S) -> Result<()> {
        (self.read)(settings, text).ok_or_else(|| no_value(name, text, self.accepts))
    }

    fn show(&self, settings: &mut S) -> String {
        (self.show)(settings)
    }

    fn accepts(&self) -> String {
        self.accepts.to_owned()
    }
}

/// The size of a buffer of the operating system, or -1 (Java) or 0 (librdkafka) for what that finds best.
pub(crate) struct SystemBuffer<S> {
    pub(crate) field: fn(&mut S) -> &mut Option<u32>,
    pub(crate) range: RangeInclusive<u32>,
}

impl<S> Kind<S> for SystemBuffer<S> {
    fn read(&self, name: &str, text: &str, settings: &mut S) -> Result<()> {
        let bytes = match text {
            "-1" | "0" => None,
            _ => Some(text.parse().map_err(|_| no_value(name, text, &self.accepts()))?),
        };
        *(self.field)(settings) = bytes;
        Ok(())
    }

    fn check(&self, name: &str, settings: &mut S) -> Result<()> {
        match (self.field)(settings) {
            Some(bytes) if !self.range.contains(bytes) => {
                Err(not_allowed(name, &bytes.to_string(), &self.accepts()))
            }
            _ => Ok(()),
        }
    }

    fn show(&self, settings: &mut S) -> String {
        (self.field)(settings).map_or_else(|| "-1".to_owned(), |bytes| bytes.to_string())
    }

    fn accepts(&self) -> String {
        let range = &self.range;
        format!("a number of bytes from {} to {}, or -1 for the system's choice", range.start(), range.end())
    }
}
