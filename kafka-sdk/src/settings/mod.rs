//! Settings by name: what a row of a table is, how text becomes a value, and which value counts where several are given.
//! The rows live with the roles that they are for.
//!
//! Weakest first: the default, the source (a file, the environment, or pairs), `.set`, and the typed methods of a builder.

mod iso_duration;
mod kinds;
mod layers;
mod names;
mod nearest;
mod source;
mod table;

use crate::error::{Error, ErrorKind, Result};
pub(crate) use iso_duration::iso_duration;
pub(crate) use kinds::{
    Count, CountOr, Kilobytes, Kind, Millis, MillisOrNever, OneOf, Own, SystemBuffer, TRUE_OR_FALSE, Text,
};
pub(crate) use layers::Layers;
#[cfg(test)]
pub(crate) use names::Line;
pub(crate) use names::{Names, Tables};
pub(crate) use nearest::nearest;
pub(crate) use source::{Source, Warning};
use std::fmt::Debug;
use std::ops::RangeInclusive;
pub(crate) use table::{Alias, Dialect, Other, Role, Row, Support, Table};

/// Refuses a value out of range, with the setting's name (Java's), the value and the range.
pub(crate) fn within<T: PartialOrd + Debug>(name: &str, value: T, range: RangeInclusive<T>) -> Result<()> {
    if range.contains(&value) {
        return Ok(());
    }
    let text = format!("{name} is {value:?}, and must be from {:?} to {:?}", range.start(), range.end());
    Err(Error::new(ErrorKind::Settings, text))
}

fn settings_error(text: String) -> Error {
    Error::new(ErrorKind::Settings, text)
}

/// A name or a value as errors show it.
fn quoted(text: &str) -> String {
    format!("{:?}", shortened(text))
}

/// Not at any length.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 100;
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}..", text.get(..end).unwrap_or_default()),
    }
}
