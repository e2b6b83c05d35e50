//! The jars of each release, in a folder that outlives the tests.
//!
//! ```text
//! <cache>/4.4.0/jars/          the class path
//!              /format/        what formatted storage holds, for every node to copy (KRaft)
//!              /classes.jsa    an archive of classes
//!              /pom.xml        what Maven was asked for. It is put there last, and a folder without it, or with
//!                              another one than today's, is fetched anew
//! <cache>/4.4.0.lock           held by the one process that fetches
//! ```

use std::env;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::fetch::{self, FETCH_PATIENCE};
use super::pom;
use super::versions::Release;
use crate::Error;

/// A release whose jars are here.
#[derive(Debug, Clone)]
pub(super) struct Kit {
    pub(super) release: &'static Release,
    folder: PathBuf,
}

impl Kit {
    /// The release out of the cache, if it is there.
    pub(super) fn cached(release: &'static Release) -> Option<Self> {
        let kit = Self::in_folder(release, folder().ok()?.join(release.version));
        let pom = fs::read_to_string(kit.pom()).ok()?;
        (pom == pom::text(release)).then_some(kit)
    }

    /// The release out of the cache, fetched into it first if need be.
    pub(super) async fn get(release: &'static Release) -> Result<Self, Error> {
        if let Some(kit) = Self::cached(release) {
            return Ok(kit);
        }
        let cache = folder()?;
        fs::create_dir_all(&cache).map_err(Error::io("create", &cache))?;
        let _lock = lock(&cache.join(format!("{}.lock", release.version))).await?;
        if let Some(kit) = Self::cached(release) {
            return Ok(kit);
        }
        fetch::fetch(release, &cache).await
    }

    pub(super) fn in_folder(release: &'static Release, folder: PathBuf) -> Self {
        Self { release, folder }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn pom(&self) -> PathBuf {
        self.folder.join("pom.xml")
    }

    pub(super) fn jars(&self) -> PathBuf {
        self.folder.join("jars")
    }

    pub(super) fn archive(&self) -> PathBuf {
        self.folder.join("classes.jsa")
    }

    pub(super) fn format(&self) -> PathBuf {
        self.folder.join("format")
    }
}

/// The cache folder, which may not be there yet.
pub(crate) fn folder() -> Result<PathBuf, Error> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let user = || set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    set("KAFKA_SDK_TEST_CACHE")
        .or_else(|| Some(user()?.join("kafka-sdk-testcontainers")))
        .ok_or(Error::NoCache)
}

async fn lock(path: &Path) -> Result<File, Error> {
    let file = File::options().create(true).append(true).open(path).map_err(Error::io("open", path))?;
    timeout(FETCH_PATIENCE, try_until_locked(&file, path))
        .await
        .map_err(|_| Error::CacheBusy(path.into()))??;
    Ok(file)
}

async fn try_until_locked(file: &File, path: &Path) -> Result<(), Error> {
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => sleep(Duration::from_millis(100)).await,
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", path)(error)),
        }
    }
}
