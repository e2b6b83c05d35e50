//! Checks of setting values; the settings themselves live with the roles that they are for.

use crate::error::{Error, ErrorKind, Result};
use std::fmt::Debug;
use std::ops::RangeInclusive;

/// Refuses a value out of range, with the setting's name (Java's), the value and the range.
pub(crate) fn within<T: PartialOrd + Debug>(name: &str, value: T, range: RangeInclusive<T>) -> Result<()> {
    if range.contains(&value) {
        return Ok(());
    }
    let text = format!("{name} is {value:?}, and must be from {:?} to {:?}", range.start(), range.end());
    Err(Error::new(ErrorKind::Settings, text))
}
