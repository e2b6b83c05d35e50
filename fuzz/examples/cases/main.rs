//! Between `cases/`, which is checked in, and `corpus/`, which the fuzzers work on: README.md says when.
//!
//! `seed` writes messages, batches and compressed bytes into `corpus/`, `unpack` what is in `cases/`. `pack <target> <folder>
//! <most>` makes `cases/<target>.hex` out of the first inputs of a folder, by the time they were written: a merge writes those
//! that add most first. The inputs below a comment stay.

mod seeds;

use kafka_sdk_fuzz::{cases, targets::TARGETS};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["seed"] => seeds::all().iter().try_for_each(|(target, input)| add(target, input)),
        ["unpack"] => TARGETS.iter().try_for_each(|(target, _)| unpack(target)),
        ["pack", target, folder, most] => {
            pack(target, Path::new(folder), most.parse().map_err(io::Error::other)?)
        }
        _ => Err(io::Error::other("seed | unpack | pack <target> <folder> <most>")),
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

fn pack(target: &str, folder: &Path, most: usize) -> io::Result<()> {
    let old = fs::read_to_string(cases::file(target)).unwrap_or_default();
    let (mut lines, mut below_a_comment) = (Vec::new(), false);
    for line in old.lines() {
        let is_comment = line.starts_with('#');
        if is_comment || below_a_comment {
            lines.push(line.to_owned());
        }
        below_a_comment = is_comment;
    }
    let mut inputs = BTreeSet::new();
    for input in oldest(folder, most)? {
        let hex: String = fs::read(input)?.iter().map(|byte| format!("{byte:02x}")).collect();
        if !hex.is_empty() && !lines.contains(&hex) {
            inputs.insert((hex.len(), hex));
        }
    }
    lines.extend(inputs.into_iter().map(|(_, hex)| hex));
    fs::write(cases::file(target), lines.join("\n") + "\n")
}

/// The files that were written first.
fn oldest(folder: &Path, most: usize) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        files.push((entry.metadata()?.modified()?, entry.path()));
    }
    files.sort();
    Ok(files.into_iter().take(most).map(|(_, path)| path).collect())
}
