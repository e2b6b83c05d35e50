//! Settings by name for all roles, out of pairs, a file or the environment.

mod environment;
mod file;
#[cfg(test)]
mod page;
#[cfg(test)]
mod ranges;
mod registry;

use crate::error::{Error, ErrorKind, Result};
use crate::settings::{Source, Tables};
use crate::{cluster, consumer, producer};
use std::path::Path;

/// What every role knows by name.
pub(crate) static TABLES: Tables =
    &[cluster::NAMES, producer::NAMES, consumer::NAMES, consumer::CONSUMER_NAMES, registry::NAMES];

pub(crate) fn none() -> Source {
    Source::new(TABLES, [])
}

pub(crate) fn from_pairs<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Source {
    let owned = pairs.into_iter().map(|(name, value)| (name.as_ref().to_owned(), value.as_ref().to_owned()));
    Source::new(TABLES, owned)
}

/// # Errors
/// A file that cannot be read, or is not written as Java reads it.
pub(crate) fn from_file(path: &Path) -> Result<Source> {
    let refuse = |why: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Settings, format!("settings file {}: {why}", path.display()))
    };
    let bytes = std::fs::read(path).map_err(|error| refuse(&error).with_source(error))?;
    let pairs = file::parse(&bytes).map_err(|why| refuse(&why))?;
    Ok(Source::new(TABLES, pairs))
}

/// # Errors
/// A variable of a setting that is not Unicode.
pub(crate) fn from_env(prefix: &str) -> Result<Source> {
    Ok(Source::new(TABLES, environment::pairs(prefix, std::env::vars_os(), TABLES)?))
}
