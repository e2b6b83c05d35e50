//! A test that plays a part of itself in a process of its own; what `kafka` and `docker` share.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs, io};

/// Set for a test that runs itself once more as a child process, to play a part there.
const IS_CHILD: &str = "KAFKA_SDK_TEST_IS_CHILD";

/// Whether this process plays a part for a test in another process.
pub(crate) fn is_child() -> bool {
    env::var_os(IS_CHILD).is_some()
}

/// This test binary once more, to play the part of one test.
pub(crate) fn child(test: &str) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["--exact", "--nocapture", test]).env(IS_CHILD, "yes").env("RUST_BACKTRACE", "0");
    Ok(command)
}

/// A new folder, for a test to remove in the end.
pub(crate) fn new_folder(test: &str) -> io::Result<PathBuf> {
    let name = test.replace("::", "-");
    let folder = env::temp_dir().join(format!("kafka-sdk-{name}-{}", std::process::id()));
    fs::create_dir(&folder)?;
    Ok(folder)
}
