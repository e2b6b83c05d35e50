//! The releases that can be started, and all that differs between them.

use crate::Error;

/// One release of Kafka.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) version: &'static str,
    /// Major and minor, to compare by.
    pub(crate) number: (u8, u8),
    /// Who keeps the metadata, unless told otherwise.
    pub(crate) mode: Mode,
    /// The Scala version in the name of the core jar.
    pub(super) scala: &'static str,
    /// The release whose jars hold the tools; it is another one where this one's are not published.
    pub(super) tools: &'static str,
    /// ZooKeeper of another version than the release asks for.
    pub(super) zookeeper: Option<&'static str>,
}

/// Who keeps the cluster's metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    KRaft,
    ZooKeeper,
}

/// Newest first.
pub(super) const RELEASES: &[Release] = &[
    // 4.4.0 came out without its kafka-tools; those of 4.3 work against it.
    Release { tools: "4.3.1", ..kraft("4.4.0", (4, 4)) },
    kraft("4.3.1", (4, 3)),
    kraft("4.2.1", (4, 2)),
    kraft("4.0.0", (4, 0)),
    kraft("3.9.2", (3, 9)),
    kraft("3.7.2", (3, 7)),
    kraft("3.3.2", (3, 3)),
    Release { mode: Mode::ZooKeeper, ..kraft("2.8.2", (2, 8)) },
    // Its own ZooKeeper 3.4 cannot resolve addresses on Java 14 and later.
    Release { mode: Mode::ZooKeeper, scala: "2.12", zookeeper: Some("3.5.9"), ..kraft("2.1.1", (2, 1)) },
];

const fn kraft(version: &'static str, number: (u8, u8)) -> Release {
    Release { version, number, mode: Mode::KRaft, scala: "2.13", tools: version, zookeeper: None }
}

/// The newest release.
pub(crate) fn newest() -> &'static Release {
    &RELEASES[0]
}

/// The release of that version.
pub(crate) fn find(version: &str) -> Result<&'static Release, Error> {
    let found = RELEASES.iter().find(|release| release.version == version);
    found.ok_or_else(|| Error::UnknownVersion { version: version.into(), known: known().join(", ") })
}

/// The release of that version, which has a published image: there are some from 3.7 on.
#[cfg(feature = "docker")]
pub(crate) fn find_with_image(version: &str) -> Result<&'static Release, Error> {
    let with_image = || RELEASES.iter().filter(|release| release.has_image());
    let found = with_image().find(|release| release.version == version);
    let known = || with_image().map(|release| release.version).collect::<Vec<_>>().join(", ");
    found.ok_or_else(|| Error::UnknownVersion { version: version.into(), known: known() })
}

/// The versions that can be started, newest first.
pub(crate) fn known() -> Vec<&'static str> {
    RELEASES.iter().map(|release| release.version).collect()
}

impl Release {
    /// Fails if the brokers of this release cannot work in that way.
    pub(crate) fn supports(&self, mode: Mode) -> Result<(), Error> {
        let version = self.version;
        match mode {
            Mode::ZooKeeper if self.number >= (4, 0) => Err(Error::Unsupported {
                version,
                what: "ZooKeeper mode",
                advice: "the last with it was 3.9",
            }),
            Mode::KRaft if self.mode == Mode::ZooKeeper => Err(Error::Unsupported {
                version,
                what: "KRaft fit for use",
                advice: "the first with it was 3.3",
            }),
            _ => Ok(()),
        }
    }

    /// The class of Kafka's console consumer, which moved in 3.8.
    pub(crate) fn console_consumer(&self) -> &'static str {
        if self.number >= (3, 8) {
            "org.apache.kafka.tools.consumer.ConsoleConsumer"
        } else {
            "kafka.tools.ConsoleConsumer"
        }
    }

    /// The class of Kafka's console producer, which moved in 4.0, and its option for the servers, renamed in 2.5.
    pub(crate) fn console_producer(&self) -> (&'static str, &'static str) {
        match self.number {
            (4.., _) => ("org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server"),
            (3, _) | (2, 5..) => ("kafka.tools.ConsoleProducer", "--bootstrap-server"),
            _ => ("kafka.tools.ConsoleProducer", "--broker-list"),
        }
    }

    /// The option by which a console program is given its properties: its own before 4.2 (KIP-1147).
    pub(crate) fn console_config(&self, own: &'static str) -> &'static str {
        if self.number >= (4, 2) { "--command-config" } else { own }
    }

    #[cfg(feature = "docker")]
    pub(crate) fn has_image(&self) -> bool {
        self.number >= (3, 7)
    }

    /// Whether the jars of this release hold tools.
    pub(super) fn has_tools(&self) -> bool {
        self.tools == self.version
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_sorted_and_their_tools_exist() {
        assert!(RELEASES.is_sorted_by(|newer, older| newer.number > older.number));
        assert!(RELEASES.iter().all(|release| find(release.tools).unwrap().has_tools()));
        assert!(RELEASES.iter().all(|release| {
            release.version.starts_with(&format!("{}.{}.", release.number.0, release.number.1))
        }));
    }

    #[test]
    fn an_unknown_version_is_answered_with_the_known_ones() {
        let message = find("0.8.2").unwrap_err().to_string();
        assert!(
            message.contains("0.8.2") && message.contains("4.4.0") && message.contains("2.1.1"),
            "{message}"
        );
    }
}
