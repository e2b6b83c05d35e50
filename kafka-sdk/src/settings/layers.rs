//! The values that one builder was given, from wherever, and which of them count.

use super::source::Warning;
use super::{Row, Source, Table};
use crate::error::Result;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Settings `S` in the making. Which value counts does not depend on the order of the calls.
pub(crate) struct Layers<S: 'static> {
    table: &'static Table<S>,
    source: Source,
    by_name: Vec<(String, String)>,
    by_code: Vec<Arc<ByCode<S>>>,
}

type ByCode<S> = dyn Fn(&mut S) + Send + Sync;

impl<S: Default> Layers<S> {
    pub(crate) fn new(table: &'static Table<S>, source: Source) -> Self {
        Self { table, source, by_name: Vec::new(), by_code: Vec::new() }
    }

    /// For a typed method of a builder.
    pub(crate) fn by_code(&mut self, set: impl Fn(&mut S) + Send + Sync + 'static) {
        self.by_code.push(Arc::new(set));
    }

    /// For `.set`.
    pub(crate) fn by_name(&mut self, name: &str, value: &str) {
        self.by_name.push((name.trim().to_owned(), value.trim().to_owned()));
    }

    /// For `.allow_unknown`.
    pub(crate) fn allow_unknown(&mut self) {
        self.source.allow_unknown();
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// The values that count; says what there is to warn of.
    ///
    /// # Errors
    /// A name that is unknown, another role's or not supported; a value that is not accepted or out of range; one
    /// setting under two names.
    pub(crate) fn build(&self) -> Result<S> {
        let (settings, warnings) = self.resolve()?;
        warnings.iter().for_each(Warning::log);
        Ok(settings)
    }

    fn resolve(&self) -> Result<(S, Vec<Warning>)> {
        let warnings = self.judge()?;
        let mut settings = S::default();
        for pairs in [self.source.pairs(), &self.by_name] {
            self.table.refuse_unsupported(pairs)?;
            self.table.apply(pairs, &mut settings)?;
        }
        for set in &self.by_code {
            set(&mut settings);
        }
        self.table.check(&mut settings)?;
        Ok((settings, warnings))
    }

    /// Judges what was set by name; who has the source judges that.
    fn judge(&self) -> Result<Vec<Warning>> {
        let role = Some(self.table.role);
        let mut warnings = Vec::new();
        for (name, _) in &self.by_name {
            warnings.extend(self.source.judge(name, role)?);
        }
        warnings.extend(self.source.dialect_warning(&self.by_name, role));
        Ok(warnings)
    }

    /// What was given by `.set` and sets nothing, each with why.
    ///
    /// # Errors
    /// A name that is unknown or another role's.
    pub(crate) fn ignored(&self) -> Result<BTreeMap<String, &'static str>> {
        Ok(self.judge()?.into_iter().filter_map(Warning::into_ignored).collect())
    }

    /// All settings by name, with the values that count.
    ///
    /// # Errors
    /// As [`Self::build`].
    pub(crate) fn effective(&self) -> Result<BTreeMap<&'static str, String>> {
        let (mut settings, _) = self.resolve()?;
        let shown = |row: &Row<S>| (row.name, row.kind.show(&mut settings));
        Ok(self.table.rows().map(shown).collect())
    }
}

impl<S> Clone for Layers<S> {
    fn clone(&self) -> Self {
        let Self { table, source, by_name, by_code } = self;
        Self { table, source: source.clone(), by_name: by_name.clone(), by_code: by_code.clone() }
    }
}

/// The values that count; what was given by name may hold a secret, and is not shown.
impl<S: Default + fmt::Debug> fmt::Debug for Layers<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.resolve() {
            Ok((settings, _)) => settings.fmt(f),
            Err(error) => error.fmt(f),
        }
    }
}
