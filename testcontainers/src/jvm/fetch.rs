//! Fetches the jars of a release by Maven, and does once for all later starts what can be done once.
//!
//! All of it happens in a scratch folder beside the final one, or under the final name without the pom, which comes
//! last: whoever sees a pom sees a complete folder.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use tokio::time::timeout;

use super::cache::Kit;
use super::supervisor::{Output, Program, Supervised};
use super::versions::{Mode, Release};
use super::{archive, pom, storage};
use crate::scratch::Scratch;
use crate::{Error, log, programs};

/// How long a fetch may take, and how long one process waits for another's.
pub(super) const FETCH_PATIENCE: Duration = Duration::from_secs(600);

/// Fetches a release into the cache. The caller holds its lock.
pub(super) async fn fetch(release: &'static Release, cache: &Path) -> Result<Kit, Error> {
    let scratch = Scratch::new(cache).map_err(Error::io("create a folder in", cache))?;
    let pom = scratch.path().join("pom.xml");
    let unfinished = Kit::in_folder(release, scratch.path().join(release.version));
    fs::create_dir(unfinished.folder()).map_err(Error::io("create", unfinished.folder()))?;
    fetch_jars(&unfinished, &pom).await?;
    if release.mode == Mode::KRaft {
        storage::make_format(&unfinished, scratch.path()).await?;
    }
    let kit = Kit::in_folder(release, cache.join(release.version));
    put_in_place(&unfinished, &kit, &scratch)?;
    archive::make(&kit).await;
    fs::rename(&pom, kit.pom()).map_err(Error::io("rename a fetched file to", &kit.pom()))?;
    Ok(kit)
}

async fn fetch_jars(kit: &Kit, pom: &Path) -> Result<(), Error> {
    let version = kit.release.version;
    let mvn = programs::mvn().ok_or(Error::NoMaven { version })?;
    fs::write(pom, pom::text(kit.release)).map_err(Error::io("write", pom))?;
    let mut output = OsString::from("-DoutputDirectory=");
    output.push(kit.jars());
    let mut command = vec![mvn.into_os_string(), "-f".into(), pom.into(), pom::GOAL.into()];
    command.extend(["-B".into(), "-q".into(), "-DincludeScope=runtime".into(), output]);
    run(command, &pom.with_extension("log")).await?.map_err(|log| Error::Fetch { version, log })
}

/// Runs a program to its end. If it fails, answers the end of what it printed.
pub(super) async fn run(command: Vec<OsString>, log: &Path) -> Result<Result<(), String>, Error> {
    let program =
        Program { command, input: "/dev/null".into(), output: Output::File(log.into()), errors: log.into() };
    let supervised = Supervised::start(&program).map_err(Error::io("start a supervisor for", log))?;
    let in_time = timeout(FETCH_PATIENCE, supervised.ended()).await.is_ok();
    let status = supervised.finish().await;
    if in_time && status == Some(0) { Ok(Ok(())) } else { Ok(Err(log::tail(log))) }
}

/// What was there before is out of date; it goes with the scratch folder.
fn put_in_place(unfinished: &Kit, kit: &Kit, scratch: &Scratch) -> Result<(), Error> {
    let _ = fs::rename(kit.folder(), scratch.path().join("replaced"));
    fs::rename(unfinished.folder(), kit.folder())
        .map_err(Error::io("rename a fetched folder to", kit.folder()))
}
