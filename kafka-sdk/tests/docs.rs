//! Pages say what the code does: the events that it logs, and the tests that show what is promised.
//!
//! When this fails, the page in `docs/` and the code have come apart: change the one or the other.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn crate_file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
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

/// Target and message of each event: the first and the last string in the macro's call. Those without a message are no
/// events.
fn events(source: &str) -> Vec<(String, String)> {
    let calls = source.split("target: \"").skip(1).map(|rest| rest.split(");").next().unwrap());
    let strings = calls.map(|call| call.split('"').collect::<Vec<_>>());
    let event = |parts: Vec<&str>| {
        // Outside, inside, outside, …: beginning inside the target.
        let message = parts.iter().skip(2).step_by(2).next_back()?;
        Some((parts[0].to_owned(), (*message).to_owned()))
    };
    strings.filter_map(event).collect()
}

#[test]
fn every_event_in_the_code_stands_in_the_page() {
    let page = fs::read_to_string(crate_file("../docs/observability.md")).unwrap();
    let stands = |target: &str, message: &str| {
        let row = format!("| `{target}` | ");
        page.lines().any(|line| line.starts_with(&row) && line.contains(&format!(" | {message} | ")))
    };
    let spans = ["producer", "reader"];
    let (mut found, mut missing) = (0, Vec::new());
    for file in rust_files(&crate_file("src")) {
        for (target, message) in events(&fs::read_to_string(&file).unwrap()) {
            found += 1;
            if !stands(&target, &message) && !spans.contains(&message.as_str()) {
                missing.push(format!("{}: {target}: {message:?}", file.display()));
            }
        }
    }
    assert!(missing.is_empty(), "not in docs/observability.md:\n{}", missing.join("\n"));
    assert!(found > 15, "the events were not found: {found}");
}

#[test]
fn no_event_stands_in_the_page_twice() {
    let page = fs::read_to_string(crate_file("../docs/observability.md")).unwrap();
    let mut rows = BTreeSet::new();
    for line in page.lines().filter(|line| line.starts_with("| `kafka_sdk::")) {
        let cells: Vec<&str> = line.split(" | ").collect();
        let (target, message) = (cells[0], cells[2]);
        assert!(
            rows.insert((target, message)),
            "docs/observability.md has more than one row for {target} | {message}"
        );
    }
    assert!(rows.len() > 15, "the rows were not found: {rows:?}");
}

#[test]
fn every_test_that_a_page_names_exists() {
    for page in ["delivery.md", "broker-rules.md", "failure-scenarios.md"] {
        let text = fs::read_to_string(crate_file("../docs").join(page)).unwrap();
        let mut named = BTreeSet::new();
        for word in text.split('`').skip(1).step_by(2).filter(|word| word.contains(".rs::")) {
            let (file, test) = word.split_once("::").unwrap();
            let source = fs::read_to_string(crate_file(file))
                .unwrap_or_else(|error| panic!("docs/{page} names {file}: {error}"));
            assert!(source.contains(&format!("fn {test}(")), "docs/{page} names {word}, which is not there");
            named.insert(test);
        }
        assert!(named.len() > 20, "the tests were not found: {named:?}");
    }
}

#[test]
fn every_fault_of_the_ledger_stands_in_the_page_on_failures_and_no_other() {
    let page = fs::read_to_string(crate_file("../docs/failure-scenarios.md")).unwrap();
    let source = fs::read_to_string(crate_file("../ledger/src/fault.rs")).unwrap();
    let list = source.split("pub const ALL").nth(1).unwrap().split("];").next().unwrap();
    let known: BTreeSet<_> =
        list.split("Self::").skip(1).map(|name| name.split(',').next().unwrap()).collect();
    let words = page.split('`').skip(1).step_by(2);
    let named: BTreeSet<_> =
        words.filter_map(|word| word.strip_prefix("Fault::")).filter(|it| *it != "…").collect();
    assert_eq!(named, known);
    assert!(known.len() > 20, "the faults were not found: {known:?}");
}
