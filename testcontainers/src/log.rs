//! The logs that programs write, and their ends, which errors show.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// How much of a log an error shows.
const LINES: usize = 40;
const BYTES: u64 = 16 * 1024;

/// The last lines of a log.
pub(crate) fn tail(path: &Path) -> String {
    let text = end(path, BYTES).unwrap_or_else(|error| format!("(its log cannot be read: {error})"));
    let lines: Vec<&str> = text.trim_end().lines().collect();
    if lines.is_empty() {
        return "(its log is empty)".into();
    }
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

/// The last bytes of a log, as text.
pub(crate) fn end(path: &Path, bytes: u64) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(bytes)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
