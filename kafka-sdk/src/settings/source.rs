//! Settings that came by name from outside of the program.

use super::names::{Difference, Known};
use super::{Dialect, Role, Support, Tables, nearest, quoted, settings_error, shortened};
use crate::error::{Error, Result};
use std::sync::Arc;
use tracing::warn;

/// Pairs of name and value, for a client and all that comes from it.
#[derive(Clone)]
pub(crate) struct Source {
    tables: Tables,
    pairs: Arc<[(String, String)]>,
    unknown: Unknown,
}

/// What is done about a name that nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    Refused,
    Ignored,
}

impl Source {
    /// Blanks around names and values do not count, and the last of several values of one name does.
    pub(crate) fn new(tables: Tables, pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let trimmed = |(name, value): (String, String)| (name.trim().to_owned(), value.trim().to_owned());
        Self { tables, pairs: pairs.into_iter().map(trimmed).collect(), unknown: Unknown::Refused }
    }

    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    pub(crate) fn allow_unknown(&mut self) {
        self.unknown = Unknown::Ignored;
    }

    /// Judges all names, and all values of all roles: a typing error is told at once, and not when the first producer is
    /// built. What a role does not support is its own affair: it may never be built.
    ///
    /// # Errors
    /// A name that nobody knows; a value that is not accepted; one setting under two names.
    pub(crate) fn check(&self) -> Result<()> {
        self.warnings()?.iter().for_each(Warning::log);
        Ok(())
    }

    pub(crate) fn warnings(&self) -> Result<Vec<Warning>> {
        let mut warnings = Vec::new();
        for (name, _) in &*self.pairs {
            warnings.extend(self.judge(name, None)?);
        }
        for table in self.tables {
            table.check_pairs(&self.pairs)?;
        }
        warnings.extend(self.dialect_warning(&self.pairs, None));
        Ok(warnings)
    }

    /// What there is to warn of about a name that was set on `role`; on none in particular, it may be anybody's.
    ///
    /// # Errors
    /// A name that nobody knows, or that is another role's.
    pub(super) fn judge(&self, name: &str, role: Option<Role>) -> Result<Option<Warning>> {
        let found: Vec<Known> = self.tables.iter().filter_map(|table| table.find(name)).collect();
        // Roles may share a setting.
        let own = found.iter().find(|known| Some(known.role) == role);
        match (own.or(found.first()), role) {
            (None, _) if self.unknown == Unknown::Ignored => {
                Ok(Some(Warning::ignored(name, "there is no such setting")))
            }
            (None, _) => Err(self.unknown(name)),
            (Some(known), role) => match known.support {
                Some(Support::Ignored(why)) => Ok(Some(Warning::ignored(name, why))),
                _ if role.is_some_and(|role| role != known.role) => {
                    let text = format!("{name} is a setting of {}", Role::place(&roles(&found)));
                    Err(settings_error(text))
                }
                _ => Ok(None),
            },
        }
    }

    fn unknown(&self, name: &str) -> Error {
        let names = || self.tables.iter().flat_map(|table| table.names());
        let meant = nearest(name, names()).map(|meant| {
            let found: Vec<Known> = self.tables.iter().filter_map(|table| table.find(meant)).collect();
            format!("did you mean {meant}, a setting of {}?", Role::listed(&roles(&found)))
        });
        let hint = meant
            .unwrap_or_else(|| "docs/settings.md lists all; allow_unknown() lets others pass".to_owned());
        settings_error(format!("there is no setting {}: {hint}", quoted(name)))
    }

    /// Where one of `given` has a name that only librdkafka has: the settings, of this role or of all, whose defaults are
    /// others there, and that are not set. Who comes from librdkafka has to know.
    pub(super) fn dialect_warning(&self, given: &[(String, String)], role: Option<Role>) -> Option<Warning> {
        let (theirs, _) = given.iter().find(|(name, _)| self.is_librdkafkas(name))?;
        let is_set = |wanted: &str| self.pairs.iter().chain(given).any(|(name, _)| name == wanted);
        let tables = self.tables.iter().filter(|table| role.is_none_or(|role| table.role() == role));
        let shown = |d: Difference| format!("{} is {} here and {} there", d.name, d.ours, d.librdkafka);
        let differing: Vec<String> = tables.flat_map(|table| table.differing(&is_set)).map(shown).collect();
        let differing = differing.join(", ");
        (!differing.is_empty()).then(|| Warning::Dialect { setting: theirs.clone(), differing })
    }

    fn is_librdkafkas(&self, name: &str) -> bool {
        let known = self.tables.iter().find_map(|table| table.find(name));
        known.is_some_and(|known| known.dialect == Dialect::Librdkafka)
    }
}

/// Whose setting it is: of those who know the name, those for whom it sets something, if there are any.
fn roles(found: &[Known]) -> Vec<Role> {
    let sets = |known: &&Known| known.support.is_none();
    let sets_something = found.iter().any(|known| sets(&known));
    found.iter().filter(|known| !sets_something || sets(known)).map(|known| known.role).collect()
}

/// What there is to know about a name that is accepted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Warning {
    /// It sets nothing.
    Ignored { setting: String, reason: &'static str },
    /// It is librdkafka's, some of whose defaults are others.
    Dialect { setting: String, differing: String },
}

impl Warning {
    fn ignored(setting: &str, reason: &'static str) -> Self {
        Self::Ignored { setting: shortened(setting), reason }
    }

    /// Of a name that sets nothing: the name, and why.
    pub(crate) fn into_ignored(self) -> Option<(String, &'static str)> {
        match self {
            Self::Ignored { setting, reason } => Some((setting, reason)),
            Self::Dialect { .. } => None,
        }
    }

    pub(super) fn log(&self) {
        match self {
            Self::Ignored { setting, reason } => {
                warn!(target: "kafka_sdk::settings", setting, reason, "setting ignored");
            }
            Self::Dialect { setting, differing } => {
                warn!(target: "kafka_sdk::settings", setting, differing, "defaults differ from those of librdkafka");
            }
        }
    }
}
