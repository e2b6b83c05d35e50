//! The command line of a Java program of Kafka.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::cache::Kit;
use crate::{Error, programs};

/// Small and quick to start: tests run many of them, on few cores. `-Xlog:disable` is for Java's own words, which
/// would get into the output of tools.
const FLAGS: &[&str] = &[
    "-Xms128m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xlog:disable",
    "-Djava.awt.headless=true",
    "-Djava.net.preferIPv4Stack=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
];

/// A Java runtime with the jars of a release.
#[derive(Debug, Clone)]
pub(super) struct Java {
    pub(super) kit: Kit,
    program: PathBuf,
    archive: Option<OsString>,
}

impl Java {
    /// Uses the archive of classes if there is one.
    pub(super) fn new(kit: Kit) -> Result<Self, Error> {
        let archive = kit.archive();
        let archive = archive.exists().then(|| flag("-XX:SharedArchiveFile=", &archive));
        Ok(Self { kit, program: programs::java().ok_or(Error::NoJava)?, archive })
    }

    /// Writes an archive of classes when the program ends.
    pub(super) fn recording(kit: &Kit, archive: &Path) -> Result<Self, Error> {
        let archive = Some(flag("-XX:ArchiveClassesAtExit=", archive));
        Ok(Self { archive, ..Self::new(kit.clone())? })
    }

    /// A program and its arguments, from `java` on.
    pub(super) fn command<A: Into<OsString>>(
        &self,
        main: &str,
        args: impl IntoIterator<Item = A>,
    ) -> Vec<OsString> {
        let mut command = vec![self.program.clone().into_os_string()];
        command.extend(FLAGS.iter().map(OsString::from));
        command.extend(self.archive.clone());
        command.extend(["-cp".into(), self.kit.jars().join("*").into_os_string(), main.into()]);
        command.extend(args.into_iter().map(Into::into));
        command
    }
}

fn flag(name: &str, file: &Path) -> OsString {
    let mut flag = OsString::from(name);
    flag.push(file);
    flag
}
