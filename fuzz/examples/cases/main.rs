//! Between `cases/`, which is checked in, and `corpus/`, which the fuzzers work on: README.md says when.
//!
//! `seed` writes messages, batches and compressed bytes into `corpus/`, `unpack` what is in `cases/`; `pack <target>` makes
//! `cases/<target>.hex` out of `corpus/<target>/`, and keeps the inputs below a comment.

mod seeds;

use kafka_sdk_fuzz::{cases, targets::TARGETS};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["seed"] => seeds::all().iter().try_for_each(|(target, input)| add(target, input)),
        ["unpack"] => TARGETS.iter().try_for_each(|(target, _)| unpack(target)),
        ["pack", target] => pack(target),
        _ => Err(io::Error::other("seed | unpack | pack <target>")),
    }
}

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// Adds an input to the corpus, in a file that is named by its content.
fn add(target: &str, input: &[u8]) -> io::Result<()> {
    let mut hash = DefaultHasher::new();
    input.hash(&mut hash);
    fs::create_dir_all(corpus(target))?;
    fs::write(corpus(target).join(format!("{:016x}", hash.finish())), input)
}

fn unpack(target: &str) -> io::Result<()> {
    let inputs = cases::parse(&fs::read_to_string(cases::file(target))?);
    let inputs = inputs.map_err(|line| io::Error::other(format!("{target}.hex:{line}: not hex digits")))?;
    inputs.iter().try_for_each(|(_, input)| add(target, input))
}

fn pack(target: &str) -> io::Result<()> {
    let old = fs::read_to_string(cases::file(target)).unwrap_or_default();
    let mut text = String::new();
    let (mut told, mut in_story) = (BTreeSet::new(), false);
    for line in old.lines() {
        if line.starts_with('#') || in_story {
            writeln!(text, "{line}").map_err(io::Error::other)?;
            told.insert(line);
        }
        in_story = line.starts_with('#');
    }
    let mut inputs = BTreeSet::new();
    for entry in fs::read_dir(corpus(target))? {
        let input = fs::read(entry?.path())?;
        let hex: String = input.iter().map(|byte| format!("{byte:02x}")).collect();
        if !hex.is_empty() && !told.contains(hex.as_str()) {
            inputs.insert((hex.len(), hex));
        }
    }
    for (_, hex) in &inputs {
        writeln!(text, "{hex}").map_err(io::Error::other)?;
    }
    fs::write(cases::file(target), text)
}
