//! The arrows between the modules of this crate point down: a module names only modules of layers below its own.
//!
//! When this fails, move what is shared down, hand a value up as the result of a call, or, if the picture has really
//! changed, change the table here and `docs/architecture.md` together.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};

/// Top of the crate first; modules on one line do not import each other.
const LAYERS: &[&[&str]] = &[
    &["lib"],
    &["client"],
    &["properties"],
    &["raw"],
    &["typed"],
    &["producer", "consumer", "admin"],
    &["cluster"],
    &["net"],
    &["drive", "link", "mailbox"],
    &["helper"],
    &["backoff", "clock", "observe", "settings"],
    &["model"],
    &["error"],
];

#[test]
fn arrows_point_down() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let layer = |module: &str| LAYERS.iter().position(|layer| layer.contains(&module));
    let mut wrong = Vec::new();
    for file in rust_files(&src) {
        let from = top_module(&src, &file);
        let own = layer(&from).unwrap_or_else(|| panic!("{from} is in no layer"));
        for to in imports(&fs::read_to_string(&file).unwrap()) {
            if to != from && layer(&to).is_some_and(|target| target <= own) {
                wrong.push(format!("{}: {from} -> {to}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that point up or sideways:\n{}", wrong.join("\n"));
}

/// Who reads the time of day, or turns it into something else: what records are stamped with, and "the last hour" of a
/// reader that has lost its place, or of a group that has none. Everything else goes by a clock that nobody sets, so that no timer depends on it.
const TIME_OF_DAY: &[&str] = &[
    "clock.rs",
    "consumer/fetch/positions.rs",
    "consumer/group/beginnings.rs",
    "model/words.rs",
    "producer/mod.rs",
    "typed/time.rs",
];

#[test]
fn no_timer_goes_by_the_time_of_day() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let signs =
        ["SystemTime", "UNIX_EPOCH", "coarse_millis", "clock_gettime", "chrono", "std::time::Instant"];
    let mut readers: Vec<String> = Vec::new();
    for file in rust_files(&src) {
        let source = fs::read_to_string(&file).unwrap();
        if signs.iter().any(|sign| source.contains(sign)) {
            readers.push(file.strip_prefix(&src).unwrap().to_str().unwrap().to_owned());
        }
    }
    readers.sort();
    assert_eq!(readers, TIME_OF_DAY);
}

#[test]
fn every_module_is_in_the_picture() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let modules: Vec<String> = rust_files(&src).iter().map(|file| top_module(&src, file)).collect();
    let gone: Vec<&&str> =
        LAYERS.iter().flat_map(|l| l.iter()).filter(|m| !modules.contains(&m.to_string())).collect();
    assert!(gone.is_empty(), "layers name modules that are not there: {gone:?}");
}

/// The first name of every `crate::name` and of every arm of `crate::{..}`, outside comments.
fn imports(source: &str) -> Vec<String> {
    let code: String =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|l| [l, "\n"]).collect();
    code.split("crate::").skip(1).flat_map(first_names).collect()
}

fn first_names(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let (mut depth, mut names, mut start) = (0, Vec::new(), 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(word(group[start..at].trim()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => rust_files(&path),
            false => Vec::from_iter(path.extension().is_some_and(|e| e == "rs").then_some(path)),
        })
        .collect()
}

fn top_module(src: &Path, file: &Path) -> String {
    let first = file.strip_prefix(src).unwrap().components().next().unwrap();
    Path::new(first.as_os_str()).file_stem().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn imports_reads_single_and_grouped_paths() {
    assert_eq!(
        imports(
            "use crate::net;\n// crate::no\nuse crate::{model::{A, B}, cluster};\nlet x = crate::error::E;"
        ),
        ["net", "model", "cluster", "error"]
    );
}
