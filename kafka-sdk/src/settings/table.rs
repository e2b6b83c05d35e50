//! What is known of settings by name: the rows of a role that set something, and the names that set nothing.

use super::kinds::listed;
use super::{Kind, quoted, settings_error};
use crate::error::{Error, Result};
use std::fmt;

/// A setting: its names, the field that it sets, and what its line in `docs/settings.md` says.
pub(crate) struct Row<S: 'static> {
    /// Java's; librdkafka's where only that has one.
    pub(crate) name: &'static str,
    pub(crate) dialect: Dialect,
    /// Other names of it in librdkafka.
    pub(crate) aliases: &'static [Alias],
    pub(crate) kind: &'static dyn Kind<S>,
    /// librdkafka's default, where that is another one.
    pub(crate) librdkafka: Option<&'static str>,
    /// The typed method for it, where there is one, as rustdoc names it.
    #[cfg_attr(not(test), allow(dead_code, reason = "for docs/settings.md, which a test writes"))]
    pub(crate) method: Option<&'static str>,
    #[cfg_attr(not(test), allow(dead_code, reason = "for docs/settings.md, which a test writes"))]
    pub(crate) doc: &'static str,
}

/// Which clients have a setting of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Java,
    Librdkafka,
    Both,
}

/// Another name of a setting, which only librdkafka has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Alias {
    Same(&'static str),
    /// Its values are in units of 1,024.
    Kilobytes(&'static str),
}

impl Alias {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Same(name) | Self::Kilobytes(name) => name,
        }
    }
}

/// Names that are known, and set nothing.
pub(crate) struct Other {
    pub(crate) names: &'static [&'static str],
    pub(crate) dialect: Dialect,
    pub(crate) support: Support,
}

/// What a name that sets nothing does; the texts go on from "it is".
#[derive(Clone, Copy, Debug)]
pub(crate) enum Support {
    /// It is ignored, with a warning, because of this.
    Ignored(&'static str),
    /// It is refused: ignored, it would change what the client does.
    Unsupported(&'static str),
    /// These values, in any case, say what is so already; others are refused because of this.
    Only(&'static [&'static str], &'static str),
}

/// Who has a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Client,
    Producer,
    Reader,
    Consumer,
    Registry,
}

impl Role {
    /// All of them, after "is a setting of".
    pub(super) fn listed(roles: &[Self]) -> String {
        let names: Vec<String> = roles.iter().map(Self::to_string).collect();
        names.join(" and ")
    }

    /// As [`Self::listed`], with where it is set.
    pub(super) fn place(roles: &[Self]) -> String {
        let builders: Vec<&str> = roles.iter().filter_map(|role| role.builder()).collect();
        let whose = Self::listed(roles);
        match builders[..] {
            [] => format!("{whose}, which are not supported yet"),
            _ => format!("{whose}: set it on the {}", builders.join(" or the ")),
        }
    }

    fn builder(self) -> Option<&'static str> {
        match self {
            Self::Client => Some("KafkaBuilder"),
            Self::Producer => Some("ProducerBuilder"),
            Self::Reader => Some("ReaderBuilder"),
            Self::Consumer => Some("ConsumerBuilder"),
            Self::Registry => None,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "the client",
            Self::Producer => "the producer",
            Self::Reader => "the reader",
            Self::Consumer => "the consumer",
            Self::Registry => "schema registries",
        })
    }
}

/// What a role knows by name.
pub(crate) struct Table<S: 'static> {
    pub(crate) role: Role,
    /// Its own, and those that it shares with other roles.
    pub(crate) rows: &'static [&'static [Row<S>]],
    pub(crate) others: &'static [Other],
}

impl<S> Table<S> {
    pub(super) fn rows(&self) -> impl Iterator<Item = &'static Row<S>> + use<S> {
        self.rows.iter().copied().flatten()
    }

    pub(super) fn other(&self, name: &str) -> Option<&'static Other> {
        self.others.iter().find(|other| other.names.contains(&name))
    }

    /// Sets what `pairs` name; names that are not in this table are somebody else's, and left alone.
    ///
    /// # Errors
    /// A value that is not accepted; one setting under two names.
    pub(super) fn apply(&self, pairs: &[(String, String)], settings: &mut S) -> Result<()> {
        for row in self.rows() {
            let mut given = pairs.iter().filter(|(name, _)| row.is_named(name));
            let Some((name, text)) = given.next_back() else { continue };
            if let Some((other, _)) = given.find(|(other, _)| other != name) {
                return Err(twice(other, name));
            }
            row.read(name, text, settings)?;
        }
        Ok(())
    }

    /// Refuses what this role would have to heed and cannot.
    ///
    /// # Errors
    /// There is such a name, or such a value.
    pub(super) fn refuse_unsupported(&self, pairs: &[(String, String)]) -> Result<()> {
        let others = pairs.iter().filter_map(|(name, text)| Some((self.other(name)?, name, text)));
        others.into_iter().try_for_each(|(other, name, text)| other.support.check(name, text))
    }

    /// Refuses values out of range, wherever they come from.
    ///
    /// # Errors
    /// There is one.
    pub(super) fn check(&self, settings: &mut S) -> Result<()> {
        self.rows().try_for_each(|row| row.kind.check(row.name, settings))
    }
}

fn twice(one: &str, other: &str) -> Error {
    settings_error(format!("{one} and {other} are two names of one setting: leave one of them out"))
}

impl<S> Row<S> {
    /// All its names, each with the dialect that has it.
    pub(super) fn names(&self) -> impl Iterator<Item = (&'static str, Dialect)> {
        let aliases = self.aliases.iter().map(|alias| (alias.name(), Dialect::Librdkafka));
        std::iter::once((self.name, self.dialect)).chain(aliases)
    }

    fn is_named(&self, name: &str) -> bool {
        self.names().any(|(own, _)| own == name)
    }

    fn read(&self, name: &str, text: &str, settings: &mut S) -> Result<()> {
        let scaled = self.aliases.iter().any(|a| matches!(a, Alias::Kilobytes(own) if *own == name));
        if !scaled {
            return self.kind.read(name, text, settings);
        }
        let bytes = text.parse().ok().and_then(|kilobytes: u64| kilobytes.checked_mul(1 << 10));
        let bytes = bytes.ok_or_else(|| {
            settings_error(format!("{name} is {}, and must be a number of kilobytes", quoted(text)))
        })?;
        self.kind.read(name, &bytes.to_string(), settings)
    }
}

impl Support {
    fn check(self, name: &str, text: &str) -> Result<()> {
        match self {
            Self::Ignored(_) => Ok(()),
            Self::Unsupported(why) => Err(settings_error(format!("{name} is not supported yet: {why}"))),
            Self::Only(words, _) if words.iter().any(|word| word.eq_ignore_ascii_case(text)) => Ok(()),
            Self::Only(words, why) => {
                let words = listed(words);
                Err(settings_error(format!("{name} can only be {words} yet, not {}: {why}", quoted(text))))
            }
        }
    }
}
