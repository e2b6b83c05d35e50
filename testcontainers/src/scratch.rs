//! A folder that never outlives this process.
//!
//! A small shell, `scratch.sh`, stands guard before there is anything to guard: it waits for the end of a pipe from
//! here, which comes when the folder is dropped or when this process ends, however it ends, and removes the folder.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::programs::shell;

const SCRIPT: &str = include_str!("scratch.sh");

/// A folder of our own, empty at first. Dropping it removes it, soon after.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: PathBuf,
    _lifeline: Option<ChildStdin>,
}

impl Scratch {
    /// A new folder in `parent`.
    pub(crate) fn new(parent: &Path) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // Not by chance alone: chance can be seeded, and the guard of a name that is taken would remove what is there.
        let (process, number) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = parent.join(format!("kafka-sdk-{process}-{number}-{:08x}", fastrand::u32(..)));
        let mut guard = shell("kafka-scratch", SCRIPT);
        guard.arg(&folder).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut guard = guard.spawn()?;
        let lifeline = guard.stdin.take();
        std::thread::Builder::new().name("kafka-scratch".into()).spawn(move || guard.wait())?;
        DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Self { folder, _lifeline: lifeline })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    #[test]
    fn chance_that_repeats_itself_gives_no_name_twice() {
        let folders = [(); 2].map(|()| {
            fastrand::seed(7);
            Scratch::new(&std::env::temp_dir()).unwrap()
        });
        assert!(folders.iter().all(|scratch| scratch.path().is_dir()));
        assert_ne!(folders[0].path(), folders[1].path());
    }

    #[test]
    fn a_dropped_folder_is_removed_with_all_that_is_in_it() {
        let scratch = Scratch::new(&std::env::temp_dir()).unwrap();
        let folder = scratch.path().to_owned();
        fs::create_dir(folder.join("inner")).unwrap();
        fs::write(folder.join("inner/file"), "x").unwrap();
        drop(scratch);
        for _ in 0..100 {
            if !folder.exists() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{} is still there", folder.display());
    }
}
