//! States and kinds of groups, as Kafka writes them.

use std::fmt;

/// What a group is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GroupState {
    /// It waits for its members to join (classic).
    PreparingRebalance,
    /// It waits for its leader to distribute partitions (classic).
    CompletingRebalance,
    /// All members have what they are to have.
    Stable,
    /// It is gone, or was never there (classic).
    Dead,
    /// It has no members, and maybe committed offsets.
    Empty,
    /// The broker distributes partitions (KIP-848).
    Assigning,
    /// Members are giving up and taking over partitions (KIP-848).
    Reconciling,
    /// It lacks what it needs, such as its topics (streams groups).
    NotReady,
    /// One that this version of the crate does not know.
    Unknown,
}

impl GroupState {
    const ALL: [(Self, &str); 9] = [
        (Self::PreparingRebalance, "PreparingRebalance"),
        (Self::CompletingRebalance, "CompletingRebalance"),
        (Self::Stable, "Stable"),
        (Self::Dead, "Dead"),
        (Self::Empty, "Empty"),
        (Self::Assigning, "Assigning"),
        (Self::Reconciling, "Reconciling"),
        (Self::NotReady, "NotReady"),
        (Self::Unknown, "Unknown"),
    ];

    pub(super) fn read(text: &str) -> Self {
        read(&Self::ALL, text).unwrap_or(Self::Unknown)
    }
}

/// As Kafka writes it.
impl fmt::Display for GroupState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name(&Self::ALL, *self))
    }
}

/// What kind of group it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GroupType {
    /// Its members distribute partitions among themselves. Groups of Kafka Connect are of this type too.
    Classic,
    /// The broker distributes partitions (KIP-848).
    Consumer,
    /// A share group (KIP-932).
    Share,
    /// A group of Kafka Streams (KIP-1071).
    Streams,
    /// One that this version of the crate does not know.
    Unknown,
}

impl GroupType {
    const ALL: [(Self, &str); 5] = [
        (Self::Classic, "classic"),
        (Self::Consumer, "consumer"),
        (Self::Share, "share"),
        (Self::Streams, "streams"),
        (Self::Unknown, "unknown"),
    ];

    pub(super) fn read(text: &str) -> Self {
        read(&Self::ALL, text).unwrap_or(Self::Unknown)
    }
}

/// As Kafka writes it.
impl fmt::Display for GroupType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name(&Self::ALL, *self))
    }
}

fn read<T: Copy>(all: &[(T, &str)], text: &str) -> Option<T> {
    all.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(word, _)| *word)
}

fn name<T: PartialEq>(all: &[(T, &'static str)], word: T) -> &'static str {
    all.iter().find(|(known, _)| *known == word).map_or("unknown", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_read_as_it_is_written() {
        for (state, name) in GroupState::ALL {
            assert_eq!((GroupState::read(name), state.to_string().as_str()), (state, name));
        }
        for (kind, name) in GroupType::ALL {
            assert_eq!((GroupType::read(name), kind.to_string().as_str()), (kind, name));
        }
        assert_eq!(GroupType::read("Consumer"), GroupType::Consumer);
        assert_eq!(GroupState::read("NewInSomeVersion"), GroupState::Unknown);
    }
}
