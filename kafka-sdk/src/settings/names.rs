//! Tables of all roles alike: what is known of a name, whatever it sets.

#[cfg(test)]
use super::table::{Alias, Other};
use super::table::{Dialect, Role, Row, Support, Table};
use crate::error::Result;

/// The names of a table, whatever they set.
pub(crate) trait Names: Sync {
    fn role(&self) -> Role;

    /// What is known of `name`.
    fn find(&self, name: &str) -> Option<Known>;

    fn names(&self) -> Vec<&'static str>;

    /// Refuses values that are not accepted.
    ///
    /// # Errors
    /// There is one.
    fn check_pairs(&self, pairs: &[(String, String)]) -> Result<()>;

    /// The settings that are not set, by any of their names, and that librdkafka has another default for.
    fn differing(&self, is_set: &dyn Fn(&str) -> bool) -> Vec<Difference>;

    /// What the page says of each row.
    #[cfg(test)]
    fn lines(&self) -> Vec<Line>;

    #[cfg(test)]
    fn others(&self) -> &'static [Other];
}

/// A row, as the page shows it.
#[cfg(test)]
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) dialect: Dialect,
    pub(crate) aliases: &'static [Alias],
    pub(crate) accepts: String,
    pub(crate) default: String,
    pub(crate) librdkafka: Option<&'static str>,
    pub(crate) method: Option<&'static str>,
    pub(crate) doc: &'static str,
}

/// A setting with its default here and in librdkafka.
pub(crate) struct Difference {
    pub(super) name: &'static str,
    pub(super) ours: String,
    pub(super) librdkafka: &'static str,
}

/// What is known of a name.
pub(crate) struct Known {
    pub(crate) role: Role,
    pub(crate) dialect: Dialect,
    /// None: it sets something.
    pub(crate) support: Option<Support>,
}

/// The tables of all roles.
pub(crate) type Tables = &'static [&'static dyn Names];

impl<S: Default> Names for Table<S> {
    fn role(&self) -> Role {
        self.role
    }

    fn find(&self, name: &str) -> Option<Known> {
        let role = self.role;
        let row = self.rows().flat_map(Row::names).find(|(own, _)| *own == name);
        let row = row.map(|(_, dialect)| Known { role, dialect, support: None });
        row.or_else(|| {
            let other = self.other(name)?;
            Some(Known { role, dialect: other.dialect, support: Some(other.support) })
        })
    }

    fn names(&self) -> Vec<&'static str> {
        let rows = self.rows().flat_map(|row| row.names().map(|(name, _)| name));
        rows.chain(self.others.iter().flat_map(|other| other.names.iter().copied())).collect()
    }

    fn check_pairs(&self, pairs: &[(String, String)]) -> Result<()> {
        let mut settings = S::default();
        self.apply(pairs, &mut settings)?;
        self.check(&mut settings)
    }

    fn differing(&self, is_set: &dyn Fn(&str) -> bool) -> Vec<Difference> {
        let mut defaults = S::default();
        let rows = self.rows().filter(|row| !row.names().any(|(name, _)| is_set(name)));
        let difference = |row: &Row<S>| {
            let librdkafka = row.librdkafka?;
            Some(Difference { name: row.name, ours: row.kind.show(&mut defaults), librdkafka })
        };
        rows.filter_map(difference).collect()
    }

    #[cfg(test)]
    fn lines(&self) -> Vec<Line> {
        let mut defaults = S::default();
        let line = |row: &Row<S>| Line {
            name: row.name,
            dialect: row.dialect,
            aliases: row.aliases,
            accepts: row.kind.accepts(),
            default: row.kind.show(&mut defaults),
            librdkafka: row.librdkafka,
            method: row.method,
            doc: row.doc,
        };
        self.rows().map(line).collect()
    }

    #[cfg(test)]
    fn others(&self) -> &'static [Other] {
        self.others
    }
}
