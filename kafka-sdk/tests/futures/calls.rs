//! What the public API has to wait for, read from the source.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Each `pub async fn` as `Type::name`, and each public type that is a future.
pub(crate) fn calls_that_wait(folder: &Path) -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            calls.extend(calls_that_wait(&path));
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let mut owner = String::new();
        for line in text.lines() {
            if line.starts_with("impl") {
                owner = implemented(line);
            }
            if let Some(name) = line.trim_start().strip_prefix("pub async fn ") {
                calls.insert(format!("{owner}::{}", word(name)));
            }
            let is_public = || {
                text.lines()
                    .any(|line| line.strip_prefix("pub struct ").is_some_and(|name| word(name) == owner))
            };
            if line.starts_with("impl") && line.contains(" Future for ") && is_public() {
                calls.insert(owner.clone());
            }
        }
    }
    calls
}

/// The type of `impl<..> Trait for Type<..> {` or `impl<..> Type<..> {`.
fn implemented(line: &str) -> String {
    let rest = line.split(" for ").last().unwrap();
    let rest = match rest.strip_prefix("impl") {
        Some(generic) if generic.starts_with('<') => generic.split_once("> ").map_or("", |(_, name)| name),
        Some(plain) => plain,
        None => rest,
    };
    word(rest.trim_start())
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
